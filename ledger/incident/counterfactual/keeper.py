"""The keeper in the counterfactual: who meets its conditions here and did not in reality, and for how long.

A recorded command of the keeper keeps its place and is decided again there. Beyond that only what the
correction made differ is the keeper's business: an account that meets the condition in both histories gets
what the recorded keeper gave it, at its pace, even if that was nothing. So the counterfactual of an
uncorrupted history is that history whatever its keeper did.
"""

from typing import Final, final

from ledger.core.decide import decide
from ledger.core.decision import ACCEPTED
from ledger.core.messages import DeleverageAccount, LiquidateAccount, TriggerOrder
from ledger.core.rules.health import IN_FORCE, health_of
from ledger.core.rules.words import ORDER_UNTRIGGERED
from ledger.core.state import Account, State

PRODUCER: Final = "counterfactual"
"""Producer of injected commands; ids are ``counterfactual/1``, ``counterfactual/2``, ..."""
GRACE_RULE: Final = "keeper_grace_ticks"

Injection = LiquidateAccount | TriggerOrder | DeleverageAccount


@final
class KeeperWatch:
    """Counts the price ticks for which each condition has gone unanswered.

    ``deleverages``: the recorded keeper deleverages accounts, so this one does too. ``state`` is the
    counterfactual before the first command; ``waits`` tells of every order that waits for a trigger since.
    """

    __slots__ = ("_below", "_grace", "_reached", "_surplus", "_waiting", "deleverages", "number")

    def __init__(self, grace_ticks: int | None, state: State) -> None:
        self._grace = grace_ticks
        self._waiting: dict[str, list[str]] = {}
        """Account -> its orders that wait for a trigger, and some that no longer do."""
        for account in state.accounts.values():
            for order_id, order in account.orders.items():
                if order.status == ORDER_UNTRIGGERED:
                    self.waits(account.name, order_id)
        self._below: dict[str, int] = {}
        self._reached: dict[str, int] = {}
        self._surplus: dict[str, int] = {}
        self.deleverages = False
        self.number = 0

    def waits(self, account: str, order_id: str) -> None:
        """An order that waits for a trigger was placed."""
        own = self._waiting.get(account)
        if own is None:
            own = []
            self._waiting[account] = own
        own.append(order_id)

    def answered(self, name: str) -> None:
        """A command for an account or order came, whatever became of it: its time begins anew."""
        self._below.pop(name, None)
        self._reached.pop(name, None)
        self._surplus.pop(name, None)

    def due(self, state: State, recorded: State, different: set[str], now_us: int) -> list[Injection]:
        """After a price tick: what to inject, liquidations first, each kind in account order."""
        grace = state.control.numbers[GRACE_RULE] if self._grace is None else self._grace
        moved = markets_that_differ(state, recorded)
        if not moved and not different:
            return []
        below: list[str] = []
        reached: list[tuple[str, str]] = []
        surplus: list[str] = []
        marks_differ = any_mark_differs(state, recorded)
        everywhere = len(moved) == len(state.markets)
        for name, account in state.accounts.items():
            held = everywhere or holds_any(account, moved)
            apart = False
            if account.orders or not held:
                apart = name in different
                if not (held or apart):
                    continue
            if is_below(account):
                was = recorded.accounts.get(name)
                if was is None or not is_below(was):
                    below.append(name)
            if not account.orders:
                continue
            if apart or marks_differ:
                opened = name in recorded.accounts
                reached.extend(
                    [
                        (name, one)
                        for one in self._reached_orders(state, account, now_us)
                        if not opened or not _triggers(recorded, name, one, now_us)
                    ]
                )
            if self.deleverages and _is_over(state, recorded, name, now_us):
                surplus.append(name)
        self._below, overdue = _counted(self._below, below, grace)
        self._surplus, over = _counted(self._surplus, surplus, grace)
        owners = {order_id: name for name, order_id in reached}
        self._reached, orders = _counted(self._reached, list(owners), grace)
        commands: list[Injection] = [
            LiquidateAccount(PRODUCER, self._next(), now_us, name) for name in sorted(overdue)
        ]
        due = sorted((owners[order_id], order_id) for order_id in orders)
        commands.extend([TriggerOrder(PRODUCER, self._next(), now_us, *one) for one in due])
        commands.extend([DeleverageAccount(PRODUCER, self._next(), now_us, name) for name in sorted(over)])
        return commands

    def _reached_orders(self, state: State, account: Account, now_us: int) -> list[str]:
        """Waiting orders of an account that would trigger now."""
        found: list[str] = []
        own = self._waiting.get(account.name)
        if own is None:
            return found
        left: list[str] = []
        for order_id in own:
            order = account.orders.get(order_id)
            if order is not None and order.status == ORDER_UNTRIGGERED:
                left.append(order_id)
                if _triggers(state, account.name, order_id, now_us):
                    found.append(order_id)
        self._waiting[account.name] = left
        return found

    def _next(self) -> int:
        self.number += 1
        return self.number


def _counted(before: dict[str, int], met: list[str], grace: int) -> tuple[dict[str, int], list[str]]:
    """Ticks in a row for which each name has met its condition, and the names past their grace."""
    counts: dict[str, int] = {}
    overdue: list[str] = []
    for name in met:
        ticks = before.get(name, 0) + 1
        if ticks > grace:
            overdue.append(name)
        counts[name] = ticks
    return counts, overdue


def markets_that_differ(state: State, recorded: State) -> set[str]:
    """Markets whose mark or index is not the same in both histories."""
    moved: set[str] = set()
    for name, market in state.markets.items():
        other = recorded.markets.get(name)
        if other is None or other.mark_e8 != market.mark_e8 or other.index_e8 != market.index_e8:
            moved.add(name)
    return moved


def any_mark_differs(state: State, recorded: State) -> bool:
    """Whether some market has another mark."""
    for name, market in state.markets.items():
        other = recorded.markets.get(name)
        if other is None or other.mark_e8 != market.mark_e8:
            return True
    return False


def holds_any(account: Account, markets: set[str]) -> bool:
    """Whether the account has a position or an order in one of these markets."""
    for name, holding in account.holdings.items():
        if (holding.size_e8 or holding.orders) and name in markets:
            return True
    return False


def is_below(account: Account) -> bool:
    """Whether the account has positions and is not worth what they require in maintenance."""
    if account.margin_exempt:
        return False
    for holding in account.holdings.values():
        if holding.size_e8:
            return not health_of(account, IN_FORCE).healthy()
    return False


def _triggers(state: State, account: str, order_id: str, now_us: int) -> bool:
    return decide(state, TriggerOrder(PRODUCER, 1, now_us, account, order_id), now_us).code == ACCEPTED


def _is_over(state: State, recorded: State, account: str, now_us: int) -> bool:
    """Whether an account would be deleveraged here and would not be in reality."""
    command = DeleverageAccount(PRODUCER, 1, now_us, account)
    if decide(state, command, now_us).code != ACCEPTED:
        return False
    return decide(recorded, command, now_us).code != ACCEPTED
