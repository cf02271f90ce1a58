"""What people see: logs, plain lines and the live view. All of it listens to notices and snapshots; none of it is waited for."""

from seawall.console.lines import PlainLines, line
from seawall.console.logs import LogSettings, open_logs
from seawall.console.view import View, ViewEnded, ViewStatistics, open_view
from seawall.console.writer import LineWriter, WriterStatistics, open_log_file

__all__ = [
    "LineWriter",
    "LogSettings",
    "PlainLines",
    "View",
    "ViewEnded",
    "ViewStatistics",
    "WriterStatistics",
    "line",
    "open_log_file",
    "open_logs",
    "open_view",
]
