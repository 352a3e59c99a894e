"""Incidents: what happened, who was affected and why, what each remedy costs, refunds, proof."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from projectors.api.access import OperatorCaller
from projectors.api.asking import ERRORS, NAME_MAX, ServedViews, WhenAsked, at_of, reply
from projectors.api.faults import not_found
from projectors.api.models import chain
from projectors.api.models import incidents as shapes
from projectors.api.models.base import Page
from projectors.api.paging import PAGE_SIZE, PAGE_SIZE_MAX, whole
from projectors.api.resources import incident as resource
from projectors.api.resources import incident_accounts as accounts
from projectors.api.resources import records
from projectors.api.resources.incident_files import AuditFile
from projectors.api.resources.incident_timeline import Bounds, timeline
from projectors.api.resources.incident_void import Evidence
from projectors.api.resources.values import e8, number, text
from projectors.api.served import Asked, Served

router = APIRouter(prefix="/v1/incidents", tags=["ledger"], responses=ERRORS)

NEEDS: Final = ("exchange", "funding", "activity", "account", "audit")
OFFSET_MAX: Final = 10_000_000

Id = Annotated[str, Path(min_length=1, max_length=NAME_MAX, description="Name of the incident.")]
AccountName = Annotated[str, Path(min_length=1, max_length=NAME_MAX)]
AuditQuery = Annotated[
    str, Query(max_length=NAME_MAX, description="Name of the audit, the first when left out.")
]
MethodQuery = Annotated[
    Literal["A", "B", "B+", "C", "D"], Query(description="Method of compensation that `owed` is of.")
]
SearchQuery = Annotated[str, Query(max_length=NAME_MAX, description="Only accounts with this in their name.")]
SizeQuery = Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX)]
OffsetQuery = Annotated[int, Query(ge=0, le=OFFSET_MAX)]


def get_evidence(request: Request) -> Evidence:
    """Files of incidents, and what void blocks hold."""
    evidence: Evidence = request.app.state.evidence
    return evidence


EvidenceAsked = Annotated[Evidence, Depends(get_evidence)]


@router.get("", response_model=Page[chain.Incident])
def get_incidents(
    served: ServedViews, _caller: OperatorCaller, evidence: EvidenceAsked, when: WhenAsked
) -> Response:
    """Every incident that something was recorded about, or that has audits or plans."""
    with served.asked(when, ("exchange", "account")) as asked:
        refunds = asked.rows("account", "refund_lines")
        return reply(whole(records.incidents(asked, refunds, evidence.files.ids()), at_of(asked)))


@router.get("/{incident}", response_model=shapes.Incident)
def get_incident(
    served: ServedViews, _caller: OperatorCaller, evidence: EvidenceAsked, when: WhenAsked, incident: Id
) -> Response:
    """What happened in order, what audits found, what each remedy costs, and how to check all of it."""
    with served.asked(when, NEEDS) as asked:
        audits, plans = evidence.files.audits(incident), evidence.files.plans(incident)
        refunds = resource.refunds_of(asked, incident)
        rollbacks = resource.rollbacks_of(asked, incident)
        _require(asked, incident, evidence)
        bounds = resource.bounds_of(asked, incident, audits, refunds)
        void = evidence.void(served, rollbacks)
        found = shapes.Incident(
            at=at_of(asked),
            id=incident,
            reason=text(rollbacks[-1], "reason") if rollbacks else "",
            timeline=timeline(asked, incident, bounds, audits, void, refunds),
            audits=[resource.audit(one) for one in audits],
            plans=[resource.plan(asked, one) for one in plans],
            refunds=sum(1 for row in refunds if number(row, "paid_e8")),
            refunded=e8(sum(number(row, "paid_e8") for row in refunds)),
            proof=resource.proof(
                asked, incident, str(evidence.files.root / incident), _ledger(served), audits
            ),
        )
        return reply(found)


@router.get("/{incident}/accounts", response_model=shapes.AffectedAccounts)
def get_accounts(  # noqa: PLR0913
    served: ServedViews,
    _caller: OperatorCaller,
    evidence: EvidenceAsked,
    when: WhenAsked,
    incident: Id,
    audit: AuditQuery = "",
    method: MethodQuery = "C",
    search: SearchQuery = "",
    which: Annotated[Literal["all", "hurt", "gained", "liquidated"], Query()] = "all",
    order: Annotated[Literal["lost", "gained", "account", "owed", "paid"], Query()] = "lost",
    page_size: SizeQuery = PAGE_SIZE,
    offset: OffsetQuery = 0,
) -> Response:
    """Accounts that would be worth something else: what each lost and for which reason."""
    with served.asked(when, NEEDS) as asked:
        found = _accounts(asked, evidence, incident, audit, method)
        listed = found.listed(search, which, order)
        return reply(
            shapes.AffectedAccounts(
                at=at_of(asked),
                audit=found.audit,
                method=method,
                totals=found.totals(),
                found=len(listed),
                results=[found.affected(one) for one in listed[offset : offset + page_size]],
            )
        )


@router.get("/{incident}/accounts/{name}", response_model=shapes.AffectedAccount)
def get_account(  # noqa: PLR0913
    served: ServedViews,
    _caller: OperatorCaller,
    evidence: EvidenceAsked,
    when: WhenAsked,
    incident: Id,
    name: AccountName,
    audit: AuditQuery = "",
    method: MethodQuery = "C",
) -> Response:
    """One account: every reason with its events, its liquidations, and what each method gives it."""
    with served.asked(when, NEEDS) as asked:
        found = _accounts(asked, evidence, incident, audit, method)
        effect = found.effect(name)
        if effect is None:
            raise not_found("nothing differs for this account in this audit")
        chosen = _audit(evidence, incident, audit)
        window = chosen.report["window"]
        bounds = Bounds(window["first_seq"], window["last_seq"])
        judged = found.liquidations.get(name, ())
        gone = evidence.void(served, resource.rollbacks_of(asked, incident)).liquidations
        rows = [(row, True) for row in gone if row["account"] == name]
        rows += [(row, False) for row in asked.rows_of("activity", "liquidations", name)]
        return reply(
            shapes.AffectedAccount(
                at=at_of(asked),
                affected=found.affected(effect),
                parts=accounts.parts(effect),
                takeovers=[
                    accounts.takeover(row, judged, void=void)
                    for row, void in rows
                    if bounds.has(number(row, "seq"))
                ],
                owed=accounts.owed(chosen.report, name),
            )
        )


@router.get("/{incident}/refunds", response_model=shapes.RefundLines)
def get_refunds(  # noqa: PLR0913
    served: ServedViews,
    _caller: OperatorCaller,
    evidence: EvidenceAsked,
    when: WhenAsked,
    incident: Id,
    search: SearchQuery = "",
    page_size: SizeQuery = PAGE_SIZE,
    offset: OffsetQuery = 0,
) -> Response:
    """Lines of the plan of refunds with what was paid of each, those with most to pay first."""
    with served.asked(when, NEEDS) as asked:
        _require(asked, incident, evidence)
        paid = resource.refunds_of(asked, incident)
        plan = next((one for one in evidence.files.plans(incident) if resource.is_of_refunds(one)), None)
        lines = resource.refund_lines(plan, paid)
        found = [line for line in lines if search in line.account]
        head = plan.plan.head if plan is not None and plan.plan is not None else None
        return reply(
            shapes.RefundLines(
                at=at_of(asked),
                plan=plan.name if plan is not None else "",
                digest=plan.plan.digest if plan is not None and plan.plan is not None else "",
                payer=head.payer if head else "",
                cap=e8(head.cap_e8 if head else 0),
                total=e8(head.total_e8 if head else 0),
                paid=e8(sum(number(row, "paid_e8") for row in paid)),
                lines=len(lines),
                paying=sum(1 for line in lines if line.amount != "0"),
                found=len(found),
                results=found[offset : offset + page_size],
            )
        )


def _accounts(asked: Asked, evidence: Evidence, incident: str, audit: str, method: str) -> accounts.Accounts:
    _require(asked, incident, evidence)
    refunds = resource.refunds_of(asked, incident)
    return accounts.Accounts(_audit(evidence, incident, audit), method, refunds)


def _audit(evidence: Evidence, incident: str, name: str) -> AuditFile:
    """An audit by name, or the first. Raises ``ApiFault`` 404 when there is none that is believed."""
    for one in evidence.files.audits(incident):
        if not one.fault and name in ("", one.name):
            return one
    raise not_found("there is no such audit of this incident, or its file was changed")


def _require(asked: Asked, incident: str, evidence: Evidence) -> None:
    """Raise ``ApiFault`` 404 unless something was recorded under this name, or it has files."""
    rows = [
        *asked.control("PlanApproved"),
        *asked.rows("exchange", "rollbacks"),
        *asked.rows("exchange", "restatements"),
    ]
    recorded = any(row["incident_id"] == incident for row in rows)
    if not recorded and incident not in evidence.files.ids() and not resource.refunds_of(asked, incident):
        raise not_found("there is no incident by this name")


def _ledger(served: Served) -> str:
    """The options by which commands find the ledger."""
    settings = served.settings
    return f"--brokers {settings.brokers}" if settings.brokers else f"--data {settings.data}"
