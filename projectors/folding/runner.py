"""Drives all views along the log in one pass.

The way is the chain of parents of the newest block that may be shown (``ledger.log.chain``): void
blocks are passed over. A step takes the blocks after the lowest cursor, decodes them once, and folds
them for each view that stands there (``projectors.folding.steps``, ``projectors.folding.turns``):

1. read the blocks of all partitions, up to the tip of the chain, the next void block, the next
   higher cursor or some 400 thousand events, and check chain and contents;
2. sort the messages by event type and decode them;
3. fold them for each view, up to each checkpoint and on, comparing digests there;
4. check the view's laws where all its partitions stand at the same block;
5. write rows, digests and cursor of each partition at once.

A kill between the writes of 5 leaves partitions at different heights; the lowest catch up first,
with the steps ended at the next higher cursor. A view that cannot apply a step is dropped back
to its last commit and takes smaller steps until one block is left: there it stops, keeps
serving what it has, and says why. The others go on.

A view that has folded blocks which a later rollback made void cannot go on from where it is: it is
named in ``departed``, keeps serving what it has, and is built anew on the chain
(``projectors.service.rollback``).
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger.core.messages import BlockSealed
from ledger.errors import Action, CodecFault, LedgerFault, LogFault
from ledger.log.chain import Chain, Rollbacks
from ledger.log.port import LogReader
from projectors.columns.events import known_events
from projectors.columns.frames import CutFrames
from projectors.folding.standing import misplaced
from projectors.folding.state import ViewState
from projectors.folding.steps import Reading, Step, Timing
from projectors.folding.turns import Turn
from projectors.port import Cursor

EVENTS_MAX: Final = 400_000
"""Events of one step in the partitions that are folded: 100 MB of messages and as much of frames. Accounts
change in every step, and a row that changes costs ten times what an event does; with four
views 100 thousand events more cost 100 MB more, and save 5% of the time."""

FOLDING_THREADS: Final = 2
"""Views folded at a time: two keep two cores busy, and Python's own part leaves no room for more. With a
process for each core they only get in each other's way, and hold more memory."""

SHARED_EVENTS: Final = 20_000
"""Steps of fewer events than this are folded view by view."""

_ALWAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "AssetListed": ("asset", "settlement"),
    "CheckpointMarked": ("view_digests",),
}
"""Columns that the runner itself needs."""


Group = list[tuple[ViewState, list[int]]]
"""Views with those of their partitions that stand at one block."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a view goes no further: the block it could not apply, and the fault."""

    view: str
    height: int
    fault: LedgerFault


class _Narrow(NamedTuple):
    """Blocks that a step may have at most, up to some height, since a larger one was refused."""

    blocks: int
    height: int


@dataclass(slots=True)
class Runner:
    """Views over one log. ``stops`` has the views that met what they cannot apply, by name."""

    log: LogReader
    states: Sequence[ViewState]
    events_max: int = EVENTS_MAX
    shared_events: int = SHARED_EVENTS
    threads: int = FOLDING_THREADS
    """Views folded at a time; 1 in one of several processes that fold side by side."""
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
    _corrections: int = field(init=False, repr=False, default=0)
    """How many restatements the views know."""
    _reading: Reading = field(init=False, repr=False)
    _threads: ThreadPoolExecutor = field(init=False, repr=False)
    """The same threads for good: memory that many threads leave behind is not found again."""
    _narrow: dict[str, _Narrow] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._rollbacks = Rollbacks(self.log)
        self._live = self._rollbacks.chain(0)
        self._threads = ThreadPoolExecutor(self.threads, "fold")
        needs = needed_columns(self.states)
        self._reading = Reading(self.log, needs, self.events_max, self.timing)

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
        self._note_corrections(chain)
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
        until = self._until(group, chain, height)
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
        until = chain.after(cursor.height)
        step = self._reading.read(partitions, cursor.settlement_asset, chain, cursor.height, until)
        if isinstance(step.frames, CodecFault):
            raise step.frames
        frames = CutFrames(step.frames, partitions, step.seals[0].first_seq - 1, seq)
        for state in self.states:
            state.fold(frames, whole=False)

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

    def note_corrections(self) -> None:
        """Tell the views what corrections of the followed history restate, and do nothing else."""
        head = self.log.head()
        if head is not None:
            self._note_corrections(self._followed(head.height))

    def _followed(self, head_height: int) -> Chain:
        """The chain to follow now."""
        if self.chain is not None:
            return self.chain
        if head_height != self._seen_height:
            self._rollbacks.read_on()
            self._live = self._rollbacks.chain(self._rollbacks.served_tip(head_height))
            self._seen_height = head_height
        return self._live

    def _note_corrections(self, chain: Chain) -> None:
        """Tell the views what corrections restate; one that stopped at what a new one mends goes on."""
        if self.chain is not None:
            self._rollbacks.read_on()
        known = self._rollbacks.restatements(chain)
        if len(known) > self._corrections:
            self.stops.clear()
        self._corrections = len(known)
        for state in self.states:
            state.restatements = known

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

    def _standing(self, active: Sequence[tuple[ViewState, int, Cursor]], height: int) -> Group:
        """Views with those of their partitions that stand at ``height``."""
        group = [
            (state, [number for one, number, cursor in active if one is state and cursor.height == height])
            for state in self.states
        ]
        return [(state, partitions) for state, partitions in group if partitions]

    def _until(self, group: Group, chain: Chain, height: int) -> int:
        """Height to which a step behind block ``height`` may go."""
        ends = [chain.tip if self.until is None else self.until, chain.tip]
        ends += [cursor.height for _, _, cursor in self._active() if cursor.height > height]
        for state, _ in group:
            narrow = self._narrow.get(state.view.name)
            if narrow is not None and height < narrow.height:
                ends.append(chain.after(height) + narrow.blocks - 1)
        return min(ends)

    def _check_history(self, group: Group, head: BlockSealed, height: int) -> None:
        """Stop the views whose cursor is not a block of this log."""
        for state, partitions in group:
            for number in partitions:
                fault = misplaced(state.partitions[number].cursor, self.log, head)
                if fault is not None:
                    self._stop(state, height, fault)
                    break

    def _apply_until(self, group: Group, chain: Chain, height: int, until: int) -> None:
        """Fold and commit a step for each view; one that cannot takes smaller steps, down to a block."""
        partitions = sorted({number for _, numbers in group for number in numbers})
        known = next(state.partitions[numbers[0]].cursor.settlement_asset for state, numbers in group)
        try:
            step = self._reading.read(partitions, known, chain, height, until)
            self._decode(step)
        except (LogFault, CodecFault) as fault:
            if fault.action is Action.RETRY:
                self._seen_height = 0
                raise
            for state, _ in group:
                self._stop(state, height + 1, fault)
            return
        turns = [Turn(state, numbers, self.log.identity) for state, numbers in group]
        self._take(turns, step)
        for turn in turns:
            self.checked += turn.checked
            self.timing.fold += turn.fold_s
            self.timing.write += turn.write_s
            if turn.fault is not None:
                self._refused(turn.state, step, turn.fault)

    def _decode(self, step: Step) -> None:
        """Decode what is needed, of a large step some types at a time."""
        began = time.perf_counter()
        if not isinstance(step.frames, CodecFault):
            step.frames.decode(self._threads.map if self._is_shared(step) else map)
        self.timing.decode += time.perf_counter() - began

    def _take(self, turns: Sequence[Turn], step: Step) -> None:
        """Have each view take the step; a large one some at a time, since polars lets others run."""
        if len(turns) == 1 or not self._is_shared(step):
            for turn in turns:
                turn.take(step)
            return
        taken = [self._threads.submit(turn.take, step) for turn in turns]
        wait(taken)
        for one in taken:
            one.result()

    def _is_shared(self, step: Step) -> bool:
        """Whether threads share the work of a step."""
        return self.threads > 1 and step.events >= self.shared_events

    def _refused(self, state: ViewState, step: Step, fault: LedgerFault) -> None:
        """Stop a view at a single block; of several, have it take half as many."""
        if len(step.seals) == 1:
            self._stop(state, step.last.height, fault)
        else:
            self._narrow[state.view.name] = _Narrow(len(step.seals) // 2, step.last.height)

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
