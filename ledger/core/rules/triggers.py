"""Triggers: an order that waits becomes an open one when the mark reaches its trigger price.

Triggers act on the mark price and only where the market is fully open. Nothing is reserved for
a waiting order, so position limit and margin are checked here. An order that does not pass is
cancelled, which is an accepted command: nobody has to ask again.

The limit of a triggered order never leaves the price band: an order without a limit of its own
gets the band's, another's is moved into the band, which is never worse for its owner.
"""

from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import AnyEvent, OrderTriggered, TriggerOrder
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import TRIGGERS
from ledger.core.rules import book
from ledger.core.rules.bands import UNBOUND, fair_width_ppm, limit_e8
from ledger.core.rules.cancels import Cancels
from ledger.core.rules.margin import limit_use_e8, order_rise, value_and_initial_e22
from ledger.core.rules.modes import market_allows, refuse_mode
from ledger.core.rules.positions import offsets
from ledger.core.rules.words import (
    ABOVE,
    ACCOUNT_ACTIVE,
    ACCOUNT_RESTRICTED,
    NOT_ENOUGH_MARGIN,
    OCO,
    ORDER_OPEN,
    ORDER_UNTRIGGERED,
    POSITION_LIMIT,
    PRICE_OUTSIDE_BAND,
    PROTECTING,
    STATUS_OK,
)
from ledger.core.state import Account, Holding, Market, Order, State
from ledger.core.values import BUY, LONG_MAX, SELL


def decide_trigger_order(state: State, command: TriggerOrder, now_us: int) -> Decision:
    """Open a waiting order, and cancel the other one of its pair; or cancel it if it may not open."""
    problem = refuse_mode(state, TRIGGERS)
    if problem is not None:
        return problem
    account = state.accounts.get(command.account)
    if account is None:
        return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"account {command.account!r}")
    order = account.orders.get(command.order_id)
    if order is None:
        return refused(RefusalCode.ORDER_NOT_FOUND, f"order {command.order_id!r} is not open")
    holding = account.holdings[order.market]
    market = holding.market
    if market.status != STATUS_OK and not market_allows(state, market, TRIGGERS):
        return refused(RefusalCode.MARKET_CLOSED, f"market {market.market} is {market.status}")
    protects = order.order_type in PROTECTING
    if protects and not offsets(holding.size_e8, order.sign):
        return refused(RefusalCode.NO_POSITION, f"order {order.order_id!r} has no position to protect yet")
    if order.status != ORDER_UNTRIGGERED:
        return refused(RefusalCode.ORDER_INVALID, f"order {order.order_id!r} is {order.status}")
    if not _reached(order, market):
        return refused(
            RefusalCode.NOT_TRIGGERED,
            f"mark {market.mark_e8} is not {order.trigger_condition} {order.trigger_price_e8}",
        )
    return _triggered(state, account, holding, order, fair_width_ppm(state, market, now_us))


def _reached(order: Order, market: Market) -> bool:
    """Whether the mark is at the trigger price or past it."""
    if order.trigger_condition == ABOVE:
        return market.mark_e8 >= order.trigger_price_e8
    return market.mark_e8 <= order.trigger_price_e8


def _triggered(state: State, account: Account, holding: Holding, order: Order, width_ppm: int) -> Decision:
    """The events of an order whose trigger was reached."""
    market = holding.market
    events: list[AnyEvent] = []
    price = _limit_e8(order, market, width_ppm)
    reason = _obstacle(account, holding, order, price)
    sums = (holding.open_buy_e8, holding.open_sell_e8)
    if reason:
        cancels = Cancels(account, order.market, sums, events)
        cancels.cancel(order, reason, order.remaining_e8, market.price_seq)
        cancels.cancel_children(order, holding.size_e8, state.seq + 1)
        return accepted(events)
    remaining = order.remaining_e8
    if order.order_type in PROTECTING:
        remaining = min(remaining, abs(holding.size_e8))
    reserved = 0 if order.reduce_only else remaining
    event = OrderTriggered(
        account.name,
        order.order_id,
        order.market,
        BUY if order.sign > 0 else SELL,
        order.trigger_price_e8,
        market.mark_e8,
        market.price_seq,
        1,
        price,
        ORDER_UNTRIGGERED,
        ORDER_OPEN,
        order.remaining_e8,
        remaining,
        holding.open_buy_e8,
        holding.open_buy_e8 + (reserved if order.sign > 0 else 0),
        holding.open_sell_e8,
        holding.open_sell_e8 + (reserved if order.sign < 0 else 0),
    )
    if event.open_buy_after_e8 > LONG_MAX or event.open_sell_after_e8 > LONG_MAX:
        return refused(RefusalCode.OUT_OF_RANGE, "sum of open orders")
    event.cause_seq = market.price_seq
    events.append(event)
    sibling = _other_of_pair(account, order)
    if sibling is not None:
        cancels = Cancels(account, order.market, sums, events)
        cancels.cancel(sibling, OCO, sibling.remaining_e8, state.seq + 1)
    return accepted(events)


def _limit_e8(order: Order, market: Market, width_ppm: int) -> int:
    """Limit of the order inside the price bands; 0 when no tick lies inside them."""
    limit = limit_e8(market, width_ppm if market.has_external_fair else UNBOUND, order.sign)
    if not order.has_price:
        return limit
    return min(order.price_e8, limit) if order.sign > 0 else max(order.price_e8, limit)


def _obstacle(account: Account, holding: Holding, order: Order, price_e8: int) -> str:
    """Why a triggered order is cancelled instead of opened; empty if it may open."""
    market = holding.market
    if price_e8 == 0:
        return PRICE_OUTSIDE_BAND
    if order.reduce_only:
        return ""
    if account.status != ACCOUNT_ACTIVE:
        return ACCOUNT_RESTRICTED
    if account.margin_exempt:
        return ""
    size = order.remaining_e8
    if limit_use_e8(holding, order.sign, size) > market.position_limit_e8:
        return POSITION_LIMIT
    rise, rise_e22 = order_rise(holding, order.sign, size, price_e8)
    value_e22, initial_e22 = value_and_initial_e22(account)
    return NOT_ENOUGH_MARGIN if rise > 0 and value_e22 < initial_e22 + rise_e22 else ""


def _other_of_pair(account: Account, order: Order) -> Order | None:
    """The other order of the pair, if it is still there."""
    if order.oco_group:
        for other in account.orders.values():
            if other is not order and other.oco_group == order.oco_group and other.market == order.market:
                return other
    return None


def evolve_order_triggered(state: State, event: OrderTriggered) -> None:
    """Open the order with its limit and what is left of it, and reserve margin for it."""
    account = state.accounts[event.account]
    order = account.orders[event.order_id]
    order.status = event.status_after
    order.has_price = event.has_price
    order.price_e8 = event.price_e8
    order.remaining_e8 = event.remaining_after_e8
    if not order.reduce_only:
        holding = account.holdings[event.market]
        book.reserve(account, holding, order, event.open_buy_after_e8, event.open_sell_after_e8)
