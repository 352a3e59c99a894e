"""What the feeds said of every market, judged once more: the second derivation of the table ``inputs``.

The view keeps a row per market and rewrites it (``projectors.views.feed_guards``); here a market is an object
that remembers its two feeds, and every judgement is an exact fraction or a comparison of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from ledger.core.messages import (
    AnyEvent,
    FundingIndexAdvanced,
    FundingIndexRestated,
    GuardTripped,
    MarketListed,
    MarketUpdated,
    PricesUpdated,
    RuleChanged,
)
from projectors.rederive.book import Row, Table

Tick = PricesUpdated | FundingIndexAdvanced

ALL_MARKETS: Final = "*"
CLAIM_MAY_DIFFER_E8: Final = 2
AHEAD_MAX_MS: Final = 60_000
PARTS_OF_A_WINDOW: Final = 10
PPM: Final = 10**6
E12: Final = 10**12


@dataclass
class Feed:
    """The last tick of one feed that had the market, and how often in a row it said the same."""

    tick_id: int = 0
    epoch: int = 0
    source: str = ""
    equal: int = 0

    def objections(self, tick: Tick, *, every_tick: bool) -> Iterator[str]:
        """What is wrong with the place of a tick, at most one thing.

        ``every_tick``: each tick of the feed has the market, so none may lie in between.
        """
        if self.tick_id:
            follows = tick.previous_tick_id == self.tick_id
            if not every_tick:
                follows = tick.previous_tick_id >= self.tick_id
            if not follows or tick.tick_id <= self.tick_id:
                yield f"tick {tick.tick_id} after {tick.previous_tick_id} does not follow {self.tick_id}"
            elif tick.source_epoch < self.epoch:
                yield f"instance {tick.source_epoch} of the feed after {self.epoch}"
            elif tick.source_epoch == self.epoch and tick.source != self.source:
                yield f"{tick.source} speaks for {self.source}"

    def follow(self, tick: Tick, *, same: bool) -> None:
        """The tick is the last one."""
        self.tick_id, self.epoch, self.source = tick.tick_id, tick.source_epoch, tick.source
        self.equal = self.equal + 1 if same else 0


@dataclass
class Span:
    """Lowest and highest mark of a part of the price window, and when it began."""

    began_ms: int
    low_e8: int
    high_e8: int


@dataclass
class Inputs:
    """What is remembered of one market, or under ``ALL_MARKETS`` of the rules that hold for all."""

    rules: MarketListed | MarketUpdated | None = None
    mark_e8: int = 0
    spot_e8: int = 0
    rate_e12: int = 0
    ticked: bool = False
    price: Feed = field(default_factory=Feed)
    funding: Feed = field(default_factory=Feed)
    late_most_ms: int = 0
    spans: list[Span] = field(default_factory=list)
    window_broken: bool = False
    stale_ticks_max: int = 12
    tick_age_max_ms: int = 30_000
    finding: str = ""

    def ruled(self, event: MarketListed | MarketUpdated) -> None:
        """The rules of the market; one that is closed owes no explanation of its window."""
        self.rules = event
        self.window_broken = self.window_broken and event.status == "ok"

    def rule_changed(self, event: RuleChanged) -> None:
        """A rule for all markets: the longest age ever allowed; no number of ticks once it was changed."""
        if event.rule == "stale_ticks_max":
            self.stale_ticks_max = 0
        else:
            self.tick_age_max_ms = max(self.tick_age_max_ms, int(event.value_after))

    def find(self, seq: int, problems: Iterator[str]) -> None:
        """Keep the first problem that the market ever had, one of an index only until there is another."""
        for problem in problems:
            if not self.finding or (about_index(self.finding) and not about_index(problem)):
                self.finding = f"seq {seq}: {problem}"
            return

    def restated(self, event: FundingIndexRestated) -> None:
        """The index was wrong since some event, and is right now."""
        if about_index(self.finding) and int(self.finding[4:].split(":")[0]) >= event.from_seq:
            self.finding = ""

    def priced(self, event: PricesUpdated) -> None:
        """A tick of the price feed."""
        self.find(event.seq, self._price_problems(event))
        self.price.follow(event, same=(event.mark_e8, event.spot_e8) == (self.mark_e8, self.spot_e8))
        self._note_age(event)
        if self.rules is not None and self.rules.price_window_ms and event.mark_e8 > 0:
            self._note_mark(event, self.rules)
        self.mark_e8, self.spot_e8 = event.mark_e8, event.spot_e8

    def advanced(self, event: FundingIndexAdvanced) -> None:
        """A tick of the funding feed."""
        self.find(event.seq, self._funding_problems(event))
        again = event.rate_e12 == self.rate_e12 and event.premium_e8 == event.premium_applied_e8
        self.funding.follow(event, same=again and event.rate_e12 != 0)
        self._note_age(event)
        self.rate_e12, self.ticked = event.rate_e12, True

    def _price_problems(self, event: PricesUpdated) -> Iterator[str]:
        yield from self.price.objections(event, every_tick=False)
        yield from _too_early(event)
        move = 0 if self.rules is None else self.rules.price_move_max_ppm
        apart = 0 if self.rules is None else self.rules.fair_divergence_max_ppm
        fair = event.external_fair_e8 if event.has_external_fair == 1 else 0
        for name, value, before in (
            ("mark", event.mark_e8, self.mark_e8),
            ("spot", event.spot_e8, self.spot_e8),
        ):
            if value <= 0:
                yield f"{name} is {value}e-8"
            if before > 0 and _leaves(value, before, move):
                yield f"{name} moved from {before}e-8 to {value}e-8 in a tick"
            if fair > 0 and _leaves(value, fair, apart):
                yield f"{name} {value}e-8 is far from the external fair price {fair}e-8"

    def _funding_problems(self, event: FundingIndexAdvanced) -> Iterator[str]:
        yield from self.funding.objections(event, every_tick=True)
        yield from _too_early(event)
        index, computed, rate = event.index_after_e8, event.index_computed_e8, event.rate_e12
        if not -CLAIM_MAY_DIFFER_E8 <= index - computed <= CLAIM_MAY_DIFFER_E8:
            yield f"index is {index}e-8, its steps say {computed}e-8"
        largest = 0 if self.rules is None else self.rules.funding_rate_max_e12
        if not -largest <= rate <= largest:
            yield f"rate {rate}e-12 is above the largest"
        if self.rules is None:
            return
        change = self.rules.funding_rate_change_max_e12
        if self.ticked and change and not -change <= rate - self.rate_e12 <= change:
            yield f"rate went from {self.rate_e12}e-12 to {rate}e-12"
        tolerance = self.rules.funding_rate_tolerance_e12
        if tolerance and self.mark_e8 > 0 and self.spot_e8 > 0:
            wanted = self._published_rate(self.rules)
            if not -tolerance <= rate - wanted <= tolerance:
                yield f"rate {rate}e-12 does not follow from the basis, {wanted}e-12 does"

    def _published_rate(self, rules: MarketListed | MarketUpdated) -> int:
        """Basis plus what pulls it to the interest rate, each within its limits (domain.md 2.2 e)."""
        basis = Fraction(self.mark_e8, self.spot_e8) * E12 // 1 - E12
        pull = sorted((-rules.clamp_rate_e12, rules.interest_rate_e12 - basis, rules.clamp_rate_e12))[1]
        return sorted((-rules.funding_rate_max_e12, basis + pull, rules.funding_rate_max_e12))[1]

    def _note_age(self, event: Tick) -> None:
        self.late_most_ms = max(self.late_most_ms, event.recorded_at_us // 1000 - event.observed_at_ms)

    def _note_mark(self, event: PricesUpdated, rules: MarketListed | MarketUpdated) -> None:
        """Whether the mark leaves what the window allows; then it is one more mark of the window."""
        since_ms = event.observed_at_ms - rules.price_window_ms
        self.spans = [span for span in self.spans if span.began_ms >= since_ms]
        most, mark = rules.price_window_move_max_ppm, event.mark_e8
        if any(_leaves(mark, seen, most) for span in self.spans for seen in (span.low_e8, span.high_e8)):
            self.window_broken = True
        longest_ms = rules.price_window_ms // PARTS_OF_A_WINDOW
        newest = self.spans[-1] if self.spans else None
        if newest is None or event.observed_at_ms - newest.began_ms > longest_ms:
            self.spans.append(Span(event.observed_at_ms, mark, mark))
        else:
            newest.low_e8, newest.high_e8 = min(newest.low_e8, mark), max(newest.high_e8, mark)

    def row(self) -> Row:
        """The row that is stored."""
        rules = self.rules
        return {
            "mark_e8": self.mark_e8,
            "spot_e8": self.spot_e8,
            "rate_e12": self.rate_e12,
            "funding_ticks": int(self.ticked),
            "funding_tick_id": self.funding.tick_id,
            "funding_epoch": self.funding.epoch,
            "funding_source": self.funding.source,
            "funding_equal": self.funding.equal,
            "price_tick_id": self.price.tick_id,
            "price_epoch": self.price.epoch,
            "price_source": self.price.source,
            "price_equal": self.price.equal,
            "late_most_ms": self.late_most_ms,
            "window": ",".join(f"{one.began_ms}:{one.low_e8}:{one.high_e8}" for one in self.spans),
            "window_broken": int(self.window_broken),
            "status": "" if rules is None else rules.status,
            "rate_max_e12": 0 if rules is None else rules.funding_rate_max_e12,
            "rate_change_max_e12": 0 if rules is None else rules.funding_rate_change_max_e12,
            "tolerance_e12": 0 if rules is None else rules.funding_rate_tolerance_e12,
            "interest_e12": 0 if rules is None else rules.interest_rate_e12,
            "clamp_e12": 0 if rules is None else rules.clamp_rate_e12,
            "move_max_ppm": 0 if rules is None else rules.price_move_max_ppm,
            "divergence_max_ppm": 0 if rules is None else rules.fair_divergence_max_ppm,
            "window_ms": 0 if rules is None else rules.price_window_ms,
            "window_move_max_ppm": 0 if rules is None else rules.price_window_move_max_ppm,
            "stale_ticks_max": self.stale_ticks_max,
            "tick_age_max_ms": self.tick_age_max_ms,
            "finding": self.finding,
        }


class AllInputs:
    """The inputs of every market; ``table`` has the rows."""

    def __init__(self) -> None:
        self.table = Table()
        self._markets: dict[str, Inputs] = {}

    def take(self, event: AnyEvent) -> None:
        """What an event says about the inputs of a market, or of all."""
        match event:
            case MarketListed() | MarketUpdated():
                self._of(event.market).ruled(event)
            case RuleChanged() if event.rule in {"stale_ticks_max", "tick_age_max_ms"}:
                self._of("").rule_changed(event)
            case GuardTripped() if event.action == "recorded":
                through = f"guard {event.guard} let {event.field} {event.given} through"
                self._of(event.market).find(event.seq, iter((through,)))
            case PricesUpdated():
                self._of(event.market).priced(event)
            case FundingIndexAdvanced():
                self._of(event.market).advanced(event)
            case FundingIndexRestated():
                for name in ("", event.market):
                    self._of(name).restated(event)
                    self.table.put(event, (name or ALL_MARKETS,), self._of(name).row())
                return
            case _:
                return
        market = "" if isinstance(event, RuleChanged) else event.market
        self.table.put(event, (market or ALL_MARKETS,), self._of(market).row())

    def _of(self, market: str) -> Inputs:
        return self._markets.setdefault(market or ALL_MARKETS, Inputs())


def about_index(problem: str) -> bool:
    """Whether a problem, with or without its seq, is an index that does not follow from its steps."""
    said = problem.split(": ", 1)[1] if problem.startswith("seq ") else problem
    return said.startswith("index is ") or (said.startswith("guard ") and " let index " in said)


def _too_early(tick: Tick) -> Iterator[str]:
    ahead_ms = tick.observed_at_ms - tick.recorded_at_us // 1000
    if ahead_ms > AHEAD_MAX_MS:
        yield f"observed {ahead_ms} ms after it was recorded"


def _leaves(value: int, center: int, most_ppm: int) -> bool:
    """Whether a value is further from a positive center than ``most_ppm`` of it; 0 is no bound."""
    return most_ppm > 0 and abs(Fraction(value, center) - 1) > Fraction(most_ppm, PPM)
