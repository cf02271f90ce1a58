"""Clients that take turns at the same job, each in a process of its own."""

import statistics
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager

import attrs
from benchmarks.client_process import ClientFailed, Job, RemoteClient, open_client
from benchmarks.receive_clients import CLIENTS
from benchmarks.work import Measured

__all__ = ["Crew", "open_crew"]


@attrs.define(eq=False)
class Crew:
    """The clients, by name. One that fails is left out from then on, with a line that says why; ours may not fail."""

    left_out: list[str] = attrs.field(factory=list)
    _clients: dict[str, RemoteClient] = attrs.field(factory=dict)

    def add(self, name: str, client: RemoteClient) -> None:
        """Have one more take part."""
        self._clients[name] = client

    def take_turns(self, job: Job, rounds: int) -> dict[str, Measured]:
        """The medians of what each client measured, over rounds in which all of them work, one after the other."""
        found: dict[str, list[Measured]] = {name: [] for name in self._clients if self._can(name, job)}
        for _ in range(rounds):
            for name in list(found):
                try:
                    found[name].append(self._clients[name].do(job))
                except ClientFailed as failure:
                    if CLIENTS[name].distribution is None:
                        raise
                    del found[name]
                    self.left_out.append(f"{CLIENTS[name].case} failed at {job.work}: {failure}")
        return {name: {key: statistics.median(each[key] for each in all_) for key in all_[0]} for name, all_ in found.items()}

    def _can(self, name: str, job: Job) -> bool:
        why_not = CLIENTS[name].why_not(secure=job.feed.certificate is not None)
        if why_not is not None:
            line = f"{CLIENTS[name].case}: {why_not}"
            if line not in self.left_out:
                self.left_out.append(line)
        return why_not is None


@contextmanager
def open_crew(names: Iterable[str], *, quick: bool) -> Generator[Crew, None, None]:
    """Start the clients that are installed; when it is to be quick, those alone that come with Seawall."""
    crew = Crew()
    with ExitStack() as stack:
        for name in names:
            if quick and CLIENTS[name].distribution is not None:
                crew.left_out.append(f"left out of a quick run: {CLIENTS[name].case}")
            elif CLIENTS[name].installed:
                crew.add(name, stack.enter_context(open_client(name)))
        yield crew
