"""``ledger restart`` on a real broker: beside a writer it checks, in its place it verifies and opens."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.faults.writers import WriterProcess, start_writer
from ledger.client import Client
from ledger.core.messages import CreditDeposit
from ledger.errors import LogLocked
from ledger.log.kafka.config import Connection
from ledger.log.kafka.reader import KafkaReader
from ledger.log.kafka.topics import Topics
from ledger.log.verify import verify_log
from ledger.restart.on_kafka import place_of_the_writer
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import recover
from tests.integration.kafka.programs import objects, run_ledger
from tests.sealed import LEDGER

pytestmark = pytest.mark.kafka

WITHIN_S = 60.0


@pytest.fixture
def writer(connection: Connection, topics: Topics, tmp_path: Path) -> Iterator[WriterProcess]:  # noqa: ARG001
    """A writer that leads, of a ledger with accounts."""
    writer = start_writer("writer", tmp_path, connection, LEDGER)
    try:
        writer.wait_for("leader")
        assert run_ledger(connection, LEDGER, "submit", "docs/first.ndjson")[0] == 1
        yield writer
    finally:
        if writer.alive:
            writer.kill()


def test_a_restart_by_hand_takes_the_place_of_writers_that_were_stopped(
    writer: WriterProcess, connection: Connection, tmp_path: Path
) -> None:
    data = ("--data", str(tmp_path / "writer"))
    code, out, _ = run_ledger(connection, LEDGER, "restart", "check", *data, "--json")
    assert (code, objects(out)["status"], objects(out)["findings"]) == (0, "ok", [])
    with pytest.raises(LogLocked, match="another writer"), place_of_the_writer(connection, LEDGER, 3.0):
        pass
    assert writer.stop() == 0
    code, _, said = run_ledger(connection, LEDGER, "restart", "run", *data)
    assert (code, "the ledger is in maintenance" in said) == (0, True), said
    code, _, said = run_ledger(connection, LEDGER, "restart", "run", *data, "--to", "ok")
    assert (code, "the ledger is in ok" in said) == (0, True), said
    successor = start_writer("successor", tmp_path, connection, LEDGER)
    try:
        successor.wait_for("leader")
        deposit = CreditDeposit(
            "bridge",
            9,
            0,
            "bob",
            "USDC",
            10**8,
            external_chain="c",
            external_ref="r",
            bridge="b",
            occurred_at_us=0,
        )
        with Client(connection, timeout_s=WITHIN_S) as client:
            assert client.submit(deposit).outcome.code == 0
        assert successor.stop() == 0
    finally:
        if successor.alive:
            successor.kill()
    with closing(KafkaReader(connection)) as reader:
        assert [str(finding) for finding in verify_log(reader)] == []


def test_a_wrong_checkpoint_is_found_and_the_ledger_stays_closed(
    writer: WriterProcess, connection: Connection, tmp_path: Path
) -> None:
    assert writer.stop() == 0
    data = ("--data", str(tmp_path / "spoiled"))
    with closing(KafkaReader(connection)) as reader:
        recovered = recover(reader, None)
        assert recovered.head is not None
        recovered.state.accounts["alice"].balance_e8 += 1
        Checkpoints(tmp_path / "spoiled" / "writer").save(
            LEDGER, recovered.height, recovered.head.digest, recovered.state, recovered.duplicates
        )
    code, out, _ = run_ledger(connection, LEDGER, "restart", "check", *data)
    assert (code, "account alice" in out) == (1, True)
    code, _, said = run_ledger(connection, LEDGER, "restart", "run", *data, "--to", "ok")
    assert (code, "in maintenance" in said) == (1, True), said
    with closing(KafkaReader(connection)) as reader:
        state = recover(reader, None).state
    assert (state.control.status, state.accounts["alice"].balance_e8) == (
        "maintenance",
        recovered.state.accounts["alice"].balance_e8 - 1,
    )
