"""Cancellations, those that follow from something else included.

A command may cancel several orders of an account. What each leaves reserved is what the next
one finds, so ``Cancels`` carries the sums of one market along; the state is not touched. Orders
go in order of age, which does not depend on how the state was built.

What follows from what:

* children (take-profit and stop-loss orders with a parent) go with a parent that is cancelled,
  unless it has filled something and they protect the position that is there;
* reduce-only orders go when a changed position is smaller than they are, or no longer against
  them;
* take-profit and stop-loss orders go when there is no longer a position that they are against,
  unless their parent may still open one. A partial reduction leaves them.
"""

from typing import final

from ledger.core.messages import AnyEvent, OrderCancelled
from ledger.core.rules.positions import offsets
from ledger.core.rules.words import (
    ORDER_OPEN,
    PARENT_CANCELLED,
    POSITION_CLOSED,
    PROTECTING,
    REDUCE_ONLY,
)
from ledger.core.state import Account, Order
from ledger.core.values import BUY, SELL


def by_age(orders: list[Order]) -> list[Order]:
    """The orders, oldest first."""
    return sorted(orders, key=_age) if len(orders) > 1 else orders


def _age(order: Order) -> int:
    """Sort key of ``by_age``; seqs are unique."""
    return order.placed_seq


def order_cancelled(
    account: Account, order: Order, reason: str, remaining_e8: int, open_buy_e8: int, open_sell_e8: int
) -> OrderCancelled:
    """The event that cancels what remains of an order, given the sums reserved before it."""
    buy_after = open_buy_e8
    sell_after = open_sell_e8
    if order.status == ORDER_OPEN and not order.reduce_only:
        if order.sign > 0:
            buy_after -= remaining_e8
        else:
            sell_after -= remaining_e8
    return OrderCancelled(
        account.name,
        order.order_id,
        order.market,
        BUY if order.sign > 0 else SELL,
        order.order_type,
        reason,
        order.oco_group,
        order.status,
        remaining_e8,
        0,
        open_buy_e8,
        buy_after,
        open_sell_e8,
        sell_after,
    )


@final
class Cancels:
    """Appends the cancellations of one account in one market to the events of a command.

    ``cause_seq`` is the seq of the event that a cancellation follows from.
    """

    __slots__ = ("account", "events", "market", "open_buy_e8", "open_sell_e8")

    def __init__(
        self, account: Account, market: str, open_sums_e8: tuple[int, int], events: list[AnyEvent]
    ) -> None:
        self.account = account
        self.market = market
        self.open_buy_e8, self.open_sell_e8 = open_sums_e8
        self.events = events

    def cancel(self, order: Order, reason: str, remaining_e8: int, cause_seq: int) -> None:
        """Cancel what remains of ``order``; its children stay."""
        event = order_cancelled(
            self.account, order, reason, remaining_e8, self.open_buy_e8, self.open_sell_e8
        )
        event.cause_seq = cause_seq
        self.open_buy_e8 = event.open_buy_after_e8
        self.open_sell_e8 = event.open_sell_after_e8
        self.events.append(event)

    def cancel_children(self, parent: Order, size_now_e8: int, cause_seq: int) -> None:
        """Cancel the children of ``parent``, which was cancelled by the event ``cause_seq``."""
        parent_id = parent.order_id
        filled = parent.remaining_e8 != parent.size_e8
        children = [
            order
            for order in self.account.orders.values()
            if order.parent_order_id == parent_id and not (filled and offsets(size_now_e8, order.sign))
        ]
        for order in by_age(children):
            self.cancel(order, PARENT_CANCELLED, order.remaining_e8, cause_seq)

    def cancel_misfits(
        self, size_after_e8: int, changed_id: str, changed_remaining_e8: int, cause_seq: int
    ) -> None:
        """Cancel what does not fit the position that the event ``cause_seq`` leaves.

        ``changed_id`` is the order that the event changed, of which ``changed_remaining_e8`` is
        left.
        """
        misfits: list[Order] = []
        for order in self.account.orders.values():
            if not order.reduce_only or order.market != self.market:
                continue
            remaining = changed_remaining_e8 if order.order_id == changed_id else order.remaining_e8
            if remaining == 0 or _fits(order, remaining, size_after_e8):
                continue
            parent_id = order.parent_order_id
            if parent_id and parent_id == changed_id:
                waits = changed_remaining_e8 > 0
            else:
                waits = parent_id in self.account.orders
            if not waits:
                misfits.append(order)
        for order in by_age(misfits):
            remaining = changed_remaining_e8 if order.order_id == changed_id else order.remaining_e8
            reason = POSITION_CLOSED if order.order_type in PROTECTING else REDUCE_ONLY
            self.cancel(order, reason, remaining, cause_seq)


def _fits(order: Order, remaining_e8: int, size_e8: int) -> bool:
    """Whether a reduce-only order is against the position, and not larger unless it protects it."""
    return offsets(size_e8, order.sign) and (remaining_e8 <= abs(size_e8) or order.order_type in PROTECTING)
