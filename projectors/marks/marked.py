"""Marked blocks: those with a ``CheckpointMarked``, at which the writer states its digests.

They are known from the control copies. A copy that is made up or missing costs a checkpoint of a view
and nothing else: what a view compares at a mark it reads from the events themselves.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.log.blobs import split_values
from ledger.log.chain import Chain
from ledger.log.port import LogReader
from schemas import framings

_BLOCKS_READ: Final = 1000
_FRAMINGS: Final = framings("CheckpointMarked")


class Mark(NamedTuple):
    """A marked block and the newest seq in it."""

    height: int
    seq: int


class Marks:
    """The marked blocks of a log, void ones too, read on as the log grows."""

    def __init__(self, log: LogReader) -> None:
        self._log = log
        self._next_height = 1
        self._marks: list[Mark] = []

    def read_on(self) -> None:
        """Take in what the control copies have by now."""
        while blocks := self._log.read_control(self._next_height, _BLOCKS_READ):
            for block in blocks:
                if any(value.startswith(_FRAMINGS) for value in split_values(block.data)):
                    self._marks.append(Mark(block.height, self._log.seal(block.height).last_seq))
                self._next_height = block.height + 1

    def listed(self) -> Sequence[Mark]:
        """All of them, in order."""
        return self._marks

    def on(self, chain: Chain, after: int, until: int) -> list[Mark]:
        """Marked blocks of a chain above height ``after``, up to ``until``, in order."""
        first = bisect_right(self._marks, after, key=lambda mark: mark.height)
        last = bisect_right(self._marks, until, key=lambda mark: mark.height)
        return [mark for mark in self._marks[first:last] if chain.is_on_chain(mark.height)]
