"""What the dashboard needs besides the resources: the caller, accounts by name, occasions, one event."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from projectors.api.access import AnyCaller, OperatorCaller
from projectors.api.asking import ERRORS, NAME_MAX, ServedViews, WhenAsked, asked_log, at_of, reply
from projectors.api.faults import not_found
from projectors.api.models import showing as shapes
from projectors.api.models.base import Page
from projectors.api.paging import PAGE_SIZE_MAX, WantedPage, page_of, whole
from projectors.api.resources import events
from projectors.api.resources import showing as pages
from projectors.api.tokens import Scope

router = APIRouter(prefix="/v1", tags=["ledger"], responses=ERRORS)

_SEQ_MAX = 10**18 - 1

SeqPath = Annotated[int, Path(ge=1, le=_SEQ_MAX, description="Seq of an event.")]


@router.get("/caller")
def get_caller_scope(caller: AnyCaller) -> shapes.CallerScope:
    """What the token of this request opens."""
    return shapes.CallerScope(scope=caller.scope.value, account=caller.account)


@router.get("/accounts", response_model=Page[shapes.AccountFound])
def get_accounts(
    served: ServedViews,
    _caller: OperatorCaller,
    when: WhenAsked,
    search: Annotated[str, Query(max_length=NAME_MAX, description="Part of the name.")] = "",
    page_size: Annotated[int, Query(ge=1, le=PAGE_SIZE_MAX, description="Most results.")] = 20,
) -> Response:
    """Accounts by their names: those that begin with the text first."""
    with served.asked(when, ("account",)) as asked:
        return reply(whole(pages.accounts(asked, search, page_size), at_of(asked)))


@router.get("/timeline", response_model=Page[shapes.Occasion])
def get_timeline(served: ServedViews, _caller: AnyCaller, when: WhenAsked, wanted: WantedPage) -> Response:
    """Rollbacks, guard trips and changes of the exchange's mode, newest first."""
    with served.asked(when, ("exchange",)) as asked:
        page = page_of(
            pages.occasions(asked),
            wanted,
            at_of(asked),
            seq=lambda one: one.seq,
            time_ms=lambda one: one.created_at,
            sent=lambda one: one,
        )
        return reply(page)


@router.get("/events/{seq}", response_model=shapes.OneEvent)
def get_event(served: ServedViews, caller: AnyCaller, when: WhenAsked, seq: SeqPath) -> Response:
    """One recorded event, void or not: a public one, one's own, or for operators any."""
    with asked_log(served, when) as (log, question, at):
        found = events.event_at(log, question, seq)
        public = found is not None and found.event in pages.PUBLIC_EVENTS
        own = found is not None and caller.scope is Scope.ACCOUNT and found.account == caller.account
        if found is None or not (public or own or caller.scope is Scope.OPERATOR):
            raise not_found(f"there is no event {seq} at that moment that this caller may read")
        return reply(shapes.OneEvent(at=at, event=found))
