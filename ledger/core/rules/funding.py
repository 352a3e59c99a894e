"""Funding: the index of every market, the settlement of a position, and the dust of rounding.

The ledger computes each step itself from the premium that the previous tick put in force:
``num = premium * elapsed_ms + remainder; step = num div (period_s * 1000)``, the rest is
carried (decisions.md 4, 5). The index of the feed is only a claim that must agree. A tick is
refused whole: one market left out would make every later claim of it wrong.

A settlement realises ``floor(-size * (index - cached) / 1e8)``. What is cut off is less than
one unit and cannot be posted, so it is counted as dust, and at any time

    1e8 * balance(funding_clearing) = sum(-size * (index - cached)) + dust

exactly. ``SweepRounding`` moves whole units of dust to ``rounding`` and keeps the law.
"""

from typing import Final, final

from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import (
    AdvanceFunding,
    AnyEvent,
    FundingIndexAdvanced,
    FundingSettled,
    MarketRate,
    RoundingSwept,
    SettleFunding,
    SweepRounding,
)
from ledger.core.refusals import RefusalCode
from ledger.core.rules.balances import recount_bankruptcy, refuse_account
from ledger.core.rules.positions import accrued_e16
from ledger.core.rules.ticks import Feed, refuse_tick
from ledger.core.rules.words import STATUS_HALTED, STATUS_SETTLED
from ledger.core.state import Account, Holding, Market, State
from ledger.core.values import AMOUNT_MAX_E8, E8, E12, PPM, ROUNDING_ACCOUNT, is_long

CLAIM_TOLERANCE_E8: Final = 2
"""How far a claimed index may be from the computed one, in units of 1e-8."""


@final
class Step:
    """What one tick does to the index of one market."""

    __slots__ = ("applied_ms", "elapsed_ms", "gap", "index_after_e8", "paused", "remainder_after", "step_e8")

    def __init__(self, market: Market, observed_at_ms: int) -> None:
        """Compute the step to ``observed_at_ms`` from the premium in force.

        Nothing accrues before a market's first tick, through a gap longer than the market's
        ``funding_gap_max_ms``, or while the market is halted.
        """
        self.elapsed_ms = observed_at_ms - market.funding_observed_ms if market.funding_seq else 0
        self.gap = 1 if self.elapsed_ms > market.funding_gap_max_ms else 0
        self.paused = 1 if market.status == STATUS_HALTED else 0
        self.applied_ms = 0 if self.gap or self.paused else self.elapsed_ms
        number = market.premium_e8 * self.applied_ms + market.remainder
        period_ms = market.funding_period_s * 1000
        self.step_e8 = number // period_ms
        self.remainder_after = number % period_ms
        self.index_after_e8 = market.index_e8 + self.step_e8


def decide_advance_funding(state: State, command: AdvanceFunding, now_us: int) -> Decision:
    """Move the index of every market by one tick, or of none."""
    refusal = _refuse_values(command)
    if refusal is None:
        refusal = refuse_tick(
            Feed(state.funding_tick_id, state.funding_source, state.funding_epoch, state.funding_observed_ms),
            Feed(command.tick_id, command.source, command.source_epoch, command.observed_at_ms),
            command.previous_tick_id,
            now_us,
        )
    if refusal is None:
        refusal = _refuse_incomplete(state, command)
    if refusal is None:
        refusal = _refuse_rates(state, command)
    if refusal is not None:
        return refusal
    events: list[AnyEvent] = []
    for rate in command.rates:
        market = state.markets[rate.market]
        step = Step(market, command.observed_at_ms)
        refusal = _refuse_step(rate, step)
        if refusal is not None:
            return refusal
        events.append(_event(market, command, rate, step))
    return accepted(events)


def _refuse_values(command: AdvanceFunding) -> Decision | None:
    for rate in command.rates:
        if rate.has_claim not in (0, 1):
            return refused(RefusalCode.INVALID_VALUE, f"has_claim of {rate.market} is neither 0 nor 1")
        if rate.spot_e8 > AMOUNT_MAX_E8:
            return refused(RefusalCode.OUT_OF_RANGE, f"spot of {rate.market} is {rate.spot_e8}e-8")
    return None


def _refuse_incomplete(state: State, command: AdvanceFunding) -> Decision | None:
    """A tick has every market that is listed and not settled, once: missing never means zero."""
    named: set[str] = set()
    for rate in command.rates:
        market = state.markets.get(rate.market)
        if market is None or market.status == STATUS_SETTLED:
            return refused(RefusalCode.TICK_INCOMPLETE, f"market {rate.market!r} is not listed or settled")
        if rate.market in named:
            return refused(RefusalCode.TICK_INCOMPLETE, f"market {rate.market} is named more than once")
        named.add(rate.market)
    for name, market in state.markets.items():
        if market.status != STATUS_SETTLED and name not in named:
            return refused(RefusalCode.TICK_INCOMPLETE, f"market {name} is missing")
    if not named:
        return refused(RefusalCode.TICK_INCOMPLETE, "the tick has no market")
    return None


def _refuse_rates(state: State, command: AdvanceFunding) -> Decision | None:
    """Why a spot price or a rate of the tick cannot be taken, or None."""
    for rate in command.rates:
        if rate.spot_e8 <= 0:
            return refused(RefusalCode.PRICE_NOT_POSITIVE, f"spot of {rate.market} is {rate.spot_e8}e-8")
    for rate in command.rates:
        bound = state.markets[rate.market].funding_rate_max_e12
        if abs(rate.rate_e12) > bound:
            return refused(
                RefusalCode.RATE_OUT_OF_BOUNDS,
                f"rate of {rate.market} is {rate.rate_e12}e-12, bound {bound}e-12",
            )
    for rate in command.rates:
        market = state.markets[rate.market]
        bound = market.price_move_max_ppm
        if bound and market.spot_e8 and abs(rate.spot_e8 - market.spot_e8) * PPM > bound * market.spot_e8:
            return refused(
                RefusalCode.SPOT_MISMATCH,
                f"spot of {rate.market} is {rate.spot_e8}e-8, last accepted {market.spot_e8}e-8,"
                f" bound {bound} ppm",
            )
    return None


def _refuse_step(rate: MarketRate, step: Step) -> Decision | None:
    if rate.has_claim and abs(rate.index_claimed_e8 - step.index_after_e8) > CLAIM_TOLERANCE_E8:
        return refused(
            RefusalCode.INDEX_CLAIM_MISMATCH,
            f"index of {rate.market} is claimed as {rate.index_claimed_e8}e-8,"
            f" computed {step.index_after_e8}e-8",
        )
    if not (is_long(step.index_after_e8) and is_long(step.step_e8)):
        return refused(
            RefusalCode.OUT_OF_RANGE, f"the index of {rate.market} would be {step.index_after_e8}e-8"
        )
    return None


def _event(market: Market, command: AdvanceFunding, rate: MarketRate, step: Step) -> FundingIndexAdvanced:
    return FundingIndexAdvanced(
        tick_id=command.tick_id,
        previous_tick_id=command.previous_tick_id,
        tick_markets=len(command.rates),
        market=market.market,
        rate_e12=rate.rate_e12,
        spot_e8=rate.spot_e8,
        premium_e8=rate.rate_e12 * rate.spot_e8 // E12,
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
        index_computed_e8=step.index_after_e8,
        index_source="COMPUTED",
        source=command.source,
        source_epoch=command.source_epoch,
    )


def decide_settle_funding(state: State, command: SettleFunding, now_us: int) -> Decision:  # noqa: ARG001
    """Realise what a position has accrued, without a trade."""
    market = state.markets.get(command.market)
    if market is None:
        return refused(RefusalCode.MARKET_NOT_FOUND, f"market {command.market!r}")
    refusal = refuse_account(state, command.account)
    if refusal is not None:
        return refusal
    account = state.accounts[command.account]
    holding = account.holdings.get(command.market)
    if holding is None or holding.size_e8 == 0:
        return refused(RefusalCode.NO_POSITION, f"account {account.name} has none in {market.market}")
    settled = settled_funding(account, holding, account.balance_e8)
    if not is_long(settled.balance_after_e8) or not is_long(settled.realized_funding_e8):
        return refused(RefusalCode.OUT_OF_RANGE, f"the balance would be {settled.balance_after_e8}e-8")
    return accepted([settled])


def settled_funding(account: Account, holding: Holding, balance_e8: int) -> FundingSettled:
    """What a position has accrued, realised, given the balance before it."""
    market = holding.market
    accrued = accrued_e16(holding.size_e8, market.index_e8, holding.cached_index_e8)
    funding = accrued // E8
    return FundingSettled(
        account=account.name,
        market=market.market,
        settle_kind="SETTLEMENT",
        position_id=holding.position_id,
        size_e8=holding.size_e8,
        cached_index_before_e8=holding.cached_index_e8,
        cached_index_after_e8=market.index_e8,
        funding_index_e8=market.index_e8,
        realized_funding_e8=funding,
        dust_e16=accrued % E8,
        mark_price_e8=market.mark_e8,
        balance_before_e8=balance_e8,
        balance_after_e8=balance_e8 + funding,
        corrects_seq=0,
    )


def decide_sweep_rounding(state: State, command: SweepRounding, now_us: int) -> Decision:  # noqa: ARG001
    """Move the whole units in the funding dust of a market to ``rounding``."""
    market = state.markets.get(command.market)
    if market is None:
        return refused(RefusalCode.MARKET_NOT_FOUND, f"market {command.market!r}")
    units = market.dust_e16 // E8
    if units == 0:
        return refused(RefusalCode.NOTHING_TO_SWEEP, f"dust of {market.market} is {market.dust_e16}e-16")
    return accepted(
        [
            RoundingSwept(
                account=ROUNDING_ACCOUNT,
                clearing="funding",
                market=market.market,
                amount_e8=units,
                dust_swept_e16=units * E8,
            )
        ]
    )


def evolve_funding_index_advanced(state: State, event: FundingIndexAdvanced) -> None:
    """The index and the premium now in force, and the feed's place."""
    market = state.markets[event.market]
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


def evolve_funding_settled(state: State, event: FundingSettled) -> None:
    """Balance, cached index, dust."""
    account = state.accounts[event.account]
    account.balance_e8 = event.balance_after_e8
    account.has_balance = 1
    holding = account.holdings[event.market]
    holding.cached_index_e8 = event.cached_index_after_e8
    holding.market.dust_e16 += event.dust_e16
    if event.balance_after_e8 < 0 or account.bankrupt_e8:
        recount_bankruptcy(state, account)


def evolve_rounding_swept(state: State, event: RoundingSwept) -> None:
    """Less dust."""
    state.markets[event.market].dust_e16 -= event.dust_swept_e16
