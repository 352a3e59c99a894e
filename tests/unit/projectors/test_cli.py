"""``projectors``: what it prints, and what its exit codes say."""

import json
import shutil
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.core.digest import table_digests
from ledger.core.state import State
from ledger.log.rocks import RocksLog
from projectors.bootstrap import open_log, open_states, views_dir
from projectors.cli.app import app, main
from projectors.views import VIEWS
from tests.playing import opened_state, play
from tests.projecting import LEDGER, write
from tests.strategies import seeded_history

HISTORY = list(seeded_history(7, 300))


Capture = pytest.CaptureFixture[str]


def refusal(capsys: Capture, *arguments: str) -> str:
    """What the whole program says when it could not run; its exit code is 3."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["projectors", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
    assert left.value.code == 3
    return capsys.readouterr().err


class Program:
    """The command line over one ledger."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and everything printed."""
        result = CliRunner().invoke(app, [*arguments, "--data", str(self.data)], catch_exceptions=False)
        return result.exit_code, result.output

    def json(self, *arguments: str) -> Any:  # noqa: ANN401
        """What a read prints as JSON; the exit code is 0."""
        result = CliRunner().invoke(
            app, [*arguments, "--json", "--data", str(self.data)], catch_exceptions=False
        )
        assert result.exit_code == 0
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("ledger")
    with closing(RocksLog.create(data / "log", LEDGER, 4)) as log:
        write(log, HISTORY)
    assert Program(data).run("run")[0] == 0
    return data


@pytest.fixture
def program(built: Path, tmp_path: Path) -> Program:
    """The built ledger, to be changed."""
    shutil.copytree(built, tmp_path / "data")
    return Program(tmp_path / "data")


@pytest.fixture(scope="module")
def state() -> State:
    state = opened_state()
    play(state, HISTORY)
    return state


def test_a_second_run_has_nothing_to_do(program: Program) -> None:
    before = program.json("show", "views")
    assert program.run("run")[0] == 0
    assert program.json("show", "views") == before


def test_views_say_how_far_they_are_and_have_the_writers_digests(program: Program, state: State) -> None:
    answer = program.json("show", "views")
    assert answer["at"]["seq"] == state.seq
    views = {view["view"]: (view["behind"], view["state"], view["generation"]) for view in answer["views"]}
    assert views == dict.fromkeys(VIEWS, (0, "serving", "gen-1"))
    digests = {row["table"]: row["digest"] for row in answer["digests"]}
    for table, digest in table_digests(state).items():
        assert digests[table] == digest.hexdigest()


def test_a_statement_leads_from_nothing_to_the_balance(program: Program, state: State) -> None:
    for name, account in state.accounts.items():
        lines = program.json("show", "statement", name, "--asset", state.settlement_asset, "-n", "0")["lines"]
        lines = [line for line in lines if line["what"] == "balance"]
        for earlier, later in pairwise(lines):
            assert earlier["after"] == later["before"]
            assert earlier["seq"] < later["seq"]
        if lines:
            assert lines[0]["before"] == "0"
            balances = program.json("show", "account", name)["balances"]
            shown = {row["asset"]: row["balance"] for row in balances}
            assert shown[state.settlement_asset] == lines[-1]["after"]
        else:
            assert account.balance_e8 == 0


def test_an_account_has_its_positions_and_open_orders(program: Program, state: State) -> None:
    for name, account in state.accounts.items():
        answer = program.json("show", "account", name)
        assert [row["account"] for row in answer["account"]] == [name]
        assert {row["market"] for row in answer["positions"]} == {
            market for market, holding in account.holdings.items() if holding.size_e8
        }
        assert {row["order_id"] for row in answer["open orders"]} == set(account.orders)


def test_tables_are_printed_for_people(program: Program, state: State) -> None:
    name = next(iter(state.accounts))
    market = next(iter(state.markets))
    for arguments in (
        ("views",),
        ("account", name),
        ("positions", "-n", "3"),
        ("orders", name, "--all"),
        ("statement", name),
        ("funding",),
        ("funding", "--market", market, "--account", name),
        ("trial-balance",),
        ("open-interest",),
        ("events",),
        ("findings",),
    ):
        code, printed = program.run("show", *arguments)
        assert code == 0
        assert f"seq {state.seq}" in printed


def test_the_trial_balance_sums_to_zero(program: Program) -> None:
    rows = program.json("show", "trial-balance")["accounts"]
    assert {row["amount"] for row in rows if row["account"] == "sum"} == {"0"}
    assert {"accounts", "custody", "fee"} <= {row["account"] for row in rows}


def test_an_account_that_was_never_opened_is_a_no(program: Program) -> None:
    code, printed = program.run("show", "account", "never-opened")
    assert code == 1
    assert "there is nothing by that name" in printed


def test_positions_have_entry_price_and_results(program: Program, state: State) -> None:
    name, market = next(
        (name, market)
        for name, account in state.accounts.items()
        for market, holding in account.holdings.items()
        if holding.size_e8
    )
    answer = program.json("show", "position", name, market)
    assert answer["position"][0]["market"] == market
    assert {"entry_price", "accrued_funding", "size"} <= answer["position"][0].keys()
    assert answer["position"][0]["position_id"] in {row["position_id"] for row in answer["results"]}


def test_a_sound_ledger_is_verified_clean_and_nothing_is_changed(program: Program) -> None:
    before = program.json("show", "views")
    code, printed = program.run("verify")
    assert (code, "clean" in printed) == (0, True)
    assert program.json("verify") == {"clean": True, "findings": []}
    assert program.json("show", "views") == before


def test_a_row_changed_behind_the_back_is_found_and_named(program: Program) -> None:
    with (
        open_log(program.data) as log,
        open_states(views_dir(program.data), [VIEWS["account"]], log, writable=True) as (view,),
    ):
        partition = next(part for part in view.partitions.values() if part.scan("balances"))
        key, row = min(partition.scan("balances").items())
        partition.store.write({partition.prefix("balances") + key: b"i1" + row[1:]}, logged=True)
    code, printed = program.run("verify")
    account = key.split(b":")[1][:-2].decode()
    assert code == 1
    assert "balances in partition" in printed
    assert "buckets differ" in printed
    assert account in printed


def test_a_view_that_stopped_is_a_finding_and_serves_what_it_has(program: Program) -> None:
    with (
        open_log(program.data) as log,
        open_states(views_dir(program.data), [VIEWS["orders"]], log, writable=True) as (view,),
    ):
        for partition in view.partitions.values():
            partition.stop(9, "block 9 is not what it should be")
    code, printed = program.run("show", "findings")
    assert (code, "block 9 is not what it should be" in printed) == (1, True)
    answer = program.json("show", "orders", "trader-1")
    assert (answer["stale"], answer["stopped"]) == (True, "block 9 is not what it should be")


def test_a_rebuilt_view_serves_from_the_next_generation_with_the_same_digests(program: Program) -> None:
    before = program.json("show", "views")
    code, printed = program.run("rebuild", "audit")
    assert (code, "gen-2" in printed) == (0, True)
    after = program.json("show", "views")
    assert after["digests"] == before["digests"]
    assert {view["view"]: view["generation"] for view in after["views"]}["audit"] == "gen-2"


@pytest.mark.parametrize("damage", ["sst", "partition", "CURRENT"])
def test_damaged_files_are_refused_with_the_rebuild_that_repairs_them(
    program: Program, damage: str, capsys: Capture
) -> None:
    view = views_dir(program.data) / "account"
    if damage == "partition":
        shutil.rmtree(view / "gen-1" / "2")
    elif damage == "CURRENT":
        (view / "CURRENT").unlink()
    else:
        for path in view.rglob("*.sst"):
            path.write_bytes(path.read_bytes()[:100])
    for arguments in (["run"], ["show", "account", "trader-1"], ["verify"]):
        assert "`projectors rebuild account`" in refusal(capsys, *arguments, "--data", str(program.data))
    assert program.run("rebuild", "account")[0] == 0
    assert program.run("verify")[0] == 0


def test_processes_share_the_partitions_and_end_in_the_same_digests(program: Program) -> None:
    before = program.json("show", "views")
    shutil.rmtree(views_dir(program.data))
    assert program.run("run", "--processes", "2")[0] == 0
    assert program.json("show", "views") == before
    assert program.run("verify")[0] == 0


def test_what_is_no_ledger_and_what_was_never_built_could_not_run(
    tmp_path: Path, program: Program, capsys: Capture
) -> None:
    assert "there is no log here" in refusal(capsys, "run", "--data", str(tmp_path / "nothing"))
    shutil.rmtree(views_dir(program.data))
    assert "`projectors run`" in refusal(capsys, "show", "trial-balance", "--data", str(program.data))


def test_a_view_that_is_not_there_is_a_mistake_of_usage(program: Program) -> None:
    assert program.run("run", "--views", "acount")[0] == 2
    assert program.run("rebuild", "acount")[0] == 2
