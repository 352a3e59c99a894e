"""What may happen to writers: killed at every step, replaced, frozen and woken, fenced."""

from typing import Final

from confluent_kafka import Producer

from benchmarks.faults.dying import STEPS
from benchmarks.faults.row import TAKE_OVER_MAX_S, FaultRow
from benchmarks.faults.stage import PARTITIONS, Stage
from ledger.errors import LogUnavailable
from ledger.log.kafka.config import block_producer
from ledger.log.kafka.log import KafkaLog
from tests.integration.kafka.cluster import Cluster

SIGKILLED: Final = -9
HELD_S: Final = 4.0
"""How long a foreign transaction stays open: longer than a take-over needs by itself."""


def writer_killed_between_steps(cluster: Cluster, seed: int) -> FaultRow:
    """SIGKILL between every two steps of the commit protocol; a warm standby takes over each time."""
    with Stage(cluster, "writer killed between steps", seed) as stage:
        steps = list(STEPS)
        stage.random.shuffle(steps)
        current = stage.start_dying_writer(steps[0])
        current.wait_for("leader")
        stage.begin()
        stage.sender.start()
        for step, following in zip(steps, [*steps[1:], "never"], strict=True):
            standby = stage.start_dying_writer(following)
            stage.expect(current.wait_for_end() == SIGKILLED, f"the writer did not die when {step}")
            current = standby
            current.wait_for("leader")
        stage.wait_for_answers(50)
        stage.row.note = f"{len(steps)} deaths, sessions of 1.5 s"
        return stage.settle(limit_s=TAKE_OVER_MAX_S)


def standby_takes_over(cluster: Cluster, seed: int) -> FaultRow:
    """The leader dies under load; its standby, with the state warm, goes on."""
    with Stage(cluster, "standby takes over", seed) as stage:
        leader = stage.start_writer()
        leader.wait_for("leader")
        standby = stage.start_writer()
        standby.wait_for("standby")
        stage.start_load()
        stage.begin()
        leader.kill()
        standby.wait_for("leader")
        stage.wait_for_answers(100)
        return stage.settle(limit_s=TAKE_OVER_MAX_S)


def zombie_wakes_up(cluster: Cluster, seed: int) -> FaultRow:
    """A leader is frozen past its session and wakes after the take-over: it must be fenced and stand by.

    Then the new leader dies, and the former zombie must lead again, from the log and not from memory.
    """
    with Stage(cluster, "zombie wakes up", seed) as stage:
        zombie = stage.start_writer()
        zombie.wait_for("leader")
        standby = stage.start_writer()
        standby.wait_for("standby")
        stage.start_load()
        stage.begin()
        zombie.freeze()
        standby.wait_for("leader")
        stage.wait_for_answers(50)
        zombie.wake()
        zombie.wait_for("standby")
        stage.expect(zombie.said("another writer took over"), "the zombie does not say that it was fenced")
        stage.wait_for_answers(100)
        stage.expect(standby.role == "leader", "the zombie drove the rightful leader out")
        standby.kill()
        zombie.wait_for("leader")
        stage.wait_for_answers(50)
        return stage.settle(limit_s=TAKE_OVER_MAX_S)


def dead_writer_leaves_a_transaction_open(cluster: Cluster, seed: int) -> FaultRow:
    """A writer dies with half a block at the brokers and nobody stands by: the next one resolves it."""
    with Stage(cluster, "transaction of a dead writer", seed) as stage:
        dead = stage.start_dying_writer("half produced")
        dead.wait_for("leader")
        stage.begin()
        stage.sender.start()
        stage.expect(dead.wait_for_end() == SIGKILLED, "the writer did not die")
        stage.start_writer()
        stage.wait_for_answers(100)
        return stage.settle(limit_s=TAKE_OVER_MAX_S)


def foreign_transaction_pins_the_end(cluster: Cluster, seed: int) -> FaultRow:
    """Somebody else's open transaction in ``events``: named, waited for, and nothing built before it ends."""
    with Stage(cluster, "foreign transaction", seed) as stage:
        first = stage.start_writer()
        first.wait_for("leader")
        stage.start_load()
        stage.begin()
        first.stop()
        foreign = Producer(block_producer(stage.connection, f"foreign-{stage.ledger_id}"))
        foreign.init_transactions(30)
        foreign.begin_transaction()
        partition = stage.random.randrange(PARTITIONS)
        foreign.produce(stage.connection.events, b"not by the writer", partition=partition)
        foreign.flush()
        try:
            KafkaLog.open(stage.connection, stage.ledger_id, foreign_patience_s=0.5).close()
            stage.expect(condition=False, broken="a log was opened although its end is not decided")
        except LogUnavailable as fault:
            named = fault.where == f"{stage.connection.events}[{partition}]" and "foreign" in fault.what
            stage.expect(named, f"the open transaction is not named: {fault}")
        second = stage.start_writer()
        second.wait_for("recovering")
        stage.stand_still(HELD_S)
        stage.expect(second.role == "recovering", "the writer did not wait for the end of the transaction")
        foreign.abort_transaction()
        second.wait_for("leader")
        stage.wait_for_answers(100)
        return stage.settle(limit_s=HELD_S + TAKE_OVER_MAX_S)
