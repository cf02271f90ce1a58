"""Running strategies: each on a branch of its own, with its own restarts, and with its own orders cleared behind it."""

from collections.abc import Awaitable, Callable

import attrs
import trio

from seawall.engine.check_ins import CheckIns
from seawall.engine.desk import Desk
from seawall.engine.holding import Holdings
from seawall.engine.market import Market
from seawall.engine.notices import StrategyEnded, StrategyFailed, StrategyQuarantined, StrategyStarted
from seawall.engine.order_table import Order
from seawall.engine.settings import EngineSettings, ExitRules
from seawall.model.venue import Probe
from seawall.resilience import Quarantined, RestartPolicy, supervise

__all__ = ["STRATEGY_RESTARTS", "StrategyRunner", "StrategySpec"]

STRATEGY_RESTARTS = RestartPolicy(on=(Exception,), delays_s=(1.0, 5.0, 15.0), settled_after_s=300.0, exhausted="quarantine")
"""The default: a strategy that fails is started again three times, and then left out for the rest of the run."""


@attrs.frozen
class StrategySpec:
    """One strategy to run.

    `run` takes a `Market`; when it returns the strategy has ended. Any exception it raises is its own affair: its orders
    are cancelled, and `restart` says what follows.
    """

    name: str
    run: Callable[[Market], Awaitable[None]]
    restart: RestartPolicy = STRATEGY_RESTARTS
    exits: ExitRules | None = None
    check_in_s: float | None = None
    """How often at least it promises to call `market.check_in()`; None promises nothing, and it is vouched for while it runs."""


@attrs.define(eq=False)
class StrategyRunner:
    """Runs all strategies side by side."""

    specs: tuple[StrategySpec, ...]
    market_of: Callable[[str], Market]
    desk: Desk
    holdings: Holdings
    check_ins: CheckIns
    settings: EngineSettings
    probe: Probe
    vouched_for: dict[str, None] = attrs.field(factory=dict, init=False)
    """The names of those that run now and do not check in for themselves."""
    quarantined: dict[str, None] = attrs.field(factory=dict, init=False)
    """The names of those that have used up their restarts."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run every strategy; return when none is left. Raises only where a policy says to escalate."""
        async with trio.open_nursery() as nursery:
            for spec in self.specs:
                nursery.start_soon(self._supervise, spec, name=f"strategy {spec.name}")
            task_status.started()

    async def _supervise(self, spec: StrategySpec) -> None:
        outcome = await supervise(lambda: self._run_once(spec), spec.restart, name=f"strategy {spec.name}", probe=self.probe)
        if isinstance(outcome, Quarantined):
            self.quarantined[spec.name] = None
            self.probe(StrategyQuarantined(spec.name))
        else:
            self.probe(StrategyEnded(spec.name))

    async def _run_once(self, spec: StrategySpec) -> None:
        present = f"strategy {spec.name}"
        self.probe(StrategyStarted(spec.name))
        if spec.check_in_s is None:
            self.vouched_for[spec.name] = None
        self.check_ins.join(present, spec.check_in_s or self.settings.check_in_s)
        try:
            await spec.run(self.market_of(spec.name))
        except Exception as problem:
            self.probe(StrategyFailed(spec.name, f"{type(problem).__name__}: {problem}"))
            raise
        finally:
            self.check_ins.leave(present)
            self.vouched_for.pop(spec.name, None)
            # Blocks end their own orders and positions; this is for one that was never left, in an abandoned generator say.
            for holding in self.holdings:
                if holding.owner == spec.name:
                    self.holdings.leave(holding)
            with trio.move_on_after(self.settings.deadlines.cancel_s, shield=True) as cleanup, self.desk.hurried(cleanup):
                orders = self._left_behind(spec.name)
                for order in orders:
                    self.desk.custody.release(order)  # all of them, before one is waited for
                for order in orders:
                    await self.desk.see_off(order)

    def _left_behind(self, owner: str) -> list[Order]:
        live = self.desk.blotter.table.live()
        return [order for order in live if order.owner == owner and not order.kept]
