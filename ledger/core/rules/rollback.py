"""Rollbacks: whether one may be applied, and what the rules see of it.

Going back is not a change of state: whoever replays follows the chain of parents
(``ledger.log.chain``), so before a ``RollbackDeclared`` the state is the one at its target. What is
recorded again after it (deposits, withdrawals, cancellations) are ordinary events. ``decide`` says
whether a rollback may be applied; its events need the log and are made by ``ledger.core.rollback``, for
the writer that has read it.

References of outside movements (``State.external_refs``) are part of the state and go back with it.
Those of void blocks that are settled outside become known again with the events that reinstate them.

Marks and premiums restored from the target are old. Until each open market has had a price since, no
decision that looks at margin is taken (``restored``), and the first funding tick of a market accrues
nothing (``funding_ticks``).
"""

from typing import Final

from ledger.core.decision import Decision, refused
from ledger.core.messages import ApplyRollback, RollbackCompleted, RollbackDeclared
from ledger.core.plan_digest import ROLLBACK
from ledger.core.refusals import RefusalCode
from ledger.core.rules.operators import is_digest
from ledger.core.rules.plans import refuse_moved, refuse_plan, use_plan
from ledger.core.rules.restored import note_restored
from ledger.core.rules.words import STATUS_MAINTENANCE
from ledger.core.state import State
from ledger.core.values import is_text

COVER: Final = "cover"
CLOSE: Final = "close"
REINSTATE: Final = "reinstate"
RECEIVABLE: Final = "receivable"


def decide_apply_rollback(state: State, command: ApplyRollback, now_us: int) -> Decision:
    """Whether the rollback may be applied; accepted without events, which the writer makes from the log.

    One that is declared and not completed is gone on with, and nothing else is applied meanwhile.
    """
    if not (is_digest(command.plan_digest) and is_digest(command.report_digest)):
        return refused(RefusalCode.INVALID_VALUE, "plan_digest or report_digest is not 64 small digits")
    if not is_text(command.incident_id) or not is_text(command.reason):
        return refused(RefusalCode.INVALID_VALUE, "incident_id or reason is too long or not printable")
    for choice in command.choices:
        if choice.treatment not in (COVER, CLOSE, REINSTATE):
            return refused(RefusalCode.INVALID_VALUE, f"treatment of {choice.subject!r} is no such word")
    if not 0 < command.target_height <= command.head_height:
        return refused(
            RefusalCode.INVALID_VALUE,
            f"target_height {command.target_height} is not from 1 to {command.head_height}",
        )
    if state.rollback_seq and state.rollback_digest == command.plan_digest:
        return Decision(0, "", [])
    if state.control.status != STATUS_MAINTENANCE:
        return refused(RefusalCode.SYSTEM_MODE, f"the exchange is in {state.control.status}, not maintenance")
    refusal = refuse_plan(state, ROLLBACK, command.plan_digest, now_us)
    if refusal is None:
        refusal = refuse_moved(state, command.head_seq)
    return Decision(0, "", []) if refusal is None else refusal


def evolve_declared_control(state: State, event: RollbackDeclared) -> None:
    """What of a declaration counts from void blocks too: the plan is used, and events are void."""
    use_plan(state, event.plan_digest, event.seq)
    if event.void_from_seq <= event.void_to_seq:
        state.control.voids = [*state.control.voids, event.void_from_seq, event.void_to_seq, event.seq]


def evolve_rollback_declared(state: State, event: RollbackDeclared) -> None:
    """Everything in ``state`` that a tick gave is old from here on."""
    evolve_declared_control(state, event)
    state.rollback_seq = event.seq
    state.rollback_digest = event.plan_digest
    state.restored_seq = event.seq
    state.restored_us = event.recorded_at_us
    note_restored(state)


def evolve_rollback_completed(state: State, event: RollbackCompleted) -> None:  # noqa: ARG001
    """What belongs to the rollback is recorded."""
    state.rollback_seq = 0
    state.rollback_digest = ""
