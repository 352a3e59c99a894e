"""Reads as of any moment with any knowledge, over histories with rollbacks, equal a clean replay.

The clean replay goes from parent to parent and folds all events that count in one go, from nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.log.memory import MemoryLog
from ledger.log.rocks import RocksLog
from projectors.bootstrap import open_states
from projectors.define.view import View
from projectors.folding.runner import Runner
from projectors.past.bases import Bases, NoBases, StoredBases
from projectors.past.moments import Moment, MomentKind
from projectors.past.question import ask
from projectors.past.replay import replayed
from tests.branching import Branching, Habits, head_of, live_chain_of
from tests.past import ALL, FEW, LONG, PARTITIONS, SMALL, Past
from tests.reading import Reader

LEDGER = "test-ledger"
BLOCKS = 90
PART = 9
"""Blocks between two runs of a projector that follows."""


@contextmanager
def stored(root: Path, ledger: Branching, views: Sequence[View]) -> Iterator[Bases]:
    """Generations of the views at several blocks, on the live chain and off it."""
    head = head_of(ledger.log).height
    for place in (0.3, 0.5, 0.8):
        height = max(1, int(head * place))
        chain = live_chain_of(ledger.log, height)
        for view in views:
            generation = root / view.name / f"gen-{height}"
            generation.mkdir(parents=True)
            with open_states(root, [view], ledger.log, writable=True, generation=generation) as states:
                Runner(ledger.log, states, chain=chain).run_to_head()
    yield StoredBases(root, ledger.log)


def followed(root: Path, ledger: Branching, views: list[View], blocks: int) -> Bases:
    """Views that followed a ledger through its rollbacks, with checkpoints on every branch."""
    reader = Reader(root, ledger, views)
    for _ in range(0, blocks, PART):
        ledger.write(PART)
        assert reader.run().stops == {}
    assert any(reader.checkpoints(view.name) for view in views)
    return StoredBases(root, ledger.log)


@pytest.fixture(scope="module", params=["memory", "rocks", "rocks and stored rows", "checkpoints"])
def past(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    if request.param == "memory":
        ledger = Branching(MemoryLog(LEDGER, PARTITIONS), 31)
        ledger.write(BLOCKS)
        yield Past(ledger, NoBases())
        return
    log = RocksLog.create(tmp_path_factory.mktemp("ledger") / "log", LEDGER, PARTITIONS)
    ledger = Branching(log, 32, Habits(rollbacks=12, marks=25 if request.param == "checkpoints" else 0))
    if request.param == "checkpoints":
        views = tmp_path_factory.mktemp("views")
        yield Past(ledger, followed(views, ledger, [*ALL, SMALL], BLOCKS))
        log.close()
        return
    ledger.write(BLOCKS)
    if request.param == "rocks":
        yield Past(ledger, NoBases())
    else:
        with stored(tmp_path_factory.mktemp("views"), ledger, [*ALL, SMALL]) as bases:
            yield Past(ledger, bases)
    log.close()


@given(st.data())
def test_a_small_view_at_any_two_moments_equals_a_clean_replay(past: Past, data: st.DataObject) -> None:
    known_at = data.draw(st.integers(1, past.last_seq))
    past.check([SMALL], data.draw(st.integers(1, known_at)), known_at)


@settings(max_examples=FEW)
@given(st.data())
def test_every_view_at_any_two_moments_equals_a_clean_replay(past: Past, data: st.DataObject) -> None:
    known_at = data.draw(st.integers(1, past.last_seq))
    past.check(ALL, data.draw(st.integers(1, known_at)), known_at, rows=True)


def test_every_view_at_every_block_equals_a_clean_replay(past: Past) -> None:
    past.check_blocks(ALL, 1 if LONG else 20)


@settings(max_examples=FEW)
@given(st.data())
def test_every_view_at_any_block_is_what_the_second_ledger_had_there(past: Past, data: st.DataObject) -> None:
    heights = list(past.ledger.models)
    height = data.draw(st.sampled_from(heights))
    question = ask(past.ledger.log, Moment(MomentKind.BLOCK, height), None)
    model = past.ledger.models[height]
    with replayed(past.ledger.log, ALL, question, past.bases) as states:
        views = {state.view.name: state for state in states}
        held = views["account"].rows("balances").rows()
        assert {row[:2]: row[2:] for row in held if row[2:] != (0, 0)} == model.balances()
        assert {row[:2]: row[2:] for row in views["account"].rows("positions").rows()} == model.positions()
        assert {row[:2]: row[2:] for row in views["orders"].rows("open_orders").rows()} == model.open_orders()
        indices = {row[0]: row[1:] for row in views["funding"].rows("funding_index").rows() if any(row[1:])}
        assert indices == {name: row for name, row in model.funding().items() if row != (0, 0, 0, 0)}


def test_reads_of_one_moment_with_other_knowledge_differ_where_a_rollback_lies_between() -> None:
    ledger = Branching(MemoryLog(LEDGER, PARTITIONS), 7, Habits(rollbacks=0))
    ledger.write(20)
    before = head_of(ledger.log)
    ledger.write(10)
    bad = head_of(ledger.log)
    ledger.roll_back(before.height, completed=True)
    ledger.write(5)
    log = ledger.log
    seen = ask(log, Moment(MomentKind.BLOCK, bad.height), None)
    corrected = ask(log, Moment(MomentKind.BLOCK, bad.height), Moment(MomentKind.HEAD, 0))
    assert (seen.height, seen.seq) == (bad.height, bad.last_seq)
    assert (corrected.height, corrected.seq) == (before.height, before.last_seq)
    with replayed(log, ALL, corrected, NoBases()) as states:
        account = next(state for state in states if state.view.name == "account")
        held = {row[:2]: row[2:] for row in account.rows("balances").rows() if row[2:] != (0, 0)}
    assert held == ledger.models[before.height].balances()
