"""What trades in a run: strategies written against the public face of the engine, different for each seed; and another
program on the same account.
"""

from seawall.drill.workload.drawing import KINDS, benchmark_workload, workload
from seawall.drill.workload.failing import PlannedBug
from seawall.drill.workload.foreign import ForeignHand
from seawall.drill.workload.hand import Hand

__all__ = ["KINDS", "ForeignHand", "Hand", "PlannedBug", "benchmark_workload", "workload"]
