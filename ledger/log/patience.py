"""``PatientReader``: a log for a program that reads once and ends.

A service that follows a log meets a cluster that fails over, says so and asks again. A program that
checks or shows a log has nobody to ask again for it, and what it could not look at is no finding:
a broker that stood still may believe for some seconds that it leads, and hide what is sealed. So it
waits, says aloud what for, and gives up in the end with the fault itself.
"""

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar, final

from ledger.core.messages import BlockSealed
from ledger.errors import Action, LogFault
from ledger.log.port import ControlBlock, LogReader, OutcomesBlock, PartitionBlock, StoredCommand

PATIENCE_S: Final = 60.0
"""Longer than a reader on a cluster believes that a hidden block comes back (45 s): after that it says
itself what is wrong."""
AGAIN_S: Final = 0.1
SAY_EVERY_S: Final = 10.0

_logger: Final = logging.getLogger("ledger.log.patience")

T = TypeVar("T")


@final
class PatientReader:
    """Every answer of ``log``; a fault that time mends is waited out for up to ``patience_s``."""

    def __init__(self, log: LogReader, patience_s: float = PATIENCE_S) -> None:
        self._log = log
        self._patience_s = patience_s

    @property
    def ledger_id(self) -> str:
        """Identity of the ledger."""
        return self._asked(lambda: self._log.ledger_id)

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        return self._asked(lambda: self._log.partitions)

    @property
    def identity(self) -> str:
        """Tells this log from another that took its place."""
        return self._asked(lambda: self._log.identity)

    def head(self) -> BlockSealed | None:
        """Seal of the newest durable block."""
        return self._asked(self._log.head)

    def seal(self, height: int) -> BlockSealed:
        """Seal of the block at ``height``."""
        return self._asked(lambda: self._log.seal(height))

    def read_partition(self, partition: int, from_height: int, count: int) -> list[PartitionBlock]:
        """Up to ``count`` consecutive blocks of one partition."""
        return self._asked(lambda: self._log.read_partition(partition, from_height, count))

    def read_outcomes(self, from_height: int, count: int) -> list[OutcomesBlock]:
        """Outcomes of up to ``count`` consecutive blocks."""
        return self._asked(lambda: self._log.read_outcomes(from_height, count))

    def read_control(self, from_height: int, count: int) -> list[ControlBlock]:
        """Up to ``count`` next blocks that have control copies."""
        return self._asked(lambda: self._log.read_control(from_height, count))

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:
        """Up to ``count`` commands at or after ``position``."""
        return self._asked(lambda: self._log.read_commands(position, count))

    def close(self) -> None:
        """Let go of the log."""
        self._log.close()

    def _asked(self, ask: Callable[[], T]) -> T:
        began_s = time.monotonic()
        said_s = began_s - SAY_EVERY_S
        while True:
            try:
                return ask()
            except LogFault as fault:
                now_s = time.monotonic()
                if fault.action is not Action.RETRY or now_s - began_s >= self._patience_s:
                    raise
                if now_s - said_s >= SAY_EVERY_S:
                    said_s = now_s
                    _logger.warning("waiting for the log since %.0f s: %s", now_s - began_s, fault)
            time.sleep(AGAIN_S)
