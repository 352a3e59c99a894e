"""Looking for seals in a topic partition without reading it.

The newest seal lies near the end; the seal of a height is found by halving the offsets, each look
reading up to the next seal: 24 looks of some 10 ms for 10 million messages. Nothing is stored
about where blocks lie, so nothing can disagree with the log.
"""

from typing import Final, final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from ledger.core.messages import BlockSealed
from ledger.errors import CodecFault, LogCorrupt, LogUnavailable
from ledger.log.codec import SEAL_PREFIX, decode_seal
from ledger.log.kafka.config import Connection, probe_consumer
from ledger.log.kafka.faults import error_of, fault_of
from ledger.log.kafka.stream import ANSWER_TIMEOUT_S, watermarks

TAIL_MESSAGES: Final = 1_024
"""First guess of how far behind the end the last seal lies; four times as far until one is found."""


def _dropped(_: Message) -> None:
    """A consumer that is assigned nothing gets errors only, which are asked about again."""


@final
class FoundSeal:
    """A seal and the offset where it lies."""

    __slots__ = ("offset", "seal")

    def __init__(self, seal: BlockSealed, offset: int) -> None:
        self.seal = seal
        self.offset = offset


@final
class Tail:
    """How a partition ends: the last seal, if any, and the first offset behind it that has a message.

    ``loose_offset`` is -1 when the partition ends with its last seal, as writers leave it. ``end`` is the
    offset behind the last readable one, as the broker said that was asked.
    """

    __slots__ = ("end", "last", "loose_offset")

    def __init__(self, last: FoundSeal | None, loose_offset: int, end: int) -> None:
        self.last = last
        self.loose_offset = loose_offset
        self.end = end


def decoded_seal(data: bytes, where: str) -> BlockSealed:
    """The seal in ``data``; bytes that only look like one are a fault of the log."""
    try:
        return decode_seal(data)
    except CodecFault as fault:
        raise LogCorrupt(f"it looks like a seal and is none ({fault.what})", where=where) from fault


class Probe:
    """One consumer that looks into any partition, one after the other."""

    def __init__(self, connection: Connection, *, committed: bool = True) -> None:
        self._consumer = Consumer(probe_consumer(connection, committed=committed))
        self._tails: dict[tuple[str, int], tuple[int, Tail]] = {}

    def watermarks(self, topic: str, partition: int) -> tuple[int, int]:
        """First offset, and the offset behind the last one (the last stable one if read_committed)."""
        return watermarks(self._consumer, topic, partition, _dropped)

    def tail(self, topic: str, partition: int) -> Tail:
        """How the readable part of a partition ends now."""
        low, high = self.watermarks(topic, partition)
        known = self._tails.get((topic, partition))
        if known is not None and known[0] == high:
            return known[1]
        back = TAIL_MESSAGES
        while True:
            start = max(low, high - back)
            tail = self._tail_from(topic, partition, start, high)
            if tail.last is not None or start == low:
                self._tails[topic, partition] = (high, tail)
                return tail
            back *= 4

    def first_seal(self, topic: str, partition: int, offset: int, end: int) -> FoundSeal | None:
        """The first seal from ``offset`` to before ``end``, which must be readable."""
        with self._looking(topic, partition, offset, end) as look:
            while messages := look.read():
                for message in messages:
                    if (value := message.value() or b"").startswith(SEAL_PREFIX):
                        return look.found(value, message)
        return None

    def close(self) -> None:
        """Leave; calling it twice is harmless."""
        self._consumer.close()

    def _tail_from(self, topic: str, partition: int, offset: int, end: int) -> Tail:
        last: Message | None = None
        loose = -1
        with self._looking(topic, partition, offset, end) as look:
            while messages := look.read():
                for message in messages:
                    if (message.value() or b"").startswith(SEAL_PREFIX):
                        last, loose = message, -1
                    elif loose < 0:
                        loose = message.offset() or 0
            return Tail(None if last is None else look.found(last.value() or b"", last), loose, end)

    def _looking(self, topic: str, partition: int, offset: int, end: int) -> "_Look":
        return _Look(self._consumer, topic, partition, offset, end)


@final
class _Look:
    """The messages of one partition from one offset to before another; assigned only meanwhile."""

    def __init__(self, consumer: Consumer, topic: str, partition: int, offset: int, end: int) -> None:
        self._consumer = consumer
        self._place = TopicPartition(topic, partition, offset)
        self._where = f"{topic}[{partition}]"
        self._next = offset
        self._end = end

    def __enter__(self) -> "_Look":
        try:
            self._consumer.assign([self._place])
        except KafkaException as failure:
            raise fault_of(error_of(failure), self._where) from failure
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.unassign()

    def found(self, value: bytes, message: Message) -> FoundSeal:
        offset = message.offset() or 0
        return FoundSeal(decoded_seal(value, f"{self._where} offset {offset}"), offset)

    def read(self) -> list[Message]:
        """The next messages; none when ``end`` was reached."""
        waited_s = 0.0
        while self._next < self._end:
            messages = self._consumer.consume(TAIL_MESSAGES, timeout=0)
            if not messages and (first := self._consumer.poll(1.0)) is not None:
                messages = [first]
            good = self._sorted_out(messages)
            if good:
                return good
            waited_s += 0.0 if messages else 1.0
            if waited_s >= ANSWER_TIMEOUT_S:
                raise LogUnavailable(f"no message within {ANSWER_TIMEOUT_S:g} s", where=self._where)
        return []

    def _sorted_out(self, messages: list[Message]) -> list[Message]:
        good: list[Message] = []
        for message in messages:
            error = message.error()
            offset = message.offset() or 0
            if error is None:
                if offset < self._end:
                    good.append(message)
                self._next = offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                self._next = max(self._next, offset)
            else:
                fault = fault_of(error, self._where)
                if not isinstance(fault, LogUnavailable):
                    raise fault
        return good
