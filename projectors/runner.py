"""Drives all views along the log in one pass.

The way is the chain of parents of the newest block that may be shown (``ledger.log.chain``): void
blocks are passed over. A step takes the blocks after the lowest cursor, decodes them once, and folds
them for each view that stands there:

1. read the blocks of all partitions, up to the tip of the chain, the next void block, the next
   higher cursor or some 400 thousand events, and check chain and contents;
2. sort the messages by event type; a type is decoded when the first view asks for it;
3. fold them for each view, up to each checkpoint and on, comparing digests there;
4. check the view's laws where all its partitions stand at the same block;
5. write rows, digests and cursor of each partition at once.

A kill between the writes of 5 leaves partitions at different heights; the lowest catch up first,
with the steps ended at the next higher cursor. A view that cannot apply a step is dropped back
to its last commit and folds halves of the step until one block is left: there it stops, keeps
serving what it has, and says why. The others go on.

A view that has folded blocks which a later rollback made void cannot go on from where it is: it is
named in ``departed``, keeps serving what it has, and is built anew on the chain (``projectors.rollback``).
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import polars as pl

from ledger.core.messages import BlockSealed
from ledger.errors import Action, CodecFault, DiskFull, LedgerFault, LogFault, ViewStopped
from ledger.log.chain import Chain, Rollbacks
from ledger.log.port import LogReader
from projectors.checkpoints import compare, listed_digests
from projectors.events import known_events
from projectors.feed import Blocks
from projectors.frames import CutFrames, DecodedFrames, Frames, Routes
from projectors.past.blocks import read_along
from projectors.port import Cursor
from projectors.standing import misplaced
from projectors.state import ViewState

EVENTS_MAX: Final = 400_000
"""Events of one step: 100 MB of messages and frames; more gains little."""

FOLDING_THREADS: Final = 2
"""Views folded at a time: two keep two cores busy, and Python's own part leaves no room for more."""

SHARED_EVENTS: Final = 20_000
"""Steps of fewer events than this are folded view by view."""

LIVE_BLOCKS: Final = 16
"""Steps of no more blocks than this are written with the write-ahead log on."""

_ALWAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "AssetListed": ("asset", "settlement"),
    "CheckpointMarked": ("view_digests",),
}
"""Columns that the runner itself needs."""


@dataclass(slots=True)
class Timing:
    """Where the time of the steps went, in seconds of all threads together, and how many events they had.

    ``wall`` is the time that passed meanwhile.
    """

    events: int = 0
    blocks: int = 0
    messages: int = 0
    read: float = 0.0
    route: float = 0.0
    decode: float = 0.0
    fold: float = 0.0
    write: float = 0.0
    wall: float = 0.0


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a view goes no further: the block it could not apply, and the fault."""

    view: str
    height: int
    fault: LedgerFault


class _Taken(NamedTuple):
    """What became of a step for one view: the fault that kept it from being applied, and figures."""

    fault: LedgerFault | None
    checked: int
    fold_s: float
    write_s: float


@dataclass(slots=True)
class Runner:
    """Views over one log. ``stops`` has the views that met what they cannot apply, by name."""

    log: LogReader
    states: Sequence[ViewState]
    events_max: int = EVENTS_MAX
    shared_events: int = SHARED_EVENTS
    until: int | None = None
    """Height to go no further than."""
    chain: Chain | None = None
    """The history to follow, for what is not the newest; ``None`` for the live one, as it grows."""
    head: BlockSealed | None = None
    """The newest block of the log at the last step."""
    stops: dict[str, Stop] = field(default_factory=dict)
    timing: Timing = field(default_factory=Timing)
    checked: int = 0
    """Tables found equal to the writer's at checkpoints."""
    departed: dict[str, int] = field(default_factory=dict)
    """Views that stand at a block which is void by now, by name, with its height."""
    _live: Chain = field(init=False, repr=False)
    _rollbacks: Rollbacks = field(init=False, repr=False)
    _seen_height: int = field(init=False, repr=False, default=0)
    _routes: Routes = field(init=False, repr=False)
    _needs: dict[str, tuple[str, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._rollbacks = Rollbacks(self.log)
        self._live = self._rollbacks.chain(0)
        self._routes = Routes(known_events())
        self._needs = needed_columns(self.states)

    def step(self) -> int:
        """Apply some blocks; returns the height reached, 0 when there was nothing to do.

        Raises ``LogFault`` with action RETRY, and ``DiskFull``; then nothing of the step that
        is not durable is kept, and it may be called again.
        """
        head = self.head = self.log.head()
        if head is None:
            for state, _, cursor in self._active():
                fault = misplaced(cursor, self.log, head)
                if fault is not None:
                    self._stop(state, cursor.height, fault)
            return 0
        chain = self._followed(head.height)
        self._leave_behind(chain)
        active = self._active()
        if not active:
            return 0
        height = min(cursor.height for _, _, cursor in active)
        group = self._standing(active, height)
        if height > 0:
            self._check_history(group, head, height)
            group = [(state, partitions) for state, partitions in group if state.view.name not in self.stops]
        if not group:
            return height
        top = chain.tip if self.until is None else min(self.until, chain.tip)
        higher = [cursor.height for _, _, cursor in active if cursor.height > height]
        until = min([top, *higher])
        if not 0 < chain.after(height) <= until:
            return 0
        began = time.perf_counter()
        with _collector_off():
            self._apply_until(group, chain, height, until)
        self.timing.wall += time.perf_counter() - began
        return height + 1

    def run_to_head(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Step until every view that goes on stands at the tip; ``progress`` gets height and tip."""
        while self.step():
            self.report(progress)

    def report(self, progress: Callable[[int, int], None] | None) -> None:
        """Tell ``progress`` the lowest height of the views that go on, and the tip they go to."""
        heights = [cursor.height for _, _, cursor in self._active()]
        if progress is not None and heights:
            tip = (self.chain or self._live).tip
            progress(min(heights), tip if self.until is None else min(self.until, tip))

    def fold_part(self, seq: int) -> None:
        """Fold the events up to ``seq`` of the next block of ``chain``, and commit nothing.

        For answers as of a moment inside a block, perhaps inside a command; all views stand at the
        block before it. Raises the faults of reading and folding.
        """
        first = self.states[0]
        cursor = next(iter(first.partitions.values())).cursor
        chain = self.chain or self._live
        partitions = list(first.partitions)
        block = read_along(self.log, partitions, chain, cursor.height, chain.after(cursor.height), 1)
        frames = self._frames(block, cursor.settlement_asset)
        part = CutFrames(frames, partitions, block.seals[0].first_seq - 1, seq)
        for state in self.states:
            state.fold(part, whole=False)

    def halt(self, fault: LedgerFault) -> None:
        """Stop every view where it is: the log itself is not what it was."""
        heights: dict[str, int] = {}
        for state, _, cursor in self._active():
            heights[state.view.name] = min(cursor.height, heights.get(state.view.name, cursor.height))
        for state in self.states:
            if state.view.name in heights:
                self._stop(state, heights[state.view.name], fault)

    def find_departed(self) -> None:
        """Fill ``departed`` with what a rollback led away from, and do nothing else."""
        head = self.log.head()
        if head is not None:
            self._leave_behind(self._followed(head.height))

    def _followed(self, head_height: int) -> Chain:
        """The chain to follow now."""
        if self.chain is not None:
            return self.chain
        if head_height != self._seen_height:
            self._rollbacks.read_on()
            self._live = self._rollbacks.chain(self._rollbacks.served_tip(head_height))
            self._seen_height = head_height
        return self._live

    def _leave_behind(self, chain: Chain) -> None:
        """Note the views that a rollback led away from; one ahead of the tip waits for it."""
        for state, _, cursor in self._active():
            if 0 < cursor.height <= chain.tip and not chain.is_on_chain(cursor.height):
                self.departed.setdefault(state.view.name, cursor.height)

    def _active(self) -> list[tuple[ViewState, int, Cursor]]:
        return [
            (state, number, partition.cursor)
            for state in self.states
            if state.view.name not in self.stops and state.view.name not in self.departed
            for number, partition in state.partitions.items()
        ]

    def _standing(
        self, active: Sequence[tuple[ViewState, int, Cursor]], height: int
    ) -> list[tuple[ViewState, list[int]]]:
        """Views with those of their partitions that stand at ``height``."""
        group = [
            (state, [number for one, number, cursor in active if one is state and cursor.height == height])
            for state in self.states
        ]
        return [(state, partitions) for state, partitions in group if partitions]

    def _check_history(
        self, group: Sequence[tuple[ViewState, list[int]]], head: BlockSealed, height: int
    ) -> None:
        """Stop the views whose cursor is not a block of this log."""
        for state, partitions in group:
            for number in partitions:
                fault = misplaced(state.partitions[number].cursor, self.log, head)
                if fault is not None:
                    self._stop(state, height, fault)
                    break

    def _apply_until(
        self, group: Sequence[tuple[ViewState, list[int]]], chain: Chain, height: int, until: int
    ) -> None:
        partitions = sorted({number for _, numbers in group for number in numbers})
        began = time.perf_counter()
        try:
            blocks = read_along(self.log, partitions, chain, height, until, self.events_max)
        except LogFault as fault:
            if fault.action is Action.RETRY:
                self._seen_height = 0
                raise
            self._stop_all(group, height + 1, fault)
            return
        except CodecFault as fault:
            self._stop_all(group, height + 1, fault)
            return
        self.timing.read += time.perf_counter() - began
        self.timing.events += blocks.events
        self.timing.blocks += len(blocks.seals)
        self._apply(group, blocks)

    def _apply(self, group: Sequence[tuple[ViewState, list[int]]], blocks: Blocks) -> None:
        """Fold and commit blocks for each view, and where a view cannot, its halves for it alone."""
        settlement = next(state.partitions[numbers[0]].cursor.settlement_asset for state, numbers in group)
        try:
            frames = self._frames(blocks, settlement)
        except CodecFault as fault:
            self._refused(group, blocks, fault)
            return
        for (state, partitions), taken in zip(group, self._take_all(group, blocks, frames), strict=True):
            self.checked += taken.checked
            self.timing.fold += taken.fold_s
            self.timing.write += taken.write_s
            if taken.fault is not None:
                self._refused([(state, partitions)], blocks, taken.fault)
        self.timing.decode += frames.decode_s
        self.timing.fold -= frames.decode_s

    def _take_all(
        self, group: Sequence[tuple[ViewState, list[int]]], blocks: Blocks, frames: DecodedFrames
    ) -> "list[_Taken]":
        """Fold and commit for each view; of large steps some at a time, since polars lets others run."""
        if len(group) == 1 or blocks.events < self.shared_events:
            return [self._take(state, numbers, blocks, frames) for state, numbers in group]
        with ThreadPoolExecutor(FOLDING_THREADS) as threads:
            taken = [threads.submit(self._take, state, numbers, blocks, frames) for state, numbers in group]
        return [one.result() for one in taken]

    def _take(
        self, state: ViewState, partitions: list[int], blocks: Blocks, frames: DecodedFrames
    ) -> "_Taken":
        """Fold and commit for one view, or drop what it cannot apply and say why."""
        began = time.perf_counter()
        try:
            checked = self._fold(state, partitions, blocks, frames)
        except (ViewStopped, CodecFault) as fault:
            state.drop()
            return _Taken(fault, 0, time.perf_counter() - began, 0.0)
        folded = time.perf_counter()
        self._commit(state, partitions, blocks, frames.settlement_asset)
        return _Taken(None, checked, folded - began, time.perf_counter() - folded)

    def _refused(
        self, group: Sequence[tuple[ViewState, list[int]]], blocks: Blocks, fault: LedgerFault
    ) -> None:
        """Stop at a single block; of several, apply the first half and then, if it went, the second."""
        count = len(blocks.seals)
        if count == 1:
            self._stop_all(group, blocks.last.height, fault)
            return
        for half in (blocks.cut(0, count // 2), blocks.cut(count // 2, count)):
            going = [(state, numbers) for state, numbers in group if state.view.name not in self.stops]
            if going:
                self._apply(going, half)

    def _frames(self, blocks: Blocks, settlement_asset: str) -> DecodedFrames:
        began = time.perf_counter()
        routed = self._routes.route(blocks.parts)
        self.timing.messages += sum(len(part) for lists in routed.values() for _, part in lists)
        self.timing.route += time.perf_counter() - began
        seqs = (blocks.seals[0].first_seq, blocks.last.last_seq)
        seed = bytes.fromhex(blocks.last.digest)
        frames = DecodedFrames(known_events(), self._needs, routed, seed, seqs)
        frames.settlement_asset = settlement_asset
        listed = frames.frame("AssetListed")
        if listed is not None:
            named = listed.filter(pl.col("settlement") == 1).get_column("asset").unique()
            if len(named) > 1 or (len(named) and settlement_asset not in ("", named[0])):
                raise CodecFault(f"a second settlement asset is listed: {', '.join(sorted(named))}")
            frames.settlement_asset = named[0] if len(named) else settlement_asset
        return frames

    def _fold(self, state: ViewState, partitions: list[int], blocks: Blocks, frames: Frames) -> int:
        """Apply blocks to one view; returns how many tables were found equal to the writer's."""
        whole = len(partitions) == len(state.partitions)
        first, last = blocks.seals[0].first_seq, blocks.last.last_seq
        after = first - 1
        checked = 0
        for seq, listed in self._marks(frames):
            state.fold(CutFrames(frames, partitions, after, seq))
            checked += len(compare(state, seq, listed_digests(listed), partitions))
            after = seq
        state.fold(frames if whole and after < first else CutFrames(frames, partitions, after, last))
        if whole:
            state.check_laws()
        return checked

    def _marks(self, frames: Frames) -> Iterator[tuple[int, str]]:
        marks = frames.frame("CheckpointMarked")
        if marks is not None:
            yield from marks.unique("seq", keep="first").sort("seq").select("seq", "view_digests").rows()

    def _commit(self, state: ViewState, partitions: list[int], blocks: Blocks, settlement_asset: str) -> None:
        last = blocks.last
        cursor = Cursor(
            last.height,
            last.digest,
            last.last_seq,
            last.recorded_at_us,
            settlement_asset,
            self.log.identity,
        )
        logged = len(blocks.seals) <= LIVE_BLOCKS
        try:
            for number in partitions:
                state.partitions[number].commit(cursor, logged=logged)
        except DiskFull:
            state.drop()
            raise

    def _stop_all(
        self, group: Sequence[tuple[ViewState, list[int]]], height: int, fault: LedgerFault
    ) -> None:
        for state, _ in group:
            self._stop(state, height, fault)

    def _stop(self, state: ViewState, height: int, fault: LedgerFault) -> None:
        state.drop()
        self.stops[state.view.name] = Stop(state.view.name, height, fault)
        for partition in state.partitions.values():
            partition.stop(height, str(fault))


def needed_columns(states: Sequence[ViewState]) -> dict[str, tuple[str, ...]]:
    """Columns of each event that any view, or the runner itself, needs."""
    needs: dict[str, set[str]] = {event: set(columns) for event, columns in _ALWAYS.items()}
    for state in states:
        for event, columns in state.view.plan.needs.items():
            needs.setdefault(event, set()).update(columns)
            if state.view.plan.checks:
                needs[event].update({"account", "market"} & set(known_events()[event].columns))
    return {event: tuple(sorted(columns)) for event, columns in needs.items()}


@contextmanager
def _collector_off() -> Iterator[None]:
    """No garbage collection inside a step: millions of short-lived objects, none in a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
