"""Trades of a history: matched, mismatched, agreed outside the book, and busted."""

from ledger.core.messages import AnyCommand, BustTrade, SettleOffBookTrade, SettleTrade
from tests.histories.author import Author
from tests.histories.orders import near, on_step, on_tick, order_of, resting, some_size
from tests.model.orders import too_aggressive


def trade_of(
    author: Author, first: tuple[str, str], second: tuple[str, str], price_e8: int
) -> AnyCommand | None:
    """A match of two orders given as (account, order_id), if both are still there."""
    orders = []
    for account, order_id in (first, second):
        known = author.world.accounts.get(account)
        order = None if known is None else known.orders.get(order_id)
        if order is None:
            return None
        orders.append(order)
    market = author.world.markets[orders[0].market]
    whole = min(o.remaining for o in orders)
    size = author.chooser.pick((whole, on_step(market, whole // 2), market.rule("size_step_e8")))
    buy, sell = orders if orders[0].sign > 0 else reversed(orders)
    head = author.head("engine")
    return SettleTrade(
        *head,
        orders[0].market,
        price_e8,
        size,
        buy.account,
        buy.order_id,
        sell.account,
        sell.order_id,
        author.chooser.pick(("BUY", "SELL")),
        author.now_us - 10,
    )


def match(author: Author) -> AnyCommand | None:
    """An order against one that rests, and then their trade."""
    order = resting(author, "OPEN")
    found = author.trader()
    if order is None or found is None or found[0] == order.account:
        return None
    market = author.world.markets[order.market]
    side = "SELL" if order.sign > 0 else "BUY"
    price = on_tick(market, order.limit)
    if order.sign * (price - market.mark) > 0 and author.chooser.integer(0, 1):
        price = on_tick(market, market.mark)
    if order.sign * (order.limit - price) < 0 or too_aggressive(market, -order.sign, price):
        return None
    size = author.chooser.pick((order.remaining, on_step(market, order.remaining // 3), order.remaining * 2))
    command = order_of(author, found[0], order.market, side, size, price_e8=price)
    newcomer = (found[0], f"{command.producer}/{command.number}")
    author.plan(lambda later: trade_of(later, (order.account, order.order_id), newcomer, price))
    if author.chooser.integer(0, 2) == 2:
        author.plan(lambda later: trade_of(later, (order.account, order.order_id), newcomer, price))
    return command


def mismatch(author: Author) -> AnyCommand | None:
    """A match that the engine should not have made: any two orders, any price and size."""
    first, second = resting(author, "OPEN"), resting(author, author.chooser.pick(("OPEN", "UNTRIGGERED")))
    if first is None or second is None:
        return None
    buy, sell = (first, second) if author.chooser.integer(0, 1) else (second, first)
    market = author.world.markets[buy.market]
    return SettleTrade(
        *author.head("engine"),
        buy.market,
        author.chooser.pick((max(1, buy.limit), max(1, sell.limit), on_tick(market, market.mark))),
        author.chooser.pick((buy.remaining, sell.remaining, sell.remaining + market.rule("size_step_e8"))),
        buy.account,
        buy.order_id,
        sell.account,
        sell.order_id,
        "BUY",
        author.now_us,
    )


def off_book(author: Author) -> AnyCommand | None:
    """A trade agreed outside the book, often against the exempt account."""
    found, market, other = author.trader(), author.market(), author.trader()
    if found is None or market is None or other is None:
        return None
    (account, books), (name, rules) = found, market
    counterparty = author.chooser.pick(("EXTERNAL", other[0]))
    pair = author.chooser.pick(((account, counterparty), (counterparty, account)))
    size = some_size(author, name, rules, books)
    head = author.head("importer")
    return SettleOffBookTrade(
        *head,
        name,
        near(author, rules),
        size,
        *pair,
        author.chooser.pick(("NONE", "BUY", "SELL")),
        author.now_us - 10,
    )


def bust(author: Author) -> AnyCommand | None:
    """Some trade, the last one most often."""
    trades = list(author.world.trades)
    if not trades:
        return None
    recent = author.chooser.integer(0, min(len(trades) - 1, 7))
    return BustTrade(*author.head("engine"), trades[-1 - recent], "bust")
