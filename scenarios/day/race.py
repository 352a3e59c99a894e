"""The funding service as it was on that day: it could publish before it had restored.

Two threads share one table. R restores the stored indices market by market; P publishes every 5 seconds
from the same table, beginning while R still works. P finds no BTC and no ETH, takes an index of
nothing for one of zero, publishes it and stores it; R then finds rows that are newer than its own and
keeps them. The product cannot do this: there a feed that starts has no way to publish
(``ledger.restart.feed``).

The threads are real, and run in an order that is forced: each waits for its turn on a simulated clock.
"""

import threading
from typing import Final, final

from scenarios.day.books import decimal
from services.feeds.funding import Accrual

STARTS_MS: Final = 200
"""The service starts this long before a second: 05:01:32.8."""
PUBLISHES_AFTER_MS: Final = 1_200
RESTORES_AFTER_MS: Final = {"PAXG": 400, "ETH": 2_100, "BTC": 3_400}
"""While the database copy still runs, a restored row takes this long to come."""
TURN_S: Final = 30.0
"""Longest wait for a turn: a thread that died must not hang the other."""


@final
class Turns:
    """A simulated clock: the thread with the earliest time goes on, the others wait."""

    def __init__(self, threads: int) -> None:
        self._changed = threading.Condition()
        self._running = threads
        self._waiting: list[tuple[int, str]] = []

    def wait_until(self, now_ms: int, name: str) -> None:
        """Go on when nobody has anything left to do before ``now_ms``; among equals by name."""
        with self._changed:
            self._waiting.append((now_ms, name))
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: self._is_next(now_ms, name), TURN_S):
                raise TimeoutError(f"{name} waited {TURN_S:g} s for its turn at {now_ms} ms")
            self._waiting.remove((now_ms, name))

    def leave(self) -> None:
        """A thread is done."""
        with self._changed:
            self._running -= 1
            self._changed.notify_all()

    def _is_next(self, now_ms: int, name: str) -> bool:
        return len(self._waiting) == self._running and min(self._waiting) == (now_ms, name)


@final
class RacingService:
    """The restart: ``stored`` are the rows of the copied database, by base asset, ``table`` what came of it.

    ``published`` is the table as P saw it at its first tick; a market that was not there is missing.
    """

    def __init__(self, stored: dict[str, Accrual]) -> None:
        self._stored = stored
        self._turns = Turns(2)
        self.table: dict[str, Accrual] = {}
        self.published: dict[str, Accrual] = {}
        self.order: list[str] = []
        """What the threads did, in the order in which they did it."""

    def run(self) -> None:
        """Let both threads do their work up to the first tick and the last restored row."""
        threads = [
            threading.Thread(target=work, name=work.__name__) for work in (self._restore, self._publish)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _restore(self) -> None:
        for symbol, after_ms in sorted(RESTORES_AFTER_MS.items(), key=lambda item: item[1]):
            self._turns.wait_until(after_ms, "R")
            kept = symbol in self.table
            if not kept:
                self.table[symbol] = self._stored[symbol]
            self.order.append(f"R {symbol} {'keeps the newer row' if kept else 'restored'}")
        self._turns.leave()

    def _publish(self) -> None:
        self._turns.wait_until(PUBLISHES_AFTER_MS, "P")
        for symbol in sorted(self._stored):
            row = self.table.setdefault(symbol, Accrual(0))
            self.published[symbol] = row
            self.order.append(f"P {symbol} publishes {decimal(row.index_e8)}")
        self._turns.leave()
