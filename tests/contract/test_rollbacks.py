"""What every log does with blocks that go back."""

from collections.abc import Callable

from ledger.log.blocks import check_control, check_partition
from ledger.log.chain import Rollbacks, Segment
from ledger.log.port import EventLog
from ledger.log.verify import verify_log
from tests.branching import complete, roll_back
from tests.sealed import Scribe

Reopen = Callable[[EventLog], EventLog]


def test_a_log_with_rollbacks_is_read_back_with_its_tree(log: EventLog, reopen: Reopen) -> None:
    log.commit(Scribe(log.partitions).genesis())
    roll_back(log, 1)
    roll_back(log, 2, completed=False)
    complete(log)
    roll_back(log, 1)
    again = reopen(log)
    assert [again.seal(height).parent_height for height in range(1, 6)] == [0, 1, 2, 3, 1]
    rollbacks = Rollbacks(again)
    rollbacks.read_on()
    assert [rollbacks.served_tip(tip) for tip in range(1, 6)] == [1, 2, 2, 4, 5]
    assert rollbacks.chain(4).segments == (Segment(1, 1), Segment(2, 2), Segment(3, 4))
    assert rollbacks.chain(5).segments == (Segment(1, 1), Segment(5, 5))
    for partition in range(again.partitions):
        previous = None
        for block in again.read_partition(partition, 1, 100):
            check_partition(previous, block)
            previous = block.seal
    for control in again.read_control(1, 100):
        check_control(again.seal(control.height), control.data)
    assert [str(finding) for finding in verify_log(again)] == []
