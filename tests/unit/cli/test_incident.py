"""``ledger incident``: propose, audit, compare and check on an embedded log."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.bootstrap import create_ledger, open_writer
from ledger.core.messages import LiquidateAccount
from ledger.settings import load_settings
from tests.incidents import crowded
from tests.spec import START_US, ask

Ledger = Callable[..., Any]


@pytest.fixture
def town(data: Path) -> tuple[Path, int]:
    """A ledger whose index was zeroed, and the height of its last good block."""
    settings = load_settings(data=data)
    create_ledger(settings, "town", START_US)
    writer = open_writer(settings)
    town = crowded(writer)
    last_good = town.head.height
    town.tick("0")
    town.take(ask(LiquidateAccount, account="short"))
    town.tick("1")
    writer.close()
    return data, last_good


def test_an_incident_is_found_audited_and_checked(
    ledger: Ledger, town: tuple[Path, int], tmp_path: Path
) -> None:
    data, last_good = town
    window = ("--from-block", last_good, "--data", data)
    file, report = tmp_path / "corrections.json", tmp_path / "report.json"
    proposed = ledger("incident", "propose", *window, "--output", file)
    assert proposed.code == 1
    assert f"block {last_good} is the last before" in proposed.err
    audited = ledger("incident", "audit", *window, "--corrections", file, "--report", report)
    assert audited.code == 0
    assert "wrongful takeovers" in audited.out
    content = json.loads(report.read_text())
    assert content == json.loads(ledger("incident", "audit", *window, "--corrections", file, "--json").out)
    assert ledger("incident", "check", report, "--data", data).code == 0
    content["effects"][0]["difference_e8"] += 1
    report.write_text(json.dumps(content))
    checked = ledger("incident", "check", report, "--data", data)
    assert checked.code == 1
    assert "effects is not what the log gives" in checked.out


def test_one_account_is_shown_with_the_events_of_each_number(ledger: Ledger, town: tuple[Path, int]) -> None:
    data, last_good = town
    shown = ledger(
        "incident", "audit", "--from-block", last_good, "--data", data, "--account", "short", "--json"
    )
    effect = json.loads(shown.out)
    assert effect["parts"]["bankruptcy_cover_e8"]["recorded_seqs"]
    table = ledger("incident", "audit", "--from-block", last_good, "--data", data, "--account", "short")
    assert "recorded seqs" in table.out
    nobody = ledger("incident", "audit", "--from-block", last_good, "--data", data, "--account", "nobody")
    assert (nobody.code, "nothing differs" in nobody.err) == (2, True)


def test_the_remedies_stand_side_by_side(ledger: Ledger, town: tuple[Path, int]) -> None:
    data, last_good = town
    compared = ledger("incident", "compare", "--from-block", last_good, "--data", data, "--json")
    remedies = json.loads(compared.out)["remedies"]
    assert [one["remedy"] for one in remedies] == [
        f"rollback {last_good}",
        "surgical",
        *(f"compensation {method}" for method in ("A", "B", "B+", "C", "D")),
    ]
    assert ledger("incident", "compare", "--from-block", last_good, "--data", data).code == 0


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "Invalid JSON"),
        ('{"ticks": [{"market": "B", "from_tick": 9, "to_tick": 2, "take": "FAIR"}]}', "before from_tick"),
        ('{"fields": [{"command_id": "x", "field": "a", "replacement": 1}]}', "command_id"),
        ('{"fields": [{"command_id": "x/1", "field": "a", "replacement": 1.5}]}', "replacement"),
    ],
)
def test_a_correction_file_that_is_wrong_is_refused_by_name(
    ledger: Ledger, town: tuple[Path, int], tmp_path: Path, text: str, what: str
) -> None:
    data, last_good = town
    file = tmp_path / "corrections.json"
    file.write_text(text)
    refused = ledger("incident", "audit", "--from-block", last_good, "--data", data, "--corrections", file)
    assert (refused.code, what in refused.err) == (2, True)


def test_a_window_that_there_is_not_is_refused(ledger: Ledger, town: tuple[Path, int]) -> None:
    data, _ = town
    refused = ledger("incident", "audit", "--from-block", 10_000, "--data", data)
    assert (refused.code, "there is no window" in refused.err) == (2, True)
