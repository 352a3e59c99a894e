"""``KafkaReader``: the reading half of the log port on a cluster.

Heights are found by what lies in the partition, never by a stored table of offsets: the next
block is where the stream stands, any other is looked for (``probe``).

An atomic commit is not seen everywhere at once: the broker answers when it is decided and shows it
partition by partition some milliseconds later. So the head is the lowest sealed height over the
partitions of events and outcomes, and everything up to it can be read. A block above it that one
partition already shows is durable all the same.
"""

import time
from collections import OrderedDict
from typing import Final

from ledger.core.messages import BlockSealed, LedgerOpened
from ledger.errors import LogCorrupt, LogFault, LogUnavailable, TopicChanged, invariant
from ledger.log.blobs import iterate
from ledger.log.codec import decode_event
from ledger.log.kafka.config import Connection
from ledger.log.kafka.cutting import SealedRun
from ledger.log.kafka.live import LiveEnds
from ledger.log.kafka.probe import FoundSeal, Probe, decoded_seal
from ledger.log.kafka.stream import BlockStream, PartitionStream
from ledger.log.kafka.topics import Topics
from ledger.log.port import ControlBlock, OutcomesBlock, PartitionBlock, StoredCommand

NEAR_MESSAGES: Final = 4_096
"""A block that begins at most this far on is read up to, which is faster than more looks."""
LOOK_TIMEOUT_S: Final = 2.0
"""How long a look at the topics may take that a leader makes between two blocks."""
GONE_AFTER_S: Final = 10.0
HIDDEN_MAX_S: Final = 45.0
"""How long a block that was shown may be hidden: twice the longest fail-over of a paused broker (20 s)
and some."""
CHECK_S: Final = 5.0
"""How often a reader that follows makes sure that the topics are the ones it began with: a deleted
topic is silence, and one that was made again gives wrong data without an error."""
SEALS_KEPT: Final = 1_024
"""Seals of the newest blocks that were read; a reader that follows asks for the last one again."""
_NOWHERE: Final = -1


class _Chain:
    """The blocks of one topic partition, by height."""

    def __init__(self, connection: Connection, topic: str, partition: int, probe: Probe) -> None:
        self._stream = BlockStream(connection, topic, partition)
        self._probe = probe
        self._topic = topic
        self._partition = partition
        self._next = _NOWHERE
        """Where the stream stands: it gives the first block at or after this height."""
        self._read_from = _NOWHERE
        self._read: list[tuple[BlockSealed, SealedRun]] = []
        """What the last call read, from that height on."""
        self._cut_at = 0

    def read(self, from_height: int, count: int, wait_s: float) -> list[tuple[BlockSealed, SealedRun]]:
        """Blocks at or after ``from_height``, each with its seal decoded.

        What the last call handed out is kept and handed out again: a reader of several partitions
        takes only as many blocks as all of them have.
        """
        if self._read_from <= from_height < self._next:
            return [block for block in self._read if block[0].height >= from_height][:count]
        if from_height != self._next:
            self._go_to(from_height)
        self._next = self._read_from = _NOWHERE  # a fault leaves the stream anywhere
        found = self._read_on(from_height, count, wait_s)
        self._read_from, self._read = from_height, found
        self._next = found[-1][0].height + 1 if found else from_height
        return found

    def seal_at(self, height: int) -> BlockSealed | None:
        """Seal of the block at ``height``, ``None`` if it is not there."""
        low, high = self._stream.watermarks()
        found, _ = self._halved(height, low, high, exact=True)
        if found is not None and found.seal.height > height and low > 0:
            raise self._history_deleted(height, low)
        return found.seal if found is not None and found.seal.height == height else None

    def close(self) -> None:
        self._stream.close()

    def _read_on(self, from_height: int, count: int, wait_s: float) -> list[tuple[BlockSealed, SealedRun]]:
        found: list[tuple[BlockSealed, SealedRun]] = []
        behind = from_height - 1
        while not found and (runs := self._stream.read(count, wait_s)):
            for run in runs:
                place = f"{self._stream.where} offset {run.end_offset - 1}, behind block {behind}"
                seal = decoded_seal(run.seal_bytes, place)
                behind = max(behind, seal.height)
                if seal.height >= from_height:
                    if self._cut_at:
                        raise self._history_deleted(from_height, self._cut_at)
                    found.append((seal, run))
                self._cut_at = 0
        return found

    def _go_to(self, height: int) -> None:
        """Put the stream at or before the beginning of the first block at or after ``height``."""
        self._cut_at = 0
        low, high = self._stream.watermarks()
        if height <= 1 or high <= low:
            self._stream.seek_start()
            return
        _, border = self._halved(height, low, high, exact=False)
        if border == low:
            self._cut_at = low  # the first block may have lost its beginning
        self._stream.seek(border)

    def _halved(self, height: int, left: int, right: int, *, exact: bool) -> tuple[FoundSeal | None, int]:
        """A seal at or after ``height``, and an offset before the block at ``height``.

        ``exact`` makes the seal the first one; otherwise the offset is at most ``NEAR_MESSAGES``
        from it. A block begins at the offset, unless it is ``left``; all before it are below ``height``.
        """
        end = right
        above: FoundSeal | None = None
        while right - left > (0 if exact else NEAR_MESSAGES):
            if exact and above is not None and above.seal.height == height:
                break
            middle = (left + right) // 2
            found = self._probe.first_seal(self._topic, self._partition, middle, end)
            if found is None or found.seal.height >= height:
                right = middle
                above = found or above
            else:
                left = found.offset + 1
        return above, left

    def _history_deleted(self, height: int, low: int) -> TopicChanged:
        return TopicChanged(
            f"block {height} was asked for and the partition begins at offset {low}: history was deleted",
            where=self._stream.where,
        )


class KafkaReader:
    """Reads a ledger on a cluster; any number of them may follow one writer.

    ``wait_s`` is how long a read at the end of a partition waits for more. A ``live`` reader reads
    along at the ends, so that its head costs nothing and is some milliseconds old. After a fault the
    same call may be made again.
    """

    def __init__(self, connection: Connection, *, wait_s: float = 0.0, live: bool = False) -> None:
        self._connection = connection
        self._wait_s = wait_s
        self._topics = Topics(connection)
        self._ids = self._topics.ids()
        missing = [name for name in self._topics.names if name not in self._ids]
        if missing:
            raise TopicChanged(
                "there is no such topic",
                where=", ".join(missing),
                remedy="Create it with `ledger topics create`; if it was there, restore it",
            )
        self._partitions = self._topics.partitions()
        self._probe = Probe(connection)
        self._chains: dict[tuple[str, int], _Chain] = {}
        self._commands: PartitionStream | None = None
        self._commands_next = _NOWHERE
        self._ledger_id = ""
        self._promised = 0
        """Height up to which every partition has shown its blocks."""
        self._hidden_since_s = 0.0
        self._seals: OrderedDict[int, BlockSealed] = OrderedDict()
        self._checked_s = time.monotonic()
        self._live = live
        self._ends: LiveEnds | None = None

    @property
    def partitions(self) -> int:
        """Number of partitions of the events topic."""
        return self._partitions

    @property
    def ledger_id(self) -> str:
        """Identity of the ledger, from block 1; empty before it."""
        if not self._ledger_id:
            for block in self.read_control(1, 1):
                opened = decode_event(iterate(block.data)[0][1])
                if not isinstance(opened, LedgerOpened):
                    raise LogCorrupt("the first event is not LedgerOpened", where=self._connection.control)
                self._ledger_id = opened.ledger_id
        return self._ledger_id

    @property
    def identity(self) -> str:
        """Name and id of the events topic, which changes when the topic is made again."""
        return f"{self._connection.events}@{self._ids[self._connection.events]}"

    def require_same_topics(self) -> None:
        """Fault if a topic was deleted or made again since this reader started.

        A topic is believed to be gone only after ``GONE_AFTER_S``: a broker that has just started
        does not know its topics at once.
        """
        patience = time.monotonic() + GONE_AFTER_S
        while True:
            now = self._topics.ids(LOOK_TIMEOUT_S)
            for name, known in self._ids.items():
                if now.get(name, known) != known:
                    raise TopicChanged(
                        f"the topic was deleted and created again (was {known}, is {now[name]})", where=name
                    )
            gone = self._ids.keys() - now.keys()
            if not gone:
                return
            if time.monotonic() > patience:
                raise TopicChanged("the topic is gone", where=", ".join(sorted(gone)))
            time.sleep(0.1)

    def head(self) -> BlockSealed | None:
        """Seal of the newest block of which every partition shows its part.

        Raises ``TopicChanged`` within ``CHECK_S`` of a topic's end.
        """
        if time.monotonic() - self._checked_s > CHECK_S:
            self._checked_s = time.monotonic()
            self._require_same_topics_if_they_answer()
        head = self._live_head() if self._live else self._head_by_looking()
        if head is not None:
            self._promised = max(self._promised, head.height)
        return head

    def seal(self, height: int) -> BlockSealed:
        """Seal of the block at ``height``."""
        known = self._seals.get(height)
        if known is not None:
            return known
        head = self.head()
        newest = 0 if head is None else head.height
        invariant(1 <= height <= newest, f"there is no block {height}, the newest is {newest}")
        if head is not None and height == newest:
            return head
        found = self._chain(self._connection.events, 0).seal_at(height)
        if found is None:
            raise LogCorrupt(f"there is no block {height}", where=f"{self._connection.events}[0]")
        return found

    def read_partition(self, partition: int, from_height: int, count: int) -> list[PartitionBlock]:
        """Up to ``count`` consecutive blocks of one partition, beginning at ``from_height``."""
        invariant(0 <= partition < self._partitions, f"there is no partition {partition}")
        blocks = [
            PartitionBlock(partition, seal.height, seal, run.seal_bytes, run.data)
            for seal, run in self._read(self._connection.events, partition, from_height, count)
        ]
        for block in blocks[-SEALS_KEPT:]:
            self._seals[block.height] = block.seal
        while len(self._seals) > SEALS_KEPT:
            self._seals.popitem(last=False)
        return blocks

    def read_outcomes(self, from_height: int, count: int) -> list[OutcomesBlock]:
        """Outcomes of up to ``count`` consecutive blocks, beginning at ``from_height``."""
        return [
            OutcomesBlock(seal.height, run.data)
            for seal, run in self._read(self._connection.outcomes, 0, from_height, count)
        ]

    def read_control(self, from_height: int, count: int) -> list[ControlBlock]:
        """Up to ``count`` next blocks at or after ``from_height`` that have control copies.

        None above the head, which is what all partitions show.
        """
        if self._ends is not None and not self._ends.may_have_copies(from_height):
            return []
        found = self._read(self._connection.control, 0, from_height, count)
        head = self.head() if found else None
        return [
            ControlBlock(seal.height, run.data)
            for seal, run in found
            if head is not None and seal.height <= head.height
        ]

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:
        """Up to ``count`` commands at or after ``position``; positions are offsets and may have gaps."""
        invariant(position >= 0, f"there is no position {position}")
        stream = self._command_stream()
        if position != self._commands_next:
            low, high = stream.watermarks()
            if not low <= position <= high:
                raise TopicChanged(
                    f"position {position} was asked for and the topic goes from {low} to {high}",
                    where=self._connection.commands,
                )
            stream.seek(position)
        self._commands_next = _NOWHERE
        messages = stream.read(count, self._wait_s)
        while not messages and not self._wait_s and not stream.is_read_up():
            messages = stream.read(count, self._wait_s)
        stored = [StoredCommand(m.offset() or 0, m.timestamp()[1] * 1000, m.value() or b"") for m in messages]
        self._commands_next = stored[-1].position + 1 if stored else position
        return stored

    def close(self) -> None:
        """Leave the cluster; calling it twice is harmless."""
        self._close_chains()
        self._probe.close()
        if self._ends is not None:
            self._ends.close()
            self._ends = None
        if self._commands is not None:
            self._commands.close()
            self._commands = None

    def _places(self) -> list[tuple[str, int]]:
        """Topic and partition of everything that has a part of every block."""
        places = [(self._connection.events, partition) for partition in range(self._partitions)]
        return [*places, (self._connection.outcomes, 0)]

    def _require_same_topics_if_they_answer(self) -> None:
        """A cluster that fails over says so another time; who reads along has no other way to notice."""
        try:
            self.require_same_topics()
        except LogUnavailable:
            if self._live:
                raise

    def _head_by_looking(self) -> BlockSealed | None:
        lowest: BlockSealed | None = None
        for place in self._places():
            last = self._probe.tail(*place).last
            if last is None:
                return None
            if lowest is None or last.seal.height < lowest.height:
                lowest = last.seal
        return lowest

    def _live_head(self) -> BlockSealed | None:
        if self._ends is None:
            control = (self._connection.control, 0)
            self._ends = LiveEnds(self._connection, self._probe, self._places(), control)
        try:
            return self._ends.head()
        except LogFault as fault:
            self._ends.close()
            self._ends = None
            if isinstance(fault, TopicChanged):
                self.require_same_topics()  # which says more
            raise

    def _close_chains(self) -> None:
        for chain in self._chains.values():
            chain.close()
        self._chains.clear()

    def _read(
        self, topic: str, partition: int, from_height: int, count: int
    ) -> list[tuple[BlockSealed, SealedRun]]:
        invariant(from_height >= 1, f"there is no block {from_height}")
        found = self._chain(topic, partition).read(from_height, count, self._wait_s)
        if found:
            self._hidden_since_s = 0.0
        elif topic != self._connection.control and from_height <= self._promised:
            self._require_patience(f"{topic}[{partition}]", from_height)
        return found

    def _require_patience(self, where: str, height: int) -> None:
        """A block that was seen and is not shown now is hidden by an old leader; after a while it is lost."""
        now_s = time.monotonic()
        self._hidden_since_s = self._hidden_since_s or now_s
        if now_s - self._hidden_since_s < HIDDEN_MAX_S:
            raise LogUnavailable(
                f"block {height} is sealed and not shown: a broker that stood still may think that it leads",
                where=where,
            )

    def _chain(self, topic: str, partition: int) -> _Chain:
        chain = self._chains.get((topic, partition))
        if chain is None:
            chain = _Chain(self._connection, topic, partition, self._probe)
            self._chains[topic, partition] = chain
        return chain

    def _command_stream(self) -> PartitionStream:
        if self._commands is None:
            self._commands = PartitionStream(self._connection, self._connection.commands, 0)
            self._commands_next = _NOWHERE
        return self._commands
