"""The stage of one fault: a ledger of its own on a cluster, its writers, its views, and a sender."""

import re
import tempfile
import time
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Final, Self, final

from benchmarks.faults.check import Place, copied, examine
from benchmarks.faults.row import FaultRow
from benchmarks.faults.sender import Sender
from benchmarks.faults.views import LiveViews
from benchmarks.faults.waiting import until
from benchmarks.faults.writers import WriterProcess, start_dying_writer, start_writer
from ledger.client import Client
from ledger.core.messages import MarkCheckpoint
from ledger.log.kafka.config import Connection
from ledger.log.kafka.reader import KafkaReader
from ledger.log.kafka.topics import Topics
from ledger.log.patience import PatientReader
from ledger.log.verify import verify_log
from tests.integration.kafka.cluster import Cluster

PARTITIONS: Final = 3
ANSWERS_WITHIN_S: Final = 180.0
ENDS_WITHIN_S: Final = 30.0
WARM_ANSWERS: Final = 100
SESSION_MS: Final = 1_500
"""Silence after which a dead writer of the step tests is replaced; shipped writers wait 6 s or 10 s."""


@final
class Stage:
    """Topics, writers, views and a sender of one ledger; all but the topics is gone when it is left.

    ``random`` makes every choice of the fault, from its seed.
    """

    def __init__(self, cluster: Cluster, fault: str, seed: int) -> None:
        self.cluster = cluster
        self.ledger_id = f"{re.sub(r'[^a-z0-9]+', '-', fault)}-{time.monotonic_ns()}"
        self.connection = Connection(cluster.brokers, self.ledger_id)
        self.random = Random(f"{fault} {seed}")  # noqa: S311  a repeatable choice
        self.row = FaultRow(fault, seed)
        self.sender = Sender(self.connection)
        self.views = LiveViews(self.connection, PARTITIONS)
        self.writers: list[WriterProcess] = []
        self._folder = tempfile.TemporaryDirectory(prefix="ledger-fault-")
        self.folder = Path(self._folder.name)
        self._began_s = time.monotonic()

    def __enter__(self) -> Self:
        replicas = min(3, len(self.cluster.members))
        Topics(self.connection).create(PARTITIONS, replicas)
        self.views.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sender.abandon()
        self.views.end(ENDS_WITHIN_S)
        for writer in self.writers:
            if writer.alive:
                writer.wake()
                writer.kill()
        if value is not None:
            value.add_note(f"{self.row.fault}, seed {self.row.seed}\n{self.last_words()}")
        self._folder.cleanup()

    def start_writer(self) -> WriterProcess:
        """``ledger writer``, as shipped."""
        name = f"writer-{len(self.writers) + 1}"
        self.writers.append(start_writer(name, self.folder, self.connection, self.ledger_id))
        return self.writers[-1]

    def start_dying_writer(self, step: str) -> WriterProcess:
        """A writer that dies at ``step``."""
        name = f"writer-{len(self.writers) + 1}"
        self.writers.append(
            start_dying_writer(
                name, self.folder, self.connection, self.ledger_id, step, session_ms=SESSION_MS
            )
        )
        return self.writers[-1]

    def start_load(self) -> None:
        """Send, and wait until answers flow."""
        self.sender.start()
        self.wait_for_answers(WARM_ANSWERS)

    def wait_for_answers(self, count: int) -> None:
        """Wait until ``count`` more commands are answered."""
        since_s = time.monotonic()
        until(
            lambda: self.sender.answered_after(since_s) >= count or not self.sender.is_alive(),
            ANSWERS_WITHIN_S,
            f"{count} answers",
        )
        if self.sender.broken is not None:
            raise self.sender.broken

    def begin(self) -> None:
        """The fault begins now: recovery is counted from here."""
        self._began_s = time.monotonic()

    def stand_still(self, for_s: float) -> None:
        """Let time pass: how long the fault lasts."""
        time.sleep(for_s)

    def leader(self) -> WriterProcess:
        """The one writer that leads; waits until there is one."""
        until(lambda: bool(self._leaders()), ANSWERS_WITHIN_S, "a writer becoming the leader")
        return self._leaders()[-1]

    def settle(self, *, limit_s: float = 0.0, foreign: Collection[Place] = ()) -> FaultRow:
        """Answer everything, have the live writer say its digest, and examine the log of healed brokers.

        ``foreign`` are messages that no writer wrote: nothing passes them, and what is left must be whole.
        """
        self.sender.finish(ANSWERS_WITHIN_S)
        if self.sender.broken is not None:
            raise self.sender.broken
        self._close_row(limit_s)
        self.cluster.wait_until_in_sync()
        with Client(self.connection) as client:
            client.submit(MarkCheckpoint("checker", 1, 0, "after a fault"), ANSWERS_WITHIN_S)
        if not foreign:
            with closing(PatientReader(KafkaReader(self.connection))) as reader:
                self.row.findings += [str(finding) for finding in verify_log(reader)]
        return self.examined(foreign)

    def examined(self, foreign: Collection[Place] = ()) -> FaultRow:
        """Examine the log as it is, against what was answered, and the views that followed it."""
        self.row.answered = len(self.sender.answers)
        log = copied(self.connection, self.ledger_id, foreign)
        found = examine(log, self.sender.answers)
        if foreign:
            for why in self.views.wait_for_stop(ANSWERS_WITHIN_S):
                self.expect("block" in why, f"a view stops without naming the block: {why}")
        else:
            self.row.findings += self.views.differences(log, ANSWERS_WITHIN_S)
        self.row.lost = found.lost
        self.row.duplicated = found.duplicated
        self.row.findings += found.findings
        return self.row

    def expect(self, condition: bool, broken: str) -> None:  # noqa: FBT001
        """Note a broken promise unless ``condition`` holds."""
        if not condition:
            self.row.findings.append(broken)

    def last_words(self) -> str:
        """The last lines of every writer."""
        return "\n".join(f"{writer.name}: {line}" for writer in self.writers for line in writer.lines()[-5:])

    def _close_row(self, limit_s: float) -> None:
        self.row.recovery_s = self.sender.longest_gap(self._began_s)
        self.row.limit_s = limit_s

    def _leaders(self) -> list[WriterProcess]:
        return [writer for writer in self.writers if writer.alive and writer.role == "leader"]
