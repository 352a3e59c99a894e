from collections.abc import Callable
from typing import Any

import pytest

from ledger.core.messages import CancelAllOrders, ChangeAccount, OrderCancelled, OrderPlaced, UpdateMarket
from ledger.core.refusals import RefusalCode as Code
from ledger.core.rules.words import ORDER_KINDS
from tests.fields import changed, record_of
from tests.spec import USDC, Scenario, account, ask, deposit, e8, given, like, market, marks, refused
from tests.unit.core.rules.desk import (
    BTC,
    cancel,
    desk,
    id_of,
    off_book,
    order,
    orders_of,
    reserved,
    waiting,
)


def status_of_market(scenario: Scenario, status: str) -> UpdateMarket:
    """Change nothing of the market but its status."""
    listed = record_of(market())
    rules = {name: listed[name] for name in record_of(ask(UpdateMarket)) if name in listed}
    revision = scenario.state.markets[BTC].revision
    return UpdateMarket(**(rules | {"status": status, "revision_before": revision, "number": 0}))


def status_of_account(name: str, status: str) -> ChangeAccount:
    """Change the status of an account."""
    return ask(ChangeAccount, account=name, field="status", value=status)


def test_an_accepted_limit_order_reserves_its_size_and_says_what_it_was_measured_with() -> None:
    desk("alice").when(order(7, "alice", "BUY", "1", "59000", client_id="mine")).then(
        like(
            OrderPlaced,
            account="alice",
            order_id=id_of(7),
            client_id="mine",
            side="BUY",
            order_type="LIMIT",
            instruction="GTC",
            reduce_only=0,
            size_e8=e8("1"),
            has_price=1,
            price_e8=e8("59000"),
            has_trigger=0,
            trigger_condition="",
            stp="EXPIRE_TAKER",
            status_after="OPEN",
            remaining_after_e8=e8("1"),
            open_buy_before_e8=0,
            open_buy_after_e8=e8("1"),
            open_sell_before_e8=0,
            open_sell_after_e8=0,
            mark_price_e8=e8("60000"),
            account_value_e8=e8("100000"),
            imr_before_e8=0,
            imr_after_e8=e8("1212"),
            reinstates_seq=0,
        )
    )


def test_words_left_out_mean_good_till_cancelled_and_expire_taker() -> None:
    desk("alice").when(order(7, "alice", "BUY", "1", "59000", instruction="", stp="")).then(
        like(OrderPlaced, instruction="GTC", stp="EXPIRE_TAKER")
    )


@pytest.mark.parametrize(("side", "limit"), [("BUY", "63000"), ("SELL", "57000")])
def test_a_market_order_is_recorded_with_the_limit_of_the_band(side: str, limit: str) -> None:
    desk("alice").when(order(7, "alice", side, "1")).then(
        like(OrderPlaced, has_price=1, price_e8=e8(limit), status_after="OPEN", imr_after_e8=e8("4212"))
    )


def test_a_conditional_order_waits_and_reserves_nothing() -> None:
    scenario = desk("alice").when(waiting(7, "alice", "BUY", "200", "STOP_MARKET", "61000", size_e8=e8("90")))
    scenario.then(
        like(
            OrderPlaced,
            status_after="UNTRIGGERED",
            has_price=0,
            price_e8=0,
            trigger_condition="ABOVE",
            open_buy_after_e8=0,
            imr_after_e8=0,
        )
    )
    assert reserved(scenario, "alice") == (0, 0)


@pytest.mark.parametrize(
    ("side", "order_type", "condition"),
    [
        ("BUY", "STOP_MARKET", "ABOVE"),
        ("SELL", "STOP_MARKET", "BELOW"),
        ("SELL", "TAKE_PROFIT_MARKET", "ABOVE"),
        ("SELL", "STOP_LOSS_MARKET", "BELOW"),
    ],
)
def test_an_order_that_does_not_say_waits_on_the_usual_side(
    side: str, order_type: str, condition: str
) -> None:
    desk("alice", "bob").given(off_book(1, "alice", "bob", "1", "60000")).when(
        waiting(7, "alice", side, "1", order_type, "60000")
    ).then(like(OrderPlaced, trigger_condition=condition))


def test_a_take_profit_order_of_a_short_waits_below() -> None:
    desk("alice", "bob").given(off_book(1, "bob", "alice", "1", "60000")).when(
        waiting(7, "alice", "BUY", "1", "TAKE_PROFIT_LIMIT", "55000", price="55100")
    ).then(like(OrderPlaced, trigger_condition="BELOW", reduce_only=1))


def test_protecting_orders_are_reduce_only_whatever_they_say() -> None:
    desk("alice", "bob").given(off_book(1, "alice", "bob", "1", "60000")).when(
        waiting(7, "alice", "SELL", "2", "STOP_LOSS_MARKET", "55000", reduce_only=0)
    ).then(like(OrderPlaced, reduce_only=1, size_e8=e8("2")))


UNREADABLE: dict[str, object] = {
    "side": "HOLD",
    "order_type": "ICEBERG",
    "instruction": "FOK",
    "stp": "EXPIRE",
    "trigger_condition": "NEAR",
    "reduce_only": 2,
    "size_e8": 0,
    "has_price": 2,
    "price_e8": 0,
    "has_trigger": 1,
    "trigger_price_e8": 5,
    "client_id": "tab\there",
    "oco_group": "x" * 300,
}


@pytest.mark.parametrize("field", UNREADABLE)
def test_values_that_no_order_has_are_refused(field: str) -> None:
    bad = changed(order(7, "alice", "BUY", "1", "59000"), **{field: UNREADABLE[field]})
    desk("alice").when(bad).then(refused(Code.INVALID_VALUE))


@pytest.mark.parametrize("field", ["size_e8", "price_e8"])
def test_numbers_past_the_range_are_refused(field: str) -> None:
    bad = changed(order(7, "alice", "BUY", "1", "59000"), **{field: 10**17 + 1})
    desk("alice").when(bad).then(refused(Code.OUT_OF_RANGE))


def test_a_requirement_past_the_range_is_refused() -> None:
    scenario = given(
        USDC,
        market(price_move_max_ppm=10**6, order_size_max_e8=10**17, position_limit_e8=10**17),
        account("ext", kind="EXTERNAL", margin_exempt=1),
        account("alice"),
        deposit("alice", "900000000"),
        marks(1, BTC="900000000"),
    )
    scenario.when(order(7, "alice", "BUY", "900000000", "900000000")).then(refused(Code.INSUFFICIENT_MARGIN))
    scenario.given(off_book(8, "alice", "ext", "0.00001", "900000000"))
    scenario.when(order(9, "ext", "SELL", "900000000", "900000000")).then(like(OrderPlaced, imr_after_e8=0))


def test_a_value_past_the_range_is_refused() -> None:
    scenario = given(
        USDC,
        market(price_move_max_ppm=10**6, order_size_max_e8=10**17, position_limit_e8=10**17),
        account("ext", kind="EXTERNAL", margin_exempt=1),
        account("two", kind="EXTERNAL", margin_exempt=1),
        marks(1, BTC="300"),
        *[off_book(10 + n, "ext", "two", "300000000", "300") for n in range(1)],
        *[marks(2 + n, BTC=text) for n, text in enumerate(["500", "900", "1700"])],
    )
    for n, text in enumerate(
        ["3000", "5000", "9000", "17000", "33000", "65000", "120000", "230000", "450000"]
    ):
        scenario.given(marks(5 + n, BTC=text))
    scenario.when(order(9, "ext", "SELL", "1", "450000")).then(refused(Code.OUT_OF_RANGE))


def test_an_unknown_market_is_refused() -> None:
    desk("alice").when(order(7, "alice", "BUY", "1", "59000", market="NO-PERP")).then(
        refused(Code.MARKET_NOT_FOUND)
    )


@pytest.mark.parametrize("status", ["cancel_only", "halted", "settled"])
def test_a_market_that_is_not_open_takes_no_orders(status: str) -> None:
    scenario = desk("alice")
    scenario.given(status_of_market(scenario, status))
    scenario.when(order(7, "alice", "BUY", "1", "59000", instruction="POST_ONLY")).then(
        refused(Code.MARKET_CLOSED)
    )


@pytest.mark.parametrize("instruction", ["POST_ONLY", "RPI"])
def test_a_post_only_market_takes_orders_that_only_rest(instruction: str) -> None:
    scenario = desk("alice")
    scenario.given(status_of_market(scenario, "post_only"))
    scenario.when(order(7, "alice", "BUY", "1", "59000", instruction=instruction)).then(like(OrderPlaced))
    scenario.when(order(8, "alice", "BUY", "1", "59000")).then(refused(Code.MARKET_CLOSED))


def test_an_unknown_account_is_refused() -> None:
    desk().when(order(7, "nobody", "BUY", "1", "59000")).then(refused(Code.ACCOUNT_NOT_FOUND))


def test_a_closed_account_places_nothing() -> None:
    desk().given(account("alice"), status_of_account("alice", "closed")).when(
        order(7, "alice", "BUY", "1", "59000")
    ).then(refused(Code.ACCOUNT_CLOSED))


def test_a_restricted_account_may_only_reduce() -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "alice", "bob", "1", "60000"), status_of_account("alice", "restricted")
    )
    scenario.when(order(7, "alice", "SELL", "1", "61000")).then(refused(Code.ACCOUNT_RESTRICTED))
    scenario.when(order(8, "alice", "SELL", "1", "61000", reduce_only=1)).then(like(OrderPlaced))


def test_nothing_is_placed_before_the_first_mark_price() -> None:
    given(USDC, market(), account("alice")).when(order(7, "alice", "BUY", "1", "59000")).then(
        refused(Code.NO_MARK_PRICE)
    )


@pytest.mark.parametrize("order_type", ORDER_KINDS)
@pytest.mark.parametrize("instruction", ["GTC", "POST_ONLY", "IOC", "RPI"])
def test_only_limits_rest_and_only_plain_limits_are_immediate(order_type: str, instruction: str) -> None:
    scenario = desk("alice", "bob").given(off_book(1, "alice", "bob", "1", "60000"))
    price = "61000" if order_type.endswith("LIMIT") else ""
    if "_" in order_type:
        command = waiting(7, "alice", "SELL", "1", order_type, "59000", price=price, instruction=instruction)
    else:
        command = order(7, "alice", "SELL", "1", price, instruction=instruction)
    takes = {"POST_ONLY": ("LIMIT", "STOP_LIMIT"), "RPI": ("LIMIT", "STOP_LIMIT"), "IOC": ("LIMIT",)}
    allowed = instruction == "GTC" or order_type in takes[instruction]
    scenario.when(command).then(like(OrderPlaced) if allowed else refused(Code.ORDER_INVALID))


@pytest.mark.parametrize(
    ("order_type", "price", "trigger"),
    [
        ("LIMIT", "", ""),
        ("MARKET", "61000", ""),
        ("LIMIT", "61000", "59000"),
        ("MARKET", "", "59000"),
        ("STOP_LIMIT", "", "59000"),
        ("STOP_MARKET", "61000", "59000"),
        ("STOP_LIMIT", "61000", ""),
        ("STOP_MARKET", "", ""),
    ],
)
def test_limit_and_trigger_go_with_the_type(order_type: str, price: str, trigger: str) -> None:
    command = order(7, "alice", "SELL", "1", price, order_type=order_type)
    if trigger:
        command = changed(command, has_trigger=1, trigger_price_e8=e8(trigger))
    desk("alice").when(command).then(refused(Code.ORDER_INVALID))


def test_a_plain_order_waits_for_no_condition() -> None:
    desk("alice").when(order(7, "alice", "BUY", "1", "59000", trigger_condition="ABOVE")).then(
        refused(Code.ORDER_INVALID)
    )


def test_a_stop_may_wait_on_either_side_but_a_protecting_order_only_on_its_own() -> None:
    scenario = desk("alice", "bob").given(off_book(1, "alice", "bob", "1", "60000"))
    below = {"trigger_condition": "BELOW"}
    scenario.when(waiting(7, "alice", "BUY", "1", "STOP_MARKET", "59000", **below)).then(like(OrderPlaced))
    scenario.when(waiting(8, "alice", "SELL", "1", "TAKE_PROFIT_MARKET", "61000", **below)).then(
        refused(Code.ORDER_INVALID)
    )


@pytest.mark.parametrize("fields", [{"price_e8": e8("59000.05")}, {"price_e8": 1}])
def test_a_price_off_the_tick_is_refused(fields: dict[str, int]) -> None:
    desk("alice").when(order(7, "alice", "BUY", "1", "59000", **fields)).then(refused(Code.PRICE_OFF_TICK))


def test_a_trigger_off_the_tick_is_refused() -> None:
    desk("alice").when(waiting(7, "alice", "BUY", "1", "STOP_MARKET", "61000.05")).then(
        refused(Code.PRICE_OFF_TICK)
    )


def test_a_size_off_the_step_is_refused() -> None:
    desk("alice").when(order(7, "alice", "BUY", "1.000001", "59000")).then(refused(Code.SIZE_OFF_STEP))


def test_an_order_below_the_least_value_is_refused() -> None:
    scenario = desk("alice")
    scenario.when(order(7, "alice", "BUY", "0.00016", "59000")).then(refused(Code.ORDER_TOO_SMALL))
    scenario.when(order(8, "alice", "BUY", "0.00017", "59000")).then(like(OrderPlaced))


def test_a_reduce_only_order_may_be_small_if_it_closes_the_position() -> None:
    scenario = desk("alice", "bob").given(off_book(1, "alice", "bob", "0.0001", "60000"))
    scenario.when(order(7, "alice", "SELL", "0.00005", "61000", reduce_only=1)).then(
        refused(Code.ORDER_TOO_SMALL)
    )
    scenario.when(order(8, "alice", "SELL", "0.0001", "61000")).then(refused(Code.ORDER_TOO_SMALL))
    scenario.when(order(9, "alice", "SELL", "0.0001", "61000", reduce_only=1)).then(like(OrderPlaced))
    scenario.when(waiting(10, "alice", "SELL", "0.00012", "STOP_LOSS_MARKET", "59000")).then(
        like(OrderPlaced)
    )


def test_an_order_above_the_largest_size_is_refused() -> None:
    desk("alice").when(order(7, "alice", "BUY", "100.00001", "59000")).then(refused(Code.ORDER_TOO_LARGE))


@pytest.mark.parametrize(("side", "price"), [("BUY", "63000.1"), ("SELL", "56999.9")])
def test_an_aggressive_price_beyond_the_band_is_refused(side: str, price: str) -> None:
    desk("alice").when(order(7, "alice", side, "0.1", price)).then(refused(Code.PRICE_OUTSIDE_BAND))


def test_a_passive_price_may_be_anywhere() -> None:
    scenario = desk("alice").given(order(7, "alice", "BUY", "0.1", "0.1"))
    scenario.when(order(8, "alice", "SELL", "0.1", "900000")).then(like(OrderPlaced))


def test_a_market_order_needs_a_tick_inside_the_band() -> None:
    desk("alice", mark="0.09", notional_min_e8=0).when(order(7, "alice", "BUY", "1")).then(
        refused(Code.PRICE_OUTSIDE_BAND)
    )


def test_open_and_waiting_orders_of_a_market_are_limited() -> None:
    desk("alice", open_orders_max=2).given(
        order(7, "alice", "BUY", "0.1", "59000"), waiting(8, "alice", "BUY", "0.1", "STOP_MARKET", "61000")
    ).when(order(9, "alice", "BUY", "0.1", "59000")).then(refused(Code.TOO_MANY_ORDERS))


@pytest.mark.parametrize(("side", "size"), [("BUY", "0.5"), ("SELL", "1.1")])
def test_a_reduce_only_order_must_reduce(side: str, size: str) -> None:
    desk("alice", "bob").given(off_book(1, "alice", "bob", "1", "60000")).when(
        order(7, "alice", side, size, "60000", reduce_only=1)
    ).then(refused(Code.NOT_REDUCING))


def test_without_a_position_nothing_can_be_reduced_or_protected() -> None:
    scenario = desk("alice")
    scenario.when(order(7, "alice", "SELL", "1", "60000", reduce_only=1)).then(refused(Code.NOT_REDUCING))
    scenario.when(waiting(8, "alice", "SELL", "1", "STOP_LOSS_MARKET", "59000")).then(
        refused(Code.NOT_REDUCING)
    )


def test_a_reduce_only_order_reserves_nothing() -> None:
    scenario = desk("alice", "bob").given(off_book(1, "alice", "bob", "1", "60000"))
    scenario.given(order(7, "alice", "SELL", "1", "60000", reduce_only=1))
    assert reserved(scenario, "alice") == (0, 0)


def test_the_position_limit_counts_the_open_orders_of_the_same_side() -> None:
    limits: dict[str, Any] = {"position_limit_e8": e8("10"), "order_size_max_e8": e8("10")}
    scenario = desk("alice", "bob", **limits).given(
        off_book(1, "bob", "alice", "9", "60000"),
        order(6, "alice", "BUY", "10", "59000"),
        order(7, "alice", "BUY", "5", "59000"),
    )
    scenario.when(order(8, "alice", "SELL", "1.1", "61000")).then(refused(Code.POSITION_LIMIT))
    scenario.when(order(9, "alice", "SELL", "1", "61000")).then(like(OrderPlaced))
    scenario.when(order(10, "alice", "BUY", "4.1", "59000")).then(refused(Code.POSITION_LIMIT))
    scenario.when(order(11, "alice", "BUY", "4", "59000")).then(like(OrderPlaced))


def test_an_order_is_carried_down_to_the_last_unit() -> None:
    scenario = desk("alice", money="1212")
    scenario.when(order(7, "alice", "BUY", "1.00001", "60000")).then(refused(Code.INSUFFICIENT_MARGIN))
    scenario.when(order(8, "alice", "BUY", "1", "60000")).then(
        like(OrderPlaced, imr_after_e8=e8("1212"), account_value_e8=e8("1212"))
    )


def test_an_order_that_does_not_raise_the_net_requirement_is_accepted_without_margin() -> None:
    scenario = desk("alice", "bob", money="1300").given(off_book(1, "alice", "bob", "1", "60000"))
    scenario.given(marks(2, BTC="59000"))
    scenario.when(order(7, "alice", "BUY", "0.1", "58000")).then(refused(Code.INSUFFICIENT_MARGIN))
    scenario.when(order(8, "alice", "SELL", "2", "58500")).then(like(OrderPlaced))
    scenario.when(order(9, "alice", "SELL", "0.1", "59500")).then(refused(Code.INSUFFICIENT_MARGIN))


def test_a_margin_exempt_account_is_bound_neither_by_margin_nor_by_the_position_limit() -> None:
    desk().given(account("ext", kind="EXTERNAL", margin_exempt=1)).when(
        order(7, "ext", "BUY", "100", "60000")
    ).then(like(OrderPlaced, imr_before_e8=0, imr_after_e8=0, account_value_e8=0))


def test_an_owner_cancels_an_order_and_gets_back_what_it_reserved() -> None:
    scenario = desk("alice").given(
        order(7, "alice", "BUY", "1", "59000"),
        order(8, "alice", "BUY", "0.5", "58000"),
        order(9, "alice", "SELL", "1", "61000"),
    )
    scenario.when(cancel("alice", 7)).then(
        like(
            OrderCancelled,
            account="alice",
            order_id=id_of(7),
            side="BUY",
            order_type="LIMIT",
            cancel_reason="USER_CANCELED",
            status_before="OPEN",
            remaining_before_e8=e8("1"),
            remaining_after_e8=0,
            open_buy_before_e8=e8("1.5"),
            open_buy_after_e8=e8("0.5"),
            open_sell_before_e8=e8("1"),
            open_sell_after_e8=e8("1"),
        )
    )
    scenario.when(cancel("alice", 9, "NO_MATCH")).then(
        like(OrderCancelled, cancel_reason="NO_MATCH", side="SELL")
    )
    assert reserved(scenario, "alice") == (e8("0.5"), 0)


def test_a_waiting_order_gives_nothing_back() -> None:
    desk("alice").given(waiting(7, "alice", "BUY", "1", "STOP_MARKET", "61000")).when(
        cancel("alice", 7)
    ).then(like(OrderCancelled, status_before="UNTRIGGERED", open_buy_before_e8=0, open_buy_after_e8=0))


def test_an_order_is_cancelled_once_and_by_its_account() -> None:
    scenario = desk("alice", "bob").given(order(7, "alice", "BUY", "1", "59000"))
    scenario.when(cancel("bob", 7)).then(refused(Code.ORDER_NOT_FOUND))
    scenario.when(cancel("nobody", 7)).then(refused(Code.ACCOUNT_NOT_FOUND))
    scenario.when(cancel("alice", 7, "new\nline")).then(refused(Code.INVALID_VALUE))
    scenario.given(cancel("alice", 7)).when(cancel("alice", 7)).then(refused(Code.ORDER_NOT_FOUND))


def two_markets() -> Scenario:
    """Alice with three orders in two markets, the oldest in the market with the later name."""
    scenario = given(
        USDC, market(), market("AVAX-USD-PERP"), account("alice"), deposit("alice", "100000")
    ).given(marks(1, BTC="60000", AVAX="60000"))
    return scenario.given(
        order(7, "alice", "BUY", "0.1", "59000"),
        order(8, "alice", "BUY", "0.2", "59000", market="AVAX-USD-PERP"),
        order(9, "alice", "SELL", "0.3", "61000"),
    )


def test_all_orders_are_cancelled_by_market_and_age() -> None:
    command = ask(CancelAllOrders, account="alice")
    two_markets().when(command).then(
        like(OrderCancelled, order_id=id_of(8), market="AVAX-USD-PERP", open_buy_after_e8=0),
        like(OrderCancelled, order_id=id_of(7), open_buy_before_e8=e8("0.1"), open_buy_after_e8=0),
        like(OrderCancelled, order_id=id_of(9), open_buy_before_e8=0, open_sell_after_e8=0),
    )


def test_all_orders_of_one_market_are_cancelled() -> None:
    scenario = two_markets()
    scenario.when(ask(CancelAllOrders, account="alice", market=BTC, reason="INCIDENT")).then(
        like(OrderCancelled, order_id=id_of(7), cancel_reason="INCIDENT"),
        like(OrderCancelled, order_id=id_of(9)),
    )
    assert orders_of(scenario, "alice") == [id_of(8)]


REFUSED_CANCELS: list[tuple[Callable[[], CancelAllOrders], Code]] = [
    (lambda: ask(CancelAllOrders, account="alice", reason="a\0b"), Code.INVALID_VALUE),
    (lambda: ask(CancelAllOrders, account="alice", market="NO-PERP"), Code.MARKET_NOT_FOUND),
    (lambda: ask(CancelAllOrders, account="nobody"), Code.ACCOUNT_NOT_FOUND),
    (lambda: ask(CancelAllOrders, account="alice"), Code.NO_ORDERS),
    (lambda: ask(CancelAllOrders, account="alice", market=BTC), Code.NO_ORDERS),
]


@pytest.mark.parametrize(("command", "code"), REFUSED_CANCELS)
def test_cancelling_all_needs_an_account_with_orders(
    command: Callable[[], CancelAllOrders], code: Code
) -> None:
    desk("alice").when(command()).then(refused(code))


def test_price_bounds_that_went_stale_are_found_anew() -> None:
    scenario = desk("alice").given(
        order(7, "alice", "BUY", "0.1", "62000"),
        order(8, "alice", "SELL", "0.1", "58000"),
        order(9, "alice", "BUY", "0.1", "59000"),
        order(10, "alice", "SELL", "0.1", "61000"),
        cancel("alice", 7),
        cancel("alice", 8),
    )
    holding = scenario.state.accounts["alice"].holdings[BTC]
    assert (holding.buy_price_max_e8, holding.sell_price_min_e8) == (e8("62000"), e8("58000"))
    scenario.given(order(11, "alice", "BUY", "0.1", "58000"), order(12, "alice", "SELL", "0.1", "62000"))
    assert (holding.buy_price_max_e8, holding.sell_price_min_e8) == (e8("59000"), e8("61000"))
