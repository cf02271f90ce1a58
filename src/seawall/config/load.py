"""Reading a configuration file."""

import re
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final

import attrs
from cattrs import Converter

from seawall.config.checks import cross_problems
from seawall.config.config import Config
from seawall.config.errors import ConfigError, Expected, Fault, Problem
from seawall.config.gathering import gather, read_as, unknown_key
from seawall.config.schema import Mode, StrategyConfig
from seawall.config.structuring import make_converter

__all__ = ["load_config"]

_SECTIONS: Final = {field.name: field for field in attrs.fields(Config) if field.name != "directory"}
_WHERE: Final = re.compile(r"(?P<what>.*) \(at (?P<where>.*)\)", re.DOTALL)


def load_config(path: Path) -> Config:
    """The configuration that the TOML file at `path` says. Blocks for the disk.

    Relative paths in it are taken from the file's own directory. Raises `ConfigError` with every fault of the file: of its
    syntax (then that alone), of its keys, of its values, and of what they say of each other. Keys and secrets are not read
    here: see `seawall.config.credentials`.
    """
    document = _parsed(path)
    directory = path.absolute().parent
    converter = make_converter(directory)
    problems = [Problem((key,), unknown_key(key, tuple(_SECTIONS))) for key in document if key not in _SECTIONS]
    parts: dict[str, object] = {}
    for name, field in _SECTIONS.items():
        if name == "strategies":
            parts[name] = _strategies(converter, problems, document.get(name, []))
        elif name in document:
            before = len(problems)
            part: object = gather(problems, (name,), read_as, converter, document[name], field.type)
            if len(problems) == before:
                parts[name] = part
        elif name == "mode":
            problems.append(Problem((name,), f"is missing: expected one of {', '.join(Mode)}"))
        else:
            parts[name] = _default(field)
    if "journal" not in document:
        parts["journal"] = directory / Path("seawall.sqlite")
    problems += cross_problems(parts)
    if problems:
        raise ConfigError(str(path), (problem.fault() for problem in problems))
    make: Callable[..., Config] = Config
    return make(**parts, directory=directory)


def _default(field: "attrs.Attribute[object]") -> object:
    factory: Callable[[], object] | None = getattr(field.default, "factory", None)
    return field.default if factory is None else factory()


def _strategies(converter: Converter, problems: list[Problem], value: object) -> tuple[StrategyConfig | None, ...]:
    """The strategies in their places; None for one that could not be read."""
    if not isinstance(value, list):
        problems += (problem.under(("strategies",)) for problem in Expected("[[strategies]], in double brackets", value).problems)
        return ()
    return tuple(
        gather(problems, ("strategies", place), converter.structure, item, StrategyConfig) for place, item in enumerate(value)
    )


def _parsed(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as fault:
        said = _WHERE.fullmatch(str(fault))
        where, what = (said["where"], said["what"]) if said else ("", str(fault))
        raise ConfigError(str(path), [Fault(where, what)]) from None
    except UnicodeDecodeError as fault:
        raise ConfigError(str(path), [Fault("", f"is not UTF-8 text: {fault.reason} at byte {fault.start}")]) from None
    except OSError as fault:
        raise ConfigError(str(path), [Fault("", f"cannot be read: {fault.strerror}")]) from fault
