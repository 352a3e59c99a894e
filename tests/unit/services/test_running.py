"""How a service turns, waits out what passes, and ends."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import pytest

from ledger.errors import LogCorrupt, LogUnavailable
from services.metrics import KeeperMetrics
from services.running import Audience, run_turns


@pytest.fixture
def audience() -> Iterator[Audience]:
    with closing(Audience("keeper", KeeperMetrics(), "127.0.0.1:0")) as audience:
        yield audience


def asked(audience: Audience, path: str) -> tuple[int, str]:
    with closing(HTTPConnection("127.0.0.1", audience.port, timeout=10)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_turns_go_on_until_one_says_that_it_was_the_last(audience: Audience) -> None:
    waits = iter([0.0, 0.001, None])
    run_turns(lambda: next(waits), threading.Event(), audience)
    assert next(waits, "empty") == "empty"
    assert json.loads(asked(audience, "/readyz")[1])["role"] == "stopped"


def test_turns_end_when_they_are_asked_to(audience: Audience) -> None:
    stop = threading.Event()
    turns: list[int] = []

    def turn() -> float:
        turns.append(1)
        stop.set()
        return 3600.0

    run_turns(turn, stop, audience)
    assert turns == [1]


def test_a_fault_that_passes_is_waited_out_and_counted(
    audience: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.running.RETRY_S", 0.001)
    seen: list[tuple[int, str]] = []

    def turn() -> float | None:
        if not seen:
            seen.append(asked(audience, "/readyz"))
            raise LogUnavailable("no broker answers", where="test")
        seen.append(asked(audience, "/readyz"))
        return None

    audience.become("keeping", ready=True)
    run_turns(turn, threading.Event(), audience)
    assert [status for status, _ in seen] == [200, 503]
    assert json.loads(seen[1][1])["role"] == "waiting"
    assert 'ledger_faults_total{fault="LogUnavailable"} 1.0' in asked(audience, "/metrics")[1]


def test_any_other_fault_ends_the_service(audience: Audience) -> None:
    def turn() -> float:
        raise LogCorrupt("the block is not what was sealed", where="block 7")

    with pytest.raises(LogCorrupt):
        run_turns(turn, threading.Event(), audience)
    assert 'ledger_faults_total{fault="LogCorrupt"} 1.0' in asked(audience, "/metrics")[1]
