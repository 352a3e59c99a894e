"""A ledger with two operators, in which rollbacks are planned, approved and applied."""

from collections.abc import Iterator, Sequence
from typing import Final

from ledger.core.control_image import CONTROL_ROWS
from ledger.core.image import state_rows
from ledger.core.messages import AnyCommand, AnyEvent, ChangeStatus, Command, MarkCheckpoint, RegisterKey
from ledger.core.state import State
from ledger.core.vault_image import BREAKER
from ledger.incident.plan import Plan, approval_command, approved
from ledger.incident.rollback.planner import Wanted, apply_command, plan_rollback
from ledger.log.codec import encode_command, encode_signed
from ledger.log.port import EventLog, LogReader
from ledger.signing import new_private_key, public_key, signed_command
from ledger.writer.apply import Answer, block_events
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.writer import Writer
from tests.branching import head_of
from tests.fields import changed
from tests.spec import START_US, ask

ADA: Final = ("ada", new_private_key())
BEN: Final = ("ben", new_private_key())
HOUR_US: Final = 3_600_000_000
AFTERWARDS: Final = 10**9
"""Numbers of an operator's commands: far above those of any history."""


class Desk:
    """A writer of ``log``, and two operators who give it signed commands at ledger time."""

    def __init__(
        self, log: EventLog, checkpoints: Checkpoints | None = None, rollback_events: int = 50_000
    ) -> None:
        self.log = log
        self.checkpoints = checkpoints
        self.rollback_events = rollback_events
        self.number = AFTERWARDS
        self.writer = self.started()
        self.writer.open_ledger(START_US)

    def started(self) -> Writer:
        """A writer that starts with what the log says."""
        return Writer(self.log, checkpoints=self.checkpoints, rollback_events=self.rollback_events)

    def register(self) -> None:
        """Two keys of two people."""
        for keys, (name, private) in (((), ADA), ((ADA,), BEN)):
            key = public_key(private)
            register = ask(RegisterKey, key_id=name, public_key=key, role="operator", operator=name)
            assert self.ask(register, *keys).outcome.code == 0

    def ask(self, command: Command, *keys: tuple[str, str]) -> Answer:
        """What the ledger says to an operator's command of now."""
        self.number += 1
        now_us = max(self.writer.time_us, START_US)
        numbered = changed(command, producer="operators", number=self.number, issued_at_us=now_us)
        return self.give(numbered, *keys)

    def give(self, command: Command, *keys: tuple[str, str]) -> Answer:
        """What the ledger says to a command as it is, signed by some."""
        data = encode_command(command)
        if keys:
            data = encode_signed(signed_command(command, self.log.ledger_id, *keys))
        (answer,) = self.writer.submit([data], max(self.writer.time_us, command.issued_at_us))
        return answer

    def block(self, *commands: AnyCommand) -> int:
        """Take commands that must be accepted as one block; its height."""
        for command in commands:
            self.number += 1
            numbered = changed(command, producer="test", number=self.number - AFTERWARDS)
            self.log.append_commands([encode_command(numbered)], numbered.issued_at_us)
        for answer in self.writer.run_block():
            assert answer.outcome.code == 0, answer.outcome.detail
        return head_of(self.log).height

    def maintenance(self) -> None:
        """Close the exchange."""
        assert self.ask(ask(ChangeStatus, status="maintenance"), ADA).outcome.code == 0

    def plan(self, wanted: Wanted, keys: Sequence[tuple[str, str]] = (ADA, BEN)) -> Plan:
        """A plan of now, signed."""
        return self.sign(plan_rollback(self.log, self.checkpoints, wanted), keys)

    def sign(self, plan: Plan, keys: Sequence[tuple[str, str]] = (ADA, BEN)) -> Plan:
        """The plan with signatures of now."""
        now_us = self.writer.time_us
        for key in keys:
            plan = approved(plan, key, now_us, now_us + HOUR_US)
        return plan

    def approve(self, plan: Plan) -> Answer:
        """Tell the ledger of the approval."""
        (answer,) = self.writer.submit([encode_signed(approval_command(plan))], self.writer.time_us)
        return answer

    def apply(self, plan: Plan) -> Answer:
        """Ask for the rollback."""
        self.number += 1
        return self.give(apply_command(plan, self.number, self.writer.time_us))

    def roll_back(self, wanted: Wanted) -> Plan:
        """Plan, approve and apply; all of it accepted."""
        plan = self.plan(wanted)
        for answer in (self.approve(plan), self.apply(plan)):
            assert answer.outcome.code == 0, answer.outcome.detail
        return plan

    def mark(self) -> None:
        """Record the digests of now."""
        assert self.ask(ask(MarkCheckpoint), ADA).outcome.code == 0


def wanted(target_height: int, **choices: Sequence[str]) -> Wanted:
    """Go back to a block."""
    return Wanted(target_height, "incident-1", "the test says so", **choices)


def events_of(log: LogReader, height: int) -> list[AnyEvent]:
    """Events of one block."""
    parts = [log.read_partition(number, height, 1)[0] for number in range(log.partitions)]
    return block_events([part.blob for part in parts])


def all_events(log: EventLog, after: int = 0) -> Iterator[AnyEvent]:
    """Events of all blocks above a height."""
    for height in range(after + 1, head_of(log).height + 1):
        yield from events_of(log, height)


def business(state: State) -> list[list[int | str]]:
    """Rows of a state without those that a rollback leaves as they are."""
    apart = {"clock", "rollback", "external_ref", BREAKER} | CONTROL_ROWS
    return [row for row in state_rows(state) if row[0] not in apart]
