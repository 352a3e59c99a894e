"""What may happen to the topics: foreign bytes, deleted, made again, cut at the beginning; and clocks."""

import time
from itertools import accumulate
from typing import Final

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType

from benchmarks.faults.check import messages_of
from benchmarks.faults.row import FaultRow
from benchmarks.faults.stage import ANSWERS_WITHIN_S, PARTITIONS, Stage
from benchmarks.faults.waiting import until
from benchmarks.load import Load
from ledger.errors import LogCorrupt, TopicChanged
from ledger.log.codec import SEAL_PREFIX, encode_command
from ledger.log.kafka.config import command_producer, common
from ledger.log.kafka.log import KafkaLog
from ledger.log.kafka.reader import KafkaReader
from ledger.log.kafka.topics import Topics
from ledger.log.verify import verify_log
from ledger.writer.recovery import recover
from ledger.writer.writer import Writer
from tests.integration.kafka.cluster import Cluster

COULD_NOT_RUN: Final = 3
ADMIN_S: Final = 30.0


def foreign_bytes_between_blocks(cluster: Cluster, seed: int) -> FaultRow:
    """Bytes that no writer wrote get between two blocks: every reader stops there and names the block.

    The standby ends, a new writer refuses to start, and without exactly those bytes all is whole.
    """
    with Stage(cluster, "foreign bytes in events", seed) as stage:
        leader = stage.start_writer()
        leader.wait_for("leader")
        standby = stage.start_writer()
        standby.wait_for("standby")
        stage.start_load()
        stage.begin()
        partition = stage.random.randrange(PARTITIONS)
        offset = _write_foreign(stage, partition, stage.random.choice((b"", SEAL_PREFIX)) + b"garbage")
        stage.expect(standby.wait_for_end() == COULD_NOT_RUN, "the standby did not stop")
        stage.expect(standby.said(f"{stage.connection.events}"), "the standby does not name the place")
        row = stage.settle(foreign={(stage.connection.events, partition, offset)})
        leader.kill()
        reader = KafkaReader(stage.connection)
        stage.expect(bool(list(verify_log(reader))), "verification does not find the foreign bytes")
        _expect_refusal(stage, reader)
        reader.close()
        return row


def foreign_bytes_behind_the_last_block(cluster: Cluster, seed: int) -> FaultRow:
    """The same with no block after them: no writer puts a block on top."""
    with Stage(cluster, "foreign bytes at the end", seed) as stage:
        leader = stage.start_writer()
        leader.wait_for("leader")
        stage.start_load()
        row = stage.settle()
        stage.begin()
        leader.stop()
        where = (stage.connection.events, stage.random.randrange(PARTITIONS))
        offset = _write_foreign(stage, where[1], b"garbage")
        try:
            KafkaLog.open(stage.connection, stage.ledger_id).close()
            stage.expect(condition=False, broken="a log with foreign bytes at its end was opened")
        except LogCorrupt as fault:
            stage.expect(str(offset) in fault.what, f"the offset is not named: {fault}")
        stage.expect(stage.start_writer().wait_for_end() == COULD_NOT_RUN, "a writer started on top of them")
        return row


def events_deleted(cluster: Cluster, seed: int) -> FaultRow:
    """The events topic is deleted under a leader: it stops and says which topic."""
    with Stage(cluster, "topic deleted", seed) as stage:
        leader = stage.start_writer()
        leader.wait_for("leader")
        stage.start_load()
        stage.sender.finish(ANSWERS_WITHIN_S)
        row = stage.examined()
        stage.begin()
        _delete(stage, stage.connection.events)
        stage.expect(leader.wait_for_end() == COULD_NOT_RUN, "the leader did not stop")
        stage.expect(leader.said(stage.connection.events), "the leader does not name the topic")
        return row


def commands_made_again(cluster: Cluster, seed: int) -> FaultRow:
    """The commands topic is deleted and made again: the leader stops, and no new one starts on it."""
    with Stage(cluster, "topic made again", seed) as stage:
        leader = stage.start_writer()
        leader.wait_for("leader")
        stage.start_load()
        row = stage.settle()
        stage.begin()
        _delete(stage, stage.connection.commands)
        Topics(stage.connection).create(PARTITIONS, 1)
        stage.expect(leader.wait_for_end() == COULD_NOT_RUN, "the leader did not stop")
        stage.expect(leader.said(stage.connection.commands), "the leader does not name the topic")
        stage.expect(
            stage.start_writer().wait_for_end() == COULD_NOT_RUN, "a writer started on another topic"
        )
        return row


def history_deleted(cluster: Cluster, seed: int) -> FaultRow:
    """The log of one partition begins later than a reader wants: it says so, with both positions."""
    with Stage(cluster, "start below the log's start", seed) as stage:
        leader = stage.start_writer()
        leader.wait_for("leader")
        stage.start_load()
        row = stage.settle()
        stage.begin()
        leader.kill()
        partition = stage.random.randrange(PARTITIONS)
        offsets = [
            message.offset() or 0
            for message in messages_of(stage.connection, stage.connection.events, partition)
        ]
        cut = stage.random.choice(offsets[len(offsets) // 4 : len(offsets) // 2])
        admin = AdminClient(common(stage.connection))
        place = TopicPartition(stage.connection.events, partition, cut)
        admin.delete_records([place])[place].result(ADMIN_S)
        reader = KafkaReader(stage.connection)
        for height in (1, 2):
            try:
                reader.read_partition(partition, height, 1)
                stage.expect(condition=False, broken=f"block {height} was read although it was deleted")
            except TopicChanged as fault:
                stage.expect(str(cut) in fault.what, f"the log's start is not named: {fault}")
        reader.close()
        stage.expect(stage.start_writer().wait_for_end() == COULD_NOT_RUN, "a writer started without history")
        return row


def clock_set_back(cluster: Cluster, seed: int) -> FaultRow:
    """Arrivals go back by minutes, as after a clock that was set: ledger time stands still meanwhile.

    The broker's clock is not ours to set, so the topic takes the sender's time for arrival here.
    """
    with Stage(cluster, "clock set back", seed) as stage:
        topic = ConfigResource(
            ResourceType.TOPIC,
            stage.connection.commands,
            incremental_configs=[
                ConfigEntry(
                    "message.timestamp.type", "CreateTime", incremental_operation=AlterConfigOpType.SET
                )
            ],
        )
        admin = AdminClient(common(stage.connection))
        admin.incremental_alter_configs([topic])[topic].result(ADMIN_S)
        producer = Producer(command_producer(stage.connection))
        arrivals_ms = [time.time_ns() // 1_000_000]
        for command in Load(4).opening():
            producer.produce(
                stage.connection.commands, encode_command(command), partition=0, timestamp=arrivals_ms[-1]
            )
            step_ms = stage.random.choice((1, 7, 60_000, -60_000, -3_600_000))
            arrivals_ms.append(arrivals_ms[-1] + step_ms)
        producer.flush(ADMIN_S)
        log = KafkaLog.open(stage.connection, stage.ledger_id)
        writer = Writer(log, block_size=3)
        writer.open_ledger(1)
        answers = []
        while taken := writer.run_block():
            answers += taken
        times = [answer.outcome.recorded_at_us for answer in answers]
        latest_us = [arrived_ms * 1000 for arrived_ms in accumulate(arrivals_ms[:-1], max)]
        stage.expect(times == latest_us, f"ledger time is {times} and not the latest arrival, {latest_us}")
        stage.sender.answers.update({(a.outcome.producer, a.outcome.number): a.outcome for a in answers})
        writer.close()
        return stage.examined()


def _write_foreign(stage: Stage, partition: int, data: bytes) -> int:
    """Write bytes as a producer that the access rules should have kept out; returns the offset."""
    offsets: list[int] = []
    producer = Producer(command_producer(stage.connection))
    producer.produce(
        stage.connection.events,
        data,
        partition=partition,
        on_delivery=lambda _, message: offsets.append(message.offset() or 0),
    )
    producer.flush(ADMIN_S)
    return offsets[0]


def _expect_refusal(stage: Stage, reader: KafkaReader) -> None:
    try:
        recover(reader, None)
        stage.expect(condition=False, broken="a replay passed the foreign bytes")
    except LogCorrupt as fault:
        stage.expect("block" in f"{fault.where} {fault.what}", f"the block is not named: {fault}")
    stage.expect(stage.start_writer().wait_for_end() == COULD_NOT_RUN, "a writer started on top of them")


def _delete(stage: Stage, topic: str) -> None:
    """Delete a topic and wait until nobody knows it."""
    admin = AdminClient(common(stage.connection))
    admin.delete_topics([topic])[topic].result(ADMIN_S)
    until(lambda: topic not in Topics(stage.connection).ids(), ADMIN_S, f"the end of {topic}")
