"""What a case cannot do without: asked before it begins, so that it is skipped with a reason and not failed half way."""

import os
import shutil
from collections.abc import Callable
from typing import Final

import attrs

__all__ = [
    "FILTERS",
    "KILLS_SOCKETS",
    "MAKES_EXT4",
    "MOUNTS",
    "NETWORKS",
    "TLS",
    "TRACES",
    "TUNNELS",
    "Missing",
    "Need",
    "find_program",
]

_SBIN: Final = "/usr/local/sbin:/usr/sbin:/sbin"


class Missing(Exception):
    """Something that a case needs is not here; the message says what, and where it could be had."""


def find_program(name: str, package: str) -> str:
    """The path of a program. Raises `Missing`, which names the Debian package."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SBIN}")
    if found is None:
        raise Missing(f"{name} is not installed (Debian: {package})")
    return found


def _root() -> None:
    if os.geteuid() != 0:
        raise Missing("only root may do this")


def _networks() -> None:
    _root()
    find_program("ip", "iproute2")
    find_program("nsenter", "util-linux")


def _tunnels() -> None:
    _networks()
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        raise Missing("there is no /dev/net/tun")


def _ext4() -> None:
    find_program("mkfs.ext4", "e2fsprogs")


def _filters() -> None:
    find_program("iptables", "iptables")


def _kills_sockets() -> None:
    find_program("ss", "iproute2")


def _tls() -> None:
    find_program("openssl", "openssl")


def _traces() -> None:
    find_program("strace", "strace")


@attrs.frozen
class Need:
    """`check` raises `Missing` where it is not met; `root` says that nobody else may do it."""

    name: str
    check: Callable[[], object]
    root: bool = False


NETWORKS: Final = Need("network namespaces", _networks, root=True)
TUNNELS: Final = Need("TUN devices", _tunnels, root=True)
FILTERS: Final = Need("iptables", _filters)
KILLS_SOCKETS: Final = Need("ss -K", _kills_sockets)
MOUNTS: Final = Need("mounting", _root, root=True)
MAKES_EXT4: Final = Need("mkfs.ext4", _ext4)
TLS: Final = Need("openssl", _tls)
TRACES: Final = Need("strace", _traces)
