"""Stored views over ledgers that grow and go back."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from ledger.log.memory import MemoryLog
from projectors.bootstrap import open_states
from projectors.define.view import View
from projectors.folding.runner import Runner
from projectors.marks.choose import places
from projectors.rebuild.comparison import Comparison
from projectors.rebuild.plan import Ask
from projectors.rebuild.run import Rebuilt, Way, rebuild
from projectors.service.follow import Person, keep_up
from projectors.stores import generations
from projectors.views import VIEWS
from tests.branching import Branching, Habits, head_of, live_chain_of
from tests.projecting import contents, memory_state

LEDGER = "test-ledger"
STRAIGHT = Habits(rollbacks=0, empty_blocks=0)
FEW = [VIEWS["account"], VIEWS["funding"]]


OPENED = ("LOCK", "LOG", "rocksdict-config.json")
"""Files that RocksDB touches when a store is opened for reading."""

Compared = Callable[[Comparison], None]


def silent() -> AbstractContextManager[Callable[[int, int], None]]:
    """Progress that nobody sees."""
    return nullcontext(lambda _done, _of: None)


def nothing(_comparison: Comparison) -> None:
    """Nothing happens between the comparison and the switch."""


class Reader:
    """Stored views over a growing ledger."""

    def __init__(self, root: Path, ledger: Branching, views: list[View] | None = None) -> None:
        self.root = root
        self.ledger = ledger
        self.views = FEW if views is None else views
        self.said: list[str] = []

    def run(self) -> Runner:
        """Bring the views up to date."""
        return keep_up(
            self.root,
            self.views,
            self.ledger.log,
            Person(self.said.append),
            reporting=silent,
        )

    def follow(self, turns: Sequence[Callable[[], object]]) -> None:
        """Follow the log; at its head one turn after the other is taken, and then it ends."""
        left = list(turns)

        def wait(_: float) -> bool:
            if left:
                left.pop(0)()
            return not left

        keep_up(
            self.root,
            self.views,
            self.ledger.log,
            Person(self.said.append),
            reporting=silent,
            wait=wait,
        )

    def rebuild(
        self, ask: Ask | None = None, way: Way | None = None, compared: Compared = nothing
    ) -> list[Rebuilt]:
        """Build the views anew."""
        return rebuild(
            self.root,
            self.views,
            self.ledger.log,
            ask or Ask(),
            way or Way(),
            self.said.append,
            reporting=silent,
            compared=compared,
        )

    def files(self) -> dict[Path, int]:
        """Everything there is of the views but locks, with the time it was changed last."""
        return {
            path: path.stat().st_mtime_ns
            for path in self.root.rglob("*")
            if path.is_file() and path.suffix != ".lock" and path.name not in OPENED
        }

    def run_until(self, height: int) -> None:
        """Fold the views to a block and no further."""
        with open_states(self.root, self.views, self.ledger.log, writable=True) as states:
            Runner(self.ledger.log, states, until=height).run_to_head()

    def contents(self) -> dict[str, dict[str, Mapping[str, Any]]]:
        """What the serving generations have."""
        with open_states(self.root, self.views, self.ledger.log, writable=False) as states:
            return {state.view.name: contents(state) for state in states}

    def clean(self, height: int = 0) -> dict[str, dict[str, Mapping[str, Any]]]:
        """What views have that never saw a void block, at a block or the newest one."""
        log = self.ledger.log
        chain = live_chain_of(log, height or head_of(log).height)
        states = [memory_state(view, log.partitions) for view in self.views]
        runner = Runner(log, states, chain=chain)
        runner.run_to_head()
        assert runner.stops == {}
        return {state.view.name: contents(state) for state in states}

    def generations(self) -> list[str]:
        """Name of the serving generation of each view."""
        return [generations.serving(self.root, view.name).name for view in self.views]

    def checkpoints(self, view: str = "account") -> dict[str, list[int]]:
        """Blocks of the checkpoints that each generation of a view has."""
        found: dict[str, list[int]] = {}
        for place in reversed(places(self.root, view, self.ledger.log.partitions)):
            found.setdefault(place.generation.name, []).append(place.height)
        return found

    def heights(self) -> set[int]:
        """Where the serving generations stand."""
        with open_states(self.root, self.views, self.ledger.log, writable=False) as states:
            return {part.cursor.height for state in states for part in state.partitions.values()}


def ledger_of(blocks: int, seed: int = 5) -> Branching:
    """A ledger without rollbacks so far."""
    ledger = Branching(MemoryLog(LEDGER, 2), seed, STRAIGHT)
    ledger.write(blocks)
    return ledger


class MarkedReader(Reader):
    """A reader of a ledger with marks, which says how much of the log a run read."""

    def grow(self, blocks: int) -> int:
        """Add blocks and a marked one, and fold them; returns the marked block."""
        self.ledger.write(blocks)
        height = self.ledger.mark()
        assert self.run().stops == {}
        return height

    def events_run(self) -> int:
        """Bring the views up to date; returns how many events were read for that."""
        runner = self.run()
        assert runner.stops == {}
        return runner.timing.events

    def events_after(self, height: int) -> int:
        """Events of the live chain after a block."""
        log = self.ledger.log
        chain = live_chain_of(log)
        seals = [
            log.seal(number)
            for number in range(height + 1, head_of(log).height + 1)
            if chain.is_on_chain(number)
        ]
        return sum(seal.last_seq - seal.first_seq + 1 for seal in seals)
