"""One view's turn in a step: its events are folded, its laws checked, its rows committed.

A view that cannot apply a step is dropped back to its last commit, and the turn says why.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.errors import CodecFault, DiskFull, LedgerFault, ViewStopped
from projectors.columns.frames import CutFrames, DecodedFrames, Frames
from projectors.folding.checkpoints import compare, listed_digests
from projectors.folding.state import ViewState
from projectors.folding.steps import Step
from projectors.port import Cursor

LIVE_BLOCKS: Final = 16
"""Steps of no more blocks than this are written with the write-ahead log on."""


@dataclass(slots=True)
class Turn:
    """A view with those of its partitions that stand where the step begins, and what became of it."""

    state: ViewState
    partitions: Sequence[int]
    log_identity: str
    fault: LedgerFault | None = None
    checked: int = 0
    """Tables found equal to the writer's at checkpoints."""
    fold_s: float = 0.0
    write_s: float = 0.0

    def take(self, step: Step) -> None:
        """Fold and commit the step, or drop what the view cannot apply. Raises ``DiskFull``."""
        began = time.perf_counter()
        try:
            if isinstance(step.frames, CodecFault):
                raise step.frames
            self._fold(step, step.frames)
        except (ViewStopped, CodecFault) as fault:
            self.state.drop()
            self.fault = fault
            return
        folded = time.perf_counter()
        self.fold_s = folded - began
        self._commit(step, step.frames.settlement_asset)
        self.write_s = time.perf_counter() - folded

    def _fold(self, step: Step, frames: DecodedFrames) -> None:
        """Fold up to each checkpoint, comparing digests there, and on."""
        whole = len(self.partitions) == len(self.state.partitions)
        first, last = step.seals[0].first_seq, step.last.last_seq
        after = first - 1
        for seq, listed in _marks(frames):
            self.state.fold(CutFrames(frames, self.partitions, after, seq))
            self.checked += len(compare(self.state, seq, listed_digests(listed), self.partitions))
            after = seq
        cut = after >= first or not whole
        self.state.fold(CutFrames(frames, self.partitions, after, last) if cut else frames)
        if whole:
            self.state.check_laws()

    def _commit(self, step: Step, settlement_asset: str) -> None:
        last = step.last
        cursor = Cursor(
            last.height,
            last.digest,
            last.last_seq,
            last.recorded_at_us,
            settlement_asset,
            self.log_identity,
        )
        try:
            for number in self.partitions:
                self.state.partitions[number].commit(cursor, logged=len(step.seals) <= LIVE_BLOCKS)
        except DiskFull:
            self.state.drop()
            raise


def _marks(frames: Frames) -> Iterator[tuple[int, str]]:
    marks = frames.frame("CheckpointMarked")
    if marks is not None:
        yield from marks.unique("seq", keep="first").sort("seq").select("seq", "view_digests").rows()
