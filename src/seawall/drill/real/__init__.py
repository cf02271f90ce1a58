"""The real layer beside the world: engines and an exchange as processes on this machine, which is broken between them."""

from seawall.drill.real.case import Case
from seawall.drill.real.ordeal import CASES, Outcome, Result, run_case

__all__ = ["CASES", "Case", "Outcome", "Result", "run_case"]
