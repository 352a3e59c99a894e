"""Blocks of several partitions in step, each checked before anybody folds it.

A seal is the same in every partition, so the chain is checked once; each partition's events are
checked against the seal's digest of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core.messages import BlockSealed
from ledger.errors import LedgerFault, LogCorrupt
from ledger.log.blocks import check_blob, check_seal
from ledger.log.port import LogReader, PartitionBlock

BLOCKS_MAX: Final = 512
"""Blocks asked for in one read; a read also ends by bytes."""

FIRST_BLOCKS: Final = 16
"""Blocks asked for before it is known how many events a block has."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Consecutive sealed blocks: ``seals`` in order, and of each partition its blocks."""

    seals: list[BlockSealed]
    parts: dict[int, list[PartitionBlock]]

    @property
    def last(self) -> BlockSealed:
        """Seal of the newest of them."""
        return self.seals[-1]

    @property
    def events(self) -> int:
        """Number of events in all of them, broadcast ones counted once."""
        return self.last.last_seq - self.seals[0].first_seq + 1

    def cut(self, first: int, end: int) -> "Blocks":
        """The blocks from place ``first`` to before ``end``."""
        return Blocks(
            self.seals[first:end], {partition: own[first:end] for partition, own in self.parts.items()}
        )


def read_blocks(
    log: LogReader, partitions: Sequence[int], previous: BlockSealed | None, until: int, events_max: int
) -> Blocks:
    """Checked blocks after ``previous`` up to height ``until``, or fewer: about ``events_max`` events.

    Stops before a block that is wrong, and raises its fault when it is the first.
    """
    blocks = Blocks([], {partition: [] for partition in partitions})
    height = 0 if previous is None else previous.height
    while height < until and (not blocks.seals or blocks.events < events_max):
        count = min(_blocks_to_read(blocks, events_max), until - height)
        try:
            read = _read(log, partitions, previous, count)
        except LedgerFault:
            if count > 1 and not blocks.seals:
                read = _read_one_by_one(log, partitions, previous, count)
            elif blocks.seals:
                return blocks
            else:
                raise
        blocks.seals.extend(read.seals)
        for partition, own in read.parts.items():
            blocks.parts[partition].extend(own)
        previous = read.last
        height = previous.height
    return blocks


def _blocks_to_read(so_far: Blocks, events_max: int) -> int:
    """How many blocks have the events that are lacking, if they are as large as those before."""
    if not so_far.seals:
        return FIRST_BLOCKS
    lacking = events_max - so_far.events
    return max(1, min(BLOCKS_MAX, lacking * len(so_far.seals) // max(so_far.events, 1)))


def _read_one_by_one(
    log: LogReader, partitions: Sequence[int], previous: BlockSealed | None, count: int
) -> Blocks:
    """The blocks before the one at fault; raises its fault when it is the first."""
    blocks = Blocks([], {partition: [] for partition in partitions})
    for _ in range(count):
        try:
            read = _read(log, partitions, previous, 1)
        except LedgerFault:
            if blocks.seals:
                return blocks
            raise
        blocks.seals.extend(read.seals)
        for partition, own in read.parts.items():
            blocks.parts[partition].extend(own)
        previous = read.last
    return blocks


def _read(log: LogReader, partitions: Sequence[int], previous: BlockSealed | None, count: int) -> Blocks:
    first = 1 if previous is None else previous.height + 1
    lead = log.read_partition(partitions[0], first, count)
    if not lead:
        raise LogCorrupt("the block is not there although the head is above it", where=f"block {first}")
    seals = [block.seal for block in lead]
    for seal in seals:
        check_seal(previous, seal)
        previous = seal
    parts = {partitions[0]: lead}
    for partition in partitions[1:]:
        parts[partition] = _read_same(log, partition, lead)
    for partition, own in parts.items():
        for seal, block in zip(seals, own, strict=True):
            check_blob(seal, partition, block.blob)
    return Blocks(seals, parts)


def _read_same(log: LogReader, partition: int, lead: list[PartitionBlock]) -> list[PartitionBlock]:
    """The blocks of another partition at the same heights, with the same seals."""
    blocks: list[PartitionBlock] = []
    while len(blocks) < len(lead):
        read = log.read_partition(partition, lead[len(blocks)].height, len(lead) - len(blocks))
        if not read:
            raise LogCorrupt(
                "the block is not there in this partition", where=_place(lead[len(blocks)], partition)
            )
        blocks.extend(read)
    for own, other in zip(blocks, lead, strict=True):
        if own.seal_bytes != other.seal_bytes:
            raise LogCorrupt("the seal differs from that of another partition", where=_place(own, partition))
    return blocks


def _place(block: PartitionBlock, partition: int) -> str:
    return f"block {block.height}, partition {partition}"
