"""Applying a rollback: the blocks that an approved ``ApplyRollback`` becomes.

1. *Judge*: ``decide`` says on the present state whether it may be applied.
2. *Make*: everything again from the log (``ledger.writer.rolling``). The plan that comes of it must have the
   digest that was approved; otherwise the command is refused and nothing else happens.
3. *Write*: one block if its events fit, else several. Only the last one has the outcome and moves the
   command cursor past the command.
4. *Go on* with the state that was made from the log; nothing that was in memory before is used.

A death before the first block of 3 leaves the command where it was, for the next writer to take. After
one of them the rollback is declared and not completed: the next writer takes the same command again,
finds that, makes the same events and writes those that are missing. After the last one the outcome is
in the log, and who asks again gets it. Views wait for ``RollbackCompleted`` all the time.
"""

from collections.abc import Iterator
from typing import Final, final

from ledger.core.control import Approval
from ledger.core.decision import Decision, refused
from ledger.core.limits import FUTURE_MAX_US
from ledger.core.messages import ApplyRollback, BlockSealed, Outcome
from ledger.core.plan_digest import PlanHead
from ledger.core.refusals import RefusalCode
from ledger.core.state import State
from ledger.errors import LogCorrupt
from ledger.log.blocks import BlockBuilder
from ledger.log.chain import Rollbacks
from ledger.log.port import EventLog
from ledger.writer.apply import Request, judged, outcome_of
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.duplicates import NEW, Duplicates
from ledger.writer.recovery import Recovered, state_at
from ledger.writer.rolling import Rolled, roll

ROLLBACK_EVENTS: Final = 50_000
"""Most events of one block of a rollback: some 15 MB."""


@final
class Position:
    """Where a writer is: state and duplicates at ``head``, and ledger time."""

    __slots__ = ("duplicates", "head", "state", "time_us")

    def __init__(self, state: State, duplicates: Duplicates, head: BlockSealed, time_us: int) -> None:
        self.state = state
        self.duplicates = duplicates
        self.head = head
        self.time_us = time_us


@final
class Undone:
    """Where the writer is afterwards, and the outcome of the command; all of it is durable."""

    __slots__ = ("outcome", "recovered", "time_us")

    def __init__(self, recovered: Recovered, outcome: Outcome, time_us: int) -> None:
        self.recovered = recovered
        self.outcome = outcome
        self.time_us = time_us


def asks_for_rollback(request: Request) -> bool:
    """Whether the request is one for blocks of its own."""
    return isinstance(request.content, ApplyRollback)


def parts_of(requests: list[Request]) -> Iterator[list[Request]]:
    """The requests in order, those that ask for a rollback each by itself."""
    part: list[Request] = []
    for request in requests:
        if asks_for_rollback(request):
            if part:
                yield part
            yield [request]
            part = []
        else:
            part.append(request)
    if part:
        yield part


def undo(
    log: EventLog, checkpoints: Checkpoints | None, at: Position, request: Request, events_max: int
) -> Undone | None:
    """Apply the rollback that ``request`` asks for; ``None`` where it is answered like any other command.

    That is so when it was answered before, or ``decide`` refuses it.
    """
    command = request.content
    now_us = max(at.time_us, request.arrived_at_us)
    if (
        not isinstance(command, ApplyRollback)
        or at.duplicates.look_up(command.producer, command.number) != NEW
    ):
        return None
    if command.issued_at_us > now_us + FUTURE_MAX_US or judged(at.state, command, request, now_us).code:
        return None
    begun = at.state.rollback_seq
    recorded_us = at.state.recorded_at_us if begun else now_us
    made = _made(log, checkpoints, at, command, recorded_us)
    if isinstance(made, Decision):
        outcome = outcome_of(request.position, command, made, now_us, 0, 0)
        head = _write(log, at.head, made, 0, outcome, max(now_us, at.head.recorded_at_us), events_max)
        state = at.state
    else:
        events = made.rebuilt.events
        taken = Decision(0, "", [])
        outcome = outcome_of(request.position, command, taken, recorded_us, events[0].seq, events[-1].seq)
        written = at.state.seq - begun + 1 if begun else 0
        head = _write(
            log, at.head, made, written, outcome, max(recorded_us, at.head.recorded_at_us), events_max
        )
        state = made.rebuilt.state
    at.duplicates.remember(outcome)
    recovered = Recovered(state, at.duplicates, head, head.height)
    return Undone(recovered, outcome, now_us)


def _made(
    log: EventLog, checkpoints: Checkpoints | None, at: Position, command: ApplyRollback, recorded_us: int
) -> Rolled | Decision:
    """The rollback as the log gives it, or the refusal of a plan that is another one."""
    before, custody = at.head, at.state.custody
    if at.state.rollback_seq:
        rollbacks = Rollbacks(log)
        rollbacks.read_on()
        before = log.seal(rollbacks.chain(at.head.height).segments[-1].first - 1)
        custody = state_at(log, before.height, checkpoints).custody
    made = roll(log, checkpoints, command, before, recorded_us, custody)
    if isinstance(made, Rolled) and made.digest != command.plan_digest:
        made = refused(RefusalCode.PLAN_MISMATCH, f"the plan that the log gives has the digest {made.digest}")
    elif isinstance(made, Rolled) and not _names(at.state.control.approvals[made.digest], made.head):
        made = refused(
            RefusalCode.PLAN_MISMATCH, f"the approval of {made.digest} names other lines, sums or blocks"
        )
    if isinstance(made, Decision) and at.state.rollback_seq:
        raise LogCorrupt(
            f"the rollback of event {at.state.rollback_seq} cannot be gone on with: {made.detail}",
            where=f"block {before.height + 1}",
            remedy="Start the version of this program that declared it; no other command is taken before",
        )
    return made


def _names(approval: Approval, head: PlanHead) -> bool:
    """Whether an approval names what its plan does: people read the approval, the digest binds the plan."""
    return (
        approval.incident_id == head.incident_id
        and approval.head_height == head.head_height
        and approval.lines == head.lines
        and approval.total_e8 == head.total_e8
        and approval.payer == head.payer
        and approval.cap_e8 == head.cap_e8
    )


def _write(  # noqa: PLR0913
    log: EventLog,
    head: BlockSealed,
    made: Rolled | Decision,
    written: int,
    outcome: Outcome,
    recorded_us: int,
    events_max: int,
) -> BlockSealed:
    """Commit what is missing of the rollback, then its outcome; the newest seal."""
    events = [] if isinstance(made, Decision) else made.rebuilt.events[written:]
    builder = BlockBuilder(log.partitions, head)
    while True:
        part, events = events[:events_max], events[events_max:]
        for event in part:
            builder.add(event)
        if not events:
            builder.add_outcome(outcome)
        block = builder.seal(recorded_us, head.command_cursor if events else outcome.position + 1)
        log.commit(block)
        builder.begin(block.seal)
        if not events:
            return block.seal
