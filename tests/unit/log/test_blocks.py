"""Building, sealing and checking blocks."""

from collections.abc import Callable
from hashlib import blake2b

import pytest

from ledger.core.messages import BROADCAST, FIELDS, BlockSealed, Outcome
from ledger.core.values import partition_of
from ledger.errors import CodecFault, InvariantError, LogCorrupt
from ledger.log.blobs import iterate, split_outcomes
from ledger.log.blocks import (
    CONTROL,
    BlockBuilder,
    check_block,
    check_control,
    check_outcomes,
    check_partition,
    check_seal,
    content_digest,
    seal_digest,
)
from ledger.log.codec import decode_event, decode_outcome, decode_seal, encode_event
from ledger.log.memory import MemoryLog
from ledger.log.port import Block, PartitionBlock
from tests.sealed import ACCOUNTS, LEDGER, Scribe, deposit, listed, marked, written


def outcome(number: int = 1) -> Outcome:
    return Outcome("tester", number, 0, 1, "refused", 7, "", 0, 0, 0)


def altered(seal: BlockSealed, **fields: object) -> BlockSealed:
    return BlockSealed(**({name: getattr(seal, name) for name in FIELDS["BlockSealed"]} | fields))


def two_blocks() -> tuple[Block, Block]:
    scribe = Scribe(3)
    return scribe.genesis(), scribe.block([deposit(name) for name in ACCOUNTS], [], [listed()], [marked(2)])


def test_block_one_opens_the_ledger_in_every_partition() -> None:
    block = Scribe(3).genesis()
    seal = block.seal
    assert (seal.height, seal.parent_height, seal.previous_digest) == (1, 0, "")
    assert (seal.first_seq, seal.last_seq, seal.partition_counts) == (1, 1, "1,1,1")
    assert block.blobs[0] == block.blobs[1] == block.blobs[2] == block.control
    assert block.outcomes == b""
    check_block(None, block)


def test_a_keyed_event_goes_to_the_partition_of_its_account_under_its_name() -> None:
    _, block = two_blocks()
    for partition, blob in enumerate(block.blobs):
        keys = [key.decode() for key, _ in iterate(blob) if key != b"*"]
        assert keys == [name for name in ACCOUNTS if partition_of(name, 3) == partition]


def test_a_broadcast_event_has_the_same_seq_and_bytes_in_every_partition() -> None:
    _, block = two_blocks()
    copies = [[value for key, value in iterate(blob) if key == b"*"] for blob in block.blobs]
    assert copies[0] == copies[1] == copies[2]
    assert [decode_event(value).seq for value in copies[0]] == [8, 9]


def test_control_copies_are_the_system_events_and_nothing_else() -> None:
    genesis, block = two_blocks()
    assert [type(decode_event(value)).__name__ for _, value in iterate(genesis.control)] == ["LedgerOpened"]
    assert [type(decode_event(value)).__name__ for _, value in iterate(block.control)] == ["CheckpointMarked"]
    assert CONTROL <= BROADCAST


def test_seqs_go_on_from_block_to_block_without_a_gap() -> None:
    genesis, block = two_blocks()
    assert block.seal.first_seq == genesis.seal.last_seq + 1
    seqs = {decode_event(value).seq for blob in block.blobs for _, value in iterate(blob)}
    assert seqs == set(range(block.seal.first_seq, block.seal.last_seq + 1))


def test_an_empty_block_has_no_seqs() -> None:
    scribe = Scribe(2)
    genesis = scribe.genesis()
    block = scribe.block()
    assert (block.seal.first_seq, block.seal.last_seq) == (2, 1)
    assert block.blobs == [b"", b""]
    check_block(genesis.seal, block)


def test_outcomes_lie_in_the_order_of_their_commands() -> None:
    _, block = two_blocks()
    found = [decode_outcome(data) for data in split_outcomes(block.outcomes)]
    assert [(one.number, one.status) for one in found] == [
        (1, "accepted"),
        (2, "refused"),
        (3, "accepted"),
        (4, "accepted"),
    ]
    assert block.seal.command_count == 4


def test_the_seal_bytes_are_the_seal() -> None:
    _, block = two_blocks()
    assert repr(decode_seal(block.seal_bytes)) == repr(block.seal)


def test_the_digest_of_a_seal_is_what_its_definition_gives() -> None:
    seal = two_blocks()[1].seal
    names = (
        *("height", "parent_height", "first_seq", "last_seq", "recorded_at_us", "previous_digest"),
        *("partition_counts", "partition_digests", "outcomes_digest", "control_digest"),
        *("command_cursor", "command_count"),
    )
    text = b"ledger.block.v1"
    for name in names:
        value = getattr(seal, name)
        data = value.encode() if isinstance(value, str) else value.to_bytes(8, "big", signed=True)
        text += len(data).to_bytes(4, "big") + data
    assert seal.digest == blake2b(text, digest_size=32).hexdigest()


def test_content_digests_cover_exactly_the_bytes() -> None:
    _, block = two_blocks()
    expected = ",".join(blake2b(blob, digest_size=32).hexdigest() for blob in block.blobs)
    assert block.seal.partition_digests == expected
    assert content_digest(b"") == blake2b(b"", digest_size=32).hexdigest()


def test_the_same_commands_give_the_same_bytes() -> None:
    first, second = two_blocks(), two_blocks()
    assert [block.blobs for block in first] == [block.blobs for block in second]
    assert first[1].seal.digest == second[1].seal.digest


def test_events_do_not_know_how_they_were_cut_into_blocks() -> None:
    def blobs(cuts: tuple[int, ...]) -> list[bytes]:
        scribe = Scribe(2)
        blocks = [scribe.genesis()]
        for place in range(12):
            scribe.take(deposit(ACCOUNTS[place % 6], place))
            if place in cuts:
                blocks.append(scribe.seal())
        blocks.append(scribe.seal())
        return [b"".join(block.blobs[partition] for block in blocks) for partition in range(2)]

    assert blobs(()) == blobs((3,)) == blobs((0, 1, 2, 7))


def test_a_command_that_cannot_be_encoded_leaves_the_block_as_it_was() -> None:
    def block(*, with_fault: bool) -> Block:
        scribe = Scribe(2)
        scribe.genesis()
        scribe.take(deposit("alice"))
        if with_fault:
            events = scribe.stamped(deposit("alice"), listed(), deposit("bob", 2**70))
            with pytest.raises(CodecFault, match="amount_e8"):
                scribe.builder.add_command(events, outcome())
            with pytest.raises(CodecFault, match="number"):
                scribe.builder.add_command(scribe.stamped(deposit("alice")), outcome(2**70))
        scribe.take(deposit("bob"))
        return scribe.seal()

    broken, clean = block(with_fault=True), block(with_fault=False)
    assert broken.seal.digest == clean.seal.digest
    assert broken.blobs == clean.blobs


def test_what_was_added_and_not_sealed_is_forgotten_by_begin() -> None:
    scribe = Scribe(2)
    genesis = scribe.genesis()
    scribe.take(deposit("alice"), listed())
    scribe.builder.begin(genesis.seal)
    assert (scribe.builder.events, scribe.builder.commands, scribe.builder.next_seq) == (0, 0, 2)
    assert scribe.seal().blobs == [b"", b""]


def test_a_gap_in_seqs_is_a_bug() -> None:
    scribe = Scribe(2)
    scribe.genesis()
    for seq in (1, 3, 0):
        event = scribe.stamped(deposit("alice"))[0]
        event.seq = seq
        with pytest.raises(InvariantError):
            scribe.builder.add_command([event], outcome())
        with pytest.raises(InvariantError):
            scribe.builder.add(event)


def test_time_that_goes_back_is_a_bug() -> None:
    scribe = Scribe(2)
    scribe.genesis()
    event = scribe.stamped(deposit("alice"))[0]
    event.recorded_at_us = 5
    with pytest.raises(InvariantError):
        scribe.builder.add(event)
    with pytest.raises(InvariantError):
        scribe.builder.seal(5, 0)


def test_many_accounts_go_where_they_belong() -> None:
    events = [deposit(f"account-{place}") for place in range(5000)]
    scribe = Scribe(4)
    for place in range(0, 5000, 50):
        scribe.take(*events[place : place + 50])
    block = scribe.seal()
    for partition, blob in enumerate(block.blobs):
        assert all(partition_of(key.decode(), 4) == partition for key, _ in iterate(blob))


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"height": 3}, "height 3 comes where 2 belongs"),
        ({"parent_height": 0}, "parent height is 0, which is no block before it"),
        ({"parent_height": 2}, "parent height is 2, which is no block before it"),
        ({"parent_height": -1}, "parent height is -1, which is no block before it"),
        ({"previous_digest": "ab"}, "the previous digest is not that of the block before"),
        ({"first_seq": 3}, "first seq is 3 instead of 2"),
        ({"last_seq": 0}, "last seq 0 lies before first seq 2"),
        ({"partition_counts": "1,1"}, "there are not as many partition counts as partition digests"),
        ({"partition_counts": "1,1", "partition_digests": "a,b"}, "the number of partitions changed"),
        ({"recorded_at_us": 9}, "ledger time goes back from .* to 9"),
        ({"command_count": -1}, "command cursor 0 and -1 commands do not give 4"),
        ({"command_cursor": 3}, "command cursor 0 and 4 commands do not give 3"),
    ],
)
def test_a_seal_that_does_not_follow_is_named_by_what_differs(fields: dict[str, object], what: str) -> None:
    genesis, block = two_blocks()
    seal = altered(block.seal, **fields)
    seal.digest = seal_digest(seal)
    with pytest.raises(LogCorrupt, match=f"block {seal.height}: {what}"):
        check_seal(genesis.seal, seal)


@pytest.mark.parametrize("name", [name for name in FIELDS["BlockSealed"] if name != "digest"])
def test_any_changed_field_of_a_seal_breaks_its_digest(name: str) -> None:
    seal = two_blocks()[1].seal
    value = getattr(seal, name)
    changed = altered(seal, **{name: value + 1 if isinstance(value, int) else value + "0"})
    assert seal_digest(changed) != seal.digest
    with pytest.raises(LogCorrupt, match=r"block .*: the seal's digest is not the digest of its fields"):
        check_seal(None, changed)


def test_a_block_one_must_begin_the_chain() -> None:
    genesis, block = two_blocks()
    check_seal(None, genesis.seal)
    with pytest.raises(LogCorrupt, match="height 2 comes where 1 belongs"):
        check_seal(None, block.seal)


@pytest.mark.parametrize("change", [lambda b: b + b"\0", lambda b: b[:-1], lambda b: b[:40] + b"!" + b[41:]])
def test_changed_contents_are_found_and_named(change: Callable[[bytes], bytes]) -> None:
    genesis, block = two_blocks()
    for partition in range(3):
        found = PartitionBlock(partition, 2, block.seal, block.seal_bytes, change(block.blobs[partition]))
        with pytest.raises(
            LogCorrupt, match=f"block 2, partition {partition}: the digest of the events differs"
        ):
            check_partition(genesis.seal, found)
    with pytest.raises(LogCorrupt, match="block 2: the digest of the outcomes differs"):
        check_outcomes(block.seal, change(block.outcomes))
    with pytest.raises(LogCorrupt, match="block 2: the digest of the control copies differs"):
        check_control(block.seal, change(block.control))


def test_a_count_that_is_not_the_blobs_is_found() -> None:
    genesis, block = two_blocks()
    seal = altered(block.seal, partition_counts="9,9,9")
    seal.digest = seal_digest(seal)
    found = PartitionBlock(1, 2, seal, block.seal_bytes, block.blobs[1])
    with pytest.raises(LogCorrupt, match=r"block 2, partition 1: . events where the seal counts 9"):
        check_partition(genesis.seal, found)


def test_blobs_swapped_between_partitions_are_found() -> None:
    genesis, block = two_blocks()
    found = PartitionBlock(0, 2, block.seal, block.seal_bytes, block.blobs[1])
    with pytest.raises(LogCorrupt, match="block 2, partition 0"):
        check_partition(genesis.seal, found)
    with pytest.raises(LogCorrupt, match="the seal covers 3 partitions"):
        check_partition(genesis.seal, PartitionBlock(3, 2, block.seal, block.seal_bytes, b""))


def test_a_whole_block_is_checked_in_every_part() -> None:
    genesis, block = two_blocks()
    check_block(genesis.seal, block)
    for part in ("blobs", "outcomes", "control"):
        parts = {name: getattr(block, name) for name in ("blobs", "outcomes", "control")}
        parts[part] = parts[part][:-1]
        with pytest.raises(LogCorrupt, match="block 2"):
            check_block(genesis.seal, Block(2, block.seal, block.seal_bytes, **parts))


def test_an_added_event_is_encoded_once_as_the_codec_does() -> None:
    scribe = Scribe(2)
    event = scribe.stamped(listed())[0]
    builder = BlockBuilder(2, None)
    builder.add(event)
    builder.add_outcome(outcome())
    block = builder.seal(event.recorded_at_us, 1)
    assert [iterate(blob) for blob in block.blobs] == [[(b"*", encode_event(event))]] * 2
    assert block.seal.command_count == 1


def test_the_chain_of_a_known_ledger_never_changes() -> None:
    log = MemoryLog(LEDGER, 3)
    head = written(log, 5)[-1].seal
    assert head.digest == "0f88df145594b0f2194d8f3d0c5020bf17dc52108f5c3dda1239899cd5938f1e"
