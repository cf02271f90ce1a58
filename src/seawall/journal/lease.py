"""The account lease: one engine trades one account, on this host by a file, across hosts by the journal's PostgreSQL.

Not a part of the journal: it has a session of its own, and nothing of it waits for what the journal writes. It lives in this
room since it is kept where the journal is.
"""

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import trio

from seawall.journal.database import Where, database_at
from seawall.journal.errors import JournalInUse
from seawall.journal.lease_file import LeaseFile
from seawall.journal.lease_postgres import LeaseRow
from seawall.journal.postgres import PostgresSchema
from seawall.journal.store import make_ready
from seawall.model.errors import AccountLeased
from seawall.model.lease import Holder

__all__ = ["AccountLease"]

T = TypeVar("T")

_UNNOTICED_S: Final = 10.0
"""How long the server may go on holding what belonged to a process that is dead."""

_LOOK_EVERY_S: Final = 0.1


class AccountLease:
    """Implements `seawall.model.lease.Lease`. Its methods are for the trio thread, one at a time.

    `directory` is where this user's engines keep their lock files; `journal` is that of the engine. `valid_s` is for how long
    the holder may believe in it after it was renewed. `now_ns` is the wall clock, for the journal that may have to be made.
    """

    def __init__(
        self, account: str, holder: Holder, directory: Path, journal: Where, *, valid_s: float, now_ns: Callable[[], int]
    ) -> None:
        database = database_at(journal)
        self._account = account
        self._holder = holder
        self._epoch = 0
        self._file = LeaseFile(directory, account)
        self._row = LeaseRow(database, account, valid_s) if isinstance(database, PostgresSchema) else None
        self._make_ready = partial(make_ready, database, now_ns=now_ns, rng=random.SystemRandom())
        self._thread = trio.CapacityLimiter(1)
        self._given_up = False

    def __repr__(self) -> str:
        return f"<AccountLease {self._account} epoch {self._epoch} of {self._holder}>"

    @property
    def account(self) -> str:
        """See `Lease.account`."""
        return self._account

    @property
    def holder(self) -> Holder:
        """See `Lease.holder`."""
        return self._holder

    @property
    def epoch(self) -> int:
        """See `Lease.epoch`."""
        return self._epoch

    async def take(self) -> None:
        """See `Lease.take`. Also raises `JournalInUse` while another engine has the journal."""
        self._given_up = False
        promised_s = await self._taken_in_time()
        try:
            await trio.sleep(promised_s)
            await self._call(self._begin)
        except BaseException:
            self._given_up = True
            raise

    async def renew(self) -> None:
        """See `Lease.renew`."""
        await self._call(self._renew)

    async def release(self) -> None:
        """See `Lease.release`."""
        self._given_up = True
        await self._call(self._release)

    async def _taken_in_time(self) -> float:
        """Take it; where all that is in the way is a process that is dead, until the server has noticed."""
        patience = trio.current_time() + _UNNOTICED_S
        while True:
            try:
                return await self._call(self._take)
            except (AccountLeased, JournalInUse) as taken:
                if trio.current_time() > patience or not self._is_dead(taken.holder):
                    raise
            await trio.sleep(_LOOK_EVERY_S)

    def _is_dead(self, holder: str | None) -> bool:
        """Whether that is the engine whose lock on the file was freed, which only its end or its own hand can do."""
        last = self._file.previous
        process = None if last is None else f"process {last.process}"
        return last is not None and holder in (str(last), process, f"seawall on {last.host}, {process}")

    def _take(self) -> float:
        self._file.take()
        try:
            if self._row is None:
                self._make_ready()
                return 0.0
            self._row.take()
            self._make_ready()  # its table may not be there yet
            before, promised_s = self._row.promised()
            return 0.0 if self._is_dead(before) else promised_s
        except BaseException:
            if self._row is not None:
                self._row.unlock()
            self._file.release()
            raise
        finally:
            if self._given_up:  # nobody waits for it any more
                self._release()

    def _begin(self) -> None:
        self._epoch = self._file.previous_epoch + 1 if self._row is None else self._row.begin(self._holder)
        self._file.sign(self._holder, self._epoch)

    def _renew(self) -> None:
        self._file.check()
        if self._row is not None:
            self._row.renew()

    def _release(self) -> None:
        if self._row is not None:
            self._row.release()
        self._file.release()

    async def _call(self, blocking: Callable[[], T]) -> T:
        # One thread at a time: one that hangs in the driver is left behind, and those after it wait for it until they are late.
        return await trio.to_thread.run_sync(blocking, abandon_on_cancel=True, limiter=self._thread)
