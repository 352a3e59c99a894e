"""The recorded history of a window of blocks, read from a log and checked against its seals."""

from collections.abc import Iterator
from typing import Final, final

from ledger.core.messages import AnyEvent, BlockSealed, Outcome
from ledger.errors import CodecFault, LogCorrupt, SettingsFault
from ledger.incident.counterfactual.record import Recorded, RecordedBlock
from ledger.log.blobs import split_outcomes
from ledger.log.blocks import check_outcomes, check_partition
from ledger.log.chain import Rollbacks
from ledger.log.codec import decode_outcome
from ledger.log.port import LogReader, StoredCommand
from ledger.writer.apply import Request, block_events, request_of

BLOCKS_READ: Final = 64
COMMANDS_READ: Final = 5_000


@final
class Window:
    """The blocks after ``from_height`` up to ``to_height``, one segment of the chain of ``to_height``.

    Raises ``SettingsFault`` when there are no such blocks, or a rollback lies between them.
    """

    def __init__(self, log: LogReader, from_height: int, to_height: int) -> None:
        head = log.head()
        newest = 0 if head is None else head.height
        if not 0 < from_height < to_height <= newest:
            raise SettingsFault(
                f"there is no window from block {from_height} to {to_height}: the head is block {newest}",
                remedy="Name a block below the head with --from-block, and --to-block above it",
            )
        rollbacks = Rollbacks(log)
        rollbacks.read_on()
        chain = rollbacks.chain(to_height)
        if not chain.is_on_chain(from_height) or chain.end_of(from_height) != to_height:
            raise SettingsFault(
                f"a rollback lies between block {from_height} and block {to_height}",
                remedy="Choose a window without one: the blocks before it, or those after it",
            )
        self.log = log
        self.first: BlockSealed = log.seal(from_height)
        self.last: BlockSealed = log.seal(to_height)

    def blocks(self) -> Iterator[RecordedBlock]:
        """The blocks in order, each checked against its seal. Raises ``LogCorrupt`` naming the block."""
        commands = _Commands(self.log, self.first.command_cursor)
        previous = self.first
        while previous.height < self.last.height:
            first = previous.height + 1
            count = min(BLOCKS_READ, self.last.height - previous.height)
            partitions = [
                self.log.read_partition(partition, first, count) for partition in range(self.log.partitions)
            ]
            outcomes = self.log.read_outcomes(first, count)
            complete = min(len(outcomes), *(len(blocks) for blocks in partitions))
            if complete == 0:
                raise LogCorrupt("the block is missing", where=f"block {first}")
            for index in range(complete):
                seal = partitions[0][index].seal
                for blocks in partitions:
                    check_partition(previous, blocks[index])
                check_outcomes(seal, outcomes[index].data)
                try:
                    events = block_events([blocks[index].blob for blocks in partitions])
                    found = [decode_outcome(value) for value in split_outcomes(outcomes[index].data)]
                except CodecFault as fault:
                    raise LogCorrupt(fault.what, where=f"block {seal.height}") from fault
                requests = commands.below(seal.command_cursor)
                yield RecordedBlock(seal, recorded_commands(seal, requests, found, events))
                previous = seal


def recorded_commands(
    seal: BlockSealed, requests: list[Request], outcomes: list[Outcome], events: list[AnyEvent]
) -> list[Recorded]:
    """The commands of a block with their outcomes and events."""
    where = f"block {seal.height}"
    if len(requests) != len(outcomes):
        raise LogCorrupt(f"{len(requests)} commands and {len(outcomes)} outcomes", where=where)
    commands: list[Recorded] = []
    place = 0
    for request, outcome in zip(requests, outcomes, strict=True):
        own: list[AnyEvent] = []
        if place < len(events) and outcome.first_seq == events[place].seq:
            count = outcome.last_seq - outcome.first_seq + 1
            own = events[place : place + count]
            place += count
        commands.append(Recorded(request, outcome, own))
    if place != len(events):
        raise SettingsFault(
            f"seq {events[place].seq} follows from no command: an incident was mended in this block",
            where=where,
            remedy="Choose a window without it",
        )
    return commands


@final
class _Commands:
    """The commands of a log in order of position, read a few thousand at a time."""

    def __init__(self, log: LogReader, position: int) -> None:
        self._log = log
        self._next = position
        self._read: list[StoredCommand] = []
        self._place = 0

    def below(self, cursor: int) -> list[Request]:
        """Every command at a position below ``cursor`` that was not given yet."""
        requests: list[Request] = []
        while True:
            if self._place == len(self._read):
                self._read = self._log.read_commands(self._next, COMMANDS_READ) if self._next < cursor else []
                self._place = 0
                if not self._read:
                    return requests
                self._next = self._read[-1].position + 1
            stored = self._read[self._place]
            if stored.position >= cursor:
                return requests
            requests.append(request_of(stored.position, stored.arrived_at_us, stored.data))
            self._place += 1
