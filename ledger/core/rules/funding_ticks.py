"""Funding ticks: the index of every market moves, or none does.

The ledger computes each step itself from the premium that the previous tick put in force:
``num = premium * elapsed_ms + remainder; step = num div (period_s * 1000)``, the rest is
carried (decisions.md 4, 5). The index of the feed is only a claim that must agree. A tick is
refused whole: one market left out would make every later claim of it wrong.

Where the guard G2 only observes, a claim that differs becomes the index (``index_source`` FEED), and
a premium that differs comes into force: what an exchange without guards would have done.
"""

from typing import Final, final

from ledger.core.decision import ACCEPTED, Decision, command_id, refused
from ledger.core.messages import AdvanceFunding, AnyEvent, FundingIndexAdvanced, MarketRate
from ledger.core.refusals import RefusalCode
from ledger.core.rules.funding_guards import check_claims, check_rate
from ledger.core.rules.guards import Trips
from ledger.core.rules.ticks import Feed, check_order, refuse_source
from ledger.core.rules.words import STATUS_HALTED, STATUS_MAINTENANCE, STATUS_SETTLED
from ledger.core.state import Market, State
from ledger.core.values import AMOUNT_MAX_E8, E12, is_long

COMPUTED: Final = "COMPUTED"
FEED: Final = "FEED"


@final
class Step:
    """What one tick does to the index of one market."""

    __slots__ = (
        "applied_ms",
        "elapsed_ms",
        "gap",
        "index_after_e8",
        "index_computed_e8",
        "paused",
        "premium_e8",
        "remainder_after",
        "step_e8",
    )

    def __init__(self, state: State, market: Market, rate: MarketRate, observed_at_ms: int) -> None:
        """Compute the step to ``observed_at_ms`` from the premium in force.

        Nothing accrues before a market's first tick, through a gap longer than the market's
        ``funding_gap_max_ms``, across a rollback, backwards in time, while the market is halted or the
        exchange in maintenance.
        """
        restored = 0 < market.funding_seq < state.restored_seq
        self.elapsed_ms = observed_at_ms - market.funding_observed_ms if market.funding_seq else 0
        self.gap = 1 if restored or self.elapsed_ms > market.funding_gap_max_ms else 0
        paused = market.status == STATUS_HALTED or state.control.status == STATUS_MAINTENANCE
        self.paused = 1 if paused else 0
        self.applied_ms = 0 if self.gap or self.paused else max(0, self.elapsed_ms)
        number = market.premium_e8 * self.applied_ms + market.remainder
        period_ms = market.funding_period_s * 1000
        self.step_e8 = number // period_ms
        self.remainder_after = number % period_ms
        self.index_computed_e8 = market.index_e8 + self.step_e8
        self.index_after_e8 = self.index_computed_e8
        self.premium_e8 = rate.rate_e12 * rate.spot_e8 // E12

    def fits(self) -> bool:
        """Whether everything that is recorded fits its field."""
        return (
            is_long(self.index_after_e8)
            and is_long(self.index_computed_e8)
            and is_long(self.step_e8)
            and is_long(self.premium_e8)
        )


def decide_advance_funding(state: State, command: AdvanceFunding, now_us: int) -> Decision:
    """Move the index of every market by one tick, or of none."""
    refusal = _refuse_values(command)
    if refusal is not None:
        return refusal
    trips = Trips(state, command_id(command), command.tick_id, command.source, command.source_epoch, now_us)
    check_order(
        state,
        trips,
        Feed(state.funding_tick_id, state.funding_source, state.funding_epoch, state.funding_observed_ms),
        Feed(command.tick_id, command.source, command.source_epoch, command.observed_at_ms),
        command.previous_tick_id,
        now_us,
    )
    begins = state.funding_tick_id != 0 and command.source_epoch > state.funding_epoch
    if not begins:
        refusal = trips.refusal()
        if refusal is not None:
            return refusal
    rates = _complete(state, command, trips)
    steps = [Step(state, state.markets[rate.market], rate, command.observed_at_ms) for rate in rates]
    _check_stale(state, trips, rates, steps)
    for rate, step in zip(rates, steps, strict=True):
        check_rate(trips, state.markets[rate.market], rate, step.premium_e8)
    check_claims(state, trips, rates, steps, begins=begins)
    refusal = trips.refusal()
    if refusal is not None:
        return refusal
    return _accepted(state, command, trips, rates, steps)


def _accepted(
    state: State, command: AdvanceFunding, trips: Trips, rates: list[MarketRate], steps: list[Step]
) -> Decision:
    """The events of a tick that can be taken, and what guards observed."""
    events: list[AnyEvent] = []
    listed = 0
    for market in state.markets.values():
        if market.status != STATUS_SETTLED:
            listed += 1
    for rate, step in zip(rates, steps, strict=True):
        if not step.fits():
            return refused(
                RefusalCode.OUT_OF_RANGE,
                f"index or premium of {rate.market} would be {step.index_after_e8}e-8, {step.premium_e8}e-8",
            )
        events.append(_event(state.markets[rate.market], command, rate, step, listed))
    events.extend(trips.events)
    return Decision(ACCEPTED, "", events)


def _refuse_values(command: AdvanceFunding) -> Decision | None:
    refusal = refuse_source(command.source)
    if refusal is not None:
        return refusal
    for rate in command.rates:
        if rate.has_claim not in (0, 1) or rate.has_premium not in (0, 1):
            return refused(
                RefusalCode.INVALID_VALUE, f"has_claim or has_premium of {rate.market} is neither 0 nor 1"
            )
    for rate in command.rates:
        if rate.spot_e8 > AMOUNT_MAX_E8:
            return refused(RefusalCode.OUT_OF_RANGE, f"spot of {rate.market} is {rate.spot_e8}e-8")
    return None


def _complete(state: State, command: AdvanceFunding, trips: Trips) -> list[MarketRate]:
    """G3: the entries of markets that are listed and not settled, each once. Missing never means zero."""
    code = RefusalCode.TICK_INCOMPLETE
    rates: list[MarketRate] = []
    named: set[str] = set()
    for rate in command.rates:
        market = state.markets.get(rate.market)
        if market is None or market.status == STATUS_SETTLED:
            detail = f"market {rate.market!r} is not listed or settled"
            trips.trip("G3", code, detail, "market", rate.market)
        elif rate.market in named:
            detail = f"market {rate.market} is named more than once"
            trips.trip("G3", code, detail, "market", rate.market, market, market.funding_seq)
        else:
            named.add(rate.market)
            rates.append(rate)
    listed = False
    for name, market in state.markets.items():
        if market.status == STATUS_SETTLED:
            continue
        listed = True
        if name not in named:
            detail = f"market {name} is missing"
            trips.trip("G3", code, detail, "rates", len(command.rates), market, market.funding_seq)
    if not command.rates and not listed:
        trips.trip("G3", code, "the tick has no market", "rates", 0)
    return rates


def _check_stale(state: State, trips: Trips, rates: list[MarketRate], steps: list[Step]) -> None:
    """G4f: whether every rate and premium has been as it was for too many ticks."""
    most = state.control.numbers["stale_ticks_max"]
    if most == 0 or not rates or state.funding_equal + 1 < most:
        return
    for rate, step in zip(rates, steps, strict=True):
        if not is_equal(state.markets[rate.market], rate.rate_e12, step.premium_e8):
            return
    detail = f"all rates are as they were {state.funding_equal + 1} ticks ago"
    trips.trip("G4f", RefusalCode.TICK_STALE, detail, "rates", state.funding_equal + 1)


def is_equal(market: Market, rate_e12: int, premium_e8: int) -> bool:
    """Whether a tick says of a market what the last one said; a rate of zero says nothing."""
    return rate_e12 != 0 and rate_e12 == market.rate_e12 and premium_e8 == market.premium_e8


def _event(
    market: Market, command: AdvanceFunding, rate: MarketRate, step: Step, listed: int
) -> FundingIndexAdvanced:
    return FundingIndexAdvanced(
        tick_id=command.tick_id,
        previous_tick_id=command.previous_tick_id,
        tick_markets=listed,
        market=market.market,
        rate_e12=rate.rate_e12,
        spot_e8=rate.spot_e8,
        premium_e8=step.premium_e8,
        premium_applied_e8=market.premium_e8,
        observed_before_ms=market.funding_observed_ms,
        observed_at_ms=command.observed_at_ms,
        elapsed_ms=step.elapsed_ms,
        elapsed_applied_ms=step.applied_ms,
        gap=step.gap,
        paused=step.paused,
        period_s=market.funding_period_s,
        step_e8=step.step_e8,
        index_before_e8=market.index_e8,
        index_after_e8=step.index_after_e8,
        remainder_before=market.remainder,
        remainder_after=step.remainder_after,
        has_claim=rate.has_claim,
        index_claimed_e8=rate.index_claimed_e8 if rate.has_claim else 0,
        index_computed_e8=step.index_computed_e8,
        index_source=COMPUTED if step.index_after_e8 == step.index_computed_e8 else FEED,
        source=command.source,
        source_epoch=command.source_epoch,
    )


def evolve_funding_index_advanced(state: State, event: FundingIndexAdvanced) -> None:
    """The index and the premium now in force, and the feed's place."""
    market = state.markets[event.market]
    if event.tick_id != state.funding_tick_id:
        state.funding_equal += 1
    if not is_equal(market, event.rate_e12, event.premium_e8):
        state.funding_equal = 0
    market.index_before_e8 = event.index_before_e8
    market.index_e8 = event.index_after_e8
    market.remainder = event.remainder_after
    market.rate_e12 = event.rate_e12
    market.premium_e8 = event.premium_e8
    market.funding_observed_ms = event.observed_at_ms
    market.funding_seq = event.seq
    state.funding_tick_id = event.tick_id
    state.funding_source = event.source
    state.funding_epoch = event.source_epoch
    state.funding_observed_ms = event.observed_at_ms
