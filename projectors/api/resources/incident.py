"""One incident: what was recorded under its name, and what the files of its audits and plans say."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ledger.core.plan_digest import REFUND
from projectors.api.models import incidents as shapes
from projectors.api.resources.incident_files import AuditFile, StoredPlan
from projectors.api.resources.incident_timeline import Bounds
from projectors.api.resources.values import e8, number, text
from projectors.api.served import Asked
from projectors.reading.answers import Row

TRADES_LOST: Final = "trades that would not have been possible"
NOTHING: Final = Bounds(1, 0)

Json = dict[str, Any]


def refunds_of(asked: Asked, incident: str) -> list[Row]:
    """What was paid under an incident's name."""
    return [row for row in asked.rows("account", "refund_lines") if row["incident_id"] == incident]


def rollbacks_of(asked: Asked, incident: str) -> list[Row]:
    """Rollbacks under an incident's name."""
    return [row for row in asked.rows("exchange", "rollbacks") if row["incident_id"] == incident]


def bounds_of(asked: Asked, incident: str, audits: Iterable[AuditFile], refunds: Iterable[Row]) -> Bounds:
    """From the first event that audits or rollbacks look at, to the last that was recorded about it."""
    firsts: list[int] = []
    lasts: list[int] = []
    for audit in audits:
        if not audit.fault:
            firsts.append(audit.report["window"]["first_seq"])
            lasts.append(audit.report["window"]["last_seq"])
    for row in rollbacks_of(asked, incident):
        firsts.append(number(row, "target_seq") + 1)
        lasts.append(max(number(row, "completed_seq"), number(row, "rollback_seq")))
    for name in ("plans", "restatements"):
        lasts += [
            number(row, "seq") for row in asked.rows("exchange", name) if row["incident_id"] == incident
        ]
    lasts += [number(row, "paid_seq") for row in refunds]
    if not lasts:
        return NOTHING
    return Bounds(min(firsts or lasts), max(lasts))


def audit(file: AuditFile) -> shapes.Audit:
    """An audit in short."""
    report = file.report
    effects: Sequence[Json] = report.get("effects", ())
    taken: Sequence[Json] = report.get("liquidations", ())
    differences = [one["difference_e8"] for one in effects]
    return shapes.Audit(
        name=file.name,
        digest=file.digest,
        fault=file.fault,
        window=_window(report["window"]) if report else None,
        evidence=[_evidence(one) for one in report.get("evidence", ())],
        accounts=len(effects),
        hurt=sum(one > 0 for one in differences),
        gained=sum(one < 0 for one in differences),
        lost=e8(sum(one for one in differences if one > 0)),
        won=e8(-sum(one for one in differences if one < 0)),
        wrongful_liquidations=len(taken),
        wrongful_accounts=len({one["account"] for one in taken}),
        trades_lost=sum(len(one["flags"].get(TRADES_LOST, ())) for one in effects),
        remedies=[_remedy(one) for one in report.get("remedies", ())],
    )


def _window(window: Json) -> shapes.Window:
    return shapes.Window(
        from_block=window["from_height"] + 1,
        to_block=window["to_height"],
        first_seq=window["first_seq"],
        last_seq=window["last_seq"],
        commands=window["commands"],
        events=window["events"],
    )


def _evidence(one: Json) -> shapes.Evidence:
    return shapes.Evidence(
        market=one["market"],
        from_tick=one["from_tick"],
        to_tick=one["to_tick"],
        seq=one["seq"],
        takes=one["take"],
        why=one["why"],
    )


def _remedy(one: Json) -> shapes.Remedy:
    return shapes.Remedy(
        remedy=one["remedy"],
        title=one["title"],
        accounts_touched=one["accounts_touched"],
        honest_trades_voided=one["honest_trades_voided"],
        profits_erased=e8(one["profits_erased_e8"]),
        money_needed=e8(one["money_needed_e8"]),
        paid_by=one["paid_by"],
        shortfall=e8(one["shortfall_e8"]),
        false_gains_kept=e8(one["false_gains_kept_e8"]),
        events_written=one["writes"],
    )


def plan(asked: Asked, file: StoredPlan) -> shapes.PlanFile:
    """A plan in short, and whether the ledger has its approval."""
    found = file.plan
    digest = found.digest if found else ""
    recorded = [number(row, "seq") for row in asked.control("PlanApproved") if row["plan_digest"] == digest]
    approval = found.approval if found else None
    return shapes.PlanFile(
        name=file.name,
        kind=found.head.kind if found else "",
        digest=digest,
        fault=file.fault,
        lines=found.head.lines if found else 0,
        total=e8(found.head.total_e8 if found else 0),
        payer=found.head.payer if found else "",
        head_block=found.head.head_height if found else 0,
        signed_by=[key for key, _ in approval.signatures] if approval else [],
        recorded_seq=recorded[-1] if recorded else 0,
    )


def proof(
    asked: Asked,
    incident: str,
    place: str,
    ledger: str,
    audits: Sequence[AuditFile],
) -> list[shapes.Proof]:
    """What anybody with the log can check, and how.

    ``place`` is where the incident's files lie, ``ledger`` the options that name the ledger.
    """
    found = [
        shapes.Proof(
            what=f"Rollback to block {row['target_height']}",
            says="the ledger is, row by row, one that never saw the void blocks; custody is unchanged, and "
            "every payment across its border is in it once",
            digest=text(row, "plan_digest"),
            command=f"ledger rollback prove --rollback {row['rollback_seq']} {ledger}",
        )
        for row in rollbacks_of(asked, incident)
    ]
    found += [
        shapes.Proof(
            what=f"Audit {one.name}",
            says="every number of it is what the log gives",
            digest=one.digest,
            command=f"ledger incident check {place}/{one.name}.json {ledger}",
        )
        for one in audits
        if not one.fault
    ]
    found.append(
        shapes.Proof(
            what="The log",
            says="no byte of it was changed, and every view is what the log gives",
            digest="",
            command=f"ledger log verify {ledger} && projectors verify {ledger}",
        )
    )
    return found


def is_of_refunds(file: StoredPlan) -> bool:
    """Whether a plan is one of refunds."""
    return file.plan is not None and file.plan.head.kind == REFUND


def refund_lines(found: StoredPlan | None, refunds: Iterable[Row]) -> list[shapes.RefundLine]:
    """Lines of a plan with what was paid of each, those with most to pay first."""
    if found is None or found.plan is None:
        return []
    paid = {text(row, "refund_id"): row for row in refunds}
    lines = []
    for line in found.plan.report["lines"]:
        row = paid.get(line["refund_id"], {})
        lines.append((-line["amount_e8"], line["line"], _line(line, row)))
    return [one for _, _, one in sorted(lines, key=lambda one: one[:2])]


def _line(line: Json, row: Row) -> shapes.RefundLine:
    return shapes.RefundLine(
        line=line["line"],
        refund_id=line["refund_id"],
        account=line["account"],
        reason=line["reason"],
        method=line["method"],
        formula=e8(line["formula_e8"]),
        cap=e8(line["cap_e8"]),
        amount=e8(line["amount_e8"]),
        note=line["note"],
        paid=e8(number(row, "paid_e8")),
        paid_seq=number(row, "paid_seq"),
        paid_at=number(row, "paid_at_us") // 1_000,
    )
