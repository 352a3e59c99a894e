"""Stands in for a log that cannot be opened, so that what is stored goes on being served."""

from pathlib import Path
from typing import final

from ledger.core.messages import BlockSealed
from ledger.errors import LogFault
from ledger.log.port import ControlBlock, OutcomesBlock, PartitionBlock, StoredCommand
from projectors.stores import generations


@final
class AbsentLog:
    """A ``LogReader`` of a log that does not answer: it has no blocks, and says why when one is asked for."""

    def __init__(self, fault: LogFault, partitions: int) -> None:
        self.fault = fault
        self.partitions = partitions
        self.ledger_id = ""
        self.identity = ""

    def head(self) -> BlockSealed | None:
        """Nobody knows."""
        return None

    def seal(self, height: int) -> BlockSealed:  # noqa: ARG002
        """Raises the fault."""
        raise self.fault

    def read_partition(self, partition: int, from_height: int, count: int) -> list[PartitionBlock]:  # noqa: ARG002
        """Raises the fault."""
        raise self.fault

    def read_outcomes(self, from_height: int, count: int) -> list[OutcomesBlock]:  # noqa: ARG002
        """Raises the fault."""
        raise self.fault

    def read_control(self, from_height: int, count: int) -> list[ControlBlock]:  # noqa: ARG002
        """None is known."""
        return []

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:  # noqa: ARG002
        """Raises the fault."""
        raise self.fault

    def close(self) -> None:
        """Nothing was opened."""


def stored_partitions(root: Path, view: str) -> int:
    """How many partitions the serving generation of a view has; the faults are those of ``serving``."""
    return sum(place.name.isdecimal() for place in generations.serving(root, view).iterdir())
