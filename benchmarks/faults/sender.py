"""Commands under way without a pause, and who was answered when."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from itertools import chain, pairwise
from typing import Final, final

from benchmarks.load import load_of_now
from ledger.client import Client
from ledger.core.messages import AnyCommand, Outcome
from ledger.errors import LedgerFault, LogUnavailable
from ledger.log.kafka.config import Connection
from ledger.writer.apply import Answer

ACCOUNTS: Final = 12
RATE_PER_S: Final = 400
"""Enough that a block is always under way, little enough that a history is checked in seconds."""
WINDOW: Final = 48
RESEND_AFTER_S: Final = 5.0

CommandId = tuple[str, int]


@final
class Sender(threading.Thread):
    """Sends the mix of the benchmark; a command without an answer is sent again until it has one."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(name="sender", daemon=True)
        self.answers: dict[CommandId, Outcome] = {}
        self.resent = 0
        self.broken: LedgerFault | None = None
        self._answered_at_s: list[float] = []
        self._connection = connection
        self._ending = threading.Event()
        self._abandoned = False

    def run(self) -> None:
        """Until ``finish`` or ``abandon``, or until the client is of no use any more."""
        try:
            with Client(self._connection) as client:
                self._send(client)
        except LedgerFault as fault:
            self.broken = fault

    def finish(self, within_s: float) -> None:
        """Send nothing new, and wait until everything that was sent is answered."""
        self._ending.set()
        self.join(within_s)
        if self.is_alive():
            raise TimeoutError(f"commands are without an answer after {within_s:g} s")

    def abandon(self) -> None:
        """Send nothing new, and wait for nothing."""
        self._ending.set()
        self._abandoned = True

    def longest_gap(self, since_s: float) -> float:
        """The longest time without an answer after ``since_s`` on the monotonic clock, in seconds."""
        times = [since_s, *sorted(at_s for at_s in self._answered_at_s if at_s >= since_s)]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    def answered_after(self, since_s: float) -> int:
        """How many answers came after ``since_s``."""
        return sum(at_s > since_s for at_s in self._answered_at_s)

    def _send(self, client: Client) -> None:
        load = load_of_now(ACCOUNTS)
        commands: Iterator[AnyCommand] = chain(load.opening(), load.commands(10**9))
        under_way: deque[tuple[AnyCommand, Future[Answer]]] = deque()
        next_s = time.monotonic()
        while (under_way or not self._ending.is_set()) and not self._abandoned:
            while len(under_way) < WINDOW and time.monotonic() >= next_s and not self._ending.is_set():
                command = next(commands)
                under_way.append((command, self._sent(client, command)))
                next_s = max(next_s + 1 / RATE_PER_S, time.monotonic() - WINDOW / RATE_PER_S)
            if not under_way:
                time.sleep(1 / RATE_PER_S)
                continue
            command, future = under_way.popleft()
            if not self._settled(command, future):
                client.give_up(command)
                self.resent += 1
                under_way.appendleft((command, self._sent(client, command)))

    def _settled(self, command: AnyCommand, future: Future[Answer]) -> bool:
        try:
            answer = future.result(RESEND_AFTER_S)
        except (FutureTimeoutError, LogUnavailable):
            return False
        key = (command.producer, command.number)
        self.answers[key] = answer.outcome
        return True

    def _sent(self, client: Client, command: AnyCommand) -> Future[Answer]:
        """Send a command whose answer is noted when it comes, whatever is waited for then."""
        future = client.send(command)
        future.add_done_callback(self._note)
        return future

    def _note(self, future: Future[Answer]) -> None:
        if future.exception() is None:
            self._answered_at_s.append(time.monotonic())
