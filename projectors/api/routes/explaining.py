"""Why an account was liquidated; index steps with bounds; what rollbacks made void; holders of vaults."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from projectors.api.access import AnyCaller, OperatorCaller, own_account
from projectors.api.asking import (
    ERRORS,
    NAME_MAX,
    AccountQuery,
    MarketQuery,
    ServedViews,
    WhenAsked,
    at_of,
    reply,
)
from projectors.api.faults import not_found
from projectors.api.models import explaining as shapes
from projectors.api.models.account import Series
from projectors.api.models.base import Page
from projectors.api.paging import WantedPage, page_of, page_of_lines, whole
from projectors.api.resources import account as accounts
from projectors.api.resources import explaining as pages
from projectors.api.resources import markets, vaults
from projectors.api.resources.markets import PUBLIC
from projectors.api.resources.values import e8, ms, number, text
from projectors.api.routes.account import BUCKETS_MAX, RESOLUTIONS, Resolution
from projectors.api.routes.markets import VaultQuery
from projectors.api.served import Asked, When
from projectors.reading.lines import Lined

router = APIRouter(prefix="/v1", responses=ERRORS)

_SEQ_MAX: Final = 10**18 - 1
_MS_PER_S: Final = 1_000


@router.get("/liquidations/{seq}/why", response_model=shapes.Explanation, tags=["account"])
def get_why(
    served: ServedViews,
    caller: AnyCaller,
    seq: Annotated[int, Path(ge=1, le=_SEQ_MAX, description="Event of the liquidation, void or not.")],
    account: AccountQuery = None,
) -> Response:
    """Mark, fair price, index, value and requirement at a liquidation, and what nothing explains of it."""
    name = own_account(caller, account)
    with served.asked(When(), ("exchange",)) as now:
        void = pages.void_by(pages.void_ranges(now), seq)
    when = When(str(seq), str(seq))
    with (
        served.asked(when, PUBLIC, accounts.OWN, name) as asked,
        served.asked(when, PUBLIC) as public,
    ):
        row = accounts.account_row(asked, name)
        found = pages.explanation(asked, public, row, seq, void) if row else None
        if found is None:
            raise not_found(f"event {seq} is no liquidation of {name}")
        return reply(found)


@router.get("/statement/void", response_model=Page[shapes.VoidLine], tags=["account"])
def get_void_statement(
    served: ServedViews, caller: AnyCaller, when: WhenAsked, wanted: WantedPage, account: AccountQuery = None
) -> Response:
    """Lines of a statement that rollbacks made void, by what is known, newest first."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, accounts.OWN, name) as asked:
        at, ranges = at_of(asked), pages.void_ranges(asked)
    views = (PUBLIC, accounts.OWN, name)
    found = list(
        pages.void_rows(served, ranges, views, lambda past: past.lines("account", "statement", name))
    )
    page = page_of(
        found,
        wanted,
        at,
        seq=lambda one: number(one.row, "seq"),
        time_ms=lambda one: ms(one.row, "recorded_at_us"),
        sent=lambda one: shapes.VoidLine(line=accounts.line(one.row), void_by=one.rollback_seq),
    )
    return reply(page)


@router.get("/liquidations/void", response_model=Page[shapes.VoidLiquidation], tags=["account"])
def get_void_liquidations(
    served: ServedViews, caller: AnyCaller, when: WhenAsked, wanted: WantedPage, account: AccountQuery = None
) -> Response:
    """Takeovers of an account that rollbacks made void, by what is known, newest first."""
    name = own_account(caller, account)

    def taken(past: Asked) -> Lined:
        return past.lines("activity", "liquidations", name)

    with served.asked(when, PUBLIC, accounts.OWN, name) as asked:
        at, ranges = at_of(asked), pages.void_ranges(asked)
    page = page_of(
        list(pages.void_rows(served, ranges, (PUBLIC, accounts.OWN, name), taken)),
        wanted,
        at,
        seq=lambda one: number(one.row, "seq"),
        time_ms=lambda one: ms(one.row, "recorded_at_us"),
        sent=lambda one: shapes.VoidLiquidation(
            liquidation=accounts.liquidation(one.row), void_by=one.rollback_seq
        ),
    )
    return reply(page)


@router.get("/funding/history", response_model=Series, tags=["markets"])
def get_funding_history(
    served: ServedViews,
    _caller: AnyCaller,
    when: WhenAsked,
    market: Annotated[str, Query(min_length=1, max_length=NAME_MAX, description="The market.")],
    resolution: Resolution = "1h",
    limit: Annotated[int, Query(ge=1, le=BUCKETS_MAX, description="Newest buckets.")] = 168,
) -> Response:
    """Funding index of a market at the ends of buckets, oldest first."""
    with served.asked(when, (*PUBLIC, "portfolio")) as asked:
        at = at_of(asked)
        ends = pages.index_ends(asked, market, RESOLUTIONS[resolution], limit)
        found = Series(
            at=at,
            timestamps=[min(end * _MS_PER_S, at.recorded_at) for end, _ in ends],
            data=[e8(index) for _, index in ends],
        )
        return reply(found)


@router.get("/funding/steps", response_model=Page[shapes.FundingStep], tags=["markets"])
def get_funding_steps(
    served: ServedViews,
    _caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    market: MarketQuery = "",
    *,
    void: bool = False,
) -> Response:
    """Steps of the funding indices with what guards allow, newest first; with ``void`` those made void."""
    with served.asked(when, PUBLIC) as asked:
        at, ranges = at_of(asked), pages.void_ranges(asked)
        terms = {text(row, "market"): row for row in asked.rows("exchange", "markets")}

        def sent(one: pages.Void) -> shapes.FundingStep:
            return pages.step(one.row, terms.get(text(one.row, "market"), {}), one.rollback_seq)

        if not void:
            listed = markets.steps(asked, market)
            return reply(page_of_lines(listed, wanted, at, sent=lambda row: sent(pages.Void(row, 0))))
    found = pages.void_rows(served, ranges, (PUBLIC, (), ""), lambda past: markets.steps(past, market))
    page = page_of(
        list(found),
        wanted,
        at,
        seq=lambda one: number(one.row, "seq"),
        time_ms=lambda one: ms(one.row, "recorded_at_us"),
        sent=sent,
    )
    return reply(page)


@router.get("/vaults/holders", response_model=Page[shapes.Holder], tags=["vaults"])
def get_vaults_holders(
    served: ServedViews, _caller: OperatorCaller, when: WhenAsked, wanted: WantedPage, address: VaultQuery
) -> Response:
    """Who holds shares of a vault, largest first."""
    with served.asked(when, vaults.MARKET, vaults.OWN) as asked:
        rows = vaults.vault_rows(asked, address)
        if not address or not rows:
            raise not_found(f"there is no vault {address!r} at that moment")
        names = [text(one, "holder") for one in vaults.holders(asked, rows[0])]
        stakes = [(name, vaults.account_summary(asked, rows[0], name)) for name in names]
        found = [
            shapes.Holder(account=name, **stake.model_dump(exclude={"address", "created_at"}))
            for name, stake in stakes
            if stake
        ]
        return reply(whole(found[: wanted.size], at_of(asked)))
