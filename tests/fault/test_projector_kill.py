"""kill -9 of the projectors at a hundred random moments, and what is left then.

Whatever dies when, the views end with the digests that they have when nobody dies.
"""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random
from time import monotonic, sleep

import pytest

from ledger.log.rocks import RocksLog
from projectors.bootstrap import open_log, open_states, views_dir
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.stores.memory import MemoryStore
from projectors.views import VIEWS
from tests.projecting import LEDGER, write
from tests.strategies import seeded_history

KILLS = 100
SEED = 20_260_119
COMMANDS = 900
BLOCK = 3
LONGEST_LIFE_S = 0.3
POLL_S = 0.002
DEADLINE_S = 60
ROOT = Path(__file__).parent.parent.parent

LIFE = """
import sys
from pathlib import Path
from projectors.bootstrap import open_log, open_states, views_dir
from projectors.views import VIEWS
from projectors.folding.runner import Runner
data, events_max = Path(sys.argv[1]), int(sys.argv[2])
with open_log(data) as log:
    print("opening", flush=True)
    with open_states(views_dir(data), list(VIEWS.values()), log, writable=True) as states:
        runner = Runner(log, states, events_max)
        while runner.step():
            print("step", flush=True)
        print(f"end {len(runner.stops)}", flush=True)
"""
"""A projector that says what it does; with few events a step its steps are logged, with many not."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a log and no views yet."""
    place = tmp_path_factory.mktemp("killed")
    with closing(RocksLog.create(place / "log", LEDGER, 4)) as log:
        write(log, list(seeded_history(SEED, COMMANDS)), BLOCK)
    return place


def start(data: Path, events_max: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LIFE, str(data), str(events_max)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT))},
    )


def digests_of(states: list[ViewState]) -> dict[tuple[str, str], str]:
    return {
        (state.view.name, table): state.digest(table).hexdigest()
        for state in states
        for table in state.view.plan.shown()
    }


def undisturbed(data: Path) -> dict[tuple[str, str], str]:
    with open_log(data) as log:
        states = [
            ViewState(view, {number: MemoryStore() for number in range(4)}, 4) for view in VIEWS.values()
        ]
        Runner(log, states).run_to_head()
        return digests_of(states)


def test_a_hundred_kills_end_in_the_digests_of_an_undisturbed_run(data: Path) -> None:
    random = Random(SEED)  # noqa: S311
    for _ in range(KILLS):
        process = start(data, random.choice((1, 1, 1, 60)))
        with process, closing(process.stdout or sys.stdin) as said:
            words = said.readline()
            until = monotonic() + random.random() * LONGEST_LIFE_S
            while monotonic() < until and process.poll() is None:
                sleep(POLL_S)
            process.send_signal(signal.SIGKILL)
            assert words.startswith("opening")
    process = start(data, 10_000)
    said_last, _ = process.communicate(timeout=DEADLINE_S)
    assert said_last.splitlines()[-1] == "end 0"
    with (
        open_log(data) as log,
        open_states(views_dir(data), list(VIEWS.values()), log, writable=False) as states,
    ):
        assert digests_of(states) == undisturbed(data)
