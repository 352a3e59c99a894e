"""Where a proof may begin: a checkpoint of the writer that the log itself vouches for.

A checkpoint is a file beside the log, and the writer that went back may have started from the same one. So it
counts only if a mark (``CheckpointMarked``) lies after its block and not after the target of the rollback:
the fold comes by that mark and compares itself with the digest that the log has there. Where there is none
the fold begins with block 1.
"""

from collections.abc import Iterator
from typing import Any, Final, final

from ledger.core.state import State
from ledger.errors import LogCorrupt
from ledger.log.blobs import split_values
from ledger.log.blocks import check_control, check_partition
from ledger.log.chain import Chain
from ledger.log.port import LogReader, PartitionBlock
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import recovered_at
from schemas import catalog

CONTROL_READ: Final = 1_000
BLOCKS_READ: Final = 64
_MARKED: Final = catalog()["CheckpointMarked"].framing


@final
class Beginning:
    """Where a fold begins: the state after a block, and the block of the mark that vouches for it.

    ``checkpoints`` are those that are no newer, ``None`` for a fold from block 1.
    """

    __slots__ = ("checkpoints", "height", "mark_height", "seal_digest", "state")

    def __init__(self) -> None:
        self.height = 0
        self.mark_height = 0
        self.seal_digest = ""
        self.state = State()
        self.checkpoints: Checkpoints | None = None

    def record(self) -> dict[str, Any]:
        """As a report has it."""
        return {"block": self.height, "seal": self.seal_digest, "mark": self.mark_height}


def beginning(log: LogReader, chain: Chain, target_height: int, checkpoints: Checkpoints | None) -> Beginning:
    """The newest checkpoint of a live block after which a live block up to the target has a mark."""
    begun = Beginning()
    if checkpoints is None:
        return begun
    for height in checkpoints.heights():
        mark_height = mark_after(log, chain, height, target_height) if chain.is_on_chain(height) else 0
        if not mark_height:
            continue
        older = Checkpoints(checkpoints.directory, height)
        recovered = recovered_at(log, height, older)
        if recovered.from_height == height:
            begun.height, begun.mark_height = height, mark_height
            begun.seal_digest = log.seal(height).digest
            begun.state, begun.checkpoints = recovered.state, older
            break
    return begun


def mark_after(log: LogReader, chain: Chain, height: int, at_most: int) -> int:
    """The first marked block of a chain above a height and up to another; 0 for none."""
    following = height + 1
    while following <= at_most and (blocks := log.read_control(following, CONTROL_READ)):
        for block in blocks:
            if block.height > at_most:
                return 0
            if chain.is_on_chain(block.height) and _MARKED in block.data:
                check_control(log.seal(block.height), block.data)
                if any(value.startswith(_MARKED) for value in split_values(block.data)):
                    return block.height
            following = block.height + 1
    return 0


def checked_blocks(log: LogReader, after: int, up_to: int) -> Iterator[tuple[PartitionBlock, ...]]:
    """What every partition has of each block above a height, checked against the block before it."""
    previous = log.seal(after) if after else None
    height = after + 1
    while height <= up_to:
        count = min(BLOCKS_READ, up_to - height + 1)
        partitions = [log.read_partition(number, height, count) for number in range(log.partitions)]
        complete = min(len(blocks) for blocks in partitions)
        if complete == 0:
            raise LogCorrupt("the block is missing", where=f"block {height}")
        for parts in zip(*(blocks[:complete] for blocks in partitions), strict=True):
            for part in parts:
                check_partition(previous, part)
            yield parts
            previous = parts[0].seal
        height += complete
