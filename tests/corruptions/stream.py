"""A five-second stream of three markets, as feeds would send it, and a ledger that takes it.

The basis lies outside the clamp, so that the rates of the markets differ; prices move a little every
tick, by an integer pattern. The funding feed sends what a real one does: rate, premium, its own
absolute index and time. Prices are those of the day: BTC 95,520, ETH 3,147, PAXG 4,662; the indices of
BTC and ETH have grown to 14% and 19% of them in a history of eight-hour ticks.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from ledger.core.decide import decide
from ledger.core.decision import Decision
from ledger.core.evolve import evolve
from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    AnyEvent,
    LedgerOpened,
    MarketPrice,
    MarketRate,
    UpdateMarket,
    UpdatePrices,
)
from ledger.core.rulebook import GUARDS
from ledger.core.state import State
from ledger.errors import ViewStopped
from ledger.log.codec import encode_event
from projectors.views.funding import VIEW as FUNDING
from tests.fields import changed, record_of
from tests.projecting import frames_of, memory_state
from tests.spec import START_MS, START_US, USDC, account, ask, deposit, e8, market, rule, trade

BTC, ETH, PAXG = "BTC-USD-PERP", "ETH-USD-PERP", "PAXG-USD-PERP"
MARKETS: Final = (BTC, ETH, PAXG)
SPOTS: Final = {BTC: e8("95520"), ETH: e8("3147"), PAXG: e8("4662")}
HISTORY_RATES: Final = {BTC: 14_328_000_000, ETH: 19_244_000_000, PAXG: 643_000_000}
"""Funding of the ten periods before the stream, so that the indices are those of the tape."""
HISTORY: Final = 11
PERIOD_MS: Final = 28_800_000
BASES_PPM: Final = {BTC: 900, ETH: -1_100, PAXG: 1_700}
TICK_MS: Final = 5_000
E12: Final = 10**12
T = TypeVar("T", AdvanceFunding, UpdatePrices)
LIMITS: Final = {
    "price_move_max_ppm": 50_000,
    "price_window_ms": 300_000,
    "price_window_move_max_ppm": 50_000,
    "fair_divergence_max_ppm": 15_000,
    "funding_rate_max_e12": 20_000_000_000,
    "funding_rate_change_max_e12": 300_000_000,
    "funding_rate_tolerance_e12": 150_000_000,
    "price_tick_e8": e8("0.01"),
    "size_step_e8": 1000,
    "position_limit_e8": e8("100000"),
    "maker_fee_ppm": 0,
}
EARLIER: Final = {
    "funding_gap_max_ms": 36_000_000,
    "funding_rate_change_max_e12": 0,
    "funding_rate_tolerance_e12": 0,
}
"""Other limits of the history."""


def formula(mark: int, spot: int) -> int:
    """The published rate: basis, pulled towards interest within the clamp."""
    basis = (mark - spot) * E12 // spot
    return basis + max(-500_000_000, min(500_000_000, 100_000_000 - basis))


class Stream:
    """A ledger in the middle of its day: ``ready()`` is one after some good minutes."""

    def __init__(self, *, observing: bool, money: str = "9000000") -> None:
        self.state = State()
        self.observing = observing
        self.tick = 0
        self.funded_ms = 0
        self.now_ms = START_MS
        self.index = dict.fromkeys(MARKETS, 0)
        self.premium = dict.fromkeys(MARKETS, 0)
        self.remainder = dict.fromkeys(MARKETS, 0)
        self.events: list[AnyEvent] = []
        self.number = 0
        opened = LedgerOpened("corrupted", 1, "1", "")
        opened.seq = 1
        opened.recorded_at_us = START_US
        evolve(self.state, opened)
        self.events.append(opened)
        accounts = [c for name in ("ann", "bob") for c in (account(name), deposit(name, money))]
        self.take(USDC, *(market(name, **(LIMITS | EARLIER)) for name in MARKETS), *accounts)

    def ready(self, ticks: int = 20) -> "Stream":
        """A history, and some good ticks. Ann is long of everything that Bob is short of."""
        for _ in range(HISTORY):
            self.next(PERIOD_MS)
            self.take(self.prices(), self.funding(HISTORY_RATES))
        self.update(1, funding_rate_change_max_e12=0)
        for name in MARKETS:
            self.take(trade(name, "ann", "bob", "10", str(self.mark(name) // 10**8)))
        self.step()
        self.update(2)
        if self.observing:
            self.take(*(rule(f"guard.{guard}", "observe:86400") for guard in GUARDS))
        for _ in range(ticks):
            self.step()
        return self

    def update(self, revision: int, **rules: object) -> None:
        """The limits of the stream for every market, less what ``rules`` change."""
        for name in MARKETS:
            listed = record_of(market(name, **(LIMITS | rules)))
            self.take(ask(UpdateMarket, **(listed | {"revision_before": revision, "number": 0})))

    def take(self, *commands: AnyCommand) -> None:
        """Commands that must be accepted."""
        for command in commands:
            decision = self.send(command)
            assert decision.code == 0, decision.detail

    def next(self, elapsed_ms: int = TICK_MS) -> None:
        """The next tick begins."""
        self.tick += 1
        self.now_ms += elapsed_ms

    def step(self) -> None:
        """One good tick of both feeds."""
        self.next()
        self.take(self.prices(), self.funding())

    def spot(self, name: str) -> int:
        """Spot of this tick: some bps up and down."""
        wave = (self.tick * 7 + MARKETS.index(name) * 3) % 11 - 5
        return SPOTS[name] + SPOTS[name] * wave // 100_000

    def mark(self, name: str) -> int:
        """Mark of this tick: spot and the market's basis."""
        return self.spot(name) + self.spot(name) * BASES_PPM[name] // 10**6

    def prices(self, **header: object) -> UpdatePrices:
        """The good price tick."""
        entries = []
        for name in MARKETS:
            mark, spot = self.mark(name), self.spot(name)
            entries.append(
                MarketPrice(name, mark, spot, 1, mark, 1, mark - 10, 1, mark + 10, 1, mark, e8("9"), e8("9"))
            )
        return self._tick(UpdatePrices, {"source": "pricer", "prices": entries}, header)

    def funding(self, rates: Mapping[str, int] | None = None, **header: object) -> AdvanceFunding:
        """The good funding tick; the feed moves on with it. ``rates`` stand for those of the formula."""
        entries = []
        elapsed_ms = self.now_ms - self.funded_ms if self.funded_ms else 0
        for name in MARKETS:
            number = self.premium[name] * elapsed_ms + self.remainder[name]
            step, self.remainder[name] = divmod(number, PERIOD_MS)
            self.index[name] += step
            rate = rates[name] if rates else formula(self.mark(name), self.spot(name))
            self.premium[name] = rate * self.spot(name) // E12
            entries.append(
                MarketRate(name, rate, self.spot(name), 1, self.index[name], 1, self.premium[name])
            )
        self.funded_ms = self.now_ms
        return self._tick(AdvanceFunding, {"source": "funder", "rates": entries}, header)

    def _tick(self, kind: type[T], fields: dict[str, object], header: dict[str, object]) -> T:
        usual: dict[str, object] = {
            "tick_id": self.tick,
            "previous_tick_id": self.tick - 1,
            "source_epoch": 1,
            "observed_at_ms": self.now_ms,
            "issued_at_us": self.now_ms * 1000,
        }
        return ask(kind, **(usual | fields | header))

    def send(self, command: AnyCommand) -> Decision:
        """What the ledger makes of a command that arrives now."""
        self.number += 1
        now_us = max(self.state.recorded_at_us, self.now_ms * 1000)
        numbered = changed(command, number=self.number)
        decision = decide(self.state, numbered, now_us)
        for event in decision.events:
            evolve(self.state, event)
            encode_event(event)
        self.events += decision.events
        return decision

    def view_stops(self, events: Sequence[AnyEvent]) -> str:
        """What the funding view says that stops it after ``events``; empty: nothing does."""
        view = memory_state(FUNDING)
        try:
            view.fold(frames_of(events, FUNDING.plan))
            view.check_laws()
        except ViewStopped as stopped:
            return str(stopped)
        return ""
