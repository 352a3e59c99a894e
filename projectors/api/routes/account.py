"""An account's own pages: for its token, and for operators."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from projectors.api.access import AnyCaller, own_account
from projectors.api.asking import (
    ERRORS,
    NAME_MAX,
    AccountQuery,
    MarketQuery,
    ServedViews,
    WhenAsked,
    at_of,
    at_once,
    reply,
)
from projectors.api.faults import bad_request, not_found
from projectors.api.models import account as shapes
from projectors.api.models.base import Page
from projectors.api.paging import Wanted, WantedPage, page_of, page_of_lines, paged, whole
from projectors.api.resources import account as pages
from projectors.api.resources import positions
from projectors.api.resources.margin import settlement_asset
from projectors.api.resources.markets import PUBLIC
from projectors.api.resources.values import ms, number, text
from projectors.api.served import Asked, Served, When
from projectors.reading.answers import Row
from projectors.reading.lines import Lined
from projectors.reading.series import series

router = APIRouter(prefix="/v1", tags=["account"], responses=ERRORS)

BUCKETS_MAX: Final = 2_000
RESOLUTIONS: Final = {"5m": 300, "1h": 3_600, "8h": 28_800, "1d": 86_400}
_COLUMNS: Final = {"pnl": "total_pnl", "value": "value", "volume": "volume", "fees": "fees"}

Sent = TypeVar("Sent")
Resolution = Annotated[Literal["5m", "1h", "8h", "1d"], Query(description="Width of a bucket.")]
SeriesType = Annotated[
    Literal["pnl", "value", "volume", "fees", "fee_savings"],
    Query(alias="type", description="Which quantity."),
]


@router.get("/account", response_model=shapes.AccountSummary)
@at_once
def get_account(
    served: ServedViews, caller: AnyCaller, when: WhenAsked, account: AccountQuery = None
) -> Response:
    """Value and margin of an account."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, pages.SUMMARY, name) as asked:
        return reply(pages.summary(asked, _known(asked, name), at_of(asked)))


@router.get("/balance", response_model=Page[shapes.Balance])
@at_once
def get_balance(
    served: ServedViews, caller: AnyCaller, when: WhenAsked, account: AccountQuery = None
) -> Response:
    """Tokens of an account."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, pages.BALANCES, name) as asked:
        return reply(whole(pages.balances(asked, name), at_of(asked)))


@router.get("/positions", response_model=Page[shapes.Position])
@at_once
def get_positions(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    account: AccountQuery = None,
    market: MarketQuery = "",
    status: Annotated[
        Literal["OPEN", "CLOSED", "ALL"], Query(description="Open ones, those that are no more, or both.")
    ] = "OPEN",
) -> Response:
    """Positions of an account, the open ones unless said otherwise."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, pages.POSITIONS, name) as asked:
        row = pages.account_row(asked, name)
        found = positions.positions(asked, row) if row and status != "CLOSED" else []
        found += positions.closed_positions(asked, row)[::-1] if row and status != "OPEN" else []
        return reply(whole([one for one in found if market in ("", one.market)], at_of(asked)))


@router.get("/fills", response_model=Page[shapes.Fill])
def get_fills(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    account: AccountQuery = None,
    market: MarketQuery = "",
) -> Response:
    """Executions of an account, newest first."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, pages.FILLS, name) as asked:
        currency = settlement_asset(asked)
        lines = asked.lines("activity", "fills", name)
        return _page(asked, lines, wanted, lambda row: pages.fill(row, currency), _of_market(market))


@router.get("/orders", response_model=Page[shapes.Order])
@at_once
def get_orders(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    account: AccountQuery = None,
    market: MarketQuery = "",
) -> Response:
    """Open orders of an account, and those that wait for their trigger; newest first."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, pages.ORDERS, name) as asked:
        found = [one for one in pages.orders(asked, name) if market in ("", one.market)]
        return reply(whole(found, at_of(asked)))


@router.get("/orders-history", response_model=Page[shapes.Order])
def get_orders_history(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    account: AccountQuery = None,
    market: MarketQuery = "",
) -> Response:
    """Every order of an account, newest first."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, pages.ORDERS, name) as asked:
        lines = asked.lines("activity", "order_lines", name)
        page = page_of_lines(lines, wanted, at_of(asked), sent=_order_id, keep=_of_market(market))
        return reply(paged(page, pages.orders_named(asked, name, page.results)))


@router.get("/orders/{order:path}", response_model=shapes.OneOrder)
def get_order(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    order: Annotated[str, Path(max_length=NAME_MAX, description="Id of an order of the account.")],
    account: AccountQuery = None,
) -> Response:
    """One order of an account, open or not."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, pages.ORDERS, name) as asked:
        found = pages.orders_named(asked, name, [order])
        if not found:
            raise not_found("the account has no order by that id at that moment")
        return reply(shapes.OneOrder(at=at_of(asked), **found[0].model_dump()))


@router.get("/transfers", response_model=Page[shapes.Transfer])
def get_transfers(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    account: AccountQuery = None,
) -> Response:
    """Deposits, withdrawals and transfers of an account, newest first."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, pages.TRANSFERS, name) as asked:
        lines = asked.lines("activity", "transfer_lines", name)
        page = page_of_lines(lines, wanted, at_of(asked), sent=lambda row: text(row, "entry"))
        rows = asked.rows_at("activity", "transfers", [(name, entry) for entry in page.results])
        return reply(paged(page, [pages.transfer(row) for row in rows]))


@router.get("/funding/payments", response_model=Page[shapes.FundingPayment])
def get_funding_payments(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    account: AccountQuery = None,
    market: MarketQuery = "",
) -> Response:
    """Funding that an account was paid or paid, newest first."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, pages.PAYMENTS, name) as asked:
        lines = pages.funding_payments(asked, name)
        return _page(asked, lines, wanted, pages.funding_payment, _of_market(market))


@router.get("/liquidations", response_model=Page[shapes.Liquidation])
def get_liquidations(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    account: AccountQuery = None,
) -> Response:
    """Takeovers of an account with the figures that made them, newest first."""
    return _lines(served, when, wanted, own_account(caller, account), "liquidations", pages.liquidation)


@router.get("/tradebusts", response_model=Page[shapes.Tradebust])
def get_tradebusts(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    account: AccountQuery = None,
) -> Response:
    """Trades of an account that were taken back, newest first."""
    return _lines(served, when, wanted, own_account(caller, account), "busts", pages.tradebust)


@router.get("/statement", response_model=Page[shapes.Line])
def get_statement(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    account: AccountQuery = None,
    token: Annotated[str, Query(max_length=NAME_MAX, description="Only this token.")] = "",
) -> Response:
    """Every line that moved a balance, with the event that did it; newest first."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, pages.STATEMENT, name) as asked:
        lines = asked.lines("account", "statement", name)
        return _page(asked, lines, wanted, pages.line, lambda row: token in ("", row["asset"]))


@router.get("/refunds", response_model=Page[shapes.Refund])
def get_refunds(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    account: AccountQuery = None,
) -> Response:
    """What an account was paid for incidents, newest first."""
    name = own_account(caller, account)
    with served.asked(when, PUBLIC, pages.REFUNDS, name) as asked:
        rows = sorted(asked.rows_of("account", "refund_lines", name), key=lambda row: number(row, "paid_seq"))
        page = page_of(
            rows,
            wanted,
            at_of(asked),
            seq=lambda row: number(row, "paid_seq"),
            time_ms=lambda row: ms(row, "paid_at_us"),
            sent=pages.refund,
        )
        return reply(page)


@router.get("/account/history", response_model=shapes.Series)
def get_account_history(  # noqa: PLR0913
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    kind: SeriesType = "value",
    resolution: Resolution = "1h",
    limit: Annotated[int, Query(ge=1, le=BUCKETS_MAX, description="Newest buckets.")] = 168,
    account: AccountQuery = None,
) -> Response:
    """Value, profit since the beginning, or traded value and fees per bucket, oldest first."""
    if kind == "fee_savings":
        raise bad_request("NOT_KEPT", "the ledger keeps the fees that were charged, and no others")
    name = own_account(caller, account)
    width = RESOLUTIONS[resolution]
    with served.asked(when, PUBLIC, ("portfolio",), name) as asked:
        return reply(series_of(asked, series(asked.own, name, width, limit), width, _COLUMNS[kind]))


def series_of(asked: Asked, buckets: Sequence[dict[str, Any]], width_s: int, column: str) -> shapes.Series:
    """One column of buckets, with the ends of the buckets; the newest ends at the moment of the answer."""
    at = at_of(asked)
    ends = [one["start_at_us"] // 1_000 + width_s * 1_000 for one in buckets]
    return shapes.Series(
        at=at,
        timestamps=[min(end, max(at.recorded_at, end - width_s * 1_000)) for end in ends],
        data=[str(one[column]) for one in buckets],
    )


def _known(asked: Asked, name: str) -> Row:
    row = pages.account_row(asked, name)
    if row is None:
        raise not_found(f"there is no account {name} at that moment")
    return row


def _of_market(market: str) -> Callable[[Row], bool]:
    return lambda row: market in ("", row["market"])


def _order_id(row: Row) -> str:
    return text(row, "order_id")


def _lines(
    served: Served, when: When, wanted: Wanted, name: str, table: str, sent: Callable[[Row], Sent]
) -> Response:
    """A page of lines of the activity view."""
    with served.asked(when, PUBLIC, {"activity": (table,)}, name) as asked:
        return _page(asked, asked.lines("activity", table, name), wanted, sent)


def _page(
    asked: Asked,
    lines: Lined,
    wanted: Wanted,
    sent: Callable[[Row], Sent],
    keep: Callable[[Row], bool] = lambda _row: True,
) -> Response:
    return reply(page_of_lines(lines, wanted, at_of(asked), sent=sent, keep=keep))
