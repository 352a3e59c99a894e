"""Orders: placed, triggered, cancelled, deleveraged (domain.md 2.8, 2.11, 2.12; decisions 12, 16, 17)."""

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from typing import Final

from ledger.core.messages import (
    CancelAllOrders,
    CancelOrder,
    CancelOutsideBand,
    DeleverageAccount,
    PlaceOrder,
    TriggerOrder,
)
from ledger.core.refusals import RefusalCode as Code
from tests.model.books import (
    AMOUNT_MAX,
    E8,
    ORDER_TYPES,
    PPM,
    PRICED_TYPES,
    TAKE_PROFIT_STOP_LOSS,
    TRIGGERED_TYPES,
    Account,
    Market,
    Objections,
    Order,
    World,
    refuse_if,
)
from tests.model.control import CODES, against_mode, allows, fair_width, restricted
from tests.model.margin import account_value, net_requirement, requirement

TAKEN_BY: Final = {
    "": ORDER_TYPES,
    "GTC": ORDER_TYPES,
    "POST_ONLY": frozenset({"LIMIT", "STOP_LIMIT"}),
    "RPI": frozenset({"LIMIT", "STOP_LIMIT"}),
    "IOC": frozenset({"LIMIT"}),
}
"""Which order types take an instruction; an empty one means GTC."""


def band_limit(market: Market, sign: int) -> int:
    """The most aggressive price that the band allows: what a market order is limited to."""
    width = Fraction(market.rule("price_band_ppm"), PPM)
    tick = market.rule("price_tick_e8")
    if sign > 0:
        return floor(market.mark * (1 + width) / tick) * tick
    return max(tick, ceil(market.mark * (1 - width) / tick) * tick)


def too_aggressive(market: Market, sign: int, price: int) -> bool:
    """Whether ``price`` crosses the band of the market as it is now."""
    width = Fraction(market.rule("price_band_ppm"), PPM)
    return sign * (price - market.mark * (1 + sign * width)) > 0


def _shape(command: PlaceOrder, against: Objections) -> None:
    """Words and numbers of an order that no market could take."""
    against.add(command.side not in ("BUY", "SELL"), Code.INVALID_VALUE)
    against.add(command.order_type not in ORDER_TYPES, Code.INVALID_VALUE)
    against.add(command.instruction not in TAKEN_BY, Code.INVALID_VALUE)
    against.add(command.trigger_condition not in ("", "ABOVE", "BELOW"), Code.INVALID_VALUE)
    against.add(command.stp not in ("", "EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH"), Code.INVALID_VALUE)
    against.add(command.reduce_only not in (0, 1), Code.INVALID_VALUE)
    against.add(command.size_e8 <= 0, Code.INVALID_VALUE)
    against.add(command.size_e8 > AMOUNT_MAX, Code.OUT_OF_RANGE)
    for present, price in (
        (command.has_price, command.price_e8),
        (command.has_trigger, command.trigger_price_e8),
    ):
        against.add(
            not (present == 1 and price > 0) and not (present == 0 and price == 0), Code.INVALID_VALUE
        )
        against.add(price > AMOUNT_MAX, Code.OUT_OF_RANGE)


def waits_for(order_type: str, sign: int) -> str:
    """The side of the trigger on which the mark must be, where the order does not say."""
    above = -1 if order_type.startswith("TAKE_PROFIT") else 1
    return "ABOVE" if sign == above else "BELOW"


def _combination(account: Account, command: PlaceOrder, sign: int, against: Objections) -> None:
    """Type, instruction, price, trigger and the orders it refers to must go together."""
    triggered = command.order_type in TRIGGERED_TYPES
    protects = command.order_type in TAKE_PROFIT_STOP_LOSS
    against.add((command.order_type in PRICED_TYPES) != (command.has_price == 1), Code.ORDER_INVALID)
    against.add(triggered != (command.has_trigger == 1), Code.ORDER_INVALID)
    against.add(command.order_type not in TAKEN_BY[command.instruction], Code.ORDER_INVALID)
    condition = command.trigger_condition
    against.add(bool(condition) and not triggered, Code.ORDER_INVALID)
    against.add(
        bool(condition) and protects and condition != waits_for(command.order_type, sign), Code.ORDER_INVALID
    )
    if command.parent_order_id:
        parent = account.orders.get(command.parent_order_id)
        against.add(parent is None, Code.ORDER_NOT_FOUND)
        against.add(
            parent is not None
            and (
                not protects or parent.market != command.market or parent.sign == sign or parent.reduce_only
            ),
            Code.ORDER_INVALID,
        )
    if command.oco_group:
        against.add(not protects, Code.ORDER_INVALID)
        halves = [
            o
            for o in account.orders.values()
            if o.oco_group == command.oco_group and o.market == command.market
        ]
        kind = command.order_type.split("_")[0]
        against.add(
            any(o.order_type.startswith(kind) or o.sign != sign or o.status == "OPEN" for o in halves),
            Code.ORDER_INVALID,
        )


def too_close(world: World, market: Market, sign: int, price: int) -> bool:
    """Whether ``price`` crosses the band around the external fair price, where one binds."""
    width = fair_width(world, market)
    return width is not None and sign * (price - (market.fair or 0) * (1 + sign * width)) > 0


def limit_now(world: World, market: Market, sign: int) -> int:
    """The most aggressive price that both bands allow."""
    limit, width = band_limit(market, sign), fair_width(world, market)
    if width is None or market.fair is None:
        return limit
    tick = market.rule("price_tick_e8")
    if sign > 0:
        return min(limit, floor(market.fair * (1 + width) / tick) * tick)
    return max(limit, tick, ceil(market.fair * (1 - width) / tick) * tick)


def _against_market(world: World, market: Market, command: PlaceOrder, against: Objections) -> None:
    """Tick, step, sizes and band of the market."""
    tick = market.rule("price_tick_e8")
    against.add(command.has_price == 1 and command.price_e8 % tick != 0, Code.PRICE_OFF_TICK)
    against.add(command.has_trigger == 1 and command.trigger_price_e8 % tick != 0, Code.PRICE_OFF_TICK)
    against.add(command.size_e8 % market.rule("size_step_e8") != 0, Code.SIZE_OFF_STEP)
    against.add(command.size_e8 > market.rule("order_size_max_e8"), Code.ORDER_TOO_LARGE)
    sign = 1 if command.side == "BUY" else -1
    aggressive = command.order_type == "LIMIT" and (
        too_aggressive(market, sign, command.price_e8) or too_close(world, market, sign, command.price_e8)
    )
    empty = command.order_type == "MARKET" and limit_now(world, market, sign) == 0
    against.add(aggressive or empty, Code.PRICE_OUTSIDE_BAND)


def _against_account(
    market: Market, account: Account, command: PlaceOrder, order: Order, against: Objections
) -> None:
    """Number of orders, reduction and limit of the position."""
    position = account.positions.get(command.market)
    size = position.size if position else 0
    exactly = order.size >= abs(size) if order.protects else order.size == abs(size)
    closes = order.reduce_only and order.offsets(size) and exactly
    worth = Fraction(order.size * market.mark, E8)
    against.add(worth < market.rule("notional_min_e8") and not closes, Code.ORDER_TOO_SMALL)
    orders = account.orders_in(command.market)
    against.add(len(orders) >= market.rule("open_orders_max"), Code.TOO_MANY_ORDERS)
    if order.protects:
        against.add(not order.offsets(size) and order.parent not in account.orders, Code.NOT_REDUCING)
    elif order.reduce_only:
        against.add(not order.offsets(size) or order.size > abs(size), Code.NOT_REDUCING)
    against.add(beyond_limit(market, account, order), Code.POSITION_LIMIT)


def beyond_limit(market: Market, account: Account, order: Order) -> bool:
    """Whether the position could pass its limit if every order of this side filled."""
    if not order.reserves or account.exempt:
        return False
    others = [o for o in account.orders_in(order.market) if o.order_id != order.order_id]
    same_side = sum(o.remaining for o in others if o.reserves and o.sign == order.sign)
    size = account.position(order.market).size
    return order.remaining + same_side + order.sign * size > market.rule("position_limit_e8")


def place_order(world: World, command: PlaceOrder, command_id: str) -> None:
    """A new order; untriggered and reduce-only ones reserve no margin."""
    against = Objections()
    _shape(command, against)
    against_mode(world, _what(command), against)
    known = command.market in world.markets
    against.add(not known, Code.MARKET_NOT_FOUND)
    closed = known and not allows(world, _what(command), world.markets[command.market].status)
    against.add(closed, Code.MARKET_CLOSED)
    against.add(command.account not in world.accounts, Code.ACCOUNT_NOT_FOUND)
    against.stop()
    market, account = world.markets[command.market], world.account(command.account)
    sign = 1 if command.side == "BUY" else -1
    protects = command.order_type in TAKE_PROFIT_STOP_LOSS
    reduces = protects or command.reduce_only == 1
    against.add(fair_width(world, market) is not None and market.fair is None, Code.FAIR_PRICE_MISSING)
    against.add(account.status == "closed", Code.ACCOUNT_CLOSED)
    against.add(account.status not in ("active", "closed") and not reduces, Code.ACCOUNT_RESTRICTED)
    against.add(market.mark == 0, Code.NO_MARK_PRICE)
    _combination(account, command, sign, against)
    against.stop()
    waits = command.order_type in TRIGGERED_TYPES
    order = Order(
        command_id,
        command.account,
        command.market,
        sign,
        command.order_type,
        command.instruction or "GTC",
        reduces,
        command.size_e8,
        command.size_e8,
        limit_now(world, market, sign) if command.order_type == "MARKET" else command.price_e8,
        command.trigger_price_e8,
        command.trigger_condition or (waits_for(command.order_type, sign) if waits else ""),
        command.oco_group,
        command.parent_order_id,
        "UNTRIGGERED" if waits else "OPEN",
        world.seq + 1,
    )
    _against_market(world, market, command, against)
    _against_account(market, account, command, order, against)
    against.add(not may_rest(world, account, order), Code.INSUFFICIENT_MARGIN)
    against.stop()
    account.orders[command_id] = order
    account.position(command.market)
    world.record("OrderPlaced", command.account)


def _what(command: PlaceOrder) -> str:
    """What the mode must allow."""
    return "resting_orders" if command.instruction in ("POST_ONLY", "RPI") else "other_orders"


def may_rest(world: World, account: Account, order: Order) -> bool:
    """``AV >= IMR'`` with the order, or the net requirement of its market does not rise."""
    if account.exempt or not order.reserves:
        return True
    value = account_value(account, world.markets, world.settlement)
    if value >= requirement(account, world.markets, order):
        return True
    market = world.markets[order.market]
    others = [o for o in account.orders_in(order.market) if o.order_id != order.order_id]
    return net_requirement(account, order.market, market, [*others, order]) <= net_requirement(
        account, order.market, market, others
    )


def cancel(world: World, account: Account, order: Order) -> None:
    """The order is gone; a trade that filled it before remembers that."""
    del account.orders[order.order_id]
    order.status = "CANCELLED"
    world.record("OrderCancelled", order.account)


def cancel_children(world: World, account: Account, parent: Order) -> None:
    """What was to protect the position of a cancelled order, unless it protects one already."""
    size = account.position(parent.market).size
    filled = parent.remaining != parent.size
    for order in list(account.orders.values()):
        if order.parent == parent.order_id and not (filled and order.offsets(size)):
            cancel(world, account, order)


def cancel_order(world: World, command: CancelOrder) -> None:
    """One order of its owner, and its children."""
    refuse_if(command.account not in world.accounts, Code.ACCOUNT_NOT_FOUND)
    account = world.account(command.account)
    refuse_if(command.order_id not in account.orders, Code.ORDER_NOT_FOUND)
    order = account.orders[command.order_id]
    cancel(world, account, order)
    cancel_children(world, account, order)


def cancel_all_orders(world: World, command: CancelAllOrders) -> None:
    """Every order of an account, in one market or in all."""
    against = Objections()
    against.add(bool(command.market) and command.market not in world.markets, Code.MARKET_NOT_FOUND)
    against.add(command.account not in world.accounts, Code.ACCOUNT_NOT_FOUND)
    against.stop()
    account = world.account(command.account)
    orders = [o for o in account.orders.values() if command.market in ("", o.market)]
    refuse_if(not orders, Code.NO_ORDERS)
    for order in orders:
        cancel(world, account, order)


def cancel_outside_band(world: World, command: CancelOutsideBand) -> None:
    """Open orders that the maintenance band forbids."""
    refuse_if(command.market not in world.markets, Code.MARKET_NOT_FOUND)
    refuse_if(command.account not in world.accounts, Code.ACCOUNT_NOT_FOUND)
    market, account = world.markets[command.market], world.account(command.account)
    doomed = [
        o
        for o in account.orders_in(command.market)
        if o.status == "OPEN"
        and restricted(world, market)
        and market.fair is not None
        and too_close(world, market, o.sign, o.limit)
    ]
    refuse_if(not doomed, Code.INSIDE_BAND)
    for order in doomed:
        cancel(world, account, order)


def trigger_order(world: World, command: TriggerOrder) -> None:
    """The mark reached the trigger: the order opens, or is cancelled if it may not."""
    refuse_if(not allows(world, "triggers", world.status), CODES[world.status])
    refuse_if(world.waits, Code.PRICES_RESTORED)
    refuse_if(command.account not in world.accounts, Code.ACCOUNT_NOT_FOUND)
    account = world.account(command.account)
    refuse_if(command.order_id not in account.orders, Code.ORDER_NOT_FOUND)
    order = account.orders[command.order_id]
    market = world.markets[order.market]
    against = Objections()
    against.add(not allows(world, "triggers", market.status), Code.MARKET_CLOSED)
    against.add(order.status != "UNTRIGGERED", Code.ORDER_INVALID)
    size = account.position(order.market).size
    against.add(order.protects and not order.offsets(size), Code.NO_POSITION)
    reached = market.mark >= order.trigger if order.condition == "ABOVE" else market.mark <= order.trigger
    against.add(order.status == "UNTRIGGERED" and not reached, Code.NOT_TRIGGERED)
    against.stop()
    opened = _opened(world, market, order, size)
    if not _may_open(world, account, market, opened):
        cancel(world, account, order)
        cancel_children(world, account, order)
        return
    order.status, order.limit, order.remaining = opened.status, opened.limit, opened.remaining
    world.record("OrderTriggered", command.account)
    for sibling in list(account.orders.values()):
        same_pair = sibling.oco_group == order.oco_group and sibling.market == order.market
        if order.oco_group and same_pair and sibling is not order:
            cancel(world, account, sibling)


def _opened(world: World, market: Market, order: Order, position_size: int) -> Order:
    """The order as it opens: its limit inside the band, a protecting one cut to the position."""
    limit = limit_now(world, market, order.sign)
    if order.order_type in PRICED_TYPES:
        limit = min(order.limit, limit) if order.sign > 0 else max(order.limit, limit)
    remaining = min(order.remaining, abs(position_size)) if order.protects else order.remaining
    return replace(order, status="OPEN", limit=limit, remaining=remaining)


def _may_open(world: World, account: Account, market: Market, opened: Order) -> bool:
    """Nothing was reserved while it waited, so limit and margin are asked now."""
    if opened.limit == 0:
        return False
    if opened.reduce_only:
        return True
    if account.status != "active" or beyond_limit(market, account, opened):
        return False
    return may_rest(world, account, opened)


def after_change(world: World, account: Account, market: str) -> None:
    """Orders that a changed position leaves without sense are cancelled (decision 16)."""
    size = account.position(market).size
    for order in account.orders_in(market):
        fits_in = order.offsets(size) and (order.protects or order.remaining <= abs(size))
        expected = order.parent in account.orders
        if order.reduce_only and not fits_in and not expected:
            cancel(world, account, order)


def deleverage_account(world: World, command: DeleverageAccount) -> None:
    """Below its requirement an account keeps only orders that offset its positions."""
    refuse_if(world.waits, Code.PRICES_RESTORED)
    refuse_if(command.account not in world.accounts, Code.ACCOUNT_NOT_FOUND)
    account = world.account(command.account)
    against = Objections()
    value = account_value(account, world.markets, world.settlement)
    against.add(account.exempt or value >= requirement(account, world.markets), Code.HEALTHY)
    doomed: list[Order] = []
    for market in sorted({o.market for o in account.orders.values()}):
        size = account.position(market).size
        counted = [o for o in account.orders_in(market) if o.status == "OPEN" and not o.protects]
        offsetting = [o for o in counted if o.offsets(size)]
        doomed += [o for o in counted if not o.offsets(size)]
        offsetting.sort(key=lambda o: (-o.sign * o.limit, o.age))
        while sum(o.remaining for o in offsetting) > abs(size):
            doomed.append(offsetting.pop())
    against.add(not doomed, Code.NO_ORDERS)
    against.stop()
    for order in doomed:
        cancel(world, account, order)
        cancel_children(world, account, order)
