"""Funding, with the numbers of domain.md 7 (1 to 3) and the worked formulas of spec/events.md 2."""

import pytest

from ledger.core.messages import (
    AdvanceFunding,
    FundingIndexAdvanced,
    FundingSettled,
    MarketRate,
    RoundingSwept,
    SettleFunding,
    SweepRounding,
    UpdateMarket,
)
from ledger.core.refusals import RefusalCode
from ledger.core.rules.markets import RULE_FIELDS
from ledger.core.state import State
from ledger.core.values import AMOUNT_MAX_E8, LONG_MAX
from schemas import catalog
from tests.fields import record_of
from tests.spec import (
    START_MS,
    START_US,
    USDC,
    Scenario,
    account,
    ask,
    deposit,
    e8,
    given,
    like,
    market,
    marks,
    refused,
    rule,
    trade,
)

BTC = "BTC-USD-PERP"
ETH = "ETH-USD-PERP"
HOUR_MS = 3_600_000
SPOT = "60000"


def rate(name: str, rate_e12: int, spot: str = SPOT, claim: str = "") -> MarketRate:
    return MarketRate(name, rate_e12, e8(spot), 1 if claim else 0, e8(claim) if claim else 0, 0, 0)


def tick(number: int, at_ms: int, *rates: MarketRate, **header: object) -> AdvanceFunding:
    """The funding tick ``number`` observed ``at_ms`` after the start."""
    usual: dict[str, object] = {
        "tick_id": number,
        "previous_tick_id": number - 1,
        "source": "funding",
        "source_epoch": 1,
        "observed_at_ms": START_MS + at_ms,
        "issued_at_us": START_US + at_ms * 1000,
        "rates": list(rates),
    }
    return ask(AdvanceFunding, **(usual | header))


def settle(name: str) -> SettleFunding:
    return ask(SettleFunding, account=name, market=BTC)


def update(revision_before: int, **rules: object) -> UpdateMarket:
    listed = record_of(market())
    return ask(
        UpdateMarket,
        **({name: listed[name] for name in ("market", *RULE_FIELDS)} | rules),
        revision_before=revision_before,
    )


def index_at(index: str) -> FundingIndexAdvanced:
    """An index as it stands after a recorded event, whatever led to it."""
    columns = catalog()["FundingIndexAdvanced"].fields[5:]
    fields: dict[str, object] = {column.name: "" if column.type == "string" else 0 for column in columns}
    fields |= {"market": BTC, "index_after_e8": e8(index), "tick_id": 1, "source": "funding"}
    return FundingIndexAdvanced(**fields)  # type: ignore[arg-type]


def holders(size: str, **rules: object) -> Scenario:
    """Alice is long ``size`` BTC at 60,000, Bob is short; no fees, room for the margin."""
    return given(
        USDC,
        market(maker_fee_ppm=0, **rules),
        account("alice"),
        account("bob"),
        deposit("alice", "900000"),
        deposit("bob", "900000"),
        marks(1, BTC=SPOT),
        trade(BTC, "alice", "bob", size, SPOT),
    )


def test_vector_1_index_steps_of_12_for_an_hour_and_18_for_two() -> None:
    """Premium 12 for 1 h of 8 h is 1.5, then 18 for 2 h is 4.5: +50 pays 75, and 300 in all."""
    ledger = holders("50", funding_gap_max_ms=36_000_000)
    ledger.given(tick(1, 0, rate(BTC, 200_000_000)))  # 0.0002 * 60,000 = 12
    ledger.when(tick(2, HOUR_MS, rate(BTC, 300_000_000))).then(
        like(FundingIndexAdvanced, premium_applied_e8=e8("12"), premium_e8=e8("18"), step_e8=e8("1.5"))
    )
    alice = ledger.state.accounts["alice"]
    ledger.when(settle("alice")).then(like(FundingSettled, realized_funding_e8=e8("-75"), dust_e16=0))
    ledger.when(tick(3, 3 * HOUR_MS, rate(BTC, 0))).then(
        like(FundingIndexAdvanced, step_e8=e8("4.5"), index_after_e8=e8("6"))
    )
    ledger.given(settle("alice"))
    assert alice.balance_e8 == e8("900000") - e8("300")


def test_vector_2_a_premium_of_18_for_a_minute() -> None:
    """dI is 0.0375, and +0.5 pays 0.01875."""
    ledger = holders("0.5", funding_gap_max_ms=60_000)
    ledger.given(tick(1, 0, rate(BTC, 300_000_000)))
    ledger.when(tick(2, 60_000, rate(BTC, 300_000_000))).then(
        like(FundingIndexAdvanced, step_e8=e8("0.0375"), elapsed_ms=60_000, elapsed_applied_ms=60_000)
    )
    ledger.when(settle("alice")).then(like(FundingSettled, realized_funding_e8=e8("-0.01875")))


@pytest.mark.parametrize(
    ("cached", "buyer", "payment", "dust_e16"),
    [
        ("7421.12345678", "alice", "3710.56172839", 0),
        ("7421.12345678", "bob", "-3710.56172839", 0),
        ("-2819.53434361", "alice", "-1409.76717181", 50_000_000),
    ],
)
def test_vector_3_an_index_reset_to_zero(cached: str, buyer: str, payment: str, dust_e16: int) -> None:
    """The fake gain or loss of an index reset, rounded down at 8 decimals."""
    seller = "bob" if buyer == "alice" else "alice"
    ledger = given(USDC, market(maker_fee_ppm=0), account("alice"), account("bob"))
    ledger.given(deposit("alice", "9000"), deposit("bob", "9000"), marks(1, BTC=SPOT), index_at(cached))
    ledger.given(trade(BTC, buyer, seller, "0.5", SPOT), index_at("0"))
    ledger.when(settle("alice")).then(
        like(
            FundingSettled,
            cached_index_before_e8=e8(cached),
            funding_index_e8=0,
            realized_funding_e8=e8(payment),
            dust_e16=dust_e16,
        )
    )


def test_the_first_tick_applies_nothing() -> None:
    given(USDC, market()).when(tick(1, 0, rate(BTC, 100))).then(
        FundingIndexAdvanced(
            tick_id=1,
            previous_tick_id=0,
            tick_markets=1,
            market=BTC,
            rate_e12=100,
            spot_e8=e8(SPOT),
            premium_e8=600,
            premium_applied_e8=0,
            observed_before_ms=0,
            observed_at_ms=START_MS,
            elapsed_ms=0,
            elapsed_applied_ms=0,
            gap=0,
            paused=0,
            period_s=28_800,
            step_e8=0,
            index_before_e8=0,
            index_after_e8=0,
            remainder_before=0,
            remainder_after=0,
            has_claim=0,
            index_claimed_e8=0,
            index_computed_e8=0,
            index_source="COMPUTED",
            source="funding",
            source_epoch=1,
        )
    )


def test_a_tiny_premium_accrues_by_its_remainder() -> None:
    """0.15 USDC at a rate of 0.00001 steps by 0 every 5 s, and by 150 units of 1e-8 in 8 h."""
    ledger = given(USDC, market(), rule("stale_ticks_max", "0"))
    ledger.given(tick(1, 0, rate(BTC, 10_000_000, "0.15")))
    for number in range(2, 102):
        ledger.given(tick(number, (number - 1) * 5_000, rate(BTC, 10_000_000, "0.15")))
    btc = ledger.state.markets[BTC]
    assert divmod(150 * 500_000, 28_800_000) == (btc.index_e8, btc.remainder)


def test_a_negative_premium_steps_down_and_keeps_a_positive_remainder() -> None:
    ledger = given(USDC, market(), tick(1, 0, rate(BTC, -100_000)))
    ledger.when(tick(2, 5_000, rate(BTC, 0))).then(
        like(
            FundingIndexAdvanced,
            premium_applied_e8=-600_000,
            step_e8=-105,
            index_after_e8=-105,
            remainder_after=105 * 28_800_000 - 600_000 * 5_000,
        )
    )


def test_a_gap_accrues_nothing_and_is_flagged() -> None:
    ledger = given(USDC, market(), tick(1, 0, rate(BTC, 100_000_000)))
    ledger.when(tick(2, 30_001, rate(BTC, 200_000_000))).then(
        like(FundingIndexAdvanced, gap=1, elapsed_ms=30_001, elapsed_applied_ms=0, step_e8=0)
    )
    ledger.when(tick(3, 60_001, rate(BTC, 0))).then(
        like(FundingIndexAdvanced, gap=0, premium_applied_e8=e8("12"), elapsed_applied_ms=30_000)
    )


def test_a_halted_market_accrues_nothing() -> None:
    ledger = given(USDC, market(), tick(1, 0, rate(BTC, 100_000_000)), update(1, status="halted"))
    ledger.when(tick(2, 5_000, rate(BTC, 100_000_000))).then(
        like(FundingIndexAdvanced, paused=1, elapsed_ms=5_000, elapsed_applied_ms=0, step_e8=0)
    )


def test_a_claim_within_two_units_is_taken_note_of() -> None:
    ledger = given(USDC, market(), tick(1, 0, rate(BTC, 100_000_000)))
    ledger.when(tick(2, 24_000, rate(BTC, 0, claim="0.00500002"))).then(
        like(
            FundingIndexAdvanced,
            has_claim=1,
            index_claimed_e8=e8("0.00500002"),
            index_computed_e8=e8("0.005"),
            index_after_e8=e8("0.005"),
        )
    )


@pytest.mark.parametrize("claim", ["0", "0.00500003", "0.00499997", "-0.005", "0.0075"])
def test_a_claim_that_differs_is_refused(claim: str) -> None:
    ledger = given(USDC, market(), tick(1, 0, rate(BTC, 100_000_000)))
    ledger.when(tick(2, 24_000, rate(BTC, 0, claim=claim))).then(
        refused(RefusalCode.INDEX_CLAIM_MISMATCH, BTC)
    )


def test_one_bad_market_refuses_the_whole_tick() -> None:
    ledger = given(USDC, market(BTC), market(ETH))
    ledger.when(tick(1, 0, rate(BTC, 100), rate(ETH, 20_000_000_001))).then(
        refused(RefusalCode.RATE_OUT_OF_BOUNDS, ETH)
    )
    assert ledger.state.markets[BTC].funding_seq == 0


def test_a_tick_has_exactly_the_listed_markets() -> None:
    ledger = given(USDC, market(BTC), market(ETH))
    btc, eth = rate(BTC, 0), rate(ETH, 0)
    for rates in ((), (btc,), (btc, btc), (btc, eth, rate("XRP-USD-PERP", 0)), (btc, eth, btc)):
        ledger.when(tick(1, 0, *rates)).then(refused(RefusalCode.TICK_INCOMPLETE))
    ledger.given(tick(1, 0, eth, btc))


def test_a_settled_market_is_no_longer_in_the_tick() -> None:
    ledger = given(USDC, market(BTC), market(ETH), update(1, status="settled"))
    ledger.when(tick(1, 0, rate(BTC, 0), rate(ETH, 0))).then(refused(RefusalCode.TICK_INCOMPLETE))
    ledger.given(tick(1, 0, rate(ETH, 0)))


def test_a_tick_without_any_market_is_refused() -> None:
    given(USDC).when(tick(1, 0)).then(refused(RefusalCode.TICK_INCOMPLETE))


def test_ticks_follow_one_another() -> None:
    ledger = given(USDC, market(), tick(1, 0, rate(BTC, 0)))
    ledger.when(tick(1, 1, rate(BTC, 0))).then(refused(RefusalCode.TICK_OUT_OF_ORDER))
    ledger.when(tick(3, 1, rate(BTC, 0))).then(refused(RefusalCode.TICK_OUT_OF_ORDER))
    ledger.when(tick(2, 0, rate(BTC, 0))).then(refused(RefusalCode.TICK_TIME_INVALID))
    ledger.given(tick(7, 1, rate(BTC, 0), previous_tick_id=1))


def test_values_of_a_rate_are_checked() -> None:
    ledger = given(USDC, market())
    for bad, code in (
        (MarketRate(BTC, 0, e8(SPOT), 2, 0, 0, 0), RefusalCode.INVALID_VALUE),
        (MarketRate(BTC, 0, AMOUNT_MAX_E8 + 1, 0, 0, 0, 0), RefusalCode.OUT_OF_RANGE),
        (MarketRate(BTC, 0, 0, 0, 0, 0, 0), RefusalCode.PRICE_NOT_POSITIVE),
        (MarketRate(BTC, -20_000_000_001, e8(SPOT), 0, 0, 0, 0), RefusalCode.RATE_OUT_OF_BOUNDS),
    ):
        ledger.when(tick(1, 0, bad)).then(refused(code))
    ledger.given(tick(1, 0, MarketRate(BTC, -20_000_000_000, e8(SPOT), 0, 0, 0, 0)))


def test_the_spot_of_a_tick_is_near_the_last_accepted_one() -> None:
    ledger = given(USDC, market(price_move_max_ppm=50_000), marks(1, BTC=SPOT))
    ledger.when(tick(1, 0, rate(BTC, 0, "63000.00000001"))).then(refused(RefusalCode.SPOT_MISMATCH))
    ledger.when(tick(1, 0, rate(BTC, 0, "56999.99999999"))).then(refused(RefusalCode.SPOT_MISMATCH))
    ledger.given(tick(1, 0, rate(BTC, 0, "63000")))


def test_an_index_past_the_range_is_refused() -> None:
    ledger = given(
        USDC, market(funding_rate_max_e12=10**12, funding_period_s=1, funding_gap_max_ms=604_800_000)
    )
    full = MarketRate(BTC, 10**12, AMOUNT_MAX_E8, 0, 0, 0, 0)
    ledger.given(tick(1, 0, full), tick(2, 92_000, full))
    ledger.when(tick(3, 93_000, full)).then(refused(RefusalCode.OUT_OF_RANGE))


def test_settling_realises_what_accrued_and_moves_the_cache() -> None:
    ledger = holders("0.5")
    ledger.given(index_at("1.00000001"))
    alice = ledger.state.accounts["alice"]
    position_id = alice.holdings[BTC].position_id
    ledger.when(settle("alice")).then(
        FundingSettled(
            account="alice",
            market=BTC,
            settle_kind="SETTLEMENT",
            position_id=position_id,
            size_e8=e8("0.5"),
            cached_index_before_e8=0,
            cached_index_after_e8=e8("1.00000001"),
            funding_index_e8=e8("1.00000001"),
            realized_funding_e8=e8("-0.50000001"),
            dust_e16=50_000_000,
            mark_price_e8=e8(SPOT),
            balance_before_e8=e8("900000"),
            balance_after_e8=e8("899999.49999999"),
            corrects_seq=0,
        )
    )
    ledger.when(settle("alice")).then(like(FundingSettled, realized_funding_e8=0, dust_e16=0))


def test_settling_needs_market_account_and_position() -> None:
    ledger = holders("0.5")
    ledger.when(ask(SettleFunding, account="alice", market="XRP")).then(refused(RefusalCode.MARKET_NOT_FOUND))
    ledger.when(settle("carol")).then(refused(RefusalCode.ACCOUNT_NOT_FOUND))
    ledger.given(account("carol"))
    ledger.when(settle("carol")).then(refused(RefusalCode.NO_POSITION))


def test_a_settlement_past_the_range_is_refused() -> None:
    ledger = holders("50")
    ledger.given(index_at("-5000000000"))
    ledger.when(settle("alice")).then(refused(RefusalCode.OUT_OF_RANGE))


def clearing_e16(state: State, clearing_e8: int) -> tuple[int, int]:
    """Both sides of the law: 1e8 * balance(funding_clearing) = accrued + dust."""
    btc = state.markets[BTC]
    accrued = 0
    for holder in state.accounts.values():
        holding = holder.holdings[BTC]
        accrued -= holding.size_e8 * (btc.index_e8 - holding.cached_index_e8)
    return clearing_e8 * 10**8, accrued + btc.dust_e16


def test_whole_units_of_dust_are_swept_and_the_clearing_law_stays_exact() -> None:
    ledger = holders("0.5")
    sweep = ask(SweepRounding, market=BTC)
    ledger.when(sweep).then(refused(RefusalCode.NOTHING_TO_SWEEP))
    clearing = 0
    for index in ("0.00000001", "0.00000004", "-0.00000003"):
        ledger.given(index_at(index))
        for name in ("alice", "bob"):
            ledger.when(settle(name))
            clearing -= ledger.only(FundingSettled).realized_funding_e8
            left, right = clearing_e16(ledger.state, clearing)
            assert left == right
    ledger.when(sweep).then(RoundingSwept("rounding", "funding", BTC, 3, 300_000_000))
    left, right = clearing_e16(ledger.state, clearing - 3)
    assert left == right == 0
    ledger.when(sweep).then(refused(RefusalCode.NOTHING_TO_SWEEP))


def test_dust_is_swept_from_a_listed_market() -> None:
    given().when(ask(SweepRounding, market=BTC)).then(refused(RefusalCode.MARKET_NOT_FOUND))


def test_an_index_near_the_range_is_still_exact() -> None:
    assert e8("92233720368.54775807") == LONG_MAX
