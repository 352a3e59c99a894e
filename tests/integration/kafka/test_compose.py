"""The compose files: what they promise, and one of them run for real as a newcomer would."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.kafka.cluster import DOCKER, free_port

pytestmark = pytest.mark.kafka

FOLDER = DOCKER.parent
UP_WITHIN_S = 600.0
"""Images are built where they are missing, which compiles the ledger."""
ANSWER_WITHIN_S = 60.0
SERVICES = ("broker-1", "writer", "standby", "projectors")
LIVE = ("keeper", "feeds")
"""Services that ``LIVE=1 make up`` starts too."""


def configured(brokers: int) -> str:
    """What compose makes of its files."""
    told = subprocess.run(
        [FOLDER / "compose", "config"],
        env={**os.environ, "BROKERS": str(brokers)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=ANSWER_WITHIN_S,
        check=True,
    )
    return told.stdout


def service(config: str, name: str) -> str:
    """The lines of one service."""
    services = config.partition("\nservices:\n")[2] or config.partition("services:\n")[2]
    found = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", services, re.MULTILINE)
    assert found is not None, config
    return found[1]


@pytest.mark.parametrize("brokers", [1, 3])
def test_every_service_is_watched_restarted_and_open_to_this_machine_only(brokers: int) -> None:
    config = configured(brokers)
    members = [f"broker-{number}" for number in range(1, brokers + 1)]
    for name in (*members, "writer", "standby", "projectors", *LIVE):
        lines = service(config, name)
        assert "healthcheck:" in lines, name
        assert "restart: unless-stopped" in lines, name
        assert "127.0.0.1" in lines, name
        assert "0.0.0.0:" not in lines.replace("LEDGER_LISTEN: 0.0.0.0:", "")
    for name in ("writer", "standby", "projectors", "topics", *LIVE):
        lines = service(config, name)
        assert "read_only: true" in lines
        assert "no-new-privileges:true" in lines


def test_three_brokers_keep_three_copies_and_answer_with_two() -> None:
    config = configured(3)
    for number in (1, 2, 3):
        lines = service(config, f"broker-{number}")
        assert "three-brokers.properties:/etc/kafka/server.properties" in lines.replace("\n", " ") or (
            "three-brokers.properties" in lines
        )
        assert f"node.id={number}" in lines
        assert "controller.quorum.voters=1@broker-1:19093,2@broker-2:19093,3@broker-3:19093" in lines
        assert f"broker-{number}:19092" in service(config, "writer")
    settings = (FOLDER / "kafka" / "three-brokers.properties").read_text(encoding="utf-8")
    assert {"min.insync.replicas=2", "default.replication.factor=3"} <= set(settings.splitlines())
    topics = service(config, "topics")
    assert re.search(r"--replicas\W+'?\"?3", topics)
    assert all(f"broker-{number}" in topics for number in (1, 2, 3))


def test_a_number_of_brokers_without_a_file_is_refused() -> None:
    told = subprocess.run(
        [FOLDER / "compose", "config"],
        env={**os.environ, "BROKERS": "2"},
        capture_output=True,
        text=True,
        timeout=ANSWER_WITHIN_S,
        check=False,
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert "there are files for 1 and for 3" in told.stderr


class Running:
    """A copy of everything under a name and on ports of its own."""

    def __init__(self) -> None:
        ports = ("BROKER", "WRITER", "STANDBY", "PROJECTORS")
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "LEDGER_BROKERS"},
            **{f"LEDGER_{port}_PORT": str(free_port()) for port in ports},
            "LEDGER_PROJECT": f"ledger-test-{time.monotonic_ns()}",
            "BROKER_HEAP": "320m",
            "BROKERS": "1",
        }

    def compose(self, *arguments: str, sent: str = "") -> str:
        """What compose prints."""
        told = subprocess.run(
            [FOLDER / "compose", *arguments],
            env=self.environment,
            input=sent,
            stdout=subprocess.PIPE,
            text=True,
            timeout=ANSWER_WITHIN_S * 2,
            check=True,
        )
        return told.stdout

    def container(self, name: str) -> dict[str, Any]:
        """What the engine says of a service's container."""
        number = self.compose("ps", "-q", name).strip()
        told = subprocess.run(["docker", "inspect", number], stdout=subprocess.PIPE, check=True)
        found: dict[str, Any] = json.loads(told.stdout)[0]
        return found


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Started as ``make up`` does, and thrown away."""
    running = Running()
    try:
        subprocess.run([FOLDER / "up"], env=running.environment, timeout=UP_WITHIN_S, check=True)
        yield running
    finally:
        running.compose("down", "-v", "--remove-orphans")


def test_a_trade_is_submitted_and_its_statement_read(running: Running) -> None:
    lines = subprocess.run([FOLDER / "first-trade"], stdout=subprocess.PIPE, text=True, check=True).stdout
    answers = running.compose("exec", "-T", "writer", "ledger", "submit", "-", sent=lines).splitlines()
    outcomes = [json.loads(answer) for answer in answers]
    assert [outcome["status"] for outcome in outcomes] == ["accepted"] * 10
    newest = outcomes[-1]["last_seq"]
    deadline = time.monotonic() + ANSWER_WITHIN_S
    statement: dict[str, Any] = {"at": {"seq": 0}}
    while statement["at"]["seq"] < newest and time.monotonic() < deadline:
        said = running.compose(
            "exec", "-T", "projectors", "projectors", "show", "statement", "alice", "--json"
        )
        statement = json.loads(said)
    assert [line["amount"] for line in statement["lines"] if line["what"] == "balance"] == ["10000", "-0.18"]


def test_programs_run_without_rights_and_are_healthy(running: Running) -> None:
    for name in SERVICES:
        found = running.container(name)
        assert found["State"]["Health"]["Status"] == "healthy", name
        assert found["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
        bound = [one["HostIp"] for ports in found["NetworkSettings"]["Ports"].values() for one in ports or []]
        assert set(bound) == {"127.0.0.1"}, name
        if name != "broker-1":
            assert found["Config"]["User"] == "ledger"
            assert found["HostConfig"]["ReadonlyRootfs"]
    assert "uid=10001" in running.compose("exec", "-T", "projectors", "id")


def test_keeper_and_feeds_run_only_when_they_are_asked_for(running: Running) -> None:
    assert [name for name in LIVE if running.compose("ps", "-q", name).strip()] == []


def test_both_programs_are_in_the_image(running: Running) -> None:
    assert "ledger 0" in running.compose("exec", "-T", "writer", "ledger", "--version")
    assert "Usage" in running.compose("exec", "-T", "writer", "projectors", "--help")
