"""What may happen to projectors: killed between any two writes of a step, while the writer goes on."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.faults.row import FaultRow
from benchmarks.faults.stage import PARTITIONS, Stage
from benchmarks.faults.views import differences_to_a_clean_replay
from benchmarks.faults.writers import ROOT
from ledger.settings import load_settings
from projectors.bootstrap import open_log, open_states, views_dir
from projectors.views import VIEWS
from tests.integration.kafka.cluster import Cluster

STORES: Final = len(VIEWS) * PARTITIONS
"""Stores that a step writes, one after the other."""

LIFE_MAX_S: Final = 120.0
SIGKILLED: Final = -9

_LIFE: Final = f"""
import os, signal, sys
sys.path.append({str(ROOT)!r})
from pathlib import Path
from ledger.settings import load_settings
from projectors.bootstrap import open_log, open_states, views_dir
from projectors.folding.partition import PartitionRows
from projectors.folding.runner import Runner
from projectors.views import VIEWS
data, brokers, prefix, left = Path(sys.argv[1]), *sys.argv[2:4], int(sys.argv[4])
commit = PartitionRows.commit
def dying(self, cursor, *, logged):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    commit(self, cursor, logged=logged)
PartitionRows.commit = dying
with open_log(load_settings(data=data, brokers=brokers, topic_prefix=prefix), live=True) as log:
    with open_states(views_dir(data), list(VIEWS.values()), log, writable=True) as states:
        runner = Runner(log, states)
        while runner.step():
            pass
        sys.exit(len(runner.stops))
"""
"""A projector that dies before it writes one store more than it may; -1 never."""


def projector_killed_between_steps(cluster: Cluster, seed: int) -> FaultRow:
    """SIGKILL before every store that a step writes; the next life goes on from what is there."""
    with Stage(cluster, "projector killed between steps", seed) as stage:
        stage.start_writer().wait_for("leader")
        stage.start_load()
        stage.begin()
        deaths = list(range(STORES))
        stage.random.shuffle(deaths)
        for stores in deaths:
            code = one_life(stage, stores)
            stage.expect(
                code == SIGKILLED, f"the projector did not die after {stores} stores, but with {code}"
            )
            stage.wait_for_answers(1)
        row = stage.settle()
        stage.expect(one_life(stage, -1) == 0, "views stopped after the deaths")
        settings = load_settings(
            data=views_of(stage), brokers=stage.connection.brokers, topic_prefix=stage.connection.prefix
        )
        with (
            open_log(settings) as log,
            open_states(views_dir(settings.data), list(VIEWS.values()), log, writable=False) as states,
        ):
            row.findings += differences_to_a_clean_replay(states, log)
        row.note = f"{len(deaths)} deaths"
        return row


def one_life(stage: Stage, stores: int) -> int:
    """The exit code of a projector that may write ``stores`` stores."""
    where = (str(views_of(stage)), stage.connection.brokers, stage.connection.prefix)
    arguments = [sys.executable, "-c", _LIFE, *where, str(stores)]
    return subprocess.run(arguments, timeout=LIFE_MAX_S, check=False, cwd=ROOT).returncode  # noqa: S603  this program


def views_of(stage: Stage) -> Path:
    """Where the projector of a stage keeps its views."""
    return stage.folder / "views"
