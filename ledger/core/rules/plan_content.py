"""Whether what a command brings is the plan that was approved: its digest is made again from the content."""

from collections.abc import Mapping

from ledger.core.decision import Decision, refused
from ledger.core.plan_digest import PlanHead, plan_digest
from ledger.core.refusals import RefusalCode
from ledger.core.state import State


def refuse_content(
    state: State, digest: str, body: Mapping[str, object], report_digest: str
) -> Decision | None:
    """``PLAN_MISMATCH`` unless the approved plan ``digest`` has this body and this report, or None."""
    approval = state.control.approvals[digest]
    head = PlanHead(
        approval.kind,
        state.ledger_id,
        approval.incident_id,
        approval.head_height,
        approval.lines,
        approval.total_e8,
        approval.payer,
        approval.cap_e8,
    )
    made = plan_digest(head, body, report_digest)
    if made == digest:
        return None
    return refused(RefusalCode.PLAN_MISMATCH, f"the content is of the plan {made}, approved is {digest}")
