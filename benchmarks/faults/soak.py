"""Random faults, one after the other, for a given time, from one seed."""

import time
from collections.abc import Callable
from typing import Final

from benchmarks.faults.row import FaultRow
from benchmarks.faults.stage import Stage
from benchmarks.faults.writers import WriterProcess
from tests.integration.kafka.cluster import Cluster

WRITERS: Final = 2
AFTER: Final = 100
FROZEN_MIN_S: Final = 1.0
FROZEN_MAX_S: Final = 15.0
"""Around the session time-outs of 6 and 10 s, so that some wake as zombies and some do not."""
RECOVERY_MAX_S: Final = 45.0


def soak(cluster: Cluster, seed: int, seconds: float) -> FaultRow:
    """Kill and freeze writers and brokers for ``seconds``; answered, lost and duplicated as ever."""
    with Stage(cluster, "soak", seed) as stage:
        for _ in range(WRITERS):
            stage.start_writer()
        stage.leader()
        stage.start_load()
        stage.begin()
        made: list[str] = []
        faults: tuple[Callable[[Stage], str], ...] = (
            _kill_a_writer,
            _freeze_a_writer,
            _kill_a_broker,
            _freeze_a_broker,
        )
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            made.append(stage.random.choice(faults)(stage))
            stage.wait_for_answers(AFTER)
        stage.row.note = f"{len(made)} faults: {', '.join(made)}; {stage.sender.resent} sent again"
        return stage.settle(limit_s=RECOVERY_MAX_S)


def _any_writer(stage: Stage) -> WriterProcess:
    return stage.random.choice([writer for writer in stage.writers if writer.alive])


def _kill_a_writer(stage: Stage) -> str:
    _any_writer(stage).kill()
    stage.start_writer()
    return "writer killed"


def _freeze_a_writer(stage: Stage) -> str:
    writer = _any_writer(stage)
    for_s = stage.random.uniform(FROZEN_MIN_S, FROZEN_MAX_S)
    writer.freeze()
    stage.stand_still(for_s)
    writer.wake()
    return f"writer frozen {for_s:.0f} s"


def _kill_a_broker(stage: Stage) -> str:
    broker = stage.random.choice(stage.cluster.members)
    broker.kill()
    stage.stand_still(stage.random.uniform(0, 2))
    broker.start_again()
    stage.cluster.wait_until_in_sync()
    return "broker killed"


def _freeze_a_broker(stage: Stage) -> str:
    broker = stage.random.choice(stage.cluster.members)
    for_s = stage.random.uniform(FROZEN_MIN_S, FROZEN_MAX_S)
    broker.pause()
    stage.stand_still(for_s)
    broker.unpause()
    stage.cluster.wait_until_in_sync()
    return f"broker frozen {for_s:.0f} s"
