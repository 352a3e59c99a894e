"""What a following projector answers over HTTP."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from ledger.errors import LogCorrupt, LogUnavailable
from ledger.log.memory import MemoryLog
from projectors.folding.runner import Runner
from projectors.service.follow import keep_up
from projectors.service.watched import Watched
from projectors.views import VIEWS
from tests.projecting import written_log
from tests.strategies import seeded_history


def no_bar() -> AbstractContextManager[Callable[[int, int], None]]:
    return nullcontext(lambda _done, _tip: None)


FEW = [VIEWS["account"], VIEWS["orders"]]


@pytest.fixture
def log() -> MemoryLog:
    return written_log(list(seeded_history(3, 60)))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Watched]:
    with closing(Watched(tmp_path, "127.0.0.1:0")) as service:
        yield service


def asked(service: Watched, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{service.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def metric(service: Watched, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", asked(service, "/metrics")[1], re.MULTILINE)
    assert found is not None, name
    return float(found[1])


def followed(service: Watched, log: Any, root: Path, turns: int = 3) -> Runner:  # noqa: ANN401
    left = iter(range(turns))
    return keep_up(root, FEW, log, service, reporting=no_bar, wait=lambda _: next(left, None) is None)


def test_a_follower_at_the_head_is_ready_and_says_how_far_it_is(
    service: Watched, log: MemoryLog, tmp_path: Path
) -> None:
    assert asked(service, "/readyz")[0] == 503
    followed(service, log, tmp_path)
    head = log.head()
    assert head is not None
    code, body = asked(service, "/readyz")
    assert code == 200
    expected = {"service": "projectors", "role": "following", "ready": True, "height": head.height}
    assert json.loads(body) == expected
    assert metric(service, 'ledger_view_height{view="orders"}') == head.height
    assert metric(service, 'ledger_view_lag_events{view="orders"}') == 0
    assert metric(service, 'ledger_view_state{state="serving",view="account"}') == 1
    assert metric(service, 'ledger_view_generation{view="account"}') == 1
    assert metric(service, "ledger_projected_events_total") == head.last_seq
    assert metric(service, "ledger_projected_blocks_total") == head.height
    assert metric(service, "ledger_head_height") == head.height


class Failing:
    """A log that fails as it is told, and then answers."""

    def __init__(self, log: MemoryLog, faults: list[Exception]) -> None:
        self._log = log
        self._faults = faults

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def head(self) -> object:
        if self._faults:
            raise self._faults.pop(0)
        return self._log.head()


def test_a_log_that_does_not_answer_is_waited_for_aloud(
    service: Watched, log: MemoryLog, tmp_path: Path
) -> None:
    failing = Failing(log, [LogUnavailable("no broker answers")])
    followed(service, failing, tmp_path, turns=0)
    assert metric(service, 'ledger_faults_total{fault="LogUnavailable"}') == 1
    followed(service, failing, tmp_path)
    assert asked(service, "/readyz")[0] == 200


def test_a_log_that_is_not_what_it_was_stops_all_views_where_they_are(
    service: Watched, log: MemoryLog, tmp_path: Path
) -> None:
    followed(service, log, tmp_path)
    runner = followed(service, Failing(log, [LogCorrupt("it looks like a seal and is none")]), tmp_path)
    assert runner.stops.keys() == {"account", "orders"}
    code, body = asked(service, "/readyz")
    assert (code, json.loads(body)["role"]) == (503, "stopped")
    assert metric(service, 'ledger_view_state{state="stopped",view="orders"}') == 1
    assert metric(service, 'ledger_faults_total{fault="LogCorrupt"}') >= 1
