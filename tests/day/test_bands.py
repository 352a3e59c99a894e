"""The whole tape, 8,000 accounts: what comes of it lies where a simulation of it said (``make day``).

Nothing in the tape states these numbers; they follow from its population and its rules.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.cli.app import app as ledger_app
from projectors.cli.app import app as projectors_app
from scenarios.day.demo import run_demo
from scenarios.day.page import page
from scenarios.day.plots import plots
from scenarios.day.protections import ALL, ALONE, NONE
from scenarios.day.world import FULL_SIZE

pytestmark = pytest.mark.day

SEED = int(os.environ.get("LEDGER_SEED", "1"))
APPS = {"ledger": ledger_app, "projectors": projectors_app}


def silent(stage: str, done: int, whole: int) -> None:
    assert 0 <= done <= whole, stage


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Both runs and every protection, played once."""
    folder: Path = tmp_path_factory.mktemp("day")
    return run_demo(folder / "demo-data", FULL_SIZE, SEED, "", silent, protections=True)


@pytest.fixture(scope="module")
def was(report: dict[str, Any]) -> dict[str, Any]:
    run: dict[str, Any] = report["runs"]["as-it-was"]
    return run


@pytest.fixture(scope="module")
def now(report: dict[str, Any]) -> dict[str, Any]:
    run: dict[str, Any] = report["runs"]["as-it-is"]
    return run


def test_the_first_wave_takes_the_shorts(was: dict[str, Any]) -> None:
    first, _ = was["waves"]
    assert 1_500 <= first["of_them_wrongly"] <= 2_300


def test_the_second_wave_takes_the_longs_of_the_thin_market(was: dict[str, Any]) -> None:
    audit = was["audits"]["second wave"]
    assert 140 <= audit["wrongful_accounts"] <= 230
    assert 400_000 * 10**8 <= audit["lines_total_e8"] <= 900_000 * 10**8


def test_what_the_audits_call_wrong_is_what_the_log_shows(was: dict[str, Any]) -> None:
    wrong = {wave["window"]: wave["of_them_wrongly"] for wave in was["waves"]}
    assert wrong == {name: audit["wrongful_accounts"] for name, audit in was["audits"].items()}


def test_the_rollback_is_proved_and_both_ledgers_verify(was: dict[str, Any], now: dict[str, Any]) -> None:
    assert was["proof"]["findings"] == []
    assert was["verification"]["findings"] == []
    assert now["verification"]["findings"] == []


def test_under_the_rules_of_today_nobody_is_harmed(now: dict[str, Any]) -> None:
    assert [wave["of_them_wrongly"] for wave in now["waves"]] == [0, 0]
    assert now["rollbacks"] == []


def test_all_protections_together_save_everybody_and_none_of_them_nobody(
    report: dict[str, Any], was: dict[str, Any]
) -> None:
    rows = {(row["wave"], row["which"], row["protection"]): row for row in report["protections"]}
    for wave, audit in was["audits"].items():
        assert rows[wave, NONE, ""]["accounts"] == audit["wrongful_accounts"]
        assert rows[wave, ALL, ""]["accounts"] == 0
    guards = [row for row in rows.values() if row["wave"] == "first wave" and "(G" in row["protection"]]
    assert [row["accounts"] for row in guards if row["which"] == ALONE] == [0] * 4


def test_every_command_on_the_page_answers(report: dict[str, Any]) -> None:
    printed = re.findall(r"<code>(ledger|projectors) ([^<]+)</code>", page(report, plots(report["runs"])))
    asked = {(program, words) for program, words in printed if "SEQ" not in words and words[:4] != "demo"}
    assert len(asked) > 30
    for program, words in sorted(asked):
        done = CliRunner().invoke(APPS[program], words.split())
        assert done.exit_code == 0, f"{program} {words}: {done.output}"
