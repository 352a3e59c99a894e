"""Plans: approved by their digest, with the keys of two different operators, for a time.

What a plan says lies in its file; the ledger keeps who approved which digest until when. An approval is
control state: it survives a rollback. Whoever applies a plan asks ``refuse_plan`` first.

A plan is made for a log up to some event. Events that bring nothing in or out and touch no account may
follow it (``PASSING``): prices, funding ticks, status, rules, keys, approvals, what guards tripped,
checkpoints. Any other event makes the plan stale (``refuse_moved``).
"""

from typing import Final

from ledger.core.control import Approval
from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import ApprovePlan, PlanApproved
from ledger.core.plan_digest import PLAN_KINDS
from ledger.core.proof import Proof
from ledger.core.refusals import RefusalCode
from ledger.core.rules.operators import is_digest, refuse_operators
from ledger.core.state import State
from ledger.core.values import is_text

APPROVAL_MAX_US: Final = 7 * 24 * 3_600_000_000
"""Longest time from the recording of an approval to its end."""
KEYS_OF_A_PLAN: Final = 2


def decide_approve_plan(state: State, command: ApprovePlan, proof: Proof, now_us: int) -> Decision:
    """Approve a digest; needs two operators' keys even where nothing else needs any."""
    if command.plan_kind not in PLAN_KINDS or not is_digest(command.plan_digest):
        return refused(RefusalCode.INVALID_VALUE, "plan_kind is none, or plan_digest not 64 small digits")
    if not is_text(command.incident_id) or not is_text(command.payer):
        return refused(RefusalCode.INVALID_VALUE, "incident_id or payer is too long or not printable")
    if min(command.head_height, command.lines, command.total_e8, command.cap_e8) < 0:
        return refused(RefusalCode.INVALID_VALUE, "head_height, lines, total or cap is negative")
    if command.expires_at_us > now_us + APPROVAL_MAX_US:
        return refused(
            RefusalCode.INVALID_VALUE, f"expires_at_us {command.expires_at_us} is more than 7 days from now"
        )
    refusal = refuse_operators(state.control, proof, KEYS_OF_A_PLAN)
    if refusal is not None:
        return refusal
    if command.expires_at_us <= now_us:
        return refused(RefusalCode.PLAN_EXPIRED, f"expires_at_us {command.expires_at_us}, it is {now_us}")
    known = state.control.approvals.get(command.plan_digest)
    if known is not None and known.used_seq:
        return refused(RefusalCode.PLAN_APPLIED, f"plan {known.digest} was applied by event {known.used_seq}")
    if known is not None and known.expires_at_us > now_us:
        return refused(RefusalCode.PLAN_EXISTS, f"plan {known.digest} was approved by event {known.seq}")
    return accepted(
        [
            PlanApproved(
                plan_kind=command.plan_kind,
                plan_digest=command.plan_digest,
                incident_id=command.incident_id,
                head_height=command.head_height,
                lines=command.lines,
                total_e8=command.total_e8,
                payer=command.payer,
                cap_e8=command.cap_e8,
                key_1=proof.key_1,
                key_2=proof.key_2,
                signature_1=proof.signature_1,
                signature_2=proof.signature_2,
                expires_at_us=command.expires_at_us,
            )
        ]
    )


def refuse_plan(state: State, kind: str, digest: str, now_us: int) -> Decision | None:
    """Why the plan may not be applied now, or None: not approved, applied before, expired, a key revoked."""
    approval = state.control.approvals.get(digest)
    if approval is None or approval.kind != kind:
        return refused(RefusalCode.PLAN_NOT_APPROVED, f"no {kind} plan {digest[:64]!r} was approved")
    if approval.used_seq:
        return refused(RefusalCode.PLAN_APPLIED, f"plan {digest} was applied by event {approval.used_seq}")
    if approval.expires_at_us <= now_us:
        return refused(RefusalCode.PLAN_EXPIRED, f"the approval ended at {approval.expires_at_us}")
    for key_id in (approval.key_1, approval.key_2):
        if state.control.keys[key_id].revoked:
            return refused(RefusalCode.PLAN_NOT_APPROVED, f"key {key_id} was revoked after it approved")
    return None


def refuse_moved(state: State, head_seq: int) -> Decision | None:
    """``PLAN_STALE`` when an event after ``head_seq`` touched more than market-wide things, or None."""
    moved = moved_seq(state)
    if moved > head_seq:
        return refused(
            RefusalCode.PLAN_STALE, f"event {moved} came after {head_seq}, the last that the plan looked at"
        )
    return None


def note_passing(state: State, seq: int) -> None:
    """An event that makes no plan stale; for evolve functions only."""
    if state.passing_to_seq != seq - 1:
        state.passing_from_seq = seq
    state.passing_to_seq = seq


def moved_seq(state: State) -> int:
    """Seq of the newest event that makes plans stale that did not know it."""
    return state.passing_from_seq - 1 if state.passing_to_seq == state.seq else state.seq


def use_plan(state: State, digest: str, seq: int) -> None:
    """The event ``seq`` applied the plan, once for all; for evolve functions only."""
    approval = state.control.approvals.get(digest)
    if approval is not None:
        approval.used_seq = seq


def evolve_plan_approved(state: State, event: PlanApproved) -> None:
    """The approval from now on; one that ended is replaced."""
    state.control.approvals[event.plan_digest] = Approval(
        event.plan_digest,
        event.plan_kind,
        event.incident_id,
        event.head_height,
        event.lines,
        event.total_e8,
        event.payer,
        event.cap_e8,
        event.key_1,
        event.key_2,
        event.signature_1,
        event.signature_2,
        event.expires_at_us,
        event.seq,
    )
