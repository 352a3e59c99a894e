"""The keeper: after each tick, the accounts below maintenance, and a command for each.

Accounts are taken in order of their names, at most some at a tick, so that the writer's queue and the
breaker of a window see a stream and not a wave. Who has been asked for is not asked for again until
the ledger answered. A refusal is an answer: whoever is still below at the next tick is asked for then.
Where the mode of the exchange refuses liquidations, nobody is asked for until status or rules change.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Protocol

from ledger.core.messages import LiquidateAccount
from ledger.core.refusals import RefusalCode
from ledger.errors import Action, LedgerFault
from ledger.writer.apply import Answer
from services.keeper.follower import ColumnFollower

PER_TICK: Final = 100
"""Accounts asked for after one tick, unless something else is said."""
MODE_REFUSES: Final = frozenset(
    (
        RefusalCode.SYSTEM_MAINTENANCE,
        RefusalCode.SYSTEM_CANCEL_ONLY,
        RefusalCode.SYSTEM_POST_ONLY,
        RefusalCode.SYSTEM_MODE,
    )
)
"""What is answered in a mode that has no liquidations."""


class Sender(Protocol):
    """Where commands go: ``ledger.client.Client``, or whatever answers like it."""

    def send(self, command: LiquidateAccount) -> "Future[Answer]":
        """Send one command; the future has its durable outcome."""


class Keeper:
    """Asks for liquidations. ``producer`` names this run: its numbers begin at 1.

    ``counts`` has how many were asked for, taken over, and refused with which code; ``checks`` how often
    all accounts were looked at.
    """

    def __init__(
        self,
        follower: ColumnFollower,
        sender: Sender,
        clock_us: Callable[[], int],
        producer: str,
        per_tick: int = PER_TICK,
    ) -> None:
        self.counts: dict[str, int] = {}
        self.checks = 0
        self.waiting: dict[str, Future[Answer]] = {}
        """Accounts that were asked for and not yet answered."""
        self._follower = follower
        self._sender = sender
        self._clock_us = clock_us
        self._producer = producer
        self._per_tick = per_tick
        self._number = 0
        self._modes: dict[str, int] = {}
        """``Columns.mode_seq`` when the accounts in ``waiting`` were asked for."""
        self._refused_mode: int | None = None
        """``Columns.mode_seq`` of the mode that refused a liquidation."""

    def turn(self) -> int:
        """Catch up with the log and, after a tick, ask; how many accounts were asked for.

        Raises what reading the log raises. A command that the log did not take is asked again.
        """
        self._hear()
        if not self._follower.catch_up():
            return 0
        columns = self._follower.columns
        if columns.mode_seq == self._refused_mode:
            return 0
        self.checks += 1
        below = [name for name in columns.below() if name not in self.waiting]
        for name in below[: self._per_tick]:
            self._number += 1
            command = LiquidateAccount(self._producer, self._number, self._clock_us(), name)
            self.waiting[name] = self._sender.send(command)
            self._modes[name] = columns.mode_seq
            self._count("asked")
        return min(len(below), self._per_tick)

    def _hear(self) -> None:
        """Take the answers that came."""
        for name in [name for name, future in self.waiting.items() if future.done()]:
            fault = self.waiting[name].exception()
            if isinstance(fault, LedgerFault) and fault.action is Action.RETRY:
                self._count("unanswered")
            elif fault is not None:
                raise fault
            else:
                code = self.waiting[name].result().outcome.code
                self._count(RefusalCode(code).name if code else "liquidated")
                if code in MODE_REFUSES:
                    self._refused_mode = self._modes[name]
            del self.waiting[name], self._modes[name]

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
