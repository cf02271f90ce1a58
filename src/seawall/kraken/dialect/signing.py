"""The signature of private REST calls (docs.kraken.com/api/docs/guides/spot-rest-auth).

What is signed is what is sent: the bytes of the body are signed as they leave, and never written again afterwards.
"""

import base64
import binascii
import hashlib
import hmac

__all__ = ["decode_secret", "sign"]


def decode_secret(text: str) -> bytes:
    """The bytes of an API secret, which Kraken hands out in base64.

    Raises ValueError when it is not base64; the message never shows the secret.
    """
    stripped = text.strip()
    if not stripped:
        raise ValueError("API secret: it is empty; paste the private key that Kraken showed when the key was made")
    try:
        return base64.b64decode(stripped, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(
            f"API secret: these {len(stripped)} characters are not base64; paste the whole private key, with its '=' at the end"
        ) from None


def sign(path: str, nonce: int, body: bytes, secret: bytes) -> str:
    """The value of the header `API-Sign`.

    `path` is the URI path from `/0/private/` on, without host and query; `body` is the exact body, which holds the same
    `nonce`; `secret` comes from `decode_secret`. The value is base64(HMAC-SHA512(secret, path + SHA256(nonce + body))).
    """
    digest = hashlib.sha256(str(nonce).encode("ascii") + body).digest()
    mac = hmac.new(secret, path.encode("ascii") + digest, hashlib.sha512)
    return base64.b64encode(mac.digest()).decode("ascii")
