"""What is asked for and not begun yet: entered for a stream, or handed a callback."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, asynccontextmanager
from inspect import iscoroutinefunction
from types import TracebackType
from typing import Generic, TypeVar

import attrs
import trio

from seawall.kraken.client.api.streams.mailbox import Mailbox, Terms
from seawall.kraken.client.api.streams.stream import Stream
from seawall.kraken.client.api.streams.topic import CallbackSink, Sink, Topic
from seawall.model.errors import SeawallError

__all__ = ["Source", "Watch"]

I = TypeVar("I")  # noqa: E741 - what comes in, as in `mailbox`
T = TypeVar("T")


@attrs.frozen(eq=False)
class Source(Generic[I]):
    """One topic, and how the exchange is told that somebody wants it, and that nobody does any more."""

    topic: Topic[I]
    begin: Callable[[], Awaitable[I | None]]
    """Returns once it is granted, with what it shows already where no message will say so; may be called while it is."""
    end: Callable[[], Awaitable[object]]
    """Does its work before it first waits."""


@attrs.define(eq=False, repr=False)
class Watch(Generic[I, T]):
    """`async with watch as stream` gives the newest, or all in order, to a waiting task; `watch.each(callback)` calls back.

    Both are entered once the exchange has granted all of it, and neither puts an end to the wait. They raise `ExchangeError`
    where it will not, and ValueError for what Kraken does not serve, or is served otherwise already (another depth). Leaving
    the block ends the subscriptions that nobody else watches, without waiting for the exchange.
    """

    what: str
    _terms: Terms[I, T]
    _sources: Callable[[], Sequence[Source[I]]]
    _opened: Callable[[Stream[T]], AbstractContextManager[None]]
    """Told of the stream while its block lasts."""
    _raise_lost: bool
    _new_stream: Callable[[Mailbox[I, T]], Stream[T]] = Stream
    _block: AsyncExitStack | None = attrs.field(default=None, init=False)

    def __repr__(self) -> str:
        return f"<Watch {self.what}{', entered' if self._block is not None else ''}>"

    async def __aenter__(self) -> Stream[T]:
        if self._block is not None:
            raise RuntimeError(f"{self.what}: this block is entered already; ask for another one")
        mailbox = Mailbox(self.what, self._terms, self._raise_lost)
        stream = self._new_stream(mailbox)
        mailbox.wake = stream.wake
        async with AsyncExitStack() as stack:
            stack.callback(stream.close)
            stack.enter_context(self._opened(stream))
            await stack.enter_async_context(self._listening(mailbox, remind=True))
            self._block = stack.pop_all()
        return stream

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        block, self._block = self._block, None
        assert block is not None, "it was entered"
        await block.__aexit__(kind, error, traceback)  # noqa: ASYNC102 - it waits in `_listening` alone, shielded and bounded

    def each(
        self, call: Callable[[I, float], object], troubled: Callable[[SeawallError], object] | None = None
    ) -> AbstractAsyncContextManager[None]:
        """Call `call` with every message, and when its bytes arrived (trio's clock), while the block lasts.

        It is called by the task that reads the socket, and must return at once: every other message waits meanwhile. A book
        it is given changes with the next message. `troubled` is given what a stream would raise, losses among it. What either
        raises is a bug: it ends the client, and comes out of its block, with a note that names the function. Raises TypeError
        for what is no plain function: nobody would wait for a coroutine.
        """
        for function in (call, troubled):
            if iscoroutinefunction(function) or not (function is troubled is None or callable(function)):
                raise TypeError(f"{self.what}: {function!r} cannot be called back, as it is no plain function")
        return self._listening(CallbackSink(self.what, call, troubled), remind=False)

    @asynccontextmanager
    async def _listening(self, sink: Sink[I], *, remind: bool) -> AsyncGenerator[None, None]:
        sources = self._sources()
        try:
            for source in sources:
                source.topic.add(sink)
                if remind:
                    source.topic.remind(sink)
            await _begin(sources, sink if remind else None)
            yield
        finally:
            for source in sources:
                source.topic.remove(sink)
            with trio.move_on_after(0, shield=True):  # the exchange's answer is nobody's business any more
                await _end(sources)


async def _begin(sources: Sequence[Source[I]], reminded: Sink[I] | None) -> None:
    """All at once, so that the exchange is asked in few requests; raises the first refusal."""
    refusals: list[SeawallError | ValueError] = []

    async def begin(source: Source[I]) -> None:
        try:
            shown = await source.begin()
        except (SeawallError, ValueError) as refusal:
            refusals.append(refusal)
            return
        if shown is not None and reminded is not None:
            reminded.take(shown, trio.current_time())

    async with trio.open_nursery() as nursery:
        for source in sources:
            nursery.start_soon(begin, source, name=f"asking for {source.topic.subject}")
    if refusals:
        raise refusals[0]


async def _end(sources: Sequence[Source[I]]) -> None:
    """Those that nobody watches any more, which is looked at in the moment of asking: somebody may have come meanwhile."""

    async def end(source: Source[I]) -> None:
        if not source.topic.wanted:
            await source.end()

    async with trio.open_nursery() as nursery:
        for source in sources:
            nursery.start_soon(end, source, name=f"leaving {source.topic.subject}")
