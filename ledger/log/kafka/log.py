"""``KafkaLog``: the log as its one writer has it on a cluster.

**Taking over** (``KafkaLog.open``), after leadership was won and probed (``leadership``):

1. a new producer with the ledger's fixed transactional id, ``init_transactions``: the predecessor
   is fenced and its open transaction is resolved;
2. learn where every partition really ends: put a message into each in a transaction that is aborted.
   Nobody ever sees it, and where it lies is beyond doubt: every in-sync replica has it. To ask a broker
   is not enough: one that stood still may think that it leads, and leave out what came since;
3. look at the end of every partition until what is shown (read_committed) reaches the captured end. One
   that stays short of it is hidden by such a broker, which soon hears of it, or pinned by the open
   transaction of somebody else: waited for, then named;
4. every partition must end with a seal, of the same block: it is the height and the command cursor.
   Bytes behind the last seal are nobody's, and no block is put on top of them.

**Committing one block**:

1. begin the transaction;
2. produce the events and the seal to every partition of ``events``;
3. produce the outcomes and the seal to ``outcomes``, control copies and the seal to ``control``;
4. commit: it flushes and returns when every in-sync replica has it all.

No consumer offset is part of the transaction: the seal's command cursor is the only command
position. A commit whose outcome is unknown (time-out, retriable error) is repeated by the same
producer: this landed every time, where a new producer's step 1 aborted it every time. An error
that requires an abort means that nothing landed. A fatal error means that somebody else is the
writer now, or that the transaction ran out of time.
"""

import time
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from typing import Final, Self, final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ledger.core.messages import BlockSealed
from ledger.errors import LogCorrupt, LogUnavailable
from ledger.log.blobs import iterate, split_outcomes
from ledger.log.blocks import refuse_unless_next
from ledger.log.kafka.commands import CommandSender
from ledger.log.kafka.config import Connection, block_producer
from ledger.log.kafka.cutting import SealedRun
from ledger.log.kafka.faults import error_of, fault_of
from ledger.log.kafka.probe import Probe, Tail
from ledger.log.kafka.reader import KafkaReader
from ledger.log.port import Block, StoredCommand

INIT_TIMEOUT_S: Final = 30.0
COMMIT_TIMEOUT_S: Final = 10.0
"""One try of a commit; a try that times out is repeated until ``COMMIT_PATIENCE_S``."""
COMMIT_PATIENCE_S: Final = 60.0
"""Longer than any fail-over seen (a paused broker is back or given up after 20 s), twice
``TRANSACTION_TIMEOUT_MS``: after it the broker has aborted the transaction or is not there."""
FOREIGN_TRANSACTION_TIMEOUT_S: Final = 65.0
"""The longest a broker lets anybody keep a transaction open (``transaction.max.timeout.ms``) and 5 s."""

END: Final = b"end of the log"
"""What a writer that takes over puts behind all there is, and takes back."""
UNREPORTED_MAX: Final = 1_000
"""Durable blocks that are remembered for the one who watches."""

Place = tuple[str, int]
"""Topic and partition."""


@final
class DurableBlock:
    """A block that was committed, and how long that took, in seconds.

    ``block_s`` since its commands were read, ``commit_s`` of it the commit; ``lag_s`` since its
    first command arrived at the broker, by the two machines' clocks. A heartbeat lags by nothing.
    """

    __slots__ = ("block_s", "commit_s", "lag_s", "seal")

    def __init__(self, seal: BlockSealed, block_s: float, commit_s: float, lag_s: float) -> None:
        self.seal = seal
        self.block_s = block_s
        self.commit_s = commit_s
        self.lag_s = lag_s


@final
class _Read:
    """When commands were read, from which position on, and when the first of them had arrived."""

    __slots__ = ("arrived_at_us", "at_s", "position")

    def __init__(self, first: StoredCommand) -> None:
        self.position = first.position
        self.arrived_at_us = first.arrived_at_us
        self.at_s = time.monotonic()


def transactional_id(ledger_id: str) -> str:
    """The one name under which blocks of this ledger are written; it fences an older writer."""
    return f"ledger-writer-{ledger_id}"


class KafkaLog(KafkaReader):
    """The writer's log. Made by ``open``; of no further use after a fault of ``commit``.

    One thread may read commands while another commits.
    """

    def __init__(self, connection: Connection, ledger_id: str, *, wait_s: float = 0.0) -> None:
        super().__init__(connection, wait_s=wait_s)
        self._opened_id = ledger_id
        self._producer = Producer(block_producer(connection, transactional_id(ledger_id)))
        self._sender: CommandSender | None = None
        self._head: BlockSealed | None = None
        self._shown = False
        self._reads: deque[_Read] = deque(maxlen=UNREPORTED_MAX)
        self._durable: deque[DurableBlock] = deque(maxlen=UNREPORTED_MAX)

    @classmethod
    def open(
        cls,
        connection: Connection,
        ledger_id: str,
        *,
        wait_s: float = 0.0,
        foreign_patience_s: float = FOREIGN_TRANSACTION_TIMEOUT_S,
    ) -> Self:
        """Fence the predecessor and find the head (steps 1-4 of *taking over*).

        A foreign transaction that is open is waited for up to ``foreign_patience_s``.
        """
        log = cls(connection, ledger_id, wait_s=wait_s)
        try:
            log._take_over(foreign_patience_s)
        except BaseException:
            log.close()
            raise
        return log

    @property
    def ledger_id(self) -> str:
        """Identity of the ledger, as the writer was started for."""
        return self._opened_id

    def head(self) -> BlockSealed | None:
        """Seal of the newest block; the writer's own, without asking the cluster."""
        return self._head

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:
        """Up to ``count`` commands at or after ``position``; positions are offsets and may have gaps."""
        commands = super().read_commands(position, count)
        if commands:
            self._reads.append(_Read(commands[0]))
        return commands

    def newly_durable(self) -> list[DurableBlock]:
        """The blocks that became durable since the last call, at most the newest ``UNREPORTED_MAX``."""
        return [self._durable.popleft() for _ in range(len(self._durable))]

    def commands_after(self, position: int) -> int:
        """How many commands lie at or after ``position``, as far as the last fetch showed."""
        return max(0, self._command_stream().known_end() - position)

    def commit(self, block: Block) -> None:
        """Append ``block``: the four steps of *committing one block*.

        Streams that recovery read are closed first: they would fetch back all that is written.
        """
        refuse_unless_next(self._head, block, self.partitions)
        self._close_chains()
        where = f"block {block.height}"
        started_s = time.monotonic()
        try:
            self._producer.begin_transaction()
            self._produce(block)
        except KafkaException as failure:
            raise fault_of(error_of(failure), f"{where}, produce") from failure
        except BufferError as failure:
            raise LogUnavailable(
                "the client's queue is full: the cluster takes nothing", where=where
            ) from failure
        self._finish(where)
        self._head = block.seal
        self._promised = block.seal.height
        self._shown = False
        self._durable.append(self._timed(block.seal, time.monotonic() - started_s))

    def append_commands(self, commands: Sequence[bytes], arrived_at_us: int) -> int:  # noqa: ARG002
        """Store framed commands; the broker's clock says when they arrived. Returns the first offset."""
        if not commands:
            return self._command_stream().watermarks()[1]
        if self._sender is None:
            self._sender = CommandSender(self._connection)
        return self._sender.append(commands)

    def close(self) -> None:
        """Leave the cluster; calling it twice is harmless.

        Nothing is aborted or waited for: what is left of a transaction is resolved by the successor.
        """
        self._producer.purge()
        if self._sender is not None:
            self._sender.close()
            self._sender = None
        super().close()

    def _read(
        self, topic: str, partition: int, from_height: int, count: int
    ) -> list[tuple[BlockSealed, SealedRun]]:
        if not self._shown:
            self._wait_until_decided(FOREIGN_TRANSACTION_TIMEOUT_S)
        return super()._read(topic, partition, from_height, count)

    def _timed(self, seal: BlockSealed, commit_s: float) -> DurableBlock:
        first: _Read | None = None
        while self._reads and self._reads[0].position < seal.command_cursor:
            read = self._reads.popleft()
            first = first or read
        if first is None:
            return DurableBlock(seal, commit_s, commit_s, 0.0)
        block_s = time.monotonic() - first.at_s
        return DurableBlock(seal, block_s, commit_s, time.time() - first.arrived_at_us / 1e6)

    def _produce(self, block: Block) -> None:
        seal: dict[str, object] = {"value": block.seal_bytes}
        produce = self._producer.produce_batch
        for partition, blob in enumerate(block.blobs):
            messages: list[dict[str, object]] = [{"key": key, "value": value} for key, value in iterate(blob)]
            messages.append(seal)
            _all_taken(produce(self._connection.events, messages, partition=partition), messages)
        outcomes: list[dict[str, object]] = [{"value": value} for value in split_outcomes(block.outcomes)]
        outcomes.append(seal)
        _all_taken(produce(self._connection.outcomes, outcomes, partition=0), outcomes)
        if block.control:
            copies = iterate(block.control)
            control: list[dict[str, object]] = [{"key": key, "value": value} for key, value in copies]
            control.append(seal)
            _all_taken(produce(self._connection.control, control, partition=0), control)

    def _finish(self, where: str) -> None:
        patience = time.monotonic() + COMMIT_PATIENCE_S
        while True:
            try:
                self._producer.commit_transaction(COMMIT_TIMEOUT_S)
            except KafkaException as failure:
                error = error_of(failure)
                if error.txn_requires_abort():
                    self._abort(where)
                    raise fault_of(error, f"{where}, aborted, nothing of it landed") from failure
                if error.fatal() or not error.retriable():
                    raise fault_of(error, f"{where}, commit") from failure
                if time.monotonic() > patience:
                    raise LogUnavailable(
                        f"the outcome of the commit is unknown after {COMMIT_PATIENCE_S:g} s ({error.str()})",
                        where=where,
                        remedy="The writer recovers from the log, which says whether the block landed",
                    ) from failure
            else:
                return

    def _abort(self, where: str) -> None:
        try:
            self._producer.abort_transaction(COMMIT_TIMEOUT_S)
        except KafkaException as failure:
            raise fault_of(error_of(failure), f"{where}, abort") from failure

    def _take_over(self, foreign_patience_s: float) -> None:
        try:
            self._producer.init_transactions(INIT_TIMEOUT_S)
        except KafkaException as failure:
            raise fault_of(error_of(failure), transactional_id(self._opened_id)) from failure
        places = [*self._places(), (self._connection.control, 0)]
        ends = self._real_ends(places)
        patience_s = time.monotonic() + foreign_patience_s
        tails = {place: self._tail_to(*place, ends[place], patience_s) for place in places}
        control = tails.pop((self._connection.control, 0))
        self._head = self._agreed_head(tails, control)
        self._promised = 0 if self._head is None else self._head.height
        self._shown = True

    def _real_ends(self, places: list[Place]) -> dict[Place, int]:
        """The offset behind a message that every in-sync replica of each partition has (step 2)."""
        ends: dict[Place, int] = {}
        errors: list[KafkaError] = []

        def stored(error: KafkaError | None, message: Message) -> None:
            if error is None:
                ends[message.topic() or "", message.partition() or 0] = (message.offset() or 0) + 1
            else:
                errors.append(error)

        where = "the ends of the partitions"
        try:
            self._producer.begin_transaction()
            for topic, partition in places:
                self._producer.produce(topic, END, partition=partition, on_delivery=stored)
            self._producer.flush(INIT_TIMEOUT_S)
            self._producer.abort_transaction(COMMIT_TIMEOUT_S)
        except KafkaException as failure:
            raise fault_of(error_of(failure), where) from failure
        if errors:
            raise fault_of(errors[0], where)
        if len(ends) < len(places):
            raise LogUnavailable(f"no answer within {INIT_TIMEOUT_S:g} s", where=where)
        return ends

    def _tail_to(self, topic: str, partition: int, end: int, patience_s: float) -> Tail:
        """How a partition ends, once all of it up to ``end`` is shown (step 3)."""
        while (tail := self._probe.tail(topic, partition)).end < end:
            _require_patience(topic, partition, tail.end, end, patience_s)
        return tail

    def _wait_until_decided(self, patience_s: float) -> None:
        """Wait until every transaction that was begun before now is decided."""
        places = [*self._places(), (self._connection.control, 0)]
        with closing(Probe(self._connection, committed=False)) as really:
            ends = [really.watermarks(*place)[1] for place in places]
        patience = time.monotonic() + patience_s
        for place, end in zip(places, ends, strict=True):
            self._wait_until_stable(*place, end, patience)
        self._shown = True

    def _wait_until_stable(self, topic: str, partition: int, end: int, patience_s: float) -> None:
        while (stable_end := self._probe.watermarks(topic, partition)[1]) < end:
            _require_patience(topic, partition, stable_end, end, patience_s)

    def _agreed_head(self, tails: dict[tuple[str, int], Tail], control: Tail) -> BlockSealed | None:
        """The seal with which all partitions end (step 4)."""
        for (topic, partition), tail in [*tails.items(), ((self._connection.control, 0), control)]:
            if tail.loose_offset >= 0:
                raise LogCorrupt(
                    f"bytes that no writer wrote lie behind the last block, from offset {tail.loose_offset}",
                    where=f"{topic}[{partition}]",
                )
        seals = [None if tail.last is None else tail.last.seal for tail in tails.values()]
        if len({None if seal is None else seal.digest for seal in seals}) != 1:
            ends = [
                f"{topic}[{partition}] at {0 if seal is None else seal.height}"
                for (topic, partition), seal in zip(tails, seals, strict=True)
            ]
            raise LogCorrupt(
                f"the partitions end with different seals: {', '.join(ends)}", where=self._connection.prefix
            )
        head = seals[0]
        if control.last is not None and (head is None or control.last.seal.height > head.height):
            raise LogCorrupt(
                f"it has a block {control.last.seal.height}, which the events have not",
                where=self._connection.control,
            )
        return head


def _require_patience(topic: str, partition: int, shown: int, end: int, patience_s: float) -> None:
    """Wait for a moment; ``LogUnavailable`` when it is later than ``patience_s``."""
    if time.monotonic() > patience_s:
        raise LogUnavailable(
            f"only what lies before offset {shown} is shown, and the log ends at {end}: a foreign transaction"
            " is open, or a broker that stood still thinks that it leads",
            where=f"{topic}[{partition}]",
            remedy="Find the transaction with `kafka-transactions describe-producers` and end it",
        )
    time.sleep(0.05)


def _all_taken(taken: int, messages: list[dict[str, object]]) -> None:
    if taken == len(messages):
        return
    for message in messages:
        error = message.get("_error")
        if error is not None:
            raise KafkaException(error)
    raise BufferError
