"""Health, readiness and metrics over HTTP."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import NamedTuple

import pytest

from ledger.errors import SettingsFault
from ledger.service.logging import log_to_stderr
from ledger.service.metrics import WriterMetrics
from ledger.service.watch import STALL_S, Pulse, Watch


class Said(NamedTuple):
    """Status and body of an answer."""

    status: int
    body: str


@pytest.fixture
def pulse() -> Pulse:
    return Pulse("writer")


@pytest.fixture
def watch(pulse: Pulse) -> Iterator[Watch]:
    with closing(Watch(pulse, WriterMetrics().registry, "127.0.0.1", 0)) as watch:
        yield watch


def asked(watch: Watch, path: str) -> Said:
    with closing(HTTPConnection("127.0.0.1", watch.port, timeout=10)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return Said(answer.status, answer.read().decode())


def test_a_service_is_ready_in_a_role_that_does_its_work(watch: Watch, pulse: Pulse) -> None:
    assert asked(watch, "/readyz").status == 503
    pulse.now("leader", ready=True)
    pulse.height = 7
    said = asked(watch, "/readyz")
    assert said.status == 200
    assert json.loads(said.body) == {"service": "writer", "role": "leader", "ready": True, "height": 7}
    pulse.now("recovering", ready=False)
    assert asked(watch, "/readyz").status == 503


def test_a_service_whose_loop_stands_still_is_not_healthy(
    watch: Watch, pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asked(watch, "/healthz").status == 200
    later_s = time.monotonic() + STALL_S + 1
    monkeypatch.setattr("ledger.service.watch.time.monotonic", lambda: later_s)
    assert asked(watch, "/healthz").status == 503
    pulse.beat()
    assert asked(watch, "/healthz").status == 200


def test_metrics_are_text_for_prometheus_and_other_paths_are_not_there(watch: Watch) -> None:
    said = asked(watch, "/metrics")
    assert said.status == 200
    assert "# TYPE ledger_height gauge" in said.body
    assert asked(watch, "/elsewhere").status == 404


def test_an_address_that_is_taken_is_a_fault_of_the_settings(watch: Watch, pulse: Pulse) -> None:
    with pytest.raises(SettingsFault, match=f"127.0.0.1:{watch.port}: cannot listen"):
        Watch(pulse, WriterMetrics().registry, "127.0.0.1", watch.port)


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger, given back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("root_logger")
def test_a_log_line_is_one_json_object_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()
    logging.getLogger("ledger.service.writer").info("role", extra={"role": "leader"})
    line = json.loads(capsys.readouterr().err)
    assert (line["level"], line["logger"], line["message"], line["role"]) == (
        "INFO",
        "ledger.service.writer",
        "role",
        "leader",
    )
    assert line["at"]
