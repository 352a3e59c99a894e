"""The cut law, tried on a view over a log: cutting the events differently never changes the rows.

Everything that the projectors promise of a view stands on it: steps of any size, processes that share the
partitions, rebuilds, rollbacks, reads of a moment inside a block. A view breaks it where an expression looks
at the rows around an event (``diff``, ``cum_sum``, ``over``) or a ``Scan`` remembers something by itself.

The events are folded three times side by side: in large steps; cut at places drawn from a seed, in the middle
of blocks and commands; and as if the ledger had one partition. Rows must be the same.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, NamedTuple

import polars as pl

from ledger.log.chain import Rollbacks
from ledger.log.port import LogReader
from projectors.columns.events import PARTITION, known_events
from projectors.columns.frames import CutFrames, Frames
from projectors.define.view import View
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.stores.memory import MemoryStore
from projectors.values import Cell

CUTS: Final = 7
"""Places at which the events of one step are cut."""

STEP_EVENTS: Final = 50_000

EXAMPLES_MAX: Final = 3


class Broken(NamedTuple):
    """A table whose rows depend on how the events were cut, with the first rows that do."""

    table: str
    how: str
    examples: tuple[str, ...]

    def __str__(self) -> str:
        """One line."""
        return f"table {self.table} has other rows {self.how}: {'; '.join(self.examples)}"


class _OnePartition:
    """Frames as a ledger with one partition would have them."""

    def __init__(self, whole: Frames) -> None:
        self._whole = whole

    def frame(self, name: str) -> pl.DataFrame | None:
        """See ``Frames``."""
        frame = self._whole.frame(name)
        if frame is None:
            return None
        if known_events()[name].broadcast:
            frame = frame.filter(pl.col(PARTITION) == 0)
        return frame.with_columns(pl.lit(0, dtype=pl.UInt8).alias(PARTITION)).sort("seq")


class _Cutting(ViewState):
    """A view that cuts everything it is given to fold."""

    def __init__(self, view: View, partitions: int, seed: int) -> None:
        super().__init__(view, {number: MemoryStore() for number in range(partitions)}, partitions)
        self.together = ViewState(view, {0: MemoryStore()}, 1)
        self._random = Random(seed)  # noqa: S311  the same cuts for the same seed

    def fold(self, frames: Frames, *, whole: bool = True) -> None:  # noqa: ARG002
        """Fold in pieces. Checks may look at whole commands, so they are left out."""
        self.together.fold(_OnePartition(frames), whole=False)
        found = [frames.frame(event) for event in self.view.plan.needs]
        seqs = sorted({seq for one in found if one is not None for seq in one.get_column("seq").to_list()})
        if not seqs:
            return
        places = sorted(self._random.sample(seqs, min(CUTS, len(seqs))))
        for after, until in zip([seqs[0] - 1, *places], [*places, seqs[-1]], strict=True):
            super().fold(CutFrames(frames, list(self.partitions), after, until), whole=False)


def broken_cuts(
    view: View,
    log: LogReader,
    *,
    seed: int,
    events_max: int,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Broken], int]:
    """Tables that break the law over the first ``events_max`` events of the live history, and their number.

    Raises what stops the view, such as a check that does not hold.
    """
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    head = log.head()
    chain = rollbacks.chain(0 if head is None else rollbacks.served_tip(head.height))
    law_free = View(view.name, view.version, view.tables, view.checks)
    plain = ViewState(law_free, {number: MemoryStore() for number in range(log.partitions)}, log.partitions)
    cutting = _Cutting(View(view.name, view.version, view.tables), log.partitions, seed)
    runners = [
        Runner(log, [plain], events_max=STEP_EVENTS, chain=chain),
        Runner(log, [cutting], events_max=STEP_EVENTS, chain=chain),
    ]
    seen = 0
    while seen < events_max and all(runner.step() for runner in runners):
        seen = next(iter(plain.partitions.values())).cursor.seq
        for runner in runners:
            for stop in runner.stops.values():
                raise stop.fault
        if progress is not None:
            progress(next(iter(plain.partitions.values())).cursor.height, chain.tip)
    found = []
    for table in view.plan.shown():
        rows = plain.rows(table)
        for other, how in ((cutting, "when events are cut"), (cutting.together, "in one partition")):
            examples = _examples(rows, other.rows(table), list(view.plan.shown()[table].key))
            if examples:
                found.append(Broken(table, how, examples))
    return found, seen


def _examples(whole: pl.DataFrame, other: pl.DataFrame, key: Sequence[str]) -> tuple[str, ...]:
    """The first rows that differ, with both values."""
    if whole.equals(other):
        return ()
    one, two = (_by_key(frame, len(key)) for frame in (whole, other))
    keys = sorted(key for key in one.keys() | two.keys() if one.get(key) != two.get(key))
    return tuple(
        f"{'/'.join(map(str, key))} is {one.get(key, 'absent')} whole and {two.get(key, 'absent')} so"
        for key in keys[:EXAMPLES_MAX]
    )


def _by_key(frame: pl.DataFrame, width: int) -> dict[tuple[Cell, ...], tuple[Cell, ...]]:
    return {row[:width]: row[width:] for row in frame.rows()}
