"""The event log as the rest of the program sees it.

A log keeps two things: the commands, in the order that decides, and the blocks, each a group
of events that became durable together, chained by their seals. ``LogReader`` is what a
projector, an auditor or a tool needs; ``EventLog`` adds what only the one writer may do.

What every log promises:

- **One block, one commit.** ``commit`` makes all of a block readable or none of it: the blobs
  of every partition, the seal, the outcomes and the control copies. A reader never sees a part.
- **Durable on return.** When ``commit`` returns, the block survives the death of the process
  and of the machine, and so does every command below the seal's ``command_cursor``. Readers
  are shown durable blocks only.
- **Unknown after a fault.** When ``commit`` raises anything but ``BlockRefused``, the block may
  or may not have landed. The writer drops its state, opens the log again and recovers; what
  ``head`` says then is the truth.
- **Order.** Heights are gap-free from 1, command positions rise. Nothing is changed or removed
  once it is durable.
- **Nothing silent.** Bytes that are missing or that storage cannot vouch for raise
  ``LogCorrupt``. A log does not hash what it returns: readers pass every block through
  ``ledger.log.blocks``, which finds any changed byte whatever the storage missed.

Nothing here holds a whole log in memory: ranges are read by ``count`` and end early at
``READ_BYTES_MAX``, so a list shorter than asked says nothing, and an empty one says that there
is nothing there yet.
"""

from collections.abc import Sequence
from typing import Final, Protocol, final

from ledger.core.messages import BlockSealed

READ_BYTES_MAX: Final = 32 * 1024 * 1024
"""A read of several blocks stops after the one that takes it past this many bytes."""


@final
class StoredCommand:
    """A command as it lies in the log: ``position`` from 0, arrival in Unix µs, framed bytes."""

    __slots__ = ("arrived_at_us", "data", "position")

    def __init__(self, position: int, arrived_at_us: int, data: bytes) -> None:
        self.position = position
        self.arrived_at_us = arrived_at_us
        self.data = data


@final
class Block:
    """A sealed block on its way into a log, as ``BlockBuilder.seal`` made it.

    ``blobs`` has the events of each partition in order, ``outcomes`` and ``control`` the
    other two streams, ``seal_bytes`` the framed ``seal``. Layouts are in ``ledger.log.blocks``.
    """

    __slots__ = ("blobs", "control", "height", "outcomes", "seal", "seal_bytes")

    def __init__(
        self,
        height: int,
        seal: BlockSealed,
        seal_bytes: bytes,
        blobs: list[bytes],
        outcomes: bytes,
        control: bytes,
    ) -> None:
        self.height = height
        self.seal = seal
        self.seal_bytes = seal_bytes
        self.blobs = blobs
        self.outcomes = outcomes
        self.control = control


@final
class PartitionBlock:
    """What one partition has of a block: the events' ``blob`` and the seal, decoded and raw."""

    __slots__ = ("blob", "height", "partition", "seal", "seal_bytes")

    def __init__(
        self, partition: int, height: int, seal: BlockSealed, seal_bytes: bytes, blob: bytes
    ) -> None:
        self.partition = partition
        self.height = height
        self.seal = seal
        self.seal_bytes = seal_bytes
        self.blob = blob


@final
class OutcomesBlock:
    """The outcomes of one block, to be checked against ``seal.outcomes_digest``."""

    __slots__ = ("data", "height")

    def __init__(self, height: int, data: bytes) -> None:
        self.height = height
        self.data = data


@final
class ControlBlock:
    """The control copies of one block, to be checked against ``seal.control_digest``."""

    __slots__ = ("data", "height")

    def __init__(self, height: int, data: bytes) -> None:
        self.height = height
        self.data = data


class LogReader(Protocol):
    """The reading half of a log. Many readers may follow one writer, from other processes too."""

    @property
    def ledger_id(self) -> str:
        """Identity of the ledger; equal to ``LedgerOpened.ledger_id`` in block 1."""

    @property
    def partitions(self) -> int:
        """Number of partitions; never changes for the life of a ledger."""

    @property
    def identity(self) -> str:
        """Tells this log from another that took its place; a cursor in one is none in the other.

        Name and id of the events topic on a cluster; empty where a log cannot be replaced unseen.
        """

    def head(self) -> BlockSealed | None:
        """Seal of the newest durable block now; ``None`` before block 1."""

    def seal(self, height: int) -> BlockSealed:
        """Seal of the block at ``height``, which lies in 1..head."""

    def read_partition(self, partition: int, from_height: int, count: int) -> list[PartitionBlock]:
        """Up to ``count`` consecutive blocks of one partition, beginning at ``from_height``."""

    def read_outcomes(self, from_height: int, count: int) -> list[OutcomesBlock]:
        """Outcomes of up to ``count`` consecutive blocks, beginning at ``from_height``."""

    def read_control(self, from_height: int, count: int) -> list[ControlBlock]:
        """Up to ``count`` next blocks at or after ``from_height`` that have control copies.

        Blocks without any are left out, so that a reader learns the system events of a long
        history in a few calls; it goes on after the height of the last one.
        """

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:
        """Up to ``count`` commands at or after ``position``, in order of position."""

    def close(self) -> None:
        """Let go of files, connections and locks; calling it twice is harmless."""


class EventLog(LogReader, Protocol):
    """A log as its one writer has it."""

    def append_commands(self, commands: Sequence[bytes], arrived_at_us: int) -> int:
        """Store framed commands that arrived together and return the first one's position.

        The others follow in order. They are readable at once and durable at the latest with
        the next commit: a command that no seal's cursor has passed may be lost with the
        process, and was not answered. Where others append too (a broker's topic), positions
        may have gaps. Raises ``DiskFull`` and then stores none of them.
        """

    def commit(self, block: Block) -> None:
        """Append ``block`` to the chain; all or nothing, durable on return.

        Raises ``BlockRefused``, changing nothing, unless the block follows the head: height one
        above, parent and previous digest those of the head, seqs and times going on from its,
        as many partitions as the log has, and a seal whose digest is its own. Raises
        ``DiskFull`` or another ``LogFault`` when storage fails; see *Unknown after a fault*.
        """
