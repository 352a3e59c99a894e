"""Corrections and refunds for the table of refusals: each with the approval of what it brings."""

from collections.abc import Sequence
from typing import Any

from ledger.core.messages import AnyCommand, ApprovePlan, ChangeStatus
from ledger.core.plan_digest import CORRECTION, PlanHead
from ledger.core.refusals import RefusalCode as Code
from ledger.core.rules.corrections import PARTS
from ledger.core.state import State
from ledger.incident.correction.parts import command_of
from ledger.incident.plan import Plan
from ledger.incident.refunds.formulas import Line
from ledger.incident.refunds.plan import Terms, payments, refund_plan
from tests.fields import changed
from tests.spec import START_US, ask, e8

Scene = tuple[Sequence[AnyCommand], AnyCommand]
BTC = "BTC-USD-PERP"


def approving(plan: Plan) -> ApprovePlan:
    """What approves a plan for a day."""
    head = plan.head
    return ask(
        ApprovePlan,
        plan_kind=head.kind,
        plan_digest=plan.digest,
        incident_id=head.incident_id,
        head_height=head.head_height,
        lines=head.lines,
        total_e8=head.total_e8,
        payer=head.payer,
        cap_e8=head.cap_e8,
        expires_at_us=START_US + 86_400_000_000,
    )


def correction(**parts: list[list[Any]]) -> Plan:
    """A plan that restates the index of BTC and does what ``parts`` say."""
    body: dict[str, Any] = {"reason": "drill", "head_seq": 10**9, "indices": [[BTC, 5, 0, 1, 1]]}
    for part in PARTS:
        body.setdefault(part, parts.get(part, []))
    return Plan(PlanHead(CORRECTION, "test-ledger", "drill", 1, 1, 0, "", 0), body, {})


def corrected(history: Sequence[AnyCommand], plan: Plan) -> Scene:
    """The application of an approved correction in maintenance."""
    closed = ask(ChangeStatus, status="maintenance")
    return (*history, closed, approving(plan)), changed(command_of(plan, "test", 1, START_US), number=0)


def refund(amount: str) -> Plan:
    """A plan with a line for ``ann``."""
    line = Line("ann", "liquidated", "C", e8(amount), e8(amount), e8(amount), (1,), "")
    return refund_plan(Terms("test-ledger", "drill", 1, 1, "lv"), [line], {})


def paying(plan: Plan) -> AnyCommand:
    """The payment of its line."""
    (command,) = payments(plan, State(), "test", START_US)
    return changed(command, number=0)


def remedies(history: Sequence[AnyCommand], fund: AnyCommand) -> dict[Code, Scene]:
    """A scene of every code; ``history`` has two keys, ``ann`` and ``bob`` with money and a price of BTC."""
    plan, large = refund("1"), refund("1000000")
    swap = [["ann", BTC, "bob", "x", 1, 0, 1, "SELL"], ["bob", BTC, "ann", "x", 2, 0, 1, "BUY"]]
    fills = [[*row, e8("50"), e8("60000"), e8("3000000"), 0, 0, 0] for row in swap]
    return {
        Code.CORRECTION_MISMATCH: corrected(history, correction(funding=[["ann", BTC, 7, 5, 0, 0, 1]])),
        Code.CORRECTION_UNBALANCED: corrected(history, correction(fills=fills[:1])),
        Code.CORRECTION_UNHEALTHY: corrected(history, correction(fills=fills)),
        Code.REFUND_SETTLED: ((*history, fund, approving(plan), paying(plan)), paying(plan)),
        Code.REFUND_SHORTFALL: ((*history, fund, approving(large)), paying(large)),
    }
