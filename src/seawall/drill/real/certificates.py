"""A certificate for one exchange: its engines speak TLS, as at Kraken."""

import subprocess
from pathlib import Path

import attrs
import trio

from seawall.drill.real.needs import Missing, find_program

__all__ = ["Certificate", "make_certificate"]


@attrs.frozen
class Certificate:
    """PEM files: the certificate, which is its own authority, and its key."""

    file: Path
    key: Path


async def make_certificate(directory: Path, host: str) -> Certificate:
    """Have `openssl` make one for an address, valid from now on."""
    made = Certificate(directory / "certificate.pem", directory / "key.pem")
    command = [
        *(find_program("openssl", "openssl"), "req", "-x509", "-nodes", "-days", "7", "-subj", "/CN=a simulated Kraken"),
        *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", str(made.file), "-keyout", str(made.key)),
        *("-addext", f"subjectAltName=IP:{host}", "-addext", "keyUsage=critical,digitalSignature,keyCertSign"),
    ]
    done = await trio.run_process(command, stdout=subprocess.DEVNULL, capture_stderr=True, check=False)
    if done.returncode:
        raise Missing(f"openssl made no certificate: {done.stderr.decode(errors='replace').strip()}")
    return made
