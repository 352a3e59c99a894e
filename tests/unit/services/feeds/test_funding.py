"""The feed's own rate and index agree with the ledger's, to the last unit."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.messages import MarketRate
from ledger.core.rules.funding_guards import formula_rate_e12
from ledger.core.rules.funding_ticks import Step
from ledger.core.state import Market, State
from services.feeds.funding import Accrual, FundingRules, premium_e8, rate_e12
from tests.spec import e8

RULES = FundingRules(28_800, 30_000, 20_000_000_000, 500_000_000, 100_000_000)
prices = st.integers(min_value=1, max_value=10**15)


def listed() -> Market:
    """A market of the ledger with the same rules."""
    market = Market("BTC-USD-PERP")
    market.funding_period_s = RULES.period_s
    market.funding_gap_max_ms = RULES.gap_max_ms
    market.funding_rate_max_e12 = RULES.rate_max_e12
    market.clamp_rate_e12 = RULES.clamp_rate_e12
    market.interest_rate_e12 = RULES.interest_rate_e12
    return market


def test_inside_the_clamp_the_rate_is_the_interest() -> None:
    assert rate_e12(e8("60006"), e8("60000"), RULES) == RULES.interest_rate_e12


def test_outside_the_clamp_the_rate_is_the_basis_less_the_clamp_up_to_the_highest() -> None:
    assert rate_e12(e8("60600"), e8("60000"), RULES) == 10_000_000_000 - RULES.clamp_rate_e12
    assert rate_e12(e8("66000"), e8("60000"), RULES) == RULES.rate_max_e12
    assert rate_e12(e8("54000"), e8("60000"), RULES) == -RULES.rate_max_e12


@given(mark=prices, spot=prices)
def test_the_formula_is_the_ledgers(mark: int, spot: int) -> None:
    market = listed()
    market.mark_e8, market.spot_e8 = mark, spot
    assert rate_e12(mark, spot, RULES) == formula_rate_e12(market)


@given(
    ticks=st.lists(
        st.tuples(st.integers(1, 40_000), st.integers(-(10**10), 10**10), prices), min_size=1, max_size=12
    )
)
def test_the_index_is_the_ledgers_at_every_tick(ticks: list[tuple[int, int, int]]) -> None:
    market, accrual, now_ms = listed(), Accrual(0), 1_000
    for elapsed_ms, rate, spot in ticks:
        now_ms += elapsed_ms
        step = Step(State(), market, MarketRate("BTC-USD-PERP", rate, spot, 0, 0, 0, 0), now_ms)
        accrual = accrual.after(now_ms, premium_e8(rate, spot), RULES)
        market.index_e8, market.remainder = step.index_after_e8, step.remainder_after
        market.premium_e8, market.funding_observed_ms, market.funding_seq = step.premium_e8, now_ms, 1
        assert (accrual.index_e8, accrual.remainder) == (market.index_e8, market.remainder)
        assert accrual.premium_e8 == market.premium_e8


def test_what_a_division_leaves_is_carried_until_it_is_a_unit() -> None:
    accrual = Accrual(0, premium_e8=1, observed_at_ms=1)
    steps = []
    for number in range(1, 8):
        accrual = accrual.after(1 + number * 5_000_000, 1, FundingRules(28_800, 10**9, 0, 0, 0))
        steps.append(accrual.index_e8)
    assert steps == [0, 0, 0, 0, 0, 1, 1]


def test_nothing_accrues_before_the_first_tick_through_a_gap_or_a_pause() -> None:
    first = Accrual(5).after(10_000, e8("6"), RULES)
    assert first.index_e8 == 5
    assert first.after(40_001, 0, RULES).index_e8 == 5
    assert first.after(40_000, 0, RULES, paused=True).index_e8 == 5
    assert first.after(40_000, 0, RULES).index_e8 == 5 + e8("6") * 30 // 28_800
