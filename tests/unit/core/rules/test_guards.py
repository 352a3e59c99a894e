"""Guards one by one: the bound, what is recorded, and what each policy does."""

import pytest

from ledger.core.messages import (
    AdvanceFunding,
    FundingIndexAdvanced,
    GuardTripped,
    MarketRate,
    MarketUpdated,
    PricesUpdated,
    SystemStatusChanged,
)
from ledger.core.refusals import RefusalCode as Code
from ledger.core.rules.guards import RECORDED_MAX
from tests.fields import changed
from tests.spec import START_MS, START_US, USDC, Scenario, ask, e8, given, like, market, marks, refused, rule

BTC = "BTC-USD-PERP"


def tick(number: int, at_ms: int, *rates: MarketRate, **header: object) -> AdvanceFunding:
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


def claim(index: str, rate_e12: int = 0, spot: str = "92600") -> MarketRate:
    return MarketRate(BTC, rate_e12, e8(spot), 1, e8(index), 0, 0)


def trip(ledger: Scenario, guard: str) -> GuardTripped:
    """The first record of a guard."""
    return next(e for e in ledger.events if isinstance(e, GuardTripped) and e.guard == guard)


@pytest.fixture
def funded() -> Scenario:
    """BTC at 92,600 with at most 5% per 8 hours: 0.16076388 a second (domain.md 7, vector 12)."""
    ledger = given(USDC, market(funding_rate_max_e12=50_000_000_000), marks(1, BTC="92600"))
    return ledger.given(tick(1, 0, claim("0", 50_000_000_000)))


def test_vector_12_the_index_moves_by_no_more_than_the_largest_rate_allows(funded: Scenario) -> None:
    funded.given(rule("guard.G2", "observe:60"))
    funded.when(tick(2, 30_000, claim("4.82291670"))).then(refused(Code.INDEX_JUMP, guards=["G1", "G2"]))
    event = trip(funded, "G1")
    assert (event.given, event.value_e8) == ("482291670", e8("4.8229167"))
    assert (event.bound_low_e8, event.bound_high_e8) == (-e8("4.82291668"), e8("4.82291668"))
    funded.given(rule("guard.G1", "observe:60"))
    assert e8("0.16076388") * 30 <= event.bound_high_e8


def test_a_trip_says_what_was_given_expected_and_bound(funded: Scenario) -> None:
    funded.when(tick(2, 30_000, claim("1"), source="funding")).then(
        refused(Code.INDEX_CLAIM_MISMATCH, BTC, guards=["G2"])
    )
    event = trip(funded, "G2")
    assert (event.policy, event.action, event.market, event.field) == ("enforce", "refused", BTC, "index")
    assert (event.has_value, event.value_e8, event.expected_e8) == (1, e8("1"), e8("4.82291666"))
    assert (event.bound_low_e8, event.bound_high_e8) == (e8("4.82291664"), e8("4.82291668"))
    assert (event.tick_id, event.source, event.source_epoch) == (2, "funding", 1)
    assert event.last_accepted_seq == funded.state.markets[BTC].funding_seq
    assert event.input_command_id == event.command_id


def test_enforced_it_closes_exchange_and_withdrawals_once(funded: Scenario) -> None:
    funded.when(tick(2, 30_000, claim("1")))
    closed = funded.only(SystemStatusChanged)
    assert (closed.status_before, closed.status_after) == ("ok", "cancel_only")
    assert (closed.withdrawals_before, closed.withdrawals_after) == ("open", "closed")
    assert closed.guard_seq == closed.cause_seq == trip(funded, "G2").seq
    funded.when(tick(2, 29_999, claim("1"))).then(refused(Code.INDEX_CLAIM_MISMATCH))
    assert [type(event) for event in funded.events] == [GuardTripped]


def test_refuse_refuses_and_closes_nothing(funded: Scenario) -> None:
    funded.given(rule("guard.G2", "refuse"))
    funded.when(tick(2, 30_000, claim("1"))).then(refused(Code.INDEX_CLAIM_MISMATCH, guards=["G2"]))
    assert (funded.state.control.status, funded.state.control.withdrawals) == ("ok", "open")
    assert funded.state.control.tripped_us == 0


def test_observed_the_claim_becomes_the_index(funded: Scenario) -> None:
    funded.given(rule("guard.G2", "observe:60"))
    funded.when(tick(2, 30_000, claim("1"))).then(
        like(
            FundingIndexAdvanced,
            index_after_e8=e8("1"),
            index_computed_e8=e8("4.82291666"),
            index_claimed_e8=e8("1"),
            index_source="FEED",
        ),
        like(GuardTripped, guard="G2", policy="observe", action="recorded"),
    )


def test_observing_ends_by_itself_at_its_time(funded: Scenario) -> None:
    funded.given(rule("guard.G2", "observe:40"))
    control = funded.state.control
    assert control.value("guard.G2") == f"observe:{START_US + 40_000_000 + 5_000_000}"
    assert control.policy("G2", START_US + 44_999_999) == 2
    assert control.policy("G2", START_US + 45_000_000) == 0


def test_a_new_instance_of_the_feed_claims_the_last_durable_index(funded: Scenario) -> None:
    funded.given(tick(2, 5_000, claim("0.80381944")))
    begins = {"source_epoch": 2, "source": "standby"}
    bare = MarketRate(BTC, 0, e8("92600"), 0, 0, 0, 0)
    for wrong in (bare, claim("0"), claim("0.80381941")):
        funded.when(tick(3, 10_000, wrong, **begins))
        assert funded.decision is not None
        assert "G6" in {e.guard for e in funded.events if isinstance(e, GuardTripped)}
        assert funded.decision.code != 0
    funded.given(tick(3, 10_000, claim("0.80381944"), **begins))
    assert funded.state.funding_epoch == 2


def test_a_tick_of_an_unknown_instance_is_looked_at_even_when_its_order_is_wrong(funded: Scenario) -> None:
    funded.given(tick(2, 5_000, claim("0.80381944")))
    funded.when(tick(9, 10_000, claim("0"), source_epoch=2, previous_tick_id=0))
    assert {"G4a", "G6", "G2"} <= {e.guard for e in funded.events if isinstance(e, GuardTripped)}
    assert funded.state.control.status == "cancel_only"


def test_at_most_twenty_trips_of_a_guard_are_recorded() -> None:
    ledger = given(USDC)
    rates = [MarketRate(f"NO{number}", 0, 1, 0, 0, 0, 0) for number in range(RECORDED_MAX + 5)]
    ledger.when(tick(1, 0, *rates)).then(refused(Code.TICK_INCOMPLETE, guards=["G3"]))
    assert sum(isinstance(event, GuardTripped) for event in ledger.events) == RECORDED_MAX


def test_a_price_guard_closes_its_market_alone() -> None:
    ledger = given(USDC, market(price_move_max_ppm=50_000), market("ETH-USD-PERP"))
    ledger.given(marks(1, BTC="60000", ETH="3000"))
    ledger.when(marks(2, BTC="63000.1", ETH="3001"))
    assert [event.market for event in ledger.events if isinstance(event, PricesUpdated)] == ["ETH-USD-PERP"]
    closed = ledger.only(MarketUpdated)
    assert (closed.market, closed.status, closed.changed_fields) == (BTC, "cancel_only", "status")
    assert closed.cause_seq == trip(ledger, "G5").seq
    assert trip(ledger, "G5").field == "mark"
    assert (ledger.state.control.status, ledger.state.control.withdrawals) == ("ok", "closed")


def test_a_window_move_is_taken_and_closes_the_market() -> None:
    ledger = given(USDC, market(price_window_move_max_ppm=50_000, price_window_ms=300_000))
    for number in range(1, 60):
        ledger.when(marks(number, BTC=str(60_000 + number * 60)))
        if any(isinstance(event, GuardTripped) for event in ledger.events):
            break
    assert ledger.state.markets[BTC].mark_e8 == e8(str(60_000 + number * 60)), "the price was taken"
    assert 50 <= number <= 52
    assert trip(ledger, "G5w").action == "status"
    assert ledger.state.markets[BTC].status == "cancel_only"


def test_equal_ticks_are_stale_after_twelve() -> None:
    ledger = given(USDC, market())
    for number in range(1, 13):
        ledger.given(marks(number, BTC="60000"))
    ledger.when(marks(13, BTC="60000")).then(refused(Code.TICK_STALE, guards=["G4f"]))
    ledger.given(marks(13, BTC="60000.1"))


def test_a_tick_is_neither_ahead_nor_old() -> None:
    ledger = given(USDC, market())
    for at_ms, code in ((2_001, Code.TICK_TIME_INVALID), (-30_001, Code.TICK_TIME_INVALID)):
        late = changed(marks(1, BTC="60000"), observed_at_ms=START_MS + at_ms, issued_at_us=START_US)
        ledger.when(late).then(refused(code, guards=["G4"]))
    ledger.given(changed(marks(1, BTC="60000"), observed_at_ms=START_MS - 30_000, issued_at_us=START_US))


def test_a_time_that_no_event_can_carry_is_refused_and_recorded(funded: Scenario) -> None:
    for at_ms in (2**63 - 1, -(2**63), 2**63 // 1000 + 1):
        late = tick(2, 5_000, claim("0.80381944"), observed_at_ms=at_ms)
        funded.when(late).then(refused(Code.TICK_TIME_INVALID, guards=["G4"]))
        assert trip(funded, "G4").given == str(at_ms)
        assert trip(funded, "G4").occurred_at_us == START_US + 5_000_000, "when it was issued"
    funded.given(rule("guard.G4", "observe:60"))
    late = tick(2, 5_000, claim("0.80381944"), observed_at_ms=2**63 - 1)
    funded.when(late).then(refused(Code.TICK_TIME_INVALID, guards=["G4"]))


def test_an_empty_tick_is_recorded_once_per_market_where_guards_only_observe(funded: Scenario) -> None:
    funded.given(rule("guard.G3", "observe:60"))
    funded.when(tick(2, 5_000)).then(like(GuardTripped, guard="G3", market=BTC, action="recorded"))


def test_the_price_window_does_not_go_back_with_a_tick_that_does() -> None:
    """A tick from the past sees the marks of the window that ends with the newest tick, and joins them."""
    ledger = given(USDC, market(price_window_move_max_ppm=50_000, price_window_ms=300_000))
    ledger.given(rule("guard.G4", "observe:3600"))
    first, second, third = (
        changed(marks(number, BTC=mark), observed_at_ms=START_MS + at_ms, issued_at_us=START_US + 900_000_000)
        for number, mark, at_ms in ((1, "60000", 0), (2, "62000", 400_000), (3, "63500", 1))
    )
    ledger.given(first, second)
    ledger.when(third)
    assert {event.guard for event in ledger.events if isinstance(event, GuardTripped)} == {"G4"}
    assert ledger.state.markets[BTC].window[-3:] == [START_MS + 400_000, e8("62000"), e8("63500")]
