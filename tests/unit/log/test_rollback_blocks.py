"""Blocks that go back: whose parent is not the block before them, and what nobody may forge."""

from collections.abc import Sequence
from typing import Any

import pytest

from ledger.core.messages import FIELDS, BlockSealed, Event, RollbackCompleted, RollbackDeclared
from ledger.errors import BlockRefused, CodecFault, InvariantError, LogCorrupt
from ledger.log.blobs import iterate, join_messages
from ledger.log.blocks import (
    BlockBuilder,
    check_block,
    check_seal,
    content_digest,
    parent_difference,
    seal_digest,
)
from ledger.log.codec import decode_event, encode_event, encode_seal
from ledger.log.memory import MemoryLog
from ledger.log.port import Block
from ledger.log.verify import verify_log
from tests.sealed import LEDGER, START_US, Scribe, deposit, listed, marked

PARTITIONS = 3


def rollback(target: BlockSealed, head: BlockSealed, **wrong: int) -> RollbackDeclared:
    """A rollback from ``head`` to ``target`` that says what is void, but for what is ``wrong``."""
    said: dict[str, Any] = {
        "target_height": target.height,
        "target_seq": target.last_seq,
        "void_from_height": target.height + 1,
        "void_to_height": head.height,
        "void_from_seq": target.last_seq + 1,
        "void_to_seq": head.last_seq,
    } | wrong
    said |= dict.fromkeys(
        ("plan_digest", "reason", "key_1", "key_2", "signature_1", "signature_2", "state_digest_target"), ""
    )
    return RollbackDeclared(
        incident_id="incident-1",
        **said,
        reinstated=0,
        cancelled=0,
        negative_accounts=0,
        custody_before_e8=0,
    )


def completed(rollback_seq: int) -> Event:
    return RollbackCompleted(rollback_seq, "", 0, "", 0, 0, 0)


class Ledger:
    """Four blocks in a log, and a scribe at its head."""

    def __init__(self) -> None:
        self.log = MemoryLog(LEDGER, PARTITIONS)
        self.scribe = Scribe(PARTITIONS)
        self.blocks: list[Block] = []
        self.commit(self.scribe.genesis())
        for account in ("alice", "bob", "carol"):
            self.commit(self.scribe.block([deposit(account)]))

    def commit(self, block: Block) -> None:
        """Append a block with its commands."""
        self.log.append_commands([b""] * block.seal.command_count, START_US)
        self.log.commit(block)
        self.blocks.append(block)

    def seal(self, height: int) -> BlockSealed:
        return self.blocks[height - 1].seal

    def findings(self) -> list[str]:
        return [str(finding) for finding in verify_log(self.log)]


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def resealed(
    block: Block, *, blobs: Sequence[bytes] | None = None, control: bytes | None = None, **fields: object
) -> Block:
    """The block as a forger would make it: other fields and contents under a seal that fits them."""
    contents = list(block.blobs if blobs is None else blobs)
    copies = block.control if control is None else control
    values = {name: getattr(block.seal, name) for name in FIELDS["BlockSealed"]}
    values |= {
        "partition_digests": ",".join(content_digest(blob) for blob in contents),
        "partition_counts": ",".join(str(len(iterate(blob))) for blob in contents),
        "control_digest": content_digest(copies),
    }
    seal = BlockSealed(**(values | fields))
    seal.digest = seal_digest(seal)
    return Block(block.height, seal, encode_seal(seal), contents, block.outcomes, copies)


def test_the_parent_of_a_block_that_declares_a_rollback_is_the_target(ledger: Ledger) -> None:
    block = ledger.scribe.block([rollback(ledger.seal(2), ledger.seal(4)), deposit("dave")])
    assert (block.seal.height, block.seal.parent_height) == (5, 2)
    assert block.seal.previous_digest == ledger.seal(4).digest
    check_block(ledger.seal(4), block)
    ledger.commit(block)
    assert (block.seal.first_seq, block.seal.last_seq) == (5, 6)
    assert ledger.findings() == []


def test_the_block_after_it_has_the_block_before_it_as_parent_again(ledger: Ledger) -> None:
    ledger.commit(ledger.scribe.block([rollback(ledger.seal(2), ledger.seal(4))]))
    ledger.commit(ledger.scribe.block([completed(5), deposit("dave")]))
    assert ledger.seal(6).parent_height == 5
    assert ledger.findings() == []


@pytest.mark.parametrize("target", [1, 4])
def test_the_target_is_any_block_before(ledger: Ledger, target: int) -> None:
    ledger.commit(ledger.scribe.block([rollback(ledger.seal(target), ledger.seal(4))]))
    assert ledger.seal(5).parent_height == target
    assert ledger.findings() == []


def test_a_rollback_is_in_every_partition_and_in_the_control_copies(ledger: Ledger) -> None:
    block = ledger.scribe.block([rollback(ledger.seal(2), ledger.seal(4)), deposit("dave"), completed(5)])
    for blob in block.blobs:
        assert isinstance(decode_event(iterate(blob)[0][1]), RollbackDeclared)
    copied = [type(decode_event(value)).__name__ for _, value in iterate(block.control)]
    assert copied == ["RollbackDeclared", "RollbackCompleted"]


def test_a_builder_takes_a_rollback_as_the_first_event_of_a_block_only(ledger: Ledger) -> None:
    for events in ([deposit("dave"), rollback(ledger.seal(2), ledger.seal(4))],):
        with pytest.raises(InvariantError, match="not the first of its block"):
            ledger.scribe.block(events)
    ledger.scribe.builder.begin(ledger.seal(4))
    ledger.scribe.take(deposit("dave"))
    with pytest.raises(InvariantError, match="not the first of its block"):
        ledger.scribe.take(rollback(ledger.seal(2), ledger.seal(4)))


@pytest.mark.parametrize("target", [0, -1, 5, 9])
def test_a_builder_takes_no_target_that_is_no_block_before(ledger: Ledger, target: int) -> None:
    with pytest.raises(InvariantError, match=f"a rollback to block {target} where the newest is 4"):
        ledger.scribe.block([rollback(ledger.seal(2), ledger.seal(4), target_height=target)])


def test_a_rollback_that_was_not_sealed_is_forgotten_by_begin(ledger: Ledger) -> None:
    ledger.scribe.take(rollback(ledger.seal(2), ledger.seal(4)))
    ledger.scribe.builder.begin(ledger.seal(4))
    assert ledger.scribe.block([deposit("dave")]).seal.parent_height == 4


def test_block_one_cannot_go_back() -> None:
    event = rollback(
        BlockSealed(1, 0, 1, 1, 0, "", "", "", "", "", 0, 0, ""),
        BlockSealed(1, 0, 1, 1, 0, "", "", "", "", "", 0, 0, ""),
    )
    event.seq = 1
    with pytest.raises(InvariantError):
        BlockBuilder(1, None).add(event)


def test_another_parent_without_a_rollback_is_refused_by_logs_and_readers(ledger: Ledger) -> None:
    for events in ([deposit("dave")], [listed()], []):
        forged = resealed(Scribe(PARTITIONS, ledger.seal(4)).block(events), parent_height=2)
        check_seal(ledger.seal(4), forged.seal)
        with pytest.raises(LogCorrupt, match="parent height is 2 instead of 4: no rollback is declared"):
            check_block(ledger.seal(4), forged)
        with pytest.raises(BlockRefused, match="no rollback is declared"):
            ledger.log.commit(forged)


@pytest.mark.parametrize("parent", [4, 1, 3])
def test_a_rollback_to_another_block_than_the_parent_is_refused(ledger: Ledger, parent: int) -> None:
    block = ledger.scribe.block([rollback(ledger.seal(2), ledger.seal(4))])
    forged = resealed(block, parent_height=parent)
    with pytest.raises(LogCorrupt, match=f"parent height is {parent}, the rollback is to 2"):
        check_block(ledger.seal(4), forged)
    with pytest.raises(BlockRefused, match="the rollback is to 2"):
        ledger.log.commit(forged)


def test_a_rollback_that_is_first_in_one_partition_only_is_refused(ledger: Ledger) -> None:
    scribe = Scribe(PARTITIONS, ledger.seal(4))
    block = scribe.block([deposit("alice"), marked(5)])
    event = rollback(ledger.seal(2), ledger.seal(4))
    event.seq, event.recorded_at_us, event.occurred_at_us, event.command_id = 6, START_US + 6, START_US, "a/1"
    event.cause_seq = 0
    copied = join_messages([b"*"], [encode_event(event)])
    blobs = [blob[: -len(iterate(blob)[-1][1]) - 9] + copied for blob in block.blobs]
    forged = resealed(block, blobs=blobs, control=copied, parent_height=2)
    assert "not the first event of the block" in parent_difference(forged.seal, copied)
    with pytest.raises(
        LogCorrupt, match=r"seq 6 declares a rollback and is not the first event|no rollback is declared"
    ):
        check_block(ledger.seal(4), forged)


def test_a_rollback_that_cannot_be_read_is_a_fault(ledger: Ledger) -> None:
    block = ledger.scribe.block([rollback(ledger.seal(2), ledger.seal(4))])
    value = iterate(block.control)[0][1]
    with pytest.raises(CodecFault):
        parent_difference(block.seal, join_messages([b"*"], [value[:-3]]))


@pytest.mark.parametrize(
    "wrong",
    [
        {"target_seq": 1},
        {"void_from_height": 2},
        {"void_to_height": 3},
        {"void_from_seq": 9},
        {"void_to_seq": 0},
    ],
    ids=str,
)
def test_verification_names_a_rollback_that_says_something_else_is_void(
    ledger: Ledger, wrong: dict[str, int]
) -> None:
    ledger.commit(ledger.scribe.block([rollback(ledger.seal(2), ledger.seal(4), **wrong)]))
    (finding,) = ledger.findings()
    assert finding.startswith("block 5, seq 5: a rollback says target seq, void blocks and void seqs")
    assert "[2, 3, 4, 3, 4]" in finding


def test_verification_names_a_rollback_that_is_not_the_first_event(ledger: Ledger) -> None:
    block = Scribe(PARTITIONS, ledger.seal(4)).block([listed(), marked(5)])
    event = rollback(ledger.seal(2), ledger.seal(4))
    event.seq, event.recorded_at_us, event.occurred_at_us, event.command_id = 6, START_US + 6, START_US, "a/1"
    event.cause_seq = 0
    first = iterate(block.blobs[0])[0][1]
    both = join_messages([b"*", b"*"], [first, encode_event(event)])
    copied = join_messages([b"*"], [encode_event(event)])
    ledger.commit(resealed(block, blobs=[both] * PARTITIONS, control=copied))
    found = ledger.findings()
    assert (
        "block 5, partition 0, seq 6: it declares a rollback and is not the first event of its block" in found
    )


def test_verification_names_the_end_of_a_rollback_that_never_began(ledger: Ledger) -> None:
    ledger.commit(ledger.scribe.block([completed(3)]))
    assert ledger.findings() == ["block 5, seq 5: it completes a rollback of seq 3, which declared none"]
