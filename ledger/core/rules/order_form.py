"""Whether an order that somebody wants to place is well formed, before anything about its account.

``unreadable`` finds values that are no order of any kind; ``malformed`` finds an order that its
type, its market or the orders it refers to do not allow. Each answers the first refusal in the
order of ``RefusalCode``, or ``None``.
"""

from ledger.core.decision import Decision, refused
from ledger.core.messages import PlaceOrder
from ledger.core.refusals import RefusalCode
from ledger.core.rules.bands import UNBOUND, limit_e8, outside_band, outside_fair_band
from ledger.core.rules.positions import offsets
from ledger.core.rules.words import (
    ABOVE,
    BELOW,
    INSTRUCTIONS,
    LIMIT,
    MARKET,
    ORDER_OPEN,
    STP_MODES,
    TAKE_PROFITS,
    OrderKind,
)
from ledger.core.state import Account, Market
from ledger.core.values import AMOUNT_MAX_E8, BUY, E8, SELL, is_text


def sign_of(side: str) -> int:
    """+1 for BUY, -1 for SELL, 0 for anything else."""
    if side == BUY:
        return 1
    return -1 if side == SELL else 0


def unreadable(command: PlaceOrder) -> Decision | None:
    """``INVALID_VALUE`` or ``OUT_OF_RANGE`` for words and numbers that no order may have.

    ``instruction`` and ``stp`` may be empty, which means GTC and EXPIRE_TAKER. A price is either
    present and positive or absent and zero.
    """
    instruction = command.instruction
    if instruction not in INSTRUCTIONS and instruction:
        return refused(RefusalCode.INVALID_VALUE, f"instruction is {instruction!r}")
    if command.stp not in STP_MODES and command.stp:
        return refused(RefusalCode.INVALID_VALUE, f"stp is {command.stp!r}")
    if not is_text(command.client_id) or (command.oco_group and not is_text(command.oco_group)):
        return refused(RefusalCode.INVALID_VALUE, "client_id or oco_group is too long or not printable")
    condition = command.trigger_condition
    if condition and condition not in (ABOVE, BELOW):
        return refused(RefusalCode.INVALID_VALUE, f"trigger_condition is {condition!r}")
    if command.reduce_only not in (0, 1):
        return refused(RefusalCode.INVALID_VALUE, f"reduce_only is {command.reduce_only}, not 0 or 1")
    size = command.size_e8
    if size <= 0:
        return refused(RefusalCode.INVALID_VALUE, f"size_e8 is {size}, not positive")
    price = command.price_e8
    if command.has_price != (1 if price else 0) or price < 0:
        return refused(RefusalCode.INVALID_VALUE, f"has_price is {command.has_price} with price_e8 {price}")
    trigger = command.trigger_price_e8
    if command.has_trigger != (1 if trigger else 0) or trigger < 0:
        return refused(
            RefusalCode.INVALID_VALUE, f"has_trigger is {command.has_trigger} with trigger_price_e8 {trigger}"
        )
    if size > AMOUNT_MAX_E8 or price > AMOUNT_MAX_E8 or trigger > AMOUNT_MAX_E8:
        return refused(RefusalCode.OUT_OF_RANGE, f"size or a price is above {AMOUNT_MAX_E8}")
    return None


def malformed(  # noqa: PLR0913
    account: Account,
    market: Market,
    command: PlaceOrder,
    kind: OrderKind,
    sign: int,
    size_now_e8: int,
    width_ppm: int,
) -> Decision | None:
    """The first refusal from ``ORDER_NOT_FOUND`` to ``PRICE_OUTSIDE_BAND``.

    ``width_ppm`` is the band around the external fair price (``bands.fair_width_ppm``).
    """
    if command.trigger_condition or command.oco_group or command.parent_order_id:
        problem = _bad_references(account, command, kind, sign)
        if problem is not None:
            return problem
    instruction = command.instruction
    if instruction and instruction not in kind.instructions:
        return refused(RefusalCode.ORDER_INVALID, f"{command.order_type} does not take {instruction}")
    if command.has_price != kind.limit:
        return refused(RefusalCode.ORDER_INVALID, f"{command.order_type} has has_price {kind.limit}")
    if command.has_trigger != kind.trigger:
        return refused(RefusalCode.ORDER_INVALID, f"{command.order_type} has has_trigger {kind.trigger}")
    return _bad_numbers(market, command, kind, sign, size_now_e8, width_ppm)


def _bad_numbers(
    market: Market, command: PlaceOrder, kind: OrderKind, sign: int, size_now_e8: int, width_ppm: int
) -> Decision | None:
    """Tick, step, smallest and largest size, and the band for an order that opens at once."""
    price = command.price_e8
    size = command.size_e8
    tick = market.price_tick_e8
    if price % tick or command.trigger_price_e8 % tick:
        return refused(
            RefusalCode.PRICE_OFF_TICK,
            f"price_e8 {price} or trigger_price_e8 {command.trigger_price_e8} is not a multiple of {tick}",
        )
    if size % market.size_step_e8:
        return refused(
            RefusalCode.SIZE_OFF_STEP, f"size_e8 {size} is not a multiple of {market.size_step_e8}"
        )
    if size * market.mark_e8 < market.notional_min_e8 * E8 and not _closes(command, kind, sign, size_now_e8):
        return refused(
            RefusalCode.ORDER_TOO_SMALL,
            f"size_e8 {size} at mark {market.mark_e8} is worth less than {market.notional_min_e8}",
        )
    if size > market.order_size_max_e8:
        return refused(RefusalCode.ORDER_TOO_LARGE, f"size_e8 {size} is above {market.order_size_max_e8}")
    if command.order_type == LIMIT:
        if outside_band(market, sign, price) or (
            width_ppm != UNBOUND and outside_fair_band(market, width_ppm, sign, price)
        ):
            return refused(
                RefusalCode.PRICE_OUTSIDE_BAND,
                f"{command.side} at {price} is beyond {limit_e8(market, width_ppm, sign)}",
            )
    elif command.order_type == MARKET and limit_e8(market, width_ppm, sign) == 0:
        return refused(
            RefusalCode.PRICE_OUTSIDE_BAND, f"no tick of {tick} inside the band of {market.mark_e8}"
        )
    return None


def _closes(command: PlaceOrder, kind: OrderKind, sign: int, size_now_e8: int) -> bool:
    """Whether a reduce-only order closes the position exactly (a protecting one is cut to it)."""
    if not offsets(size_now_e8, sign):
        return False
    if kind.protects:
        return command.size_e8 >= abs(size_now_e8)
    return command.reduce_only == 1 and command.size_e8 == abs(size_now_e8)


def _bad_references(account: Account, command: PlaceOrder, kind: OrderKind, sign: int) -> Decision | None:
    """Trigger condition, parent order and pair of an order that has one of them."""
    parent_id = command.parent_order_id
    if parent_id:
        parent = account.orders.get(parent_id)
        if parent is None:
            return refused(RefusalCode.ORDER_NOT_FOUND, f"parent order {parent_id!r} is not open")
        if not kind.protects or parent.market != command.market or parent.sign == sign or parent.reduce_only:
            return refused(
                RefusalCode.ORDER_INVALID,
                f"{command.order_type} {command.side} cannot protect what order {parent_id!r} opens",
            )
    if command.trigger_condition and command.trigger_condition not in _conditions(kind, sign):
        return refused(
            RefusalCode.ORDER_INVALID,
            f"{command.order_type} {command.side} does not wait for {command.trigger_condition}",
        )
    return _bad_pair(account, command, kind, sign) if command.oco_group else None


def _conditions(kind: OrderKind, sign: int) -> tuple[str, ...]:
    """Trigger conditions that an order may name: a stop either, a protecting one its own."""
    if not kind.trigger:
        return ()
    return (trigger_condition(kind, sign),) if kind.protects else (ABOVE, BELOW)


def trigger_condition(kind: OrderKind, sign: int) -> str:
    """Condition that an order waits for unless it says otherwise; empty for one without trigger.

    A stop acts when the market goes its way (buy above, sell below); a take-profit order when
    the position has gained, a stop-loss order when it has lost.
    """
    if not kind.trigger:
        return ""
    return ABOVE if kind.above_sign == sign else BELOW


def _bad_pair(account: Account, command: PlaceOrder, kind: OrderKind, sign: int) -> Decision | None:
    """A pair is one take-profit and one stop-loss order of one market and side, both waiting."""
    if not kind.protects:
        return refused(RefusalCode.ORDER_INVALID, f"{command.order_type} cannot be one of a pair")
    takes_profit = command.order_type in TAKE_PROFITS
    for order in account.orders.values():
        if order.oco_group != command.oco_group or order.market != command.market:
            continue
        same_half = (order.order_type in TAKE_PROFITS) == takes_profit
        if same_half or order.sign != sign or order.status == ORDER_OPEN:
            return refused(
                RefusalCode.ORDER_INVALID,
                f"order {order.order_id!r} of pair {command.oco_group!r} leaves no place for this one",
            )
    return None


def protects_parent(account: Account, parent_order_id: str) -> bool:
    """Whether the order that opens the position to be protected is still there."""
    return parent_order_id != "" and parent_order_id in account.orders
