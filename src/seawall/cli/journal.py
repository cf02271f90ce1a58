"""`seawall journal`: the journal itself."""

from cyclopts import App

from seawall.cli.blocks import tell_error
from seawall.cli.exit_codes import ExitCode
from seawall.cli.journal_place import Place, where_of
from seawall.config import ConfigError
from seawall.journal import verify_journal
from seawall.model.errors import JournalFailed

__all__ = ["journal"]

journal = App(name="journal")


@journal.command
def verify(place: Place = "seawall.toml") -> ExitCode:
    """Look through a whole journal: is it undamaged, and does what it says agree with itself? Also while an engine runs."""
    try:
        found = verify_journal(where_of(place))
    except ConfigError as error:
        return tell_error(ExitCode.CONFIGURATION, str(error))
    except (JournalFailed, ValueError) as error:
        return tell_error(ExitCode.JOURNAL_FAILED, str(error))
    print(
        f"{found.runs} runs, {found.orders} orders ({found.unfinished} not ended), {found.steps} steps, {found.fills} fills,"
        f" {found.notes} notes"
    )
    for fault in found.faults:
        print(f"  {fault}")
    print("no faults" if not found.faults else f"{len(found.faults)} faults")
    return ExitCode.CLEAN if not found.faults else ExitCode.JOURNAL_FAILED
