"""Where the commands of a scenario enter the ledger: numbered per producer, sent in batches."""

import time
from collections.abc import Callable
from typing import Protocol, final

from ledger.core.decision import command_id
from ledger.core.messages import AdvanceFunding, AnyCommand, SignedCommand, UpdatePrices
from ledger.core.rules.operators import keys_needed
from ledger.core.state import State
from ledger.log.codec import encode_command, encode_signed
from ledger.signing import signed_command
from ledger.writer.apply import Answer

Header = tuple[str, int, int]
"""First three arguments of a command: producer, number, when it was issued (Unix microseconds)."""


class Submits(Protocol):
    """What a gateway needs of a writer."""

    @property
    def state(self) -> State:
        """The state at the head, to be read."""

    def submit(self, commands: list[bytes], arrived_at_us: int) -> list[Answer]:
        """Answers to framed commands that arrived together, in their order, durable."""


@final
class Gateway:
    """Commands of every producer on a simulated clock (``now_us``, Unix microseconds)."""

    __slots__ = (
        "_numbers",
        "_queue",
        "_writer",
        "accepted",
        "keys",
        "now_us",
        "refused",
        "refused_ticks",
        "submitted",
        "writer_s",
    )

    def __init__(self, writer: Submits) -> None:
        self._writer = writer
        self._numbers: dict[str, int] = {}
        self._queue: list[tuple[AnyCommand | SignedCommand, Callable[[bool], None] | None]] = []
        self.now_us = 0
        self.keys: list[tuple[str, str]] = []
        """Id and private key of operators who sign what operators have to sign, once they are registered."""
        self.submitted = 0
        self.writer_s = 0.0
        """Seconds spent waiting for the writer."""
        self.accepted: dict[str, int] = {}
        """Accepted commands by type."""
        self.refused: dict[int, int] = {}
        """Refused commands by refusal code."""
        self.refused_ticks: list[tuple[str, int, str]] = []
        """Ticks of the feeds that were refused: command id, refusal code, detail."""

    @property
    def state(self) -> State:
        """The ledger's state between two batches, for agents that follow it; to be read only."""
        return self._writer.state

    def header(self, producer: str) -> Header:
        """Header of the next command of ``producer``, issued now."""
        number = self._numbers.get(producer, 0) + 1
        self._numbers[producer] = number
        return producer, number, self.now_us

    def send(self, command: AnyCommand, then: Callable[[bool], None] | None = None) -> str:
        """Queue a command and return its id; ``then`` is told whether it was accepted."""
        self._queue.append((command, then))
        return command_id(command)

    def send_signed(self, command: SignedCommand, then: Callable[[bool], None] | None = None) -> None:
        """Queue a command that operators have signed already."""
        self._queue.append((command, then))

    def flush(self) -> None:
        """Submit what is queued as one batch that arrives now, then tell the senders, in order."""
        queue = self._queue
        if not queue:
            return
        self._queue = []
        framed = [self._framed(command) for command, _ in queue]
        began = time.perf_counter()
        answers = self._writer.submit(framed, self.now_us)
        self.writer_s += time.perf_counter() - began
        self.submitted += len(queue)
        for (command, then), answer in zip(queue, answers, strict=True):
            code = answer.outcome.code
            if code:
                self.refused[code] = self.refused.get(code, 0) + 1
                if isinstance(command, UpdatePrices | AdvanceFunding):
                    self.refused_ticks.append((command_id(command), code, answer.outcome.detail))
            else:
                name = type(command).__name__
                self.accepted[name] = self.accepted.get(name, 0) + 1
            if then is not None:
                then(code == 0)

    def drop(self) -> None:
        """Forget what is queued: nobody will be told about it."""
        self._queue = []

    def _framed(self, command: AnyCommand | SignedCommand) -> bytes:
        """A command as bytes, with as many signatures of operators as it needs."""
        if isinstance(command, SignedCommand):
            return encode_signed(command)
        needed = min(len(self.keys), keys_needed(self.state, command)) if self.keys else 0
        if not needed:
            return encode_command(command)
        first, second = self.keys[0], self.keys[1] if needed > 1 else None
        return encode_signed(signed_command(command, self.state.ledger_id, first, second))
