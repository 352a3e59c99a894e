"""The writer as a service on a cluster: it stands by, is chosen, leads, and stands by again.

1. *Stand by*: member of the writers' group, following the log so that its state is warm.
2. *Chosen*: probe the membership (``ledger.log.kafka.leadership``); without it, back to 1.
3. *Take over*: fence the predecessor and find the head (``KafkaLog.open``), then recover from what
   the standby has, or a checkpoint, or block 1.
4. *Lead*: blocks as large as what arrived, heartbeats when nothing does.
5. *Resign* when the group chose another, or *drop everything* when fenced or when a commit's outcome
   is unknown; then 1.

A fault that time mends (``RETRY``) or another writer explains (``Fenced``) leads back to 1. Any
other ends the service: a person must look.
"""

import logging
import threading
import time
from contextlib import suppress
from typing import Final, Protocol, final

from ledger.errors import Action, Fenced, LedgerFault, LogUnavailable
from ledger.log.kafka.config import SESSION_TIMEOUT_ALONE_MS, SESSION_TIMEOUT_MS, Connection
from ledger.log.kafka.leadership import Candidate
from ledger.log.kafka.log import KafkaLog
from ledger.log.kafka.reader import KafkaReader
from ledger.log.kafka.topics import Topics
from ledger.service.metrics import WriterMetrics
from ledger.service.watch import Pulse
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import Follower
from ledger.writer.writer import Writer

CHECK_S: Final = 5.0
"""How often the topics' identity and the number of waiting commands are looked at."""
STANDBY_TURN_S: Final = 0.2
BACK_OFF_S: Final = 0.5
IDLE_WAIT_S: Final = 0.05
"""How long a leader waits for commands before it looks at its membership; a command ends the wait."""

_logger: Final = logging.getLogger("ledger.service.writer")


class OpenLog(Protocol):
    """Takes over a log, as ``KafkaLog.open`` does."""

    def __call__(self, connection: Connection, ledger_id: str, *, wait_s: float) -> KafkaLog:
        """Fence the predecessor and find the head."""


@final
class WriterService:
    """One process that is, or stands by to be, the writer of a ledger on a cluster.

    ``session_ms`` is how long it may be silent before another is chosen; 0 takes what suits the
    number of brokers. ``heartbeat_s`` without a command make an idle leader seal an empty block.
    ``open_log`` is how the log is taken over.
    """

    def __init__(  # noqa: PLR0913
        self,
        connection: Connection,
        ledger_id: str,
        *,
        checkpoints: Checkpoints | None,
        block_size: int,
        metrics: WriterMetrics,
        pulse: Pulse,
        open_log: OpenLog = KafkaLog.open,
        session_ms: int = 0,
        heartbeat_s: float = 10.0,
    ) -> None:
        self._open_log = open_log
        self._heartbeat_s = heartbeat_s
        self._session_ms = session_ms
        self._connection = connection
        self._ledger_id = ledger_id
        self._checkpoints = checkpoints
        self._block_size = block_size
        self._metrics = metrics
        self._pulse = pulse
        self._follower: Follower | None = None

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set; the block at hand is finished first."""
        topics = Topics(self._connection)
        for warning in topics.require():
            _logger.warning("topic setting", extra={"finding": str(warning)})
        session_ms = SESSION_TIMEOUT_ALONE_MS if topics.brokers() == 1 else SESSION_TIMEOUT_MS
        candidate = Candidate(self._connection, self._ledger_id, self._session_ms or session_ms)
        try:
            while not stop.is_set():
                try:
                    self._turn(candidate, stop)
                except LedgerFault as fault:
                    self._metrics.fault(type(fault).__name__)
                    if fault.action is not Action.RETRY and not isinstance(fault, Fenced):
                        raise
                    _logger.warning("dropped what was held", extra={"fault": str(fault)})
                    stop.wait(BACK_OFF_S)
        finally:
            self._become("stopped")
            candidate.close()

    def _turn(self, candidate: Candidate, stop: threading.Event) -> None:
        self._stand_by(candidate, stop)
        if stop.is_set():
            return
        if not candidate.probe():
            stop.wait(BACK_OFF_S)
            return
        self._become("recovering")
        log = self._open_log(self._connection, self._ledger_id, wait_s=IDLE_WAIT_S)
        try:
            follower, self._follower = self._follower, None
            writer = Writer(
                log,
                checkpoints=self._checkpoints,
                block_size=self._block_size,
                commit_ahead=True,
                warm=None if follower is None else follower.recovered,
            )
            writer.open_ledger(time.time_ns() // 1000)
            self._become("leader")
            self._lead(writer, log, candidate, stop)
            writer.close()
        finally:
            log.close()

    def _stand_by(self, candidate: Candidate, stop: threading.Event) -> None:
        """Until chosen: follow the log, so that a take-over replays only the last blocks."""
        self._become("connecting")
        reader = KafkaReader(self._connection)
        try:
            self._follower = Follower(reader, self._checkpoints)
            self._become("standby")
            checked_s = time.monotonic()
            wait_s = 0.0
            while not stop.is_set() and not candidate.poll(wait_s):
                self._pulse.beat()
                wait_s = 0.0 if self._follower.advance() else STANDBY_TURN_S
                self._pulse.height = self._follower.height
                if time.monotonic() - checked_s > CHECK_S:
                    _require_same_topics(reader)
                    checked_s = time.monotonic()
        finally:
            reader.close()

    def _lead(self, writer: Writer, log: KafkaLog, candidate: Candidate, stop: threading.Event) -> None:
        block_s = checked_s = time.monotonic()
        while not stop.is_set() and candidate.poll():
            answers = writer.run_block()
            self._metrics.answered(answers)
            now_s = time.monotonic()
            if answers:
                block_s = now_s
            elif now_s - block_s > self._heartbeat_s:
                writer.heartbeat()
                block_s = now_s
            if not answers:
                writer.settle()
            self._report(log)
            if now_s - checked_s > CHECK_S:
                _require_same_topics(log)
                self._metrics.lag(
                    log.commands_after(0 if writer.head is None else writer.head.command_cursor)
                )
                checked_s = now_s
        _logger.info("resigns", extra={"reason": "stopped" if stop.is_set() else "the group chose another"})

    def _report(self, log: KafkaLog) -> None:
        self._pulse.beat()
        for block in log.newly_durable():
            self._pulse.height = block.seal.height
            self._metrics.durable(block)

    def _become(self, role: str) -> None:
        _logger.info("role", extra={"role": role})
        self._metrics.role(role)
        self._pulse.now(role, ready=role in {"standby", "leader"})


def _require_same_topics(reader: KafkaReader) -> None:
    """Raise ``TopicChanged`` if they are not; a cluster that is failing over says so another time."""
    with suppress(LogUnavailable):
        reader.require_same_topics()
