"""The dashboard that a demo leaves behind: it answers, is replaced, is ended, and ends by itself."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ledger.cli.app import app
from ledger.errors import SettingsFault
from scenarios.day.serving import RECORD, answers, free_port, is_dashboard, start, stop
from tests.wronged import Scene

WITHIN_S = 60.0


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("demo") / "as-it-was"
    Scene(data).close()
    return data


@pytest.fixture
def demo(ledger: Path) -> Iterator[Path]:
    yield ledger.parent
    stop(ledger.parent)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


def asked(port: int, path: str, token: str = "") -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_it_shows_the_incident_with_its_token_and_a_second_one_replaces_it(demo: Path, ledger: Path) -> None:
    first = start(demo, ledger)
    assert first.url.startswith(f"http://127.0.0.1:{first.port}/#/incident?")
    token = first.url.rpartition("token=")[2]
    assert asked(first.port, "/")[0] == 200
    assert asked(first.port, "/v1/incidents/incident-1", token)[0] == 200
    assert asked(first.port, "/v1/incidents/incident-1")[0] == 401
    second = start(demo, ledger)
    assert not is_dashboard(first.pid)
    assert asked(second.port, "/v1/operations", token)[0] == 401
    assert asked(second.port, "/v1/operations", second.url.rpartition("token=")[2])[0] == 200
    done = CliRunner().invoke(app, ["demo", "--data", str(demo), "--down"])
    assert done.exit_code == 0
    assert not answers(second.port)
    assert not stop(demo)


def test_it_ends_by_itself_when_nobody_asks(demo: Path, ledger: Path) -> None:
    running = start(demo, ledger, idle_exit_s=5)
    until(lambda: not is_dashboard(running.pid))
    assert not answers(running.port)


def test_a_number_of_a_process_that_is_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    mine = threading.get_native_id()
    (tmp_path / RECORD).write_text(json.dumps({"pid": mine, "port": free_port()}))
    assert not stop(tmp_path)
    assert not (tmp_path / RECORD).exists()


def test_what_does_not_come_up_is_said(tmp_path: Path) -> None:
    (tmp_path / "as-it-was").mkdir()
    with pytest.raises(SettingsFault, match="did not come up"):
        start(tmp_path, tmp_path / "as-it-was")
