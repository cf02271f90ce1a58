"""What an order was amended from of late: the exchange's answers lag behind its stream, and may still show that."""

from decimal import Decimal

import attrs

from seawall.model.reports import OrderReport

__all__ = ["FormerValues"]


@attrs.define(eq=False)
class FormerValues:
    """Quantities and limit prices, each with the time on the exchange's clock from which a question may be asked again that
    has an answer without it.
    """

    _until_ns: list[tuple[int, Decimal, Decimal | None]] = attrs.field(factory=list)

    def add(self, qty: Decimal, limit_price: Decimal | None, now_ns: int, until_ns: int) -> None:
        """The order was so until now."""
        self._until_ns = [kept for kept in self._until_ns if kept[0] > now_ns]
        self._until_ns.append((until_ns, qty, limit_price))

    def may_be(self, answer: OrderReport, asked_at_ns: int) -> bool:
        """Whether an answer may be from before an amend: it shows the order as it was, or not how it is."""
        for until_ns, qty, limit_price in self._until_ns:
            if asked_at_ns < until_ns and answer.qty in (None, qty) and answer.limit_price in (None, limit_price):
                return True
        return False

    def __len__(self) -> int:
        return len(self._until_ns)
