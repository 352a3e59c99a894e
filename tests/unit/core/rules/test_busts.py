from typing import Any

import pytest

from ledger.core.messages import OrderCancelled, TradeBusted
from ledger.core.refusals import RefusalCode as Code
from tests.fields import changed
from tests.spec import Scenario, account, deposit, e8, like, marks, refused
from tests.unit.core.rules.desk import (
    BTC,
    balance,
    bust,
    cancel,
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


def traded(**fields: object) -> Scenario:
    """Alice bought one of her two from bob's two at 60,000: trade 1 of orders 7 and 8."""
    return desk("alice", "bob").given(
        order(7, "alice", "BUY", "2", "60000", client_id="hers", **fields),
        order(8, "bob", "SELL", "2", "60000"),
        trade(1, ("alice", 7), ("bob", 8), "1", "60000"),
    )


def test_a_bust_undoes_both_sides_the_newest_first() -> None:
    scenario = traded()
    seq = scenario.state.seq
    scenario.when(bust(1)).then(
        like(
            TradeBusted,
            account="bob",
            counterparty="alice",
            reverses_seq=seq,
            reason="engine fault",
            side="SELL",
            size_after_e8=0,
            exact=1,
        ),
        like(
            TradeBusted,
            account="alice",
            market=BTC,
            trade_id=id_of(1),
            reverses_seq=seq - 1,
            counterparty="bob",
            side="BUY",
            fill_size_e8=e8("1"),
            price_e8=e8("60000"),
            value_e8=e8("60000"),
            order_id=id_of(7),
            client_id="hers",
            order_status_after="OPEN",
            remaining_before_e8=e8("1"),
            remaining_after_e8=e8("2"),
            position_id_before=seq - 1,
            position_id_after=0,
            size_before_e8=e8("1"),
            size_after_e8=0,
            cost_before_e8=e8("60000"),
            cost_after_e8=0,
            realized_pnl_e8=0,
            realized_funding_e8=0,
            funding_returned_e8=0,
            dust_e16=0,
            fee_returned_e8=e8("12"),
            balance_before_e8=e8("99988"),
            balance_after_e8=e8("100000"),
            mark_price_e8=e8("60000"),
            open_buy_before_e8=e8("1"),
            open_buy_after_e8=e8("2"),
            exact=1,
        ),
    )
    assert position(scenario, "alice") == (0, 0)
    assert balance(scenario, "bob") == e8("100000")
    assert reserved(scenario, "bob") == (0, e8("2"))


def test_a_trade_is_busted_once_and_only_if_it_is_remembered() -> None:
    scenario = traded()
    scenario.when(bust(99)).then(refused(Code.TRADE_NOT_FOUND))
    scenario.when(changed(bust(1), reason="a\0")).then(refused(Code.INVALID_VALUE))
    scenario.given(bust(1)).when(bust(1)).then(refused(Code.TRADE_ALREADY_BUSTED))


def test_a_position_that_was_reduced_comes_back_with_its_cost_and_its_id() -> None:
    scenario = desk("alice", "bob", size_step_e8=1, notional_min_e8=0, price_tick_e8=1).given(
        off_book(1, "alice", "bob", "0.00000003", "60000.33333333")
    )
    before = position(scenario, "alice")
    opened = scenario.state.seq - 1
    scenario.given(off_book(2, "bob", "alice", "0.00000001", "60000.5"))
    scenario.when(bust(2)).then(
        like(TradeBusted, exact=1, position_id_after=opened), like(TradeBusted, exact=1)
    )
    assert position(scenario, "alice") == before


def test_a_flip_comes_back_as_the_old_position() -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "alice", "bob", "1", "60000"), off_book(2, "bob", "alice", "2", "61000")
    )
    opened = scenario.state.seq - 3
    paid = balance(scenario, "alice")
    scenario.when(bust(2)).then(
        like(TradeBusted, account="alice", realized_pnl_e8=e8("-1000"), position_id_after=opened),
        like(TradeBusted, account="bob", realized_pnl_e8=e8("1000")),
    )
    assert position(scenario, "alice") == (e8("1"), e8("60000"))
    assert balance(scenario, "alice") == paid - e8("1000") + e8("3.66")


def test_a_trade_under_later_ones_is_reversed_by_the_algebra_of_a_fill() -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "alice", "bob", "1", "60000"), off_book(2, "alice", "bob", "1", "62000")
    )
    scenario.when(bust(1)).then(like(TradeBusted, exact=0), like(TradeBusted, account="alice", exact=0))
    assert position(scenario, "alice") == (e8("1"), e8("61000"))
    assert balance(scenario, "alice") == e8("100000") - e8("1.86") - e8("1000")


def test_a_bust_that_flips_or_opens_makes_a_new_position() -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "alice", "bob", "2", "60000"), off_book(2, "bob", "alice", "1", "60000")
    )
    seq = scenario.state.seq
    scenario.when(bust(1)).then(
        like(TradeBusted, account="bob", position_id_after=seq + 1, size_after_e8=e8("1")),
        like(TradeBusted, account="alice", position_id_after=seq + 2, size_after_e8=e8("-1")),
    )


def test_funding_is_settled_and_what_the_quantity_paid_since_is_returned() -> None:
    scenario = desk("alice", "bob", funding_period_s=3600).given(funding(1, 10**10))
    scenario.given(off_book(1, "alice", "bob", "2", "60000")).given(funding(2, 10**10))
    index = scenario.state.markets[BTC].index_e8
    assert index > 0
    scenario.given(off_book(2, "bob", "alice", "1", "60000"))
    scenario.given(funding(3, 10**10), funding(4, 10**10))
    later = scenario.state.markets[BTC].index_e8
    scenario.when(bust(1)).then(
        like(TradeBusted, account="bob", realized_funding_e8=later - index, funding_returned_e8=-2 * later),
        like(
            TradeBusted,
            account="alice",
            cached_index_before_e8=index,
            funding_index_e8=later,
            realized_funding_e8=index - later,
            funding_returned_e8=2 * later,
        ),
    )


def test_what_one_side_gets_back_of_funding_is_rounded_down_with_its_dust() -> None:
    scenario = desk("alice", "bob", funding_period_s=3600, size_step_e8=1, price_tick_e8=1)
    scenario.given(funding(1, 10**10), off_book(1, "alice", "bob", "0.00000003", "60000"), funding(2, 10**10))
    since = 3 * scenario.state.markets[BTC].index_e8
    scenario.when(bust(1)).then(
        like(
            TradeBusted,
            realized_funding_e8=since // 10**8,
            funding_returned_e8=-since // 10**8,
            dust_e16=since % 10**8 + -since % 10**8,
        ),
        like(
            TradeBusted,
            realized_funding_e8=-since // 10**8,
            funding_returned_e8=since // 10**8,
            dust_e16=since % 10**8 + -since % 10**8,
        ),
    )


def test_an_order_that_the_trade_had_closed_rests_again() -> None:
    scenario = traded().given(trade(2, ("alice", 7), ("bob", 8), "1", "60000"))
    assert orders_of(scenario, "alice") == []
    scenario.when(bust(2)).then(
        like(TradeBusted, account="bob", order_status_after="OPEN", remaining_before_e8=0),
        like(TradeBusted, remaining_after_e8=e8("1")),
    )
    assert orders_of(scenario, "alice") == [id_of(7)]
    scenario.given(bust(1))
    assert reserved(scenario, "alice") == (e8("2"), 0)
    assert scenario.state.accounts["alice"].orders[id_of(7)].remaining_e8 == e8("2")


def test_an_order_cancelled_since_does_not_come_back() -> None:
    scenario = traded().given(cancel("alice", 7))
    scenario.when(bust(1)).then(
        like(TradeBusted, account="bob"),
        like(TradeBusted, order_status_after="CLOSED", remaining_before_e8=0, remaining_after_e8=0),
    )
    assert orders_of(scenario, "alice") == []
    assert reserved(scenario, "alice") == (0, 0)


@pytest.mark.parametrize(("price", "instruction"), [("60000", "IOC"), ("", "GTC")])
def test_an_immediate_order_does_not_come_back(price: str, instruction: str) -> None:
    scenario = desk("alice", "bob").given(
        order(7, "alice", "BUY", "1", price, instruction=instruction),
        order(8, "bob", "SELL", "2", "60000"),
        trade(1, ("alice", 7), ("bob", 8), "0.4", "60000"),
        trade(2, ("alice", 7), ("bob", 8), "0.6", "60000"),
    )
    scenario.when(bust(2)).then(
        like(TradeBusted, account="bob"), like(TradeBusted, order_status_after="CLOSED", remaining_after_e8=0)
    )
    assert orders_of(scenario, "alice") == []


def test_an_immediate_order_that_is_still_open_keeps_what_it_has() -> None:
    scenario = desk("alice", "bob").given(
        order(7, "alice", "BUY", "1", "60000", instruction="IOC"),
        order(8, "bob", "SELL", "2", "60000"),
        trade(1, ("alice", 7), ("bob", 8), "0.4", "60000"),
    )
    scenario.when(bust(1)).then(
        like(TradeBusted, account="bob"),
        like(
            TradeBusted,
            order_status_after="OPEN",
            remaining_before_e8=e8("0.6"),
            remaining_after_e8=e8("0.6"),
            open_buy_after_e8=e8("0.6"),
        ),
    )


def reduced(after: str) -> Scenario:
    """Alice closed her one by a reduce-only order, then bought ``after`` more."""
    scenario = desk("alice", "bob").given(
        off_book(1, "alice", "bob", "1", "60000"),
        order(7, "alice", "SELL", "1", "60000", reduce_only=1),
        order(8, "bob", "BUY", "1", "60000"),
        trade(2, ("bob", 8), ("alice", 7), "1", "60000"),
    )
    return scenario.given(off_book(3, "bob", "alice", after, "60000")) if after else scenario


def test_a_reduce_only_order_comes_back_where_it_fits_the_position() -> None:
    scenario = reduced("")
    scenario.when(bust(2)).then(
        like(TradeBusted, account="alice", order_status_after="OPEN", open_sell_after_e8=0), like(TradeBusted)
    )
    assert orders_of(scenario, "alice") == [id_of(7)]
    assert scenario.state.accounts["alice"].holdings[BTC].reduce_only_orders == 1


def test_a_reduce_only_order_stays_away_where_it_does_not_fit_the_position() -> None:
    scenario = reduced("0.5")
    scenario.when(bust(2)).then(
        like(TradeBusted, account="alice", size_after_e8=e8("0.5"), order_status_after="CLOSED"),
        like(TradeBusted),
    )
    assert orders_of(scenario, "alice") == []


def test_a_pair_goes_when_a_bust_takes_its_position_away() -> None:
    scenario = traded().given(waiting(9, "alice", "SELL", "1", "STOP_LOSS_MARKET", "59000"))
    seq = scenario.state.seq
    scenario.when(bust(1)).then(
        like(TradeBusted, account="bob"),
        like(TradeBusted, account="alice"),
        like(OrderCancelled, order_id=id_of(9), cancel_reason="POSITION_CLOSED", cause_seq=seq + 2),
    )


def test_an_account_that_traded_with_itself_gets_back_exactly_what_it_had() -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "alice", "bob", "1", "60000"),
        order(7, "alice", "SELL", "1", "61000", reduce_only=1),
        off_book(2, "alice", "alice", "3", "61000"),
    )
    opened = scenario.state.seq - 4
    scenario.when(bust(2)).then(
        like(TradeBusted, side="SELL", exact=1, size_after_e8=e8("4"), cost_after_e8=e8("243000")),
        like(TradeBusted, side="BUY", exact=1, size_before_e8=e8("4"), position_id_after=opened),
    )
    assert position(scenario, "alice") == (e8("1"), e8("60000"))
    assert balance(scenario, "alice") == e8("100000") - e8("1.8")
    assert orders_of(scenario, "alice") == [id_of(7)]


def test_margin_is_not_asked_for() -> None:
    scenario = desk("alice", "bob", money="1300").given(
        off_book(1, "alice", "bob", "1", "60000"),
        off_book(2, "bob", "alice", "1", "60000"),
        marks(2, BTC="57500"),
    )
    scenario.when(bust(2)).then(like(TradeBusted), like(TradeBusted))
    assert position(scenario, "alice") == (e8("1"), e8("60000"))


def test_a_settled_market_and_a_closed_account_stay_as_they_are() -> None:
    scenario = desk("alice", "bob", maker_fee_ppm=0, taker_fee_ppm=0).given(
        off_book(1, "alice", "bob", "1", "60000"), off_book(2, "bob", "alice", "1", "60000")
    )
    settled = changed(status_of_market(scenario, "settled"), maker_fee_ppm=0, taker_fee_ppm=0)
    scenario.given(settled).when(bust(2)).then(refused(Code.MARKET_CLOSED))
    empty = desk().given(account("alice"), account("bob")).given(marks(2, BTC="60000"))
    empty.given(deposit("bob", "100000"), account("ext", kind="EXTERNAL", margin_exempt=1, fee_tier="RETAIL"))
    empty.given(off_book(1, "ext", "bob", "1", "60000"), off_book(2, "bob", "ext", "1", "60000"))
    empty.given(status_of_account("ext", "closed")).when(bust(1)).then(refused(Code.ACCOUNT_CLOSED))


def test_results_past_the_range_are_refused() -> None:
    limits: dict[str, Any] = {"position_limit_e8": 10**17, "order_size_max_e8": 10**17}
    scenario = desk(mark="90", **limits)
    for name in ("ext", "two"):
        scenario.given(account(name, kind="EXTERNAL", margin_exempt=1))
    scenario.given(
        off_book(1, "ext", "two", "900000000", "90"),
        off_book(2, "two", "ext", "900000000", "90"),
        off_book(3, "two", "ext", "900000000", "90"),
    )
    scenario.when(bust(1)).then(refused(Code.OUT_OF_RANGE))


def test_an_order_filled_by_two_trades_gets_both_back_in_either_order() -> None:
    scenario = traded().given(trade(2, ("alice", 7), ("bob", 8), "0.5", "60000"))
    scenario.given(bust(1), bust(2))
    assert scenario.state.accounts["alice"].orders[id_of(7)].remaining_e8 == e8("2")
    assert position(scenario, "alice") == (0, 0)


def test_a_triggered_take_profit_limit_comes_back_as_an_open_order() -> None:
    scenario = desk("alice", "bob").given(
        off_book(1, "alice", "bob", "1", "60000"),
        waiting(7, "alice", "SELL", "1", "TAKE_PROFIT_LIMIT", "60000", price="60000"),
        order(8, "bob", "BUY", "1", "60000"),
        trigger("alice", 7),
        trade(2, ("bob", 8), ("alice", 7), "1", "60000"),
    )
    scenario.given(bust(2))
    assert scenario.state.accounts["alice"].orders[id_of(7)].status == "OPEN"
