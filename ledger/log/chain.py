"""The live history: which blocks count, seen from any block of a log.

Every block has one parent: the block before it, or the target of the rollback that its first event
declares. History is a tree that only grows; the *chain* of a tip is the tip, its parent, and so on
down to block 1. Blocks off the chain are void, seen from that tip: nothing but the duplicate table
counts them (``ledger.writer.recovery``). Chains of older tips stay what they were, which is what
reads of older knowledge stand on.

A chain is kept as segments of consecutive blocks: walk the rollbacks newest first from ``hi`` = tip;
where the declaring block R is at or below ``hi``, [R, hi] is a segment and ``hi`` becomes its
target; at the end [1, hi] is one. Nested, overlapping and void rollbacks, and rollbacks to void
blocks, need no further rule.

Rollbacks are known from the control copies, so a chain costs as much as there are rollbacks and
checkpoints, however long history is. Whoever walks a chain checks that each block names the one
before it on the chain as its parent (``check_parent``), which finds a copy that is missing.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, final

from ledger.core.messages import BlockSealed, FundingIndexRestated, RollbackCompleted, RollbackDeclared
from ledger.errors import CodecFault, LogCorrupt, LogUnavailable, invariant
from ledger.log.blobs import split_values
from ledger.log.blocks import ROLLBACK_FRAMINGS, check_control, parent_difference
from ledger.log.codec import decode_event
from ledger.log.port import ControlBlock, LogReader
from schemas import framings

_BLOCKS_READ: Final = 1000
_TOLD: Final = ROLLBACK_FRAMINGS + framings("RollbackCompleted") + framings("FundingIndexRestated")


@final
class Rollback:
    """Block ``height``, whose first event is ``seq``, goes back to ``target_height``."""

    __slots__ = ("height", "seq", "target_height")

    def __init__(self, height: int, seq: int, target_height: int) -> None:
        self.height = height
        self.seq = seq
        self.target_height = target_height


@final
class Restatement:
    """Block ``height`` restates the index of ``market``, wrong since ``from_seq``, by the event ``seq``."""

    __slots__ = ("from_seq", "height", "market", "seq")

    def __init__(self, height: int, seq: int, market: str, from_seq: int) -> None:
        self.height = height
        self.seq = seq
        self.market = market
        self.from_seq = from_seq


@final
class Segment:
    """Consecutive blocks of a chain, from height ``first`` to ``last``, both included."""

    __slots__ = ("first", "last")

    def __init__(self, first: int, last: int) -> None:
        self.first = first
        self.last = last

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Segment) and (self.first, self.last) == (other.first, other.last)

    def __hash__(self) -> int:
        return hash((self.first, self.last))

    def __repr__(self) -> str:
        return f"[{self.first}, {self.last}]"


@final
class Chain:
    """The chain of parents of the block ``tip``, oldest segment first; of 0 it has no blocks."""

    def __init__(self, tip: int, segments: Sequence[Segment]) -> None:
        self.tip = tip
        self.segments = tuple(segments)
        self._firsts = [segment.first for segment in segments]

    def is_on_chain(self, height: int) -> bool:
        """Whether the block counts, seen from the tip."""
        return 0 < height == self.newest_at(height)

    def newest_at(self, height: int) -> int:
        """The newest block of the chain at or below ``height``; 0 when there is none."""
        place = bisect_right(self._firsts, height) - 1
        return min(height, self.segments[place].last) if place >= 0 else 0

    def after(self, height: int) -> int:
        """The oldest block of the chain above ``height``; 0 when there is none."""
        place = bisect_right(self._firsts, height) - 1
        if place >= 0 and height < self.segments[place].last:
            return height + 1
        return self.segments[place + 1].first if place + 1 < len(self.segments) else 0

    def end_of(self, height: int) -> int:
        """The last block of the segment in which ``height`` lies; ``height`` is on the chain."""
        invariant(self.is_on_chain(height), f"block {height} is not on the chain of block {self.tip}")
        return self.segments[bisect_right(self._firsts, height) - 1].last

    def cut(self, height: int) -> "Chain":
        """The chain without the blocks above ``height``: that of its newest block at or below it."""
        tip = self.newest_at(height)
        kept = [segment for segment in self.segments if segment.first <= tip]
        if kept:
            kept[-1] = Segment(kept[-1].first, min(kept[-1].last, tip))
        return Chain(tip, kept)


def live_chain(rollbacks: Sequence[Rollback], tip: int) -> Chain:
    """The chain of the block ``tip``, given all rollbacks up to it, in order of height.

    Rollbacks above the tip are ignored: they are what was not known yet.
    """
    segments: list[Segment] = []
    high = tip
    for rollback in reversed(rollbacks):
        if rollback.height <= high:
            segments.append(Segment(rollback.height, high))
            high = rollback.target_height
    if high > 0:
        segments.append(Segment(1, high))
    return Chain(tip, segments[::-1])


def check_parent(seal: BlockSealed, expected: int) -> None:
    """Raise unless ``seal``, checked with its events, names block ``expected`` of the chain as its parent.

    A block of a broker's log may be readable a moment before its control copies are, so the fault
    is ``LogUnavailable``: read the control copies again.
    """
    if seal.parent_height != expected:
        raise LogUnavailable(
            f"its parent is block {seal.parent_height}, the control copies know of no rollback to it",
            where=f"block {seal.height}",
            remedy="If this stays so, find what is missing with `ledger log verify`",
        )


@final
class Rollbacks:
    """The rollbacks and corrections of a log, read from its control copies and read on as the log grows."""

    def __init__(self, log: LogReader) -> None:
        self._log = log
        self._next_height = 1
        self._declared: list[Rollback] = []
        self._completed: dict[int, list[int]] = {}
        """Heights of the blocks that complete a rollback, by the seq that declared it."""
        self._restated: list[Restatement] = []

    def read_on(self) -> None:
        """Take in what the control copies have by now. Raises ``LogCorrupt`` for copies that are wrong."""
        while blocks := self._log.read_control(self._next_height, _BLOCKS_READ):
            for block in blocks:
                self._take(block)
                self._next_height = block.height + 1

    def declared(self) -> Sequence[Rollback]:
        """All of them, void ones too, in order of height."""
        return self._declared

    def chain(self, tip: int) -> Chain:
        """The chain of the block ``tip``, as far as the copies were read."""
        return live_chain(self._declared, tip)

    def restatements(self, chain: Chain) -> list[Restatement]:
        """What corrections on a chain restate, as far as the copies were read."""
        return [one for one in self._restated if chain.is_on_chain(one.height)]

    def served_tip(self, tip: int) -> int:
        """The newest block at or below ``tip`` that views may show.

        A rollback may take several blocks: what it reinstates and cancels comes after its
        declaration. Until its ``RollbackCompleted`` is there, views stay at the block before it.
        """
        while True:
            newest = self.chain(tip).segments[-1:]
            rollback = next((one for one in self._declared if newest and one.height == newest[0].first), None)
            if rollback is None or any(
                rollback.height <= height <= tip for height in self._completed.get(rollback.seq, ())
            ):
                return tip
            tip = rollback.height - 1

    def _take(self, block: ControlBlock) -> None:
        where = f"block {block.height}"
        try:
            values = [value for value in split_values(block.data) if value.startswith(_TOLD)]
            if not values:
                return
            seal = self._log.seal(block.height)
            check_control(seal, block.data)
            difference = parent_difference(seal, block.data)
            events = [decode_event(value) for value in values]
        except CodecFault as fault:
            raise LogCorrupt(f"a control copy cannot be read: {fault.what}", where=where) from fault
        if difference:
            raise LogCorrupt(difference, where=where)
        for event in events:
            if isinstance(event, RollbackCompleted):
                self._completed.setdefault(event.rollback_seq, []).append(block.height)
            elif isinstance(event, FundingIndexRestated):
                self._restated.append(Restatement(block.height, event.seq, event.market, event.from_seq))
            elif isinstance(event, RollbackDeclared):
                if event.seq != seal.first_seq or not 0 < event.target_height < block.height:
                    what = f"seq {event.seq} declares a rollback to block {event.target_height}"
                    raise LogCorrupt(f"{what} where none can be", where=where)
                self._declared.append(Rollback(block.height, event.seq, event.target_height))
