"""A writer that kills itself with SIGKILL at one step of its third block as the leader.

The steps are those of the writer's commit protocol (``ledger.writer.writer``) and, inside its step 6,
those of ``ledger.log.kafka.log``. What was produced is flushed before a death, so that the broker
really holds an open transaction; ``in commit`` dies while the broker decides.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

import ledger.writer.writer as writer_module
from benchmarks.faults.waiting import until
from ledger.log.kafka.config import Connection
from ledger.log.kafka.log import DurableBlock, KafkaLog
from ledger.log.port import Block, StoredCommand
from ledger.service.logging import log_to_stderr
from ledger.service.metrics import WriterMetrics
from ledger.service.watch import Pulse
from ledger.service.writer import WriterService
from ledger.writer.checkpoints import Checkpoints

STEPS: Final = (
    "polled",
    "decoded",
    "decided",
    "sealed",
    "begun",
    "half produced",
    "produced",
    "in commit",
    "committed",
    "answered",
)
DIES_IN_BLOCK: Final = 3
COMMIT_MS_MAX: Final = 10
GO_WITHIN_S: Final = 120.0
DISTURBED: Final = "commit disturbed"


class _Death:
    """Counts the blocks of a leader, and kills its process at ``step`` of one of them."""

    def __init__(self, step: str) -> None:
        self._step = step
        self._blocks = 0

    def reached(self, step: str) -> None:
        if self.is_near(step):
            os.kill(os.getpid(), signal.SIGKILL)

    def is_near(self, step: str) -> bool:
        return step == self._step and self._blocks + 1 >= DIES_IN_BLOCK

    def next_block(self) -> None:
        self._blocks += 1

    def after(self, call: Callable[..., Any], step: str) -> Callable[..., Any]:
        """``call``, and then the step."""

        def called(*arguments: Any) -> Any:  # noqa: ANN401
            result = call(*arguments)
            self.reached(step)
            return result

        return called


def dying_log(death: _Death) -> type[KafkaLog]:
    """A log whose process dies at the steps that the log can see."""

    class DyingLog(KafkaLog):
        def read_commands(self, position: int, count: int) -> list[StoredCommand]:
            commands = super().read_commands(position, count)
            if commands:
                death.reached("polled")
            return commands

        def commit(self, block: Block) -> None:
            death.reached("sealed")
            super().commit(block)
            death.reached("committed")
            death.next_block()

        def newly_durable(self) -> list[DurableBlock]:
            blocks = super().newly_durable()
            if blocks:
                death.reached("answered")
            return blocks

        def _produce(self, block: Block) -> None:
            death.reached("begun")
            if death.is_near("half produced"):
                some = block.blobs[:1]
                super()._produce(Block(block.height, block.seal, block.seal_bytes, some, b"", b""))
                self._producer.flush()
                death.reached("half produced")
            super()._produce(block)

        def _finish(self, where: str) -> None:
            if death.is_near("produced"):
                self._producer.flush()
                death.reached("produced")
            if death.is_near("in commit"):
                after_s = Random().uniform(0, COMMIT_MS_MAX) / 1000  # noqa: S311
                threading.Timer(after_s, os.kill, (os.getpid(), signal.SIGKILL)).start()
            super()._finish(where)

    return DyingLog


def announcing_log(marks: Path) -> type[KafkaLog]:
    """A log that says with a file when it will commit, waits for another to do so, and notes the time."""

    class AnnouncingLog(KafkaLog):
        def _finish(self, where: str) -> None:
            wanted = marks / "wanted"
            if not wanted.exists():
                super()._finish(where)
                return
            self._producer.flush()
            wanted.rename(marks / "committing")
            until((marks / "go").exists, GO_WITHIN_S, "the word to commit")
            (marks / "go").unlink()
            started_s = time.monotonic()
            super()._finish(where)
            (marks / f"took-{time.monotonic() - started_s:.3f}").touch()

    return AnnouncingLog


def main() -> None:
    """Serve as ``ledger writer`` does, with the settings of ``start_dying_writer``."""
    settings = json.loads(sys.argv[1])
    death = _Death(settings["step"])
    for name, step in (("request_of", "decoded"), ("apply_requests", "decided")):
        setattr(writer_module, name, death.after(getattr(writer_module, name), step))
    data = Path(settings["data"])
    data.mkdir(parents=True, exist_ok=True)
    log_class = announcing_log(data) if settings["step"] == DISTURBED else dying_log(death)
    log_to_stderr()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    service = WriterService(
        Connection(settings["brokers"], settings["prefix"]),
        settings["ledger_id"],
        checkpoints=Checkpoints(data / "writer"),
        block_size=1000,
        metrics=WriterMetrics(),
        pulse=Pulse("writer"),
        open_log=log_class.open,
        session_ms=settings["session_ms"],
    )
    service.run(stop)
