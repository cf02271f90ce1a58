"""From `package.module:attribute` or `file.py:attribute` to something the engine can run.

What is named may be an async function that takes a market first, or a class with an async method `run(market)`. The
parameters of the file are given by name: to the function, or to the class when it is made. They are checked here, against
the signature and its annotations, so that a typing error is found before anything is traded.
"""

import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol

from seawall.config.config import Config
from seawall.config.errors import ConfigError, Problem, Problems, did_you_mean
from seawall.config.parameters import fitted, parameters_of
from seawall.config.schema import StrategyConfig
from seawall.config.structuring import make_converter
from seawall.engine.market import Market
from seawall.engine.strategies import StrategySpec

__all__ = ["load_strategies", "load_strategy"]

Run = Callable[[Market], Awaitable[None]]


class _Strategy(Protocol):
    async def run(self, market: Market) -> None: ...


_FIRST: Final = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
)
_WANTED: Final = "expected an async function that takes a market, or a class with an async method run(market)"


def load_strategies(config: Config) -> tuple[StrategySpec, ...]:
    """Every strategy of the configuration, ready to run. Raises `ConfigError` with the faults of all of them.

    Imports what they name: this runs code of theirs.
    """
    specs: list[StrategySpec] = []
    problems: list[Problem] = []
    for place, strategy in enumerate(config.strategies):
        try:
            specs.append(_spec(strategy, config.directory))
        except Problems as fault:
            problems += (problem.under(("strategies", place)) for problem in fault.problems)
    if problems:
        raise ConfigError("strategies", (problem.fault() for problem in problems))
    return tuple(specs)


def load_strategy(strategy: StrategyConfig, directory: Path) -> StrategySpec:
    """One strategy, ready to run; files and modules are looked for in `directory` too. Raises `ConfigError`."""
    try:
        return _spec(strategy, directory)
    except Problems as fault:
        raise ConfigError(f"strategy {strategy.name!r}", (problem.fault() for problem in fault.problems)) from fault.__cause__


def _spec(strategy: StrategyConfig, directory: Path) -> StrategySpec:
    where, _, attribute = strategy.use.rpartition(":")
    target = _attribute(_module(where, directory), where, attribute)
    run = _run(target, strategy, directory)
    return StrategySpec(
        strategy.name, run, restart=strategy.restart.policy(), exits=strategy.exits, check_in_s=strategy.check_in_s
    )


def _module(where: str, directory: Path) -> ModuleType:
    # At the end of the path, so that nothing of the user's hides a library; left there, for imports that come later.
    if str(directory.absolute()) not in sys.path:
        sys.path.append(str(directory.absolute()))
    try:
        return _from_file(directory / where) if where.endswith(".py") else importlib.import_module(where)
    except Problems:
        raise
    except ModuleNotFoundError as fault:
        if fault.name is not None and (where == fault.name or where.startswith(f"{fault.name}.")):
            raise _problem("use", f"there is no module {fault.name!r}, neither installed nor in {directory}") from fault
        raise _problem("use", _import_failure(where, fault)) from fault
    except Exception as fault:
        raise _problem("use", _import_failure(where, fault)) from fault


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        near = did_you_mean(path.name, sorted(other.name for other in path.parent.glob("*.py")))
        raise _problem("use", f"there is no file {path}{near}")
    # The whole path is the name: two files called alike are two modules, one file named twice is one.
    name = f"seawall strategy {path.resolve()}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None, "a path that ends in .py has a loader"
    assert spec.loader is not None, "a path that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _import_failure(where: str, fault: Exception) -> str:
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if not frame.filename.startswith("<frozen")]
    last = frames[-1]
    line = f" (line {last.lineno} of {last.filename})" if last.filename != __file__ else ""
    return f"importing {where} failed: {type(fault).__name__}: {fault}{line}"


def _attribute(module: ModuleType, where: str, attribute: str) -> object:
    try:
        return getattr(module, attribute)
    except AttributeError:
        own = [name for name in vars(module) if not name.startswith("_")]
        raise _problem("use", f"{where} has no {attribute!r}{did_you_mean(attribute, own)}") from None


def _run(target: object, strategy: StrategyConfig, directory: Path) -> Run:
    use = strategy.use
    if isinstance(target, type):
        return _run_of_class(target, strategy, directory)
    if not callable(target) or not inspect.iscoroutinefunction(target):
        what = "a function that is not async" if inspect.isfunction(target) else f"of type {type(target).__name__}"
        raise _problem("use", f"{_WANTED}; found {use}, {what}")
    market, *others = parameters_of(target) or (None,)
    if market is None or market.kind not in _FIRST:
        raise _problem("use", f"{_WANTED}; found {use}, which takes none")
    return partial(target, **fitted(others, strategy.parameters, use, make_converter(directory)))


def _run_of_class(cls: type, strategy: StrategyConfig, directory: Path) -> Run:
    use = strategy.use
    if not inspect.iscoroutinefunction(getattr(cls, "run", None)):
        raise _problem("use", f"{_WANTED}; found {use}, a class without one")
    make: Callable[..., _Strategy] = cls
    arguments = fitted(parameters_of(cls), strategy.parameters, use, make_converter(directory))
    try:
        make(**arguments)
    except Exception as fault:
        raise _problem("parameters", f"{use} does not take them: {type(fault).__name__}: {fault}") from fault

    async def run(market: Market) -> None:
        # Made anew for each run: what a strategy that failed has left in itself is not what the next run begins with.
        await make(**arguments).run(market)

    return run


def _problem(key: str, text: str) -> Problems:
    return Problems([Problem((key,), text)])
