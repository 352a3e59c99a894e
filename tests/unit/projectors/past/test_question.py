"""Two times of a question: the chain that counts, and how much of its newest block."""

import pytest

from ledger.errors import MomentUnknown
from ledger.log.chain import Segment
from ledger.log.memory import MemoryLog
from projectors.past.moments import Moment, MomentKind
from projectors.past.question import Question, ask
from tests.branching import Branching, Habits, head_of

STRAIGHT = Habits(rollbacks=0, empty_blocks=0)


def seq(number: int) -> Moment:
    return Moment(MomentKind.SEQ, number)


def block(number: int) -> Moment:
    return Moment(MomentKind.BLOCK, number)


@pytest.fixture(scope="module")
def ledger() -> Branching:
    """Blocks 1 to 12; 13 goes back to 8; on to 16."""
    ledger = Branching(MemoryLog("test-ledger", 2), 8, STRAIGHT)
    ledger.write(10)
    ledger.roll_back(8, completed=True)
    ledger.write(3)
    assert head_of(ledger.log).height == 16
    return ledger


def segments(question: Question) -> tuple[Segment, ...]:
    return question.chain.segments


def test_a_moment_alone_is_what_was_seen_then(ledger: Branching) -> None:
    for asked in (ask(ledger.log, block(11), None), ask(ledger.log, None, block(11))):
        assert segments(asked) == (Segment(1, 11),)
        assert (asked.height, asked.whole, asked.seq) == (11, True, ledger.log.seal(11).last_seq)
        assert asked.recorded_at_us == ledger.log.seal(11).recorded_at_us


def test_without_both_it_is_the_live_history(ledger: Branching) -> None:
    asked = ask(ledger.log, None, None)
    assert segments(asked) == (Segment(1, 8), Segment(13, 16))


def test_with_later_knowledge_void_blocks_do_not_count(ledger: Branching) -> None:
    asked = ask(ledger.log, block(11), block(14))
    assert segments(asked) == (Segment(1, 8),)
    assert (asked.seq, asked.whole) == (ledger.log.seal(8).last_seq, True)
    assert (asked.as_of.height, asked.known_at.height) == (11, 14)


def test_a_rollback_is_known_from_its_own_event_on(ledger: Branching) -> None:
    declared = ledger.log.seal(13).first_seq
    before = ask(ledger.log, seq(declared - 1), None)
    assert segments(before) == (Segment(1, 12),)
    after = ask(ledger.log, seq(declared), None)
    assert segments(after) == (Segment(1, 8), Segment(13, 13))
    assert (after.whole, after.whole_height) == (False, 8)


def test_a_seq_inside_a_block_cuts_it(ledger: Branching) -> None:
    inside = next(
        event
        for height in range(9, 13)
        for event in ledger.block(height)[:-1]
        if len(ledger.block(height)) > 1
    )
    asked = ask(ledger.log, seq(inside.seq), None)
    assert (asked.seq, asked.whole) == (inside.seq, False)
    assert asked.recorded_at_us == inside.recorded_at_us
    assert asked.whole_height == asked.height - 1


def test_nobody_knows_the_future(ledger: Branching) -> None:
    with pytest.raises(MomentUnknown, match="lies after what was known"):
        ask(ledger.log, block(12), block(11))
    with pytest.raises(MomentUnknown, match="lies after what was known"):
        ask(ledger.log, seq(ledger.log.seal(12).last_seq), seq(ledger.log.seal(12).last_seq - 1))


def test_an_empty_log_cannot_be_asked() -> None:
    with pytest.raises(MomentUnknown, match="empty"):
        ask(MemoryLog("test-ledger", 1), None, None)
