"""``ledger writer`` as a service: what it says of itself, and how it ends when it is asked to."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from benchmarks.faults.writers import WriterProcess, start_writer
from ledger.client import AsyncClient, Client
from ledger.core.messages import ListAsset, OpenAccount, Transfer
from ledger.errors import LogUnavailable
from ledger.log.kafka.config import Connection
from ledger.log.kafka.topics import Topics
from tests.integration.kafka.cluster import free_port
from tests.integration.kafka.waiting import eventually
from tests.sealed import LEDGER

pytestmark = pytest.mark.kafka

WITHIN_S = 60.0


class Service:
    """A writer, and where it answers."""

    def __init__(self, name: str, folder: Path, connection: Connection) -> None:
        self._port = free_port()
        self.process: WriterProcess = start_writer(
            name, folder, connection, LEDGER, "--listen", f"127.0.0.1:{self._port}"
        )

    def asked(self, path: str) -> tuple[int, str]:
        """Status and body."""
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=10)) as http:
            http.request("GET", path)
            answer = http.getresponse()
            return answer.status, answer.read().decode()

    def metric(self, name: str) -> float:
        """The value on the line of ``/metrics`` that begins with ``name``; 0 without one."""
        _, text = self.asked("/metrics")
        found = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        return float(found[0].split()[-1]) if found else 0.0


@pytest.fixture
def services(connection: Connection, topics: Topics, tmp_path: Path) -> Iterator[list[Service]]:  # noqa: ARG001
    """A leader and a standby."""
    started: list[Service] = []
    try:
        for name, role in (("first", "leader"), ("second", "standby")):
            started.append(Service(name, tmp_path, connection))
            started[-1].process.wait_for(role)
        yield started
    finally:
        for service in started:
            if service.process.alive:
                service.process.kill()


def open_account(number: int, account: str) -> OpenAccount:
    return OpenAccount("operator", number, 0, account, "TRADER", "", "", 0, "")


def test_a_leader_tells_what_it_did_and_a_standby_that_it_is_ready(
    services: list[Service], connection: Connection
) -> None:
    leader, standby = services
    with Client(connection, timeout_s=WITHIN_S) as client:
        accepted = client.submit_all([ListAsset("operator", 1, 0, "USDC", 6, 1), open_account(2, "alice")])
        refused = client.submit(Transfer("gateway", 1, 0, "alice", "nobody", "USDC", 1))
        again = client.submit(open_account(2, "alice"))
    assert [answer.outcome.code for answer in accepted] == [0, 0]
    assert again.duplicate
    code = refused.outcome.code
    assert code
    eventually(lambda: leader.metric('ledger_commands_total{status="duplicate"}') == 1)
    assert leader.metric('ledger_commands_total{status="accepted"}') == 2
    assert leader.metric('ledger_commands_total{status="refused"}') == 1
    _, text = leader.asked("/metrics")
    assert f'ledger_refusals_total{{code="{code}"' in text
    assert leader.metric('ledger_writer_role{role="leader"}') == 1
    assert standby.metric('ledger_writer_role{role="standby"}') == 1
    eventually(lambda: leader.metric("ledger_command_cursor") == 4)
    eventually(lambda: leader.metric("ledger_commit_seconds_count") == leader.metric("ledger_height"))
    for service in services:
        assert service.asked("/healthz")[0] == service.asked("/readyz")[0] == 200
    height = leader.metric("ledger_height")
    eventually(lambda: json.loads(standby.asked("/readyz")[1])["height"] >= height)


def test_a_leader_that_is_asked_to_end_answers_what_it_took_and_a_standby_goes_on(
    services: list[Service], connection: Connection
) -> None:
    leader, standby = services
    with Client(connection, timeout_s=WITHIN_S) as client:
        client.submit(ListAsset("operator", 1, 0, "USDC", 6, 1))
        sent = [client.send(open_account(number, f"account-{number}")) for number in range(2, 500)]
        assert leader.process.stop() == 0
        answers = [future.result(WITHIN_S) for future in sent]
    assert [answer.outcome.code for answer in answers] == [0] * len(sent)
    assert leader.process.said('"resigns"')
    standby.process.wait_for("leader")
    assert standby.process.stop() == 0
    log = subprocess.run(
        [
            *(sys.executable, "-c", "from ledger.cli import main; main()", "log", "verify"),
            *("--brokers", connection.brokers, "--topic-prefix", connection.prefix),
        ],
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert (log.returncode, log.stdout) == (0, ""), log.stderr
    assert "clean" in log.stderr


@pytest.mark.usefixtures("services")
def test_asyncio_programs_get_the_same_promises(connection: Connection) -> None:
    async def played() -> list[int]:
        async with AsyncClient(connection, timeout_s=WITHIN_S) as client:
            listed = await client.submit(ListAsset("operator", 1, 0, "USDC", 6, 1))
            opened = await asyncio.gather(*(client.submit(open_account(n, f"a-{n}")) for n in range(2, 50)))
            return [answer.outcome.code for answer in (listed, *opened)]

    assert asyncio.run(played()) == [0] * 49


@pytest.mark.usefixtures("topics")
def test_an_outcome_that_does_not_come_in_time_says_what_to_do(connection: Connection) -> None:
    with Client(connection) as client, pytest.raises(LogUnavailable, match="Submit the same command again"):
        client.submit(open_account(1, "alice"), timeout_s=0.2)
