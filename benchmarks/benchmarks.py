"""The package's own name, for a script that is run as a file: its directory, not the one above, is then where Python looks."""

from pathlib import Path

__path__ = [str(Path(__file__).parent)]
