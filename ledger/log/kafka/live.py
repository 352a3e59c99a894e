"""The newest block of every partition, kept up to date without asking the cluster.

A look at the ends of all partitions costs some 20 ms for each. Whoever follows a log at its end
reads along instead: one consumer of all partitions, which the brokers send every message as soon as
it is committed. What it reads is thrown away but for the seals, 1 µs a message.
"""

from collections.abc import Sequence
from typing import Final, final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from ledger.core.messages import BlockSealed
from ledger.errors import LogUnavailable
from ledger.log.blocks import content_digest
from ledger.log.codec import SEAL_PREFIX
from ledger.log.kafka.config import Connection, block_consumer
from ledger.log.kafka.faults import error_of, fault_of
from ledger.log.kafka.probe import Probe, decoded_seal

MESSAGES: Final = 10_000
NO_COPIES: Final = content_digest(b"")

Place = tuple[str, int]
"""Topic and partition."""


@final
class LiveEnds:
    """Reads along at the ends of ``places``, and of ``control``, which not every block has a part in."""

    def __init__(self, connection: Connection, probe: Probe, places: Sequence[Place], control: Place) -> None:
        self._last: dict[Place, BlockSealed | None] = {}
        self._control = control
        self._copies_due: list[int] = []
        """Heights of blocks with control copies that ``control`` has not shown."""
        self._complete: BlockSealed | None = None
        starts: list[TopicPartition] = []
        for topic, partition in [*places, control]:
            last = probe.tail(topic, partition).last
            self._last[topic, partition] = None if last is None else last.seal
            offset = OFFSET_BEGINNING if last is None else last.offset + 1
            starts.append(TopicPartition(topic, partition, offset))
        self._lead = places[0]
        self._consumer = Consumer(block_consumer(connection))
        try:
            self._consumer.assign(starts)
        except KafkaException as failure:
            raise fault_of(error_of(failure), connection.events) from failure

    def head(self) -> BlockSealed | None:
        """The newest block of which every partition has shown its part, control copies too."""
        while messages := self._consumer.consume(MESSAGES, timeout=0):
            for message in messages:
                self._take(message)
        lowest: BlockSealed | None = None
        for place, seal in self._last.items():
            if place == self._control:
                continue
            if seal is None:
                return None
            if lowest is None or seal.height < lowest.height:
                lowest = seal
        copied = self._last[self._control]
        self._copies_due = [height for height in self._copies_due if copied is None or copied.height < height]
        if lowest is not None and not any(height <= lowest.height for height in self._copies_due):
            self._complete = lowest
        return self._complete

    def may_have_copies(self, from_height: int) -> bool:
        """Whether ``control`` shows a block at or after ``from_height``, as far as was read."""
        copied = self._last[self._control]
        return copied is not None and copied.height >= from_height

    def close(self) -> None:
        """Leave; calling it twice is harmless."""
        self._consumer.close()

    def _take(self, message: Message) -> None:
        error = message.error()
        topic, partition = message.topic() or "", message.partition() or 0
        where = f"{topic}[{partition}]"
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                return
            fault = fault_of(error, where)
            if isinstance(fault, LogUnavailable):
                return
            raise fault
        value = message.value() or b""
        if not value.startswith(SEAL_PREFIX):
            return
        seal = decoded_seal(value, f"{where} offset {message.offset()}")
        self._last[topic, partition] = seal
        if (topic, partition) == self._lead and seal.control_digest != NO_COPIES:
            self._copies_due.append(seal.height)
