"""Guards of a funding tick: its rates, premiums, and the indices that the feed claims.

Each compares the input with what the ledger has, or computes itself. A trial balance sees none of
it: sizes sum to zero, so funding does, whatever the index.
"""

from typing import TYPE_CHECKING, Final

from ledger.core.messages import MarketRate
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import OBSERVE
from ledger.core.rules.guards import Trips, bounds
from ledger.core.state import Market, State
from ledger.core.values import E8, E12, PPM

if TYPE_CHECKING:
    from ledger.core.rules.funding_ticks import Step

CLAIM_TOLERANCE_E8: Final = 2
"""How far a claimed index may be from the computed one, in units of 1e-8."""
PREMIUM_TOLERANCE_E8: Final = 1
E12_PER_E8: Final = E12 // E8
TICK_MS: Final = 5_000
"""Time for which ``funding_change_max_ppm`` holds; a longer tick may change as much more."""


def check_rate(trips: Trips, market: Market, rate: MarketRate, premium_e8: int) -> None:
    """G5, G1, G1r, G2r and G2p on one market's spot, rate and premium."""
    name = market.market
    seq = market.funding_seq
    if rate.spot_e8 <= 0:
        detail = f"spot of {name} is {rate.spot_e8}e-8"
        trips.trip("G5", RefusalCode.PRICE_NOT_POSITIVE, detail, "spot", rate.spot_e8, market, seq)
        if rate.spot_e8 < 0:
            trips.refuse(RefusalCode.PRICE_NOT_POSITIVE, detail)
    elif market.spot_e8 and market.price_move_max_ppm:
        width = market.price_move_max_ppm * market.spot_e8 // PPM
        if abs(rate.spot_e8 - market.spot_e8) > width:
            detail = (
                f"spot of {name} is {rate.spot_e8}e-8, last accepted {market.spot_e8}e-8,"
                f" bound {market.price_move_max_ppm} ppm"
            )
            event = trips.trip("G5", RefusalCode.SPOT_MISMATCH, detail, "spot", rate.spot_e8, market, seq)
            bounds(event, rate.spot_e8, market.spot_e8, market.spot_e8 - width, market.spot_e8 + width)
    most = market.funding_rate_max_e12
    if abs(rate.rate_e12) > most:
        detail = f"rate of {name} is {rate.rate_e12}e-12, bound {most}e-12"
        _trip_rate(trips, "G1", RefusalCode.RATE_OUT_OF_BOUNDS, detail, market, rate, 0, most)
    most = market.funding_rate_change_max_e12
    if seq and most and abs(rate.rate_e12 - market.rate_e12) > most:
        detail = f"rate of {name} is {rate.rate_e12}e-12, last {market.rate_e12}e-12, bound {most}e-12"
        _trip_rate(trips, "G1r", RefusalCode.RATE_JUMP, detail, market, rate, market.rate_e12, most)
    most = market.funding_rate_tolerance_e12
    if most and market.mark_e8 > 0 and market.spot_e8 > 0:
        expected = formula_rate_e12(market)
        if abs(rate.rate_e12 - expected) > most:
            detail = f"rate of {name} is {rate.rate_e12}e-12, by the formula {expected}e-12, bound {most}e-12"
            _trip_rate(trips, "G2r", RefusalCode.RATE_UNEXPLAINED, detail, market, rate, expected, most)
    if rate.has_premium and abs(rate.premium_e8 - premium_e8) > PREMIUM_TOLERANCE_E8:
        detail = f"premium of {name} is {rate.premium_e8}e-8, rate times spot {premium_e8}e-8"
        code = RefusalCode.PREMIUM_MISMATCH
        event = trips.trip("G2p", code, detail, "premium", rate.premium_e8, market, seq)
        bounds(event, rate.premium_e8, premium_e8, premium_e8 - 1, premium_e8 + 1)


def _trip_rate(  # noqa: PLR0913
    trips: Trips,
    guard: str,
    code: RefusalCode,
    detail: str,
    market: Market,
    rate: MarketRate,
    expected_e12: int,
    most_e12: int,
) -> None:
    event = trips.trip(guard, code, detail, "rate", rate.rate_e12, market, market.funding_seq)
    low, high = expected_e12 - most_e12, expected_e12 + most_e12
    bounds(
        event,
        rate.rate_e12 // E12_PER_E8,
        expected_e12 // E12_PER_E8,
        -(-low // E12_PER_E8),
        high // E12_PER_E8,
    )


def formula_rate_e12(market: Market) -> int:
    """The published funding rate on the ledger's own mark and spot (domain.md 2.2 e), rounded down."""
    basis = (market.mark_e8 - market.spot_e8) * E12 // market.spot_e8
    clamp = market.clamp_rate_e12
    premium = basis + min(max(market.interest_rate_e12 - basis, -clamp), clamp)
    most = market.funding_rate_max_e12
    return max(-most, min(premium, most))


def check_claims(
    state: State, trips: Trips, rates: list[MarketRate], steps: "list[Step]", *, begins: bool
) -> None:
    """G6, G1 and G2 on the indices that the feed claims, and G7a on all of them together.

    ``begins``: the first tick of a feed instance that takes over. It proves that it restored by claiming
    the last durable index of every market. Where a guard only observes, steps take what it let through.
    """
    changed = 0
    lawful = 0
    for rate, step in zip(rates, steps, strict=True):
        market = state.markets[rate.market]
        if begins:
            _check_continuity(trips, market, rate, step)
        restored = begins and rate.index_claimed_e8 == market.index_e8
        if rate.has_claim and not restored:
            _check_claim(trips, market, rate, step)
        if rate.has_premium and trips.policy("G2p") == OBSERVE:
            step.premium_e8 = rate.premium_e8
        wanted = rate.index_claimed_e8 if rate.has_claim and not restored else step.index_computed_e8
        changed += market.long_e8 * abs(wanted - market.index_e8)
        lawful += market.long_e8 * market.mark_e8 * max(step.applied_ms, TICK_MS)
    most = state.control.numbers["funding_change_max_ppm"]
    if changed * PPM * TICK_MS > most * lawful:
        detail = f"accrued funding would change by more than {most} ppm of the value of all positions"
        event = trips.trip("G7a", RefusalCode.FUNDING_CHANGE, detail, "index", changed // E8)
        bounds(event, changed // E8, 0, 0, most * lawful // (PPM * TICK_MS * E8))


def _check_continuity(trips: Trips, market: Market, rate: MarketRate, step: "Step") -> None:
    """G6 on one market."""
    claim = rate.index_claimed_e8
    if rate.has_claim and (
        abs(claim - market.index_e8) <= CLAIM_TOLERANCE_E8
        or abs(claim - step.index_computed_e8) <= CLAIM_TOLERANCE_E8
    ):
        return
    claimed = f"{claim}e-8" if rate.has_claim else "nothing"
    detail = f"a new instance claims {claimed} for {market.market}, last durable {market.index_e8}e-8"
    given = claim if rate.has_claim else ""
    code = RefusalCode.INDEX_NOT_CONTINUED
    event = trips.trip("G6", code, detail, "index", given, market, market.funding_seq)
    if rate.has_claim:
        index = market.index_e8
        bounds(event, claim, index, index - CLAIM_TOLERANCE_E8, index + CLAIM_TOLERANCE_E8)


def _check_claim(trips: Trips, market: Market, rate: MarketRate, step: "Step") -> None:
    """G1 and G2 on one claimed index; it becomes the index where G2 lets it."""
    claim = rate.index_claimed_e8
    name, seq = market.market, market.funding_seq
    spot = max(market.spot_e8, rate.spot_e8)
    premium_max = max(market.funding_rate_max_e12 * spot // E12, abs(market.premium_e8))
    most = premium_max * step.applied_ms // (market.funding_period_s * 1000) + CLAIM_TOLERANCE_E8
    before = market.index_e8
    if abs(claim - before) > most:
        detail = f"index of {name} would move from {before}e-8 to {claim}e-8, bound {most}e-8"
        event = trips.trip("G1", RefusalCode.INDEX_JUMP, detail, "index", claim, market, seq)
        bounds(event, claim, before, before - most, before + most)
    computed = step.index_computed_e8
    if abs(claim - computed) > CLAIM_TOLERANCE_E8:
        detail = f"index of {name} is claimed as {claim}e-8, computed {computed}e-8"
        event = trips.trip("G2", RefusalCode.INDEX_CLAIM_MISMATCH, detail, "index", claim, market, seq)
        bounds(event, claim, computed, computed - CLAIM_TOLERANCE_E8, computed + CLAIM_TOLERANCE_E8)
        if trips.policy("G2") == OBSERVE:
            step.index_after_e8 = claim
