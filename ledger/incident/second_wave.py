"""The second wave: takeovers and triggers at a mark that had left the external fair price.

Everything is judged at the external fair prices of the same tick. Of a takeover they are in its own event
and computed here once more from positions and price rows; the two must agree. An episode of a market opens
with the first tick whose mark is further from the fair price than the market's bound, and closes once it
has been within it for the rule ``episode_calm_ms``.
"""

from dataclasses import dataclass, field
from typing import Final, final

from ledger.core.messages import (
    AnyEvent,
    FillSettled,
    LiquidationStarted,
    MarketListed,
    MarketUpdated,
    OrderCancelled,
    OrderPlaced,
    OrderTriggered,
    PricesUpdated,
    SystemStatusChanged,
)
from ledger.core.rules.bands import RESTRICTED, outside_fair_band
from ledger.core.rules.gates import opening_problem
from ledger.core.rules.words import ABOVE, FILL, ORDER_OPEN, STATUS_OK
from ledger.core.state import Market, State
from ledger.core.values import BUY, E8, PPM
from ledger.incident.books import Books
from ledger.incident.counterfactual.record import Liquidation

DIVERGENCE_PPM: Final = 5_000
"""Bound of a market that has none of its own: the gate's 50 bps."""
EARLIER_US: Final = 15 * 60 * 1_000_000

WRONGFUL: Final = "wrongful"
LARGER: Final = "larger"
EARLIER: Final = "earlier"
LEGITIMATE: Final = "legitimate"
UNDECIDED: Final = "undecided"
CLASSES: Final = (WRONGFUL, LARGER, EARLIER, LEGITIMATE, UNDECIDED)
ELIGIBLE: Final = (WRONGFUL, LARGER)

_E12: Final = 10**12
_PRICES: Final = (
    "mark_e8",
    "has_external_fair",
    "external_fair_e8",
    "has_bid",
    "bid_e8",
    "has_ask",
    "ask_e8",
    "bid_depth_e8",
    "ask_depth_e8",
)


@dataclass(slots=True)
class Judgement:
    """One takeover: the test from its own columns, and whether the books computed here agree with them."""

    seq: int
    account: str
    liquidation_id: str
    share_ppm: int
    status: str
    status_age_ms: int
    has_fair: bool
    value_fair_e8: int
    mmr_fair_e8: int
    agrees: bool
    recorded_at_us: int
    notional_e8: int
    episodes: tuple[int, ...]
    """Places of the episodes that were open in a market it held."""

    @property
    def is_wrongful(self) -> bool:
        """Wrongful by skew: at the external fair prices the account covers its maintenance margin."""
        return self.has_fair and self.value_fair_e8 >= self.mmr_fair_e8


@dataclass(slots=True)
class TriggerJudgement:
    """One trigger: whether its condition held at the external fair price of its price row."""

    seq: int
    account: str
    order_id: str
    market: str
    verdict: str
    episodes: tuple[int, ...]


@dataclass(slots=True)
class Resting:
    """An order that was best on its side while the mark was away: for how many ticks, from when to when."""

    order_id: str
    account: str
    side: str
    price_e8: int
    ticks: int
    from_ms: int
    to_ms: int


@dataclass(slots=True)
class Episode:
    """A market whose mark was away from its external fair price, from its first tick to its last."""

    market: str
    bound_ppm: int
    first_tick: int
    first_seq: int
    first_ms: int
    last_tick: int = 0
    last_seq: int = 0
    last_ms: int = 0
    last_out_ms: int = 0
    closed: bool = False
    greatest_ppm: int = 0
    """Greatest divergence with its sign, in millionths of the fair price."""
    greatest_seq: int = 0
    bid_e8: int = 0
    ask_e8: int = 0
    bid_depth_e8: int = 0
    ask_depth_e8: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    """Status of the exchange -> ticks of the episode in it."""
    status_ages_ms: list[int] = field(default_factory=list)
    """Time since the last change of status at the first and at the last tick."""
    trades: list[int] = field(default_factory=list)
    """Seqs of the fills from which the last-price input came."""
    resting: dict[str, Resting] = field(default_factory=dict)
    outside_band: list[str] = field(default_factory=list)
    """Ids of orders placed meanwhile in a restricted mode, beyond the market's maintenance band."""
    gate: str = ""
    """What the market's gate would have found wrong when the exchange opened meanwhile; empty: nothing."""
    guarded: bool = False
    """Whether the market has a bound of its own, which guard G5x would have enforced."""


@final
class _Order:
    __slots__ = ("account", "price_e8", "sign")

    def __init__(self, account: str, sign: int, price_e8: int) -> None:
        self.account = account
        self.sign = sign
        self.price_e8 = price_e8


@final
class Waves:
    """Folds recorded events in order of seq into episodes, judgements of takeovers and of triggers.

    ``divergence_ppm`` stands for every market's own bound, ``None``: its own. ``books`` are as they are after
    the last event that was taken.
    """

    def __init__(self, start: State, divergence_ppm: int | None = None) -> None:
        self.episodes: list[Episode] = []
        self.judgements: list[Judgement] = []
        self.triggers: list[TriggerJudgement] = []
        self.books = Books(start)
        self._calm_ms = start.control.numbers["episode_calm_ms"]
        self._status = start.control.status
        self._changed_us = start.control.changed_us
        self._asked_ppm = divergence_ppm
        self._bounds: dict[str, int] = {}
        self._gates: dict[str, Market] = {}
        self._open: dict[str, int] = {}
        self._orders: dict[str, dict[str, _Order]] = {}
        self._conditions: dict[str, tuple[str, int]] = {}
        self._last_fill: dict[str, int] = {}
        for name, market in start.markets.items():
            self._bounds[name] = market.fair_divergence_max_ppm
            self._gates[name] = _rules_of(market)
        for name, account in start.accounts.items():
            for order in account.orders.values():
                if order.status == ORDER_OPEN:
                    self._enter(order.market, order.order_id, _Order(name, order.sign, order.price_e8))
                else:
                    self._conditions[order.order_id] = (order.trigger_condition, order.trigger_price_e8)

    def take(self, event: AnyEvent) -> None:
        """Fold one event in."""
        match event:
            case PricesUpdated():
                self.books.take(event)
                self._tick(event)
                return
            case LiquidationStarted():
                self._judge(event)
            case OrderTriggered():
                self._judge_trigger(event)
                sign = 1 if event.side == BUY else -1
                self._enter(event.market, event.order_id, _Order(event.account, sign, event.price_e8))
            case OrderPlaced():
                if event.status_after == ORDER_OPEN:
                    sign = 1 if event.side == BUY else -1
                    self._enter(event.market, event.order_id, _Order(event.account, sign, event.price_e8))
                    self._note_band(event, sign)
                else:
                    self._conditions[event.order_id] = (event.trigger_condition, event.trigger_price_e8)
            case OrderCancelled():
                self._orders.get(event.market, {}).pop(event.order_id, None)
            case FillSettled():
                if event.order_id and event.remaining_after_e8 == 0:
                    self._orders.get(event.market, {}).pop(event.order_id, None)
                if event.fill_type == FILL:
                    self._last_fill[event.market] = event.seq
            case SystemStatusChanged():
                if event.status_after == STATUS_OK:
                    self._note_gates()
                self._status = event.status_after
                self._changed_us = event.recorded_at_us
            case MarketListed() | MarketUpdated():
                self._bounds[event.market] = event.fair_divergence_max_ppm
                self._gates[event.market] = self._updated(event)
            case _:
                pass
        self.books.take(event)

    def _enter(self, market: str, order_id: str, order: _Order) -> None:
        self._orders.setdefault(market, {})[order_id] = order

    def bound_ppm(self, market: str) -> int:
        """How far a mark may be from its fair price."""
        return self._asked_ppm or self._bounds.get(market, 0) or DIVERGENCE_PPM

    def _note_band(self, event: OrderPlaced, sign: int) -> None:
        """Note an order that the maintenance band would have refused."""
        place = self._open.get(event.market)
        fair = self.books.fairs.get(event.market)
        if place is None or fair is None or self._status not in RESTRICTED:
            return
        if outside_fair_band(
            self._row(event.market, fair), self._band_ppm(event.market), sign, event.price_e8
        ):
            self.episodes[place].outside_band.append(event.order_id)

    def _updated(self, event: MarketListed | MarketUpdated) -> Market:
        """New rules of a market with the prices that it had."""
        seen, known = _rules_of(event), self._gates.get(event.market)
        if known is not None:
            _show(seen, known)
        return seen

    def _row(self, market: str, fair_e8: int) -> Market:
        row = self._gates[market]
        row.external_fair_e8 = fair_e8
        return row

    def _band_ppm(self, market: str) -> int:
        return self._gates[market].maintenance_band_ppm

    def _note_gates(self) -> None:
        """What the gates of the markets that are away would have said at this opening."""
        for market, place in self._open.items():
            self.episodes[place].gate = opening_problem(self._gates[market])

    def _tick(self, event: PricesUpdated) -> None:
        _show(self._gates[event.market], event)
        place = self._open.get(event.market)
        fair = event.external_fair_e8
        away = (
            bool(event.has_external_fair)
            and abs(event.mark_e8 - fair) * PPM > self.bound_ppm(event.market) * fair
        )
        if place is None:
            if not away:
                return
            place = self._open[event.market] = len(self.episodes)
            bound = self.bound_ppm(event.market)
            self.episodes.append(Episode(event.market, bound, event.tick_id, event.seq, event.observed_at_ms))
            self.episodes[place].status_ages_ms.append(self._age_ms(event))
            self.episodes[place].guarded = self._bounds.get(event.market, 0) > 0
        episode = self.episodes[place]
        if away:
            episode.last_out_ms = event.observed_at_ms
        elif event.observed_at_ms - episode.last_out_ms > self._calm_ms:
            episode.closed = True
            del self._open[event.market]
            return
        self._extend(episode, event)

    def _age_ms(self, event: PricesUpdated) -> int:
        return (event.recorded_at_us - self._changed_us) // 1000 if self._changed_us else 0

    def _extend(self, episode: Episode, event: PricesUpdated) -> None:
        """One more tick of an episode."""
        episode.last_tick, episode.last_seq, episode.last_ms = event.tick_id, event.seq, event.observed_at_ms
        episode.status_ages_ms = [episode.status_ages_ms[0], self._age_ms(event)]
        episode.statuses[self._status] = episode.statuses.get(self._status, 0) + 1
        if event.has_external_fair:
            divergence = (event.mark_e8 - event.external_fair_e8) * PPM // event.external_fair_e8
            if abs(divergence) > abs(episode.greatest_ppm):
                episode.greatest_ppm, episode.greatest_seq = divergence, event.seq
                episode.bid_e8, episode.ask_e8 = event.bid_e8, event.ask_e8
                episode.bid_depth_e8, episode.ask_depth_e8 = event.bid_depth_e8, event.ask_depth_e8
        last = self._last_fill.get(event.market, 0)
        if event.has_last and last > episode.first_seq and last not in episode.trades[-1:]:
            episode.trades.append(last)
        self._note_best(episode, event)

    def _note_best(self, episode: Episode, event: PricesUpdated) -> None:
        """The orders that are best on either side now."""
        orders = self._orders.get(event.market, {})
        for sign, side in ((1, "bid"), (-1, "ask")):
            own = [
                (order.price_e8 * sign, order_id) for order_id, order in orders.items() if order.sign == sign
            ]
            if not own:
                continue
            _, order_id = max(own)
            order = orders[order_id]
            seen = episode.resting.get(order_id)
            if seen is None:
                now_ms = event.observed_at_ms
                seen = Resting(order_id, order.account, side, order.price_e8, 0, now_ms, now_ms)
                episode.resting[order_id] = seen
            seen.ticks += 1
            seen.to_ms = event.observed_at_ms

    def _judge(self, event: LiquidationStarted) -> None:
        held = self.books.holds(event.account)
        fairs = self.books.fairs
        has_fair = all(market in fairs for market in held)
        agrees = has_fair == bool(event.has_fair)
        if has_fair and agrees:
            value_e16 = self.books.value_e16(event.account, fairs, self.books.indices)
            required_e28 = self.books.required_e28(event.account, fairs)
            agrees = (
                value_e16 // E8 == event.account_value_fair_e8
                and -(-required_e28 // (E8 * _E12)) == event.mmr_fair_e8
            )
        self.judgements.append(
            Judgement(
                seq=event.seq,
                account=event.account,
                liquidation_id=event.liquidation_id,
                share_ppm=event.share_ppm,
                status=event.status,
                status_age_ms=event.status_age_ms,
                has_fair=bool(event.has_fair),
                value_fair_e8=event.account_value_fair_e8,
                mmr_fair_e8=event.mmr_fair_e8,
                agrees=agrees,
                recorded_at_us=event.recorded_at_us,
                notional_e8=event.notional_e8,
                episodes=tuple(sorted(self._open[market] for market in held if market in self._open)),
            )
        )

    def _judge_trigger(self, event: OrderTriggered) -> None:
        condition, price = self._conditions.pop(event.order_id, (ABOVE, event.trigger_price_e8))
        fair = self.books.fairs.get(event.market)
        if fair is None:
            verdict = UNDECIDED
        else:
            reached = fair >= price if condition == ABOVE else fair <= price
            verdict = LEGITIMATE if reached else WRONGFUL
        places = (self._open[event.market],) if event.market in self._open else ()
        self.triggers.append(
            TriggerJudgement(event.seq, event.account, event.order_id, event.market, verdict, places)
        )


def _rules_of(source: Market | MarketListed | MarketUpdated) -> Market:
    """A market as its gate sees it: its rules, and prices once a tick came."""
    seen = Market(source.market)
    seen.maintenance_band_ppm = source.maintenance_band_ppm
    seen.spread_max_ppm = source.spread_max_ppm
    seen.depth_min_e8 = source.depth_min_e8
    if isinstance(source, Market):
        _show(seen, source)
    return seen


def _show(market: Market, source: PricesUpdated | Market) -> None:
    """Take in the book and the prices of a tick, or of the market as it was."""
    for name in _PRICES:
        setattr(market, name, getattr(source, name))


def classes_of(judgements: list[Judgement], counterfactual: list[Liquidation]) -> dict[str, str]:
    """Liquidation id -> class, given the takeovers of the counterfactual with marks at the fair prices.

    After its first wrongful one an account is weakened, so its later ones are judged on the
    counterfactual, as are the sizes of those that would have come anyway.
    """
    here = {one.liquidation_id: one for one in counterfactual}
    times: dict[str, list[int]] = {}
    for one in counterfactual:
        times.setdefault(one.account, []).append(one.recorded_at_us)
    weakened: set[str] = set()
    classes: dict[str, str] = {}
    for judgement in judgements:
        found = _class_of(judgement, here.get(judgement.liquidation_id), times, weakened)
        if found in ELIGIBLE:
            weakened.add(judgement.account)
        classes[judgement.liquidation_id] = found
    return classes


def _class_of(
    judgement: Judgement, same: Liquidation | None, times: dict[str, list[int]], weakened: set[str]
) -> str:
    if not judgement.has_fair:
        return UNDECIDED
    if same is not None:
        return LARGER if same.share_ppm < judgement.share_ppm else LEGITIMATE
    if not judgement.is_wrongful and judgement.account not in weakened:
        return LEGITIMATE
    at_us = judgement.recorded_at_us
    soon = any(at_us <= time_us <= at_us + EARLIER_US for time_us in times.get(judgement.account, ()))
    return EARLIER if soon else WRONGFUL
