"""What the exchange said that this version has no word for."""

import attrs

__all__ = ["Unknown"]


@attrs.frozen
class Unknown:
    """A channel, a type or a value that is new to us: not an error, but worth counting.

    `what` is its kind (`channel`, `type`, `exec_type`, `status` ...), `value` what was written, `frame` the whole frame where
    there is one.
    """

    what: str
    value: str
    frame: str = ""
