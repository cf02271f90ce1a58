"""A fault at its moment, and how it is written on a command line."""

import re
from typing import Final

import attrs

__all__ = ["Planned"]

_FORM: Final = re.compile(r"(?P<name>[a-z0-9-]+)@(?P<at>\d+(\.\d+)?)\+(?P<lasts>\d+(\.\d+)?)(#(?P<seed>\d+))?")


@attrs.frozen
class Planned:
    """The fault `name` begins `at_s` seconds after the trading began and lasts for `lasts_s`; `seed` decides its particulars."""

    name: str
    at_s: float
    lasts_s: float
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.name}@{self.at_s:g}+{self.lasts_s:g}#{self.seed}"

    @classmethod
    def read(cls, text: str) -> "Planned":
        """The fault a text such as `half-open@120+30#7` stands for. Raises ValueError for any other text."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise ValueError(
                f"{text!r} is no fault: write NAME@SECOND+SECONDS, and #NUMBER for its particulars: half-open@120+30#7"
            )
        return cls(found["name"], float(found["at"]), float(found["lasts"]), int(found["seed"] or 0))
