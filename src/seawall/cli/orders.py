"""`seawall orders`: the orders of a journal, one a line."""

import shutil
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from seawall.cli.blocks import tell_error
from seawall.cli.exit_codes import ExitCode
from seawall.cli.journal_place import Place, where_of
from seawall.cli.moments import moment
from seawall.config import ConfigError
from seawall.console.tables import Row, align, number_text, printable
from seawall.journal import JournaledOrder, read_orders
from seawall.model.errors import JournalFailed
from seawall.model.numbers import ZERO
from seawall.model.order_states import ENDED

__all__ = ["orders"]


def orders(
    place: Place = "seawall.toml",
    *,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="Those that have ended, too.")] = False,
    last: Annotated[int, Parameter(help="At most so many, the newest.")] = 50,
) -> ExitCode:
    """List the orders of a journal that have not ended, as far as the journal knows. Also while an engine runs."""
    try:
        kept = read_orders(where_of(place))
    except ConfigError as error:
        return tell_error(ExitCode.CONFIGURATION, str(error))
    except (JournalFailed, ValueError) as error:
        return tell_error(ExitCode.JOURNAL_FAILED, str(error))
    shown = [order for order in kept if all_ or not _ended(order)]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
    console = Console(width=width, highlight=False, soft_wrap=True)
    for line in align(list(_rows(shown[-max(last, 0) :])), right=(3, 5), width=width, flexible=8):
        console.print(line)
    left_out = len(shown) - min(len(shown), max(last, 0))
    print(f"{len(shown)} of {len(kept)} orders{f', {left_out} older ones not shown' if left_out else ''}")
    return ExitCode.CLEAN


def _ended(order: JournaledOrder) -> bool:
    return any(step.state in ENDED for step in order.steps)


def _rows(shown: Iterable[JournaledOrder]) -> Iterator[Row]:
    for order in shown:
        intent, newest = order.intent.intent, order.steps[-1] if order.steps else None
        qty = intent.qty if newest is None or newest.qty is None else newest.qty
        filled = ZERO if newest is None or newest.filled_qty is None else newest.filled_qty
        price = intent.limit_price if newest is None or newest.limit_price is None else newest.limit_price
        yield (
            Text(moment(order.intent.at_ns), "dim"),
            Text(printable(order.intent.owner)),
            Text(intent.side.value, "cyan" if intent.side == "buy" else "magenta"),
            Text(f"{number_text(filled)}/{number_text(qty)}" if filled else number_text(qty)),
            Text(printable(intent.symbol), "bold"),
            Text(intent.order_type.value if price is None else format(price, "f")),
            Text("planned" if newest is None else newest.state.value),
            Text(order.intent.client_order_id, "dim"),
            Text(printable((newest.reason or "") if newest is not None else ""), "dim"),
        )
