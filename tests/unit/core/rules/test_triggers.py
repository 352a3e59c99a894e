from typing import Any

import pytest

from ledger.core.messages import OrderCancelled, OrderPlaced, OrderTriggered
from ledger.core.refusals import RefusalCode as Code
from tests.spec import Scenario, account, deposit, e8, like, marks, refused
from tests.unit.core.rules.desk import (
    cancel,
    desk,
    id_of,
    off_book,
    order,
    orders_of,
    reserved,
    trade,
    trigger,
    waiting,
)
from tests.unit.core.rules.test_orders import status_of_account, status_of_market


def long_desk(size: str = "1") -> Scenario:
    """Alice is long, bob is short."""
    return desk("alice", "bob").given(off_book(1, "alice", "bob", size, "60000"))


def pair(size: str = "1") -> Scenario:
    """Alice is long one and protects it with a pair: take profit at 62,000, stop loss at 58,500."""
    return long_desk().given(
        waiting(7, "alice", "SELL", size, "TAKE_PROFIT_MARKET", "62000", oco_group="p"),
        waiting(8, "alice", "SELL", size, "STOP_LOSS_MARKET", "58500", oco_group="p"),
    )


def test_a_stop_opens_at_its_trigger_with_the_limit_of_the_band() -> None:
    scenario = desk("alice").given(waiting(7, "alice", "BUY", "1", "STOP_MARKET", "61000"))
    scenario.when(trigger("alice", 7)).then(refused(Code.NOT_TRIGGERED))
    scenario.given(marks(2, BTC="61000")).when(trigger("alice", 7)).then(
        like(
            OrderTriggered,
            account="alice",
            order_id=id_of(7),
            side="BUY",
            trigger_price_e8=e8("61000"),
            mark_price_e8=e8("61000"),
            has_price=1,
            price_e8=e8("64050"),
            status_before="UNTRIGGERED",
            status_after="OPEN",
            remaining_before_e8=e8("1"),
            remaining_after_e8=e8("1"),
            open_buy_before_e8=0,
            open_buy_after_e8=e8("1"),
            open_sell_after_e8=0,
        )
    )
    assert reserved(scenario, "alice") == (e8("1"), 0)


def test_a_trigger_follows_from_the_price_that_reached_it() -> None:
    scenario = desk("alice").given(
        waiting(7, "alice", "SELL", "1", "STOP_MARKET", "59000"), marks(2, BTC="58000")
    )
    price_seq = scenario.state.seq
    scenario.when(trigger("alice", 7)).then(like(OrderTriggered, price_seq=price_seq, cause_seq=price_seq))


@pytest.mark.parametrize(
    ("side", "price", "mark", "limit"),
    [
        ("BUY", "62000", "61000", "62000"),
        ("BUY", "70000", "61000", "64050"),
        ("SELL", "58000", "59000", "58000"),
        ("SELL", "50000", "59000", "56050"),
    ],
)
def test_a_limit_beyond_the_band_is_moved_into_it(side: str, price: str, mark: str, limit: str) -> None:
    at = "61000" if side == "BUY" else "59000"
    desk("alice").given(
        waiting(7, "alice", side, "0.1", "STOP_LIMIT", at, price=price), marks(2, BTC=mark)
    ).when(trigger("alice", 7)).then(like(OrderTriggered, price_e8=e8(limit)))


def test_an_order_triggers_once() -> None:
    scenario = desk("alice").given(
        waiting(7, "alice", "BUY", "1", "STOP_MARKET", "61000"), marks(2, BTC="61000")
    )
    scenario.given(trigger("alice", 7)).when(trigger("alice", 7)).then(refused(Code.ORDER_INVALID))


def test_an_unknown_account_or_order_does_not_trigger() -> None:
    scenario = desk("alice")
    scenario.when(trigger("nobody", 7)).then(refused(Code.ACCOUNT_NOT_FOUND))
    scenario.when(trigger("alice", 7)).then(refused(Code.ORDER_NOT_FOUND))


@pytest.mark.parametrize("status", ["post_only", "cancel_only", "halted"])
def test_triggers_pause_where_the_market_is_not_fully_open(status: str) -> None:
    scenario = desk("alice").given(
        waiting(7, "alice", "BUY", "1", "STOP_MARKET", "61000"), marks(2, BTC="61000")
    )
    scenario.given(status_of_market(scenario, status)).when(trigger("alice", 7)).then(
        refused(Code.MARKET_CLOSED)
    )


def test_a_stop_without_margin_is_cancelled_at_its_trigger_with_its_children() -> None:
    scenario = desk("alice", money="1000").given(
        waiting(7, "alice", "BUY", "1", "STOP_LIMIT", "61000", price="61000"),
        waiting(8, "alice", "SELL", "1", "STOP_LOSS_MARKET", "60000", parent_order_id=id_of(7)),
        marks(2, BTC="61000"),
    )
    price_seq = scenario.state.seq
    scenario.when(trigger("alice", 7)).then(
        like(
            OrderCancelled,
            order_id=id_of(7),
            cancel_reason="NOT_ENOUGH_MARGIN",
            status_before="UNTRIGGERED",
            cause_seq=price_seq,
        ),
        like(OrderCancelled, order_id=id_of(8), cancel_reason="PARENT_CANCELLED", cause_seq=price_seq + 1),
    )
    assert orders_of(scenario, "alice") == []


def test_a_stop_that_does_not_raise_the_requirement_opens_without_margin() -> None:
    scenario = desk("alice", "bob", money="1300").given(
        off_book(1, "alice", "bob", "1", "60000"),
        waiting(7, "alice", "SELL", "1", "STOP_MARKET", "59000"),
        marks(2, BTC="59000"),
    )
    scenario.when(trigger("alice", 7)).then(like(OrderTriggered, open_sell_after_e8=e8("1")))


def test_a_stop_beyond_the_position_limit_is_cancelled_at_its_trigger() -> None:
    limits: dict[str, Any] = {"position_limit_e8": e8("2"), "order_size_max_e8": e8("2")}
    desk("alice", "bob", **limits).given(
        waiting(7, "alice", "BUY", "1.5", "STOP_MARKET", "61000"),
        off_book(1, "alice", "bob", "1", "60000"),
        marks(2, BTC="61000"),
    ).when(trigger("alice", 7)).then(like(OrderCancelled, cancel_reason="POSITION_LIMIT"))


def test_a_stop_of_a_restricted_account_is_cancelled_at_its_trigger_unless_it_reduces() -> None:
    scenario = long_desk().given(
        waiting(7, "alice", "SELL", "1", "STOP_MARKET", "59000"),
        waiting(8, "alice", "SELL", "1", "STOP_MARKET", "59000", reduce_only=1),
        status_of_account("alice", "restricted"),
        marks(2, BTC="59000"),
    )
    scenario.when(trigger("alice", 7)).then(like(OrderCancelled, cancel_reason="ACCOUNT_RESTRICTED"))
    scenario.when(trigger("alice", 8)).then(like(OrderTriggered, open_sell_after_e8=0))


def test_a_stop_of_a_margin_exempt_account_opens() -> None:
    scenario = desk().given(account("ext", kind="EXTERNAL", margin_exempt=1))
    scenario.given(waiting(7, "ext", "BUY", "1", "STOP_MARKET", "61000"), marks(2, BTC="61000"))
    scenario.when(trigger("ext", 7)).then(like(OrderTriggered))


def test_a_stop_without_a_tick_inside_the_band_is_cancelled() -> None:
    desk("alice", mark="0.11", notional_min_e8=0, price_move_max_ppm=900_000).given(
        waiting(7, "alice", "BUY", "1", "STOP_MARKET", "0.1", trigger_condition="BELOW"), marks(2, BTC="0.09")
    ).when(trigger("alice", 7)).then(like(OrderCancelled, cancel_reason="PRICE_OUTSIDE_BAND"))


def test_one_of_a_pair_triggers_and_the_other_is_cancelled() -> None:
    scenario = pair().given(marks(2, BTC="62500"))
    seq = scenario.state.seq
    scenario.when(trigger("alice", 8)).then(refused(Code.NOT_TRIGGERED))
    scenario.when(trigger("alice", 7)).then(
        like(OrderTriggered, order_id=id_of(7), price_e8=e8("59375"), open_sell_after_e8=0),
        like(OrderCancelled, order_id=id_of(8), cancel_reason="OCO", oco_group="p", cause_seq=seq + 1),
    )
    assert orders_of(scenario, "alice") == [id_of(7)]


def test_a_protecting_order_is_cut_to_the_position_when_it_triggers() -> None:
    scenario = pair("5").given(off_book(2, "bob", "alice", "0.4", "60000"), marks(2, BTC="58000"))
    scenario.when(trigger("alice", 8)).then(
        like(OrderTriggered, remaining_before_e8=e8("5"), remaining_after_e8=e8("0.6")), like(OrderCancelled)
    )


def test_cancelling_one_of_a_pair_leaves_the_other() -> None:
    scenario = pair()
    scenario.when(cancel("alice", 7)).then(like(OrderCancelled, order_id=id_of(7)))
    assert orders_of(scenario, "alice") == [id_of(8)]


@pytest.mark.parametrize(
    ("order_type", "side", "trigger_at"),
    [
        ("TAKE_PROFIT_LIMIT", "SELL", "62000"),
        ("STOP_LOSS_MARKET", "SELL", "59000"),
        ("STOP_MARKET", "SELL", "59000"),
    ],
)
def test_a_pair_has_one_of_each_and_no_third(order_type: str, side: str, trigger_at: str) -> None:
    price = "62000" if order_type.endswith("LIMIT") else ""
    pair().when(waiting(9, "alice", side, "1", order_type, trigger_at, price=price, oco_group="p")).then(
        refused(Code.ORDER_INVALID)
    )


def test_the_name_of_a_pair_is_free_again_when_both_are_gone_and_free_in_other_markets() -> None:
    scenario = pair().given(cancel("alice", 7), cancel("alice", 8))
    scenario.when(waiting(9, "alice", "SELL", "1", "STOP_LOSS_MARKET", "59000", oco_group="p")).then(
        like(OrderPlaced)
    )


def test_nothing_joins_a_pair_of_which_one_has_triggered() -> None:
    pair().given(marks(2, BTC="62500"), trigger("alice", 7)).when(
        waiting(9, "alice", "SELL", "1", "STOP_LOSS_MARKET", "59000", oco_group="p")
    ).then(refused(Code.ORDER_INVALID))


def parented(size: str = "1") -> Scenario:
    """Alice has an order to buy one, and a child that will protect what it buys; bob sells."""
    return desk("alice", "bob").given(
        order(7, "alice", "BUY", size, "60000"),
        waiting(8, "alice", "SELL", size, "STOP_LOSS_MARKET", "58500", parent_order_id=id_of(7)),
        order(9, "bob", "SELL", "3", "60000"),
    )


def test_a_child_waits_for_the_position_that_its_parent_opens() -> None:
    scenario = parented().given(marks(2, BTC="58000"))
    scenario.when(trigger("alice", 8)).then(refused(Code.NO_POSITION))
    scenario.given(trade(1, ("alice", 7), ("bob", 9), "1", "60000"))
    scenario.when(trigger("alice", 8)).then(like(OrderTriggered, remaining_after_e8=e8("1")))


def test_children_go_with_a_parent_that_is_cancelled_before_it_filled() -> None:
    scenario = parented()
    seq = scenario.state.seq
    scenario.when(cancel("alice", 7)).then(
        like(OrderCancelled, order_id=id_of(7), open_buy_after_e8=0),
        like(
            OrderCancelled,
            order_id=id_of(8),
            cancel_reason="PARENT_CANCELLED",
            cause_seq=seq + 1,
            open_buy_before_e8=0,
        ),
    )


def test_children_stay_with_the_position_of_a_parent_that_filled_in_part() -> None:
    scenario = parented("2").given(trade(1, ("alice", 7), ("bob", 9), "1", "60000"))
    scenario.when(cancel("alice", 7)).then(like(OrderCancelled, order_id=id_of(7)))
    assert orders_of(scenario, "alice") == [id_of(8)]


def test_children_go_with_a_parent_that_filled_in_part_if_the_position_is_gone() -> None:
    scenario = parented("2").given(
        trade(1, ("alice", 7), ("bob", 9), "1", "60000"), off_book(2, "bob", "alice", "1", "60000")
    )
    assert orders_of(scenario, "alice") == [id_of(7), id_of(8)]
    scenario.when(cancel("alice", 7)).then(
        like(OrderCancelled, order_id=id_of(7)), like(OrderCancelled, cancel_reason="PARENT_CANCELLED")
    )


def test_a_parent_must_be_there_and_open_the_other_side() -> None:
    scenario = long_desk().given(
        order(7, "alice", "BUY", "1", "60000"),
        order(6, "alice", "SELL", "1", "61000", reduce_only=1),
        waiting(5, "alice", "SELL", "1", "STOP_LOSS_MARKET", "59000"),
    )

    def child(number: int, side: str, order_type: str, parent: int) -> None:
        scenario.when(waiting(number, "alice", side, "1", order_type, "58500", parent_order_id=id_of(parent)))

    child(20, "SELL", "STOP_LOSS_MARKET", 99)
    scenario.then(refused(Code.ORDER_NOT_FOUND))
    child(21, "BUY", "TAKE_PROFIT_MARKET", 7)
    scenario.then(refused(Code.ORDER_INVALID))
    child(22, "SELL", "STOP_MARKET", 7)
    scenario.then(refused(Code.ORDER_INVALID))
    child(23, "BUY", "TAKE_PROFIT_MARKET", 6)
    scenario.then(refused(Code.ORDER_INVALID))
    child(24, "BUY", "TAKE_PROFIT_MARKET", 5)
    scenario.then(refused(Code.ORDER_INVALID))
    child(25, "SELL", "STOP_LOSS_MARKET", 7)
    scenario.then(like(OrderPlaced, parent_order_id=id_of(7)))


def test_the_sums_of_waiting_orders_past_the_range_are_refused() -> None:
    limits: dict[str, Any] = {
        "position_limit_e8": 10**17,
        "order_size_max_e8": 10**17,
        "open_orders_max": 200,
    }
    scenario = desk(mark="1", **limits).given(
        account("ext", kind="EXTERNAL", margin_exempt=1), deposit("ext", "1")
    )
    for number in range(100, 192):
        scenario.given(order(number, "ext", "BUY", "1000000000", "0.9"))
    scenario.given(waiting(7, "ext", "BUY", "1000000000", "STOP_MARKET", "1"))
    scenario.when(order(8, "ext", "BUY", "1000000000", "0.9")).then(refused(Code.OUT_OF_RANGE))
    scenario.when(trigger("ext", 7)).then(refused(Code.OUT_OF_RANGE))
