"""Liquidation (domain.md 2.6, decisions.md 20 to 25), with the numbers of domain.md 7."""

import pytest

from ledger.core.messages import (
    BustTrade,
    ChangeAccount,
    ChangeRule,
    FillSettled,
    GuardTripped,
    LiquidateAccount,
    LiquidationStarted,
    OrderCancelled,
    PenaltyCharged,
    PostAdjustment,
    SystemStatusChanged,
    TransferReceived,
    TransferSent,
    UpdateMarket,
)
from ledger.core.refusal_texts import REFUSALS
from ledger.core.refusals import RefusalCode as Code
from ledger.core.rules.health import IN_FORCE, Health, health_of
from ledger.core.values import BUY, E8, PPM, SELL
from tests.fields import changed, record_of
from tests.spec import START_US, Scenario, account, ask, deposit, e8, like, market, marks, refused
from tests.unit.core.rules.desk import BTC, desk, funding, id_of, off_book, order, waiting

E20 = 10**20


def liquidate(name: str, tick: int = 2) -> LiquidateAccount:
    """Ask for the liquidation of an account at the time of a price tick."""
    return ask(LiquidateAccount, account=name, issued_at_us=START_US + tick * 5_000_000)


def rule(name: str, value: int) -> ChangeRule:
    """Change a limit of the breaker."""
    return ask(ChangeRule, rule=name, scope="system", value=str(value))


def debit(name: str, amount: str) -> PostAdjustment:
    """Take money away, whatever a withdrawal would be answered."""
    return ask(PostAdjustment, account=name, asset="USDC", amount_e8=-e8(amount), reason_code="test")


def leveraged(value: str = "80", *, fund: str = "5000", **rules: object) -> Scenario:
    """Alice is long 1 BTC from 8,900, worth ``value`` at a mark of 8,880; she requires 88.8."""
    defaults: dict[str, object] = {"maker_fee_ppm": 0, "taker_fee_ppm": 0, "size_step_e8": 1}
    scenario = desk("bob", money="100000", mark="8900", **(defaults | rules))
    scenario.given(account("lv", kind="LIQUIDATOR"), deposit("lv", fund))
    scenario.given(account("alice"), deposit("alice", "1000"), off_book(50, "alice", "bob", "1", "8900"))
    spare = e8("980") - e8(value)
    scenario.given(debit("alice", f"{spare // E8}.{spare % E8:08}"))
    return scenario.given(marks(2, BTC="8880"))


def health_after(scenario: Scenario, name: str = "alice") -> Health:
    return health_of(scenario.state.accounts[name], IN_FORCE)


@pytest.mark.parametrize(
    ("fee_ppm", "share_ppm", "penalty", "value", "mmr"),
    [
        (500_000, 400_000, "17.76", "62.24", "53.28"),
        (700_000, 600_000, "37.296", "42.704", "35.52"),
    ],
)
def test_the_published_example_event_by_event(
    fee_ppm: int, share_ppm: int, penalty: str, value: str, mmr: str
) -> None:
    scenario = leveraged(liquidation_fee_ppm=fee_ppm)
    before = health_after(scenario)
    assert (before.value_e8(), before.required_e8()) == (e8("80"), e8("88.8"))
    first, part = scenario.state.seq + 1, share_ppm * 100
    rest = E8 - part
    scenario.when(liquidate("alice")).then(
        like(
            LiquidationStarted,
            account="alice",
            share_ppm=share_ppm,
            full=0,
            account_value_e8=e8("80"),
            mmr_e8=e8("88.8"),
            margin_ratio_ppm=1_110_000,
            balance_e8=e8("100"),
            unrealized_pnl_e8=e8("-20"),
            accrued_funding_e8=0,
            account_value_fair_e8=e8("80"),
            mmr_fair_e8=e8("88.8"),
            has_fair=1,
            price_tick_id=2,
            trigger="PRICE",
            positions=1,
            notional_e8=part * 8880,
            cause_seq=first - 1,
        ),
        like(
            FillSettled,
            account="alice",
            counterparty="lv",
            fill_type="LIQUIDATION",
            side=SELL,
            fill_size_e8=part,
            price_e8=e8("8880"),
            size_after_e8=rest,
            cost_after_e8=rest * 8900,
            realized_pnl_e8=-part * 20,
            fee_e8=0,
            cause_seq=first,
        ),
        like(
            FillSettled,
            account="lv",
            counterparty="alice",
            fill_type="LIQUIDATION",
            side=BUY,
            size_after_e8=part,
            cost_after_e8=part * 8880,
            position_id_after=first + 2,
            fee_e8=0,
            cause_seq=first,
        ),
        like(PenaltyCharged, account="alice", amount_e8=e8(penalty), mmr_e8=e8("88.8"), cause_seq=first),
        like(
            TransferReceived,
            account="lv",
            transfer_kind="PENALTY",
            counterparty="alice",
            amount_e8=e8(penalty),
            balance_after_e8=e8("5000") + e8(penalty),
            cause_seq=first,
        ),
    )
    names = {record_of(event)["liquidation_id"] for event in scenario.events}
    assert names == {scenario.events[0].command_id}
    after = health_after(scenario)
    assert (after.value_e8(), after.required_e8()) == (e8(value), e8(mmr))
    assert after.required_e8() * 10 < after.value_e8() * 9
    assert value_of("lv", scenario) == e8("5000") + e8(penalty)


def value_of(name: str, scenario: Scenario) -> int:
    return health_after(scenario, name).value_e8()


def test_a_full_liquidation_takes_everything_and_the_whole_penalty_where_there_is_enough() -> None:
    scenario = leveraged("71", liquidation_step_ppm=1_000_000)
    scenario.when(liquidate("alice"))
    assert scenario.only(LiquidationStarted).full == 1
    assert scenario.only(PenaltyCharged).amount_e8 == e8("62.16")
    assert scenario.state.accounts["alice"].balance_e8 == e8("8.84")
    assert scenario.state.accounts["alice"].holdings[BTC].size_e8 == 0


def test_the_penalty_of_a_full_liquidation_is_what_the_balance_holds() -> None:
    scenario = leveraged("10")
    scenario.when(liquidate("alice"))
    started = scenario.only(LiquidationStarted)
    assert (started.share_ppm, started.full, started.margin_ratio_ppm) == (PPM, 1, 8_880_000)
    assert scenario.only(PenaltyCharged).amount_e8 == e8("10")
    assert scenario.state.accounts["alice"].balance_e8 == 0
    assert value_of("lv", scenario) == e8("5010")


def test_a_negative_rest_is_covered_and_the_account_ends_at_nothing() -> None:
    scenario = leveraged("-15").when(liquidate("alice"))
    scenario.then(
        like(LiquidationStarted, full=1, account_value_e8=e8("-15"), margin_ratio_ppm=0),
        like(FillSettled, account="alice", balance_after_e8=e8("-15")),
        like(FillSettled, account="lv"),
        like(
            TransferSent,
            account="lv",
            transfer_kind="BANKRUPTCY_COVER",
            counterparty="alice",
            amount_e8=e8("15"),
            balance_after_e8=e8("4985"),
        ),
        like(TransferReceived, account="alice", transfer_kind="BANKRUPTCY_COVER", balance_after_e8=0),
    )
    assert scenario.state.bankruptcy_e8 == 0
    assert scenario.state.breaker.loss_e8 == e8("15")


def test_sizes_are_rounded_up_to_the_step() -> None:
    scenario = leveraged(liquidation_step_ppm=511_400, size_step_e8=e8("0.01"))
    scenario.when(liquidate("alice"))
    assert scenario.only(LiquidationStarted).share_ppm == 511_400
    assert scenario.state.accounts["alice"].holdings[BTC].size_e8 == e8("0.48")


def test_a_position_of_one_step_goes_whole_and_its_account_is_flat() -> None:
    scenario = leveraged(size_step_e8=e8("1"), order_size_max_e8=e8("100"))
    scenario.when(liquidate("alice"))
    started = scenario.only(LiquidationStarted)
    assert (started.share_ppm, started.full) == (600_000, 1)
    assert scenario.only(PenaltyCharged).amount_e8 == e8("37.296")
    assert scenario.state.accounts["alice"].balance_e8 == e8("42.704")


def test_the_fund_takes_the_other_side_off_a_position_it_has() -> None:
    scenario = leveraged()
    scenario.given(off_book(60, "bob", "lv", "2", "8880"))
    scenario.when(liquidate("alice"))
    assert scenario.state.accounts["lv"].holdings[BTC].size_e8 == e8("-1.4")


def test_two_markets_are_taken_over_in_the_same_share_in_market_order() -> None:
    scenario = leveraged("400")
    scenario.given(
        market("ETH-USD-PERP", maker_fee_ppm=0, taker_fee_ppm=0, size_step_e8=1, notional_min_e8=0),
        marks(3, BTC="8900", ETH="8900"),
        changed(off_book(61, "bob", "alice", "1", "8900"), market="ETH-USD-PERP"),
        debit("alice", "240"),
        marks(4, BTC="8880", ETH="8900"),
    )
    scenario.when(liquidate("alice", 4))
    fills = [event for event in scenario.events if isinstance(event, FillSettled)]
    assert [(fill.market[:3], fill.account, fill.side) for fill in fills] == [
        ("BTC", "alice", SELL),
        ("BTC", "lv", BUY),
        ("ETH", "alice", BUY),
        ("ETH", "lv", SELL),
    ]
    sizes = {fill.fill_size_e8 for fill in fills}
    assert sizes == {scenario.only(LiquidationStarted).share_ppm * 100}
    assert scenario.only(LiquidationStarted).positions == 2


def test_a_healthy_account_is_left_alone_whatever_the_keeper_believed() -> None:
    leveraged("88.8").when(liquidate("alice")).then(refused(Code.HEALTHY))
    leveraged("88.79999999").when(liquidate("alice"))
    scenario = leveraged()
    scenario.given(deposit("alice", "8.8")).when(liquidate("alice")).then(refused(Code.HEALTHY))
    scenario.when(liquidate("bob")).then(refused(Code.HEALTHY))


def test_the_fund_and_other_exempt_accounts_are_never_liquidated() -> None:
    scenario = leveraged("-15")
    scenario.given(liquidate("alice"), marks(3, BTC="3000"))
    assert value_of("lv", scenario) < 0
    scenario.when(liquidate("lv", 3)).then(refused(Code.HEALTHY))


def test_nobody_to_take_over_nothing_to_take_over() -> None:
    scenario = desk("alice", "bob")
    scenario.when(liquidate("nobody")).then(refused(Code.ACCOUNT_NOT_FOUND))
    scenario.when(liquidate("alice")).then(refused(Code.NO_POSITION))
    scenario.given(account("cid"), ask(ChangeAccount, account="cid", field="status", value="closed"))
    scenario.when(liquidate("cid")).then(refused(Code.ACCOUNT_CLOSED))
    scenario.given(off_book(50, "alice", "bob", "10", "60000"), marks(2, BTC="50000"))
    scenario.when(liquidate("alice")).then(refused(Code.LIQUIDATOR_MISSING))


def test_there_is_one_liquidator_and_it_is_exempt() -> None:
    scenario = desk("alice").given(account("lv", kind="LIQUIDATOR"))
    assert scenario.state.accounts["lv"].margin_exempt == 1
    scenario.when(account("lv-2", kind="LIQUIDATOR")).then(refused(Code.LIQUIDATOR_EXISTS, "lv"))


def test_a_market_that_is_not_open_pauses_liquidations() -> None:
    scenario = leveraged()
    rules = record_of(market(size_step_e8=1, maker_fee_ppm=0, taker_fee_ppm=0))
    del rules["number"]
    scenario.given(ask(UpdateMarket, **(rules | {"revision_before": 1, "status": "post_only"})))
    scenario.when(liquidate("alice")).then(refused(Code.MARKET_CLOSED))


def test_nobody_is_liquidated_at_a_stale_mark() -> None:
    scenario = leveraged()
    scenario.when(liquidate("alice", 9)).then(refused(Code.PRICE_STALE, "35000 ms"))
    scenario.given(liquidate("alice", 8))


def test_orders_go_but_what_protects_the_rest_of_the_position_stays() -> None:
    scenario = leveraged("300", imf_base_ppm=20_000)
    scenario.given(
        order(70, "alice", "SELL", "0.2", "8990"),
        order(71, "alice", "BUY", "0.1", "8870"),
        waiting(72, "alice", "SELL", "1", "TAKE_PROFIT_MARKET", "9500"),
        waiting(73, "alice", "BUY", "0.1", "STOP_MARKET", "9500"),
        waiting(74, "alice", "SELL", "0.1", "STOP_LOSS_MARKET", "8000", parent_order_id=id_of(71)),
        debit("alice", "220"),
    )
    scenario.when(liquidate("alice"))
    cancelled = [event for event in scenario.events if isinstance(event, OrderCancelled)]
    assert [(event.order_id, event.cancel_reason) for event in cancelled] == [
        (id_of(70), "LIQUIDATION"),
        (id_of(71), "LIQUIDATION"),
        (id_of(73), "LIQUIDATION"),
        (id_of(74), "PARENT_CANCELLED"),
    ]
    assert list(scenario.state.accounts["alice"].orders) == [id_of(72)]
    assert scenario.state.accounts["alice"].holdings[BTC].open_buy_e8 == 0


def test_take_profit_and_stop_loss_go_with_the_position() -> None:
    scenario = leveraged("300")
    scenario.given(waiting(72, "alice", "SELL", "1", "STOP_LOSS_MARKET", "8000"), debit("alice", "295"))
    scenario.when(liquidate("alice"))
    assert scenario.only(OrderCancelled).cancel_reason == "POSITION_CLOSED"


def test_reduce_only_orders_of_the_fund_that_no_longer_fit_are_cancelled() -> None:
    scenario = leveraged()
    scenario.given(off_book(60, "bob", "lv", "1", "8880"), order(75, "lv", "BUY", "1", "8880", reduce_only=1))
    scenario.when(liquidate("alice"))
    cancelled = scenario.only(OrderCancelled)
    assert (cancelled.account, cancelled.cancel_reason) == ("lv", "REDUCE_ONLY")


def test_funding_that_takes_an_account_below_maintenance_is_named_as_the_trigger() -> None:
    scenario = leveraged("89")
    scenario.when(liquidate("alice")).then(refused(Code.HEALTHY))
    scenario.given(funding(1, 10**10, "8880"), funding(2, 10**10, "8880"))
    scenario.given(marks(3, BTC="8880"))
    scenario.state.markets[BTC].index_e8 = e8("1")
    scenario.when(liquidate("alice", 3))
    started = scenario.only(LiquidationStarted)
    assert (started.trigger, started.accrued_funding_e8, started.funding_tick_id) == ("FUNDING", e8("-1"), 2)
    assert started.cause_seq == max(started.price_seq, started.funding_seq)
    assert started.account_value_e8 == started.balance_e8 + started.unrealized_pnl_e8 + e8("-1")


def test_an_account_that_was_below_before_both_ticks_has_another_trigger() -> None:
    scenario = leveraged().given(marks(3, BTC="8880"))
    scenario.when(liquidate("alice", 3))
    assert scenario.only(LiquidationStarted).trigger == "OTHER"


def test_without_a_fair_price_there_is_no_fair_value() -> None:
    scenario = leveraged()
    tick = marks(3, BTC="8880")
    tick.prices[0].has_external_fair = 0
    scenario.given(tick).when(liquidate("alice", 3))
    started = scenario.only(LiquidationStarted)
    assert (started.has_fair, started.account_value_fair_e8, started.mmr_fair_e8) == (0, 0, 0)


def test_the_fair_value_shows_a_liquidation_at_a_skewed_mark() -> None:
    scenario = leveraged()
    tick = marks(3, BTC="8880")
    tick.prices[0].external_fair_e8 = e8("8900")
    scenario.given(tick).when(liquidate("alice", 3))
    started = scenario.only(LiquidationStarted)
    assert (started.account_value_fair_e8, started.mmr_fair_e8) == (e8("100"), e8("89"))


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("liquidation_accounts_max", 1),
        ("liquidation_notional_max_e8", e8("5328")),
        ("liquidation_notional_max_e8", e8("10000")),
    ],
)
def test_the_breaker_stops_what_passes_a_limit_in_a_window_and_lets_it_through_in_the_next(
    limit: str, value: int
) -> None:
    scenario = leveraged()
    scenario.given(account("carol"), deposit("carol", "1000"), marks(3, BTC="8900"))
    scenario.given(off_book(51, "carol", "bob", "1", "8900"), debit("carol", "900"), marks(4, BTC="8880"))
    scenario.given(rule(limit, value))
    scenario.given(liquidate("alice", 4))
    scenario.when(liquidate("carol", 4)).then(refused(Code.LIQUIDATION_BREAKER, limit))
    assert REFUSALS[Code.LIQUIDATION_BREAKER].transient
    scenario.given(changed(marks(15, BTC="8880"), previous_tick_id=4))
    scenario.when(liquidate("carol", 15)).then(refused(Code.LIQUIDATION_BREAKER))
    scenario.given(marks(16, BTC="8880"))
    scenario.when(liquidate("carol", 16))
    assert scenario.only(LiquidationStarted).account == "carol"
    assert scenario.state.breaker.accounts == 1


def test_the_breaker_counts_what_the_fund_pays() -> None:
    scenario = leveraged("-15")
    scenario.given(rule("liquidation_loss_max_e8", e8("14.99999999")))
    scenario.when(liquidate("alice")).then(refused(Code.LIQUIDATION_BREAKER, "liquidation_loss_max_e8"))
    scenario.given(rule("liquidation_loss_max_e8", 0))
    scenario.given(liquidate("alice"))


def test_the_fund_does_not_pay_what_it_does_not_have() -> None:
    scenario = leveraged("-15", fund="14.99999999")
    scenario.when(liquidate("alice")).then(refused(Code.LIQUIDATION_BREAKER, "liquidator_value_min_e8"))
    scenario.given(rule("liquidator_value_min_e8", -1))
    scenario.given(liquidate("alice"))
    assert value_of("lv", scenario) == -1


def test_a_takeover_is_not_refused_for_the_margin_of_the_fund() -> None:
    leveraged(fund="1").given(liquidate("alice"))


def test_results_beyond_the_range_are_refused() -> None:
    scenario = leveraged()
    scenario.state.accounts["lv"].balance_e8 = 2**63 - 1
    scenario.when(liquidate("alice")).then(refused(Code.OUT_OF_RANGE))


def crowded(*, fair: str = "8880") -> Scenario:
    """Alice and Carol are both below maintenance, and one liquidation a window is allowed."""
    scenario = leveraged()
    scenario.given(account("carol"), deposit("carol", "1000"), marks(3, BTC="8900"))
    scenario.given(off_book(51, "carol", "bob", "1", "8900"), debit("carol", "900"))
    tick = marks(4, BTC="8880")
    tick.prices[0].external_fair_e8 = e8(fair)
    scenario.given(tick, rule("liquidation_accounts_max", 1), liquidate("alice", 4))
    return scenario


def test_a_trip_is_recorded_once_in_a_window_and_closes_nothing_that_prices_outside_explain() -> None:
    scenario = crowded().when(liquidate("carol", 4))
    assert [type(event) for event in scenario.events] == [GuardTripped]
    tripped = scenario.only(GuardTripped)
    assert (tripped.guard, tripped.policy, tripped.action) == ("G7b", "enforce", "refused")
    assert (tripped.field, tripped.given, tripped.bound_high_e8) == ("liquidation_accounts_max", "2", 1)
    assert tripped.input_command_id == tripped.command_id
    scenario.when(liquidate("carol", 4)).then(refused(Code.LIQUIDATION_BREAKER))
    assert not scenario.events
    assert scenario.state.control.status == "ok"
    scenario.given(changed(marks(17, BTC="8880"), previous_tick_id=4))
    scenario.given(liquidate("carol", 17))


@pytest.mark.parametrize("fair", ["8900", ""])
def test_a_trip_that_nothing_outside_explains_closes_the_exchange(fair: str) -> None:
    scenario = crowded(fair=fair or "8880")
    if not fair:
        scenario.state.markets[BTC].has_external_fair = 0
    scenario.when(liquidate("carol", 4))
    closed = scenario.only(SystemStatusChanged)
    assert (closed.status_after, closed.withdrawals_after) == ("cancel_only", "closed")
    assert closed.guard_seq == scenario.only(GuardTripped).seq
    scenario.when(liquidate("carol", 4)).then(refused(Code.SYSTEM_CANCEL_ONLY))


def test_a_breaker_that_only_observes_lets_it_go_on_and_records_it() -> None:
    scenario = crowded().given(
        ask(ChangeRule, rule="guard.G7b", scope="system", value="observe:600", issued_at_us=START_US)
    )
    scenario.when(liquidate("carol", 4))
    assert scenario.only(LiquidationStarted).account == "carol"
    assert isinstance(scenario.events[-1], GuardTripped)
    assert scenario.only(GuardTripped).action == "recorded"
    assert scenario.state.breaker.accounts == 2


def test_the_status_at_the_time_and_its_age_are_recorded() -> None:
    scenario = leveraged()
    scenario.state.control.changed_us = START_US + 3_000_000
    scenario.when(liquidate("alice"))
    started = scenario.only(LiquidationStarted)
    assert (started.status, started.status_age_ms) == ("ok", 7_000)


def test_a_takeover_cannot_be_busted() -> None:
    scenario = leveraged().given(liquidate("alice"))
    taken = scenario.state.seq
    scenario.when(ask(BustTrade, trade_id=f"test/{scenario.asked}")).then(refused(Code.TRADE_NOT_FOUND))
    assert scenario.state.seq == taken
