import inspect
from pathlib import Path

import pytest

from ledger.core.refusals import RefusalCode
from ledger.core.state import State
from ledger.errors import InvariantError
from ledger.log.memory import MemoryLog
from ledger.restart import procedure
from ledger.restart.procedure import Doubtful, Fenced, Restored, Stage, Verified, fence, gates_of
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import Recovered, recover
from tests.projecting import LEDGER, write
from tests.strategies import seeded_history


def quiet(_: int) -> None:
    """No progress to show."""


@pytest.fixture
def log() -> MemoryLog:
    log = MemoryLog(LEDGER, 2)
    write(log, list(seeded_history(5, 120)))
    return log


def now_us(log: MemoryLog) -> int:
    head = log.head()
    assert head is not None
    return head.recorded_at_us


def test_no_step_can_be_made_up(log: MemoryLog, tmp_path: Path) -> None:
    recovered = recover(log, None)
    checkpoints = Checkpoints(tmp_path)
    with pytest.raises(InvariantError):
        Fenced(None, log)  # type: ignore[arg-type]
    with pytest.raises(InvariantError):
        Restored(None, log, checkpoints, recovered)  # type: ignore[arg-type]
    with pytest.raises(InvariantError):
        Verified(None, log, checkpoints, recovered)  # type: ignore[arg-type]
    with pytest.raises(InvariantError):
        Doubtful(None, log, [], log_is_sound=True)  # type: ignore[arg-type]


def test_only_what_was_verified_has_a_writer() -> None:
    steps = [
        kind
        for _, kind in inspect.getmembers(procedure, inspect.isclass)
        if kind.__module__ == procedure.__name__
    ]
    assert [kind.__name__ for kind in steps if hasattr(kind, "writer")] == ["Verified"]


def test_the_modes_are_opened_one_after_the_other_and_the_first_closed_gate_is_named(log: MemoryLog) -> None:
    verified = fence(lambda: log).restore(None).verify(quiet)
    assert isinstance(verified, Verified)
    writer = verified.writer()
    answers = Stage(now_us(log) + 3_600_000_000).up_to(writer, "ok")
    assert [answer.outcome.code for answer in answers][:-1] == [0] * (len(answers) - 1)
    assert answers[-1].outcome.code == RefusalCode.GATE_CLOSED
    assert "fails" in answers[-1].outcome.detail
    assert writer.state.control.status == "maintenance"


def test_a_log_that_was_changed_is_doubtful_and_nothing_is_written(log: MemoryLog) -> None:
    head = log.head()
    assert head is not None
    block = log._blocks[2]  # noqa: SLF001
    block.blobs[0] = block.blobs[0][:-1] + bytes([block.blobs[0][-1] ^ 1])
    recovered = Restored(procedure._TAKEN, log, None, recover_nothing())  # noqa: SLF001
    verified = recovered.verify(quiet)
    assert isinstance(verified, Doubtful)
    assert not verified.log_is_sound
    assert "block 3" in verified.findings[0]
    assert verified.enter_maintenance(Stage(now_us(log))) is None
    assert log.head() is head


def recover_nothing() -> Recovered:
    return recover(MemoryLog(LEDGER, 2), None)


def test_the_gates_are_listed_with_value_and_bound(log: MemoryLog) -> None:
    state: State = recover(log, None).state
    lines = gates_of(state, now_us(log))
    assert [line.split()[0] for line in lines[:3]] == ["guards", "prices", "funding"]
    assert len(lines) == 3 + len(state.markets)
