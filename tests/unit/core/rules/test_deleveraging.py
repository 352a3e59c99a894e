from ledger.core.messages import DeleverageAccount, OrderCancelled
from ledger.core.refusals import RefusalCode as Code
from tests.spec import Scenario, account, ask, e8, like, marks, refused
from tests.unit.core.rules.desk import desk, id_of, off_book, order, orders_of, trigger, waiting


def deleverage(name: str) -> DeleverageAccount:
    return ask(DeleverageAccount, account=name)


def leveraged() -> Scenario:
    """Alice is long 10 at 2,000 and has one order to buy and three to sell; then the mark falls."""
    scenario = desk("alice", "bob", mark="2000", money="3000", taker_fee_ppm=0, maker_fee_ppm=0)
    return scenario.given(
        off_book(1, "alice", "bob", "10", "2000"),
        order(7, "alice", "BUY", "2", "1900"),
        order(8, "alice", "SELL", "5", "2150"),
        order(9, "alice", "SELL", "3", "2100"),
        order(10, "alice", "SELL", "3", "2200"),
    )


def falls(scenario: Scenario) -> Scenario:
    return scenario.given(marks(2, BTC="1900"), marks(3, BTC="1810"), marks(4, BTC="1725"))


def test_orders_that_offset_the_position_stay_as_long_as_they_fit() -> None:
    scenario = falls(leveraged())
    scenario.when(deleverage("alice")).then(
        like(
            OrderCancelled,
            order_id=id_of(7),
            cancel_reason="DELEVERAGING",
            open_buy_before_e8=e8("2"),
            open_buy_after_e8=0,
        ),
        like(OrderCancelled, order_id=id_of(10), open_sell_before_e8=e8("11"), open_sell_after_e8=e8("8")),
    )
    assert orders_of(scenario, "alice") == [id_of(8), id_of(9)]


def test_at_one_price_the_older_order_stays() -> None:
    scenario = desk("alice", "bob", mark="2000", money="3000", taker_fee_ppm=0, maker_fee_ppm=0).given(
        off_book(1, "alice", "bob", "10", "2000"),
        order(7, "alice", "SELL", "6", "2100"),
        order(8, "alice", "SELL", "6", "2100"),
        order(9, "alice", "SELL", "1", "2200"),
    )
    falls(scenario).when(deleverage("alice")).then(
        like(OrderCancelled, order_id=id_of(8)), like(OrderCancelled, order_id=id_of(9))
    )


def test_a_healthy_account_keeps_its_orders() -> None:
    leveraged().when(deleverage("alice")).then(refused(Code.HEALTHY))


def test_an_exempt_account_is_always_healthy() -> None:
    scenario = desk("bob", mark="2000", taker_fee_ppm=0, maker_fee_ppm=0).given(
        account("ext", kind="EXTERNAL", margin_exempt=1),
        off_book(1, "ext", "bob", "10", "2000"),
        order(7, "ext", "BUY", "1", "1900"),
    )
    falls(scenario).when(deleverage("ext")).then(refused(Code.HEALTHY))


def test_an_account_with_nothing_to_give_up_is_told_so() -> None:
    scenario = desk("alice", "bob", mark="2000", money="3000").given(
        off_book(1, "alice", "bob", "10", "2000"), order(7, "alice", "SELL", "10", "2100")
    )
    falls(scenario).when(deleverage("alice")).then(refused(Code.NO_ORDERS))
    scenario.when(deleverage("nobody")).then(refused(Code.ACCOUNT_NOT_FOUND))


def test_protecting_and_waiting_orders_neither_count_nor_go() -> None:
    scenario = leveraged().given(
        waiting(20, "alice", "SELL", "10", "TAKE_PROFIT_LIMIT", "2000", price="2000"),
        waiting(21, "alice", "SELL", "10", "STOP_LOSS_MARKET", "1000"),
        waiting(22, "alice", "BUY", "10", "STOP_MARKET", "2500"),
        trigger("alice", 20),
    )
    falls(scenario).when(deleverage("alice")).then(
        like(OrderCancelled, order_id=id_of(7)), like(OrderCancelled, order_id=id_of(10))
    )


def test_children_go_with_a_parent_that_is_given_up() -> None:
    scenario = leveraged().given(
        waiting(20, "alice", "SELL", "2", "STOP_LOSS_MARKET", "1000", parent_order_id=id_of(7))
    )
    seq = falls(scenario).state.seq
    scenario.when(deleverage("alice")).then(
        like(OrderCancelled, order_id=id_of(7)),
        like(OrderCancelled, order_id=id_of(20), cancel_reason="PARENT_CANCELLED", cause_seq=seq + 1),
        like(OrderCancelled, order_id=id_of(10), open_buy_before_e8=0),
    )
