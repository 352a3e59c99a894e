"""The log in memory: for tests, for counterfactuals, and for reading without a disk.

It keeps every promise of ``ledger.log.port`` but survival of the process.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import final

from ledger.core.messages import BlockSealed
from ledger.errors import invariant
from ledger.log.blocks import refuse_unless_next
from ledger.log.port import READ_BYTES_MAX, Block, ControlBlock, OutcomesBlock, PartitionBlock, StoredCommand


@final
class MemoryLog:
    """An ``EventLog`` of lists. One object is the log; there is nothing to open again."""

    def __init__(self, ledger_id: str, partitions: int) -> None:
        invariant(partitions > 0, "a log has at least one partition")
        self._ledger_id = ledger_id
        self._partitions = partitions
        self._blocks: list[Block] = []
        self._control: list[ControlBlock] = []
        self._commands: list[StoredCommand] = []

    @property
    def ledger_id(self) -> str:
        """Identity of the ledger."""
        return self._ledger_id

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        return self._partitions

    @property
    def identity(self) -> str:
        """Empty: the chain of seals tells this log from any other."""
        return ""

    def append_commands(self, commands: Sequence[bytes], arrived_at_us: int) -> int:
        """Store framed commands and return the position of the first."""
        first = len(self._commands)
        self._commands += [
            StoredCommand(first + index, arrived_at_us, data) for index, data in enumerate(commands)
        ]
        return first

    def commit(self, block: Block) -> None:
        """Append ``block``; ``BlockRefused`` when it does not follow the head."""
        refuse_unless_next(self.head(), block, self._partitions)
        if block.control:
            self._control.append(ControlBlock(block.height, block.control))
        self._blocks.append(block)

    def head(self) -> BlockSealed | None:
        """Seal of the newest block."""
        return self._blocks[-1].seal if self._blocks else None

    def seal(self, height: int) -> BlockSealed:
        """Seal of the block at ``height``, which lies in 1..head."""
        invariant(0 < height <= len(self._blocks), f"there is no block {height}")
        return self._blocks[height - 1].seal

    def read_partition(self, partition: int, from_height: int, count: int) -> list[PartitionBlock]:
        """Up to ``count`` blocks of one partition."""
        invariant(0 <= partition < self._partitions, f"there is no partition {partition}")
        found: list[PartitionBlock] = []
        room = READ_BYTES_MAX
        for block in self._from(from_height, count):
            if room <= 0:
                break
            blob = block.blobs[partition]
            found.append(PartitionBlock(partition, block.height, block.seal, block.seal_bytes, blob))
            room -= len(block.seal_bytes) + len(blob)
        return found

    def read_outcomes(self, from_height: int, count: int) -> list[OutcomesBlock]:
        """Outcomes of up to ``count`` blocks."""
        found: list[OutcomesBlock] = []
        room = READ_BYTES_MAX
        for block in self._from(from_height, count):
            if room <= 0:
                break
            found.append(OutcomesBlock(block.height, block.outcomes))
            room -= len(block.outcomes)
        return found

    def read_control(self, from_height: int, count: int) -> list[ControlBlock]:
        """Up to ``count`` blocks with control copies at or after ``from_height``."""
        first = bisect_left(self._control, from_height, key=_height)
        return self._control[first : first + count]

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:
        """Up to ``count`` commands from ``position`` on."""
        invariant(position >= 0, "positions begin at 0")
        return self._commands[position : position + count]

    def close(self) -> None:
        """Nothing to let go of."""

    def _from(self, height: int, count: int) -> list[Block]:
        invariant(height > 0, "heights begin at 1")
        return self._blocks[height - 1 : height - 1 + count]


def _height(block: ControlBlock) -> int:
    return block.height
