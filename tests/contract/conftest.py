"""The logs that the contract is checked against."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.log.kafka.config import Connection
from ledger.log.kafka.log import KafkaLog
from ledger.log.kafka.topics import Topics
from ledger.log.memory import MemoryLog
from ledger.log.port import EventLog
from ledger.log.rocks import RocksLog
from tests.sealed import LEDGER

PARTITIONS = 3

Reopen = Callable[[EventLog], EventLog]
Home = tuple[EventLog, Reopen]


def _memory() -> Iterator[Home]:
    def reopened(log: EventLog) -> EventLog:
        log.close()
        return log

    yield MemoryLog(LEDGER, PARTITIONS), reopened


def _rocks(path: Path) -> Iterator[Home]:
    opened = [RocksLog.create(path, LEDGER, PARTITIONS)]

    def reopened(log: EventLog) -> EventLog:
        log.close()
        opened.append(RocksLog.open(path, LEDGER))
        return opened[-1]

    yield opened[0], reopened
    for log in opened:
        log.close()


def _kafka(connection: Connection) -> Iterator[Home]:
    Topics(connection).create(PARTITIONS, replicas=1)
    opened = [KafkaLog.open(connection, LEDGER)]

    def reopened(log: EventLog) -> EventLog:
        log.close()
        opened.append(KafkaLog.open(connection, LEDGER))
        return opened[-1]

    yield opened[0], reopened
    for log in opened:
        log.close()


@pytest.fixture(params=["memory", "rocks", pytest.param("kafka", marks=pytest.mark.kafka)])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """An empty log, and how to open it again after it was closed."""
    match request.param:
        case "memory":
            yield from _memory()
        case "rocks":
            yield from _rocks(tmp_path / "log")
        case _:
            brokers = request.getfixturevalue("one_broker").brokers
            name = re.sub(r"\W+", "-", request.node.name)[:80]
            yield from _kafka(Connection(brokers, f"contract-{name}-{time.monotonic_ns()}"))


@pytest.fixture
def log(home: Home) -> EventLog:
    """An empty log."""
    return home[0]


@pytest.fixture
def reopen(home: Home) -> Reopen:
    """Closes a log and opens it again, as a restarted process would."""
    return home[1]
