"""Blocks of a chain of parents, in order, void ones left out; each checked before anybody folds it."""

from collections.abc import Iterator, Sequence

from ledger.errors import LogUnavailable
from ledger.log.chain import Chain, check_parent
from ledger.log.port import LogReader
from projectors.columns.feed import Blocks, read_blocks


def read_along(
    log: LogReader, partitions: Sequence[int], chain: Chain, after: int, until: int, events_max: int
) -> Blocks:
    """The blocks that follow block ``after`` on the chain, up to height ``until``, or fewer of them.

    ``after`` is a block of the chain, or 0, and has one after it at or below ``until``. Ends where
    the chain passes over void blocks, and after about ``events_max`` events. Raises what reading
    raises for the first block, and ``LogUnavailable`` when the chain lacks a rollback that a block
    declares: read the rollbacks again then.
    """
    first = chain.after(after)
    previous = log.seal(first - 1) if first > 1 else None
    blocks = read_blocks(log, partitions, previous, min(until, chain.end_of(first)), events_max)
    check_parent(blocks.seals[0], after)
    for place, seal in enumerate(blocks.seals[1:], 1):
        try:
            check_parent(seal, seal.height - 1)
        except LogUnavailable:
            return blocks.cut(0, place)
    return blocks


def walk(
    log: LogReader, partitions: Sequence[int], chain: Chain, after: int, until: int, events_max: int
) -> Iterator[Blocks]:
    """All blocks of the chain after block ``after`` up to height ``until``, some at a time."""
    while 0 < chain.after(after) <= until:
        blocks = read_along(log, partitions, chain, after, until, events_max)
        yield blocks
        after = blocks.last.height
