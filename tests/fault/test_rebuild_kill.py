"""kill -9 of rebuilds and of views that go back, at random moments and at every step, and what is left then.

Whatever dies when, the old generation serves or the new one, and the views end with the digests of
an undisturbed run.
"""

import os
import signal
from collections.abc import Callable
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any, Final

import pytest

from ledger.errors import ViewLocked
from ledger.log.chain import Chain, Rollbacks
from ledger.log.rocks import RocksLog, RocksReader
from projectors.bootstrap import open_states, views_dir
from projectors.folding.runner import Runner
from projectors.rebuild.plan import Ask
from projectors.rebuild.run import Way, rebuild
from projectors.rebuild.site import Site
from projectors.service.follow import Person, keep_up
from projectors.views import VIEWS
from tests.branching import Branching, Habits, head_of
from tests.projecting import memory_state
from tests.reading import silent

KILLS: Final = 100
SEED: Final = 20_260_119
LONGEST_LIFE_S: Final = 0.5
POLL_S: Final = 0.002
SHARED_KILLS: Final = 4
SHARED_LIFE_S: Final = 2.0
"""In which two processes that help come up, fold and end."""
DEADLINE_S: Final = 120
PARTITIONS: Final = 2
CHOSEN: Final = [VIEWS["account"], VIEWS["funding"]]
LEDGER: Final = "test-ledger"
SAMPLED: Final = 12
"""Steps at which a process dies, over all of them, and again among the last."""

STEPS: Final = ("replace", "rename", "link", "fsync", "rmdir", "unlink", "mkdir")
"""What a process asks of the file system by itself; RocksDB asks for the rest."""

Digests = dict[tuple[str, str], str]


def reader_of(data: Path) -> RocksReader:
    return RocksLog.open_reader(data / "log")


def project(data: Path) -> None:
    """Bring the views up to date: fold, go back, switch."""
    with closing(reader_of(data)) as log:
        keep_up(views_dir(data), CHOSEN, log, Person(lambda _: None), reporting=silent)


def build(data: Path, processes: int = 1) -> None:
    """Build the views anew."""
    helpers = ["rebuild", *[view.name for view in CHOSEN], "--data", str(data)]
    with closing(reader_of(data)) as log:
        rebuild(
            views_dir(data), CHOSEN, log, Ask(), Way(processes, helpers), lambda _: None, reporting=silent
        )


def die_at(number: int, counted: Path, task: Callable[..., None], data: Path) -> None:
    """Do a task, and die before asking the file system for the ``number``-th time; else note how often."""
    asked = 0

    def dying(before: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*given: Any, **named: Any) -> Any:  # noqa: ANN401
            nonlocal asked
            asked += 1
            if asked == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return before(*given, **named)

        return ask

    for name in STEPS:
        setattr(os, name, dying(getattr(os, name)))
    task(data)
    counted.write_text(str(asked))


def begun(begins: Any, target: Callable[..., None], *arguments: Any) -> None:  # noqa: ANN401
    """Say that everything is imported, and begin."""
    begins.set()
    target(*arguments)


def started(target: Callable[..., None], *arguments: Any) -> ForkServerProcess:  # noqa: ANN401
    """``target`` in a process of its own that has begun; it is forked from one that used no polars yet."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["polars", "rocksdict", "ledger.log.rocks"])
    begins = context.Event()
    process = context.Process(target=begun, args=(begins, target, *arguments))
    process.start()
    assert begins.wait(DEADLINE_S)
    return process


def chain_of(log: RocksReader) -> Chain:
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    head = log.head()
    assert head is not None
    return rollbacks.chain(head.height)


def served(data: Path) -> Digests:
    with (
        closing(reader_of(data)) as log,
        open_states(views_dir(data), CHOSEN, log, writable=False) as states,
    ):
        return digests_of(states)


def digests_of(states: list[Any]) -> Digests:
    return {
        (state.view.name, table): state.digest(table).hexdigest()
        for state in states
        for table in state.view.plan.shown()
    }


def undisturbed(data: Path) -> Digests:
    with closing(reader_of(data)) as log:
        states = [memory_state(view, PARTITIONS) for view in CHOSEN]
        runner = Runner(log, states, chain=chain_of(log))
        runner.run_to_head()
        assert runner.stops == {}
        return digests_of(states)


class Ground:
    """A ledger on disk with marks and views, that goes back now and then."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = RocksLog.create(data / "log", LEDGER, PARTITIONS)
        self.ledger = Branching(self.log, 5, Habits(rollbacks=0, empty_blocks=5, marks=20))
        self.ledger.write(40)
        project(data)

    def go_back(self, blocks: int) -> None:
        self.ledger.roll_back(head_of(self.log).height - blocks, completed=True)
        self.ledger.write(3)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


def killed_at_random(random: Random, process: ForkServerProcess) -> None:
    until = monotonic() + random.random() * LONGEST_LIFE_S
    while monotonic() < until and process.is_alive():
        sleep(POLL_S)
    process.kill()
    process.join(DEADLINE_S)


def test_a_hundred_kills_during_rebuilds_and_rollbacks_end_in_equal_digests(ground: Ground) -> None:
    random = Random(SEED)  # noqa: S311  repeatable kills
    for turn in range(KILLS):
        if turn % 4 == 0:
            ground.go_back(random.randint(1, 9))
        killed_at_random(random, started(random.choice((project, build)), ground.data))
        served(ground.data)
    build(ground.data)
    project(ground.data)
    assert served(ground.data) == undisturbed(ground.data)


def test_rebuilds_shared_by_processes_that_are_killed_end_in_equal_digests(ground: Ground) -> None:
    random = Random(SEED)  # noqa: S311  repeatable kills
    before = served(ground.data)
    for _ in range(SHARED_KILLS):
        process = started(build, ground.data, PARTITIONS)
        sleep(SHARED_LIFE_S * random.random())
        process.kill()
        process.join(DEADLINE_S)
        assert served(ground.data) == before
    wait_until_free(ground.data)
    build(ground.data, PARTITIONS)
    assert served(ground.data) == undisturbed(ground.data)


def wait_until_free(data: Path) -> None:
    """Until the processes that helped a killed rebuild have ended with it."""
    until = monotonic() + DEADLINE_S
    while True:
        try:
            with closing(reader_of(data)) as log:
                for view in CHOSEN:
                    Site(views_dir(data), view, log).begun(Ask())
        except ViewLocked:
            assert monotonic() < until
            sleep(POLL_S)
        else:
            return


@pytest.mark.parametrize("task", [build, project], ids=["rebuild", "rollback"])
def test_a_kill_at_any_step_leaves_the_old_generation_or_the_new_one(
    ground: Ground, task: Callable[[Path], None], tmp_path: Path
) -> None:
    counted = tmp_path / "counted"
    ground.go_back(2)
    started(die_at, 0, counted, task, ground.data).join(DEADLINE_S)
    steps = int(counted.read_text())
    assert steps > SAMPLED
    for number in [*range(1, steps, max(1, steps // SAMPLED)), *range(steps - SAMPLED, steps + 1)]:
        if task is project:
            ground.go_back(2)
        before = served(ground.data)
        process = started(die_at, number, counted, task, ground.data)
        process.join(DEADLINE_S)
        assert process.exitcode in (0, -signal.SIGKILL)
        assert served(ground.data) in (before, undisturbed(ground.data))
    task(ground.data)
    assert served(ground.data) == undisturbed(ground.data)
