"""Small filesystems to be spoiled, for who may mount them."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from seawall.drill.real.needs import MOUNTS, Missing, find_program

__all__ = ["fill_up", "make_read_only", "make_room", "mounted_ext4", "mounted_tmpfs", "repair"]

_IMAGE_BYTES: Final = 8 * 2**20
_BALLAST: Final = "ballast"


@contextmanager
def mounted_tmpfs(directory: Path, size: str) -> Generator[Path, None, None]:
    """A filesystem in memory, of that size. Raises `Missing` where none can be mounted."""
    with _mounted(directory, "-t", "tmpfs", "-o", f"size={size}", "tmpfs"):
        yield directory


@contextmanager
def mounted_ext4(directory: Path) -> Generator[Path, None, None]:
    """A filesystem as disks have it, of 8 MB. Raises `Missing` where none can be made and mounted."""
    program = find_program("mkfs.ext4", "e2fsprogs")
    image = _image_of(directory)
    with image.open("wb") as file:
        file.truncate(_IMAGE_BYTES)
    subprocess.run([program, "-q", image], check=True)  # noqa: S603 - a path that was looked up, and a file of ours
    with _mounted(directory, "-o", "loop", str(image)):
        yield directory


def fill_up(directory: Path) -> None:
    """Leave not a byte."""
    with (directory / _BALLAST).open("wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            return


def make_room(directory: Path) -> None:
    """End that."""
    (directory / _BALLAST).unlink()


def make_read_only(directory: Path) -> None:
    """What the kernel does with an ext4 whose disk has failed, files being written or not (man 5 ext4, `abort`)."""
    _run("mount", "-o", "remount,abort", str(directory))


def repair(directory: Path) -> None:
    """End that, as a person would: once nothing uses it, it is checked, and mounted anew."""
    _run("umount", str(directory))
    program, image = find_program("e2fsck", "e2fsprogs"), str(_image_of(directory))
    done = subprocess.run([program, "-y", image], capture_output=True, text=True, check=False)  # noqa: S603 - as above
    if done.returncode not in {0, 1}:  # 1: errors were corrected (man 8 e2fsck)
        raise OSError(f"e2fsck {image}: {done.stdout.strip()} {done.stderr.strip()}")
    _run("mount", "-o", "loop", image, str(directory))


@contextmanager
def _mounted(directory: Path, *arguments: str) -> Generator[None, None, None]:
    MOUNTS.check()
    directory.mkdir()
    try:
        _run("mount", *arguments, str(directory))
    except OSError as fault:
        raise Missing(f"no filesystem can be mounted here: {fault}") from fault
    try:
        yield
    finally:
        _run("umount", str(directory))


def _image_of(directory: Path) -> Path:
    return directory.with_suffix(".img")


def _run(name: str, *arguments: str) -> None:
    command = [find_program(name, "mount"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - words and paths of ours
    if done.returncode:
        raise OSError(f"{name} {' '.join(arguments)}: {done.stderr.strip()}")
