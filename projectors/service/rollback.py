"""Rollbacks on the read side: views that have folded void blocks are built anew beside themselves.

A view goes back in four steps, and serves what it had until the last of them:

1. the runner names it: its newest block is void (``Runner.departed``), and the rollback is completed;
2. a new generation begins with the newest sound checkpoint whose block, by height and digest, is on the
   live chain, in whatever generation it is; empty where there is none;
3. it is folded along the chain of parents, all views that go back in one pass;
4. it is made the serving generation, in one step; the one before it is kept.

A kill on the way leaves the old generation serving, and the next start begins with 1. A rollback
that is declared meanwhile begins 2 again, with the checkpoints made in 3 among those to choose from
once they serve. A checkpoint whose rows turn out to be damaged in 3 is passed over, and 2 begins again
with an older one. A view that stops in 3 is never switched to: the old one goes on serving, marked as
stopped.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from ledger.errors import ViewCorrupt
from ledger.log.chain import Rollbacks
from ledger.log.port import LogReader
from projectors.bootstrap import open_states
from projectors.define.view import View
from projectors.folding.runner import Runner, Stop
from projectors.folding.steps import Timing
from projectors.marks import files
from projectors.marks.choose import Place, open_newest, places, report_damage
from projectors.marks.keeper import Keeper
from projectors.stores import generations
from projectors.stores.building import told

Progress = Callable[[int, int], None]
"""Told how many seqs are done, and how many are to do."""


def restore(
    root: Path, runner: Runner, served: Mapping[str, Path], progress: Progress | None = None
) -> list[str]:
    """Build the views that ``runner`` left behind anew, and switch to them; returns their names.

    ``served`` are the generations that the runner's states are of; they are open for writing with all
    partitions, so that nobody else builds them, and of no further use for the views named. Where
    another generation serves by now, it is left serving. Views that stopped are noted in the runner's
    ``stops`` and in their old stores.
    """
    views = [state.view for state in runner.states if state.view.name in runner.departed]
    stops: dict[str, Stop] = {}
    built: dict[str, Path] = {}
    restorer = _Restorer(root, runner.log, runner.timing, progress)
    while pending := [view for view in views if view.name not in built and view.name not in stops]:
        folded = restorer.fold(pending)
        stops |= folded.stops
        gone = folded.stops.keys() | folded.departed.keys()
        built |= {name: place for name, place in restorer.begun.items() if name not in gone}
    for name, place in built.items():
        generations.serve(root, name, place, instead_of=served[name])
    for state in runner.states:
        stop = stops.get(state.view.name)
        if stop is not None:
            runner.stops[state.view.name] = stop
            for partition in state.partitions.values():
                partition.stop(stop.height, str(stop.fault))
    return list(built)


class _Restorer:
    """Begins and folds generations; remembers the checkpoints whose rows were found damaged."""

    def __init__(self, root: Path, log: LogReader, timing: Timing, progress: Progress | None) -> None:
        self.begun: dict[str, Path] = {}
        """Directories of the generations folded last."""
        self._root = root
        self._log = log
        self._timing = timing
        self._progress = progress
        self._bases: dict[str, Place | None] = {}
        self._damaged: set[Place] = set()

    def fold(self, views: Sequence[View]) -> Runner:
        """Fold new generations up to the tip of the live chain, and close them."""
        while True:
            self.begun = {view.name: self._begin(view) for view in views}
            try:
                return self._fold(views)
            except ViewCorrupt as fault:
                if not self._passes_over(fault):
                    raise

    def _begin(self, view: View) -> Path:
        """A new generation, with a checkpoint's stores or none."""
        generation = generations.begin(self._root, view.name)
        self._bases[view.name] = base = self._base(view)
        if base is not None:
            files.restore(base.generation, base.height, self._log.partitions, generation)
        return generation

    def _base(self, view: View) -> Place | None:
        rollbacks = Rollbacks(self._log)
        rollbacks.read_on()
        head = self._log.head()
        chain = rollbacks.chain(rollbacks.served_tip(0 if head is None else head.height))
        found = [
            place
            for place in places(self._root, view.name, self._log.partitions)
            if place not in self._damaged
        ]
        with ExitStack() as opened:
            newest = open_newest(found, view, self._log, chain, chain.tip, opened)
        return None if newest is None else newest[0]

    def _fold(self, views: Sequence[View]) -> Runner:
        with ExitStack() as opened:
            states = [
                state
                for view in views
                for state in opened.enter_context(
                    open_states(
                        self._root, [view], self._log, writable=True, generation=self.begun[view.name]
                    )
                )
            ]
            opened.enter_context(files.unmerged(states))
            runner = Runner(self._log, states, timing=self._timing)
            Keeper(runner, self.begun).run_to_head(told(list(self.begun.values()), self._progress))
        return runner

    def _passes_over(self, fault: ViewCorrupt) -> bool:
        """Whether the damage came with a checkpoint, which is not begun from again."""
        for name, generation in self.begun.items():
            base = self._bases[name]
            if base is not None and Path(fault.where).is_relative_to(generation):
                report_damage(base, fault)
                self._damaged.add(base)
                return True
        return False
