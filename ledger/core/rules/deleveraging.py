"""Deleveraging: an account below its initial margin gives up the orders that add to its risk.

Per market, open orders against the position stay as long as their sum does not exceed it: the
most passive go first, at one price the youngest, and always whole orders. All other open orders
go. Take-profit and stop-loss orders do not count, and neither do orders that wait for a trigger:
they reserve nothing, and margin is asked for again when they trigger.
"""

from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import AnyEvent, DeleverageAccount
from ledger.core.refusals import RefusalCode
from ledger.core.rules.cancels import Cancels, by_age
from ledger.core.rules.margin import E22_PER_E8, rounded_up_e8, value_and_initial_e22
from ledger.core.rules.positions import offsets
from ledger.core.rules.restored import refuse_restored
from ledger.core.rules.words import DELEVERAGING, ORDER_OPEN, PROTECTING
from ledger.core.state import Account, Holding, Order, State


def decide_deleverage_account(state: State, command: DeleverageAccount, now_us: int) -> Decision:  # noqa: ARG001
    """Cancel orders of an account whose value is below its initial margin requirement.

    One with nothing to give up is answered ``NO_ORDERS``, healthy or not.
    """
    if state.waits:
        return refuse_restored(state)
    account = state.accounts.get(command.account)
    if account is None:
        return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"account {command.account!r}")
    events: list[AnyEvent] = []
    for name in sorted(account.holdings):
        holding = account.holdings[name]
        cancels = Cancels(account, name, (holding.open_buy_e8, holding.open_sell_e8), events)
        for order in by_age(surplus_orders(account, holding)):
            cancels.cancel(order, DELEVERAGING, order.remaining_e8, 0)
            if holding.reduce_only_orders and not order.reduce_only:
                cancels.cancel_children(order, holding.size_e8, state.seq + len(events))
    if not events:
        return refused(RefusalCode.NO_ORDERS, f"account {account.name} has no order that adds to its risk")
    value_e22, initial_e22 = value_and_initial_e22(account)
    if value_e22 >= initial_e22 or account.margin_exempt:
        return refused(
            RefusalCode.HEALTHY,
            f"account value {value_e22 // E22_PER_E8} covers {rounded_up_e8(initial_e22)} required",
        )
    return accepted(events)


def surplus_orders(account: Account, holding: Holding) -> list[Order]:
    """Open orders of one market that are not against the position, or too many to be against it."""
    size = holding.size_e8
    surplus: list[Order] = []
    against: list[Order] = []
    for order in account.orders.values():
        if (
            order.market != holding.market.market
            or order.status != ORDER_OPEN
            or order.order_type in PROTECTING
        ):
            continue
        if offsets(size, order.sign):
            against.append(order)
        else:
            surplus.append(order)
    total = 0
    for order in sorted(against, key=_aggressive_first):
        total += order.remaining_e8
        if total > abs(size):
            surplus.append(order)
    return surplus


def _aggressive_first(order: Order) -> tuple[int, int]:
    """Sort key: the price nearest to a fill first, then age."""
    return -order.sign * order.price_e8, order.placed_seq
