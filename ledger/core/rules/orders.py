"""Orders: placed and cancelled.

The book is the matching engine's. The ledger keeps each order's limit, what remains of it, and
what it reserves: an open order that is not reduce-only counts for margin, an untriggered or
reduce-only one does not. No amount is locked for an order.
"""

from ledger.core.control import OK_BIT
from ledger.core.decision import Decision, accepted, command_id, refused
from ledger.core.messages import (
    AnyEvent,
    CancelAllOrders,
    CancelOrder,
    CancelOutsideBand,
    OrderCancelled,
    OrderPlaced,
    PlaceOrder,
)
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import OTHER_ORDERS, RESTING_ORDERS
from ledger.core.rules import book
from ledger.core.rules.bands import (
    UNBOUND,
    fair_width_ppm,
    is_restricted,
    limit_e8,
    outside_fair_band,
)
from ledger.core.rules.cancels import Cancels, by_age, order_cancelled
from ledger.core.rules.margin import (
    E22_PER_E8,
    limit_use_e8,
    order_rise,
    rounded_up_e8,
    value_and_initial_e22,
)
from ledger.core.rules.modes import market_allows, refuse_mode
from ledger.core.rules.order_form import (
    malformed,
    protects_parent,
    sign_of,
    trigger_condition,
    unreadable,
)
from ledger.core.rules.positions import offsets
from ledger.core.rules.words import (
    ACCOUNT_ACTIVE,
    ACCOUNT_CLOSED,
    EXPIRE_TAKER,
    GTC,
    ORDER_CANCELLED,
    ORDER_KINDS,
    ORDER_OPEN,
    ORDER_UNTRIGGERED,
    POST_ONLY,
    PRICE_OUTSIDE_BAND,
    RPI,
    STATUS_OK,
    USER_CANCELED,
    OrderKind,
)
from ledger.core.state import Account, Holding, Order, State
from ledger.core.values import BUY, LONG_MAX, LONG_MIN, is_text


def decide_place_order(state: State, command: PlaceOrder, now_us: int) -> Decision:
    """Accept an order if its form, its account and the account's margin allow it.

    A market order is recorded with the limit that the price band gives it. Accepted for margin
    if the account value covers the requirement with the order, or if the net requirement of
    its market does not rise.
    """
    sign = sign_of(command.side)
    kind = ORDER_KINDS.get(command.order_type)
    if sign == 0 or kind is None:
        return refused(
            RefusalCode.INVALID_VALUE, f"{command.side!r} or {command.order_type!r} is no side or type"
        )
    problem = unreadable(command)
    if problem is not None:
        return problem
    capability = RESTING_ORDERS if command.instruction in (POST_ONLY, RPI) else OTHER_ORDERS
    control = state.control
    problem = refuse_mode(state, capability)
    if problem is not None:
        return problem
    market = state.markets.get(command.market)
    if market is None:
        return refused(RefusalCode.MARKET_NOT_FOUND, f"market {command.market!r}")
    if market.status != STATUS_OK and not market_allows(state, market, capability):
        return refused(RefusalCode.MARKET_CLOSED, f"market {market.market} is {market.status}")
    account = state.accounts.get(command.account)
    if account is None:
        return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"account {command.account!r}")
    reduce_only = 1 if kind.protects else command.reduce_only
    if account.status == ACCOUNT_CLOSED:
        return refused(RefusalCode.ACCOUNT_CLOSED, f"account {account.name}")
    if account.status != ACCOUNT_ACTIVE and not reduce_only:
        return refused(RefusalCode.ACCOUNT_RESTRICTED, f"account {account.name} is {account.status}")
    if market.mark_e8 == 0:
        return refused(RefusalCode.NO_MARK_PRICE, f"market {market.market} has no mark price yet")
    holding = account.holdings.get(market.market) or Holding(market)
    size_now = holding.size_e8
    width_ppm = UNBOUND
    if control.bit != OK_BIT or market.status != STATUS_OK or control.opened_us or market.opened_us:
        width_ppm = fair_width_ppm(state, market, now_us)
    if width_ppm != UNBOUND and not market.has_external_fair:
        return refused(RefusalCode.FAIR_PRICE_MISSING, f"market {market.market} has no external fair price")
    problem = malformed(account, market, command, kind, sign, size_now, width_ppm)
    if problem is not None:
        return problem
    if holding.orders >= market.open_orders_max:
        return refused(RefusalCode.TOO_MANY_ORDERS, f"{holding.orders} of {market.open_orders_max} orders")
    if reduce_only and not _may_reduce(account, command, kind, sign, size_now):
        return refused(
            RefusalCode.NOT_REDUCING,
            f"{command.side} {command.size_e8} does not reduce a position of {size_now}",
        )
    return _placed(account, holding, command, kind, sign, width_ppm)


def _may_reduce(account: Account, command: PlaceOrder, kind: OrderKind, sign: int, size_now_e8: int) -> bool:
    """Whether a reduce-only order has something to reduce.

    A take-profit or stop-loss order may be larger than the position, since it is cut to it at
    its trigger, and may wait for the position that its parent will open.
    """
    if kind.protects:
        return offsets(size_now_e8, sign) or protects_parent(account, command.parent_order_id)
    return offsets(size_now_e8, sign) and command.size_e8 <= abs(size_now_e8)


def _placed(
    account: Account, holding: Holding, command: PlaceOrder, kind: OrderKind, sign: int, width_ppm: int
) -> Decision:
    """Record a well-formed order if position limit and margin allow what it reserves."""
    market = holding.market
    size = command.size_e8
    price = command.price_e8
    opens = kind.trigger == 0
    has_price = kind.limit
    if opens and not has_price:
        has_price = 1
        price = limit_e8(market, width_ppm, sign)
    reduce_only = 1 if kind.protects else command.reduce_only
    value_e22, initial_e22 = value_and_initial_e22(account)
    required_e22 = initial_e22
    buy_after = holding.open_buy_e8
    sell_after = holding.open_sell_e8
    if opens and not reduce_only:
        if sign > 0:
            buy_after += size
        else:
            sell_after += size
        if not account.margin_exempt:
            limit_use = limit_use_e8(holding, sign, size)
            if limit_use > market.position_limit_e8:
                return refused(RefusalCode.POSITION_LIMIT, f"{limit_use} is above {market.position_limit_e8}")
            rise, rise_e22 = order_rise(holding, sign, size, price)
            required_e22 += rise_e22
            if rise > 0 and value_e22 < required_e22:
                return refused(
                    RefusalCode.INSUFFICIENT_MARGIN,
                    f"value {value_e22 // E22_PER_E8} is below the margin of {rounded_up_e8(required_e22)}",
                )
    value_e8 = value_e22 // E22_PER_E8
    required_e8 = rounded_up_e8(required_e22)
    largest = max(required_e8, buy_after, sell_after)
    if not LONG_MIN <= value_e8 <= LONG_MAX or largest > LONG_MAX:
        return refused(RefusalCode.OUT_OF_RANGE, "account value, requirement or sum of orders")
    return accepted(
        [
            OrderPlaced(
                command.account,
                command_id(command),
                command.client_id,
                command.market,
                command.side,
                command.order_type,
                command.instruction or GTC,
                reduce_only,
                size,
                has_price,
                price,
                command.has_trigger,
                command.trigger_price_e8,
                command.trigger_condition or trigger_condition(kind, sign),
                command.oco_group,
                command.parent_order_id,
                command.stp or EXPIRE_TAKER,
                ORDER_OPEN if opens else ORDER_UNTRIGGERED,
                size,
                holding.open_buy_e8,
                buy_after,
                holding.open_sell_e8,
                sell_after,
                market.mark_e8,
                value_e8,
                rounded_up_e8(initial_e22),
                required_e8,
                0,
            )
        ]
    )


def evolve_order_placed(state: State, event: OrderPlaced) -> None:
    """Add the order to its account; an open one that is not reduce-only reserves margin."""
    account = state.accounts[event.account]
    holding = book.holding_of(state, account, event.market)
    order = Order(
        event.order_id,
        event.client_id,
        event.market,
        1 if event.side == BUY else -1,
        event.order_type,
        event.instruction,
        event.reduce_only,
        event.size_e8,
        event.remaining_after_e8,
        event.has_price,
        event.price_e8,
        event.trigger_price_e8,
        event.trigger_condition,
        event.oco_group,
        event.parent_order_id,
        event.status_after,
        event.seq,
    )
    book.enter(account, holding, order)
    if event.status_after == ORDER_OPEN and not event.reduce_only:
        book.reserve(account, holding, order, event.open_buy_after_e8, event.open_sell_after_e8)


def decide_cancel_order(state: State, command: CancelOrder, now_us: int) -> Decision:  # noqa: ARG001
    """Cancel one order, whatever the status of market and account, and its children with it."""
    if not is_text(command.reason):
        return refused(RefusalCode.INVALID_VALUE, "reason is too long or not printable")
    account = state.accounts.get(command.account)
    if account is None:
        return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"account {command.account!r}")
    order = account.orders.get(command.order_id)
    if order is None:
        return refused(RefusalCode.ORDER_NOT_FOUND, f"order {command.order_id!r} is not open")
    holding = account.holdings[order.market]
    event = order_cancelled(
        account,
        order,
        command.reason or USER_CANCELED,
        order.remaining_e8,
        holding.open_buy_e8,
        holding.open_sell_e8,
    )
    events: list[AnyEvent] = [event]
    if holding.reduce_only_orders and not order.reduce_only:
        sums = (event.open_buy_after_e8, event.open_sell_after_e8)
        Cancels(account, order.market, sums, events).cancel_children(order, holding.size_e8, state.seq + 1)
    return accepted(events)


def decide_cancel_all_orders(state: State, command: CancelAllOrders, now_us: int) -> Decision:  # noqa: ARG001
    """Cancel every order of an account, in one market or in all, by market and then by age."""
    if not is_text(command.reason):
        return refused(RefusalCode.INVALID_VALUE, "reason is too long or not printable")
    if command.market and command.market not in state.markets:
        return refused(RefusalCode.MARKET_NOT_FOUND, f"market {command.market!r}")
    account = state.accounts.get(command.account)
    if account is None:
        return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"account {command.account!r}")
    reason = command.reason or USER_CANCELED
    events: list[AnyEvent] = []
    for name in [command.market] if command.market else sorted(account.holdings):
        holding = account.holdings.get(name)
        if holding is None or holding.orders == 0:
            continue
        orders = [order for order in account.orders.values() if order.market == name]
        cancels = Cancels(account, name, (holding.open_buy_e8, holding.open_sell_e8), events)
        for order in by_age(orders):
            cancels.cancel(order, reason, order.remaining_e8, 0)
    if not events:
        return refused(RefusalCode.NO_ORDERS, f"account {account.name} has no order to cancel")
    return accepted(events)


def decide_cancel_outside_band(state: State, command: CancelOutsideBand, now_us: int) -> Decision:
    """Cancel an account's open orders that the band of a restricted mode no longer allows, by age."""
    market = state.markets.get(command.market)
    if market is None:
        return refused(RefusalCode.MARKET_NOT_FOUND, f"market {command.market!r}")
    account = state.accounts.get(command.account)
    if account is None:
        return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"account {command.account!r}")
    holding = account.holdings.get(market.market)
    width_ppm = fair_width_ppm(state, market, now_us) if is_restricted(state, market) else UNBOUND
    events: list[AnyEvent] = []
    if holding is not None and market.has_external_fair:
        outside = [
            order
            for order in account.orders.values()
            if order.market == market.market
            and order.status == ORDER_OPEN
            and outside_fair_band(market, width_ppm, order.sign, order.price_e8)
        ]
        cancels = Cancels(account, market.market, (holding.open_buy_e8, holding.open_sell_e8), events)
        for order in by_age(outside):
            cancels.cancel(order, PRICE_OUTSIDE_BAND, order.remaining_e8, market.price_seq)
    if not events:
        return refused(
            RefusalCode.INSIDE_BAND, f"no order of {account.name} is outside the band of {market.market}"
        )
    return accepted(events)


def evolve_order_cancelled(state: State, event: OrderCancelled) -> None:
    """Forget the order and what it reserved."""
    account = state.accounts[event.account]
    holding = account.holdings[event.market]
    order = account.orders[event.order_id]
    book.leave(account, holding, order, ORDER_CANCELLED)
    book.release(holding, event.open_buy_after_e8, event.open_sell_after_e8)
