"""Verification of a log through the port: what it finds, and that nothing slips through."""

from collections.abc import Callable

import pytest

from ledger.core.messages import FIELDS, BlockSealed, Outcome
from ledger.errors import CodecFault, LogCorrupt
from ledger.log.blobs import iterate, join_messages, join_outcomes
from ledger.log.blocks import BlockBuilder, content_digest, seal_digest
from ledger.log.codec import decode_event, decode_seal, encode_event, encode_outcome, encode_seal
from ledger.log.memory import MemoryLog
from ledger.log.port import (
    Block,
    ControlBlock,
    LogReader,
    OutcomesBlock,
    PartitionBlock,
    StoredCommand,
)
from ledger.log.verify import ExpectedHead, verify_log
from tests.sealed import LEDGER, START_US, Scribe, command, deposit, listed, marked, opened

PARTITIONS = 2


class Tampered:
    """A reader of blocks that were changed in storage: what is not readable is a fault there."""

    def __init__(self, blocks: list[Block], commands: int = 0, ledger_id: str = LEDGER) -> None:
        self.blocks = blocks
        self.commands = [StoredCommand(place, START_US, command(place)) for place in range(commands)]
        self.ledger_id = ledger_id
        self.identity = ""
        self.partitions = PARTITIONS

    def head(self) -> BlockSealed | None:
        return self.blocks[-1].seal if self.blocks else None

    def seal(self, height: int) -> BlockSealed:
        return self._read(self.blocks[height - 1])

    def read_partition(self, partition: int, from_height: int, count: int) -> list[PartitionBlock]:
        return [
            PartitionBlock(partition, place, self._read(block), block.seal_bytes, block.blobs[partition])
            for place, block in self._from(from_height, count)
        ]

    def read_outcomes(self, from_height: int, count: int) -> list[OutcomesBlock]:
        return [OutcomesBlock(place, block.outcomes) for place, block in self._from(from_height, count)]

    def read_control(self, from_height: int, count: int) -> list[ControlBlock]:
        return [
            ControlBlock(place, block.control)
            for place, block in self._from(from_height, len(self.blocks))
            if block.control
        ][:count]

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:
        return self.commands[position : position + count]

    def close(self) -> None:
        pass

    def _from(self, height: int, count: int) -> list[tuple[int, Block]]:
        return list(enumerate(self.blocks, 1))[height - 1 : height - 1 + count]

    def _read(self, block: Block) -> BlockSealed:
        try:
            return decode_seal(block.seal_bytes)
        except CodecFault as broken:
            raise LogCorrupt("the seal cannot be read", where=f"block {block.height}") from broken


def small_ledger() -> list[Block]:
    scribe = Scribe(PARTITIONS)
    return [
        scribe.genesis(),
        scribe.block([deposit("alice"), deposit("bob")], []),
        scribe.block([listed()], [marked(3)]),
        scribe.block([deposit("søren")]),
    ]


def findings(log: LogReader, expected: ExpectedHead | None = None) -> list[str]:
    return [str(finding) for finding in verify_log(log, expected)]


def with_part(blocks: list[Block], height: int, part: str, data: bytes, partition: int = 0) -> Tampered:
    """The ledger with one part of one block replaced, as a flipped bit in storage would."""
    old = blocks[height - 1]
    parts = {"seal_bytes": old.seal_bytes, "outcomes": old.outcomes, "control": old.control}
    blobs = list(old.blobs)
    if part == "blob":
        blobs[partition] = data
    else:
        parts[part] = data
    changed = list(blocks)
    changed[height - 1] = Block(
        old.height, old.seal, parts["seal_bytes"], blobs, parts["outcomes"], parts["control"]
    )
    return Tampered(changed, commands=5)


def resealed(block: Block, previous: Block, **parts: object) -> Block:
    """A forger's block: other contents under a seal that was computed for them."""
    blobs = parts.get("blobs", block.blobs)
    outcomes = parts.get("outcomes", block.outcomes)
    control = parts.get("control", block.control)
    assert isinstance(blobs, list)
    assert isinstance(outcomes, bytes)
    assert isinstance(control, bytes)
    fields = {name: getattr(block.seal, name) for name in FIELDS["BlockSealed"]} | {
        "previous_digest": previous.seal.digest,
        "partition_counts": ",".join(str(len(iterate(blob))) for blob in blobs),
        "partition_digests": ",".join(content_digest(blob) for blob in blobs),
        "outcomes_digest": content_digest(outcomes),
        "control_digest": content_digest(control),
    }
    fields |= {name: value for name, value in parts.items() if name in fields}
    seal = BlockSealed(**fields)
    seal.digest = seal_digest(seal)
    return Block(block.height, seal, encode_seal(seal), blobs, outcomes, control)


def test_a_sound_log_has_no_findings_and_reports_its_progress() -> None:
    heights: list[int] = []
    assert list(verify_log(Tampered(small_ledger(), commands=5), on_block=heights.append)) == []
    assert heights == [1, 2, 3, 4]


def test_an_empty_log_has_no_findings() -> None:
    assert findings(MemoryLog(LEDGER, PARTITIONS)) == []


@pytest.mark.parametrize("part", ["blob", "seal_bytes", "outcomes", "control"])
def test_flipping_any_byte_of_any_part_is_found_and_named_by_its_block(part: str) -> None:
    blocks = small_ledger()
    for block in blocks:
        for partition in range(PARTITIONS if part == "blob" else 1):
            data = block.blobs[partition] if part == "blob" else getattr(block, part)
            for place in range(len(data)):
                flipped = data[:place] + bytes([data[place] ^ (1 << place % 8)]) + data[place + 1 :]
                found = findings(with_part(blocks, block.height, part, flipped, partition))
                assert found, f"byte {place} of {part} of block {block.height}"
                assert found[0].startswith(f"block {block.height}"), found


@pytest.mark.parametrize("part", ["blob", "outcomes", "control"])
def test_a_lost_or_added_byte_is_found(part: str) -> None:
    blocks = small_ledger()
    for height in (2, 3):
        data = blocks[height - 1].blobs[0] if part == "blob" else getattr(blocks[height - 1], part)
        for changed in (data[:-1], data + b"\0", b""):
            if changed != data:
                found = findings(with_part(blocks, height, part, changed))
                assert found[0].startswith(f"block {height}"), found


def test_swapped_blocks_are_found() -> None:
    blocks = small_ledger()
    blocks[1], blocks[2] = blocks[2], blocks[1]
    assert "block 2: height 3 comes where 2 belongs" in findings(Tampered(blocks, commands=5))


def test_a_missing_block_is_found() -> None:
    blocks = small_ledger()
    del blocks[2]
    assert findings(Tampered(blocks, commands=5))[0] == "block 3: height 4 comes where 3 belongs"


def test_verification_goes_on_after_a_finding() -> None:
    blocks = small_ledger()
    twice = with_part(blocks, 2, "blob", b"").blocks
    found = findings(with_part(twice, 4, "outcomes", b""))
    assert [line.split(":")[0].split(",")[0] for line in found] == ["block 2"] * 2 + ["block 4"] * 2


def test_a_rewritten_log_is_found_by_the_head_kept_elsewhere() -> None:
    blocks = small_ledger()
    head = blocks[2].seal
    assert findings(Tampered(blocks, commands=5), ExpectedHead(3, head.digest)) == []
    scribe = Scribe(PARTITIONS)
    rewritten = [scribe.genesis(), scribe.block([], []), scribe.block([listed()], [marked(3)])]
    assert findings(Tampered(rewritten, commands=5)) == []
    assert findings(Tampered(rewritten, commands=5), ExpectedHead(3, head.digest)) == [
        f"block 3: the digest is not {head.digest}, as was expected"
    ]


def test_a_log_shorter_than_the_head_kept_elsewhere_is_found() -> None:
    blocks = small_ledger()
    found = findings(Tampered(blocks[:2], commands=5), ExpectedHead(4, blocks[3].seal.digest))
    assert found == ["block 2: the log ends here and should have block 4"]


def test_missing_commands_are_found() -> None:
    assert findings(Tampered(small_ledger(), commands=3)) == [
        "block 3: 1 stored commands where the seal counts 2",
        "block 4: 0 stored commands where the seal counts 1",
    ]


def test_the_log_of_another_ledger_is_found() -> None:
    found = findings(Tampered(small_ledger(), commands=5, ledger_id="other"))
    assert found[0] == (
        f"block 1, partition 0, seq 1: it opens ledger {LEDGER!r} with 2 partitions, not this one"
    )


def forged(height: int, change: Callable[[Block], dict[str, object]]) -> list[str]:
    """Findings in a ledger whose block was built wrongly, with seals that agree with it."""
    blocks = small_ledger()
    blocks[height - 1] = resealed(blocks[height - 1], blocks[height - 2], **change(blocks[height - 1]))
    return findings(Tampered(blocks[:height], commands=5))


def test_an_event_in_the_wrong_partition_is_found() -> None:
    found = forged(2, lambda block: {"blobs": [block.blobs[1], block.blobs[0]]})
    assert any("belongs to partition" in line for line in found)


def test_an_event_under_a_wrong_key_is_found() -> None:
    def change(block: Block) -> dict[str, object]:
        blobs = [
            join_messages([b"mallory"] * len(iterate(b)), [v for _, v in iterate(b)]) for b in block.blobs
        ]
        return {"blobs": blobs}

    assert any("lies under key b'mallory'" in line for line in forged(2, change))
    assert any("a broadcast event lies under key" in line for line in forged(3, change))


def test_a_broadcast_event_missing_from_a_partition_is_found() -> None:
    def change(block: Block) -> dict[str, object]:
        first = iterate(block.blobs[0])
        return {"blobs": [join_messages([first[0][0]], [first[0][1]]), block.blobs[1]]}

    assert "block 3: a broadcast event is not in every partition" in forged(3, change)


def test_a_broadcast_event_with_other_bytes_is_found() -> None:
    def change(block: Block) -> dict[str, object]:
        pairs = iterate(block.blobs[1])
        event = decode_event(pairs[0][1])
        event.command_id = "someone/1"
        return {"blobs": [block.blobs[0], join_messages([b"*", b"*"], [encode_event(event), pairs[1][1]])]}

    found = forged(3, change)
    assert found == [
        "block 3, partition 1, seq 4: another event of the block has the same seq and other bytes"
    ]


def test_a_seq_out_of_order_is_found() -> None:
    def change(block: Block) -> dict[str, object]:
        pairs = iterate(block.blobs[0])[::-1]
        return {"blobs": [join_messages([k for k, _ in pairs], [v for _, v in pairs]), block.blobs[1]]}

    assert any("the seq does not lie between" in line for line in forged(3, change))


def test_a_seq_that_nobody_has_is_found() -> None:
    def change(block: Block) -> dict[str, object]:
        return {"blobs": [b"" if blob == max(block.blobs) else blob for blob in block.blobs]}

    assert any("different seqs where the seal has 2" in line for line in forged(2, change))


def test_a_time_outside_the_block_is_found() -> None:
    def change(block: Block) -> dict[str, object]:
        blobs = []
        for blob in block.blobs:
            pairs = iterate(blob)
            events = [decode_event(value) for _, value in pairs]
            for event in events:
                event.recorded_at_us += 1_000_000
            blobs.append(join_messages([key for key, _ in pairs], [encode_event(event) for event in events]))
        return {"blobs": blobs}

    assert any("it is recorded at" in line for line in forged(2, change))


def test_an_event_that_no_codec_knows_is_found() -> None:
    def change(block: Block) -> dict[str, object]:
        return {"blobs": [join_messages([b"alice"], [b"\xc3\x01" + b"?" * 30]), block.blobs[1]]}

    assert any("the event after seq 1 cannot be read" in line for line in forged(2, change))


def test_control_copies_that_copy_nothing_are_found() -> None:
    found = forged(3, lambda _: {"control": b""})
    assert found == ["block 3: the control copies are not the events that they copy"]


def test_outcomes_that_do_not_match_the_commands_are_found() -> None:
    assert forged(2, lambda _: {"outcomes": b""}) == ["block 2: 0 outcomes where the seal counts 2"]
    beyond = Outcome("tester", 1, 0, START_US, "accepted", 0, "", 2, 99, 0)
    outcomes = join_outcomes([encode_outcome(beyond)] * 2)
    assert forged(2, lambda _: {"outcomes": outcomes})[0] == (
        "block 2, seq 2: the outcome of tester/1 ends at seq 99, which the block has not"
    )
    unreadable = join_outcomes([b"\xc3\x01", b"?"])
    assert forged(2, lambda _: {"outcomes": unreadable})[0].startswith("block 2: an outcome cannot be read")


def test_a_ledger_opened_twice_or_never_is_found() -> None:
    scribe = Scribe(PARTITIONS)
    blocks = [scribe.genesis(), scribe.block([opened(PARTITIONS)])]
    found = findings(Tampered(blocks, commands=5))
    assert found[0] == "block 2, partition 0, seq 2: LedgerOpened where no ledger is opened"
    builder = BlockBuilder(PARTITIONS, None)
    event = Scribe(PARTITIONS).stamped(listed())[0]
    builder.add(event)
    found = findings(Tampered([builder.seal(event.recorded_at_us, 0)]))
    assert found[0] == "block 1, partition 0, seq 1: AssetListed where a ledger is opened"
