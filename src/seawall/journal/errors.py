"""What can be wrong with a journal before a record is written."""

from pathlib import Path

from seawall.model.errors import JournalFailed

__all__ = ["JournalInUse", "NotAJournal"]


class JournalInUse(JournalFailed):
    """Another engine has this journal open; `holder` is its process id when it could be read."""

    def __init__(self, path: Path, holder: int | None) -> None:
        who = "another engine" if holder is None else f"another engine (process {holder})"
        super().__init__(f"{path}: in use by {who}: stop it first, or give this one a journal of its own")
        self.path = path
        self.holder = holder


class NotAJournal(JournalFailed):
    """The file is something else, or of a version that this program does not know. Nothing of it was changed."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(f"{path}: {found}; nothing of it was changed")
        self.path = path
        self.found = found
