"""``ledger restart``: check changes nothing; run verifies, closes, and opens as far as gates hold."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.bootstrap import open_writer
from ledger.settings import load_settings

Ledger = Callable[..., Any]


@pytest.fixture
def desk(ledger: Ledger, data: Path) -> Path:
    """A ledger with some accounts, and a checkpoint of the writer."""
    assert ledger("submit", "docs/first.ndjson", "--data", data).code == 1
    assert ledger("checkpoint", "--data", data).code == 0
    return data


def test_check_says_that_all_is_well_and_changes_nothing(ledger: Ledger, desk: Path) -> None:
    before = ledger("log", "head", "--data", desk, "--json").out
    finished = ledger("restart", "check", "--data", desk, "--json")
    assert finished.code == 0
    report = json.loads(finished.out)
    assert (report["status"], report["findings"]) == ("ok", [])
    assert ledger("log", "head", "--data", desk, "--json").out == before


def test_run_enters_maintenance_and_opens_what_may_open(ledger: Ledger, desk: Path) -> None:
    assert ledger("restart", "run", "--data", desk).code == 0
    report = json.loads(ledger("restart", "check", "--data", desk, "--json").out)
    assert report["status"] == "maintenance"
    assert ledger("restart", "run", "--data", desk, "--to", "ok").code == 0
    report = json.loads(ledger("restart", "check", "--data", desk, "--json").out)
    assert report["status"] == "ok"


def test_a_wrong_checkpoint_is_found_and_the_ledger_stays_closed(ledger: Ledger, desk: Path) -> None:
    writer = open_writer(load_settings(data=desk))
    writer.state.accounts["alice"].balance_e8 += 1
    writer.checkpoint()
    writer.close()
    found = ledger("restart", "check", "--data", desk)
    assert (found.code, "account alice" in found.out) == (1, True)
    run = ledger("restart", "run", "--data", desk, "--to", "ok")
    assert (run.code, "in maintenance" in run.err) == (1, True)


def test_there_must_be_a_ledger(ledger: Ledger, data: Path) -> None:
    assert ledger("restart", "check", "--data", data).code == 3
