"""What may happen to brokers: killed, frozen, restarted, cut off, and without room on the disk."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from confluent_kafka.admin import AdminClient

from benchmarks.faults.dying import DISTURBED
from benchmarks.faults.row import BROKER_BACK_MAX_S, BROKER_KILLED_MAX_S, BROKER_PAUSED_MAX_S, FaultRow
from benchmarks.faults.stage import ANSWERS_WITHIN_S, Stage
from benchmarks.faults.waiting import until
from ledger.log.kafka.config import common
from tests.integration.kafka.cluster import Broker, Cluster, running_cluster

FROZEN_S: Final = 8.0
"""Longer than the session of a single broker's group member and a socket time-out."""
KILL_TAKES_S: Final = 0.12
"""From asking the Docker engine for a kill to the death, about."""
DISK_MB: Final = 160
AFTER: Final = 200
"""Answers to wait for after a broker is back."""


@contextmanager
def _under_load(cluster: Cluster, fault: str, seed: int, *, writers: int) -> Iterator[Stage]:
    with Stage(cluster, fault, seed) as stage:
        stage.start_writer().wait_for("leader")
        for _ in range(writers - 1):
            stage.start_writer().wait_for("standby")
        stage.start_load()
        yield stage


def broker_killed(cluster: Cluster, seed: int) -> FaultRow:
    """The only broker is killed under load and started again."""
    with _under_load(cluster, "broker killed", seed, writers=1) as stage:
        broker = cluster.members[0]
        stage.begin()
        broker.kill()
        broker.start_again()
        stage.wait_for_answers(AFTER)
        return stage.settle(limit_s=BROKER_BACK_MAX_S)


def broker_frozen(cluster: Cluster, seed: int) -> FaultRow:
    """The only broker stands still for a while under load."""
    with _under_load(cluster, "broker paused", seed, writers=1) as stage:
        broker = cluster.members[0]
        stage.begin()
        broker.pause()
        stage.stand_still(FROZEN_S)
        broker.unpause()
        stage.wait_for_answers(AFTER)
        return stage.settle(limit_s=FROZEN_S + BROKER_BACK_MAX_S)


def broker_restarted(cluster: Cluster, seed: int) -> FaultRow:
    """The only broker is shut down in order and started again, under load."""
    with _under_load(cluster, "broker restarted", seed, writers=1) as stage:
        broker = cluster.members[0]
        stage.begin()
        broker.stop()
        broker.start_again()
        stage.wait_for_answers(AFTER)
        return stage.settle(limit_s=BROKER_BACK_MAX_S)


def coordinator_restarts_in_mid_commit(cluster: Cluster, seed: int) -> FaultRow:
    """The coordinator dies while a commit is under way: the writer cannot know whether it landed.

    Once it is frozen before the commit is asked for, so that it certainly does not answer, and twice
    it races with the commit.
    """
    with Stage(cluster, "coordinator killed in mid commit", seed) as stage:
        writer = stage.start_dying_writer(DISTURBED)
        writer.wait_for("leader")
        marks = stage.folder / writer.name
        broker = cluster.members[0]
        stage.start_load()
        stage.begin()
        for frozen in (True, False, False):
            (marks / "wanted").touch()
            until((marks / "committing").exists, ANSWERS_WITHIN_S, "a commit")
            if frozen:
                broker.pause()
                (marks / "go").touch()
                stage.stand_still(stage.random.uniform(0.1, 1.0))
                broker.kill()
            else:
                with ThreadPoolExecutor(1) as killer:
                    killed = killer.submit(broker.kill)
                    stage.stand_still(stage.random.uniform(0, KILL_TAKES_S))
                    (marks / "go").touch()
                    killed.result()
            broker.start_again()
            (marks / "committing").unlink()
            stage.wait_for_answers(AFTER)
        took = [mark.name.removeprefix("took-") for mark in sorted(marks.glob("took-*"))]
        stage.row.note = f"3 deaths; commits that took {', '.join(took)} s landed"
        return stage.settle(limit_s=BROKER_BACK_MAX_S)


def disk_full(_: Cluster, seed: int) -> FaultRow:
    """The broker's disk is full: it dies, nobody is answered, and all goes on once there is room."""
    with (
        running_cluster(1, disk_mb=DISK_MB) as cluster,
        _under_load(cluster, "disk of the broker full", seed, writers=1) as stage,
    ):
        broker, disk = cluster.members[0], cluster.disk
        if disk is None:
            raise ValueError("the cluster has no disk of its own")
        disk.fill()
        until(lambda: not broker.runs, ANSWERS_WITHIN_S, "the end of a broker without room")
        stage.begin()
        disk.free()
        broker.start_again()
        stage.wait_for_answers(AFTER)
        return stage.settle(limit_s=BROKER_BACK_MAX_S)


def leader_killed(cluster: Cluster, seed: int) -> FaultRow:
    """The broker that leads the outcomes is killed; the two others go on."""
    with _under_load(cluster, "leader killed (3 brokers)", seed, writers=2) as stage:
        broker = _leader_of_outcomes(stage)
        stage.begin()
        broker.kill()
        stage.wait_for_answers(AFTER)
        broker.start_again()
        return stage.settle(limit_s=BROKER_KILLED_MAX_S)


def leader_frozen(cluster: Cluster, seed: int) -> FaultRow:
    """The broker that leads the outcomes stands still until the others have given it up."""
    with _under_load(cluster, "leader paused (3 brokers)", seed, writers=2) as stage:
        broker = _leader_of_outcomes(stage)
        stage.begin()
        broker.pause()
        stage.wait_for_answers(AFTER)
        broker.unpause()
        stage.wait_for_answers(AFTER)
        return stage.settle(limit_s=BROKER_PAUSED_MAX_S)


def leader_cut_off(cluster: Cluster, seed: int) -> FaultRow:
    """The broker that leads the outcomes loses its network, and gets it back."""
    with _under_load(cluster, "leader cut off (3 brokers)", seed, writers=2) as stage:
        broker = _leader_of_outcomes(stage)
        stage.begin()
        cluster.cut_off(broker)
        stage.wait_for_answers(AFTER)
        cluster.join_again(broker)
        stage.wait_for_answers(AFTER)
        return stage.settle(limit_s=BROKER_PAUSED_MAX_S)


def _leader_of_outcomes(stage: Stage) -> Broker:
    """The broker whose loss is felt most: nobody is answered without it."""
    topic = stage.connection.outcomes
    metadata = AdminClient(common(stage.connection)).list_topics(topic, timeout=30)
    return stage.cluster.members[metadata.topics[topic].partitions[0].leader - 1]
