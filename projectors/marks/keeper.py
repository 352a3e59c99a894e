"""Makes checkpoints of views while they are folded.

A keeper drives a runner and has it end its steps at marked blocks, those that the policy would keep by
now (``projectors.marks.policy``): a rebuild of a long history stops at a dozen of them and not at every
mark, a view that follows the log at each. Where a view stands at such a block with all of its
partitions that are open here, their parts of the checkpoint are made, and those that age has made
superfluous are dropped.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from ledger.errors import LedgerFault
from ledger.log.chain import Rollbacks
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.marks import files
from projectors.marks.marked import Mark, Marks
from projectors.marks.policy import kept


class Keeper:
    """Drives ``runner``; ``generations`` are the directories of its views, which are open for writing.

    Views without one get no checkpoints. What a kill left unfinished is removed.
    """

    def __init__(self, runner: Runner, generations: Mapping[str, Path]) -> None:
        self.runner = runner
        self.saved = 0
        """Parts of checkpoints made."""
        self._generations = generations
        self._until = runner.until
        self._marks = Marks(runner.log)
        self._rollbacks = Rollbacks(runner.log)
        self._seen_height = 0
        self._chain = runner.chain or self._rollbacks.chain(0)
        self._listed: list[Mark] = []
        self._wanted: dict[str, list[int]] = {}
        for state in self._kept():
            files.drop_unfinished(generations[state.view.name], list(state.partitions))

    def step(self) -> int:
        """Apply some blocks, as ``Runner.step`` does, no further than the next block to keep."""
        self._aim()
        try:
            reached = self.runner.step()
        except LedgerFault:
            self._seen_height = 0
            raise
        if reached:
            self._save()
        return reached

    def run_to_head(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Step until every view that goes on stands at the tip; ``progress`` gets seqs done and to do."""
        while self.step() or self._aim():
            if progress is not None:
                self.report(progress)

    def report(self, progress: Callable[[int, int], None]) -> None:
        """Tell ``progress`` the lowest seq of the views that go on, and the one they go to."""
        seqs = [part.cursor.seq for state in self._going() for part in state.partitions.values()]
        if seqs:
            progress(min(seqs), self._end_seq())

    def _aim(self) -> bool:
        """Set where the next step ends at the latest; says whether that is somewhere else than before.

        At the latest at the tip as it is seen here, so that no step goes over a mark that comes meanwhile.
        """
        before = self.runner.until
        head = self.runner.log.head()
        if head is not None and head.height != self._seen_height:
            self._marks.read_on()
            if self.runner.chain is None:
                self._rollbacks.read_on()
                self._chain = self._rollbacks.chain(self._rollbacks.served_tip(head.height))
            self._seen_height = head.height
            listed = self._marks.on(self._chain, 0, self._end())
            if listed != self._listed:
                self._listed, self._wanted = listed, {}
        stops = [height for state in self._kept() if (height := self._next(state))]
        self.runner.until = min([*stops, self._end()])
        return self.runner.until != before

    def _next(self, state: ViewState) -> int:
        """The next block of which a view is to have a checkpoint; 0 for none."""
        at = max(part.cursor.height for part in state.partitions.values())
        return next((height for height in self._wanted_of(state, at) if height > at), 0)

    def _wanted_of(self, state: ViewState, at: int) -> list[int]:
        """Marked blocks from ``at`` on that the policy keeps, seen from the newest one."""
        name = state.view.name
        if name not in self._wanted:
            ahead = {mark.seq: mark.height for mark in self._listed if mark.height >= at}
            had = [self.runner.log.seal(height).last_seq for height in self._had(state) if height < at]
            chosen = kept([*had, *ahead])
            self._wanted[name] = [height for seq, height in ahead.items() if seq in chosen]
        return self._wanted[name]

    def _save(self) -> None:
        for state in self._kept():
            at = {part.cursor.height for part in state.partitions.values()}
            height = min(at)
            if len(at) > 1 or height not in self._wanted_of(state, height):
                continue
            generation = self._generations[state.view.name]
            if height not in self._had(state):
                for number, rows in state.partitions.items():
                    files.save(generation, state.view, self.runner.log, number, rows)
                    self.saved += 1
                self._thin(state)

    def _thin(self, state: ViewState) -> None:
        """Drop what the policy would not keep, neither seen from here nor from the end of the catch-up."""
        seqs = {self.runner.log.seal(height).last_seq: height for height in self._had(state)}
        chosen = {seqs[seq] for seq in kept(list(seqs))}.union(self._wanted.get(state.view.name, ()))
        for height in set(seqs.values()) - chosen:
            files.drop(self._generations[state.view.name], height, list(state.partitions))

    def _had(self, state: ViewState) -> list[int]:
        """Blocks of the log of which the open partitions have their parts of a checkpoint."""
        found = files.heights(self._generations[state.view.name], list(state.partitions))
        return [height for height in found if height <= self._seen_height]

    def _going(self) -> list[ViewState]:
        gone = self.runner.stops.keys() | self.runner.departed.keys()
        return [state for state in self.runner.states if state.view.name not in gone]

    def _kept(self) -> list[ViewState]:
        return [state for state in self._going() if state.view.name in self._generations]

    def _end(self) -> int:
        return self._chain.tip if self._until is None else min(self._until, self._chain.tip)

    def _end_seq(self) -> int:
        height = self._chain.newest_at(self._end())
        return self.runner.log.seal(height).last_seq if height else 0
