"""The writer: the one process that turns commands into blocks.

**Commit protocol.** One block is one commit, and nothing is answered before it.

1. *Poll*: commands that arrived are stored in the log (embedded) or read from it. Commands whose
   id was answered before, and bytes that are no command, are answered at once and not stored.
2. *Decode*: bytes to messages. A stored command that does not decode becomes a refusal.
3. *Decide and evolve*: in order of position, each on the state the one before it left.
4. *Encode*: events and outcomes into the block, one blob per partition.
5. *Seal*: digests, chain, and the command cursor: the position after the last command taken.
6. *Commit*: the block and every command below its cursor become durable together, or not at all.
7. *Answer*.

What a death leaves behind: before 6, the log as it was, and perhaps stored commands at or above
the cursor, which the next writer takes as if they had just arrived; nobody was answered, and who
sends them again gets the first outcome. After 6, the block, outcomes included; who was not
answered sends again and gets the first outcome, marked duplicate. So a command takes effect
exactly once, whatever dies when.

A fault anywhere after 1 leaves memory ahead of the log. Memory is then dropped, never patched: the
next call opens the log again and recovers (``ledger.writer.recovery``).
"""

import gc
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final

from ledger.core.evolve import evolve
from ledger.core.messages import BlockSealed, LedgerOpened
from ledger.core.state import State
from ledger.errors import DiskFull, LedgerMissing, LogUnavailable, SettingsFault, invariant
from ledger.log.blocks import BlockBuilder
from ledger.log.port import EventLog
from ledger.writer.apply import (
    NOT_STORED,
    Answer,
    Request,
    apply_requests,
    latest_time,
    request_of,
    settled,
)
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.duplicates import Duplicates
from ledger.writer.recovery import Recovered, recover
from ledger.writer.undoing import ROLLBACK_EVENTS, Position, asks_for_rollback, parts_of, undo

HASH_VERSION: Final = "blake2b-256/1"
"""Named in ``LedgerOpened``: the hash of blobs and seals, and the version of the seal's encoding."""

READ_BACK_S: Final = 30.0
"""How long a command that was stored may take to be read back: longer than a broker's fail-over."""

SLICE: Final = 250
"""Commands applied before other threads of the process get a chance to run: some 4 ms."""

_logger: Final = logging.getLogger("ledger.writer")


@final
class _Live:
    """What is in memory: the state at ``head``, and how far the log's commands were taken."""

    __slots__ = ("builder", "cursor", "duplicates", "events_unsaved", "head", "state", "time_us")

    def __init__(self, recovered: Recovered, partitions: int) -> None:
        self.state = recovered.state
        self.duplicates = recovered.duplicates
        self.head = recovered.head
        self.builder = BlockBuilder(partitions, recovered.head)
        self.cursor = 0 if recovered.head is None else recovered.head.command_cursor
        self.time_us = 0 if recovered.head is None else recovered.head.recorded_at_us
        self.events_unsaved = recovered.events


@final
class Writer:
    """The single writer of ``log``.

    ``checkpoints`` is where it keeps its own, ``None`` for none. ``reopen`` gives a fresh log after
    a fault (the old one is closed first); without it the same log is used again. A block has at
    most ``block_size`` commands. A checkpoint is written after ``checkpoint_events`` events, and
    on ``close`` after ``checkpoint_events_at_close``. ``warm`` is what a standby has replayed. A rollback
    with more than ``rollback_events`` takes several blocks.

    With ``commit_ahead``, step 6 of a block runs in a thread while the next block goes through 2 to
    5: for a log that answers senders itself, by its outcomes becoming readable (a cluster). What
    ``run_block`` returns is then durable after ``settle`` or the next but one block, and a commit
    that fails raises there, dropping both blocks from memory.
    """

    def __init__(  # noqa: PLR0913
        self,
        log: EventLog,
        *,
        checkpoints: Checkpoints | None = None,
        reopen: Callable[[], EventLog] | None = None,
        block_size: int = 1000,
        checkpoint_events: int = 1_000_000,
        checkpoint_events_at_close: int = 50_000,
        commit_ahead: bool = False,
        warm: Recovered | None = None,
        rollback_events: int = ROLLBACK_EVENTS,
    ) -> None:
        self._log = log
        self._committer = ThreadPoolExecutor(1, "commit") if commit_ahead else None
        self._committing: Future[None] | None = None
        self._checkpoints = checkpoints
        self._reopen = reopen
        self._block_size = block_size
        self._rollback_events = rollback_events
        self._checkpoint_events = checkpoint_events
        self._checkpoint_events_at_close = checkpoint_events_at_close
        self._live: _Live | None = None
        self._recover(warm)

    @property
    def state(self) -> State:
        """The state at the head; read it, never change it."""
        return self._ready().state

    @property
    def duplicates(self) -> Duplicates:
        """The outcomes remembered; read them, never change them."""
        return self._ready().duplicates

    @property
    def head(self) -> BlockSealed | None:
        """Seal of the newest block, ``None`` before ``open_ledger``."""
        return self._ready().head

    @property
    def time_us(self) -> int:
        """Ledger time: the latest arrival of a command taken so far, Unix microseconds."""
        return self._ready().time_us

    def open_ledger(self, opened_at_us: int, operator_keys: str = "") -> None:
        """Write block 1 with ``LedgerOpened``; nothing happens when the log already has it.

        ``opened_at_us`` is the time it is recorded at, ``operator_keys`` the comma-separated
        public keys of the operators. The ledger's name and partitions are the log's.
        """
        live = self._ready()
        if live.head is not None:
            return
        event = LedgerOpened(self._log.ledger_id, self._log.partitions, HASH_VERSION, operator_keys)
        event.seq = 1
        event.recorded_at_us = opened_at_us
        event.occurred_at_us = opened_at_us
        with self._dropped_on_fault():
            live.builder.add(event)
            evolve(live.state, event)
            self._commit(live, opened_at_us, 0)

    def submit(self, commands: Sequence[bytes], arrived_at_us: int) -> list[Answer]:
        """Store framed ``commands`` that arrived at a time and answer them in order, durably.

        For a log whose only appender is this writer. Commands that a dead writer stored and did
        not take are taken first. A fault (``DiskFull`` and other ``LogFault``) answers none of
        them; the same commands may then be submitted again.
        """
        self.catch_up()
        live = self._opened()
        with self._dropped_on_fault(), _collector_off():
            read = [request_of(NOT_STORED, arrived_at_us, data) for data in commands]
            now_us = max(live.time_us, arrived_at_us)
            answers = [settled(live.state, live.duplicates, request.content, now_us) for request in read]
            fresh = [index for index, answer in enumerate(answers) if answer is None]
            if fresh:
                first = self._log.append_commands([commands[index] for index in fresh], arrived_at_us)
                requests = [read[index] for index in fresh]
                for place, request in enumerate(requests):
                    request.position = first + place
                for index, answer in zip(fresh, self._take_all(requests), strict=True):
                    answers[index] = answer
        return [answer for answer in answers if answer is not None]

    def submit_among_others(self, command: bytes, arrived_at_us: int) -> Answer:
        """Store one framed command, whose id is new, in a log that others append to, and take all up to it.

        What arrived before it is answered before it. Raises ``LogUnavailable`` if it cannot be read back
        in ``READ_BACK_S``; it may be taken all the same.
        """
        position = self._log.append_commands([command], arrived_at_us)
        deadline = time.monotonic() + READ_BACK_S
        while time.monotonic() < deadline:
            cursor = self._opened().cursor
            answers = self.run_block()
            if cursor <= position < self._opened().cursor:
                self.settle()
                return next(answer for answer in answers if answer.outcome.position == position)
        raise LogUnavailable(
            f"the command at {position} is stored and not shown", where="the log of commands"
        )

    def run_block(self, limit: int | None = None) -> list[Answer]:
        """Take up to ``limit`` stored commands at or after the cursor as one block.

        Their answers come in order of position; none means that there is nothing to take.
        """
        live = self._opened()
        with self._dropped_on_fault(), _collector_off():
            stored = self._log.read_commands(live.cursor, limit or self._block_size)
            if not stored:
                return []
            requests = [
                request_of(command.position, command.arrived_at_us, command.data) for command in stored
            ]
            return self._take(requests)

    def catch_up(self) -> int:
        """Take every stored command that no block has taken yet; returns how many there were."""
        taken = 0
        while answers := self.run_block():
            taken += len(answers)
        return taken

    def heartbeat(self) -> None:
        """Seal an empty block, so that silence and death look different. Ledger time stands still."""
        live = self._opened()
        with self._dropped_on_fault():
            self._commit(live, live.time_us, live.cursor)

    def settle(self) -> None:
        """Wait until every block is durable. Raises the fault of a commit that failed."""
        with self._dropped_on_fault():
            self._settled()

    def checkpoint(self) -> Path:
        """Write a checkpoint of the newest block and thin out the old ones; returns its file."""
        self.settle()
        live = self._opened()
        if self._checkpoints is None or live.head is None:
            raise SettingsFault("this writer has no place for checkpoints")
        head = live.head
        path = self._checkpoints.save(
            self._log.ledger_id, head.height, head.digest, live.state, live.duplicates
        )
        live.events_unsaved = 0
        self._checkpoints.thin()
        return path

    def close(self) -> None:
        """Write a checkpoint if many events came since the last, and let go of the log."""
        if self._live is not None and self._live.head is not None:
            self.settle()
            self._save_after(self._live, self._checkpoint_events_at_close)
        self._live = None
        if self._committer is not None:
            self._committer.shutdown()
        self._log.close()

    def _take_all(self, requests: list[Request]) -> Iterator[Answer]:
        for start in range(0, len(requests), self._block_size):
            yield from self._take(requests[start : start + self._block_size])

    def _take(self, requests: list[Request]) -> list[Answer]:
        """Steps 3 to 6, for one block unless rollbacks are asked for: those have blocks of their own."""
        answers: list[Answer] = []
        for part in parts_of(requests):
            if asks_for_rollback(part[0]):
                answers.append(self._roll_back(self._ready(), part[0]))
            else:
                answers += self._take_block(self._ready(), part)
        return answers

    def _roll_back(self, live: _Live, request: Request) -> Answer:
        """Steps 3 to 6 of a rollback (``ledger.writer.undoing``): memory is dropped for what it made."""
        self._settled()
        if live.head is None:
            raise LedgerMissing("the log is empty: the ledger was not opened")
        at = Position(live.state, live.duplicates, live.head, live.time_us)
        undone = undo(self._log, self._checkpoints, at, request, self._rollback_events)
        if undone is None:
            return self._take_block(live, [request])[0]
        live = _Live(undone.recovered, self._log.partitions)
        live.time_us = max(undone.time_us, live.time_us)
        self._live = live
        gc.collect()
        gc.freeze()
        self._save_after(live, 0)
        return Answer(undone.outcome, duplicate=False)

    def _take_block(self, live: _Live, requests: list[Request]) -> list[Answer]:
        """Steps 3 to 6 for one block."""
        answers: list[Answer] = []
        time_us = live.time_us
        for start in range(0, len(requests), SLICE):
            part = requests[start : start + SLICE]
            answers += apply_requests(live.state, live.duplicates, live.builder, part, time_us)
            time_us = latest_time(part, time_us)
        self._commit(live, time_us, requests[-1].position + 1)
        self._save_after(live, self._checkpoint_events)
        return answers

    def _commit(self, live: _Live, time_us: int, cursor: int) -> None:
        block = live.builder.seal(time_us, cursor)
        invariant(block.seal.last_seq == live.state.seq, "the block does not end where the state does")
        self._settled()
        if self._committer is None:
            self._log.commit(block)
        else:
            self._committing = self._committer.submit(self._log.commit, block)
        live.head = block.seal
        live.time_us = time_us
        live.cursor = cursor
        live.events_unsaved += block.seal.last_seq - block.seal.first_seq + 1
        live.builder.begin(block.seal)

    def _settled(self) -> None:
        """Wait for the commit that runs in the thread, if one does."""
        running, self._committing = self._committing, None
        if running is not None:
            running.result()

    def _save_after(self, live: _Live, events: int) -> None:
        """Write a checkpoint if ``events`` came since the last; one that fails costs only time later."""
        if self._checkpoints is None or live.events_unsaved < events:
            return
        try:
            self.checkpoint()
        except (DiskFull, OSError) as fault:
            live.events_unsaved = 0
            _logger.warning("no writer checkpoint was written: %s", fault)

    def _opened(self) -> _Live:
        live = self._ready()
        if live.head is None:
            raise LedgerMissing("the log is empty: the ledger was not opened")
        return live

    def _ready(self) -> _Live:
        if self._live is None:
            if self._reopen is not None:
                self._log = self._reopen()
            return self._recover()
        return self._live

    def _recover(self, warm: Recovered | None = None) -> _Live:
        recovered = recover(self._log, self._checkpoints, warm)
        self._live = _Live(recovered, self._log.partitions)
        gc.collect()
        gc.freeze()
        return self._live

    @contextmanager
    def _dropped_on_fault(self) -> Iterator[None]:
        """Drop what is in memory when anything goes wrong, so that it can never run ahead of the log."""
        try:
            yield
        except BaseException:
            self._live = None
            if self._committing is not None:
                self._committing.exception()
                self._committing = None
            if self._reopen is not None:
                self._log.close()
            raise


@contextmanager
def _collector_off() -> Iterator[None]:
    """No garbage collection within a block: it would walk the whole state for nothing.

    What the block left is frozen before the collector goes on, or it would walk that at once:
    an eighth of the writer's time. Nothing in a block makes cycles, so nothing is left uncollected.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.freeze()
            gc.enable()
