"""Verification: whatever was spoiled is found and named, and nothing else is."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from ledger.core.messages import AnyEvent, CheckpointMarked
from ledger.log.chain import Rollbacks
from ledger.log.codec import decode_event, encode_event
from ledger.log.memory import MemoryLog
from ledger.log.rocks import RocksLog
from ledger.rows import decode_row, encode_row
from projectors.bootstrap import open_states
from projectors.cli.app import app
from projectors.cli.screen import folding_bar
from projectors.define.definitions import Lines
from projectors.define.plan import TablePlan
from projectors.define.view import Rows, Table, View, total
from projectors.folding.partition import PartitionRows
from projectors.folding.state import ViewState
from projectors.marks import files as checkpoint_files
from projectors.marks.choose import places
from projectors.reading.verify import Finding, Sample, verify_views
from projectors.rederive.stage import BOOKS, all_accounts, rederived, sampled
from projectors.service.follow import Person, keep_up
from projectors.views import VIEWS
from projectors.views import account as account_view
from tests.branching import Branching, Habits, head_of, live_chain_of
from tests.damage import flip_bit
from tests.projecting import LEDGER

ALL = list(VIEWS.values())


@dataclass
class Verified:
    """A ledger with rollbacks, its views, and what verification finds."""

    root: Path
    ledger: Branching

    def findings(self, sample: Sample | None = None, views: list[View] | None = None) -> list[Finding]:
        return list(verify_views(self.root, views or ALL, self.ledger.log, lambda *_: None, sample=sample))

    def spoil(self, view: str, table: str, change: Callable[[list[Any]], list[Any] | None]) -> list[Any]:
        """Change the first row of a table with all digests as if it had been folded; returns its key."""
        with open_states(self.root, [VIEWS[view]], self.ledger.log, writable=True) as (state,):
            part, key, row = next(telling(state, table))
            new = change(decode_row(row))
            put(part, table, key, row, None if new is None else encode_row(new))
            return decode_row(key)


def telling(state: ViewState, table: str) -> Iterator[tuple[PartitionRows, bytes, bytes]]:
    """Rows that say something, with their keys: of a sum over partitions, a part that is 0 is not missed."""
    for part in state.partitions.values():
        for key, row in sorted(part.scan(table).items()):
            if any(decode_row(row)):
                yield part, key, row


def put(part: PartitionRows, table: str, key: bytes, old: bytes | None, new: bytes | None) -> None:
    part.put(table, [part.prefix(table) + key], [old], [new])
    part.commit(part.cursor, logged=True)


def built(root: Path, seed: int, blocks: int) -> Verified:
    ledger = Branching(MemoryLog(LEDGER, 2), seed, Habits(rollbacks=10))
    ledger.write(blocks)
    keep_up(root, ALL, ledger.log, Person(lambda _: None), reporting=folding_bar)
    return Verified(root, ledger)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Verified:
    return built(tmp_path_factory.mktemp("sound"), 64, 40)


@pytest.fixture
def verified(sound: Verified, tmp_path: Path) -> Verified:
    """The sound ledger, its views to be spoiled."""
    shutil.copytree(sound.root, tmp_path / "views")
    return Verified(tmp_path / "views", sound.ledger)


@pytest.mark.parametrize("seed", [32, 33])
def test_sound_ledgers_with_rollbacks_are_clean_whole_and_in_samples(seed: int, tmp_path: Path) -> None:
    verified = built(tmp_path, seed, 80)
    assert verified.findings() == []
    for draw in range(3):
        assert verified.findings(Sample(2, draw)) == []


def plain_tables(verified: Verified, view: str) -> list[str]:
    """Tables of a view that have rows, one per key."""
    with open_states(verified.root, [VIEWS[view]], verified.ledger.log, writable=False) as (state,):
        return [
            table
            for table, plan in VIEWS[view].plan.shown().items()
            if not (isinstance(plan, TablePlan) and isinstance(plan.definition, Lines))
            and next(telling(state, table), None) is not None
        ]


def nudged(row: list[Any]) -> list[Any]:
    """The row with its last value changed."""
    return [*row[:-1], f"{row[-1]}x" if isinstance(row[-1], str) else row[-1] + 1]


@pytest.mark.parametrize("view", BOOKS)
@pytest.mark.parametrize("change", [nudged, lambda _: None], ids=["changed", "removed"])
def test_a_row_that_its_digest_vouches_for_is_found_by_both_derivations(
    sound: Verified, tmp_path: Path, view: str, change: Callable[[list[Any]], list[Any] | None]
) -> None:
    tables = plain_tables(sound, view)
    assert len(tables) >= 2
    for table in tables:
        verified = Verified(tmp_path / table, sound.ledger)
        shutil.copytree(sound.root / view, verified.root / view)
        key = verified.spoil(view, table, change)
        plan = VIEWS[view].plan.shown()[table]
        found = verified.findings(views=[VIEWS[view]])
        columns = [one for one in found if "is not what the log says" in one.what]
        events = [one for one in found if one.what.startswith(f"{table} of ")]
        assert columns
        assert "/".join(map(str, key)) in columns[0].what
        (named,) = events
        assert (named.part, named.what.split(" ")[2]) == (view, "/".join(map(str, key)))
        assert named.seq > 0
        assert named.account == (key[0] if next(iter(plan.key)) == "account" else "")


def test_a_row_that_no_event_made_is_found(verified: Verified) -> None:
    with open_states(verified.root, [VIEWS["account"]], verified.ledger.log, writable=True) as (state,):
        put(state.partitions[0], "balances", encode_row(["nobody", "USDC"]), None, encode_row([5, 0]))
    found = verified.findings(views=[VIEWS["account"]])
    assert any(
        one.what == "balances of nobody/USDC is balance_e8=5 pending_e8=0 and should be absent"
        and one.account == "nobody"
        for one in found
    )


@pytest.mark.parametrize(("view", "table"), [("account", "statement"), ("funding", "steps")])
def test_a_changed_line_is_found_with_its_key(verified: Verified, view: str, table: str) -> None:
    with open_states(verified.root, [VIEWS[view]], verified.ledger.log, writable=True) as (state,):
        part = next(part for part in state.partitions.values() if part.scan(table))
        key, run = next(iter(part.scan(table).items()))
        part.note(part.prefix(table) + key, encode_row(nudged(decode_row(run))))
        part.commit(part.cursor, logged=True)
    found = verified.findings(views=[VIEWS[view]])
    assert any("buckets differ" in one.what for one in found)
    assert any(one.what.startswith(f"{table} of ") and one.seq for one in found)


@pytest.mark.parametrize("damage", ["record", "rows", "bit"])
def test_a_damaged_checkpoint_is_found_with_its_block(verified: Verified, damage: str) -> None:
    view, log = VIEWS["account"], verified.ledger.log
    with open_states(verified.root, [view], log, writable=True) as (state,):
        for number, rows in state.partitions.items():
            checkpoint_files.save(checkpoint_files.generation_of(state), view, log, number, rows)
    found = places(verified.root, "account", 2)
    assert verified.findings(views=[view]) == []
    if damage == "record":
        for record in found[0].path.glob("*.json"):
            record.write_text("{}", "utf-8")
    elif damage == "bit":
        flip_bit(max(found[0].path.rglob("*.sst"), key=lambda path: path.stat().st_size), 0.1)
    else:
        for path in found[0].path.rglob("*.sst"):
            path.unlink()
    findings = verified.findings(views=[view])
    assert [(one.part, one.height) for one in findings] == [("account", found[0].height)]
    assert findings[0].what.startswith("checkpoint: ")


def test_bytes_that_are_no_row_are_found(verified: Verified) -> None:
    with open_states(verified.root, [VIEWS["orders"]], verified.ledger.log, writable=True) as (state,):
        part = next(part for part in state.partitions.values() if part.scan("orders"))
        key, _ = next(iter(part.scan("orders").items()))
        part.store.write({part.prefix("orders") + key: b"i5"}, logged=True)
    assert {one.part for one in verified.findings(views=[VIEWS["orders"]])} == {"orders"}


def test_a_view_that_folds_the_wrong_column_is_found_although_it_folds_the_same_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = list(account_view.VIEW.tables)
    place = next(place for place, table in enumerate(tables) if table.name == "position_results")
    right = tables[place]
    assert isinstance(right, Table)
    rows = [
        Rows(one.event, {**one.columns, "fees_e8": total("value_e8")}, one.where, one.key)
        if "traded_e8" in one.columns
        else one
        for one in right.rows
    ]
    tables[place] = Table(right.name, right.key, tuple(rows))
    view = View("account", 1, tuple(tables))
    monkeypatch.setitem(VIEWS, "account", view)
    ledger = Branching(MemoryLog(LEDGER, 2), 31, Habits(rollbacks=0))
    ledger.write(40)
    keep_up(tmp_path, [view], ledger.log, Person(lambda _: None), reporting=folding_bar)
    found = Verified(tmp_path, ledger).findings(views=[view])
    assert found
    assert all(one.what.startswith("position_results of ") for one in found)
    assert all("fees_e8" in one.what and one.seq and one.account for one in found)


SPOILED = [
    ("DepositCredited", "balance_before_e8", "account", "balance before"),
    ("DepositCredited", "amount_e8", "account", "balance after"),
    ("TransferSent", "amount_e8", "account", "balance after"),
    ("TransferReceived", "amount_e8", "audit", "sum of the postings"),
    ("FillSettled", "realized_pnl_e8", "account", "balance after"),
    ("FillSettled", "fee_e8", "audit", "sum of the postings"),
    ("FillSettled", "size_before_e8", "account", "size_e8 before"),
    ("FillSettled", "size_after_e8", "audit", "the sum of sizes"),
    ("FillSettled", "cost_before_e8", "account", "cost_e8 before"),
    ("FillSettled", "cached_index_before_e8", "account", "cached_index_e8 before"),
    ("FillSettled", "open_buy_before_e8", "account", "open buy before"),
    ("FillSettled", "dust_e16", "funding", "funding"),
    ("FundingSettled", "realized_funding_e8", "funding", "funding"),
    ("FundingSettled", "cached_index_before_e8", "account", "cached index before"),
    ("OrderPlaced", "open_sell_before_e8", "account", "open sell before"),
    ("OrderCancelled", "remaining_before_e8", "orders", "remaining before"),
    ("WithdrawalRequested", "pending_after_e8", "account", "pending after"),
    ("FundingIndexAdvanced", "index_before_e8", "funding", "index before"),
    ("FundingIndexAdvanced", "index_after_e8", "funding", "index after"),
    ("FundingIndexAdvanced", "step_e8", "funding", "step"),
    ("FundingIndexAdvanced", "remainder_after", "funding", "remainder after"),
    ("FundingIndexAdvanced", "rate_e12", "funding", "premium"),
    ("FundingIndexAdvanced", "elapsed_ms", "funding", "elapsed"),
    ("FundingIndexAdvanced", "tick_markets", "funding", "number of markets"),
    ("VaultSharesBurned", "pay_e8", "vaults", "pay"),
    ("VaultSharesBurned", "holder_shares_before_e8", "vaults", "shares before"),
    ("VaultSharesBurned", "shares_e8", "audit", "sum of the postings"),
]


def events_of(ledger: Branching) -> Iterator[tuple[int, list[AnyEvent]]]:
    chain = live_chain_of(ledger.log)
    for height in range(1, head_of(ledger.log).height + 1):
        if chain.is_on_chain(height):
            yield (
                height,
                [cast(AnyEvent, decode_event(encode_event(event))) for event in ledger.block(height)],
            )


SPOILED_FROM = 60
"""Seq from which on events are spoiled: the ledger is set up before."""


@pytest.fixture(scope="module")
def history() -> Branching:
    """The first ledger, by seed, that has every event that is spoiled."""
    for seed in range(35, 80):
        ledger = Branching(MemoryLog(LEDGER, 2), seed, Habits(rollbacks=5, marks=4))
        ledger.write(150)
        kinds = {
            type(one).__name__ for _, block in events_of(ledger) for one in block if one.seq > SPOILED_FROM
        }
        if {"CheckpointMarked", *(event for event, *_ in SPOILED)} <= kinds:
            return ledger
    raise LookupError("no seed has every event")


@pytest.mark.parametrize(("event", "field", "view", "what"), SPOILED)
def test_one_wrong_value_in_one_event_is_found_at_its_seq_and_account(
    history: Branching, event: str, field: str, view: str, what: str
) -> None:
    book = BOOKS[view](whole=True)
    spoiled: AnyEvent | None = None
    for _, block in events_of(history):
        for one in block:
            if spoiled is None and type(one).__name__ == event and one.seq > SPOILED_FROM:
                setattr(one, field, getattr(one, field) + 1_000_000_000_000)
                spoiled = one
            book.take(one)
        book.sealed(block[-1].seq if block else 0)
        if book.breaks:
            break
    assert spoiled is not None
    first = next(one for one in book.breaks if what in one.what)
    if what != "the sum of sizes":
        assert (first.seq, first.account) == (spoiled.seq, getattr(spoiled, "account", ""))


def test_digests_of_the_writer_are_compared_at_every_checkpoint() -> None:
    history = Branching(MemoryLog(LEDGER, 2), 35, Habits(rollbacks=5, marks=4))
    history.write(100)
    marked = 0
    books = [book(whole=True) for book in BOOKS.values()]
    for _, block in events_of(history):
        for one in block:
            for book in books:
                book.take(one)
            if isinstance(one, CheckpointMarked):
                for pair in one.view_digests.split(","):
                    table, _, digest = pair.partition("=")
                    own = next(book.tables[table] for book in books if table in book.tables)
                    assert own.digest.hexdigest() == digest
                    marked += 1
    assert marked >= 4


def test_a_sample_is_the_same_for_a_seed_and_has_its_accounts_only(history: Branching) -> None:
    rollbacks = Rollbacks(history.log)
    rollbacks.read_on()
    chain = rollbacks.chain(head_of(history.log).height)
    accounts = all_accounts(history.log, chain)
    assert set(accounts) >= {"trader-0", "trader-1"}
    chosen = sampled(accounts, 2, 7)
    assert sampled(accounts, 2, 7) == chosen
    assert len({tuple(sampled(accounts, 2, seed)) for seed in range(20)}) > 3
    assert sampled(accounts, 10**6, 7) == accounts
    books, found = rederived(history.log, chain, list(BOOKS), chosen, lambda _: None)
    assert found == []
    assert {key[0] for key in books["account"].tables["balances"].shown()} <= set(chosen)
    assert set(books["audit"].tables) == {"broadcasts"}


class Program:
    """The command line over a stored ledger."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with closing(RocksLog.create(data / "log", LEDGER, 2)) as log:
            Branching(log, 36, Habits(rollbacks=10)).write(50)
        assert self.run("run")[0] == 0

    def run(self, *arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*arguments, "--data", str(self.data)], catch_exceptions=False)
        return done.exit_code, done.stdout

    def files(self) -> dict[Path, bytes]:
        return {
            path: path.read_bytes()
            for path in sorted(self.data.rglob("*"))
            if path.is_file() and "LOG" not in path.name
        }


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path / "data")


def test_a_clean_verification_exits_with_0_and_changes_nothing(program: Program) -> None:
    before = program.files()
    assert program.run("verify")[0] == 0
    code, printed = program.run("verify", "--sample", "3", "--seed", "5", "--json")
    assert (code, json.loads(printed)) == (0, {"clean": True, "findings": []})
    assert program.files() == before


def test_findings_exit_with_1_and_name_view_block_seq_and_account(program: Program) -> None:
    with (
        closing(RocksLog.open_reader(program.data / "log")) as log,
        open_states(program.data / "views", [VIEWS["portfolio"]], log, writable=True) as (state,),
    ):
        part = next(part for part in state.partitions.values() if part.scan("cash"))
        key, row = min(part.scan("cash").items())
        put(part, "cash", key, row, encode_row([1]))
    code, printed = program.run("verify", "--views", "portfolio")
    assert code == 1
    account = str(decode_row(key)[0])
    assert f"account {account}: cash of {account}/" in printed
    assert "portfolio, block " in printed
    assert ", seq " in printed
    found = {
        seed: json.loads(program.run("verify", "--sample", "1", "--seed", str(seed), "--json")[1])["findings"]
        for seed in range(8)
    }
    assert {one["account"] for findings in found.values() for one in findings} == {account}
    assert any(not findings for findings in found.values())
