"""The place beside a view where its next generation grows: ``views/<view>.rebuild``.

    plan.json      what was asked for and what it came down to; written when ``generation`` can be folded
    generation     the stores, and the checkpoints made on the way

It outlives a kill: a rebuild that is asked for the same again goes on where the stores stand. What was
asked otherwise, made by another version of the view, or cannot be opened, is begun anew: it never
served. One process has it at a time.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ledger.errors import CheckpointCorrupt, FormatUnknown, ViewCorrupt, ViewMissing
from ledger.log.chain import Chain
from ledger.log.port import LogReader
from projectors.bootstrap import identity_of, open_states
from projectors.define.view import View
from projectors.folding.state import ViewState
from projectors.marks import files
from projectors.marks.choose import Place, open_newest, opened_state, places
from projectors.marks.records import read_record, room_for, write_record
from projectors.reading.verify import check_digests
from projectors.rebuild.plan import Ask, Plan
from projectors.stores import generations


@dataclass(frozen=True, slots=True)
class Site:
    """Where the next generation of ``view`` grows, under the directory of all views."""

    root: Path
    view: View
    log: LogReader

    @property
    def directory(self) -> Path:
        """All of it."""
        return self.root / f"{self.view.name}.rebuild"

    @property
    def generation(self) -> Path:
        """The new generation."""
        return self.directory / "generation"

    def begun(self, ask: Ask) -> Plan | None:
        """The plan of what is there, if it was asked for the same and can go on; ``None`` otherwise.

        Raises ``ViewLocked`` while a process of a rebuild that was killed still has it open.
        """
        try:
            record = read_record(self._plan)
            plan = Plan(**record.pop("plan"))
            if record != self._record(ask):
                return None
            with self.opened():
                return plan
        except (CheckpointCorrupt, ViewCorrupt, ViewMissing, FormatUnknown):
            return None

    def begin(self, ask: Ask, plan: Plan) -> None:
        """Begin anew, with the stores of the plan's checkpoint or with empty ones.

        Raises ``CheckpointCorrupt`` when the checkpoint is not what it says it is, row by row.
        """
        self.remove()
        with room_for("a rebuild", self.directory):
            self.directory.mkdir(parents=True)
        if plan.base_height:
            self._restore(plan.base_height)
        with self.opened():
            pass
        with room_for("a rebuild", self.directory):
            write_record(self._plan, {**self._record(ask), "plan": asdict(plan)})

    def plan(self) -> Plan:
        """The plan of what was begun. Raises ``CheckpointCorrupt`` when there is none."""
        return Plan(**read_record(self._plan)["plan"])

    def begin_on(self, chain: Chain) -> int:
        """Begin the stores again, on another chain, with the newest checkpoint made so far that is on it.

        Returns the block of that, 0 for none.
        """
        old = self.directory / "void"
        shutil.rmtree(old, ignore_errors=True)
        self.generation.rename(old)
        found = [Place(height, old) for height in files.heights(old, range(self.log.partitions))]
        with ExitStack() as opened:
            newest = open_newest(reversed(found), self.view, self.log, chain, chain.tip, opened)
        height = 0 if newest is None else newest[0].height
        if height:
            files.restore(old, height, self.log.partitions, self.generation)
        shutil.rmtree(old)
        return height

    @contextmanager
    def opened(self, partitions: Sequence[int] | None = None) -> Iterator[ViewState]:
        """The new generation, for writing, with all or some partitions."""
        with open_states(
            self.root, [self.view], self.log, writable=True, partitions=partitions, generation=self.generation
        ) as states:
            yield states[0]

    def serve(self) -> Path | None:
        """Make the new generation serve; returns where it lies now."""
        place = generations.serve(self.root, self.view.name, self.generation)
        self.remove()
        return place

    def remove(self) -> None:
        """Leave nothing."""
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _plan(self) -> Path:
        return self.directory / "plan.json"

    def _record(self, ask: Ask) -> dict[str, Any]:
        identity = identity_of(self.view, self.log, 0)
        return {
            "ask": ask.record(),
            "identity": {**identity._asdict(), "tables": list(identity.tables)},
            "schema_lock": files.schema_lock(),
        }

    def _restore(self, height: int) -> None:
        found = places(self.root, self.view.name, self.log.partitions)
        place = next(place for place in found if place.height == height)
        with opened_state(place, self.view, self.log) as state:
            for finding in check_digests(state):
                raise CheckpointCorrupt(str(finding), where=str(place.path))
        files.restore(place.generation, height, self.log.partitions, self.generation)
