"""What the void events say of the outside, and of orders that their owners gave up.

Only events of the live history are facts: what an earlier rollback made void, and had reinstated, is
found where it was reinstated. ``origin_seq`` leads back to the event that recorded it first.
"""

from typing import Final, final

from ledger.core.messages import (
    AccountOpened,
    AnyEvent,
    DepositCredited,
    OrderCancelled,
    TransferSent,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.rules.money import TRANSFER
from ledger.core.rules.words import (
    ACCOUNT_RESTRICTED,
    DELEVERAGING,
    LIQUIDATION,
    NOT_ENOUGH_MARGIN,
    OCO,
    PARENT_CANCELLED,
    POSITION_CLOSED,
    POSITION_LIMIT,
    PRICE_OUTSIDE_BAND,
    PROTECTING,
    REDUCE_ONLY,
    ROLLED_BACK,
)
from ledger.core.state import State

FACTS: Final = (
    "AccountOpened",
    "DepositCredited",
    "OrderCancelled",
    "TransferSent",
    "WithdrawalFailed",
    "WithdrawalReleased",
    "WithdrawalRequested",
)
"""Events that ``VoidFacts.take`` wants to see; others are ignored."""

BY_THE_RULES: Final = frozenset(
    (
        ACCOUNT_RESTRICTED,
        DELEVERAGING,
        LIQUIDATION,
        NOT_ENOUGH_MARGIN,
        OCO,
        PARENT_CANCELLED,
        POSITION_CLOSED,
        POSITION_LIMIT,
        PRICE_OUTSIDE_BAND,
        REDUCE_ONLY,
        ROLLED_BACK,
    )
)
"""Reasons of cancellations that nobody asked for; any other one is the word of who did."""


@final
class VoidFacts:
    """Gathered from the void events in order of seq."""

    __slots__ = ("deposits", "failed", "opened", "owner_cancels", "released", "requested", "transfers")

    def __init__(self) -> None:
        self.opened: dict[str, AccountOpened] = {}
        self.deposits: list[DepositCredited] = []
        self.requested: dict[str, WithdrawalRequested] = {}
        self.released: dict[str, WithdrawalReleased] = {}
        self.failed: dict[str, WithdrawalFailed] = {}
        self.transfers: dict[str, TransferSent] = {}
        """Transfers that account holders asked for, by id."""
        self.owner_cancels: set[tuple[str, str]] = set()
        """(account, order id) of take-profit and stop-loss orders that were cancelled on request."""

    def take(self, event: AnyEvent) -> None:
        """Note one event."""
        match event:
            case AccountOpened():
                self.opened[event.account] = event
            case DepositCredited():
                self.deposits.append(event)
            case WithdrawalRequested():
                self.requested[event.withdrawal_id] = event
            case WithdrawalReleased():
                self.released[event.withdrawal_id] = event
            case WithdrawalFailed():
                self.failed[event.withdrawal_id] = event
            case TransferSent():
                if event.transfer_kind == TRANSFER:
                    self.transfers[event.transfer_id] = event
            case OrderCancelled():
                if event.order_type in PROTECTING and event.cancel_reason not in BY_THE_RULES:
                    self.owner_cancels.add((event.account, event.order_id))
            case _:
                pass


def origin_seq(
    event: AccountOpened | DepositCredited | WithdrawalFailed | WithdrawalReleased | WithdrawalRequested,
) -> int:
    """Seq of the event that recorded it first, before any rollback reinstated it."""
    return event.reinstates_seq or event.seq


def protected_accounts(state: State) -> set[str]:
    """Accounts with a take-profit or stop-loss order: only their cancellations are facts."""
    names: set[str] = set()
    for account in state.accounts.values():
        for order in account.orders.values():
            if order.order_type in PROTECTING:
                names.add(account.name)
                break
    return names
