"""One view's turn in a step: its events are gathered part by part, then settled and committed.

A view that cannot apply them is dropped back to its last commit, and the turn says why.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core.messages import BlockSealed
from ledger.errors import CodecFault, LedgerFault, ViewStopped
from projectors.columns.frames import CutFrames, Frames
from projectors.folding.checkpoints import compare, listed_digests
from projectors.folding.state import ViewState
from projectors.folding.steps import Part
from projectors.port import Cursor

LIVE_BLOCKS: Final = 16
"""Steps of no more blocks than this are written with the write-ahead log on."""


@dataclass(slots=True)
class Turn:
    """A view with those of its partitions that stand where the step begins, and what became of it."""

    state: ViewState
    partitions: Sequence[int]
    blocks: int = 0
    """Blocks gathered, those of the part at ``fault`` included."""
    last: BlockSealed | None = None
    """Seal of the newest of them."""
    fault: LedgerFault | None = None
    checked: int = 0
    """Tables found equal to the writer's at checkpoints."""
    fold_s: float = 0.0
    write_s: float = 0.0

    def gather(self, part: Part) -> None:
        """Fold one part."""
        began = time.perf_counter()
        self.blocks += len(part.seals)
        self.last = part.last
        self._unless_at_fault(lambda: self._gather(part))
        self.fold_s += time.perf_counter() - began

    def finish(self, settlement_asset: str, log_identity: str) -> None:
        """Make rows of what was gathered, check the laws, and commit. Raises ``DiskFull``."""
        began = time.perf_counter()
        self._unless_at_fault(self._settle)
        if self.fault is None and self.last is not None:
            last = self.last
            cursor = Cursor(
                last.height,
                last.digest,
                last.last_seq,
                last.recorded_at_us,
                settlement_asset,
                log_identity,
            )
            for number in self.partitions:
                self.state.partitions[number].commit(cursor, logged=self.blocks <= LIVE_BLOCKS)
        self.write_s += time.perf_counter() - began

    @property
    def _whole(self) -> bool:
        """Whether all partitions that this process has take part."""
        return len(self.partitions) == len(self.state.partitions)

    def _gather(self, part: Part) -> None:
        """Gather up to each checkpoint, comparing digests there, and on."""
        if isinstance(part.frames, CodecFault):
            raise part.frames
        first, last = part.seals[0].first_seq, part.last.last_seq
        after = first - 1
        for seq, listed in _marks(part.frames):
            self.state.fold(CutFrames(part.frames, self.partitions, after, seq))
            self.checked += len(compare(self.state, seq, listed_digests(listed), self.partitions))
            after = seq
        cut = after >= first or not self._whole
        self.state.gather(CutFrames(part.frames, self.partitions, after, last) if cut else part.frames)

    def _settle(self) -> None:
        self.state.settle()
        if self._whole:
            self.state.check_laws()

    def _unless_at_fault(self, work: Callable[[], None]) -> None:
        try:
            work()
        except (ViewStopped, CodecFault) as fault:
            self.state.drop()
            self.fault = fault


def _marks(frames: Frames) -> Iterator[tuple[int, str]]:
    marks = frames.frame("CheckpointMarked")
    if marks is not None:
        yield from marks.unique("seq", keep="first").sort("seq").select("seq", "view_digests").rows()
