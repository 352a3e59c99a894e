"""``ledger keeper`` on a real broker: who falls below maintenance at a tick is liquidated."""

import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from benchmarks.faults.writers import WriterProcess, start_writer
from ledger.client import Client
from ledger.core.messages import AnyCommand, LiquidationStarted, UpdatePrices
from ledger.log.kafka.config import Connection
from ledger.log.kafka.reader import KafkaReader
from ledger.log.kafka.topics import Topics
from ledger.writer.apply import block_events
from tests.fields import changed
from tests.integration.kafka.conftest import PARTITIONS
from tests.integration.kafka.programs import Program
from tests.integration.kafka.waiting import eventually
from tests.sealed import LEDGER
from tests.spec import USDC, account, deposit, market, marks, trade

pytestmark = pytest.mark.kafka

BTC = "BTC-USD-PERP"
WITHIN_S = 60.0


@pytest.fixture
def writer(connection: Connection, topics: Topics, tmp_path: Path) -> Iterator[WriterProcess]:  # noqa: ARG001
    writer = start_writer("writer", tmp_path, connection, LEDGER)
    try:
        writer.wait_for("leader")
        yield writer
    finally:
        if writer.alive:
            writer.kill()


def liquidated(connection: Connection) -> list[str]:
    """Accounts whose liquidation started, in order."""
    found: list[str] = []
    with closing(KafkaReader(connection)) as reader:
        head = reader.head()
        for height in range(1, (head.height if head else 0) + 1):
            blobs = [reader.read_partition(partition, height, 1)[0].blob for partition in range(PARTITIONS)]
            found += [event.account for event in block_events(blobs) if isinstance(event, LiquidationStarted)]
    return found


def now(tick: UpdatePrices) -> UpdatePrices:
    """A tick that is observed now."""
    return changed(tick, issued_at_us=0, observed_at_ms=time.time_ns() // 1_000_000)


@pytest.mark.usefixtures("writer")
def test_an_account_that_falls_below_maintenance_is_liquidated(
    connection: Connection, tmp_path: Path
) -> None:
    numbers = count(1)

    def accepted(client: Client, *commands: AnyCommand) -> None:
        numbered = [changed(command, number=next(numbers), issued_at_us=0) for command in commands]
        for answer in client.submit_all(numbered):
            assert answer.outcome.code == 0, answer.outcome.detail

    keeper = Program("keeper", tmp_path, connection, LEDGER, "keeper", "--producer", "keeper-1")
    try:
        with Client(connection, timeout_s=WITHIN_S) as client:
            accepted(client, USDC, market(maker_fee_ppm=0), account("fund", kind="LIQUIDATOR"))
            accepted(client, deposit("fund", "50000"), account("maker"), deposit("maker", "500000"))
            accepted(client, now(marks(1, BTC="60000")))
            for name in ("ann", "ben", "safe"):
                cash = "20000" if name == "safe" else "1300"
                accepted(client, account(name), deposit(name, cash), trade(BTC, name, "maker", "1", "60000"))
            eventually(keeper.is_ready)
            assert liquidated(connection) == []
            accepted(client, now(marks(2, BTC="59200")))
            eventually(lambda: keeper.metric('ledger_keeper_accounts_total{what="liquidated"}') == 2)
        assert liquidated(connection) == ["ann", "ben"]
        assert keeper.asked("/healthz")[0] == 200
        eventually(lambda: keeper.metric('ledger_keeper_size{what="accounts"}') == 5)
        assert keeper.metric("ledger_keeper_check_seconds_count") >= 1
        assert keeper.process.stop() == 0
        assert keeper.process.said("2 asked, 2 liquidated")
    finally:
        if keeper.process.alive:
            keeper.process.kill()
