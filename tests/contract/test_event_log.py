"""What every ``EventLog`` does (``ledger.log.port``)."""

import time
from collections.abc import Callable

import pytest

from ledger.core.messages import FIELDS, BlockSealed
from ledger.errors import BlockRefused, InvariantError
from ledger.log.blocks import check_block, check_control, check_outcomes, check_partition, seal_digest
from ledger.log.codec import encode_seal
from ledger.log.port import Block, EventLog
from ledger.log.verify import verify_log
from tests.sealed import LEDGER, START_US, Scribe, command, deposit, listed, marked, written

Reopen = Callable[[EventLog], EventLog]


def resealed(block: Block, **fields: object) -> Block:
    """The block with a seal that says something else about it, under a digest of its own."""
    values = {name: getattr(block.seal, name) for name in FIELDS["BlockSealed"]} | fields
    seal = BlockSealed(**values)
    if "digest" not in fields:
        seal.digest = seal_digest(seal)
    return Block(seal.height, seal, encode_seal(seal), block.blobs, block.outcomes, block.control)


def described(seal: BlockSealed | None) -> str:
    return repr(seal)


def test_a_new_log_is_empty_and_knows_what_it_is(log: EventLog) -> None:
    assert log.ledger_id == LEDGER
    assert log.partitions == 3
    assert log.head() is None
    assert log.read_partition(0, 1, 10) == []
    assert log.read_outcomes(1, 10) == []
    assert log.read_control(1, 10) == []
    assert log.read_commands(0, 10) == []


def test_what_was_committed_is_read_back_byte_for_byte(log: EventLog) -> None:
    blocks = written(log, blocks=6)
    for partition in range(log.partitions):
        found = log.read_partition(partition, 1, 100)
        assert [block.height for block in found] == [1, 2, 3, 4, 5, 6]
        assert [block.partition for block in found] == [partition] * 6
        assert [block.blob for block in found] == [block.blobs[partition] for block in blocks]
        assert [block.seal_bytes for block in found] == [block.seal_bytes for block in blocks]
        assert [described(block.seal) for block in found] == [described(block.seal) for block in blocks]
    assert [block.data for block in log.read_outcomes(1, 100)] == [block.outcomes for block in blocks]
    assert [(block.height, block.data) for block in log.read_control(1, 100)] == [
        (block.height, block.control) for block in blocks if block.control
    ]


def test_what_is_read_follows_its_seals(log: EventLog) -> None:
    written(log, blocks=5)
    for partition in range(log.partitions):
        previous = None
        for block in log.read_partition(partition, 1, 100):
            check_partition(previous, block)
            previous = block.seal
    for outcomes in log.read_outcomes(1, 100):
        check_outcomes(log.seal(outcomes.height), outcomes.data)
    for control in log.read_control(1, 100):
        check_control(log.seal(control.height), control.data)
    assert [str(finding) for finding in verify_log(log)] == []


def test_the_head_is_the_last_committed_seal(log: EventLog) -> None:
    scribe = Scribe(log.partitions)
    for block in (scribe.genesis(), scribe.block(), scribe.block()):
        log.commit(block)
        assert described(log.head()) == described(block.seal)
        assert described(log.seal(block.height)) == described(block.seal)


def test_a_log_is_the_same_after_it_was_opened_again(log: EventLog, reopen: Reopen) -> None:
    blocks = written(log, blocks=5)
    before = [(c.position, c.arrived_at_us, c.data) for c in log.read_commands(0, 100)]
    again = reopen(log)
    assert described(again.head()) == described(blocks[-1].seal)
    assert [block.blob for block in again.read_partition(1, 1, 100)] == [b.blobs[1] for b in blocks]
    assert [(c.position, c.arrived_at_us, c.data) for c in again.read_commands(0, 100)] == before
    scribe = Scribe(again.partitions, again.head())
    again.commit(scribe.block())
    assert again.append_commands([command(99)], START_US) == len(before)


def test_ranges_begin_and_end_where_asked(log: EventLog) -> None:
    written(log, blocks=7)
    assert [block.height for block in log.read_partition(2, 3, 2)] == [3, 4]
    assert [block.height for block in log.read_partition(2, 6, 10)] == [6, 7]
    assert log.read_partition(2, 8, 10) == []
    assert [block.height for block in log.read_outcomes(4, 3)] == [4, 5, 6]
    assert log.read_outcomes(8, 3) == []


def test_control_blocks_leave_out_those_without_copies(log: EventLog) -> None:
    written(log, blocks=9)
    assert [block.height for block in log.read_control(1, 100)] == [1, 3, 6, 9]
    assert [block.height for block in log.read_control(2, 2)] == [3, 6]
    assert [block.height for block in log.read_control(7, 2)] == [9]
    assert log.read_control(10, 2) == []


def test_commands_keep_their_order_and_position(log: EventLog) -> None:
    assert log.append_commands([command(1), command(2)], START_US) == 0
    assert log.append_commands([], START_US + 1) == 2
    assert log.append_commands([command(3)], START_US + 2) == 2
    assert log.append_commands([command(4), command(5), command(6)], START_US + 3) == 3
    found = log.read_commands(1, 4)
    assert [c.position for c in found] == [1, 2, 3, 4]
    assert [c.data for c in found] == [command(2), command(3), command(4), command(5)]
    assert [c.position for c in log.read_commands(5, 10)] == [5]
    assert log.read_commands(6, 10) == []


@pytest.mark.parametrize("home", ["memory", "rocks"], indirect=True)
def test_commands_keep_the_arrival_they_are_given(log: EventLog) -> None:
    log.append_commands([command(1), command(2)], START_US)
    log.append_commands([command(3)], START_US + 2)
    assert [c.arrived_at_us - START_US for c in log.read_commands(0, 10)] == [0, 0, 2]


@pytest.mark.kafka
@pytest.mark.parametrize("home", ["kafka"], indirect=True)
def test_commands_in_a_topic_arrive_by_the_clock_of_the_broker(log: EventLog) -> None:
    before_us = time.time_ns() // 1000
    log.append_commands([command(1)], START_US)
    log.append_commands([command(2)], START_US)
    first, second = (c.arrived_at_us for c in log.read_commands(0, 10))
    a_minute_us = 60_000_000
    assert before_us - a_minute_us < first <= second < before_us + a_minute_us


def test_commands_below_a_cursor_survive_with_their_block(log: EventLog, reopen: Reopen) -> None:
    scribe = Scribe(log.partitions)
    log.commit(scribe.genesis())
    log.append_commands([command(1), command(2)], START_US)
    log.commit(scribe.block([deposit("alice")], []))
    again = reopen(log)
    head = again.head()
    assert head is not None
    assert head.command_cursor == 2
    assert [c.data for c in again.read_commands(0, 10)] == [command(1), command(2)]


@pytest.mark.parametrize(
    "fields",
    [
        {"height": 4},
        {"height": 2},
        {"parent_height": 1},
        {"parent_height": 3},
        {"previous_digest": "00" * 32},
        {"first_seq": 1},
        {"last_seq": 0},
        {"recorded_at_us": 1},
        {"command_cursor": 0},
        {"command_count": -1},
        {"partition_counts": "0,0"},
        {"partition_counts": "0,0", "partition_digests": "00,00"},
        {"digest": "00" * 32},
    ],
    ids=str,
)
def test_a_block_that_does_not_follow_the_head_is_refused_and_changes_nothing(
    log: EventLog, fields: dict[str, object]
) -> None:
    scribe = Scribe(log.partitions)
    log.append_commands([command(1), command(2), command(3)], START_US)
    log.commit(scribe.genesis())
    log.commit(scribe.block([deposit("alice")], [listed()]))
    before = described(log.head())
    following = scribe.block([deposit("bob")])
    with pytest.raises(BlockRefused):
        log.commit(resealed(following, **fields))
    assert described(log.head()) == before
    assert log.read_partition(0, 3, 10) == []
    assert log.read_outcomes(3, 10) == []
    log.commit(following)
    assert [str(finding) for finding in verify_log(log)] == []


def test_a_block_of_another_number_of_partitions_is_refused(log: EventLog) -> None:
    with pytest.raises(BlockRefused):
        log.commit(Scribe(log.partitions + 1).genesis())
    assert log.head() is None


def test_a_block_is_refused_the_second_time(log: EventLog) -> None:
    block = Scribe(log.partitions).genesis()
    log.commit(block)
    with pytest.raises(BlockRefused):
        log.commit(block)


def test_the_second_of_two_writers_is_refused(log: EventLog) -> None:
    first, second = Scribe(log.partitions), Scribe(log.partitions)
    log.append_commands([command(1), command(2)], START_US)
    log.commit(first.genesis())
    second.genesis()
    log.commit(first.block([deposit("alice")]))
    with pytest.raises(BlockRefused):
        log.commit(second.block([deposit("bob")]))
    assert [str(finding) for finding in verify_log(log)] == []


def test_a_block_without_events_keeps_the_chain_going(log: EventLog) -> None:
    scribe = Scribe(log.partitions)
    log.commit(scribe.genesis())
    log.commit(scribe.block())
    log.commit(scribe.block([deposit("alice")]))
    assert [block.blob for block in log.read_partition(0, 2, 1)] == [b""]
    head = log.head()
    assert head is not None
    assert (head.first_seq, head.last_seq) == (2, 2)


def test_events_that_are_not_utf8_or_empty_keys_survive(log: EventLog) -> None:
    scribe = Scribe(log.partitions)
    log.commit(scribe.genesis())
    block = scribe.block([deposit("søren"), deposit("日本"), deposit("")], [marked(2)])
    log.commit(block)
    check_block(log.seal(1), block)
    found = [log.read_partition(partition, 2, 1)[0].blob for partition in range(log.partitions)]
    assert found == block.blobs


def test_heights_partitions_and_positions_that_cannot_be_are_bugs(log: EventLog) -> None:
    log.commit(Scribe(log.partitions).genesis())
    for wrong in (
        lambda: log.seal(0),
        lambda: log.seal(2),
        lambda: log.read_partition(3, 1, 1),
        lambda: log.read_partition(-1, 1, 1),
        lambda: log.read_partition(0, 0, 1),
        lambda: log.read_outcomes(0, 1),
        lambda: log.read_commands(-1, 1),
    ):
        with pytest.raises(InvariantError):
            wrong()


def test_closing_twice_is_harmless(log: EventLog) -> None:
    log.close()
    log.close()
