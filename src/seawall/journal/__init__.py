"""What must survive the process: every intent before it is sent, every step and fill after, in one SQLite file.

`open_journal` is the engine's; `read_orders`, `read_fills` and `read_notes` are for other programs.
"""

from seawall.journal.errors import JournalInUse, NotAJournal
from seawall.journal.journal import SqlJournal, open_journal
from seawall.journal.line import JournalBroke, JournalStatistics, RecordsLeftBehind
from seawall.journal.view import JournaledOrder, read_fills, read_notes, read_orders

__all__ = [
    "JournalBroke",
    "JournalInUse",
    "JournalStatistics",
    "JournaledOrder",
    "NotAJournal",
    "RecordsLeftBehind",
    "SqlJournal",
    "open_journal",
    "read_fills",
    "read_notes",
    "read_orders",
]
