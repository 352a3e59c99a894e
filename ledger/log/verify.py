"""Verification of a whole log: every block, every partition, every byte that a seal covers.

``verify_log`` changes nothing and goes on after a finding, so that one run names everything
that is wrong. What could not be looked at is no finding: a fault that time mends is raised. What it
knows of a block:

- the seal follows the seal before it, is the same in every partition, and is in the one form
  that its fields encode to;
- digest and count of every partition are the seal's; every event decodes, lies under its own
  key in the partition of its account, with seq and time rising inside the block;
- the partitions together have every seq of the block, broadcast events with the same bytes in
  each of them, keyed events in one;
- outcomes and control copies are what the seal covers; there is an outcome for every command
  taken, and a stored command for every outcome; control copies are the events they copy;
- block 1 opens this ledger, and no other block opens one;
- a block whose parent is not the block before it begins with the rollback that says so, no other
  block declares one, and the declaration names exactly the blocks and seqs that are void by it.

Digests vouch for all of it up to the head; ``expected`` vouches for the head itself.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar, final

from ledger.core.messages import (
    BROADCAST,
    BlockSealed,
    Event,
    LedgerOpened,
    RollbackCompleted,
    RollbackDeclared,
)
from ledger.core.values import partition_of
from ledger.errors import Action, CodecFault, LedgerFault, LogFault
from ledger.log.blobs import BROADCAST_KEY, iterate, join_messages, split_outcomes
from ledger.log.blocks import CONTROL, blob_difference, content_digest, seal_difference
from ledger.log.codec import decode_event, decode_outcome, encode_seal
from ledger.log.port import LogReader, PartitionBlock

_BLOCKS_PER_READ: Final = 64
_COMMANDS_PER_READ: Final = 10_000


@final
class Finding:
    """Something wrong in a log: where, as far as it is known, and what.

    ``partition`` is -1 when it is not about one partition, ``seq`` 0 when not about one event.
    """

    __slots__ = ("height", "partition", "seq", "what")

    def __init__(self, height: int, partition: int, seq: int, what: str) -> None:
        self.height = height
        self.partition = partition
        self.seq = seq
        self.what = what

    def __str__(self) -> str:
        """One line: ``block 7, partition 2, seq 41: what``."""
        where = f"block {self.height}"
        if self.partition >= 0:
            where += f", partition {self.partition}"
        if self.seq:
            where += f", seq {self.seq}"
        return f"{where}: {self.what}"


@final
class ExpectedHead:
    """A height and the digest it had, kept elsewhere: what a rewritten log cannot fulfil."""

    __slots__ = ("digest", "height")

    def __init__(self, height: int, digest: str) -> None:
        self.height = height
        self.digest = digest


def verify_log(
    log: LogReader,
    expected: ExpectedHead | None = None,
    on_block: Callable[[int], None] | None = None,
) -> Iterator[Finding]:
    """Yield everything that is wrong with ``log`` up to its head; nothing when it is clean.

    ``on_block`` is called with the height of every block that is done, for a progress bar.
    """
    head = log.head()
    height = 0 if head is None else head.height
    walk = _Walk(log)
    for at in range(1, height + 1):
        yield from walk.block(at)
        if expected is not None and at == expected.height:
            yield from walk.expected(expected)
        if on_block is not None:
            on_block(at)
    if expected is not None and not 1 <= expected.height <= height:
        yield Finding(height, -1, 0, f"the log ends here and should have block {expected.height}")


@final
class _Walk:
    """The way through a log: streams of its parts, and the last seal seen."""

    def __init__(self, log: LogReader) -> None:
        self._log = log
        self._previous: BlockSealed | None = None
        self._rollback_seqs: set[int] = set()
        self._partitions = [
            _Stream(partial(log.read_partition, partition)) for partition in range(log.partitions)
        ]
        self._outcomes = _Stream(log.read_outcomes)
        self._control = _Stream(log.read_control, sparse=True)

    def expected(self, expected: ExpectedHead) -> Iterator[Finding]:
        """Whether the block just seen is the expected one."""
        if self._previous is None or self._previous.digest != expected.digest:
            yield Finding(expected.height, -1, 0, f"the digest is not {expected.digest}, as was expected")

    def block(self, height: int) -> Iterator[Finding]:
        """Everything wrong with one block; heights come in order."""
        blocks: list[PartitionBlock] = []
        for partition, stream in enumerate(self._partitions):
            found = stream.take(height)
            if found is None:
                yield Finding(height, partition, 0, stream.trouble)
            else:
                blocks.append(found)
        if not blocks:
            return
        seal = blocks[0].seal
        difference = seal_difference(self._previous, seal)
        if difference:
            yield Finding(height, -1, 0, difference)
        contents = _Contents(self._log.ledger_id, self._log.partitions, self._previous, seal)
        for block in blocks:
            if block.seal_bytes != blocks[0].seal_bytes or encode_seal(block.seal) != block.seal_bytes:
                yield Finding(height, block.partition, 0, "the seal is not the same in every copy")
            yield from contents.partition(block)
        if len(blocks) == len(self._partitions):
            yield from contents.whole()
        for event in contents.rollbacks:
            yield from self._check_rollback(seal, event)
        yield from self._check_outcomes(seal)
        yield from self._check_control(seal, contents if len(blocks) == len(self._partitions) else None)
        yield from self._check_commands(seal)
        self._previous = seal

    def _check_rollback(
        self, seal: BlockSealed, event: RollbackDeclared | RollbackCompleted
    ) -> Iterator[Finding]:
        if isinstance(event, RollbackCompleted):
            if event.rollback_seq not in self._rollback_seqs:
                what = f"it completes a rollback of seq {event.rollback_seq}, which declared none"
                yield Finding(seal.height, -1, event.seq, what)
            return
        self._rollback_seqs.add(event.seq)
        if event.seq != seal.first_seq or not 0 < event.target_height < seal.height:
            return  # named already: such an event is in no block that follows another
        target_seq = self._log.seal(event.target_height).last_seq
        said = [event.target_seq, event.void_from_height, event.void_to_height]
        said += [event.void_from_seq, event.void_to_seq]
        void = [target_seq, event.target_height + 1, seal.height - 1, target_seq + 1, seal.first_seq - 1]
        if said != void:
            what = f"a rollback says target seq, void blocks and void seqs {said}, and they are {void}"
            yield Finding(seal.height, -1, event.seq, what)

    def _check_outcomes(self, seal: BlockSealed) -> Iterator[Finding]:
        found = self._outcomes.take(seal.height)
        if found is None:
            yield Finding(seal.height, -1, 0, self._outcomes.trouble)
            return
        if content_digest(found.data) != seal.outcomes_digest:
            yield Finding(seal.height, -1, 0, "the digest of the outcomes differs from the seal")
        try:
            outcomes = [decode_outcome(data) for data in split_outcomes(found.data)]
        except CodecFault as fault:
            yield Finding(seal.height, -1, 0, f"an outcome cannot be read: {fault}")
            return
        if len(outcomes) != seal.command_count:
            yield Finding(
                seal.height, -1, 0, f"{len(outcomes)} outcomes where the seal counts {seal.command_count}"
            )
        for outcome in outcomes:
            if not 0 <= outcome.first_seq <= outcome.last_seq <= seal.last_seq:
                yield Finding(
                    seal.height,
                    -1,
                    outcome.first_seq,
                    f"the outcome of {outcome.producer}/{outcome.number} ends at seq {outcome.last_seq}, "
                    "which the block has not",
                )

    def _check_control(self, seal: BlockSealed, contents: "_Contents | None") -> Iterator[Finding]:
        found = self._control.take(seal.height)
        if found is None and self._control.trouble:
            yield Finding(seal.height, -1, 0, self._control.trouble)
            return
        data = b"" if found is None else found.data
        if content_digest(data) != seal.control_digest:
            yield Finding(seal.height, -1, 0, "the digest of the control copies differs from the seal")
        elif contents is not None and contents.sees_all and data != contents.control():
            yield Finding(seal.height, -1, 0, "the control copies are not the events that they copy")

    def _check_commands(self, seal: BlockSealed) -> Iterator[Finding]:
        position = 0 if self._previous is None else self._previous.command_cursor
        stored = 0
        while position < seal.command_cursor:
            try:
                commands = self._log.read_commands(
                    position, min(_COMMANDS_PER_READ, seal.command_cursor - position)
                )
            except (LogFault, CodecFault) as fault:
                _raise_what_time_mends(fault)
                yield Finding(seal.height, -1, 0, f"a command cannot be read: {fault}")
                return
            stored += sum(1 for command in commands if command.position < seal.command_cursor)
            if not commands:
                break
            position = commands[-1].position + 1
        if stored < seal.command_count:
            yield Finding(
                seal.height, -1, 0, f"{stored} stored commands where the seal counts {seal.command_count}"
            )


@final
class _Contents:
    """The events of one block, partition by partition."""

    def __init__(
        self, ledger_id: str, partitions: int, previous: BlockSealed | None, seal: BlockSealed
    ) -> None:
        self._ledger_id = ledger_id
        self._partitions = partitions
        self._seal = seal
        self._recorded_at_us = 0 if previous is None else previous.recorded_at_us
        self._keyed: set[int] = set()
        self._broadcast: dict[int, bytes] = {}
        self._copies = 0
        self._copied: list[bytes] = []
        self.rollbacks: list[RollbackDeclared | RollbackCompleted] = []
        """What partition 0 says of rollbacks."""
        self.sees_all = True
        """Whether every event of partition 0 could be read."""

    def partition(self, block: PartitionBlock) -> Iterator[Finding]:
        """Check the events of one partition; the first one is 0."""
        place = (self._seal.height, block.partition)
        try:
            difference = blob_difference(self._seal, block.partition, block.blob)
            messages = iterate(block.blob)
        except CodecFault as fault:
            yield Finding(*place, 0, f"the events cannot be told apart: {fault}")
            self.sees_all = False
            return
        if difference:
            yield Finding(*place, 0, difference)
        last_seq = self._seal.first_seq - 1
        last_us = self._recorded_at_us
        for key, value in messages:
            try:
                event = decode_event(value)
            except CodecFault as fault:
                yield Finding(*place, 0, f"the event after seq {last_seq} cannot be read: {fault}")
                self.sees_all = False
                continue
            wrong = self._misplaced(event, key, block.partition) or self._unordered(event, last_seq, last_us)
            if wrong:
                yield Finding(*place, event.seq, wrong)
            wrong = self._gather(event, value, block.partition)
            if wrong:
                yield Finding(*place, event.seq, wrong)
            last_seq = max(last_seq, event.seq)
            last_us = max(last_us, event.recorded_at_us)

    def whole(self) -> Iterator[Finding]:
        """Check what only all partitions together show."""
        seqs = len(self._keyed) + len(self._broadcast)
        expected = self._seal.last_seq - self._seal.first_seq + 1
        if seqs != expected:
            yield Finding(self._seal.height, -1, 0, f"{seqs} different seqs where the seal has {expected}")
        if self._copies != len(self._broadcast) * self._partitions:
            yield Finding(self._seal.height, -1, 0, "a broadcast event is not in every partition")
        if self._seal.height == 1 and self._seal.last_seq != 1:
            yield Finding(1, -1, 0, "block 1 has more than the opening of the ledger")

    def control(self) -> bytes:
        """The control copies that the block should have."""
        return join_messages([BROADCAST_KEY] * len(self._copied), self._copied)

    def _misplaced(self, event: Event, key: bytes, partition: int) -> str:
        if type(event).__name__ in BROADCAST:
            return "" if key == BROADCAST_KEY else f"a broadcast event lies under key {key!r}"
        keyed: Any = event
        account: str = keyed.account
        if key != account.encode():
            return f"an event of account {account} lies under key {key!r}"
        if partition_of(account, self._partitions) != partition:
            return f"account {account} belongs to partition {partition_of(account, self._partitions)}"
        return ""

    def _unordered(self, event: Event, last_seq: int, last_us: int) -> str:
        if not last_seq < event.seq <= self._seal.last_seq:
            return f"the seq does not lie between {last_seq + 1} and {self._seal.last_seq}"
        if not last_us <= event.recorded_at_us <= self._seal.recorded_at_us:
            return f"it is recorded at {event.recorded_at_us}, not from {last_us} on and within the block"
        return self._origin(event)

    def _origin(self, event: Event) -> str:
        if isinstance(event, RollbackDeclared) and event.seq != self._seal.first_seq:
            return "it declares a rollback and is not the first event of its block"
        opening = isinstance(event, LedgerOpened)
        if opening != (event.seq == 1):
            return f"{type(event).__name__} where " + ("no" if opening else "a") + " ledger is opened"
        if isinstance(event, LedgerOpened) and (event.ledger_id, event.partitions) != (
            self._ledger_id,
            self._partitions,
        ):
            return f"it opens ledger {event.ledger_id!r} with {event.partitions} partitions, not this one"
        return ""

    def _gather(self, event: Event, value: bytes, partition: int) -> str:
        name = type(event).__name__
        if name not in BROADCAST:
            if event.seq in self._keyed or event.seq in self._broadcast:
                return "another event of the block has the same seq"
            self._keyed.add(event.seq)
            return ""
        self._copies += 1
        if partition == 0 and name in CONTROL:
            self._copied.append(value)
            if isinstance(event, RollbackDeclared | RollbackCompleted):
                self.rollbacks.append(event)
        if self._broadcast.setdefault(event.seq, value) != value or event.seq in self._keyed:
            return "another event of the block has the same seq and other bytes"
        return ""


class _Placed(Protocol):
    """Anything that a log has at a height."""

    @property
    def height(self) -> int: ...


B = TypeVar("B", bound=_Placed)


@final
class _Stream(Generic[B]):
    """One part of every block, read ahead, and block by block around what cannot be read."""

    def __init__(self, read: Callable[[int, int], list[B]], *, sparse: bool = False) -> None:
        self._read = read
        self._sparse = sparse
        self._exhausted = False
        self._ahead: list[B] = []
        self.trouble = ""

    def take(self, height: int) -> B | None:
        """The part of the block at ``height``; heights come in order.

        ``None`` with the reason in ``trouble`` when it cannot be had, and with no reason when a
        sparse stream has nothing there.
        """
        self.trouble = ""
        if not self._ahead and not self._exhausted:
            try:
                self._ahead = self._read(height, _BLOCKS_PER_READ)[::-1]
            except (LogFault, CodecFault) as fault:
                _raise_what_time_mends(fault)
                self._ahead = self._one(height)
            self._exhausted = self._sparse and not self._ahead and not self.trouble
        if self._ahead and self._ahead[-1].height == height:
            return self._ahead.pop()
        if not self._sparse and not self.trouble:
            self.trouble = "a part of the block cannot be found"
        return None

    def _one(self, height: int) -> list[B]:
        try:
            return self._read(height, 1)
        except (LogFault, CodecFault) as fault:
            _raise_what_time_mends(fault)
            self.trouble = str(fault)
            return []


def _raise_what_time_mends(fault: LedgerFault) -> None:
    """A log that does not answer now is not known to be wrong."""
    if fault.action is Action.RETRY:
        raise fault
