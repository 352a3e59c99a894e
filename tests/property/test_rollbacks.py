"""Rollbacks at random: the writer's state is the fold of the chain of parents, and no other."""

from pathlib import Path

import pytest

from ledger.core.digest import writer_digest
from ledger.core.image import state_rows
from ledger.core.messages import RollbackDeclared
from ledger.core.state import State
from ledger.log.codec import decode_command
from ledger.log.memory import MemoryLog
from ledger.log.rocks import RocksLog
from ledger.log.verify import verify_log
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import Follower, recover, state_at
from tests import playing
from tests.branching import Branching, Habits, head_of, live_chain_of, walked
from tests.model.ledger import Model

LEDGER = "test-ledger"
SEEDS = range(4)


def agrees(state: State, model: Model) -> bool:
    """Whether the writer's state is what the second ledger has."""
    funding = {name: row for name, row in model.funding().items() if row != (0, 0, 0, 0)}
    return (
        playing.balances(state) == model.balances()
        and playing.positions(state) == model.positions()
        and playing.open_orders(state) == model.open_orders()
        and {name: row for name, row in playing.funding(state).items() if row != (0, 0, 0, 0)} == funding
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_the_state_after_rollbacks_is_that_of_a_ledger_that_never_saw_the_void_blocks(seed: int) -> None:
    ledger = Branching(MemoryLog(LEDGER, 3), seed)
    for _ in range(12):
        ledger.write(10)
        assert agrees(ledger.writer.state, ledger.author.model)
    head = head_of(ledger.log).height
    assert [ledger.log.seal(height).parent_height for height in range(1, head + 1)] == ledger.parents
    assert [str(finding) for finding in verify_log(ledger.log)] == []


@pytest.mark.parametrize("seed", SEEDS)
def test_the_state_at_any_block_is_that_of_its_chain_of_parents(seed: int) -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), seed)
    ledger.write(80)
    for height in range(1, head_of(ledger.log).height + 1):
        state = state_at(ledger.log, height)
        assert agrees(state, ledger.models[height])
        assert state.seq == ledger.log.seal(height).last_seq
        segments = live_chain_of(ledger.log, height).segments
        spread = [one for segment in segments for one in range(segment.first, segment.last + 1)]
        assert spread == walked(ledger.parents, height)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_declared_rollback_states_the_digest_at_its_target(seed: int) -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), seed)
    ledger.write(100)
    declared = [
        event
        for height in range(1, head_of(ledger.log).height + 1)
        for event in ledger.block(height)
        if isinstance(event, RollbackDeclared)
    ]
    assert declared
    for event in declared:
        assert event.state_digest_target == writer_digest(state_at(ledger.log, event.target_height))


@pytest.mark.parametrize("seed", SEEDS)
def test_checkpoints_on_any_branch_give_the_state_of_the_live_one(seed: int, tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    ledger = Branching(MemoryLog(LEDGER, 2), seed, Habits(rollbacks=15), checkpoints)
    for _ in range(10):
        ledger.write(12)
        anew, helped = recover(ledger.log, None), recover(ledger.log, checkpoints)
        assert state_rows(helped.state) == state_rows(anew.state)
        assert list(helped.duplicates.rows()) == list(anew.duplicates.rows())
        chain = live_chain_of(ledger.log)
        assert helped.from_height == max(
            (h for h in checkpoints.heights() if chain.is_on_chain(h)), default=0
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_standby_that_follows_through_rollbacks_is_where_a_recovery_would_be(
    seed: int, tmp_path: Path
) -> None:
    checkpoints = Checkpoints(tmp_path)
    ledger = Branching(MemoryLog(LEDGER, 2), seed, Habits(rollbacks=15), checkpoints)
    follower = Follower(ledger.log, checkpoints if seed % 2 else None)
    for turn in range(40):
        ledger.write(1 + turn % 4)
        if turn % 3 == 0:
            follower.advance()
        if turn % 4 == 0:
            while follower.advance():
                pass
            recovered = recover(ledger.log, None)
            assert state_rows(follower.recovered.state) == state_rows(recovered.state)
            assert list(follower.recovered.duplicates.rows()) == list(recovered.duplicates.rows())
            assert follower.height == head_of(ledger.log).height
        warm = Follower(ledger.log, None)
        warm.advance()
        ledger.write(1)
        taken_over = recover(ledger.log, None, warm.recovered)
        assert state_rows(taken_over.state) == state_rows(recover(ledger.log, None).state)


def test_a_command_whose_events_are_void_gets_its_first_outcome_and_never_runs_again() -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), 3, Habits(rollbacks=0, empty_blocks=0))
    ledger.write(10)
    position = ledger.log.seal(6).command_cursor
    ledger.write(10)
    ledger.roll_back(6, completed=True)
    void = [stored.data for stored in ledger.log.read_commands(position, 1000)]
    assert void
    rows = state_rows(ledger.writer.state)
    for answer, data in zip(ledger.writer.submit(void, 0), void, strict=True):
        command = decode_command(data)
        assert answer.duplicate
        assert (answer.outcome.producer, answer.outcome.number) == (command.producer, command.number)
        assert answer.outcome.last_seq <= ledger.log.seal(22).last_seq
    assert state_rows(ledger.writer.state) == rows


def test_a_log_on_disk_recovers_through_rollbacks(tmp_path: Path) -> None:
    log = RocksLog.create(tmp_path / "log", LEDGER, 3)
    ledger = Branching(log, 9)
    ledger.write(60)
    rows = state_rows(ledger.writer.state)
    log.close()
    again = RocksLog.open(tmp_path / "log")
    assert state_rows(recover(again, None).state) == rows
    assert [str(finding) for finding in verify_log(again)] == []
    again.close()
