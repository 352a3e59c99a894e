"""Reading along a chain: its blocks and no others, each one checked."""

import pytest

from ledger.errors import LogCorrupt, LogUnavailable
from ledger.log.chain import Chain, Segment
from ledger.log.memory import MemoryLog
from ledger.log.port import PartitionBlock
from projectors.columns.along import read_along, walk
from tests.branching import Branching, Habits, head_of, live_chain_of, walked

PARTITIONS = [0, 1]


@pytest.fixture(scope="module", params=[2, 6])
def ledger(request: pytest.FixtureRequest) -> Branching:
    ledger = Branching(MemoryLog("test-ledger", 2), request.param, Habits(rollbacks=20))
    ledger.write(60)
    return ledger


@pytest.mark.parametrize("events_max", [1, 25, 10_000])
def test_a_walk_gives_exactly_the_blocks_of_the_chain(ledger: Branching, events_max: int) -> None:
    head = head_of(ledger.log).height
    for tip in (1, head // 3, head // 2, head):
        chain = live_chain_of(ledger.log, tip)
        parts = list(walk(ledger.log, PARTITIONS, chain, 0, tip, events_max))
        assert [seal.height for blocks in parts for seal in blocks.seals] == walked(ledger.parents, tip)
        for blocks in parts:
            for number in PARTITIONS:
                assert [one.height for one in blocks.parts[number]] == [one.height for one in blocks.seals]


def test_a_walk_begins_and_ends_where_it_is_told_to(ledger: Branching) -> None:
    chain = live_chain_of(ledger.log)
    blocks = walked(ledger.parents, chain.tip)
    after, until = blocks[5], blocks[-3]
    found = [s.height for part in walk(ledger.log, PARTITIONS, chain, after, until, 40) for s in part.seals]
    assert found == blocks[6:-2]
    assert list(walk(ledger.log, PARTITIONS, chain, chain.tip, chain.tip, 40)) == []


def test_a_chain_that_lacks_a_rollback_is_found_where_the_block_declares_it(ledger: Branching) -> None:
    tip = live_chain_of(ledger.log).tip
    naive = Chain(tip, [Segment(1, tip)])
    first = next(h for h, parent in enumerate(ledger.parents, 1) if parent != h - 1)
    blocks = read_along(ledger.log, PARTITIONS, naive, 0, tip, 10_000)
    assert [seal.height for seal in blocks.seals] == list(range(1, first))
    with pytest.raises(LogUnavailable, match="the control copies know of no rollback"):
        read_along(ledger.log, PARTITIONS, naive, first - 1, tip, 10_000)


def test_a_chain_that_has_a_rollback_too_many_is_found(ledger: Branching) -> None:
    second = next(h for h in range(6, 60) if ledger.parents[h - 1] == h - 1)
    wrong = Chain(second, [Segment(1, second - 2), Segment(second, second)])
    with pytest.raises(LogUnavailable, match=f"its parent is block {second - 1}"):
        read_along(ledger.log, PARTITIONS, wrong, second - 2, second, 10)


class Forged:
    """A log in which the events of one block were changed."""

    def __init__(self, log: MemoryLog, height: int) -> None:
        self._log = log
        self._height = height

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def read_partition(self, partition: int, from_height: int, count: int) -> list[PartitionBlock]:
        found = self._log.read_partition(partition, from_height, count)
        return [
            PartitionBlock(partition, one.height, one.seal, one.seal_bytes, one.blob[:-1] + b"!")
            if one.height == self._height and one.blob
            else one
            for one in found
        ]


def test_changed_blocks_of_the_chain_are_refused_and_void_ones_are_not_looked_at(ledger: Branching) -> None:
    chain = live_chain_of(ledger.log)
    full = [
        h
        for h in range(2, chain.tip)
        if all(p[0].blob for p in (ledger.log.read_partition(n, h, 1) for n in PARTITIONS))
    ]
    live = next(h for h in reversed(full) if chain.is_on_chain(h))
    with pytest.raises(LogCorrupt, match=f"block {live}"):
        list(walk(Forged(ledger.log, live), PARTITIONS, chain, 0, chain.tip, 10))  # type: ignore[arg-type]
    void = next(h for h in full if not chain.is_on_chain(h))
    parts = list(walk(Forged(ledger.log, void), PARTITIONS, chain, 0, chain.tip, 10))  # type: ignore[arg-type]
    assert parts[-1].last.height == chain.tip
