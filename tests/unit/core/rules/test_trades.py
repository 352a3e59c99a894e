from typing import Any

import pytest

from ledger.core.messages import FillSettled, OrderCancelled, UpdateMarket
from ledger.core.refusals import RefusalCode as Code
from ledger.core.rules import trades
from ledger.core.state import State
from tests.fields import changed
from tests.spec import Scenario, account, deposit, e8, like, marks, refused
from tests.unit.core.rules.desk import (
    BTC,
    balance,
    desk,
    funding,
    id_of,
    off_book,
    order,
    orders_of,
    position,
    reserved,
    trade,
    trigger,
    waiting,
)
from tests.unit.core.rules.test_orders import status_of_account, status_of_market


def crossed(size: str = "2", money: str = "100000") -> Scenario:
    """Alice buys at 60,100 what bob sells at 59,900."""
    return desk("alice", "bob", money=money).given(
        order(7, "alice", "BUY", size, "60100", client_id="hers"),
        order(8, "bob", "SELL", size, "59900", client_id="his"),
    )


def test_a_trade_is_two_fills_the_buyer_first() -> None:
    scenario = crossed()
    seq = scenario.state.seq
    scenario.when(trade(1, ("alice", 7), ("bob", 8), "1", "60000", matched_at_us=1_750_000_003_000_000)).then(
        like(
            FillSettled,
            seq=seq + 1,
            occurred_at_us=1_750_000_003_000_000,
            cause_seq=0,
            account="alice",
            market=BTC,
            trade_id=id_of(1),
            fill_type="FILL",
            side="BUY",
            liquidity="TAKER",
            counterparty="bob",
            fill_size_e8=e8("1"),
            price_e8=e8("60000"),
            value_e8=e8("60000"),
            order_id=id_of(7),
            client_id="hers",
            order_status_after="OPEN",
            remaining_before_e8=e8("2"),
            remaining_after_e8=e8("1"),
            position_id_before=0,
            position_id_after=seq + 1,
            size_before_e8=0,
            size_after_e8=e8("1"),
            cost_before_e8=0,
            cost_after_e8=e8("60000"),
            realized_pnl_e8=0,
            realized_funding_e8=0,
            dust_e16=0,
            fee_e8=e8("12"),
            fee_ppm=200,
            balance_before_e8=e8("100000"),
            balance_after_e8=e8("99988"),
            mark_price_e8=e8("60000"),
            spot_price_e8=e8("60000"),
            has_external_fair=1,
            external_fair_e8=e8("60000"),
            open_buy_before_e8=e8("2"),
            open_buy_after_e8=e8("1"),
            liquidation_id="",
            vault="",
            matched_at_us=1_750_000_003_000_000,
            reverses_seq=0,
        ),
        like(
            FillSettled,
            account="bob",
            side="SELL",
            liquidity="MAKER",
            counterparty="alice",
            position_id_after=seq + 2,
            size_after_e8=e8("-1"),
            cost_after_e8=e8("-60000"),
            fee_e8=e8("1.8"),
            fee_ppm=30,
            open_sell_before_e8=e8("2"),
            open_sell_after_e8=e8("1"),
        ),
    )
    assert position(scenario, "bob") == (e8("-1"), e8("-60000"))
    assert reserved(scenario, "alice") == (e8("1"), 0)


def test_an_order_with_nothing_left_is_closed() -> None:
    scenario = crossed("1").when(trade(1, ("alice", 7), ("bob", 8), "1", "60000", taker="SELL"))
    scenario.then(
        like(FillSettled, order_status_after="CLOSED", liquidity="MAKER", remaining_after_e8=0),
        like(FillSettled, order_status_after="CLOSED", liquidity="TAKER"),
    )
    assert orders_of(scenario, "alice") == []
    assert reserved(scenario, "bob") == (0, 0)


def test_the_retail_tier_pays_no_fee() -> None:
    scenario = desk("alice").given(account("bob", fee_tier="RETAIL"), deposit("bob", "100000"))
    scenario.given(order(7, "alice", "BUY", "1", "60000"), order(8, "bob", "SELL", "1", "60000"))
    scenario.when(trade(1, ("alice", 7), ("bob", 8), "1", "60000", taker="SELL")).then(
        like(FillSettled, fee_ppm=30), like(FillSettled, fee_ppm=0, fee_e8=0)
    )


def test_a_fill_realises_all_accrued_funding_and_counts_the_dust() -> None:
    scenario = desk("alice", "bob", funding_period_s=3600, price_tick_e8=1, size_step_e8=1)
    scenario.given(off_book(1, "alice", "bob", "0.00000003", "60000"), funding(1, 10**10), funding(2, 10**10))
    index = scenario.state.markets[BTC].index_e8
    assert index > 0
    exact = -3 * index
    scenario.when(off_book(2, "alice", "bob", "1", "60000")).then(
        like(
            FillSettled,
            cached_index_before_e8=0,
            funding_index_e8=index,
            realized_funding_e8=exact // 10**8,
            dust_e16=exact % 10**8,
        ),
        like(FillSettled, realized_funding_e8=-exact // 10**8, dust_e16=-exact % 10**8),
    )
    assert scenario.state.markets[BTC].dust_e16 == exact % 10**8 + -exact % 10**8


def test_a_position_keeps_its_id_when_it_shrinks_and_gets_a_new_one_when_it_flips() -> None:
    scenario = desk("alice", "bob").given(off_book(1, "alice", "bob", "2", "60000"))
    opened = scenario.state.seq - 1
    scenario.when(off_book(2, "bob", "alice", "1", "60000")).then(
        like(FillSettled, position_id_after=opened + 1), like(FillSettled, position_id_after=opened)
    )
    seq = scenario.state.seq
    scenario.when(off_book(3, "bob", "alice", "2", "60000")).then(
        like(FillSettled, position_id_before=opened + 1, position_id_after=seq + 1),
        like(FillSettled, position_id_before=opened, position_id_after=seq + 2, size_after_e8=e8("-1")),
    )
    scenario.when(off_book(4, "alice", "bob", "1", "60000")).then(
        like(FillSettled, position_id_after=0, cost_after_e8=0), like(FillSettled, position_id_after=0)
    )


def test_profit_is_paid_at_once() -> None:
    scenario = desk("alice", "bob").given(off_book(1, "alice", "bob", "1", "60000"))
    before = balance(scenario, "alice")
    scenario.when(off_book(2, "bob", "alice", "1", "61000")).then(
        like(FillSettled, realized_pnl_e8=e8("-1000")), like(FillSettled, realized_pnl_e8=e8("1000"))
    )
    assert balance(scenario, "alice") == before + e8("1000") - e8("1.83")


BAD_TRADES: list[tuple[dict[str, object], Code]] = [
    ({"taker": "NONE"}, Code.INVALID_VALUE),
    ({"price_e8": 0}, Code.INVALID_VALUE),
    ({"size_e8": -1}, Code.INVALID_VALUE),
    ({"price_e8": 10**17 + 1}, Code.OUT_OF_RANGE),
    ({"price_e8": 10**17, "size_e8": 10**17}, Code.OUT_OF_RANGE),
    ({"market": "NO-PERP"}, Code.MARKET_NOT_FOUND),
    ({"buy_account": "nobody"}, Code.ACCOUNT_NOT_FOUND),
    ({"sell_account": "nobody"}, Code.ACCOUNT_NOT_FOUND),
    ({"sell_account": "alice"}, Code.SAME_ACCOUNT),
    ({"buy_order_id": id_of(99)}, Code.ORDER_NOT_FOUND),
    ({"sell_order_id": id_of(7)}, Code.ORDER_NOT_FOUND),
    ({"price_e8": e8("60000.05")}, Code.PRICE_OFF_TICK),
    ({"size_e8": 1}, Code.SIZE_OFF_STEP),
    ({"price_e8": e8("60100.1")}, Code.PRICE_BEYOND_LIMIT),
    ({"price_e8": e8("59899.9")}, Code.PRICE_BEYOND_LIMIT),
    ({"size_e8": e8("2.1")}, Code.SIZE_BEYOND_REMAINING),
]


@pytest.mark.parametrize(("fields", "code"), BAD_TRADES)
def test_a_trade_that_cannot_be_is_refused(fields: dict[str, object], code: Code) -> None:
    crossed().when(changed(trade(1, ("alice", 7), ("bob", 8), "1", "60000"), **fields)).then(refused(code))


def test_the_party_that_is_missing_does_not_hide_that_the_market_is_closed() -> None:
    scenario = crossed()
    scenario.given(status_of_market(scenario, "halted"))
    scenario.when(trade(1, ("nobody", 7), ("bob", 8), "1", "60000")).then(refused(Code.MARKET_CLOSED))


@pytest.mark.parametrize("status", ["post_only", "cancel_only", "halted"])
def test_a_market_that_is_not_fully_open_settles_no_trades(status: str) -> None:
    scenario = crossed()
    scenario.given(status_of_market(scenario, status))
    scenario.when(trade(1, ("alice", 7), ("bob", 8), "1", "60000")).then(refused(Code.MARKET_CLOSED))
    scenario.when(off_book(2, "alice", "bob", "1", "60000")).then(refused(Code.MARKET_CLOSED))


def test_a_closed_account_does_not_trade() -> None:
    scenario = desk("alice").given(account("bob"), status_of_account("bob", "closed"))
    scenario.when(off_book(1, "alice", "bob", "1", "60000")).then(refused(Code.ACCOUNT_CLOSED))


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_a_restricted_account_only_reduces(name: str) -> None:
    scenario = crossed().given(status_of_account(name, "restricted"))
    scenario.when(trade(1, ("alice", 7), ("bob", 8), "1", "60000")).then(
        refused(Code.ACCOUNT_RESTRICTED, name)
    )


def test_a_restricted_account_may_close_its_position() -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "alice", "bob", "1", "60000"), status_of_account("alice", "restricted")
    )
    scenario.when(off_book(2, "bob", "alice", "1", "60000")).then(like(FillSettled), like(FillSettled))


def test_the_sides_of_a_trade_must_match_its_orders() -> None:
    scenario = crossed().given(order(9, "alice", "SELL", "1", "60000"), order(10, "bob", "BUY", "1", "60000"))
    scenario.when(trade(1, ("alice", 9), ("bob", 8), "1", "60000")).then(refused(Code.ORDERS_MISMATCH))
    scenario.when(trade(2, ("alice", 7), ("bob", 10), "1", "60000")).then(refused(Code.ORDERS_MISMATCH))


def test_an_order_that_waits_does_not_trade() -> None:
    scenario = crossed().given(waiting(9, "bob", "SELL", "1", "STOP_LIMIT", "59000", price="59000"))
    scenario.when(trade(1, ("alice", 7), ("bob", 9), "1", "60000")).then(refused(Code.ORDERS_MISMATCH))


@pytest.mark.parametrize("instruction", ["POST_ONLY", "RPI"])
def test_an_order_that_only_rests_does_not_take(instruction: str) -> None:
    scenario = desk("alice", "bob").given(
        order(7, "alice", "BUY", "1", "60000", instruction=instruction), order(8, "bob", "SELL", "1", "60000")
    )
    scenario.when(trade(1, ("alice", 7), ("bob", 8), "1", "60000")).then(refused(Code.POST_ONLY_WOULD_TAKE))
    scenario.when(trade(2, ("alice", 7), ("bob", 8), "1", "60000", taker="SELL")).then(
        like(FillSettled), like(FillSettled)
    )


@pytest.mark.parametrize("seller", ["alice", "bob"])
def test_a_reduce_only_order_does_not_fill_more_than_the_position(seller: str) -> None:
    buyer = "bob" if seller == "alice" else "alice"
    scenario = desk("alice", "bob").given(
        off_book(1, seller, buyer, "1", "60000"),
        waiting(7, seller, "SELL", "3", "STOP_LOSS_MARKET", "60000", size_e8=e8("3")),
        order(8, buyer, "BUY", "3", "60000"),
        trigger(seller, 7),
        off_book(2, buyer, seller, "0.5", "60000"),
    )
    scenario.when(trade(3, (buyer, 8), (seller, 7), "1", "60000")).then(refused(Code.NOT_REDUCING))
    scenario.when(trade(4, (buyer, 8), (seller, 7), "0.5", "60000")).then(
        like(FillSettled),
        like(FillSettled, size_after_e8=0, remaining_after_e8=e8("0.5")),
        like(
            OrderCancelled, order_id=id_of(7), remaining_before_e8=e8("0.5"), cancel_reason="POSITION_CLOSED"
        ),
    )


def test_a_reduce_only_order_to_buy_does_not_fill_without_a_short() -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "bob", "alice", "1", "60000"),
        waiting(7, "alice", "BUY", "1", "STOP_LOSS_MARKET", "60000"),
        trigger("alice", 7),
        off_book(2, "alice", "bob", "0.5", "60000"),
        order(8, "bob", "SELL", "3", "60000"),
    )
    scenario.when(trade(3, ("alice", 7), ("bob", 8), "1", "60000")).then(refused(Code.NOT_REDUCING))


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_no_position_grows_beyond_the_limit_that_is_in_force(name: str) -> None:
    scenario = crossed("2")
    other = "bob" if name == "alice" else "alice"
    scenario.given(account("ext", kind="EXTERNAL", margin_exempt=1), off_book(3, other, "ext", "1", "60000"))
    if other == "alice":
        scenario.given(off_book(4, "ext", "alice", "2", "60000"))
    lowered = changed(status_of_market(scenario, "ok"), position_limit_e8=e8("1"), order_size_max_e8=e8("1"))
    assert isinstance(lowered, UpdateMarket)
    scenario.given(lowered)
    scenario.when(trade(1, ("alice", 7), ("bob", 8), "1.1", "60000")).then(refused(Code.POSITION_LIMIT))
    scenario.when(off_book(2, "alice", "bob", "1.1", "60000")).then(refused(Code.POSITION_LIMIT))


def test_each_side_must_carry_its_position_after_the_trade() -> None:
    scenario = crossed("1", money="1312").given(marks(2, BTC="59800"))
    scenario.when(trade(1, ("alice", 7), ("bob", 8), "1", "60000")).then(
        refused(Code.TRADE_INSUFFICIENT_MARGIN, "alice")
    )
    scenario.given(marks(3, BTC="60200"))
    scenario.when(trade(2, ("alice", 7), ("bob", 8), "1", "60000")).then(
        refused(Code.TRADE_INSUFFICIENT_MARGIN, "bob")
    )


def test_a_trade_that_reduces_needs_no_margin() -> None:
    scenario = desk("alice", "bob", money="1300").given(
        off_book(1, "alice", "bob", "1", "60000"), deposit("bob", "5000"), marks(2, BTC="58800")
    )
    scenario.when(off_book(2, "bob", "alice", "0.5", "58800")).then(like(FillSettled), like(FillSettled))


def test_an_off_book_trade_without_a_taker_costs_both_the_rate_of_a_maker() -> None:
    desk("alice", "bob").when(off_book(1, "alice", "bob", "1", "60000.05")).then(
        like(FillSettled, fill_type="BLOCK_TRADE", liquidity="MAKER", order_id="", order_status_after=""),
        like(FillSettled, liquidity="MAKER", fee_ppm=30),
    )


@pytest.mark.parametrize(("taker", "rates"), [("BUY", (200, 30)), ("SELL", (30, 200))])
def test_an_off_book_trade_may_have_a_taker(taker: str, rates: tuple[int, int]) -> None:
    desk("alice", "bob").when(off_book(1, "alice", "bob", "1", "60000", taker=taker)).then(
        like(FillSettled, fee_ppm=rates[0]), like(FillSettled, fee_ppm=rates[1])
    )


BAD_OFF_BOOK: list[tuple[dict[str, object], Code]] = [
    ({"taker": "BOTH"}, Code.INVALID_VALUE),
    ({"size_e8": 0}, Code.INVALID_VALUE),
    ({"market": "NO-PERP"}, Code.MARKET_NOT_FOUND),
    ({"buyer": "nobody"}, Code.ACCOUNT_NOT_FOUND),
    ({"size_e8": 1}, Code.SIZE_OFF_STEP),
    ({"price_e8": e8("63000.1")}, Code.PRICE_OUTSIDE_BAND),
    ({"price_e8": e8("56999.9")}, Code.PRICE_OUTSIDE_BAND),
    ({"size_e8": e8("301")}, Code.POSITION_LIMIT),
    ({"size_e8": e8("200")}, Code.TRADE_INSUFFICIENT_MARGIN),
]


@pytest.mark.parametrize(("fields", "code"), BAD_OFF_BOOK)
def test_an_off_book_trade_that_cannot_be_is_refused(fields: dict[str, object], code: Code) -> None:
    desk("alice", "bob").when(changed(off_book(1, "alice", "bob", "1", "60000"), **fields)).then(
        refused(code)
    )


def test_an_off_book_trade_needs_a_mark() -> None:
    scenario = desk("alice", "bob")
    scenario.state.markets[BTC].mark_e8 = 0
    scenario.when(off_book(1, "alice", "bob", "1", "60000")).then(refused(Code.NO_MARK_PRICE))


def test_an_account_may_trade_with_itself_off_the_book_and_buys_first() -> None:
    scenario = desk("alice").when(off_book(1, "alice", "alice", "1", "61000"))
    seq = scenario.state.seq
    scenario.then(
        like(FillSettled, side="BUY", size_after_e8=e8("1"), position_id_after=seq - 1),
        like(
            FillSettled,
            side="SELL",
            size_before_e8=e8("1"),
            size_after_e8=0,
            cost_before_e8=e8("61000"),
            position_id_before=seq - 1,
            position_id_after=0,
            balance_before_e8=e8("99998.17"),
            balance_after_e8=e8("99996.34"),
        ),
    )


def test_a_margin_exempt_account_takes_the_other_side_of_imports_without_limit() -> None:
    scenario = desk("alice", money="9000000").given(account("ext", kind="EXTERNAL", margin_exempt=1))
    for number in range(1, 4):
        scenario.given(account(f"t{number}"), deposit(f"t{number}", "900000"))
        scenario.given(off_book(number, f"t{number}", "ext", "200", "60000"))
    assert position(scenario, "ext")[0] == e8("-600")


def test_results_past_the_range_are_refused() -> None:
    limits: dict[str, Any] = {"position_limit_e8": 10**17, "order_size_max_e8": 10**17}
    scenario = desk(mark="90", **limits)
    for name in ("ext", "two"):
        scenario.given(account(name, kind="EXTERNAL", margin_exempt=1))
    scenario.given(off_book(1, "ext", "two", "900000000", "90"))
    scenario.when(off_book(2, "ext", "two", "900000000", "90")).then(refused(Code.OUT_OF_RANGE))


def test_reduce_only_orders_go_when_the_position_is_smaller_than_they_are() -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "alice", "bob", "2", "60000"),
        order(7, "alice", "SELL", "2", "61000", reduce_only=1),
        order(8, "alice", "SELL", "1", "61000", reduce_only=1),
        waiting(9, "alice", "SELL", "2", "STOP_MARKET", "59000", reduce_only=1),
        waiting(10, "alice", "SELL", "2", "STOP_LOSS_MARKET", "59000"),
    )
    seq = scenario.state.seq
    scenario.when(off_book(2, "bob", "alice", "1", "60000")).then(
        like(FillSettled, account="bob"),
        like(FillSettled, account="alice"),
        like(OrderCancelled, order_id=id_of(7), cancel_reason="REDUCE_ONLY", cause_seq=seq + 2),
        like(OrderCancelled, order_id=id_of(9), cancel_reason="REDUCE_ONLY", cause_seq=seq + 2),
    )
    assert orders_of(scenario, "alice") == [id_of(10), id_of(8)]


@pytest.mark.parametrize("size", ["2", "3"])
def test_a_pair_goes_when_the_position_is_closed_or_flipped(size: str) -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "alice", "bob", "2", "60000"),
        waiting(7, "alice", "SELL", "2", "TAKE_PROFIT_MARKET", "62000", oco_group="p"),
        waiting(8, "alice", "SELL", "2", "STOP_LOSS_MARKET", "58500", oco_group="p"),
        order(9, "alice", "SELL", "3", "60000"),
        order(10, "bob", "BUY", "3", "60000"),
    )
    seq = scenario.state.seq
    scenario.when(trade(2, ("bob", 10), ("alice", 9), size, "60000")).then(
        like(FillSettled),
        like(FillSettled),
        like(OrderCancelled, order_id=id_of(7), cancel_reason="POSITION_CLOSED", cause_seq=seq + 2),
        like(OrderCancelled, order_id=id_of(8), cancel_reason="POSITION_CLOSED"),
    )


def test_a_pair_stays_when_the_position_is_only_reduced() -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "alice", "bob", "2", "60000"),
        waiting(7, "alice", "SELL", "2", "TAKE_PROFIT_MARKET", "62000", oco_group="p"),
        waiting(8, "alice", "SELL", "2", "STOP_LOSS_MARKET", "58500", oco_group="p"),
    )
    scenario.when(off_book(2, "bob", "alice", "1.5", "60000")).then(like(FillSettled), like(FillSettled))


def test_a_child_goes_when_its_parent_is_filled_into_a_position_of_the_other_side() -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "bob", "alice", "3", "60000"),
        order(7, "alice", "BUY", "1", "60000"),
        waiting(8, "alice", "SELL", "1", "STOP_LOSS_MARKET", "58500", parent_order_id=id_of(7)),
        order(9, "bob", "SELL", "1", "60000"),
    )
    scenario.when(trade(2, ("alice", 7), ("bob", 9), "1", "60000")).then(
        like(FillSettled), like(FillSettled), like(OrderCancelled, order_id=id_of(8))
    )


def test_the_oldest_trades_are_forgotten_many_at_a_time() -> None:
    scenario = desk("alice", "bob").given(off_book(1, "alice", "bob", "1", "60000"))
    state: State = scenario.state
    first = state.trades[id_of(1)]
    state.trades.clear()
    whole = trades.TRADES_REMEMBERED + trades.TRADES_DROPPED
    for number in range(whole):
        state.trades[f"old/{number}"] = first
    scenario.given(off_book(2, "alice", "bob", "1", "60000"))
    assert len(state.trades) == trades.TRADES_REMEMBERED + 1
    assert next(iter(state.trades)) == f"old/{trades.TRADES_DROPPED}"
    assert len(state.trades[id_of(2)].fills) == 2
