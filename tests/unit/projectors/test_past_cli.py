"""``projectors show`` with two times, and ``projectors diff``."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.edge.decimals import format_decimal
from ledger.log.rocks import RocksLog
from projectors.cli.app import app, main
from projectors.values import moment as readable
from tests.branching import Branching, Habits, head_of

SHOWN: tuple[tuple[str, ...], ...] = (
    ("views",),
    ("account", "trader-0"),
    ("positions",),
    ("position", "trader-0", "BTC-USD-PERP"),
    ("orders", "trader-0"),
    ("funding",),
    ("statement", "trader-0"),
    ("series", "trader-0"),
    ("vault",),
    ("vault", "HLP"),
    ("vault", "HLP", "--bucket", "5m"),
    ("trial-balance",),
    ("open-interest",),
    ("events",),
    ("findings",),
)


class Program:
    """The command line over a ledger: blocks 1 to 22, 23 goes back to 12, on to 28."""

    def __init__(self, data: Path) -> None:
        self.data = data
        log = RocksLog.create(data / "log", "test-ledger", 2)
        self.ledger = Branching(log, 21, Habits(rollbacks=0, empty_blocks=0))
        self.ledger.write(20)
        assert self.run("run")[0] == 0
        self.ledger.roll_back(12, completed=True)
        self.ledger.write(5)
        self.seals = {height: log.seal(height) for height in self.ledger.models}
        assert head_of(log).height == 28
        log.close()

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code, and everything printed."""
        done = CliRunner().invoke(app, [*arguments, "--data", str(self.data)], catch_exceptions=False)
        return done.exit_code, done.output

    def json(self, *arguments: str) -> tuple[int, Any]:
        """Exit code, and the JSON on stdout."""
        done = CliRunner().invoke(
            app, [*arguments, "--json", "--data", str(self.data)], catch_exceptions=False
        )
        return done.exit_code, json.loads(done.stdout)

    def balances(self, account: str, *arguments: str) -> dict[str, str]:
        """Balances of an account by asset, where there is anything."""
        _, answer = self.json("show", "account", account, *arguments)
        return {row["asset"]: row["balance"] for row in answer["balances"] if row["balance"] != "0"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return Program(tmp_path_factory.mktemp("ledger"))


def expected(program: Program, height: int, account: str) -> dict[str, str]:
    """Balances that the second ledger had at a block."""
    held: Mapping[tuple[str, str], tuple[int, int]] = program.ledger.models[height].balances()
    return {asset: format_decimal(row[0], 8) for (name, asset), row in held.items() if name == account}


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown[0])
def test_every_read_takes_two_times_and_says_them(program: Program, shown: tuple[str, ...]) -> None:
    _, answer = program.json("show", *shown, "--as-of", "block:15", "--known-at", "head")
    at, seal = answer["at"], program.seals[12]
    assert at == {"height": 12, "seq": seal.last_seq, "recorded_at_us": seal.recorded_at_us}
    assert answer["as_of"] == {"height": 15, "seq": program.seals[15].last_seq}
    assert answer["known_at"] == {"height": 28, "seq": program.seals[28].last_seq}
    assert (answer["stale"], answer["head"]) == (False, 28)


def test_a_moment_is_shown_as_it_was_seen_and_as_it_is_taken_to_have_been(program: Program) -> None:
    for height in (8, 12, 15, 22):
        seen = program.balances("trader-0", "--as-of", f"block:{height}")
        assert seen == expected(program, height, "trader-0")
        corrected = program.balances("trader-0", "--as-of", f"block:{height}", "--known-at", "head")
        assert corrected == expected(program, min(height, 12), "trader-0")
    assert program.balances("trader-0", "--as-of", "head") == expected(program, 28, "trader-0")


def test_a_seq_and_a_time_name_the_same_moment_as_their_block(program: Program) -> None:
    seal = program.seals[15]
    by_block = program.json("show", "views", "--as-of", "block:15")[1]["digests"]
    assert program.json("show", "views", "--as-of", str(seal.last_seq))[1]["digests"] == by_block
    time = readable(seal.recorded_at_us).replace(" ", "T") + "Z"
    _, answer = program.json("show", "views", "--as-of", time)
    assert answer["digests"] == by_block
    assert answer["known_at"]["height"] == 15


def test_people_are_told_with_which_knowledge(program: Program) -> None:
    _, output = program.run("show", "trial-balance", "--as-of", "block:15", "--known-at", "head")
    assert "at block 12, seq" in output
    assert "as known at block 28" in output
    assert "(by then block 15, which was asked for, is void)" in output


def test_what_is_served_says_that_its_blocks_are_void(program: Program) -> None:
    _, answer = program.json("show", "trial-balance")
    assert (answer["at"]["height"], answer["void"], answer["stale"]) == (22, True, True)
    assert "VOID" in program.run("show", "trial-balance")[1]


def test_a_past_read_changes_nothing_that_is_stored(program: Program) -> None:
    def files() -> dict[Path, bytes]:
        root = program.data / "views"
        return {path: path.read_bytes() for path in root.rglob("*.sst")}

    before = files()
    program.json("show", "positions", "--as-of", "head")
    assert files() == before


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--as-of", "block:29"), "the log has the blocks 1 to 28"),
        (("--as-of", "1999-01-01T00:00:00Z"), "there was no ledger"),
        (("--as-of", "soon"), "no moment"),
        (("--as-of", "block:5", "--known-at", "block:4"), "lies after what was known"),
    ],
)
def test_a_moment_that_the_log_does_not_have_is_a_usage_error(
    program: Program, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], what: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "sys.argv", ["projectors", "show", "positions", *arguments, "--data", str(program.data)]
        )
        with pytest.raises(SystemExit) as left:
            main()
    assert left.value.code == 2
    assert what in capsys.readouterr().err


def test_two_states_of_knowledge_differ_by_what_the_rollback_took_back(program: Program) -> None:
    code, answer = program.json(
        "diff", "--a", "block:22", "--b", "block:22@head", "--views", "account", "-n", "0"
    )
    assert code == 1
    assert (answer["a"]["at"]["height"], answer["b"]["at"]["height"]) == (22, 12)
    told = {
        (one["key"]["account"], one["key"]["asset"])
        for one in answer["differences"]
        if (one["table"], one["field"]) == ("balances", "balance") and one.get("a", "0") != one.get("b", "0")
    }
    before, after = (program.ledger.models[height].balances() for height in (22, 12))
    changed = {
        key for key in before.keys() | after.keys() if before.get(key, (0,))[0] != after.get(key, (0,))[0]
    }
    assert told == changed
    assert changed
    assert answer["differing"] == len(answer["differences"])


def test_a_moment_does_not_differ_from_itself(program: Program) -> None:
    code, answer = program.json("diff", "--a", "block:12@block:12", "--b", "block:20@head")
    assert (code, answer["differences"]) == (0, [])
    assert program.run("diff", "--a", "block:12", "--b", "block:12")[0] == 0


def test_a_difference_is_told_for_one_account_and_cut_at_a_limit(program: Program) -> None:
    whole = program.json("diff", "--a", "block:9", "--b", "head", "--account", "trader-1", "-n", "0")[1]
    assert {one["key"]["account"] for one in whole["differences"]} == {"trader-1"}
    code, output = program.run("diff", "--a", "block:9", "--b", "head", "-n", "3")
    assert code == 1
    assert "the first 3 are shown" in output
    assert "a: at block 9" in output
