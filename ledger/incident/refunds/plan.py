"""The plan of refunds: one line per account and reason, zero lines too, bound together by one root.

The body of the plan has the root alone, so a payment can prove that its line is one of the plan without
bringing the others. The lines themselves lie in the report, where people read them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.core.control import voided_by
from ledger.core.merkle import root_and_paths
from ledger.core.messages import PayRefund
from ledger.core.plan_digest import REFUND, PlanHead
from ledger.core.rules.refunds import line_leaf, paid_e8, refund_body, refund_id_of
from ledger.core.state import State
from ledger.errors import PlanInvalid, RefundShortfall
from ledger.incident.plan import Plan
from ledger.incident.refunds.formulas import Line, pro_rata


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is about: ledger, incident, newest block and event, payer, cap of the sum (0: none)."""

    ledger_id: str
    incident_id: str
    head_height: int
    head_seq: int
    payer: str
    cap_e8: int = 0


def refund_plan(terms: Terms, lines: Sequence[Line], notes: dict[str, Any]) -> Plan:
    """The plan of these lines in their order, cut in proportion to the cap; ``notes`` go into its report.

    Raises ``PlanInvalid`` for two lines of one account and reason, which would have one refund id.
    """
    seen: set[tuple[str, str]] = set()
    for line in lines:
        if (line.account, line.reason) in seen:
            raise PlanInvalid(
                f"{line.account} has two lines for {line.reason}",
                remedy="Give an account one line a reason",
            )
        seen.add((line.account, line.reason))
    capped = pro_rata(lines, terms.cap_e8) if terms.cap_e8 else lines
    root, _ = root_and_paths(_leaves(capped))
    head = PlanHead(
        REFUND,
        terms.ledger_id,
        terms.incident_id,
        terms.head_height,
        len(capped),
        sum(line.amount_e8 for line in capped),
        terms.payer,
        terms.cap_e8,
    )
    listed = [_listed(terms.incident_id, number, line) for number, line in enumerate(capped, 1)]
    return Plan(head, refund_body(root.hex(), terms.head_seq), {**notes, "lines": listed})


def lines_of(plan: Plan) -> list[Line]:
    """The lines of a plan. Raises ``PlanInvalid`` when they are not those that its root is over."""
    lines = [
        Line(
            row["account"],
            row["reason"],
            row["method"],
            row["formula_e8"],
            row["cap_e8"],
            row["amount_e8"],
            tuple(row["seqs"]),
            row["note"],
        )
        for row in plan.report["lines"]
    ]
    root, _ = root_and_paths(_leaves(lines))
    if plan.head.kind != REFUND or refund_body(root.hex(), _head_seq(plan)) != plan.body:
        raise PlanInvalid("its lines are not those that its root is over", where=f"plan {plan.digest}")
    return lines


def payments(plan: Plan, state: State, producer: str, now_us: int) -> list[PayRefund]:
    """What pays every line of which something is left, as numbers of a ``producer`` that nobody else is.

    The ledger takes off what was paid before, so that handing over all of them again pays nothing.
    """
    lines = lines_of(plan)
    _, paths = root_and_paths(_leaves(lines))
    commands: list[PayRefund] = []
    for number, line in enumerate(lines, 1):
        refund_id = refund_id_of(plan.head.incident_id, line.account, line.reason)
        if line.amount_e8 <= paid_e8(state, refund_id):
            continue
        commands.append(
            PayRefund(
                producer,
                len(commands) + 1,
                now_us,
                line.account,
                refund_id,
                plan.head.incident_id,
                plan.digest,
                plan.report_digest,
                _head_seq(plan),
                "".join(part.hex() for part in paths[number - 1]),
                number,
                line.reason,
                line.method,
                plan.head.payer,
                line.amount_e8,
            )
        )
    return commands


def left_e8(plan: Plan, state: State) -> int:
    """What the plan still has to pay."""
    left = 0
    for line in lines_of(plan):
        refund_id = refund_id_of(plan.head.incident_id, line.account, line.reason)
        left += max(0, line.amount_e8 - paid_e8(state, refund_id))
    return left


def refuse_shortfall(plan: Plan, state: State, payable_e8: int) -> None:
    """Raise ``RefundShortfall`` with the amount when the payer cannot pay all that is left."""
    left = left_e8(plan, state)
    if left > payable_e8:
        raise RefundShortfall(
            f"{plan.head.payer} can pay {payable_e8}e-8 of {left}e-8: {left - payable_e8}e-8 is missing",
            where=f"plan {plan.digest}",
        )


def refuse_void(plan: Plan, state: State) -> None:
    """Raise ``PlanInvalid`` with the lines and their events when a rollback made void what the plan is from.

    The ledger refuses every line of such a plan; here is said which of them stand on void events.
    """
    voided = voided_by(state.control, _head_seq(plan))
    if not voided:
        return
    found = [
        f"{refund_id_of(plan.head.incident_id, line.account, line.reason)} of {line.account} ({seqs})"
        for line in lines_of(plan)
        if (seqs := ", ".join(str(seq) for seq in line.seqs if voided_by(state.control, seq)))
    ]
    raise PlanInvalid(
        f"the rollback of event {voided} made void what it was made from, up to event {_head_seq(plan)}; "
        f"refunds with void events: {'; '.join(found) or 'none, but their values are'}",
        where=f"plan {plan.digest}",
        remedy="Audit the history as it is now, make the plan again, and have two operators approve it",
    )


def _head_seq(plan: Plan) -> int:
    found = plan.body.get("head_seq")
    return found if isinstance(found, int) else 0


def _leaves(lines: Sequence[Line]) -> list[bytes]:
    return [
        line_leaf(number, line.account, line.reason, line.method, line.amount_e8)
        for number, line in enumerate(lines, 1)
    ]


def _listed(incident_id: str, number: int, line: Line) -> dict[str, Any]:
    return {
        "line": number,
        "refund_id": refund_id_of(incident_id, line.account, line.reason),
        "account": line.account,
        "reason": line.reason,
        "method": line.method,
        "formula_e8": line.formula_e8,
        "cap_e8": line.cap_e8,
        "amount_e8": line.amount_e8,
        "seqs": list(line.seqs),
        "note": line.note,
    }
