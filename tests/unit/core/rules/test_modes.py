"""Bands and limits of the modes, with the numbers of domain.md 7."""

import pytest

from ledger.core.messages import (
    CancelOutsideBand,
    ChangeStatus,
    FundingIndexAdvanced,
    OrderCancelled,
    OrderPlaced,
    RequestWithdrawal,
    RuleChanged,
)
from ledger.core.refusals import RefusalCode as Code
from tests.spec import USDC, Scenario, account, ask, deposit, e8, given, like, market, marks, refused, rule
from tests.unit.core.rules.desk import BTC, desk, funding, off_book, order, trigger, waiting


def status(wanted: str) -> ChangeStatus:
    return ask(ChangeStatus, status=wanted, reason="drill")


def closed(*names: str, to: str = "post_only") -> Scenario:
    """A desk at 100,000 whose exchange was closed."""
    return desk(*names, mark="100000").given(status(to))


@pytest.mark.parametrize(
    ("side", "price", "inside"),
    [
        ("BUY", "100050", True),
        ("BUY", "100050.1", False),
        ("BUY", "95000", True),
        ("SELL", "99950", True),
        ("SELL", "99949.9", False),
        ("SELL", "105000", True),
    ],
)
def test_vector_11_orders_stay_within_5_bps_of_the_external_fair_price(
    side: str,
    price: str,
    inside: bool,  # noqa: FBT001
) -> None:
    ledger = closed("ann").when(order(9, "ann", side, "0.1", price, instruction="POST_ONLY"))
    if inside:
        ledger.then(like(OrderPlaced, price_e8=e8(price)))
    else:
        ledger.then(refused(Code.PRICE_OUTSIDE_BAND))


def test_orders_that_rest_outside_the_band_are_cancelled_and_others_stay() -> None:
    ledger = desk("ann", mark="100000")
    ledger.given(order(8, "ann", "BUY", "0.1", "100060"), order(9, "ann", "BUY", "0.1", "100040"))
    cancel = ask(CancelOutsideBand, account="ann", market=BTC)
    ledger.when(cancel).then(refused(Code.INSIDE_BAND))
    ledger.given(status("cancel_only"))
    ledger.when(cancel).then(like(OrderCancelled, order_id="test/8", cancel_reason="PRICE_OUTSIDE_BAND"))
    ledger.when(cancel).then(refused(Code.INSIDE_BAND))
    assert list(ledger.state.accounts["ann"].orders) == ["test/9"]


def test_bands_can_be_turned_off() -> None:
    ledger = closed("ann").given(rule("bands", "off"))
    ledger.given(order(9, "ann", "BUY", "0.1", "100060", instruction="POST_ONLY"))


def test_triggers_and_trades_wait_until_the_exchange_is_open() -> None:
    ledger = desk("ann", "bob", mark="100000").given(waiting(9, "ann", "BUY", "0.1", "STOP_MARKET", "100000"))
    ledger.given(status("post_only"))
    ledger.when(trigger("ann", 9)).then(refused(Code.SYSTEM_POST_ONLY))
    ledger.when(off_book(10, "ann", "bob", "0.1", "100000")).then(refused(Code.SYSTEM_POST_ONLY))
    ledger.given(rule("mode.triggers", "post_only,ok"), trigger("ann", 9))


def test_after_opening_orders_stay_within_50_bps_for_ten_minutes() -> None:
    ledger = closed("ann").given(rule("gates", "observe"), status("ok"))
    opened_us = ledger.state.control.opened_us
    late = {"issued_at_us": opened_us + 600_000_000}
    ledger.when(order(9, "ann", "BUY", "0.1", "100500.1")).then(refused(Code.PRICE_OUTSIDE_BAND))
    ledger.when(order(10, "ann", "BUY", "0.1")).then(like(OrderPlaced, price_e8=e8("100500")))
    ledger.when(order(11, "ann", "BUY", "0.1", "100500.1", **late)).then(like(OrderPlaced))


def test_funding_stands_still_in_maintenance_and_nowhere_else() -> None:
    for wanted, paused in (("maintenance", 1), ("cancel_only", 0)):
        ledger = desk("ann").given(funding(1, 10**8), status(wanted)).when(funding(2, 10**8))
        event = ledger.only(FundingIndexAdvanced)
        assert (event.paused, event.step_e8 == 0) == (paused, paused == 1)


def test_withdrawals_within_an_hour_and_a_day_are_limited() -> None:
    ledger = given(USDC, market(), account("ann"), deposit("ann", "1000"), marks(1, BTC="60000"))
    limits = {"hour_ppm": "100000", "hour_least_e8": "0", "day_ppm": "250000", "day_least_e8": "0"}
    ledger.given(*(rule(f"outflow_{name}", value) for name, value in limits.items()))

    def request(amount: str, hours: int) -> RequestWithdrawal:
        at_us = ledger.state.recorded_at_us // 10**6 * 10**6 + hours * 3_600_000_000
        fields = {"account": "ann", "asset": "USDC", "destination": "0xfeed", "issued_at_us": at_us}
        return ask(RequestWithdrawal, amount_e8=e8(amount), **fields)

    ledger.when(request("100.00000001", 0)).then(refused(Code.OUTFLOW_LIMIT, "within a hour"))
    ledger.given(request("100", 0))
    ledger.when(request("0.00000001", 0)).then(refused(Code.OUTFLOW_LIMIT, "within a hour"))
    ledger.given(request("100", 2))
    ledger.when(request("50.00000001", 2)).then(refused(Code.OUTFLOW_LIMIT, "within a day"))
    ledger.given(request("50", 2))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("no_such_rule", "1"),
        ("gates", "sometimes"),
        ("stale_ticks_max", "-1"),
        ("stale_ticks_max", "1e3"),
        ("stale_ticks_max", "10001"),
        ("guard.G1", "observe"),
        ("guard.G1", "observe:0"),
        ("guard.G1", "observe:604801"),
        ("guard.G0", "enforce"),
        ("mode.trades", "ok,post_only"),
        ("mode.trades", "open"),
        ("mode.no_such", "ok"),
    ],
)
def test_a_rule_that_is_not_one_or_cannot_be_that_is_refused(name: str, value: str) -> None:
    given().when(rule(name, value)).then(refused(Code.INVALID_VALUE))


def test_a_rule_is_recorded_with_what_it_was() -> None:
    given().when(rule("stale_ticks_max", "7")).then(
        like(RuleChanged, rule="stale_ticks_max", value_before="12", value_after="7", operator_key="")
    )
    given(rule("mode.trades", "")).when(rule("mode.trades", "")).then(refused(Code.NOTHING_TO_CHANGE))
