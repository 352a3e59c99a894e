"""Orders of a history: placed, triggered, cancelled, deleveraged."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ledger.core.messages import (
    AnyCommand,
    CancelAllOrders,
    CancelOrder,
    DeleverageAccount,
    PlaceOrder,
    TriggerOrder,
)
from tests.histories.author import Author
from tests.model.books import E8, Account, Market, Order
from tests.model.margin import account_value
from tests.model.orders import band_limit, beyond_limit, may_rest

LEVERAGES: Final = (1, 2, 5, 10, 30, 100)
INSTRUCTIONS: Final = ("GTC", "GTC", "GTC", "POST_ONLY", "IOC", "RPI")
STOPS: Final = ("STOP_MARKET", "STOP_LIMIT")


def on_step(market: Market, size_e8: int) -> int:
    """``size_e8`` down to the step, at least one step."""
    step = market.rule("size_step_e8")
    return max(step, size_e8 // step * step)


def on_tick(market: Market, price_e8: int) -> int:
    """``price_e8`` down to the tick, at least one tick."""
    tick = market.rule("price_tick_e8")
    return max(tick, price_e8 // tick * tick)


def near(author: Author, market: Market) -> int:
    """A price near the mark: at it, some bps away, or exactly at an edge of the band."""
    choice = author.chooser.integer(0, 7)
    if choice == 6:
        return band_limit(market, 1)
    if choice == 7:
        return band_limit(market, -1)
    moves = (0, 5, -5, 100, -100, 300)
    return on_tick(market, market.mark + market.mark * moves[choice] // 10_000)


def some_size(author: Author, name: str, market: Market, account: Account) -> int:
    """A size that the account might carry: modest, bold, one step, its position, up to the limit."""
    choice = author.chooser.integer(0, 9)
    position = account.positions.get(name)
    if choice == 8:
        return market.rule("size_step_e8")
    if choice == 9 and position is not None and position.size:
        return on_step(market, abs(position.size) * author.chooser.pick((1, 2)))
    limit = market.rule("position_limit_e8")
    if choice == 7 and limit < 10**16:
        return on_step(market, limit - (position.size if position is not None else 0))
    value = max(0, int(account_value(account, author.world.markets, "USDC")))
    notional = value * author.chooser.pick(LEVERAGES)
    return on_step(market, min(notional * E8 // market.mark, 10**15))


def largest(author: Author, order: Order) -> int:
    """The largest size of ``order`` that margin and position limit still allow, in steps."""
    account = author.world.accounts[order.account]
    step = author.world.markets[order.market].rule("size_step_e8")
    low, high = 0, 10**15 // step
    while low < high:
        middle = (low + high + 1) // 2
        larger = replace(order, remaining=middle * step)
        within = not beyond_limit(author.world.markets[order.market], account, larger)
        if within and may_rest(author.world, account, larger):
            low = middle
        else:
            high = middle - 1
    return low * step


def order_of(
    author: Author,
    account: str,
    market: str,
    side: str,
    size_e8: int,
    *,
    order_type: str = "LIMIT",
    instruction: str = "GTC",
    price_e8: int = 0,
    trigger_e8: int = 0,
    condition: str = "",
    reduce_only: int = 0,
    oco_group: str = "",
    parent: str = "",
) -> PlaceOrder:
    """A command that places this order."""
    head = author.head("gateway")
    return PlaceOrder(
        *head,
        account,
        f"c-{head[1]}",
        market,
        side,
        order_type,
        instruction,
        reduce_only,
        size_e8,
        int(price_e8 > 0),
        price_e8,
        int(trigger_e8 > 0),
        trigger_e8,
        condition,
        oco_group,
        parent,
        "EXPIRE_TAKER",
    )


def place(author: Author) -> AnyCommand | None:
    """A limit or market order, plain, boundary-sized or reduce-only."""
    found, market = author.trader(), author.market()
    if found is None or market is None:
        return None
    (account, books), (name, rules) = found, market
    side = author.chooser.pick(("BUY", "SELL"))
    sign = 1 if side == "BUY" else -1
    instruction = author.chooser.pick(INSTRUCTIONS)
    price = near(author, rules)
    if author.chooser.integer(0, 5) == 5:
        limit = band_limit(rules, sign)
        size = some_size(author, name, rules, books)
        return order_of(author, account, name, side, size, order_type="MARKET") if limit else None
    kind = author.chooser.integer(0, 5)
    position = books.positions.get(name)
    if kind == 4 and position is not None and position.size:
        size = on_step(rules, author.chooser.pick((abs(position.size), abs(position.size) // 2)))
        side = "SELL" if position.size > 0 else "BUY"
        return order_of(author, account, name, side, size, price_e8=price, reduce_only=1)
    size = some_size(author, name, rules, books)
    if kind == 3:
        return with_child(author, order_of(author, account, name, side, size, price_e8=price), rules)
    if kind == 5:
        probe = Order("", account, name, sign, "LIMIT", "GTC", False, 0, 0, price, 0, "", "", "", "OPEN", 0)  # noqa: FBT003
        size = largest(author, probe) + author.chooser.pick((0, rules.rule("size_step_e8")))
    return order_of(author, account, name, side, max(size, 1), instruction=instruction, price_e8=price)


def with_child(author: Author, entry: PlaceOrder, rules: Market) -> AnyCommand:
    """An order, and planned after it the stop-loss that will protect what it opens."""
    side = "SELL" if entry.side == "BUY" else "BUY"
    parent = f"{entry.producer}/{entry.number}"
    author.plan(
        lambda later: order_of(
            later,
            entry.account,
            entry.market,
            side,
            entry.size_e8,
            order_type="STOP_LOSS_MARKET",
            trigger_e8=near(later, rules),
            parent=parent,
        )
    )
    return entry


def place_stop(author: Author) -> AnyCommand | None:
    """A stop order whose trigger lies near the mark."""
    found, market = author.trader(), author.market()
    if found is None or market is None:
        return None
    (account, books), (name, rules) = found, market
    side = author.chooser.pick(("BUY", "SELL"))
    order_type = author.chooser.pick(STOPS)
    return order_of(
        author,
        account,
        name,
        side,
        some_size(author, name, rules, books),
        order_type=order_type,
        price_e8=near(author, rules) if order_type == "STOP_LIMIT" else 0,
        trigger_e8=near(author, rules),
        condition=author.chooser.pick(("ABOVE", "BELOW")),
    )


def protect(author: Author) -> AnyCommand | None:
    """A take-profit and a stop-loss for a position, one cancelling the other."""
    found, market = author.trader(), author.market()
    if found is None or market is None:
        return None
    (account, books), (name, rules) = found, market
    position = books.positions.get(name)
    if position is None or not position.size:
        return None
    side = "SELL" if position.size > 0 else "BUY"
    up = "ABOVE" if position.size > 0 else "BELOW"
    down = "BELOW" if position.size > 0 else "ABOVE"
    size = abs(position.size)
    group = f"oco-{author.world.seq}"

    def half(order_type: str, condition: str) -> Callable[[Author], AnyCommand]:
        def deed(later: Author) -> AnyCommand:
            price = near(later, rules) if order_type.endswith("LIMIT") else 0
            return order_of(
                later,
                account,
                name,
                side,
                size,
                order_type=order_type,
                price_e8=price,
                trigger_e8=near(later, rules),
                condition=condition,
                reduce_only=1,
                oco_group=group,
            )

        return deed

    author.plan(half(author.chooser.pick(("STOP_LOSS_MARKET", "STOP_LOSS_LIMIT")), down))
    return half(author.chooser.pick(("TAKE_PROFIT_MARKET", "TAKE_PROFIT_LIMIT")), up)(author)


def resting(author: Author, status: str) -> Order | None:
    """One order of this status, of any trader."""
    orders = [o for a in author.world.accounts.values() for o in a.orders.values() if o.status == status]
    return author.chooser.pick(sorted(orders, key=lambda o: o.age)) if orders else None


def trigger(author: Author) -> AnyCommand | None:
    """Some untriggered order, reached or not."""
    order = resting(author, "UNTRIGGERED")
    if order is None:
        return None
    return TriggerOrder(*author.head("keeper"), order.account, order.order_id)


def cancel(author: Author) -> AnyCommand | None:
    """Some order of either status."""
    order = resting(author, author.chooser.pick(("OPEN", "UNTRIGGERED")))
    if order is None:
        return None
    return CancelOrder(*author.head("gateway"), order.account, order.order_id, "USER_CANCELED")


def cancel_all(author: Author) -> AnyCommand | None:
    """All orders of a trader, in one market or in all."""
    found = author.trader()
    if found is None:
        return None
    market = author.chooser.pick(("", author.shapes[0].name))
    return CancelAllOrders(*author.head("gateway"), found[0], market, "USER_CANCELED")


def deleverage(author: Author) -> AnyCommand | None:
    """Some trader, healthy or not."""
    found = author.trader()
    return None if found is None else DeleverageAccount(*author.head("keeper"), found[0])
