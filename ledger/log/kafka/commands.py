"""The sender's half of the log on a cluster: commands out, outcomes in."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer

from ledger.core.messages import Outcome
from ledger.errors import LedgerFault, LogUnavailable, SettingsFault
from ledger.log.codec import SEAL_PREFIX, decode_outcome
from ledger.log.kafka.config import Connection, command_producer
from ledger.log.kafka.faults import error_of, fault_of
from ledger.log.kafka.stream import BATCH_MESSAGES, PartitionStream

FLUSH_TIMEOUT_S: Final = 25.0
"""``delivery.timeout.ms`` of the producer (20 s) and the time to report it."""

SERVE_S: Final = 0.1
"""At most this long passes between the last delivery and our seeing that there is none left."""

Delivered = Callable[[int], None]
Failed = Callable[[LedgerFault], None]


class CommandSender:
    """Appends framed commands to the commands topic."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._topic = connection.commands
        self._producer = Producer(command_producer(connection))
        self._renewing = threading.Lock()

    def connect(self) -> None:
        """Find the topic now: the first command would wait for it otherwise. Raises ``LogUnavailable``."""
        try:
            self._producer.list_topics(self._topic, FLUSH_TIMEOUT_S)
        except KafkaException as failure:
            raise self._fault(error_of(failure)) from failure

    def send(self, command: bytes, delivered: Delivered, failed: Failed) -> None:
        """Hand over one command; ``delivered`` is called later with its position, or ``failed``.

        The position is -1 where a retry inside the client hid it. A command that failed may be
        stored all the same; under the same id it may be sent again.
        """

        def report(error: KafkaError | None, message: Any) -> None:  # noqa: ANN401
            if error is None:
                offset = message.offset()
                delivered(-1 if offset is None else max(-1, offset))
            else:
                failed(self._fault(error))

        while True:
            producer = self._producer
            try:
                producer.produce(self._topic, command, partition=0, on_delivery=report)
            except BufferError:
                self._served(producer, 0.05)  # the queue is full: wait for deliveries, which make room
            except KafkaException as failure:
                error = error_of(failure)
                if not _is_fatal(error):
                    raise fault_of(error, self._topic) from failure
                self._renew(producer)
            else:
                return

    def append(self, commands: Sequence[bytes]) -> int:
        """Store commands and return the offset of the first; all of them are stored on return."""
        offsets: list[int] = []
        faults: list[LedgerFault] = []
        for command in commands:
            self.send(command, offsets.append, faults.append)
        left = self._left(self._producer)
        if faults:
            raise faults[0]
        if left or -1 in offsets:
            raise LogUnavailable(
                f"{left} commands are not stored after {FLUSH_TIMEOUT_S:g} s", where=self._topic
            )
        return min(offsets)

    def serve(self, timeout_s: float) -> None:
        """Report deliveries for up to ``timeout_s``.

        Raises ``SettingsFault`` when the cluster does not let us write commands, and
        ``LogUnavailable`` when it took against this producer; the next ``send`` makes a new one.
        """
        self._served(self._producer, timeout_s)

    def close(self) -> None:
        """Wait for what was handed over, as long as the client retries it."""
        with suppress(LedgerFault):
            self._left(self._producer)

    def _renew(self, broken: Producer) -> None:
        """Go on with a new producer: the cluster took against the sequence of the old one.

        What the old one held fails, may be stored, and may be sent again.
        """
        with self._renewing:
            if self._producer is broken:
                broken.purge()
                with suppress(LedgerFault):
                    self._left(broken)
                self._producer = Producer(command_producer(self._connection))

    def _left(self, producer: Producer) -> int:
        """Wait until everything handed over is reported, and return how much is not in time.

        A fatal error is raised when all of that is reported: nobody hears of it after this producer is
        given up. The library's own ``flush`` loses it.
        """
        deadline = time.monotonic() + FLUSH_TIMEOUT_S
        fatal: LogUnavailable | None = None
        while len(producer) and (left_s := deadline - time.monotonic()) > 0:
            try:
                self._served(producer, min(left_s, SERVE_S))
            except LogUnavailable as broken:
                fatal = broken
        if fatal is not None:
            raise fatal
        return len(producer)

    def _served(self, producer: Producer, timeout_s: float) -> None:
        """Report deliveries; a fatal error of the producer is raised, once."""
        try:
            producer.poll(timeout_s)
        except KafkaException as failure:
            raise self._fault(error_of(failure)) from failure

    def _fault(self, error: KafkaError) -> LedgerFault:
        fault = fault_of(error, self._topic)
        if isinstance(fault, SettingsFault):
            return fault
        if _is_fatal(error):
            return LogUnavailable(f"the command is perhaps not stored ({error.str()})", where=self._topic)
        return fault


def _is_fatal(error: KafkaError) -> bool:
    return error.fatal() or error.code() == KafkaError._FATAL  # noqa: SLF001


class OutcomeFollower:
    """Reads committed outcomes from the moment it was made."""

    def __init__(self, connection: Connection) -> None:
        self._stream = PartitionStream(connection, connection.outcomes, 0)
        _, end = self._stream.watermarks()
        self._stream.seek(end)

    def read(self, wait_s: float) -> list[Outcome]:
        """Outcomes that were committed since the last call; waits up to ``wait_s`` for the first."""
        deadline = time.monotonic() + wait_s
        while True:
            messages = self._stream.read(BATCH_MESSAGES, max(0.0, deadline - time.monotonic()))
            values = [message.value() or b"" for message in messages]
            outcomes = [decode_outcome(value) for value in values if not value.startswith(SEAL_PREFIX)]
            if outcomes or time.monotonic() >= deadline:
                return outcomes

    def close(self) -> None:
        """Leave; calling it twice is harmless."""
        self._stream.close()
