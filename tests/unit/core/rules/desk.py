"""A small trading desk for the tests of orders and trades: BTC at 60,000, everybody with money.

Orders and trades have numbers of their own choice, so that tests can name them: order 7 is
``id_of(7)``.
"""

from ledger.core.messages import (
    AdvanceFunding,
    BustTrade,
    CancelOrder,
    MarketRate,
    PlaceOrder,
    SettleOffBookTrade,
    SettleTrade,
    TriggerOrder,
)
from tests.spec import START_MS, START_US, USDC, Scenario, account, ask, deposit, e8, given, market, marks

BTC = "BTC-USD-PERP"


def id_of(number: int) -> str:
    """Id of the order or trade that command ``number`` makes."""
    return f"test/{number}"


def desk(*names: str, money: str = "100000", mark: str = "60000", **rules: object) -> Scenario:
    """A ledger with one market, a mark price, and accounts that have money."""
    scenario = given(USDC, market(**rules))
    for name in names:
        scenario.given(account(name), deposit(name, money))
    return scenario.given(marks(1, BTC=mark))


def order(number: int, name: str, side: str, size: str, price: str = "", **fields: object) -> PlaceOrder:
    """A GTC order: LIMIT with a price, else MARKET, unless ``order_type`` says otherwise."""
    defaults: dict[str, object] = {
        "number": number,
        "account": name,
        "market": BTC,
        "side": side,
        "order_type": "LIMIT" if price else "MARKET",
        "instruction": "GTC",
        "size_e8": e8(size),
        "has_price": 1 if price else 0,
        "price_e8": e8(price or "0"),
        "stp": "EXPIRE_TAKER",
    }
    return ask(PlaceOrder, **(defaults | fields))


def waiting(
    number: int, name: str, side: str, size: str, order_type: str, trigger: str, **fields: object
) -> PlaceOrder:
    """An order that waits for ``trigger``; with a limit if ``price`` is among the fields."""
    price = str(fields.pop("price", ""))
    defaults: dict[str, object] = {
        "order_type": order_type,
        "has_trigger": 1,
        "trigger_price_e8": e8(trigger),
    }
    return order(number, name, side, size, price, **(defaults | fields))


def trade(
    number: int, buy: tuple[str, int], sell: tuple[str, int], size: str, price: str, **fields: object
) -> SettleTrade:
    """A match of two orders, each given as (account, number); the buyer takes."""
    defaults: dict[str, object] = {
        "number": number,
        "market": BTC,
        "price_e8": e8(price),
        "size_e8": e8(size),
        "buy_account": buy[0],
        "buy_order_id": id_of(buy[1]),
        "sell_account": sell[0],
        "sell_order_id": id_of(sell[1]),
        "taker": "BUY",
    }
    return ask(SettleTrade, **(defaults | fields))


def off_book(
    number: int, buyer: str, seller: str, size: str, price: str, **fields: object
) -> SettleOffBookTrade:
    """A trade agreed outside the book, of which nobody is the taker."""
    defaults: dict[str, object] = {
        "number": number,
        "market": BTC,
        "price_e8": e8(price),
        "size_e8": e8(size),
        "buyer": buyer,
        "seller": seller,
        "taker": "NONE",
    }
    return ask(SettleOffBookTrade, **(defaults | fields))


def trigger(name: str, number: int) -> TriggerOrder:
    """Say that the trigger of order ``number`` was reached."""
    return ask(TriggerOrder, account=name, order_id=id_of(number))


def cancel(name: str, number: int, reason: str = "") -> CancelOrder:
    """Cancel order ``number``."""
    return ask(CancelOrder, account=name, order_id=id_of(number), reason=reason)


def bust(number: int) -> BustTrade:
    """Reverse trade ``number``."""
    return ask(BustTrade, trade_id=id_of(number), reason="engine fault")


def funding(tick_id: int, rate_e12: int, spot: str = "60000") -> AdvanceFunding:
    """The funding tick ``tick_id`` of the one market, five seconds after the one before."""
    return ask(
        AdvanceFunding,
        tick_id=tick_id,
        previous_tick_id=tick_id - 1,
        source="funding",
        source_epoch=1,
        observed_at_ms=START_MS + tick_id * 5_000,
        issued_at_us=START_US + tick_id * 5_000_000,
        rates=[MarketRate(BTC, rate_e12, e8(spot), 0, 0, 0, 0)],
    )


def position(scenario: Scenario, name: str) -> tuple[int, int]:
    """Size and cost of the position of an account."""
    holding = scenario.state.accounts[name].holdings[BTC]
    return holding.size_e8, holding.cost_e8


def orders_of(scenario: Scenario, name: str) -> list[str]:
    """Ids of the open and waiting orders of an account."""
    return sorted(scenario.state.accounts[name].orders)


def reserved(scenario: Scenario, name: str) -> tuple[int, int]:
    """Sums of the orders to buy and to sell that reserve margin."""
    holding = scenario.state.accounts[name].holdings[BTC]
    return holding.open_buy_e8, holding.open_sell_e8


def balance(scenario: Scenario, name: str) -> int:
    """Balance of the settlement asset."""
    return scenario.state.accounts[name].balance_e8
