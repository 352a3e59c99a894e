"""The open orders of an account in the state: how they enter, change and leave.

Keeps what ``Holding`` says of them: counts, the sums that reserve margin, and the bounds of
their prices. Only ``evolve`` functions call this.
"""

from ledger.core.rules.words import ORDER_CLOSED, ORDER_OPEN
from ledger.core.state import Account, Holding, Order, State


def holding_of(state: State, account: Account, name: str) -> Holding:
    """Holding of the account in market ``name``, made on first use and kept for ever.

    It outlives its position because the next change must carry on from its cached index.
    """
    holding = account.holdings.get(name)
    if holding is None:
        market = state.markets[name]
        holding = Holding(market)
        account.holdings[market.market] = holding  # one text for all accounts
    return holding


def enter(account: Account, holding: Holding, order: Order) -> None:
    """Put an order among those of its account."""
    account.orders[order.order_id] = order
    holding.orders += 1
    if order.reduce_only:
        holding.reduce_only_orders += 1


def leave(account: Account, holding: Holding, order: Order, status: str) -> None:
    """Take an order out. A remembered trade may still know it: ``status`` says how it ended."""
    del account.orders[order.order_id]
    order.status = status
    holding.orders -= 1
    if order.reduce_only:
        holding.reduce_only_orders -= 1


def fill(account: Account, holding: Holding, order: Order, remaining_e8: int) -> None:
    """Leave ``remaining_e8`` of an order; with nothing left it is closed."""
    order.remaining_e8 = remaining_e8
    if remaining_e8 == 0:
        leave(account, holding, order, ORDER_CLOSED)


def release(holding: Holding, open_buy_e8: int, open_sell_e8: int) -> None:
    """Set the sums that reserve margin after an order gave some back.

    A side without such orders has no price bound. Else the bounds stay, and may be too wide.
    """
    holding.open_buy_e8 = open_buy_e8
    holding.open_sell_e8 = open_sell_e8
    if open_buy_e8 == 0:
        holding.buy_price_max_e8 = 0
    if open_sell_e8 == 0:
        holding.sell_price_min_e8 = 0


def reserve(account: Account, holding: Holding, order: Order, open_buy_e8: int, open_sell_e8: int) -> None:
    """Set the sums that reserve margin after ``order`` took some, and widen the price bounds to it.

    A bound only widens, so one that lies on the losing side of the mark although this order
    does not may be stale. It is then found anew, so that later margin checks need not look at
    the orders.
    """
    holding.open_buy_e8 = open_buy_e8
    holding.open_sell_e8 = open_sell_e8
    price = order.price_e8
    mark = holding.market.mark_e8
    if order.sign > 0:
        if price > holding.buy_price_max_e8:
            holding.buy_price_max_e8 = price
        elif holding.buy_price_max_e8 > mark:
            tighten(account, holding)
    elif holding.sell_price_min_e8 == 0 or price < holding.sell_price_min_e8:
        holding.sell_price_min_e8 = price
    elif holding.sell_price_min_e8 < mark:
        tighten(account, holding)


def tighten(account: Account, holding: Holding) -> None:
    """Set the price bounds to the very prices of the orders that reserve margin."""
    name = holding.market.market
    highest = 0
    lowest = 0
    for order in account.orders.values():
        if order.market == name and order.status == ORDER_OPEN and not order.reduce_only:
            price = order.price_e8
            if order.sign > 0:
                highest = max(highest, price)
            elif lowest == 0 or price < lowest:
                lowest = price
    holding.buy_price_max_e8 = highest
    holding.sell_price_min_e8 = lowest
