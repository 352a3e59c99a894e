"""Blocks: how decisions become a block, how blocks are chained, and how both are checked.

The bytes of a block are blobs (``ledger.log.blobs``): one per partition, one of control copies,
and the outcomes. A keyed event goes to the partition of its account. A broadcast event is
encoded once and lies with the same bytes and the same seq in every partition. Control copies
are the broadcast events that a reader must know before it reads history.

Every block has one parent: the block before it, or the target H of the rollback that its first event
declares. ``previous_digest`` always is that of the block before, so the chain of digests covers void
blocks too; which blocks are live is the chain of parents (``ledger.log.chain``).

The digest of a blob, of the outcomes and of the control copies is blake2b-256 over exactly
these bytes. The digest of a seal is blake2b-256 over a version text and every other field of
the seal in schema order, each behind its length; it covers the digests of the contents and
``previous_digest``, so it vouches for the whole history.

Compiled by mypyc. Values are kept as parts and joined once per block, so an event costs its
encoding and a few list appends, and a broadcast event is never copied before that.
"""

from hashlib import blake2b
from typing import Any, Final, final

from ledger.core.messages import BROADCAST, BlockSealed, Event, Outcome, RollbackDeclared
from ledger.core.values import partition_of
from ledger.errors import BlockRefused, InvariantError, LogCorrupt, invariant
from ledger.log.blobs import BROADCAST_KEY, count_values, first_value, framed_size
from ledger.log.codec import decode_event, encode_event, encode_outcome, encode_seal
from ledger.log.port import Block, PartitionBlock
from schemas import framings

CONTROL: Final = frozenset(
    {
        "CheckpointMarked",
        "FundingIndexRestated",
        "GuardTripped",
        "KeyRegistered",
        "KeyRevoked",
        "LedgerOpened",
        "PlanApproved",
        "RollbackCompleted",
        "RollbackDeclared",
        "RuleChanged",
        "SystemStatusChanged",
    }
)
"""Events that are copied to the control stream; all of them are broadcast."""

ROLLBACK_FRAMINGS: Final = framings("RollbackDeclared")
"""The first bytes of every framed ``RollbackDeclared``."""

_SEAL_DOMAIN: Final = b"ledger.block.v1"
_DIGEST_BYTES: Final = 32
_KEYS_MAX: Final = 100_000


@final
class _Key:
    """Where events of an account go: its partition, and the key with its length in front."""

    __slots__ = ("framed", "partition")

    def __init__(self, partition: int, framed: bytes) -> None:
        self.partition = partition
        self.framed = framed


_BROADCAST_FRAMED: Final = framed_size(len(BROADCAST_KEY)) + BROADCAST_KEY


@final
class BlockBuilder:
    """Turns decisions into the next block of a chain.

    One builder serves one writer: ``begin`` a block on the seal before it, ``add_command`` for
    every command taken, ``seal`` it, commit what that returns, ``begin`` again. A command is
    added whole or not at all: when encoding one of its events faults, the block is as before.
    """

    __slots__ = (
        "_control",
        "_counts",
        "_keys",
        "_outcomes",
        "_parent_height",
        "_partitions",
        "_parts",
        "_previous",
        "commands",
        "events",
        "next_seq",
        "recorded_at_us",
    )

    def __init__(self, partitions: int, previous: BlockSealed | None) -> None:
        self._partitions = partitions
        self._keys: dict[str, _Key] = {}
        self.begin(previous)

    def begin(self, previous: BlockSealed | None) -> None:
        """Start an empty block on the seal before it, ``None`` for block 1.

        What was added and not sealed is forgotten. ``events``, ``commands`` and ``next_seq``
        say how far the block is; ``recorded_at_us`` is the newest time in it. Its parent is
        ``previous``, or the target of the rollback that its first event declares.
        """
        self._previous = previous
        self._parent_height = 0 if previous is None else previous.height
        self._parts: list[list[bytes]] = [[] for _ in range(self._partitions)]
        self._counts: list[int] = [0] * self._partitions
        self._outcomes: list[bytes] = []
        self._control: list[bytes] = []
        self.events = 0
        self.commands = 0
        self.next_seq = 1 if previous is None else previous.last_seq + 1
        self.recorded_at_us = 0 if previous is None else previous.recorded_at_us

    def add_command(self, events: list[Event], outcome: Outcome) -> None:
        """Add what became of one command: its events, if any, and its outcome.

        Raises ``CodecFault`` for a value that does not fit its field and then adds nothing.
        """
        self._check_order(events)
        values = [encode_event(event) for event in events]
        encoded = encode_outcome(outcome)
        for index in range(len(values)):
            self._append(events[index], values[index])
        self._append_outcome(encoded)

    def add(self, event: Event) -> None:
        """Add an event that no command caused, such as ``LedgerOpened``."""
        self._check_order([event])
        self._append(event, encode_event(event))

    def add_outcome(self, outcome: Outcome) -> None:
        """Add the outcome of a command without events: a refusal or a repeated command."""
        self._append_outcome(encode_outcome(outcome))

    def seal(self, recorded_at_us: int, command_cursor: int) -> Block:
        """Close the block and return it, ready to be committed.

        ``recorded_at_us`` is ledger time at the end of the block, ``command_cursor`` the
        position of the next command to be taken. Without events it is a heartbeat block.
        """
        invariant(recorded_at_us >= self.recorded_at_us, "a block is sealed before its last event")
        previous = self._previous
        height = 1 if previous is None else previous.height + 1
        blobs = [b"".join(parts) for parts in self._parts]
        outcomes = b"".join(self._outcomes)
        control = b"".join(self._control)
        seal = BlockSealed(
            height,
            self._parent_height,
            self.next_seq - self.events,
            self.next_seq - 1,
            recorded_at_us,
            "" if previous is None else previous.digest,
            ",".join([str(count) for count in self._counts]),
            ",".join([content_digest(blob) for blob in blobs]),
            content_digest(outcomes),
            content_digest(control),
            command_cursor,
            self.commands,
            "",
        )
        seal.digest = seal_digest(seal)
        return Block(height, seal, encode_seal(seal), blobs, outcomes, control)

    def _check_order(self, events: list[Event]) -> None:
        seq = self.next_seq
        recorded_at_us = self.recorded_at_us
        for event in events:
            if event.seq != seq or event.recorded_at_us < recorded_at_us:
                raise InvariantError(f"event {event.seq} cannot follow {seq - 1} in a block")
            if isinstance(event, RollbackDeclared):
                self._check_rollback(event)
            recorded_at_us = event.recorded_at_us
            seq += 1

    def _check_rollback(self, event: RollbackDeclared) -> None:
        before = 0 if self._previous is None else self._previous.height
        if event.seq != self.next_seq - self.events:
            raise InvariantError(f"event {event.seq} declares a rollback and is not the first of its block")
        if not 0 < event.target_height <= before:
            raise InvariantError(f"a rollback to block {event.target_height} where the newest is {before}")

    def _append(self, event: Event, value: bytes) -> None:
        size = framed_size(len(value))
        name = type(event).__name__
        if name in BROADCAST:
            for partition in range(self._partitions):
                self._extend(self._parts[partition], _BROADCAST_FRAMED, size, value)
                self._counts[partition] += 1
            if name in CONTROL:
                self._extend(self._control, _BROADCAST_FRAMED, size, value)
        else:
            keyed: Any = event
            key = self._key(keyed.account)
            self._extend(self._parts[key.partition], key.framed, size, value)
            self._counts[key.partition] += 1
        if isinstance(event, RollbackDeclared):
            self._parent_height = event.target_height
        self.events += 1
        self.next_seq += 1
        self.recorded_at_us = event.recorded_at_us

    def _extend(self, parts: list[bytes], key: bytes, size: bytes, value: bytes) -> None:
        parts.append(key)
        parts.append(size)
        parts.append(value)

    def _append_outcome(self, encoded: bytes) -> None:
        self._outcomes.append(framed_size(len(encoded)))
        self._outcomes.append(encoded)
        self.commands += 1

    def _key(self, account: str) -> _Key:
        key = self._keys.get(account)
        if key is None:
            if len(self._keys) >= _KEYS_MAX:
                self._keys.clear()
            encoded = account.encode()
            key = _Key(partition_of(account, self._partitions), framed_size(len(encoded)) + encoded)
            self._keys[account] = key
        return key


def content_digest(data: bytes) -> str:
    """Digest of a blob, of outcomes or of control copies, as 64 hexadecimal digits."""
    return blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()


def seal_digest(seal: BlockSealed) -> str:
    """What ``seal.digest`` must be, from every other field of the seal."""
    parts: list[bytes] = []
    for number in (seal.height, seal.parent_height, seal.first_seq, seal.last_seq, seal.recorded_at_us):
        _put_number(parts, number)
    for text in (
        seal.previous_digest,
        seal.partition_counts,
        seal.partition_digests,
        seal.outcomes_digest,
        seal.control_digest,
    ):
        _put_text(parts, text)
    _put_number(parts, seal.command_cursor)
    _put_number(parts, seal.command_count)
    return blake2b(_SEAL_DOMAIN + b"".join(parts), digest_size=_DIGEST_BYTES).hexdigest()


def _put_number(parts: list[bytes], number: int) -> None:
    parts.append(framed_size(8))
    parts.append(number.to_bytes(8, "big", signed=True))


def _put_text(parts: list[bytes], text: str) -> None:
    encoded = text.encode()
    parts.append(framed_size(len(encoded)))
    parts.append(encoded)


def check_seal(previous: BlockSealed | None, seal: BlockSealed) -> None:
    """Raise ``LogCorrupt`` unless ``seal`` follows ``previous`` (``None``: is block 1)."""
    difference = seal_difference(previous, seal)
    if difference:
        raise LogCorrupt(difference, where=f"block {seal.height}")


def refuse_unless_next(head: BlockSealed | None, block: Block, partitions: int) -> None:
    """Raise ``BlockRefused`` unless a log of ``partitions`` with ``head`` may take ``block``.

    The contents are not hashed again: they are what the builder hashed a moment ago, and every
    reader checks them.
    """
    difference = seal_difference(head, block.seal)
    if not difference and block.height != block.seal.height:
        difference = f"it is called {block.height} and sealed as {block.seal.height}"
    if not difference and (
        len(block.blobs) != partitions or block.seal.partition_counts.count(",") != partitions - 1
    ):
        difference = f"it has {len(block.blobs)} partitions, the log {partitions}"
    if not difference:
        difference = parent_difference(block.seal, block.blobs[0])
    if difference:
        raise BlockRefused(difference, where=f"block {block.height}")


def check_block(previous: BlockSealed | None, block: Block) -> None:
    """Raise ``LogCorrupt`` unless the whole block follows ``previous`` and is what it seals."""
    check_seal(previous, block.seal)
    if len(block.blobs) != len(block.seal.partition_counts.split(",")):
        raise LogCorrupt(
            f"{len(block.blobs)} partitions do not match the seal", where=f"block {block.height}"
        )
    for partition in range(len(block.blobs)):
        check_blob(block.seal, partition, block.blobs[partition])
    check_outcomes(block.seal, block.outcomes)
    check_control(block.seal, block.control)


def check_partition(previous: BlockSealed | None, block: PartitionBlock) -> None:
    """Raise ``LogCorrupt`` unless the block of one partition follows ``previous`` unchanged.

    Covers the chain of digests, the parent, seqs and times of the seals, and digest and count of
    the blob. Seqs inside the blob are the builder's word, under the digest; a reader that decodes
    them sees them rise, and ``order_difference`` checks just that.
    """
    check_seal(previous, block.seal)
    check_blob(block.seal, block.partition, block.blob)


def check_blob(seal: BlockSealed, partition: int, blob: bytes) -> None:
    """Raise ``LogCorrupt`` unless ``blob`` is what ``seal`` says of ``partition``."""
    difference = blob_difference(seal, partition, blob)
    if difference:
        raise LogCorrupt(difference, where=f"block {seal.height}, partition {partition}")


def check_outcomes(seal: BlockSealed, outcomes: bytes) -> None:
    """Raise ``LogCorrupt`` unless these are the outcomes that ``seal`` covers."""
    if content_digest(outcomes) != seal.outcomes_digest:
        raise LogCorrupt("the digest of the outcomes differs from the seal", where=f"block {seal.height}")


def check_control(seal: BlockSealed, control: bytes) -> None:
    """Raise ``LogCorrupt`` unless these are the control copies that ``seal`` covers."""
    if content_digest(control) != seal.control_digest:
        raise LogCorrupt(
            "the digest of the control copies differs from the seal", where=f"block {seal.height}"
        )


def seal_difference(previous: BlockSealed | None, seal: BlockSealed) -> str:
    """The first thing that keeps ``seal`` from following ``previous``; empty when it follows.

    ``previous`` is the block before, whatever the parent. Whether an older parent is the right
    one, the events say (``parent_difference``).
    """
    if seal_digest(seal) != seal.digest:
        return "the seal's digest is not the digest of its fields"
    height = 1 if previous is None else previous.height + 1
    if seal.height != height:
        return f"height {seal.height} comes where {height} belongs"
    if not (0 < seal.parent_height < height or height == 1 + seal.parent_height):
        return f"parent height is {seal.parent_height}, which is no block before it"
    if seal.previous_digest != ("" if previous is None else previous.digest):
        return "the previous digest is not that of the block before"
    first_seq = 1 if previous is None else previous.last_seq + 1
    if seal.first_seq != first_seq:
        return f"first seq is {seal.first_seq} instead of {first_seq}"
    if seal.last_seq < first_seq - 1:
        return f"last seq {seal.last_seq} lies before first seq {first_seq}"
    partitions = seal.partition_counts.count(",")
    if partitions != seal.partition_digests.count(","):
        return "there are not as many partition counts as partition digests"
    if previous is not None and partitions != previous.partition_counts.count(","):
        return "the number of partitions changed"
    recorded_at_us = 0 if previous is None else previous.recorded_at_us
    if seal.recorded_at_us < recorded_at_us:
        return f"ledger time goes back from {recorded_at_us} to {seal.recorded_at_us}"
    cursor = 0 if previous is None else previous.command_cursor
    if seal.command_count < 0 or seal.command_cursor < cursor + seal.command_count:
        return f"command cursor {cursor} and {seal.command_count} commands do not give {seal.command_cursor}"
    return ""


def blob_difference(seal: BlockSealed, partition: int, blob: bytes) -> str:
    """How ``blob`` differs from what ``seal`` says of ``partition``; empty when it does not."""
    digests = seal.partition_digests.split(",")
    counts = seal.partition_counts.split(",")
    if partition >= len(digests) or partition >= len(counts):
        return f"the seal covers {min(len(digests), len(counts))} partitions"
    if content_digest(blob) != digests[partition]:
        return "the digest of the events differs from the seal"
    found = count_values(blob)
    if str(found) != counts[partition]:
        return f"{found} events where the seal counts {counts[partition]}"
    return parent_difference(seal, blob)


def parent_difference(seal: BlockSealed, blob: bytes) -> str:
    """How the parent that ``seal`` names is not the one that the events give; empty when it is.

    Any partition's blob will do, and the control copies: a rollback is in all of them. Raises
    ``CodecFault`` when the event that declares one cannot be read.
    """
    first = first_value(blob)
    if not first.startswith(ROLLBACK_FRAMINGS):
        expected = seal.height - 1
        if seal.parent_height != expected:
            return f"parent height is {seal.parent_height} instead of {expected}: no rollback is declared"
        return ""
    declared = decode_event(first)
    if not isinstance(declared, RollbackDeclared) or declared.seq != seal.first_seq:
        return f"seq {declared.seq} declares a rollback and is not the first event of the block"
    if declared.target_height != seal.parent_height:
        return f"parent height is {seal.parent_height}, the rollback is to {declared.target_height}"
    return ""
