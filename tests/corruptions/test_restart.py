"""Rows 54 to 57: the writer's own state was the victim, or an old writer goes on publishing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.core.messages import ChangeStatus
from ledger.core.state import State
from ledger.errors import BlockRefused
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.restart.procedure import Doubtful, Stage, Verified, fence
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.writer import Writer
from tests.fields import changed
from tests.projecting import LEDGER, write
from tests.spec import ask
from tests.strategies import seeded_history


def quiet(_: int) -> None:
    """No progress to show."""


@pytest.fixture
def log() -> MemoryLog:
    log = MemoryLog(LEDGER, 2)
    write(log, list(seeded_history(3, 260, markets=3)))
    return log


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "writer")


def save(log: MemoryLog, checkpoints: Checkpoints, spoil: Callable[[State], None]) -> None:
    """A checkpoint of the newest block that is sound as a file, and wrong."""
    writer = Writer(log, checkpoints=checkpoints)
    spoil(writer.state)
    writer.checkpoint()


def some_market(state: State) -> str:
    return max(state.markets, key=lambda name: abs(state.markets[name].index_e8))


def zero_index(state: State) -> None:
    state.markets[some_market(state)].index_e8 = 0


def lost_remainder(state: State) -> None:
    state.markets[some_market(state)].remainder += 1


def lost_premium(state: State) -> None:
    state.markets[some_market(state)].premium_e8 += 1


def zeroed_caches(state: State) -> None:
    for account in state.accounts.values():
        for holding in account.holdings.values():
            holding.cached_index_e8 = holding.cached_index_e8 + 7 if holding.size_e8 else 0


@pytest.mark.parametrize(
    ("number", "spoil", "names"),
    [
        (54, zero_index, "index_e8"),
        (55, lost_remainder, "remainder"),
        (55, lost_premium, "premium_e8"),
        (56, zeroed_caches, "cached_index_e8"),
    ],
)
def test_rows_54_to_56_a_wrong_checkpoint_publishes_nothing(
    log: MemoryLog, checkpoints: Checkpoints, number: int, spoil: Callable[[State], None], names: str
) -> None:
    assert number in (54, 55, 56)
    save(log, checkpoints, spoil)
    verified = fence(lambda: log).restore(checkpoints).verify(quiet)
    assert isinstance(verified, Doubtful)
    assert verified.log_is_sound
    assert any(names in finding for finding in verified.findings), verified.findings
    assert not hasattr(verified, "writer")
    verified.enter_maintenance(Stage(log_time(log)))
    after = Writer(log)
    assert after.state.control.status == "maintenance"
    assert after.state.markets[some_market(after.state)].index_e8 != 0


def log_time(log: MemoryLog) -> int:
    head = log.head()
    assert head is not None
    return head.recorded_at_us


def test_a_sound_checkpoint_is_verified_and_gives_the_writer(
    log: MemoryLog, checkpoints: Checkpoints
) -> None:
    save(log, checkpoints, lambda _: None)
    verified = fence(lambda: log).restore(checkpoints).verify(quiet)
    assert isinstance(verified, Verified)
    writer = verified.writer()
    answers = Stage(log_time(log)).up_to(writer, "maintenance")
    assert [answer.outcome.code for answer in answers] == [0]
    assert writer.state.control.status == "maintenance"


def test_row_57_an_old_writer_cannot_commit_any_more(log: MemoryLog) -> None:
    old, new = Writer(log), Writer(log)
    new.heartbeat()
    command = changed(ask(ChangeStatus, status="cancel_only"), number=10_001)
    with pytest.raises(BlockRefused):
        old.submit([encode_command(command)], log_time(log))
