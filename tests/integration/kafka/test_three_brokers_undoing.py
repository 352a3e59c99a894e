"""A rollback while a broker of three is killed. The file comes last, with the others of three brokers."""

import time
from collections.abc import Iterator
from typing import Final, cast

import pytest
from confluent_kafka.admin import AdminClient

from ledger.core.image import state_rows
from ledger.errors import LogFault
from ledger.incident.rollback.proof import find_rollback, prove
from ledger.log.kafka.config import Connection
from ledger.log.kafka.log import KafkaLog
from ledger.log.kafka.topics import Topics
from ledger.log.port import Block, EventLog
from ledger.writer.recovery import recover
from tests.integration.kafka.cluster import Broker, Cluster
from tests.sealed import LEDGER
from tests.spec import USDC, account, deposit, e8
from tests.undoing import Desk, wanted

pytestmark = pytest.mark.kafka
PARTITIONS: Final = 2
WITHIN_S: Final = 60.0
DEPOSITS: Final = 30


class KillingLog:
    """A log during one of whose commits a broker is killed."""

    def __init__(self, log: KafkaLog, broker: Broker, commit: int) -> None:
        self._log = log
        self._broker = broker
        self._left = commit

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def commit(self, block: Block) -> None:
        self._left -= 1
        if self._left == 0:
            self._broker.kill()
        self._log.commit(block)


@pytest.fixture
def connection(three_brokers: Cluster) -> Connection:
    """Topics with three copies."""
    connection = Connection(three_brokers.brokers, f"undoing-{time.monotonic_ns()}")
    Topics(connection).create(PARTITIONS, replicas=3)
    return connection


@pytest.fixture
def leading(three_brokers: Cluster, connection: Connection) -> Iterator[Broker]:
    """The broker that leads the first partition of the events; it runs again afterwards."""
    metadata = AdminClient({"bootstrap.servers": connection.brokers, "log_level": 0}).list_topics(timeout=10)
    leader = metadata.brokers[metadata.topics[connection.events].partitions[0].leader]
    broker = next(one for one in three_brokers.members if one.address.endswith(f":{leader.port}"))
    yield broker
    if not broker.runs:
        broker.start_again()
    three_brokers.wait_until_in_sync()


def test_a_rollback_during_which_a_broker_is_killed_ends_as_its_plan_says(
    connection: Connection, leading: Broker
) -> None:
    desk = Desk(KafkaLog.open(connection, LEDGER), rollback_events=10)
    desk.block(USDC, account("ann"))
    desk.register()
    good = desk.block(deposit("ann", "1"))
    for number in range(DEPOSITS):
        desk.block(deposit("ann", "2", ref=f"void-{number}"))
    desk.maintenance()
    plan = desk.plan(wanted(good))
    assert desk.approve(plan).outcome.code == 0
    desk.log = cast("EventLog", KillingLog(cast("KafkaLog", desk.log), leading, 2))
    desk.writer = desk.started()
    deadline = time.monotonic() + WITHIN_S
    asked = False
    while desk.writer.state.restored_seq == 0 or desk.writer.state.rollback_seq:
        assert time.monotonic() < deadline
        try:
            if not asked:
                asked = True
                desk.apply(plan)
            desk.writer.catch_up()
        except LogFault:
            desk.log.close()
            desk.log = opened(connection, deadline)
            desk.writer = desk.started()
    assert desk.writer.state.accounts["ann"].balance_e8 == e8("1") + DEPOSITS * e8("2")
    assert state_rows(recover(desk.log, None).state) == state_rows(desk.writer.state)
    assert prove(desk.log, find_rollback(desk.log))["findings"] == []
    desk.log.close()


def opened(connection: Connection, deadline: float) -> KafkaLog:
    """The log, as soon as the brokers that are left let it be taken over."""
    while True:
        try:
            return KafkaLog.open(connection, LEDGER)
        except LogFault:
            assert time.monotonic() < deadline
