"""A log that says how long its blocks of events took to come."""

import time

from ledger.core.messages import BlockSealed
from ledger.log.port import ControlBlock, LogReader, OutcomesBlock, PartitionBlock, StoredCommand


class TimedLog:
    """Another log, with the ``seconds`` that reading its partitions took."""

    def __init__(self, log: LogReader) -> None:
        self._log = log
        self.seconds = 0.0

    @property
    def ledger_id(self) -> str:
        """See ``LogReader``."""
        return self._log.ledger_id

    @property
    def partitions(self) -> int:
        """See ``LogReader``."""
        return self._log.partitions

    @property
    def identity(self) -> str:
        """See ``LogReader``."""
        return self._log.identity

    def head(self) -> BlockSealed | None:
        """See ``LogReader``."""
        return self._log.head()

    def seal(self, height: int) -> BlockSealed:
        """See ``LogReader``."""
        return self._log.seal(height)

    def read_partition(self, partition: int, from_height: int, count: int) -> list[PartitionBlock]:
        """See ``LogReader``."""
        began = time.perf_counter()
        blocks = self._log.read_partition(partition, from_height, count)
        self.seconds += time.perf_counter() - began
        return blocks

    def read_outcomes(self, from_height: int, count: int) -> list[OutcomesBlock]:
        """See ``LogReader``."""
        return self._log.read_outcomes(from_height, count)

    def read_control(self, from_height: int, count: int) -> list[ControlBlock]:
        """See ``LogReader``."""
        return self._log.read_control(from_height, count)

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:
        """See ``LogReader``."""
        return self._log.read_commands(position, count)

    def close(self) -> None:
        """See ``LogReader``."""
        self._log.close()
