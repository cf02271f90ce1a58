"""A strategy's parameters: what the file says, against what the signature asks for.

Text stays text and numbers stay exact, but the annotation decides where it says more: `Decimal` takes a number, or text that is
one; `float` takes a number, which then is exact no longer; `int`, `bool` and `str` take their own kind only. A parameter without
an annotation, or with one that is not known here, is given what the file says.
"""

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Final, Literal, Union, get_args, get_origin

from cattrs import Converter

from seawall.config.errors import Expected, Problem, Problems, did_you_mean
from seawall.config.gathering import gather, read_as
from seawall.model.errors import BadNumber
from seawall.model.numbers import exact

__all__ = ["fitted", "parameters_of"]

_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_LEAVES: Final = (str, bool, int, float, Path)


def parameters_of(target: Callable[..., object]) -> tuple[inspect.Parameter, ...]:
    """What `target` takes, with its annotations evaluated where that can be done."""
    try:
        signature = inspect.signature(target, eval_str=True)
    except (NameError, TypeError, SyntaxError):  # a name that only a type checker imports
        signature = inspect.signature(target)
    return tuple(signature.parameters.values())


def fitted(wanted: Sequence[inspect.Parameter], given: Mapping[str, object], use: str, converter: Converter) -> dict[str, object]:
    """The arguments to call `use` with. Raises `Problems`, their paths under `parameters`."""
    known = {parameter.name: parameter for parameter in wanted if parameter.kind in _BY_NAME}
    takes_all = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in wanted)
    problems: list[Problem] = []
    arguments: dict[str, object] = {}
    for name, value in given.items():
        if name in known:
            annotation = known[name].annotation
            arguments[name] = gather(problems, ("parameters", name), _fit, value, annotation, converter)
        elif takes_all:
            arguments[name] = value
        else:
            hint = did_you_mean(name, list(known)) or f"; it takes {', '.join(known) or 'none'}"
            problems.append(Problem(("parameters", name), f"{use} takes no such parameter{hint}"))
    problems += (
        Problem(("parameters", parameter.name), f"is missing: {use} needs it{_described(parameter)}")
        for parameter in known.values()
        if parameter.default is inspect.Parameter.empty and parameter.name not in given
    )
    if problems:
        raise Problems(problems)
    return arguments


def _fit(value: object, kind: object, converter: Converter) -> object:
    origin = get_origin(kind)
    if kind is Decimal:
        return _number(value)
    if kind in _LEAVES or origin is Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
        return read_as(converter, value, kind)
    if origin in (Union, types.UnionType):
        return _one_of(value, get_args(kind), converter)
    if origin in (tuple, list, Sequence):
        if not isinstance(value, list | tuple):
            raise Expected("a list", value)
        problems: list[Problem] = []
        each = get_args(kind)[0]
        items = [gather(problems, (place,), _fit, item, each, converter) for place, item in enumerate(value)]
        if problems:
            raise Problems(problems)
        return items if origin is list else tuple(items)
    return value


def _one_of(value: object, kinds: tuple[object, ...], converter: Converter) -> object:
    """The value as it is where one of the kinds is its own; else as the first that takes it."""
    if any(type(value) is kind for kind in kinds):
        return value
    failed: list[Problem] = []
    for kind in kinds:
        if kind is types.NoneType:
            continue
        attempt: list[Problem] = []
        read = gather(attempt, (), _fit, value, kind, converter)
        if not attempt:
            return read
        failed += attempt
    raise Problems([Problem((), ", or ".join(dict.fromkeys(problem.text for problem in failed)))])


def _number(value: object) -> Decimal:
    if not isinstance(value, str | int | Decimal):
        raise Expected("a number, such as 0.001", value)
    try:
        return exact(value, "value")
    except BadNumber:
        raise Expected("a number, such as 0.001", value) from None


def _described(parameter: inspect.Parameter) -> str:
    kind = parameter.annotation
    if kind is inspect.Parameter.empty:
        return ""
    return f" ({parameter.name}: {kind.__name__ if isinstance(kind, type) else kind})"
