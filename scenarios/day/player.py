"""Plays the tape: services, keeper, makers and people against the ledger's own outcomes.

One block per tick. Its commands come in this order: the trades matched after the last tick, the feeds'
ticks, what the operator does, triggers, liquidations, quotes, takers, everybody else by name. An hour
or more apart (the history), a tick is three blocks: the feeds; what follows from them; the trades.

The two runs differ in nothing but the rule set, and the same seed gives the same bytes.
"""

from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Final, final

from ledger.core.messages import AnyCommand, RegisterKey
from ledger.core.rulebook import TRIGGERS
from ledger.core.rules.words import STATUS_CANCEL_ONLY, STATUS_MAINTENANCE, STATUS_OK, STATUS_POST_ONLY
from ledger.signing import public_key
from scenarios.day import times
from scenarios.day.auditing import Auditing
from scenarios.day.bridge import Bridge
from scenarios.day.crowd import Crowd
from scenarios.day.feeds import FundingService, PriceService
from scenarios.day.makers import Makers
from scenarios.day.operator import Operator
from scenarios.day.population import people
from scenarios.day.race import RacingService
from scenarios.day.refunding import Refunding
from scenarios.day.rules import MARKETS, SYMBOL_OF, day_market, day_rules, opening_rules, tape_markets
from scenarios.day.series import STEP_MS, Outside
from scenarios.day.site import Site
from scenarios.day.thin import ThinBook
from scenarios.day.trading import Trading
from scenarios.day.undoing import Undoing
from scenarios.day.vaults import Vaults
from scenarios.day.watch import Watch
from scenarios.day.world import World
from scenarios.listing import OPERATOR, list_assets

OPERATORS: Final = ("ada", "ben")
HOUSE_TICKS: Final = 90
REBALANCE_TICKS: Final = 9
FIRST: Final = "first wave"
SECOND: Final = "second wave"
REOPEN_AFTER_MS: Final = 60_000
REOPEN_EVERY_MS: Final = 30_000
"""How often an operator asks again for the next mode, once a guard has closed the exchange."""

Progress = Callable[[int], None]


@final
class Pace:
    """How much of the time before the restart is played: less of it is for tests.

    ``from_ms`` is when the markets are listed, and their indices begin; ``day_ms`` when the ticks of the day
    begin, ``calm_ms`` the time between two of them, and ``closed_ms`` while the exchange is closed.
    """

    __slots__ = ("calm_ms", "closed_ms", "day_ms", "from_ms")

    def __init__(
        self,
        from_ms: int = 0,
        calm_ms: int = STEP_MS,
        day_ms: int = times.DAY,
        closed_ms: int = times.CLOSED_STEP_MS,
    ) -> None:
        self.from_ms = from_ms
        self.calm_ms = calm_ms
        self.day_ms = day_ms
        self.closed_ms = closed_ms


WHOLE: Final = Pace()


@final
class Player:
    """One run of the tape."""

    def __init__(self, site: Site, rule_set: str, seed: int, accounts: int, pace: Pace = WHOLE) -> None:
        self._pace = pace
        self.site = site
        self.gateway = gateway = site.gateway
        self.rule_set = rule_set
        self.world = World(gateway, Outside(seed, times.DAY), seed, accounts)
        self.bridge = Bridge(self.world)
        self.crowd = Crowd(self.world, self.bridge, people(accounts, seed))
        self.makers = Makers(self.world, self.bridge)
        self.vaults = Vaults(self.world, self.bridge)
        self.trading = Trading(self.world, self.crowd, self.bridge, self.vaults)
        self.thin = ThinBook(self.world, self.crowd)
        self.prices = PriceService(self.world)
        self.funding = FundingService(self.world)
        self.watch = Watch(self.world)
        self.operator = Operator(self.world, self.crowd, self._heard)
        self.undoing = Undoing(self.world, site)
        self.auditing = Auditing(site)
        self.refunding = Refunding(self.world)
        self.race: RacingService | None = None
        self.incident = False
        """Whether the tick of the race was taken."""
        self._indices: dict[str, int] = {}
        self._bad_seq = 0
        """The event before the first bad tick."""
        self._closed_ms = 0
        self._ticks = 0
        self._played_ms = 0
        """The last tick that was played."""
        self._progress: Progress = _silent

    def play(self, progress: Progress, until_ms: int = times.END) -> None:
        """Play on to a time, first from the beginning; ``progress`` is told how many ticks are done."""
        self._progress = progress
        history = [ms for ms in self.world.outside.times_ms if self._pace.from_ms <= ms < times.BUILD_UP]
        if not self._played_ms:
            self._open(history[0])
        hours = times.hours(times.BUILD_UP, times.DAY + 1)
        self._play_all((*history, *hours), until_ms, self._coarse)
        if until_ms > times.DAY:
            if self.world.coarse:
                self._begin_day()
            self._play_all(times.before_the_race(self._pace.calm_ms, self._pace.day_ms), until_ms, self._fine)
        if until_ms >= times.RACE:
            self._play_all((times.RACE,), until_ms, self._fine)
            closed_ms = self._pace.closed_ms
            rest = times.of_the_incident(closed_ms) if self.incident else times.without_incident()
            self._play_all(rest, until_ms, self._fine)
        self.gateway.flush()

    def _play_all(self, ticks: Iterable[int], until_ms: int, play: Callable[[int], None]) -> None:
        for now_ms in ticks:
            if self._played_ms < now_ms <= until_ms:
                play(now_ms)
                self._played_ms = now_ms

    def _open(self, now_ms: int) -> None:
        """Everything that is there before the first tick: keys, rules, assets, markets, makers, vaults."""
        gateway, world = self.gateway, self.world
        gateway.now_us = now_ms * 1000
        world.now_ms = now_ms
        for name in OPERATORS:
            private = blake2b(f"{world.seed}/{name}".encode(), digest_size=32).hexdigest()
            header = gateway.header(OPERATOR)
            gateway.send(RegisterKey(*header, f"key-{name}", public_key(private), "operator", name))
            gateway.flush()
            gateway.keys.append((f"key-{name}", private))
        commands: list[AnyCommand] = [*list_assets(gateway.header), *tape_markets(gateway.header)]
        for command in (*commands, *opening_rules(gateway.header)):
            gateway.send(command)
        self.makers.open()
        self.vaults.open()
        gateway.flush()
        self.crowd.plan(now_ms, times.BUILD_UP, times.DAY)
        self.vaults.plan(now_ms, times.DAY)

    def _begin_day(self) -> None:
        """Bounds and rules of the day; from here on there is a tick every few seconds."""
        gateway = self.gateway
        for name in MARKETS:
            market = self.world.market(name)
            gateway.send(day_market(gateway.header(OPERATOR), market, self.rule_set))
        for rule in day_rules(gateway.header, self.rule_set):
            gateway.send(rule)
        gateway.flush()
        self.world.coarse = False
        self.trading.begin()

    def _coarse(self, now_ms: int) -> None:
        world, gateway = self.world, self.gateway
        self._clock(now_ms)
        self.prices.publish()
        self.funding.publish()
        gateway.flush()
        triggered = world.engine.trigger(self._marks())
        self.watch.ask()
        if self._ticks % HOUSE_TICKS == HOUSE_TICKS - 1:
            self.operator.keep_house()
        if self._ticks % REBALANCE_TICKS == 0:
            self.vaults.rebalance()
            self.makers.hedge()
        world.act()
        self.vaults.unwind()
        self.makers.supply(triggered)
        gateway.flush()
        world.engine.match()
        gateway.flush()
        self._done()

    def _fine(self, now_ms: int) -> None:
        world, gateway, control = self.world, self.gateway, self.gateway.state.control
        self._clock(now_ms)
        if now_ms != times.CLOSES:
            self.prices.publish()
            if now_ms == times.RACE:
                self._restart_unsafely()
            else:
                self.funding.publish(self._funding_heard)
        self._cue(now_ms)
        if control.modes[TRIGGERS] & control.bit:
            world.engine.trigger(self._marks())
        self.watch.ask()
        self.makers.quote()
        self.trading.take()
        if not times.PLANNED <= now_ms <= times.APPLIED:
            world.act()
        if self.operator.status == STATUS_OK:
            self.vaults.unwind()
        gateway.flush()
        if now_ms == times.EXPORT:
            self.site.export()
        if self.undoing.applied:
            self._begin_anew()
        world.engine.match()
        self._done()

    def _begin_anew(self) -> None:
        """The ledger went back: whatever lives outside it starts from what it says now."""
        self.undoing.applied = False
        self.undoing.load_book()
        self.funding.restore()
        self.prices.restore()
        self.watch.restore()

    def _clock(self, now_ms: int) -> None:
        self.world.now_ms = now_ms
        self.gateway.now_us = now_ms * 1000

    def _done(self) -> None:
        self._ticks += 1
        self._progress(self._ticks)

    def _marks(self) -> dict[str, int]:
        return {name: market.mark_e8 for name, market in self.gateway.state.markets.items()}

    def _cue(self, now_ms: int) -> None:
        """What the operator does at this tick, by the clock; and what a guard makes necessary."""
        operator = self.operator
        if now_ms == times.EXPORT:
            operator.mark("database export begins")
        elif now_ms == times.CLOSES:
            operator.change(STATUS_MAINTENANCE, "database upgrade")
        elif now_ms == times.CANCEL_ONLY:
            operator.change(STATUS_CANCEL_ONLY, "database upgraded")
        elif now_ms == times.POST_ONLY:
            operator.change(STATUS_POST_ONLY, "database upgraded")
        elif now_ms == times.OPENS:
            operator.change(STATUS_OK, "database upgraded")
            self.makers.window = self.trading.window = True
        elif now_ms == times.NOTICED:
            self.trading.notice(self._indices, times.LAST_WISH)
        elif self.incident:
            self._cue_of_incident(now_ms)
        elif now_ms >= times.RACE:
            self._watch_over(now_ms)

    def _cue_of_incident(self, now_ms: int) -> None:
        operator = self.operator
        if now_ms == times.CLOSES_AGAIN:
            operator.change(STATUS_MAINTENANCE, "funding indices are wrong")
        elif now_ms == times.PLANNED:
            self.auditing.look(FIRST, times.EXPORT * 1000)
            self.undoing.make_plan(times.EXPORT * 1000, self._bad_seq)
        elif now_ms == times.APPROVED:
            self.undoing.approve()
        elif now_ms == times.APPLIED:
            self.undoing.apply()
        elif now_ms == times.CANCEL_ONLY_AGAIN:
            operator.change(STATUS_CANCEL_ONLY, "rolled back")
        elif now_ms == times.POST_ONLY_AGAIN:
            operator.change(STATUS_POST_ONLY, "rolled back")
            self.thin.plan()
        elif now_ms == times.OPENS_AGAIN:
            operator.change(STATUS_OK, "rolled back")
        elif now_ms == times.WINDOW_ENDS:
            self.makers.window = self.trading.window = False
        elif now_ms == times.REFUNDS:
            found = self.auditing.look(SECOND, (times.POST_ONLY_AGAIN - times.SECOND_MS) * 1000)
            self.refunding.make_plan(found)
        elif now_ms == times.PAID:
            self.refunding.pay()
        if now_ms > times.OPENS_AGAIN:
            self._reopen(now_ms, "its gates hold")

    def _watch_over(self, now_ms: int) -> None:
        """Reopen in steps what a guard closed, after the funding service was restored and verified."""
        if now_ms == times.CALM_AGAIN:
            self.makers.window = self.trading.window = False
        self._reopen(now_ms, "feeds were restored and verified")

    def _reopen(self, now_ms: int, reason: str) -> None:
        """Ask for the next mode of an exchange that is not open, and of markets that were left behind."""
        if self.operator.status == STATUS_OK:
            self._closed_ms = 0
            if now_ms % REOPEN_EVERY_MS < times.FIRST_MS + 1:
                self.operator.open_markets()
            return
        if not self._closed_ms:
            self._closed_ms = now_ms
        waited = now_ms - self._closed_ms
        if waited >= REOPEN_AFTER_MS and waited % REOPEN_EVERY_MS == 0:
            self.operator.step_up(reason)

    def _restart_unsafely(self) -> None:
        """05:01:32.8: the funding service is restarted last, and publishes before it has restored."""
        self._indices = {name: market.index_e8 for name, market in self.gateway.state.markets.items()}
        self._bad_seq = self.gateway.state.seq + 1
        stored = {SYMBOL_OF[name]: accrual for name, accrual in self.funding.table.items()}
        self.race = RacingService(stored)
        self.race.run()
        self.funding.table = {name: self.race.published[SYMBOL_OF[name]] for name in MARKETS}
        self.funding.epoch += 1
        self.trading.plan_window(times.RACE, times.CLOSES_AGAIN)
        self.funding.publish(self._raced)

    def _raced(self, accepted: bool) -> None:  # noqa: FBT001
        self.incident = accepted
        self._funding_heard(accepted)

    def _funding_heard(self, accepted: bool) -> None:  # noqa: FBT001
        """A service whose tick was refused goes through restore and verify before its next."""
        if not accepted:
            self.funding.restore()

    def _heard(self, status: str) -> None:
        """The exchange has another status now: makers look on before they quote again."""
        bands = self.gateway.state.control.bands == 1
        if status in (STATUS_POST_ONLY, STATUS_OK):
            self.makers.be_cautious(bands)


def _silent(_: int) -> None:
    """Nobody wants to know."""
