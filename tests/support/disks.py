"""Small filesystems to be spoiled, for who may mount them."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["fill_up", "make_read_only", "mounted_ext4", "mounted_tmpfs"]

_IMAGE_BYTES = 8 * 2**20


@contextmanager
def mounted_tmpfs(directory: Path, size: str) -> Generator[Path, None, None]:
    """A filesystem in memory, of that size; skips the test where none can be mounted."""
    with _mounted(directory, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield directory


@contextmanager
def mounted_ext4(directory: Path) -> Generator[Path, None, None]:
    """A filesystem as disks have it, of 8 MB; skips the test where none can be made and mounted."""
    program = shutil.which("mkfs.ext4", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        pytest.skip("mkfs.ext4 is not installed (Debian: e2fsprogs)")
    image = directory.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(_IMAGE_BYTES)
    subprocess.run([program, "-q", image], check=True)
    with _mounted(directory, "-o", "loop", image):
        yield directory


def make_read_only(directory: Path) -> None:
    """What the kernel does with an ext4 whose disk has failed, files being written or not (man 5 ext4, `abort`)."""
    subprocess.run(["mount", "-o", "remount,abort", directory], check=True)


def fill_up(directory: Path) -> None:
    """Leave not a byte."""
    with (directory / "ballast").open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            return


@contextmanager
def _mounted(directory: Path, *arguments: str | Path) -> Generator[None, None, None]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a filesystem")
    directory.mkdir()
    tried = subprocess.run(["mount", *arguments, directory], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"no filesystem can be mounted here: {tried.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", directory], check=True)
