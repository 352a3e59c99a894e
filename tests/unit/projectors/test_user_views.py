"""Views of others: a file gets everything that the ledger's own views have."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from ledger.core.messages import FillSettled
from ledger.errors import SettingsFault, ViewUnusable
from ledger.log.rocks import RocksLog
from projectors.cli.app import app
from projectors.define.view import Rows, Scan, Table, View, col, last, total
from projectors.folding.cut_law import broken_cuts
from projectors.views.files import argument_of, known_views, load_view, views_named
from tests.branching import Branching, Habits
from tests.projecting import LEDGER, written_log
from tests.strategies import seeded_history

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "write-a-view.md"
HEAD = "from projectors.define.view import *\nimport polars as pl\n"


@pytest.fixture(autouse=True)
def no_files_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projectors.views.files._loaded", {})
    monkeypatch.delenv("LEDGER_VIEW_FILES", raising=False)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The examples of the guide, each in its file."""
    for block in re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL):
        name = block.splitlines()[0].removeprefix("# ")
        (tmp_path / name).write_text(block, encoding="utf-8")
    return tmp_path


class Program:
    """The command line over a ledger of 22 blocks that was rolled back to block 12, and on to 28."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = RocksLog.create(data / "log", LEDGER, 2)
        self.ledger = Branching(self.log, 21, Habits(rollbacks=0, empty_blocks=0))
        self.ledger.write(20)

    def run(self, *arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*arguments, "--data", str(self.data)], catch_exceptions=False)
        return done.exit_code, done.output

    def json(self, *arguments: str) -> Any:  # noqa: ANN401
        done = CliRunner().invoke(
            app, [*arguments, "--json", "--data", str(self.data)], catch_exceptions=False
        )
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def fills(self, heights: list[int]) -> list[FillSettled]:
        events = [event for height in heights for event in self.ledger.block(height)]
        return [event for event in events if isinstance(event, FillSettled)]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path / "data")
    with closing(made.log):
        yield made


def test_the_guides_views_answer_roll_back_rebuild_verify_and_export(files: Path, program: Program) -> None:
    fees, makers = str(files / "daily_fees.py"), str(files / "maker_volume.py")
    both = f"{fees},{makers}"
    assert program.run("run", "--views", both)[0] == 0
    program.ledger.roll_back(12, completed=True)
    program.ledger.write(5)
    assert program.run("run", "--views", both)[0] == 0
    live = [*range(1, 13), *range(23, 29)]
    summed: dict[str, int] = defaultdict(int)
    for fill in program.fills(live):
        summed[fill.market] += fill.fee_e8
    out = files / "fees.csv"
    assert program.run("export", "view", fees, "fees", "--out", str(out))[0] == 0
    rows = pl.read_csv(out).group_by("market").agg(pl.col("fees_e8").sum())
    assert dict(rows.rows()) == {market: amount for market, amount in summed.items() if market in summed}
    assert summed
    assert program.run("verify", "--views", both)[0] == 0
    assert program.run("rebuild", fees)[0] == 0
    assert program.run("diff", "--a", "head", "--b", "head", "--views", both)[0] == 0
    seen = program.json("show", "table", fees, "fees", "--as-of", "block:20", "--limit", "0")
    assert sum(row["fills"] for row in seen["rows"]) == len(program.fills(list(range(1, 21))))
    program.run("run", "--views", both)
    ranking = program.json("show", "table", makers, "makers", "--by", "volume")["rows"]
    volumes: dict[str, int] = defaultdict(int)
    for fill in program.fills(live):
        if fill.liquidity == "MAKER" and fill.fill_type == "FILL":
            volumes[fill.account] += fill.value_e8
    assert [row["account"] for row in ranking][:3] == sorted(volumes, key=lambda name: -volumes[name])[:3]


def test_the_guides_views_pass_their_check(files: Path, program: Program) -> None:
    for name in ("daily_fees.py", "maker_volume.py"):
        code, output = program.run("view", "check", str(files / name))
        assert (code, "the cut law holds over" in output) == (0, True)
    assert not (program.data / "views").exists()


def test_files_in_the_environment_are_among_all_views_and_go_by_their_names(
    files: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_VIEW_FILES", f"{files / 'daily_fees.py'}:{files / 'maker_volume.py'}")
    assert list(known_views())[-2:] == ["daily_fees", "maker_volume"]
    assert program.run("run")[0] == 0
    assert program.json("show", "table", "daily_fees", "fees")["rows"]
    listed = {row["view"] for row in program.json("show", "views")["views"]}
    assert {"daily_fees", "maker_volume", "account"} <= listed
    assert program.run("rebuild", "daily_fees")[0] == 0


def test_processes_that_share_the_partitions_find_the_file(files: Path, program: Program) -> None:
    file = str(files / "daily_fees.py")
    assert program.run("run", "--views", file, "--processes", "2")[0] == 0
    assert program.run("verify", "--views", file)[0] == 0


def written(table: str, name: str = "v", rest: str = "") -> str:
    return f'{HEAD}VIEW = View("{name}", 1, (Table("t", ("market",), ({table},)),){rest})'


WRONG = {
    "event": (written('Rows("FilSettled", {})'), "line 3, view v, t: there is no event FilSettled"),
    "column": (written('Rows("FillSettled", {"f": total("fees_e8")})'), "rows of FillSettled: "),
    "float": (
        written('Rows("FillSettled", {"f": last(col("fee_e8") / 2)})'),
        "column f of FillSettled is Float64; rows hold whole numbers and texts",
    ),
    "broadcast": (
        written('Rows("PricesUpdated", {"f": total("mark_e8")})'),
        "broadcast events are in every partition and are never summed",
    ),
    "syntax": ("VIEW = View(\n  (\n", "SyntaxError"),
    "raises": ("import polars\n\nx = 1 // 0\n", "line 3: the file cannot be run: ZeroDivisionError"),
    "nothing": ("x = 1\n", "the file has no VIEW = View(...)"),
    "taken": (
        written('Rows("FillSettled")', "account"),
        "the name 'account' is taken by a view of the ledger",
    ),
    "mirror": (written('Rows("FillSettled")', rest=', mirrors=("b",)'), "there is no table b"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_cannot_be_used_says_where_and_why(name: str, tmp_path: Path) -> None:
    text, said = WRONG[name]
    file = tmp_path / "view.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ViewUnusable) as raised:
        load_view(file)
    assert said in str(raised.value)
    assert str(file) in str(raised.value)


def test_two_files_with_one_name_and_names_of_nothing_are_refused(tmp_path: Path, files: Path) -> None:
    (tmp_path / "other.py").write_text((files / "daily_fees.py").read_text("utf-8"), "utf-8")
    first = load_view(files / "daily_fees.py")
    assert load_view(files / "daily_fees.py") is first
    assert argument_of(first) == str(files / "daily_fees.py")
    with pytest.raises(ViewUnusable, match="is taken by"):
        load_view(tmp_path / "other.py")
    with pytest.raises(SettingsFault, match="there is no view 'nothing'"):
        views_named(["nothing"])
    with pytest.raises(ViewUnusable, match="there is no such file"):
        load_view(tmp_path / "gone.py")


def remembering(row: Any, event: Any, seen: list[int] = []) -> Any:  # noqa: ANN401, ARG001, B006
    seen.append(1)
    return {"n": len(seen)}


LAWLESS: dict[str, Table | Scan] = {
    "a difference of neighbours": Table(
        "t", ("market",), (Rows("FillSettled", {"f": total(col("price_e8").diff().fill_null(0))}),)
    ),
    "a running sum": Table("t", ("market",), (Rows("FillSettled", {"f": last(col("fee_e8").cum_sum())}),)),
    "a memory of its own": Scan(
        "t", ("account",), {"n": 0}, (Rows("FillSettled", {"p": last("seq")}),), remembering
    ),
}


@pytest.mark.parametrize("name", LAWLESS)
def test_a_view_that_breaks_the_cut_law_is_found_with_the_rows(name: str) -> None:
    log = written_log(list(seeded_history(3, 150)), partitions=2)
    found, seen = broken_cuts(View("lawless", 1, (LAWLESS[name],)), log, seed=4, events_max=10**6)
    assert seen > 100
    assert {one.table for one in found} == {"t"}
    assert all(one.examples for one in found)


def test_a_check_of_a_broken_view_prints_findings_and_exits_with_1(tmp_path: Path, program: Program) -> None:
    file = tmp_path / "lawless.py"
    file.write_text(
        HEAD + "VIEW = View('lawless', 1, (Table('t', ('market',), "
        "(Rows('FillSettled', {'f': last(pl.col('fee_e8').cum_sum())}),)),))",
        encoding="utf-8",
    )
    code, output = program.run("view", "check", str(file))
    assert code == 1
    assert "table t has other rows when events are cut" in output
