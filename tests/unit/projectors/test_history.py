"""The account history: every account at any moment is what a replay of everybody's events says."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.errors import DiskFull, FormatUnknown, ViewCorrupt, ViewLocked, ViewMissing, ViewStopped
from ledger.log.memory import MemoryLog
from ledger.log.rocks import RocksLog
from projectors.cli.app import app
from projectors.cli.screen import folding_bar
from projectors.history import account as account_module
from projectors.history import build, files
from projectors.history.account import AccountHistory, open_account
from projectors.history.build import add_blocks, broken_files, keep_adding
from projectors.history.files import MANIFEST, locked, read_manifest
from projectors.past.bases import NoBases, StoredBases
from projectors.past.moments import Moment, MomentKind
from projectors.past.question import Question, ask
from projectors.past.replay import replayed
from projectors.reading import reports
from projectors.reading.answers import Answers
from projectors.reading.series import series
from projectors.service.follow import Person, keep_up
from projectors.views import VIEWS
from projectors.views.portfolio import BUCKET_S
from tests.branching import Branching, Habits, head_of
from tests.projecting import LEDGER

ASKED = [VIEWS[name] for name in ("account", "orders", "funding", "portfolio")]


def seq(number: int) -> Moment:
    return Moment(MomentKind.SEQ, number)


def everything(answers: Answers, name: str) -> dict[str, Any]:
    """All that is told of an account."""
    return {
        **reports.account(answers, name),
        "statement": reports.statement(answers, name, "", 0),
        "every order": reports.orders(answers, name, every=True, limit=0),
        "funding": reports.funding_of(answers, name),
        "position": reports.position(answers, name, "BTC-USD-PERP"),
        "series": series(answers, name, BUCKET_S, 30),
    }


@contextmanager
def past(ledger: Branching, question: Question) -> Iterator[Answers]:
    with replayed(ledger.log, ASKED, question, NoBases()) as states:
        yield Answers(Path(), states, 0, question=question)


def agrees(root: Path, ledger: Branching, question: Question, names: list[str]) -> int:
    """Compare accounts with a replay; returns how many statement lines there were."""
    history = AccountHistory(root, ledger.log, NoBases())
    lines = 0
    with past(ledger, question) as whole:
        for name in names:
            with open_account(history, ASKED, ledger.log, question, name) as own:
                found = everything(own, name)
                assert found == everything(whole, name)
                lines += len(found["statement"])
    return lines


@pytest.mark.parametrize("seed", [41, 45])
def test_every_account_at_random_moments_with_random_knowledge(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "FILE_EVENTS", 60)
    monkeypatch.setattr(build, "STEP_EVENTS", 20)
    ledger = Branching(MemoryLog(LEDGER, 2), seed, Habits(rollbacks=12))
    random = Random(seed)  # noqa: S311
    for _ in range(4):
        ledger.write(25)
        add_blocks(tmp_path, ledger.log, flush_events=60)
    ledger.write(6)
    head = head_of(ledger.log).last_seq
    names = ["trader-0", "trader-1", "trader-2", "EXTERNAL", "nobody"]
    lines = 0
    for _ in range(15):
        known = random.randint(10, head)
        question = ask(ledger.log, seq(random.randint(2, known)), seq(known))
        lines += agrees(tmp_path, ledger, question, names)
    assert lines > 50
    counts = [len(entries) for entries in read_manifest(tmp_path).files]
    assert all(count > 1 for count in counts)


@pytest.fixture
def ledger() -> Branching:
    made = Branching(MemoryLog(LEDGER, 2), 43, Habits(rollbacks=10))
    made.write(50)
    return made


def test_the_files_hold_every_event_once_void_ones_too_however_they_were_added(
    ledger: Branching, tmp_path: Path
) -> None:
    add_blocks(tmp_path / "once", ledger.log)
    for flush in (1, 7, 64):
        add_blocks(tmp_path / str(flush), ledger.log, flush_events=flush)
    keyed = [
        event.seq
        for height in range(1, head_of(ledger.log).height + 1)
        for event in ledger.block(height)
        if hasattr(event, "account")
    ]
    for root in tmp_path.iterdir():
        manifest = read_manifest(root)
        assert manifest.height == head_of(ledger.log).height
        found = [
            row
            for partition, entries in enumerate(manifest.files)
            for entry in entries
            for row in files.HistoryFile(root / str(partition), entry).rows().rows()
            if not row[0].startswith("*")
        ]
        assert sorted(row[1] for row in found) == keyed
        assert broken_files(root, manifest) == []
        named = {entry.name for entries in manifest.files for entry in entries}
        assert {path.name for path in root.glob("*/*.arrow")} == named


def test_an_account_with_many_events_is_folded_on_from_what_is_stored(
    ledger: Branching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_up(tmp_path / "views", ASKED, ledger.log, Person(lambda _: None), reporting=folding_bar)
    ledger.write(20)
    add_blocks(tmp_path / "history", ledger.log)
    monkeypatch.setattr(account_module, "BASE_EVENTS", 1)
    question = ask(ledger.log, None, None)
    history = AccountHistory(tmp_path / "history", ledger.log, StoredBases(tmp_path / "views", ledger.log))
    with past(ledger, question) as whole:
        for name in ("trader-0", "trader-1"):
            with open_account(history, ASKED, ledger.log, question, name) as own:
                assert everything(own, name) == everything(whole, name)


def test_a_follower_adds_what_comes_and_waits_out_a_full_disk(
    ledger: Branching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    turns = 0
    right = files.write_file

    def full(*_: object) -> None:
        raise DiskFull("no room")

    def wait(seconds: float) -> bool:
        nonlocal turns
        assert seconds == 3
        turns += 1
        monkeypatch.setattr(build, "write_file", right)
        if turns < 3:
            ledger.write(4)
        return turns == 4

    monkeypatch.setattr(build, "write_file", full)
    keep_adding(tmp_path, ledger.log, 3, wait, said.append)
    assert ["no room" in line for line in said] == [True]
    assert read_manifest(tmp_path).height == head_of(ledger.log).height
    agrees(tmp_path, ledger, ask(ledger.log, None, None), ["trader-0"])


def test_what_a_killed_run_left_is_deleted_and_made_again(ledger: Branching, tmp_path: Path) -> None:
    add_blocks(tmp_path, ledger.log)
    left = tmp_path / "0" / "5-9.arrow"
    left.write_bytes(b"half a file")
    ledger.write(5)
    add_blocks(tmp_path, ledger.log)
    assert not left.exists()
    agrees(tmp_path, ledger, ask(ledger.log, None, None), ["trader-0"])


@pytest.mark.parametrize("step", ["write_file", "write_manifest", "delete_unnamed"])
def test_a_run_that_dies_at_any_step_leaves_a_history_that_goes_on(
    step: str, ledger: Branching, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    add_blocks(tmp_path, ledger.log)
    ledger.write(10)
    with monkeypatch.context() as patch:
        patch.setattr(build, step, die)
        with pytest.raises(Killed):
            add_blocks(tmp_path, ledger.log)
    question = ask(ledger.log, None, None)
    agrees(tmp_path, ledger, question, ["trader-0", "trader-1"])
    add_blocks(tmp_path, ledger.log)
    agrees(tmp_path, ledger, question, ["trader-0", "trader-1"])


@pytest.mark.parametrize("damage", ["truncated", "gone", "index", "flipped"])
def test_damaged_files_are_refused_or_found(damage: str, ledger: Branching, tmp_path: Path) -> None:
    add_blocks(tmp_path, ledger.log)
    question = ask(ledger.log, None, None)
    for path in [*tmp_path.glob("*/*.arrow")]:
        if damage == "truncated":
            path.write_bytes(path.read_bytes()[:200])
        elif damage == "gone":
            path.unlink()
        elif damage == "index":
            path.with_suffix(".index").write_bytes(b"nothing")
        else:
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
    manifest = read_manifest(tmp_path)
    assert len(broken_files(tmp_path, manifest)) == sum(map(len, manifest.files))
    if damage != "flipped":
        with pytest.raises(ViewCorrupt, match="projectors history run"):
            agrees(tmp_path, ledger, question, ["trader-0"])


def test_another_ledger_another_format_and_a_second_process_are_refused(
    ledger: Branching, tmp_path: Path
) -> None:
    with pytest.raises(ViewMissing, match="projectors history run"):
        read_manifest(tmp_path)
    add_blocks(tmp_path, ledger.log)
    other = Branching(MemoryLog("other", 2), 44)
    other.write(60)
    with pytest.raises(ViewStopped, match="of another ledger"):
        add_blocks(tmp_path, other.log)
    fork = Branching(MemoryLog(LEDGER, 2), 45)
    fork.write(60)
    with pytest.raises(ViewStopped, match="the log has another block there"):
        AccountHistory(tmp_path, fork.log, NoBases())
    with locked(tmp_path), pytest.raises(ViewLocked):
        add_blocks(tmp_path, ledger.log)
    stored = json.loads((tmp_path / MANIFEST).read_text("utf-8"))
    (tmp_path / MANIFEST).write_text(json.dumps({**stored, "format": 9}), "utf-8")
    with pytest.raises(FormatUnknown):
        add_blocks(tmp_path, ledger.log)
    (tmp_path / MANIFEST).write_text("{", "utf-8")
    with pytest.raises(ViewCorrupt):
        add_blocks(tmp_path, ledger.log)


def test_the_program_answers_the_same_with_the_history_and_without(tmp_path: Path) -> None:
    data = tmp_path / "data"

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*arguments, "--data", str(data)], catch_exceptions=False)
        return done.exit_code, done.stdout

    with closing(RocksLog.create(data / "log", LEDGER, 2)) as log:
        ledger = Branching(log, 46, Habits(rollbacks=10))
        ledger.write(40)
    assert run("run")[0] == 0
    asked = [
        ("show", *shown, "--as-of", moment, "--known-at", "head", "--json")
        for shown in (
            ("account", "trader-0"),
            ("positions", "--account", "trader-0"),
            ("position", "trader-0", "BTC-USD-PERP"),
            ("orders", "trader-0", "--all"),
            ("statement", "trader-0"),
            ("series", "trader-0", "--bucket", "1m"),
            ("funding", "--account", "trader-0"),
            ("account", "nobody"),
        )
        for moment in ("block:12", "30", "head")
    ]
    before = [run(*arguments) for arguments in asked]
    assert run("history", "run")[0] == 0
    assert run("history", "verify")[0] == 0
    assert [run(*arguments) for arguments in asked] == before
    flipped = next((data / "history").glob("*/*.arrow"))
    flipped.write_bytes(flipped.read_bytes()[:-1] + b"x")
    code, printed = run("history", "verify", "--json")
    assert (code, len(json.loads(printed)["findings"])) == (1, 1)
