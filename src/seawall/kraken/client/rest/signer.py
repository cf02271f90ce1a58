"""Private REST calls, signed with one API key."""

import attrs

from seawall.kraken.client.settings import Credentials
from seawall.kraken.dialect.nonce import Nonce
from seawall.kraken.dialect.rest import RestRequest
from seawall.kraken.dialect.signing import decode_secret, sign

__all__ = ["Signer"]


@attrs.define(eq=False)
class Signer:
    """Body and headers of private calls (docs.kraken.com/api/docs/guides/spot-rest-auth)."""

    key: str
    _secret: bytes = attrs.field(repr=False)
    _nonce: Nonce

    @classmethod
    def of(cls, credentials: Credentials, nonce: Nonce) -> "Signer":
        """Raises ValueError for a secret that is not base64; the message does not show it."""
        return cls(credentials.key, decode_secret(credentials.secret), nonce)

    @property
    def last(self) -> int:
        """The newest nonce that anything was signed with."""
        return self._nonce.last

    def sign(self, request: RestRequest) -> tuple[bytes, dict[str, str]]:
        """The body, with a nonce above all before it, and the headers that go with it."""
        nonce = self._nonce.next()
        body = request.body(nonce)
        headers = {
            "API-Key": self.key,
            "API-Sign": sign(request.path, nonce, body, self._secret),
            "Content-Type": request.content_type,
        }
        return body, headers
