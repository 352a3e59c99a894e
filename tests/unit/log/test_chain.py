"""The live history from rollbacks, against a walk from parent to parent."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.messages import Event, RollbackCompleted, RollbackDeclared
from ledger.errors import InvariantError, LogCorrupt, LogUnavailable
from ledger.log.blobs import join_messages
from ledger.log.chain import Chain, Rollback, Rollbacks, Segment, check_parent, live_chain
from ledger.log.memory import MemoryLog
from ledger.log.port import ControlBlock
from ledger.log.verify import verify_log
from tests.branching import walked
from tests.sealed import LEDGER, Scribe, deposit, marked


def declared(target: int) -> Event:
    """A rollback to a block."""
    return RollbackDeclared("i", target, 0, 0, 0, 0, 0, "", "", "", "", "", "", "", 0, 0, 0, 0)


def completed(rollback_seq: int) -> Event:
    """The end of a rollback."""
    return RollbackCompleted(rollback_seq, "", 0, "", 0, 0, 0)


@st.composite
def trees(draw: st.DrawFn, *, longest: int = 60) -> list[int]:
    """Parents of the blocks 1, 2, ...: mostly the block before, else any older one."""
    parents = [0]
    for height in range(2, draw(st.integers(1, longest)) + 1):
        back = draw(st.sampled_from((False, False, True)))
        parents.append(draw(st.integers(1, height - 1)) if back else height - 1)
    return parents


def rollbacks_of(parents: Sequence[int], *, at_random: bool = False) -> list[Rollback]:
    """The rollbacks that make this tree; one to the block just sealed changes nothing."""
    return [
        Rollback(height, height, parent)
        for height, parent in enumerate(parents, 1)
        if parent and (parent != height - 1 or (at_random and height % 3 == 0))
    ]


@given(trees(), st.booleans())
def test_segments_are_the_walk_from_parent_to_parent(parents: list[int], to_the_newest: bool) -> None:  # noqa: FBT001
    rollbacks = rollbacks_of(parents, at_random=to_the_newest)
    for tip in range(1, len(parents) + 1):
        chain = live_chain(rollbacks, tip)
        expected = set(walked(parents, tip))
        spread = [h for segment in chain.segments for h in range(segment.first, segment.last + 1)]
        assert spread == sorted(expected)
        heights = range(len(parents) + 2)
        assert {height for height in heights if chain.is_on_chain(height)} == expected
        assert [chain.newest_at(height) for height in heights] == [
            max((one for one in expected if one <= height), default=0) for height in heights
        ]
        assert [chain.after(height) for height in heights] == [
            min((one for one in expected if one > height), default=0) for height in heights
        ]
        for height in expected:
            assert all(one in expected for one in range(height, chain.end_of(height) + 1))


@given(trees())
def test_a_chain_cut_at_a_block_is_the_chain_of_its_newest_block_there(parents: list[int]) -> None:
    rollbacks = rollbacks_of(parents)
    chain = live_chain(rollbacks, len(parents))
    for height in range(len(parents) + 2):
        cut = chain.cut(height)
        assert cut.tip == chain.newest_at(height)
        assert cut.segments == live_chain(rollbacks, cut.tip).segments


def test_a_rollback_inside_a_void_range_is_void_too() -> None:
    rollbacks = [Rollback(6, 6, 3), Rollback(9, 9, 2)]
    assert live_chain(rollbacks, 8).segments == (Segment(1, 3), Segment(6, 8))
    assert live_chain(rollbacks, 10).segments == (Segment(1, 2), Segment(9, 10))


def test_a_rollback_to_a_void_block_brings_its_chain_back() -> None:
    rollbacks = [Rollback(6, 6, 3), Rollback(9, 9, 5)]
    assert live_chain(rollbacks, 10).segments == (Segment(1, 5), Segment(9, 10))


def test_the_chain_of_no_block_has_no_blocks() -> None:
    chain = Chain(0, ())
    assert (chain.newest_at(5), chain.after(0), chain.cut(3).tip) == (0, 0, 0)
    with pytest.raises(InvariantError):
        chain.end_of(1)


def grown(log: MemoryLog, *blocks: Sequence[Event]) -> None:
    """Commit block 1 and these."""
    scribe = Scribe(log.partitions)
    log.commit(scribe.genesis())
    for events in blocks:
        log.append_commands([b""] * bool(events), 1)
        log.commit(scribe.block(events) if events else scribe.block())


@given(trees(longest=12), st.integers(1, 3))
def test_rollbacks_read_from_a_log_give_its_tree(parents: list[int], partitions: int) -> None:
    log = MemoryLog(LEDGER, partitions)
    scribe = Scribe(partitions)
    log.commit(scribe.genesis())
    read_along = Rollbacks(log)
    for height, parent in enumerate(parents[1:], 2):
        if parent == height - 1:
            log.commit(scribe.block([marked(height)] if height % 3 else [deposit("alice")]))
        else:
            log.commit(scribe.block([declared(parent), deposit("alice"), marked(height)]))
        assert log.seal(height).parent_height == parent
        read_along.read_on()
    read_anew = Rollbacks(log)
    read_anew.read_on()
    for rollbacks in (read_along, read_anew):
        for tip in range(1, len(parents) + 1):
            assert rollbacks.chain(tip).segments == live_chain(rollbacks_of(parents), tip).segments
    findings = [found.what for found in verify_log(log)]
    assert all("stored commands" in what or "rollback" in what for what in findings)


def test_views_stay_before_a_rollback_until_it_is_completed() -> None:
    log = MemoryLog(LEDGER, 2)
    grown(
        log,
        [deposit("alice")],
        [deposit("bob")],
        [declared(2), deposit("carol")],
        [deposit("carol")],
        [completed(4)],
        [deposit("dave")],
        [declared(5)],
        [deposit("dave")],
        [declared(8)],
        [completed(9)],
    )
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    assert [(one.height, one.target_height) for one in rollbacks.declared()] == [(4, 2), (8, 5), (10, 8)]
    served = [rollbacks.served_tip(tip) for tip in range(1, 12)]
    assert served == [1, 2, 3, 3, 3, 6, 7, 7, 7, 7, 7]


def test_the_end_of_the_newest_rollback_ends_the_open_ones_before_it() -> None:
    log = MemoryLog(LEDGER, 1)
    grown(log, [deposit("a")], [declared(2)], [deposit("b")], [declared(4)], [completed(5)])
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    assert [rollbacks.served_tip(tip) for tip in range(1, 7)] == [1, 2, 2, 2, 2, 6]


def test_a_block_whose_parent_the_copies_do_not_know_is_not_walked_over() -> None:
    log = MemoryLog(LEDGER, 1)
    grown(log, [deposit("a")], [deposit("b")], [declared(2)])
    check_parent(log.seal(3), 2)
    check_parent(log.seal(4), 2)
    with pytest.raises(LogUnavailable, match="block 4: its parent is block 2"):
        check_parent(log.seal(4), 3)


class Forged:
    """A log whose control copies were changed."""

    def __init__(self, log: MemoryLog, data: bytes) -> None:
        self._log = log
        self._data = data

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def read_control(self, from_height: int, count: int) -> list[ControlBlock]:
        return [
            ControlBlock(block.height, self._data) if block.height == 3 else block
            for block in self._log.read_control(from_height, count)
        ]


@pytest.mark.parametrize("cut", [-1, 1, 20])
def test_a_changed_copy_of_a_rollback_is_found(cut: int) -> None:
    log = MemoryLog(LEDGER, 1)
    grown(log, [deposit("a")], [declared(1)])
    data = next(block.data for block in log.read_control(3, 1))
    whole = Rollbacks(log)
    whole.read_on()
    assert [one.height for one in whole.declared()] == [3]
    value = data[9:]
    forged = join_messages([b"*", b"*"], [value, value]) if cut < 0 else data[:-cut]
    with pytest.raises(LogCorrupt, match="block 3"):
        Rollbacks(Forged(log, forged)).read_on()  # type: ignore[arg-type]
