"""All chance of a world: named streams out of one seed."""

import hashlib
from random import Random

import attrs

__all__ = ["Chance"]


@attrs.define(eq=False)
class Chance:
    """Hands out sources of chance by name. What one part draws changes nothing for another, nor does a part that is new."""

    seed: int
    _streams: dict[str, Random] = attrs.field(factory=dict, init=False, repr=False)

    def stream(self, name: str) -> Random:
        """The stream of this name; asked for twice, it is the same one, where it had got to."""
        stream = self._streams.get(name)
        if stream is None:
            digest = hashlib.blake2b(f"{self.seed}/{name}".encode(), digest_size=16).digest()
            stream = self._streams[name] = Random(int.from_bytes(digest, "big"))
        return stream
