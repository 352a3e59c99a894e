"""``ledger play``: one run of a tape into a ledger of its own."""

from pathlib import Path

import orjson
from typer.testing import CliRunner

from ledger.cli.app import app
from scenarios.day.demo import run_demo
from scenarios.day.series import at_ms

UNTIL = "2024-02-20 00:00:00"


def silent(stage: str, done: int, whole: int) -> None:
    assert 0 <= done <= whole, stage


def test_a_run_is_played_into_a_new_ledger_and_the_same_again_gives_the_same_head(tmp_path: Path) -> None:
    heads = []
    for name in ("one", "two"):
        arguments = ["play", "2026-01-19", "--accounts", "100", "--until", UNTIL, "--json"]
        done = CliRunner().invoke(app, [*arguments, "--data", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
        heads.append(orjson.loads(done.stdout)["head"])
    assert heads[0] == heads[1]
    assert heads[0]["last_seq"] > 300


def test_a_tape_that_there_is_not_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["play", "2020-01-01", "--data", str(tmp_path / "x")])
    assert done.exit_code != 0
    assert not (tmp_path / "x").exists()


def test_both_runs_of_the_demo_are_played_side_by_side(tmp_path: Path) -> None:
    report = run_demo(tmp_path / "demo", 100, 1, "", silent, until_ms=at_ms(UNTIL))
    was, now = report["runs"]["as-it-was"], report["runs"]["as-it-is"]
    assert was["head"] == now["head"], "the rule sets part at the beginning of the day"
    assert was["verification"]["clean"]
    assert report["about"]["population"] == 100
