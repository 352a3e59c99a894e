"""Views driven along a log: equal to the writer, and stopped where they cannot go on."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from ledger.core.digest import table_digests
from ledger.core.messages import AnyEvent, CheckpointMarked, DepositCredited, MarkCheckpoint
from ledger.errors import DiskFull, LogCorrupt
from ledger.log.memory import MemoryLog
from ledger.log.port import Block
from projectors.define.view import Rows, Table, View, last, total
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.marks.keeper import Keeper
from projectors.port import CURSOR, RowStore
from projectors.service.follow import Person, follow
from projectors.stores.memory import MemoryStore
from projectors.views import VIEWS
from tests.playing import balances, funding, open_orders, opened_state, play, positions
from tests.projecting import LEDGER, contents, memory_state, rows_of, written_log
from tests.sealed import START_US, Scribe, command
from tests.strategies import seeded_history

DEEDS = list(seeded_history(11, 260))
HISTORY = [*DEEDS, MarkCheckpoint("auditor", 1, DEEDS[-1].issued_at_us, "at the end")]
ALL = list(VIEWS.values())


def run(log: MemoryLog, views: Sequence[View] = ALL, events_max: int = 10_000) -> Runner:
    runner = Runner(log, [memory_state(view, log.partitions) for view in views], events_max)
    runner.run_to_head()
    return runner


def by_name(runner: Runner) -> dict[str, ViewState]:
    return {state.view.name: state for state in runner.states}


@pytest.fixture(scope="module")
def log() -> MemoryLog:
    return written_log(HISTORY)


def test_views_have_the_rows_of_the_writer(log: MemoryLog) -> None:
    runner = run(log)
    assert runner.stops == {}
    assert runner.checked > 0
    views = by_name(runner)
    state = opened_state()
    play(state, HISTORY)
    for view, table in (
        ("account", "balances"),
        ("account", "positions"),
        ("orders", "open_orders"),
        ("funding", "funding_index"),
    ):
        assert views[view].digest(table).hexdigest() == table_digests(state)[table].hexdigest()
    held = {
        (row["account"], row["asset"]): (row["balance_e8"], row["pending_e8"])
        for row in rows_of(views["account"], "balances")
        if row["balance_e8"] or row["pending_e8"]
    }
    assert held == balances(state)
    assert {
        (row["account"], row["market"]): (
            row["position_id"],
            row["size_e8"],
            row["cost_e8"],
            row["cached_index_e8"],
        )
        for row in rows_of(views["account"], "positions")
    } == positions(state)
    assert {
        (row["account"], row["order_id"]): (
            row["market"],
            row["side"],
            row["order_type"],
            row["status"],
            row["remaining_e8"],
        )
        for row in rows_of(views["orders"], "open_orders")
    } == open_orders(state)
    indices = {
        row["market"]: (row["index_e8"], row["remainder"], row["rate_e12"], row["premium_e8"])
        for row in rows_of(views["funding"], "index")
    }
    assert indices == funding(state)


def test_steps_of_any_size_give_the_same_rows(log: MemoryLog) -> None:
    whole = {state.view.name: contents(state) for state in run(log).states}
    for events_max in (1, 40):
        assert {state.view.name: contents(state) for state in run(log, events_max=events_max).states} == whole


def test_views_folded_side_by_side_have_the_same_rows_and_stops(log: MemoryLog) -> None:
    runner = Runner(log, [memory_state(view, 4) for view in ALL], shared_events=1)
    runner.run_to_head()
    assert {name: contents(state) for name, state in by_name(runner).items()} == {
        name: contents(state) for name, state in by_name(run(log)).items()
    }
    books = Books()
    for number in range(2, 12):
        books.block(books.deposit("alice", 5, before=3 if number == 8 else None))
    pair = [memory_state(view, 2) for view in (CHAINED, COUNTING)]
    torn = Runner(books.log, pair, shared_events=1)
    torn.run_to_head()
    assert {name: stop.height for name, stop in torn.stops.items()} == {"chained": 8}
    assert rows_of(by_name(torn)["counting"], "n") == [{"account": "alice", "n": 50}]


def test_blocks_of_any_size_and_any_number_of_partitions_give_the_same_rows(log: MemoryLog) -> None:
    whole = {state.view.name: contents(state) for state in run(log).states}
    for block_size, partitions in ((1, 1), (1000, 3)):
        other = run(written_log(HISTORY, block_size, partitions))
        assert other.stops == {}
        for state in other.states:
            for table, has in contents(state).items():
                spread = state.view.plan.shown()[table]
                assert has["rows"] == whole[state.view.name][table]["rows"]
                if "account" in spread.key or spread.broadcast:
                    assert has["digest"] == whole[state.view.name][table]["digest"]


def test_a_view_goes_on_from_its_cursor(log: MemoryLog) -> None:
    stores = {name: {number: MemoryStore() for number in range(4)} for name in VIEWS}
    for until in (3, 4, 17, None):
        states = [ViewState(VIEWS[name], stores[name], 4) for name in VIEWS]
        runner = Runner(log, states, until=until)
        runner.run_to_head()
        assert runner.stops == {}
    assert {state.view.name: contents(state) for state in states} == {
        state.view.name: contents(state) for state in run(log).states
    }


def test_partitions_left_at_different_blocks_by_a_kill_come_together_again(log: MemoryLog) -> None:
    stores = {number: MemoryStore() for number in range(4)}
    for number, until in enumerate((5, 9, 5, 2)):
        state = ViewState(VIEWS["account"], {number: stores[number]}, 4)
        Runner(log, [state], until=until).run_to_head()
    state = ViewState(VIEWS["account"], stores, 4)
    other = memory_state(VIEWS["orders"], 4)
    runner = Runner(log, [state, other])
    runner.run_to_head()
    assert runner.stops == {}
    assert contents(state) == contents(by_name(run(log))["account"])


class Books:
    """A ledger of deposits in blocks, with events that a test may write wrongly."""

    def __init__(self) -> None:
        self.log = MemoryLog(LEDGER, 2)
        self.scribe = Scribe(2)
        self.log.commit(self.scribe.genesis())
        self.balance = 0

    def deposit(self, account: str, amount: int, before: int | None = None) -> AnyEvent:
        start = self.balance if before is None else before
        self.balance = start + amount
        return DepositCredited(account, "USDC", amount, start, start + amount, "ref", "bridge", "chain", 0)

    def block(self, *events: AnyEvent) -> None:
        self.log.append_commands(
            [command(self.scribe.cursor + place) for place in range(len(events))], START_US
        )
        self.log.commit(self.scribe.block(*[[event] for event in events]))


COUNTING = View(
    "counting", 1, (Table("n", ("account",), (Rows("DepositCredited", {"n": total("amount_e8")}),)),)
)
CHAINED = View(
    "chained",
    1,
    (
        Table(
            "balances",
            ("account",),
            (Rows("DepositCredited", {"balance_e8": last("balance_after_e8", before="balance_before_e8")}),),
        ),
    ),
)


def test_a_view_stops_at_the_block_it_cannot_apply_and_the_others_go_on() -> None:
    books = Books()
    for number in range(2, 12):
        books.block(books.deposit("alice", 5, before=3 if number == 8 else None))
    runner = run(books.log, [CHAINED, COUNTING])
    assert list(runner.stops) == ["chained"]
    stop = runner.stops["chained"]
    assert stop.height == 8
    assert "account alice: balance_e8 was 30 and the next event says it was 3" in str(stop.fault)
    chained, counting = runner.states
    assert {part.cursor.height for part in chained.partitions.values()} == {7}
    assert rows_of(chained, "balances") == [{"account": "alice", "balance_e8": 30}]
    assert rows_of(counting, "n") == [{"account": "alice", "n": 50}]
    stopped = [part.store.stopped() for part in chained.partitions.values()]
    assert all(one is not None and one.height == 8 and "says it was 3" in one.why for one in stopped)


def test_a_stopped_view_tries_again_with_the_next_run_and_goes_on_once_it_can() -> None:
    books = Books()
    for number in range(2, 6):
        books.block(books.deposit("alice", 5, before=3 if number == 4 else None))
    stores = {number: MemoryStore() for number in range(2)}
    Runner(books.log, [ViewState(CHAINED, stores, 2)]).run_to_head()
    again = Runner(books.log, [ViewState(CHAINED, stores, 2)])
    again.run_to_head()
    assert again.stops["chained"].height == 4
    lenient = View(
        "chained",
        1,
        (
            Table(
                "balances", ("account",), (Rows("DepositCredited", {"balance_e8": last("balance_after_e8")}),)
            ),
        ),
    )
    mended = ViewState(lenient, stores, 2)
    Runner(books.log, [mended]).run_to_head()
    assert rows_of(mended, "balances") == [{"account": "alice", "balance_e8": 13}]
    assert [part.store.stopped() for part in mended.partitions.values()] == [None, None]


def test_a_block_that_is_not_as_it_was_sealed_stops_every_view() -> None:
    books = Books()
    for _ in range(5):
        books.block(books.deposit("alice", 5))
    tamper(books.log, 4)
    runner = run(books.log, [CHAINED, VIEWS["orders"]])
    assert {name: stop.height for name, stop in runner.stops.items()} == {"chained": 4, "orders": 4}
    assert isinstance(runner.stops["chained"].fault, LogCorrupt)
    assert {part.cursor.height for state in runner.states for part in state.partitions.values()} == {3}


def tamper(log: MemoryLog, height: int) -> None:
    """Change one byte of a block that is sealed."""
    block = log._blocks[height - 1]  # noqa: SLF001
    blobs = [blob[:-1] + bytes((blob[-1] ^ 1,)) if blob else blob for blob in block.blobs]
    log._blocks[height - 1] = Block(  # noqa: SLF001
        height, block.seal, block.seal_bytes, blobs, block.outcomes, block.control
    )


def test_a_log_shorter_than_the_view_stops_it(log: MemoryLog) -> None:
    stores = {number: MemoryStore() for number in range(4)}
    Runner(log, [ViewState(COUNTING, stores, 4)]).run_to_head()
    shorter = Runner(written_log(HISTORY[:40]), [ViewState(COUNTING, stores, 4)])
    shorter.run_to_head()
    assert "and the log ends at block" in str(shorter.stops["counting"].fault)


def test_a_log_with_another_history_stops_the_view(log: MemoryLog) -> None:
    stores = {number: MemoryStore() for number in range(4)}
    Runner(log, [ViewState(COUNTING, stores, 4)], until=5).run_to_head()
    other = Runner(written_log(list(seeded_history(12, 260))), [ViewState(COUNTING, stores, 4)])
    other.run_to_head()
    assert "the log has another block there" in str(other.stops["counting"].fault)


@pytest.mark.parametrize("said", ["balances=" + "0" * 64, "balances=" + "ab" * 32])
def test_a_view_that_differs_from_the_writer_at_a_checkpoint_stops_there(said: str) -> None:
    books = Books()
    balances = Table("balances", ("account", "asset"), CHAINED.tables[0].rows)  # type: ignore[union-attr]
    view = View("mine", 1, (balances,), mirrors=("balances",))
    books.block(books.deposit("alice", 5))
    books.block(CheckpointMarked(0, "00", said, "", 1, 0, 0))
    books.block(books.deposit("alice", 5))
    runner = run(books.log, [view, COUNTING])
    stop = runner.stops["mine"]
    assert stop.height == 3
    assert "seq 3: balances differs from the writer's at the checkpoint" in str(stop.fault)
    assert "the rows are those that were folded" in str(stop.fault)
    assert "counting" not in runner.stops


def test_rows_changed_behind_the_back_of_a_view_are_named_at_the_next_checkpoint(log: MemoryLog) -> None:
    stores = {number: MemoryStore() for number in range(4)}
    account = VIEWS["account"]
    Runner(log, [ViewState(account, stores, 4)], until=log_height(log) // 2).run_to_head()
    state = ViewState(account, stores, 4)
    number, partition = next((n, p) for n, p in state.partitions.items() if p.scan("balances"))
    rows = partition.scan("balances").items()
    stores[number].write({partition.prefix("balances") + key: row + b"i1," for key, row in rows}, logged=True)
    runner = Runner(log, [ViewState(account, stores, 4)])
    runner.run_to_head()
    assert "account" in runner.stops


def log_height(log: MemoryLog) -> int:
    head = log.head()
    assert head is not None
    return head.height


class _FullStore(MemoryStore):
    """A store with no room, until it is told that there is."""

    def __init__(self) -> None:
        super().__init__()
        self.room = False

    def write(self, puts: Mapping[bytes, bytes | None], *, logged: bool) -> None:
        if CURSOR in puts and not self.room:
            raise DiskFull("no room for the view")
        super().write(puts, logged=logged)


def test_a_full_disk_is_waited_out_without_a_trace(log: MemoryLog) -> None:
    stores: dict[int, RowStore] = {number: _FullStore() for number in range(4)}
    state = ViewState(VIEWS["account"], stores, 4)
    runner = Runner(log, [state])
    with pytest.raises(DiskFull):
        runner.step()
    said: list[str] = []
    pauses = iter((make_room(stores), lambda: True))
    follow(Keeper(runner, {}), lambda _: bool(next(pauses)()), Person(said.append))
    assert ["no room" in line for line in said] == [True]
    assert contents(state) == contents(by_name(run(log))["account"])


def make_room(stores: Mapping[int, RowStore]) -> Callable[[], bool]:
    def act() -> bool:
        for store in stores.values():
            assert isinstance(store, _FullStore)
            store.room = True
        return False

    return act


def test_a_table_that_only_has_the_name_of_one_of_the_writers_is_not_compared() -> None:
    books = Books()
    view = View("mine", 1, (Table("balances", ("account", "asset"), CHAINED.tables[0].rows),))  # type: ignore[union-attr]
    books.block(books.deposit("alice", 5))
    books.block(CheckpointMarked(0, "00", "balances=" + "0" * 64, "", 1, 0, 0))
    assert run(books.log, [view]).stops == {}
