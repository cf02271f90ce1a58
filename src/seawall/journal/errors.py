"""What can be wrong with a journal before a record is written."""

from seawall.model.errors import JournalFailed

__all__ = ["JournalInUse", "JournalTakenAway", "NotAJournal", "TakenOver"]


class JournalInUse(JournalFailed):
    """Another engine has this journal open; `holder` says which, where it could be read."""

    def __init__(self, where: object, holder: str | None) -> None:
        who = "another engine" if holder is None else f"another engine ({holder})"
        super().__init__(f"{where}: in use by {who}: stop it first, or give this one a journal of its own")
        self.where = str(where)
        self.holder = holder


class NotAJournal(JournalFailed):
    """What is there is something else, or of a version that this program does not know. Nothing of it was changed."""

    def __init__(self, where: object, found: str) -> None:
        super().__init__(f"{where}: {found}; nothing of it was changed")
        self.where = str(where)
        self.found = found


class TakenOver(JournalFailed):
    """Another engine has opened the journal since, though this one held it: what it would write is no longer true."""

    def __init__(self) -> None:
        super().__init__("another engine has opened this journal since: what this one would write is no longer true")


class JournalTakenAway(JournalFailed):
    """A file of the journal was removed, replaced or cut while it was open: what is written now would not be found again."""

    def __init__(self, where: object, what: str) -> None:
        super().__init__(f"{where}: {what} while it was open")
