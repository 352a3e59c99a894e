"""Guards, rollbacks and incidents, as they were recorded."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from projectors.api.models import chain as shapes
from projectors.api.resources.values import e8, e8_of, given_e8, ms, number, text
from projectors.api.served import Asked
from projectors.reading.answers import Row


def guard(row: Row) -> shapes.Guard:
    """An input that a guard did not let through as it was."""
    return shapes.Guard(
        seq=number(row, "seq"),
        guard=text(row, "guard"),
        policy=text(row, "policy"),
        action=text(row, "action"),
        market=text(row, "market"),
        field=text(row, "field"),
        given=text(row, "given"),
        value=given_e8(row, "value"),
        expected=e8_of(row, "expected_e8"),
        bound_low=e8_of(row, "bound_low_e8"),
        bound_high=e8_of(row, "bound_high_e8"),
        input_command_id=text(row, "input_command_id"),
        tick_id=number(row, "tick_id"),
        source=text(row, "source"),
        created_at=ms(row, "recorded_at_us"),
    )


def rollback(row: Row) -> shapes.Rollback:
    """Where a rollback went back to, and what it made void."""
    completed = number(row, "completed_seq")
    return shapes.Rollback(
        seq=number(row, "rollback_seq"),
        incident_id=text(row, "incident_id"),
        status="COMPLETED" if completed else "DECLARED",
        reason=text(row, "reason"),
        target_block=number(row, "target_height"),
        target_seq=number(row, "target_seq"),
        void_from_block=number(row, "void_from_height"),
        void_to_block=number(row, "void_to_height"),
        void_from_seq=number(row, "void_from_seq"),
        void_to_seq=number(row, "void_to_seq"),
        plan_digest=text(row, "plan_digest"),
        approved_by=[name for name in (text(row, "key_1"), text(row, "key_2")) if name],
        negative_accounts=number(row, "negative_accounts"),
        reinstated=number(row, "reinstated"),
        cancelled=number(row, "cancelled"),
        declared_at=ms(row, "declared_at_us"),
        completed_at=ms(row, "completed_at_us"),
    )


@dataclass
class _Incident:
    seqs: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    rollbacks: list[int] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    markets: list[str] = field(default_factory=list)
    refunds: int = 0
    refunded_e8: int = 0

    def at(self, seq: int, time_ms: int) -> None:
        self.seqs.append(seq)
        self.times.append(time_ms)


def incidents(asked: Asked, refunds: Iterable[Row], others: Iterable[str]) -> list[shapes.Incident]:
    """What was recorded under the name of each incident: rollbacks, plans, restatements, refunds.

    ``others`` are incidents of which nothing may have been recorded yet.
    """
    found: dict[str, _Incident] = {name: _Incident() for name in others}

    def of(row: Row, seq: str, time: str) -> _Incident:
        incident = found.setdefault(text(row, "incident_id"), _Incident())
        incident.at(number(row, seq), ms(row, time))
        return incident

    for row in asked.rows("exchange", "rollbacks"):
        of(row, "rollback_seq", "declared_at_us").rollbacks.append(number(row, "rollback_seq"))
    for row in asked.control("PlanApproved"):
        of(row, "seq", "recorded_at_us").plans.append(text(row, "plan_digest"))
    for row in asked.rows("exchange", "restatements"):
        incident = of(row, "seq", "recorded_at_us")
        if text(row, "market") not in incident.markets:
            incident.markets.append(text(row, "market"))
    for row in refunds:
        incident = of(row, "paid_seq", "paid_at_us")
        incident.refunds += 1
        incident.refunded_e8 += number(row, "paid_e8")
    return [
        shapes.Incident(
            id=name,
            first_seq=min(one.seqs, default=0),
            last_seq=max(one.seqs, default=0),
            rollbacks=one.rollbacks,
            plans=one.plans,
            restated_markets=one.markets,
            refunds=one.refunds,
            refunded=e8(one.refunded_e8),
            updated_at=max(one.times, default=0),
        )
        for name, one in sorted(found.items())
        if name
    ]
