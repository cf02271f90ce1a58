"""What must survive the process: every intent before it is sent, every step and fill after, in SQLite or PostgreSQL.

`open_journal` is the engine's; `read_journal` and its like, and `verify_journal`, are for other programs.
"""

from seawall.journal.database import Where
from seawall.journal.errors import JournalInUse, NotAJournal
from seawall.journal.journal import SqlJournal, open_journal
from seawall.journal.line import JournalBroke, JournalStatistics, RecordsLeftBehind
from seawall.journal.verify import JournalVerified, verify_journal
from seawall.journal.view import (
    JournalContents,
    JournaledOrder,
    JournaledRun,
    read_fills,
    read_journal,
    read_notes,
    read_orders,
)

__all__ = [
    "JournalBroke",
    "JournalContents",
    "JournalInUse",
    "JournalStatistics",
    "JournalVerified",
    "JournaledOrder",
    "JournaledRun",
    "NotAJournal",
    "RecordsLeftBehind",
    "SqlJournal",
    "Where",
    "open_journal",
    "read_fills",
    "read_journal",
    "read_notes",
    "read_orders",
    "verify_journal",
]
