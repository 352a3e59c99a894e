"""One topic partition, read block by block.

A block ends with its seal, the same bytes in every partition. A stream hands out whole blocks
only; what lies behind the last seal waits until its own seal is there. Under read_committed an
open or aborted transaction is never seen. Offsets have gaps where a transaction ended or was
aborted, so nothing here counts them.
"""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import repeat
from operator import is_not
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from ledger.errors import LedgerFault, LogCorrupt, LogUnavailable, TopicChanged
from ledger.log.kafka.config import Connection, Settings, block_consumer
from ledger.log.kafka.cutting import Cutter, SealedRun
from ledger.log.kafka.faults import error_of, fault_of
from ledger.log.port import READ_BYTES_MAX

BATCH_MESSAGES: Final = 500
"""Messages taken from the client library at a time. They are in the processor's cache still when they are
looked at: of 2,000 a message costs 0.06 µs more, of 10,000 0.15."""
ANSWER_TIMEOUT_S: Final = 20.0
"""How long a partition may take to deliver a message or say that it is at its end.

Three times the longest fail-over of a leader (6.6 s) before the caller hears of it.
"""
ASK_TIMEOUT_S: Final = 7.0
"""A request to a broker that is silent fails after 6 s (``SOCKET_TIMEOUT_MS``); one that is dropped
earlier would teach the client library nothing."""
ASK_AGAIN_S: Final = 0.05
BLOCK_MESSAGES_MAX: Final = 4_000_000
"""Messages without a seal that are kept waiting for one: twice what fits the writer's queue, so
that no block has as many. More are the bytes of somebody else."""


def watermarks(
    consumer: Consumer, topic: str, partition: int, polled: Callable[[Message], None]
) -> tuple[int, int]:
    """First offset of a partition, and the offset behind the last one.

    The last stable one if the consumer reads committed. A partition without a leader is asked
    again for up to ``ANSWER_TIMEOUT_S``. Meanwhile the client library is asked who leads now, which
    it may have believed to know, and polled: one that has lost every broker looks for them again
    only then. What ``poll`` gave goes to ``polled``.
    """
    patience = time.monotonic() + ANSWER_TIMEOUT_S
    where = f"{topic}[{partition}]"
    while True:
        try:
            return consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=ASK_TIMEOUT_S)
        except KafkaException as failure:
            fault = fault_of(error_of(failure), where)
            if not isinstance(fault, LogUnavailable) or time.monotonic() > patience:
                raise fault from failure
        message = consumer.poll(ASK_AGAIN_S)
        if message is not None:
            polled(message)
        with suppress(KafkaException):
            consumer.list_topics(topic, timeout=ASK_AGAIN_S * 10)


class PartitionStream:
    """A consumer of one topic partition at offsets of our choosing.

    ``at_end`` is true once the broker said that nothing more is readable; it turns false with
    the next message. ``end_offset`` is where the broker said it.
    """

    def __init__(
        self, connection: Connection, topic: str, partition: int, settings: Settings | None = None
    ) -> None:
        self.topic = topic
        self.partition = partition
        self.at_end = False
        self.end_offset = -1
        self._consumer = Consumer(block_consumer(connection) if settings is None else settings)
        self._fault: LedgerFault | None = None
        self._kept: list[Message] = []
        """What came while the broker was asked for something else."""

    @property
    def where(self) -> str:
        """Name of the partition for a person."""
        return f"{self.topic}[{self.partition}]"

    def watermarks(self) -> tuple[int, int]:
        """First offset, and the offset behind the last one (the last stable one if read_committed)."""
        return watermarks(self._consumer, self.topic, self.partition, self._kept.append)

    def known_end(self) -> int:
        """The offset behind the last one, as of the last fetch: asks nobody, -1 before the first."""
        place = TopicPartition(self.topic, self.partition)
        return self._consumer.get_watermark_offsets(place, cached=True)[1]

    def seek(self, offset: int) -> None:
        """Read on from ``offset``; one that does not exist is a fault at the next read."""
        try:
            self._consumer.assign([TopicPartition(self.topic, self.partition, offset)])
        except KafkaException as failure:
            raise fault_of(error_of(failure), self.where) from failure
        self.at_end = False
        self.end_offset = -1
        self._fault = None
        self._kept = []

    def read(self, limit: int, wait_s: float) -> list[Message]:
        """Messages that follow, at most ``limit``; empty when none came.

        Waits up to ``wait_s`` at the end of the partition, and as long as the broker needs
        before it. A fault comes after the messages before it: after it, ``seek``.
        """
        patience = time.monotonic() + ANSWER_TIMEOUT_S
        while True:
            if self._fault is not None:
                raise self._fault
            messages, self._kept = self._kept[:limit], self._kept[limit:]
            if not messages:
                messages = self._consumer.consume(limit, timeout=0)
            if not messages:
                first = self._consumer.poll(wait_s if self.at_end else 0.1)
                if first is not None:
                    messages = (
                        [first, *self._consumer.consume(limit - 1, timeout=0)] if limit > 1 else [first]
                    )
            if not messages:
                if self.at_end:
                    return []
                if time.monotonic() > patience:
                    raise LogUnavailable(
                        f"no message and no end of the partition within {ANSWER_TIMEOUT_S:g} s",
                        where=self.where,
                    )
                continue
            good = self._sorted_out(messages)
            if good or (self.at_end and self._fault is None):
                return good

    def is_read_up(self) -> bool:
        """Whether everything readable now was read; asks the broker.

        Raises ``TopicChanged`` when the topic is gone, or ends before what was read from it.
        """
        if not self.at_end:
            return False
        _, end = self.watermarks()
        if end < self.end_offset:
            raise TopicChanged(
                f"it was read up to offset {self.end_offset} and now ends at {end}", where=self.where
            )
        self.at_end = end == self.end_offset
        return self.at_end

    def close(self) -> None:
        """Leave; calling it twice is harmless."""
        self._consumer.close()

    def _sorted_out(self, messages: list[Message]) -> list[Message]:
        """The messages up to the first fault, which is kept; what a client retries is no fault."""
        errors = list(map(Message.error, messages))
        if not any(map(is_not, errors, repeat(None))):
            self.at_end = False
            return messages
        good: list[Message] = []
        for message, error in zip(messages, errors, strict=True):
            if error is None:
                good.append(message)
                self.at_end = False
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                self.at_end = True
                self.end_offset = message.offset() or 0
            else:
                fault = fault_of(error, self.where)
                if not isinstance(fault, LogUnavailable):
                    self._fault = fault
                    break
        return good


class BlockStream:
    """Whole blocks of one topic partition, in order. After a fault, ``seek``."""

    def __init__(self, connection: Connection, topic: str, partition: int) -> None:
        self._stream = PartitionStream(connection, topic, partition)
        self._cutter = Cutter(keyed=topic != connection.outcomes)
        self._ready: deque[SealedRun] = deque()

    @property
    def where(self) -> str:
        """Name of the partition for a person."""
        return self._stream.where

    def watermarks(self) -> tuple[int, int]:
        """First offset, and the offset behind the last readable one."""
        return self._stream.watermarks()

    def seek(self, offset: int) -> None:
        """Read on from ``offset``, which must be where a block begins."""
        self._cutter.begin()
        self._ready.clear()
        self._stream.seek(offset)

    def seek_start(self) -> None:
        """Read from the first block. A partition whose start was deleted is a fault."""
        low, _ = self.watermarks()
        if low > 0:
            raise TopicChanged(
                f"offset 0 was asked for and the partition begins at {low}: history was deleted",
                where=self.where,
            )
        self.seek(OFFSET_BEGINNING)

    def read(self, count: int, wait_s: float = 0.0) -> list[SealedRun]:
        """Up to ``count`` blocks that follow; fewer past ``READ_BYTES_MAX``.

        None means that no further block was there; ``wait_s`` is how long to wait for one.
        """
        runs: list[SealedRun] = []
        size = 0
        while len(runs) < count and size < READ_BYTES_MAX:
            if not self._ready and not (
                self._fill(0.0, sure=False) if runs else self._fill(wait_s, sure=True)
            ):
                break
            run = self._ready.popleft()
            runs.append(run)
            size += len(run.data)
        return runs

    def close(self) -> None:
        """Leave; calling it twice is harmless."""
        self._stream.close()

    def _fill(self, wait_s: float, *, sure: bool) -> bool:
        """Read until a block is complete; false when the partition ends before.

        ``sure`` asks the broker whether it does; otherwise the last fetch is believed.
        """
        while True:
            messages = self._stream.read(BATCH_MESSAGES, wait_s)
            self._ready.extend(self._cutter.take(messages))
            if self._ready:
                return True
            if not messages and (not sure or self._stream.is_read_up()):
                return False
            if self._cutter.waiting > BLOCK_MESSAGES_MAX:
                raise LogCorrupt(
                    f"{self._cutter.waiting} messages from offset {self._cutter.first_offset} on"
                    " have no seal",
                    where=self.where,
                )
