"""The whole tape, 8,000 accounts: what comes of it lies where a simulation of it said (``make day``).

Nothing in the tape states these numbers; they follow from its population and its rules.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenarios.day.demo import one_run
from scenarios.day.rules import AS_IT_IS, AS_IT_WAS
from scenarios.day.world import FULL_SIZE

pytestmark = pytest.mark.day

SEED = int(os.environ.get("LEDGER_SEED", "1"))
Run = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Plays each rule set once."""
    folder: Path = tmp_path_factory.mktemp("day")
    done: dict[str, dict[str, Any]] = {}

    def play(rule_set: str) -> dict[str, Any]:
        if rule_set not in done:
            done[rule_set] = one_run(folder / rule_set, rule_set, FULL_SIZE, SEED, "")
        return done[rule_set]

    return play


def test_the_first_wave_takes_the_shorts(run: Run) -> None:
    first, _ = run(AS_IT_WAS)["waves"]
    assert 1_500 <= first["of_them_wrongly"] <= 2_300


def test_the_second_wave_takes_the_longs_of_the_thin_market(run: Run) -> None:
    was = run(AS_IT_WAS)
    _, second = was["waves"]
    assert 140 <= second["of_them_wrongly"] <= 230
    assert 400_000 * 10**8 <= was["audits"]["second wave"]["lines_total_e8"] <= 900_000 * 10**8


def test_the_rollback_is_proved_and_both_ledgers_verify(run: Run) -> None:
    was, now = run(AS_IT_WAS), run(AS_IT_IS)
    assert was["proof"]["findings"] == []
    assert was["verification"]["findings"] == []
    assert now["verification"]["findings"] == []


def test_under_the_rules_of_today_nobody_is_harmed(run: Run) -> None:
    assert [wave["of_them_wrongly"] for wave in run(AS_IT_IS)["waves"]] == [0, 0]
    assert run(AS_IT_IS)["rollbacks"] == []
