"""The restart of the writer, in steps that cannot be taken in another order.

1. *Fence*: the log is opened for writing, so that no other writer of this ledger can commit.
2. *Restore*: state and duplicates as a writer would start with them, from checkpoint and tail.
3. *Verify*: the log, and the restored state against the whole log (``ledger.restart.verify``).
4. *Stage*: ``maintenance`` first, recorded; then one mode after the other, each through its gates.

Each step is a type, and only the step before it makes one: ``Fenced`` to ``Restored`` to ``Verified``.
Only ``Verified`` has a ``Writer``, so what was not verified has nothing to publish with. Where the
restored state is wrong and the log is right, ``Doubtful`` opens a writer that starts from the log
alone, for nothing but ``maintenance``.
"""

from collections.abc import Callable
from typing import Final, final

from ledger.core.messages import ChangeStatus
from ledger.core.rules.gates import market_gate
from ledger.core.rules.modes import system_gates
from ledger.core.state import State
from ledger.errors import invariant
from ledger.log.codec import encode_command, encode_signed
from ledger.log.port import EventLog, LogReader
from ledger.restart.verify import Progress, differences, findings_in_log, state_of_log
from ledger.signing import signed_command
from ledger.writer.apply import Answer
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import Recovered, recover
from ledger.writer.writer import Writer

MODES: Final = ("maintenance", "cancel_only", "post_only", "ok")
PRODUCER: Final = "restart"


class _Step:
    """Proof that the step before was taken: only this module makes one."""


_TAKEN: Final = _Step()


def fence(open_log: Callable[[], EventLog]) -> "Fenced":
    """Step 1. The faults are those of opening the log: ``LogLocked`` while another writer has it."""
    return Fenced(_TAKEN, open_log())


@final
class Fenced:
    """The log, and nobody else writes it."""

    def __init__(self, step: _Step, log: EventLog) -> None:
        invariant(step is _TAKEN, "a log is fenced by fence()")
        self._log = log

    def restore(self, checkpoints: Checkpoints | None) -> "Restored":
        """Step 2. Raises ``LogCorrupt`` where the log is not what was sealed."""
        return Restored(_TAKEN, self._log, checkpoints, recover(self._log, checkpoints))


@final
class Restored:
    """A state that nobody has looked at yet."""

    def __init__(
        self, step: _Step, log: EventLog, checkpoints: Checkpoints | None, recovered: Recovered
    ) -> None:
        invariant(step is _TAKEN, "a state is restored by Fenced")
        self._log = log
        self._checkpoints = checkpoints
        self._recovered = recovered

    def verify(self, progress: Progress) -> "Verified | Doubtful":
        """Step 3."""
        broken, wrong = verification(self._log, self._recovered, progress)
        if broken or wrong:
            return Doubtful(_TAKEN, self._log, [*broken, *wrong], log_is_sound=not broken)
        return Verified(_TAKEN, self._log, self._checkpoints, self._recovered)


def verification(log: LogReader, restored: Recovered, progress: Progress) -> tuple[list[str], list[str]]:
    """Findings in the log, and in what was restored; a log with findings is not folded."""
    broken = list(findings_in_log(log, progress))
    wrong: list[str] = []
    if not broken:
        wrong += differences(restored.state, state_of_log(log, restored.height, wrong, progress))
    return broken, wrong


@final
class Verified:
    """A state that is what the log says."""

    def __init__(
        self, step: _Step, log: EventLog, checkpoints: Checkpoints | None, recovered: Recovered
    ) -> None:
        invariant(step is _TAKEN, "a state is verified by Restored")
        self._log = log
        self._checkpoints = checkpoints
        self._recovered = recovered

    def writer(self) -> Writer:
        """Step 4 begins: the writer, with the state that was verified. The log is the writer's now."""
        writer = Writer(self._log, checkpoints=self._checkpoints, warm=self._recovered)
        writer.catch_up()
        return writer


@final
class Doubtful:
    """A state that is not what the log says, or a log that is not what was sealed."""

    def __init__(self, step: _Step, log: EventLog, findings: list[str], *, log_is_sound: bool) -> None:
        invariant(step is _TAKEN, "findings are made by Restored")
        self._log = log
        self.findings = findings
        self.log_is_sound = log_is_sound

    def enter_maintenance(self, stage: "Stage") -> Answer | None:
        """Record the maintenance with a writer that believes the log alone; ``None`` without a sound log."""
        answer: Answer | None = None
        if self.log_is_sound:
            writer = Writer(self._log)
            if writer.state.control.status != MODES[0]:
                answer = stage.change(writer, MODES[0], f"restart: {self.findings[0]}")
            writer.close()
        else:
            self._log.close()
        return answer


@final
class Stage:
    """Asks for the modes, one after the other. ``key`` is (key id, private key) where keys are registered."""

    def __init__(self, now_us: int, key: tuple[str, str] | None = None) -> None:
        self._now_us = now_us
        self._number = now_us
        self._key = key

    def change(self, writer: Writer, status: str, reason: str) -> Answer:
        """Ask for one status; a gate that does not hold refuses it and is named in the outcome."""
        self._number += 1
        command = ChangeStatus(PRODUCER, self._number, self._now_us, status, "", reason[:200])
        data = encode_command(command)
        if self._key is not None:
            data = encode_signed(signed_command(command, writer.state.ledger_id, self._key))
        return writer.submit_among_others(data, self._now_us)

    def up_to(self, writer: Writer, status: str) -> list[Answer]:
        """``maintenance``, then every mode up to ``status``; ends with the first that is refused."""
        answers: list[Answer] = []
        for mode in MODES[: MODES.index(status) + 1]:
            if writer.state.control.status != mode:
                answers.append(self.change(writer, mode, "restart: verified"))
                if answers[-1].outcome.code:
                    break
        return answers


def gates_of(state: State, now_us: int) -> list[str]:
    """Every gate on the way out of the present mode, with its value and bound."""
    gates = system_gates(state, now_us)
    gates += [market_gate(state, market, now_us) for market in state.markets.values()]
    return [gate.text() for gate in gates]
