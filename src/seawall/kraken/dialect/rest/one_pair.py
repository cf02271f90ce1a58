"""Answers that hold one pair, under the exchange's own id of it, whatever name it was asked for by.

docs.kraken.com/api/docs/rest-api/get-recent-trades and its neighbours: beside the pair some have `last`, to ask from next time.
"""

from typing import TypeVar

import msgspec

from seawall.kraken.dialect.rest.envelope import read_as

__all__ = ["read_one_pair"]

T = TypeVar("T")


def read_one_pair(body: bytes | str, kind: type[T]) -> tuple[str, T, int]:
    """The exchange's id of the pair, what is said of it as `kind`, and `last` (0 where there is none).

    Raises as `envelope.read_result`, and `BadFrame` for an answer with no pair or with several.
    """

    def only(result: dict[str, msgspec.Raw]) -> tuple[str, T, int]:
        last = int(msgspec.json.decode(result.pop("last", msgspec.Raw(b"0")), type=int | str))
        if len(result) != 1:
            raise ValueError(f"{len(result)} pairs, where there should be one")
        ((rest_id, raw),) = result.items()
        return rest_id, msgspec.json.decode(raw, type=kind), last

    return read_as(body, dict[str, msgspec.Raw], only)
