"""`seawall version`."""

import platform
from importlib.metadata import version as version_of

from seawall.cli.exit_codes import ExitCode

__all__ = ["version"]


def version() -> ExitCode:
    """Show the versions of Seawall and of what it runs on: the first thing a bug report needs."""
    print(f"seawall {version_of('seawall')}")
    print(f"{platform.python_implementation()} {platform.python_version()} on {platform.platform(terse=True)}")
    for name in ("trio", "trio-websocket", "httpx", "msgspec"):
        print(f"{name} {version_of(name)}")
    return ExitCode.CLEAN
