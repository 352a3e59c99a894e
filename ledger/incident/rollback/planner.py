"""The plan of a rollback, made from the log alone; nothing is changed.

The body is what the writer will make again (``ledger.writer.rolling``). The report is what else people
should know before they sign: what is void, which restored orders would trigger at once, who would be
liquidated on reopening, how deposits moved on before they left.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.core.decision import Decision
from ledger.core.messages import ApplyRollback, BlockSealed, RollbackChoice
from ledger.core.plan_digest import ROLLBACK
from ledger.core.rules.rollback import CLOSE, COVER, REINSTATE
from ledger.core.state import State
from ledger.errors import DiskFull, LedgerMissing, PlanInvalid
from ledger.incident.plan import Plan
from ledger.incident.rollback.chains import money_chains
from ledger.incident.rollback.reopening import liquidated, triggered
from ledger.incident.rollback.voided import void_summary
from ledger.log.chain import Rollbacks
from ledger.log.port import LogReader
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import recover, recovered_at
from ledger.writer.rolling import Rolled, roll

KEPT_AFTER: Final = 50_000
"""Events to be replayed up to the target from which on its state is kept."""
_NO_DIGEST: Final = "0" * 64
_logger: Final = logging.getLogger("ledger.incident")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What operators ask a plan for: the block to go back to, why, and what they choose."""

    target_height: int
    incident_id: str
    reason: str
    cover: Sequence[str] = ()
    close: Sequence[str] = ()
    transfers: Sequence[str] = ()

    def choices(self) -> list[RollbackChoice]:
        """As the command has them."""
        return [
            RollbackChoice(subject, treatment)
            for subjects, treatment in ((self.cover, COVER), (self.close, CLOSE), (self.transfers, REINSTATE))
            for subject in sorted(subjects)
        ]


def plan_rollback(log: LogReader, checkpoints: Checkpoints | None, wanted: Wanted) -> Plan:
    """The plan. Raises ``PlanInvalid`` for a target that is void, or a choice that there is not.

    The state at the target is kept as a checkpoint, so that a writer beside it need not replay up to there
    when the plan is applied.
    """
    now = recover(log, checkpoints)
    if now.head is None:
        raise LedgerMissing("the log is empty: the ledger was not opened")
    if checkpoints is not None and 0 < wanted.target_height <= now.height:
        _keep(log, checkpoints, wanted.target_height)
    rolled = _rolled(log, checkpoints, wanted, now.head, now.state)
    return Plan(rolled.head, rolled.body, _report(log, rolled, now.state, now.head))


def _keep(log: LogReader, checkpoints: Checkpoints, height: int) -> None:
    """Save the state at a block, if much lies between it and the checkpoint before it."""
    found = recovered_at(log, height, checkpoints)
    if found.events < KEPT_AFTER or found.state_height != height:
        return
    try:
        checkpoints.save(log.ledger_id, height, log.seal(height).digest, found.state, found.duplicates)
    except (OSError, DiskFull) as fault:
        _logger.warning("the state at block %d is not kept, and to apply takes longer: %s", height, fault)


def apply_command(plan: Plan, number: int, issued_at_us: int) -> ApplyRollback:
    """The command that applies the plan; the number is new for every attempt.

    Raises ``PlanInvalid`` for a plan of another kind, and one whose body is that of no rollback.
    """
    if plan.head.kind != ROLLBACK:
        raise PlanInvalid(
            f"it is a {plan.head.kind} plan",
            where=f"plan {plan.digest}",
            remedy="Name a plan that `ledger rollback plan` wrote",
        )
    body = plan.body
    try:
        return ApplyRollback(
            f"apply-{plan.digest[:16]}",
            number,
            issued_at_us,
            plan.digest,
            plan.report_digest,
            plan.head.incident_id,
            body["reason"],
            body["target"]["height"],
            body["head"]["height"],
            body["head"]["seq"],
            [RollbackChoice(subject, treatment) for subject, treatment in body["choices"]],
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise PlanInvalid(
            f"its body is that of no rollback: {fault!r}", where=f"plan {plan.digest}"
        ) from fault


def last_block_before(log: LogReader, seq: int) -> int:
    """The newest block of the live history that ends before the event ``seq``.

    That of the first bad tick, say. Raises ``PlanInvalid`` when there is none.
    """
    head = log.head()
    low, high = 0, 0 if head is None else head.height
    while low < high:
        middle = (low + high + 1) // 2
        if log.seal(middle).last_seq < seq:
            low = middle
        else:
            high = middle - 1
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    found = rollbacks.chain(0 if head is None else head.height).newest_at(low)
    if found == 0:
        raise PlanInvalid(f"no block ends before seq {seq}", remedy="Name a later event")
    return found


def compare(
    log: LogReader, checkpoints: Checkpoints | None, heights: Sequence[int], incident_id: str
) -> list[dict[str, Any]]:
    """What a rollback to each of some blocks would make void and bring back, newest target first."""
    now = recover(log, checkpoints)
    if now.head is None:
        raise LedgerMissing("the log is empty: the ledger was not opened")
    return [
        _candidate(
            log, _rolled(log, checkpoints, Wanted(height, incident_id, "compared"), now.head, now.state)
        )
        for height in sorted(set(heights), reverse=True)
    ]


def _candidate(log: LogReader, rolled: Rolled) -> dict[str, Any]:
    rebuilt = rolled.rebuilt
    span = rebuilt.span
    void = void_summary(log, span)
    by_type: dict[str, int] = void["by_type"]
    return {
        "target_height": span.target_height,
        "recorded_at_us": log.seal(span.target_height).recorded_at_us,
        "void_blocks": void["blocks"],
        "void_events": void["events"],
        "void_fills": by_type.get("FillSettled", 0),
        "void_liquidations": by_type.get("LiquidationStarted", 0),
        "accounts": len(void["by_account"]),
        "reinstated": len(rebuilt.lines),
        "cancelled": len(rebuilt.cancelled),
        "kept": len(rebuilt.kept),
        "negative_accounts": len(rebuilt.negatives),
        "negative_e8": sum(negative.balance_e8 for negative in rebuilt.negatives),
    }


def _rolled(
    log: LogReader, checkpoints: Checkpoints | None, wanted: Wanted, head: BlockSealed, now: State
) -> Rolled:
    command = ApplyRollback(
        "plan",
        1,
        head.recorded_at_us,
        _NO_DIGEST,
        _NO_DIGEST,
        wanted.incident_id,
        wanted.reason,
        wanted.target_height,
        head.height,
        head.last_seq,
        wanted.choices(),
    )
    if now.rollback_seq:
        raise PlanInvalid(
            f"the rollback of event {now.rollback_seq} is not completed",
            remedy="Apply its plan again, and plan when it is completed",
        )
    rolled = roll(log, checkpoints, command, head, head.recorded_at_us, now.custody, transfers=True)
    if isinstance(rolled, Decision):
        raise PlanInvalid(rolled.detail, remedy="Choose another target or treatment")
    return rolled


def _report(log: LogReader, rolled: Rolled, now: State, head: BlockSealed) -> dict[str, Any]:
    rebuilt = rolled.rebuilt
    return {
        "planned_at_us": head.recorded_at_us,
        "status": now.control.status,
        "void": void_summary(log, rebuilt.span),
        "triggered_at_once": triggered(rebuilt.state, rebuilt.kept, now),
        "liquidated_on_reopening": liquidated(rebuilt.state, now),
        "chains": money_chains(rebuilt.facts),
    }
