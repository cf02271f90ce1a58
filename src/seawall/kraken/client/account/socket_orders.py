"""Orders over the private socket."""

from collections.abc import Callable, Sequence

import attrs

from seawall.kraken.client.account.cancels import is_of_one_order, refused_cancel
from seawall.kraken.client.session.facts import SessionExpired
from seawall.kraken.client.session.session import Session
from seawall.kraken.dialect.error_table import Family
from seawall.kraken.dialect.errors import exception_for, read_errors
from seawall.kraken.dialect.socket import requests
from seawall.kraken.dialect.socket.private_frames import Response
from seawall.model.errors import OutcomeUnknown
from seawall.model.reports import Acknowledgement, AmendOrder, PlaceOrder
from seawall.model.venue import CancelOutcome

__all__ = ["SocketOrders"]


@attrs.define(eq=False)
class SocketOrders:
    """An `OrderWay` over a session of the private host; `token` gives that of the connection that is.

    While the session is not live each request raises `NotSent`.
    """

    _session: Session
    _token: Callable[[], str]

    @property
    def responsive(self) -> bool:
        """Whether requests are likely to be answered: it serves, and was heard of late."""
        return self._session.responsive

    def check(self, order: PlaceOrder) -> None:
        """Raise ValueError where the order cannot be written."""
        requests.add_order(order, "", 0)

    async def place(self, order: PlaceOrder, sending: Callable[[], None]) -> Acknowledgement:
        """Send `add_order`. Raises as `Venue.place`."""
        (response,) = await self._session.conversation.request(
            "add_order", lambda req_id: requests.add_order(order, self._token(), req_id), sending=sending
        )
        self._check(response, placing=True)
        order_id = next((result.order_id for result in response.results), None)
        if not order_id:
            raise OutcomeUnknown("add_order: the answer names no order")
        return Acknowledgement(order_id, order.client_order_id)

    async def amend(self, change: AmendOrder) -> None:
        """Send `amend_order`. Raises as `Venue.amend`."""
        (response,) = await self._session.conversation.request(
            "amend_order", lambda req_id: requests.amend_order(change, self._token(), req_id)
        )
        self._check(response, placing=True)

    async def cancel(self, client_order_ids: Sequence[str]) -> tuple[CancelOutcome, ...]:
        """Send one `cancel_order` for all. One answer comes for each; a refusal names no order."""
        responses = await self._session.conversation.request(
            "cancel_order",
            lambda req_id: requests.cancel_order(client_order_ids, self._token(), req_id),
            count=len(client_order_ids),
            final=_of_the_whole_request,
        )
        taken = {result.cl_ord_id for response in responses for result in response.results if not response.failed}
        errors = tuple(dict.fromkeys(response.error or "no reason given" for response in responses if response.failed))
        for error in errors:
            self._check_session(error)
        return tuple(
            CancelOutcome(each, accepted=True) if each in taken else refused_cancel(each, errors) for each in client_order_ids
        )

    async def cancel_all_after(self, timeout_s: int) -> None:
        """Send `cancel_all_orders_after`. Raises as `Venue.cancel_all_after`."""
        (response,) = await self._session.conversation.request(
            "cancel_all_orders_after", lambda req_id: requests.cancel_all_orders_after(timeout_s, self._token(), req_id)
        )
        self._check(response, placing=False)

    def _check(self, response: Response, *, placing: bool) -> None:
        if not response.failed:
            return
        error = response.error or "no reason given"
        self._check_session(error)
        raise exception_for([error], placing=placing)

    def _check_session(self, error: str) -> None:
        if read_errors([error]).family is Family.SESSION:
            self._session.fail(SessionExpired(error))


def _of_the_whole_request(response: Response) -> bool:
    """Whether a refused cancel has a reason that is not one order's: then it may be the only answer."""
    return response.failed and not is_of_one_order(response.error)
