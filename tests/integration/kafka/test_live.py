"""Reading along at the ends of the partitions of a real broker."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from confluent_kafka import Producer

from ledger.errors import LogCorrupt
from ledger.log.codec import SEAL_PREFIX
from ledger.log.kafka.config import Connection, block_producer, command_producer
from ledger.log.kafka.log import KafkaLog
from ledger.log.kafka.reader import KafkaReader
from tests.integration.kafka.conftest import PARTITIONS
from tests.integration.kafka.waiting import eventually
from tests.sealed import Scribe, deposit, marked

pytestmark = pytest.mark.kafka


@pytest.fixture
def live(connection: Connection, log: KafkaLog) -> Iterator[KafkaReader]:  # noqa: ARG001  its topics must exist
    with closing(KafkaReader(connection, live=True)) as reader:
        yield reader


def height(reader: KafkaReader) -> int:
    head = reader.head()
    return 0 if head is None else head.height


def test_the_head_follows_every_commit_and_is_what_a_look_finds(
    log: KafkaLog, live: KafkaReader, connection: Connection
) -> None:
    scribe = Scribe(PARTITIONS)
    assert live.head() is None
    log.commit(scribe.genesis())
    for number in range(2, 9):
        log.commit(scribe.block([deposit("alice", number)]))
        eventually(lambda number=number: height(live) == number)  # type: ignore[misc]
        assert [block.height for block in live.read_partition(0, number, 5)] == [number]
    with closing(KafkaReader(connection)) as looking:
        found, followed = looking.head(), live.head()
    assert found is not None
    assert followed is not None
    assert found.digest == followed.digest


def test_a_reader_that_comes_late_begins_at_the_end(log: KafkaLog, connection: Connection) -> None:
    scribe = Scribe(PARTITIONS)
    log.commit(scribe.genesis())
    for number in range(5):
        log.commit(scribe.block([deposit("alice", number + 1)]))
    with closing(KafkaReader(connection, live=True)) as late:
        eventually(lambda: height(late) == 6)
        log.commit(scribe.block())
        eventually(lambda: height(late) == 7)
        assert late.seal(3).height == 3


def test_control_copies_are_there_when_the_head_says_so(log: KafkaLog, live: KafkaReader) -> None:
    scribe = Scribe(PARTITIONS)
    log.commit(scribe.genesis())
    for number in range(2, 20):
        log.commit(scribe.block([marked(number)]))
        eventually(lambda number=number: height(live) == number)  # type: ignore[misc]
        assert [block.height for block in live.read_control(number, 5)] == [number]
        assert live.read_control(number + 1, 5) == []


def test_an_open_transaction_is_not_seen(log: KafkaLog, live: KafkaReader, connection: Connection) -> None:
    scribe = Scribe(PARTITIONS)
    log.commit(scribe.genesis())
    eventually(lambda: height(live) == 1)
    stranger = Producer(block_producer(connection, f"stranger-{connection.prefix}"))
    stranger.init_transactions(30)
    stranger.begin_transaction()
    stranger.produce(connection.events, SEAL_PREFIX + b"garbage", partition=0)
    stranger.flush()
    assert height(live) == 1
    stranger.abort_transaction()
    log.commit(scribe.block())
    eventually(lambda: height(live) == 2)


def test_bytes_that_only_look_like_a_seal_are_a_fault_that_names_them(
    log: KafkaLog, live: KafkaReader, connection: Connection
) -> None:
    log.commit(Scribe(PARTITIONS).genesis())
    eventually(lambda: height(live) == 1)
    stranger = Producer(command_producer(connection))
    stranger.produce(connection.events, SEAL_PREFIX + b"garbage", partition=1)
    stranger.flush()
    faults: list[LogCorrupt] = []

    def is_found() -> bool:
        try:
            live.head()
        except LogCorrupt as fault:
            faults.append(fault)
        return bool(faults)

    eventually(is_found)
    assert str(faults[0]).startswith(f"{connection.events}[1] offset ")
