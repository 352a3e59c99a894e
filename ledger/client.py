"""A client for other programs: send a command, wait for its durable outcome.

    with Client(Connection("127.0.0.1:9092")) as ledger:
        answer = ledger.submit(CreditDeposit("gateway", 17, now_us, "alice", "USDC", ...))
        answer.outcome.code, answer.duplicate

Sending a command again under the same id (producer and number) is always safe: the ledger answers
with the first outcome. So a time-out means "send it again", never "it did not happen".
``Client`` is for threads, ``AsyncClient`` for asyncio; both send many commands at once and match
the outcomes as they are committed.
"""

import asyncio
import threading
from collections.abc import Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from types import TracebackType
from typing import Final, Self, final

from ledger.core.limits import COMMAND_BYTES_MAX, NUMBER_MAX, PRODUCER_MAX
from ledger.core.messages import Command, Outcome, SignedCommand
from ledger.errors import LedgerFault, LogUnavailable
from ledger.log.codec import encode_command, encode_signed
from ledger.log.kafka.commands import CommandSender, OutcomeFollower
from ledger.log.kafka.config import Connection
from ledger.writer.apply import NOT_STORED, Answer, Unreadable, read_command
from ledger.writer.duplicates import REFUSED_STATUS

TIMEOUT_S: Final = 30.0
"""Longer than a take-over (15 s) and a broker's fail-over (6.6 s) together."""
PENDING_MAX: Final = 100_000
"""Commands that may wait for their outcome at once; ``send`` waits for room past it."""


@final
class _Waiting:
    """A command on its way: settled when both its position and its outcome are known."""

    __slots__ = ("future", "outcome", "position")

    def __init__(self) -> None:
        self.future: Future[Answer] = Future()
        self.position: int | None = None
        self.outcome: Outcome | None = None


class Client:
    """Sends commands to a ledger on a cluster and waits for their outcomes."""

    def __init__(self, connection: Connection, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._follower = OutcomeFollower(connection)
        self._sender = CommandSender(connection)
        self._pending: dict[tuple[str, int], _Waiting] = {}
        self._lock = threading.Lock()
        self._room = threading.Semaphore(PENDING_MAX)
        self._stopping = threading.Event()
        self._broken: LedgerFault | None = None
        self._thread = threading.Thread(target=self._follow, name="ledger-client", daemon=True)
        self._thread.start()

    def connect(self) -> None:
        """Find the cluster now, for a sender whose first command must not wait for that.

        Raises ``LogUnavailable`` when no broker answers.
        """
        self._sender.connect()

    def send(self, command: Command, signed: SignedCommand | None = None) -> "Future[Answer]":
        """Send one command and return at once; the future holds its outcome when it is durable.

        ``signed`` is the same command with signatures (``ledger.signing.signed_command``).

        The future fails with a ``LedgerFault`` when the cluster did not take the command. A second
        send of an id that is still waiting returns the same future.
        """
        self._require_whole()
        key = (command.producer, command.number)
        data = encode_command(command) if signed is None else encode_signed(signed)
        unreadable = read_command(data) if _has_no_id(command, data) else None
        if isinstance(unreadable, Unreadable):
            return _refused_here(command, unreadable)
        with self._lock:
            waiting = self._pending.get(key)
        if waiting is not None:
            return waiting.future
        self._room.acquire()
        waiting = _Waiting()
        with self._lock:
            earlier = self._pending.setdefault(key, waiting)
        if earlier is not waiting:
            self._room.release()
            return earlier.future
        try:
            self._sender.send(
                data, lambda position: self._delivered(key, position), lambda fault: self._fail(key, fault)
            )
        except BaseException:
            self._forget(key)
            raise
        if self._broken is not None:
            self._fail(key, self._broken)
        return waiting.future

    def submit(self, command: Command, timeout_s: float | None = None) -> Answer:
        """Send one command and wait for its durable outcome, accepted or refused.

        Raises ``LogUnavailable`` when there is none within ``timeout_s``; submit the same command
        again to learn what became of it.
        """
        return self._wait(self.send(command), command, timeout_s)

    def submit_all(
        self, commands: Iterable[Command | tuple[Command, SignedCommand]], timeout_s: float | None = None
    ) -> list[Answer]:
        """Send many commands together and wait for all outcomes, in the order of the commands.

        One with signatures is a pair, as the arguments of ``send``.
        """
        pairs = [content if isinstance(content, tuple) else (content, None) for content in commands]
        sent = [(command, self.send(command, signed)) for command, signed in pairs]
        return [self._wait(future, command, timeout_s) for command, future in sent]

    def give_up(self, command: Command) -> None:
        """Stop waiting for the outcome of ``command``; it may be sent again."""
        self._forget((command.producer, command.number))

    def close(self) -> None:
        """Stop; commands that still wait fail with ``LogUnavailable``. Calling it twice is harmless."""
        if self._stopping.is_set():
            return
        self._sender.close()
        self._stopping.set()
        self._thread.join()
        self._follower.close()
        self._fail_all(LogUnavailable("the client was closed before the outcome came", where="client"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _require_whole(self) -> None:
        if self._broken is not None:
            raise self._broken

    def _wait(self, future: "Future[Answer]", command: Command, timeout_s: float | None) -> Answer:
        patience_s = self._timeout_s if timeout_s is None else timeout_s
        try:
            return future.result(patience_s)
        except FutureTimeoutError:
            where = f"command {command.producer}/{command.number}"
            self.give_up(command)
            raise LogUnavailable(
                f"no outcome within {patience_s:g} s", where=where, remedy="Submit the same command again"
            ) from None

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                with suppress(LogUnavailable):  # the next send makes a new producer
                    self._sender.serve(0)
                for outcome in self._follower.read(0.05):
                    self._arrived(outcome)
            except LogUnavailable:
                continue  # the cluster is failing over: outcomes come when it is back
            except LedgerFault as fault:
                self._broken = fault
                self._fail_all(fault)
                return

    def _delivered(self, key: tuple[str, int], position: int) -> None:
        with self._lock:
            waiting = self._pending.get(key)
            if waiting is not None:
                waiting.position = position
        self._settle(key, waiting)

    def _arrived(self, outcome: Outcome) -> None:
        key = (outcome.producer, outcome.number)
        with self._lock:
            waiting = self._pending.get(key)
            if waiting is not None:
                waiting.outcome = outcome
        self._settle(key, waiting)

    def _settle(self, key: tuple[str, int], waiting: _Waiting | None) -> None:
        """Answer what is complete: an outcome of another position is that of an earlier send."""
        if waiting is None or waiting.outcome is None or waiting.position is None:
            return
        duplicate = waiting.position >= 0 and waiting.outcome.position != waiting.position
        answer = Answer(waiting.outcome, duplicate=duplicate)
        if self._forget(key) is not None and waiting.future.set_running_or_notify_cancel():
            waiting.future.set_result(answer)

    def _fail(self, key: tuple[str, int], fault: LedgerFault) -> None:
        waiting = self._forget(key)
        if waiting is None or not waiting.future.set_running_or_notify_cancel():
            return
        if waiting.outcome is not None:  # it was sent before, and that is its outcome
            waiting.future.set_result(Answer(waiting.outcome, duplicate=True))
        else:
            waiting.future.set_exception(fault)

    def _fail_all(self, fault: LedgerFault) -> None:
        with self._lock:
            keys = list(self._pending)
        for key in keys:
            self._fail(key, fault)

    def _forget(self, key: tuple[str, int]) -> _Waiting | None:
        with self._lock:
            waiting = self._pending.pop(key, None)
        if waiting is not None:
            self._room.release()
        return waiting


def _has_no_id(command: Command, data: bytes) -> bool:
    """Whether the writer could not name the command in its outcome, so that nobody would be answered."""
    return (
        len(data) > COMMAND_BYTES_MAX
        or not 0 < len(command.producer) <= PRODUCER_MAX
        or not 0 < command.number <= NUMBER_MAX
    )


def _refused_here(command: Command, why: Unreadable) -> "Future[Answer]":
    """The refusal that the writer would give, without asking it."""
    future: Future[Answer] = Future()
    outcome = Outcome(
        command.producer, command.number, NOT_STORED, 0, REFUSED_STATUS, why.code, why.detail, 0, 0, 0
    )
    future.set_result(Answer(outcome, duplicate=False))
    return future


class AsyncClient:
    """``Client`` for asyncio: the same promises, awaited."""

    def __init__(self, connection: Connection, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._client = Client(connection, timeout_s=timeout_s)

    async def submit(
        self, command: Command, timeout_s: float | None = None, signed: SignedCommand | None = None
    ) -> Answer:
        """Send one command and await its durable outcome; ``signed`` and faults as in ``Client``."""
        patience_s = self._timeout_s if timeout_s is None else timeout_s
        future = asyncio.wrap_future(self._client.send(command, signed))
        try:
            return await asyncio.wait_for(future, patience_s)
        except TimeoutError:
            where = f"command {command.producer}/{command.number}"
            self._client.give_up(command)
            raise LogUnavailable(
                f"no outcome within {patience_s:g} s", where=where, remedy="Submit the same command again"
            ) from None

    async def close(self) -> None:
        """Stop, as ``Client.close``."""
        await asyncio.to_thread(self._client.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
