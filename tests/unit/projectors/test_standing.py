"""Whether a view may go on from where it stands."""

import pytest

from ledger.core.messages import BlockSealed
from ledger.errors import TopicChanged, ViewStopped
from ledger.log.memory import MemoryLog
from projectors.folding.standing import misplaced
from projectors.port import START, Cursor
from tests.projecting import written_log
from tests.strategies import seeded_history


@pytest.fixture
def log() -> MemoryLog:
    return written_log(list(seeded_history(5, 40)))


def head_of(log: MemoryLog) -> BlockSealed:
    head = log.head()
    assert head is not None
    return head


def at(log: MemoryLog, height: int) -> Cursor:
    seal = log.seal(height)
    return Cursor(height, seal.digest, seal.last_seq, seal.recorded_at_us, "USDC")


def test_a_view_goes_on_from_any_block_of_its_log_and_from_the_beginning(log: MemoryLog) -> None:
    head = head_of(log)
    for height in range(1, head.height + 1):
        assert misplaced(at(log, height), log, head) is None
    assert misplaced(START, log, head) is None
    assert misplaced(START, log, None) is None


def test_a_view_of_another_log_names_both_logs_and_both_places(log: MemoryLog) -> None:
    head = head_of(log)
    fault = misplaced(at(log, 3)._replace(log="ledger.events@one"), log, head)
    assert isinstance(fault, TopicChanged)
    seq = log.seal(3).last_seq
    assert f"at block 3, seq {seq} of ledger.events@one" in fault.what
    assert f"another log, at block {head.height}, seq {head.last_seq}" in fault.what


def test_a_log_that_ends_before_the_view_or_has_another_block_stops_it(log: MemoryLog) -> None:
    head = head_of(log)
    ahead = misplaced(at(log, 3)._replace(height=head.height + 1), log, head)
    emptied = misplaced(at(log, 3), log, None)
    other = misplaced(at(log, 3)._replace(digest="00"), log, head)
    ends = f"ends at block {head.height}"
    for fault, what in ((ahead, ends), (emptied, "ends at block 0"), (other, "another block")):
        assert isinstance(fault, ViewStopped)
        assert what in fault.what
