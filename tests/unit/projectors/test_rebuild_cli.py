"""``projectors rebuild``, ``checkpoints`` and ``generations``: what they print, and their exit codes."""

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.log.chain import Rollbacks
from ledger.log.rocks import RocksLog
from projectors.bootstrap import views_dir
from projectors.cli.app import app, main
from projectors.views import VIEWS
from tests.branching import Branching, Habits, head_of
from tests.damage import flip_bit
from tests.reading import LEDGER, MarkedReader

Capture = pytest.CaptureFixture[str]
CHOSEN = "account,funding"


class Program:
    """The command line over one ledger."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and everything printed."""
        result = CliRunner().invoke(app, [*arguments, "--data", str(self.data)], catch_exceptions=False)
        return result.exit_code, result.output

    def json(self, *arguments: str, code: int = 0) -> Any:  # noqa: ANN401
        """What is printed as JSON."""
        result = CliRunner().invoke(
            app, [*arguments, "--json", "--data", str(self.data)], catch_exceptions=False
        )
        assert result.exit_code == code
        return json.loads(result.stdout)

    def left(self, capsys: Capture, *arguments: str) -> tuple[int, str]:
        """Exit code of the whole program, and what it says."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.argv", ["projectors", *arguments, "--data", str(self.data)])
            with pytest.raises(SystemExit) as left:
                main()
        return int(str(left.value.code)), capsys.readouterr().err

    def checkpoints(self) -> list[int]:
        """Blocks of the account view's checkpoints, in whatever generation."""
        rows = self.json("checkpoints", "list", "--views", "account")["checkpoints"]
        return sorted({row["height"] for row in rows})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("ledger")
    with closing(RocksLog.create(data / "log", LEDGER, 2)) as log:
        ledger = Branching(log, 5, Habits(rollbacks=0, empty_blocks=0))
        reader = MarkedReader(views_dir(data), ledger, [VIEWS[name] for name in CHOSEN.split(",")])
        for _ in range(3):
            reader.grow(8)
        ledger.roll_back(head_of(log).height - 3, completed=True)
        ledger.write(3)
        reader.run()
    return data


@pytest.fixture
def program(built: Path, tmp_path: Path) -> Program:
    """The built ledger, to be changed."""
    shutil.copytree(built, tmp_path / "data")
    return Program(tmp_path / "data")


def test_generations_are_listed_with_the_one_that_serves(program: Program) -> None:
    rows = program.json("generations", "list", "--views", CHOSEN)["generations"]
    assert [(row["view"], row["generation"], row["serving"]) for row in rows] == [
        (view, name, name == "gen-2") for view in CHOSEN.split(",") for name in ("gen-1", "gen-2")
    ]
    assert all(row["bytes"] > 0 and row["fault"] == "" for row in rows)
    code, printed = program.run("generations", "list", "--views", CHOSEN)
    assert (code, "gen-2" in printed) == (0, True)


def test_a_generation_is_dropped_when_it_is_told_so_and_does_not_serve(
    program: Program, capsys: Capture
) -> None:
    assert program.run("generations", "drop", "account", "gen-1")[0] == 1
    for name, why in (("gen-2", "serves"), ("gen-9", "has no generation")):
        code, said = program.left(capsys, "generations", "drop", "account", name, "--yes")
        assert (code, why in said) == (2, True)
    assert program.run("generations", "drop", "account", "gen-1", "--yes")[0] == 0
    rows = program.json("generations", "list", "--views", "account")["generations"]
    assert [row["generation"] for row in rows] == ["gen-2"]
    assert program.run("verify", "--views", CHOSEN)[0] == 0


def test_checkpoints_are_listed_with_what_they_are_of(program: Program) -> None:
    rows = program.json("checkpoints", "list", "--views", "account", "--check")["checkpoints"]
    assert all(row["fault"] == "" and len(row["seal_digest"]) == 64 for row in rows)
    assert {row["on_chain"] for row in rows} == {True, False}
    assert program.run("checkpoints", "list", "--views", "account")[0] == 0


def test_a_damaged_checkpoint_is_a_finding(program: Program) -> None:
    rows = program.json("checkpoints", "list", "--views", "account")["checkpoints"]
    place = views_dir(program.data) / "account" / "gen-2" / "checkpoints"
    newest = max(place.iterdir())
    for path in newest.glob("*/*.sst"):
        flip_bit(path, 0.05)
    found = program.json("checkpoints", "list", "--views", "account", "--check", code=1)["checkpoints"]
    assert len(found) == len(rows)
    assert [row["generation"] for row in found if row["fault"]] == ["gen-2"]


def test_a_rebuild_reports_and_serves(program: Program) -> None:
    answer = program.json("rebuild", *CHOSEN.split(","))["views"]
    assert [(row["view"], row["generation"], row["tables"]) for row in answer] == [
        ("account", "gen-3", []),
        ("funding", "gen-3", []),
    ]
    code, printed = program.run("rebuild", "account", "--to-block", "12")
    assert code == 0
    assert "account is served from gen-4" in printed
    assert "rows differ" in printed
    assert "statement: 0 added, 0 changed" in printed


def test_a_dry_run_says_with_its_exit_code_whether_rows_differ(program: Program) -> None:
    assert program.run("rebuild", "account", "--dry-run")[0] == 0
    code, printed = program.run("rebuild", "account", "--dry-run", "--to-block", "12")
    assert (code, "nothing was changed" in printed) == (1, True)
    rows = program.json("generations", "list", "--views", "account")["generations"]
    assert [row["generation"] for row in rows] == ["gen-1", "gen-2"]


def test_a_start_is_named_by_block_or_offset_and_refused_with_the_nearest(
    program: Program, capsys: Capture
) -> None:
    rows = program.json("checkpoints", "list", "--views", "account")["checkpoints"]
    live = [row for row in rows if row["on_chain"] and row["generation"] == "gen-2"]
    assert program.run("rebuild", "account", "--from-checkpoint", str(live[-1]["height"]))[0] == 0
    assert program.run("rebuild", "account", "--from-offset", str(live[-1]["seq"]))[0] == 0
    code, said = program.left(capsys, "rebuild", "account", "--from-offset", str(live[-1]["seq"] + 1))
    assert code == 2
    assert f"block {live[-1]['height']} (offset {live[-1]['seq']})" in said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["account", "--all"],
        ["account", "--to-seq", "9", "--to-block", "3"],
        ["account", "--from-offset", "9", "--from-checkpoint", "3"],
        ["account", "--to-time", "17"],
        ["nothing"],
    ],
)
def test_what_contradicts_itself_is_a_mistake_of_usage(program: Program, arguments: list[str]) -> None:
    assert program.run("rebuild", *arguments)[0] == 2


@pytest.mark.parametrize("arguments", [["--to-block", "999"], ["--to-seq", "99999999"], ["--known-at", "x"]])
def test_a_moment_that_is_not_there_is_refused(
    program: Program, capsys: Capture, arguments: list[str]
) -> None:
    assert program.left(capsys, "rebuild", "account", *arguments)[0] == 2


def test_a_void_block_is_refused_and_named_with_the_knowledge_that_has_it(
    program: Program, capsys: Capture
) -> None:
    with closing(RocksLog.open_reader(program.data / "log")) as log:
        rollbacks = Rollbacks(log)
        rollbacks.read_on()
        void = rollbacks.declared()[0].target_height + 1
    code, said = program.left(capsys, "rebuild", "account", "--to-block", str(void))
    assert (code, f"--known-at block:{void}" in said) == (2, True)
    assert program.run("rebuild", "account", "--to-block", str(void), "--known-at", f"block:{void}")[0] == 0


def test_a_rebuild_of_all_views_shared_by_processes(program: Program) -> None:
    assert program.run("rebuild", "--all", "--processes", "2")[0] == 0
    assert program.run("verify")[0] == 0
