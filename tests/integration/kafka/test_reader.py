"""Reading topics of a real broker: gaps, open and aborted transactions, foreign bytes, deleted starts."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from ledger.errors import LogCorrupt, LogUnavailable, TopicChanged
from ledger.log.codec import SEAL_PREFIX
from ledger.log.kafka.commands import CommandSender
from ledger.log.kafka.config import Connection, block_producer, command_producer, common
from ledger.log.kafka.log import KafkaLog
from ledger.log.kafka.probe import Probe, Tail
from ledger.log.kafka.reader import NEAR_MESSAGES, KafkaReader
from ledger.log.kafka.topics import Topics
from ledger.log.verify import verify_log
from tests.integration.kafka.conftest import PARTITIONS, NewReader
from tests.integration.kafka.waiting import WITHIN_S, eventually
from tests.sealed import START_US, Scribe, command, deposit, written

pytestmark = pytest.mark.kafka


def heights(reader: KafkaReader, partition: int, from_height: int, count: int) -> list[int]:
    return [block.height for block in reader.read_partition(partition, from_height, count)]


def aborted(connection: Connection, messages: int) -> None:
    """Leave an aborted transaction of another producer in every partition of events."""
    producer = Producer(block_producer(connection, f"stranger-{connection.prefix}"))
    producer.init_transactions(30)
    producer.begin_transaction()
    for number in range(messages):
        producer.produce(connection.events, b"never seen", partition=number % PARTITIONS)
    producer.flush()
    producer.abort_transaction()


def test_aborted_transactions_and_markers_are_never_seen(
    log: KafkaLog, connection: Connection, new_reader: NewReader
) -> None:
    scribe = Scribe(PARTITIONS)
    log.commit(scribe.genesis())
    for number in range(5):
        aborted(connection, 10)
        log.append_commands([command(number)], START_US)
        log.commit(scribe.block([deposit("alice", number + 1)]))
    aborted(connection, 10)
    reader = new_reader()
    eventually(lambda: reader.head() is not None and heights(reader, 0, 6, 1) == [6])
    assert heights(reader, 0, 1, 100) == [1, 2, 3, 4, 5, 6]
    assert [str(finding) for finding in verify_log(reader)] == []
    again = KafkaLog.open(connection, log.ledger_id)
    head = again.head()
    again.close()
    assert head is not None
    assert head.height == 6


def test_any_height_of_a_long_partition_is_found(log: KafkaLog, new_reader: NewReader) -> None:
    scribe = Scribe(PARTITIONS)
    log.commit(scribe.genesis())
    per_block = NEAR_MESSAGES // 3
    for _ in range(12):
        log.commit(scribe.block([deposit("alice", 1 + amount) for amount in range(per_block)]))
    reader = new_reader()
    eventually(lambda: (head := reader.head()) is not None and head.height == 13)
    for height in (13, 1, 7, 8, 2, 12, 6):
        assert heights(reader, 0, height, 1) == [height]
        assert heights(reader, 1, height, 2)[0] == height
        assert reader.seal(height).height == height
    assert heights(reader, 0, 14, 5) == []


def test_a_reader_of_partitions_that_show_different_blocks_takes_what_all_have(
    log: KafkaLog, new_reader: NewReader
) -> None:
    written(log, blocks=9)
    reader = new_reader()
    eventually(lambda: (head := reader.head()) is not None and head.height == 9)
    assert heights(reader, 0, 1, 6) == [1, 2, 3, 4, 5, 6]
    assert heights(reader, 0, 3, 3) == [3, 4, 5]
    assert heights(reader, 0, 6, 1) == [6]
    assert heights(reader, 0, 7, 9) == [7, 8, 9]


def test_a_block_is_shown_to_followers_once_it_is_committed(log: KafkaLog, new_reader: NewReader) -> None:
    scribe = Scribe(PARTITIONS)
    reader = new_reader()
    assert reader.head() is None
    assert heights(reader, 0, 1, 10) == []
    log.commit(scribe.genesis())
    eventually(lambda: heights(reader, 0, 1, 10) == [1])
    assert heights(reader, 0, 2, 10) == []
    log.commit(scribe.block())
    log.commit(scribe.block())
    eventually(lambda: (head := reader.head()) is not None and head.height == 3)
    assert heights(reader, 0, 2, 10) == [2, 3]
    assert reader.identity == new_reader().identity


foreign = pytest.mark.parametrize(
    "bytes_", [b"garbage", SEAL_PREFIX + b"garbage"], ids=["garbage", "like a seal"]
)


def written_by_a_stranger(connection: Connection, bytes_: bytes) -> None:
    stranger = Producer(command_producer(connection))
    stranger.produce(connection.events, bytes_, partition=1)
    assert stranger.flush(WITHIN_S) == 0


@foreign
def test_foreign_bytes_between_two_blocks_are_found_with_the_second(
    log: KafkaLog, connection: Connection, new_reader: NewReader, bytes_: bytes
) -> None:
    scribe = Scribe(PARTITIONS)
    log.commit(scribe.genesis())
    written_by_a_stranger(connection, bytes_)
    log.append_commands([command(1)], START_US)
    log.commit(scribe.block([deposit("alice")]))
    eventually(lambda: heights(new_reader(), 0, 2, 1) == [2])
    findings = [str(finding) for finding in verify_log(new_reader())]
    assert findings
    assert all("block 2, partition 1" in finding or "block 2:" in finding for finding in findings)


@foreign
def test_no_writer_starts_on_top_of_foreign_bytes(
    log: KafkaLog, connection: Connection, bytes_: bytes
) -> None:
    log.commit(Scribe(PARTITIONS).genesis())
    written_by_a_stranger(connection, bytes_)
    with pytest.raises(LogCorrupt, match=r"events\[1\]"):
        KafkaLog.open(connection, log.ledger_id)


def test_a_copy_of_an_old_seal_at_the_end_of_a_partition_is_noticed(
    log: KafkaLog, connection: Connection
) -> None:
    blocks = written(log, blocks=3)
    stranger = Producer(command_producer(connection))
    stranger.produce(connection.events, blocks[0].seal_bytes, partition=0)
    stranger.flush()
    with pytest.raises(LogCorrupt, match="different seals"):
        KafkaLog.open(connection, log.ledger_id)


def test_an_open_transaction_of_a_stranger_is_named(log: KafkaLog, connection: Connection) -> None:
    written(log, blocks=3)
    stranger = Producer(block_producer(connection, f"stranger-{connection.prefix}"))
    stranger.init_transactions(30)
    stranger.begin_transaction()
    stranger.produce(connection.outcomes, b"perhaps", partition=0)
    stranger.flush()
    with pytest.raises(LogUnavailable, match=r"outcomes\[0\].*foreign transaction"):
        KafkaLog.open(connection, log.ledger_id, foreign_patience_s=0.3)
    stranger.abort_transaction()
    KafkaLog.open(connection, log.ledger_id).close()


class Misled(Probe):
    """Shows every partition as it was once, as brokers do that stood still; the truth when asked again."""

    def __init__(self, connection: Connection, times: int) -> None:
        super().__init__(connection)
        self._left: dict[tuple[str, int], int] = defaultdict(lambda: times)
        self._old: dict[tuple[str, int], Tail] = {}

    def remember(self, places: Sequence[tuple[str, int]]) -> None:
        self._old = {place: super(Misled, self).tail(*place) for place in places}

    def tail(self, topic: str, partition: int) -> Tail:
        self._left[topic, partition] -= 1
        return (
            self._old[topic, partition]
            if self._left[topic, partition] >= 0
            else super().tail(topic, partition)
        )


def misled_log(probe: Probe) -> type[KafkaLog]:
    class MisledLog(KafkaLog):
        def __init__(self, connection: Connection, ledger_id: str, *, wait_s: float = 0.0) -> None:
            super().__init__(connection, ledger_id, wait_s=wait_s)
            self._probe.close()
            self._probe = probe

    return MisledLog


@pytest.mark.parametrize(
    ("times", "patience_s"), [(3, WITHIN_S), (10**9, 0.3)], ids=["for a while", "for good"]
)
def test_no_writer_takes_what_a_broker_that_stood_still_shows_for_the_end(
    log: KafkaLog, connection: Connection, new_reader: NewReader, times: int, patience_s: float
) -> None:
    scribe = Scribe(PARTITIONS)
    probe = Misled(connection, times)
    log.commit(scribe.genesis())
    log.commit(scribe.block([deposit("alice")]))
    places = [(connection.events, partition) for partition in range(PARTITIONS)]
    places += [(connection.outcomes, 0), (connection.control, 0)]
    eventually(lambda: (head := new_reader().head()) is not None and head.height == 2)
    probe.remember(places)
    log.commit(scribe.block([deposit("alice", 2)]))
    take_over = misled_log(probe)
    if times > 3:
        with pytest.raises(LogUnavailable, match="a broker that stood still"):
            take_over.open(connection, log.ledger_id, foreign_patience_s=patience_s)
        return
    with closing(take_over.open(connection, log.ledger_id, foreign_patience_s=patience_s)) as again:
        head = again.head()
    assert head is not None
    assert head.height == 3


def test_a_position_that_the_commands_topic_does_not_have_is_a_fault(
    log: KafkaLog, connection: Connection, new_reader: NewReader
) -> None:
    CommandSender(connection).append([command(1), command(2)])
    reader = new_reader()
    eventually(lambda: len(reader.read_commands(0, 10)) == 2)
    assert reader.read_commands(2, 10) == []
    with pytest.raises(TopicChanged, match=r"position 3 .* from 0 to 2"):
        reader.read_commands(3, 10)
    assert log.commands_after(2) == 0


def test_a_topic_that_was_made_again_has_another_identity(
    topics: Topics, connection: Connection, new_reader: NewReader
) -> None:
    before = new_reader()
    before.require_same_topics()
    admin = AdminClient(common(connection))
    admin.delete_topics([connection.events])[connection.events].result(30)
    eventually(lambda: connection.events not in topics.ids())
    with pytest.raises(TopicChanged, match="gone"):
        before.require_same_topics()
    topics.create(PARTITIONS, replicas=1)
    with pytest.raises(TopicChanged, match="created again"):
        before.require_same_topics()
    assert new_reader().identity != before.identity


def test_a_reader_without_topics_says_how_to_make_them(connection: Connection) -> None:
    with pytest.raises(TopicChanged, match="ledger topics create"):
        KafkaReader(connection)
