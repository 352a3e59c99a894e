"""The ledger's own pages: blocks, proofs, events, books, guards, rollbacks, incidents, views."""

import hashlib
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from projectors.api.access import AnyCaller, OperatorCaller, own_account, require
from projectors.api.asking import (
    ERRORS,
    NAME_MAX,
    AccountQuery,
    ServedViews,
    WhenAsked,
    asked_log,
    at_of,
    reply,
)
from projectors.api.faults import bad_request, not_found
from projectors.api.models import chain as shapes
from projectors.api.models.base import Page
from projectors.api.paging import WantedPage, page_of, whole
from projectors.api.resources import events, records
from projectors.api.resources.values import ms, number
from projectors.api.served import When
from projectors.api.tokens import Scope
from projectors.folding.state import ViewState
from projectors.reading import reports
from projectors.reading.differences import differences
from projectors.views import VIEWS

router = APIRouter(prefix="/v1", tags=["ledger"], responses=ERRORS)

SEALS_MAX: Final = 1_000
DIFFERENCES_MAX: Final = 1_000
_HEIGHT_MAX: Final = 10**18
_TWO_MOMENTS_MAX: Final = 81

Height = Annotated[int, Path(ge=1, le=_HEIGHT_MAX, description="Height of a block.")]
HeightQuery = Annotated[int, Query(ge=1, le=_HEIGHT_MAX)]
Side = Annotated[
    str,
    Query(
        min_length=1,
        max_length=_TWO_MOMENTS_MAX,
        description="As of, and after @ known at, in the words of as_of.",
        examples=["48213@head"],
    ),
]


@router.get("/chain/head", response_model=shapes.ChainHead)
def get_chain_head(served: ServedViews, _caller: AnyCaller, when: WhenAsked) -> Response:
    """The newest block at a moment."""
    with asked_log(served, when) as (log, question, at):
        chain = events.known_chain(log, question.known_at)
        seal = events.block(log.seal(question.as_of.height), chain)
        return reply(shapes.ChainHead(at=at, ledger_id=log.ledger_id, block=seal))


@router.get("/chain/proof", response_model=shapes.ChainProof)
def get_chain_proof(
    served: ServedViews,
    _caller: AnyCaller,
    when: WhenAsked,
    from_block: HeightQuery,
    to_block: HeightQuery,
) -> Response:
    """The seals from a block to another: recompute them up to one that is trusted."""
    with asked_log(served, when) as (log, question, at):
        if not from_block <= to_block <= question.as_of.height:
            raise bad_request("INVALID_PARAMETER", f"there are the blocks 1 to {question.as_of.height}")
        last = min(to_block, from_block + SEALS_MAX - 1)
        proof = shapes.ChainProof(
            at=at,
            ledger_id=log.ledger_id,
            seals=events.seals(log, from_block, last),
            complete=last == to_block,
        )
        return reply(proof)


@router.get("/blocks", response_model=Page[shapes.Block])
def get_blocks(served: ServedViews, _caller: AnyCaller, when: WhenAsked, wanted: WantedPage) -> Response:
    """Sealed blocks, void ones too, newest first."""
    with asked_log(served, when) as (log, question, at):
        chain = events.known_chain(log, question.known_at)
        return reply(events.blocks_page(log, question.as_of, chain, wanted, at))


@router.get("/blocks/{height}", response_model=shapes.ChainHead)
def get_block(served: ServedViews, _caller: AnyCaller, when: WhenAsked, height: Height) -> Response:
    """One sealed block."""
    with asked_log(served, when) as (log, question, at):
        if height > question.as_of.height:
            raise not_found(f"there are the blocks 1 to {question.as_of.height}")
        chain = events.known_chain(log, question.known_at)
        seal = events.block(log.seal(height), chain)
        return reply(shapes.ChainHead(at=at, ledger_id=log.ledger_id, block=seal))


@router.get("/events", response_model=Page[shapes.Event])
def get_events(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    account: AccountQuery = None,
    event: Annotated[str, Query(max_length=NAME_MAX, description="Only events of this type.")] = "",
) -> Response:
    """Recorded events, void ones too, newest first; those of an account, or for operators all."""
    if wanted.newer is not None:
        raise bad_request("BAD_CURSOR", "events are paged from newer to older")
    everything = caller.scope is Scope.OPERATOR and account is None
    name = "" if everything else own_account(caller, account)
    with asked_log(served, when) as (log, question, at):
        chain = events.known_chain(log, question.known_at)
        return reply(events.events_page(log, question.as_of, chain, wanted, at, name, event))


@router.get("/trial-balance", response_model=shapes.TrialBalance)
def get_trial_balance(served: ServedViews, _caller: OperatorCaller, when: WhenAsked) -> Response:
    """All accounts together and every counter-account, with their sums."""
    with served.asked(when, ("audit",)) as asked:
        legs = [shapes.Leg(**row) for row in reports.trial_balance(asked.market)]
        balanced = all(leg.amount == "0" for leg in legs if leg.account == reports.SUM)
        return reply(shapes.TrialBalance(at=at_of(asked), balanced=balanced, results=legs))


@router.get("/diff")
def get_diff(  # noqa: PLR0913
    served: ServedViews,
    caller: AnyCaller,
    a: Side,
    b: Side,
    account: AccountQuery = None,
    views: Annotated[str, Query(max_length=NAME_MAX, description="Names of views, with commas.")] = "account",
    limit: Annotated[int, Query(ge=1, le=DIFFERENCES_MAX)] = 100,
) -> shapes.Differences:
    """What differs between two moments, or between two states of knowledge about one."""
    everything = caller.scope is Scope.OPERATOR and account is None
    name = "" if everything else own_account(caller, account)
    names = _view_names(views)
    with (
        served.asked(_side(a), names) as before,
        served.asked(_side(b), names) as after,
    ):
        found = [
            one
            for old, new in zip(before.market.states(), after.market.states(), strict=True)
            for one in differences(old, new)
            if name in ("", one.key.get("account"))
        ]
        return shapes.Differences(
            a=at_of(before),
            b=at_of(after),
            total=len(found),
            results=[
                shapes.Difference(
                    view=one.view,
                    table=one.table,
                    key=dict(one.key),
                    field=one.field,
                    a=one.a,
                    b=one.b,
                    change=one.change,
                )
                for one in found[:limit]
            ],
        )


@router.get("/guards", response_model=Page[shapes.Guard])
def get_guards(served: ServedViews, _caller: OperatorCaller, when: WhenAsked, wanted: WantedPage) -> Response:
    """Inputs that guards did not let through as they were, newest first."""
    with served.asked(when, ("exchange",)) as asked:
        page = page_of(
            asked.control("GuardTripped"),
            wanted,
            at_of(asked),
            seq=lambda row: number(row, "seq"),
            time_ms=lambda row: ms(row, "recorded_at_us"),
            sent=records.guard,
        )
        return reply(page)


@router.get("/rollbacks", response_model=Page[shapes.Rollback])
def get_rollbacks(served: ServedViews, _caller: AnyCaller, when: WhenAsked, wanted: WantedPage) -> Response:
    """Rollbacks and what they made void, newest first."""
    with served.asked(when, ("exchange",)) as asked:
        page = page_of(
            asked.rows("exchange", "rollbacks"),
            wanted,
            at_of(asked),
            seq=lambda row: number(row, "rollback_seq"),
            time_ms=lambda row: ms(row, "declared_at_us"),
            sent=records.rollback,
        )
        return reply(page)


@router.get("/views", response_model=Page[shapes.ViewState])
def get_views(served: ServedViews, caller: AnyCaller, when: WhenAsked) -> Response:
    """How far every view is, and the digest of its tables."""
    require(caller, Scope.OPERATOR)
    with served.asked(when, tuple(VIEWS)) as asked:
        moment = asked.moment()
        digests = {state.view.name: _digest(state) for state in asked.market.states()}
        found = [
            shapes.ViewState(
                view=row["view"],
                version=row["version"],
                generation=row["generation"],
                block=row["height"],
                seq=row["seq"],
                behind=max(0, row["behind"]),
                state=row["state"],
                digest=digests[row["view"]],
            )
            for row in reports.views(asked.market, moment.head)
        ]
        return reply(whole(found, at_of(asked)))


def _digest(state: ViewState) -> str:
    """One digest of all tables of a view."""
    tables = "".join(state.digest(table).hexdigest() for table in state.view.plan.shown())
    return hashlib.blake2b(tables.encode(), digest_size=32).hexdigest()


def _side(text: str) -> When:
    """As of, and known at, of one side."""
    as_of, _, known_at = text.partition("@")
    if not as_of:
        raise bad_request("MOMENT_UNKNOWN", f"{text!r} names no moment before @")
    return When(as_of, known_at)


def _view_names(text: str) -> Sequence[str]:
    names = [name for name in text.split(",") if name]
    unknown = [name for name in names if name not in VIEWS]
    if unknown or not names:
        raise bad_request("INVALID_PARAMETER", f"views are some of {', '.join(VIEWS)}")
    return tuple(dict.fromkeys(names))
