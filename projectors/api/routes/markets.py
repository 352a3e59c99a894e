"""What everybody may read: markets, funding, vaults, the system."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from ledger import __version__
from projectors.api.access import AnyCaller, own_account
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
from projectors.api.models import markets as shapes
from projectors.api.models.account import Series
from projectors.api.models.base import Page
from projectors.api.paging import WantedPage, page_of, page_of_lines, whole
from projectors.api.resources import markets as pages
from projectors.api.resources import vaults
from projectors.api.resources.margin import settlement_asset
from projectors.api.resources.values import ms, number, text
from projectors.api.routes.account import BUCKETS_MAX, RESOLUTIONS, Resolution, series_of
from projectors.api.served import Asked, When
from projectors.api.tokens import now_ms
from projectors.reading.answers import Row
from projectors.reading.vaults import worths
from projectors.values import outside

router = APIRouter(prefix="/v1", tags=["markets"], responses=ERRORS)

_SUMMARY_VIEWS: Final = (*pages.PUBLIC, "audit", "portfolio")

VaultQuery = Annotated[str, Query(max_length=NAME_MAX, description="Only this vault, by its symbol.")]


@router.get("/markets", response_model=Page[shapes.Market])
def get_markets(
    served: ServedViews, _caller: AnyCaller, when: WhenAsked, market: MarketQuery = ""
) -> Response:
    """Parameters of every market."""
    with served.asked(when, pages.PUBLIC) as asked:
        found = [one for one in pages.markets(asked) if market in ("", one.symbol)]
        return reply(whole(found, at_of(asked)))


@router.get("/markets/summary", response_model=Page[shapes.MarketSummary])
def get_markets_summary(
    served: ServedViews,
    _caller: AnyCaller,
    when: WhenAsked,
    market: Annotated[
        str, Query(max_length=NAME_MAX, description="Only this market; ALL is every one.")
    ] = "",
) -> Response:
    """Prices and volumes of every market."""
    with served.asked(when, _SUMMARY_VIEWS) as asked:
        found = [one for one in pages.summaries(asked) if market in ("", "ALL", one.symbol)]
        return reply(whole(found, at_of(asked)))


@router.get("/markets/history", response_model=Page[shapes.MarketEvent])
def get_markets_history(
    served: ServedViews,
    _caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    market: MarketQuery = "",
) -> Response:
    """Changes of the parameters of markets, newest first."""
    with served.asked(when, pages.PUBLIC) as asked:
        rows = sorted(asked.rows("exchange", "market_events"), key=lambda row: number(row, "seq"))
        firsts: dict[str, int] = {}
        for row in rows:
            firsts.setdefault(text(row, "market"), number(row, "seq"))
        listed = [row for row in rows if market in ("", row["market"])]
        page = page_of(
            listed,
            wanted,
            at_of(asked),
            seq=lambda row: number(row, "seq"),
            time_ms=lambda row: ms(row, "recorded_at_us"),
            sent=lambda row: pages.market_event(row, first=firsts[text(row, "market")] == row["seq"]),
        )
        return reply(page)


@router.get("/funding/data", response_model=Page[shapes.FundingData])
def get_funding_data(
    served: ServedViews,
    _caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    market: MarketQuery = "",
) -> Response:
    """Every step of the funding indices, newest first."""
    with served.asked(when, pages.PUBLIC) as asked:
        periods = pages.periods(asked)
        page = page_of_lines(
            pages.steps(asked, market),
            wanted,
            at_of(asked),
            sent=lambda row: pages.funding_data(row, periods.get(text(row, "market"), 0)),
            time_ms=lambda row: number(row, "observed_at_ms"),
        )
        return reply(page)


@router.get("/vaults", response_model=Page[shapes.Vault], tags=["vaults"])
def get_vaults(
    served: ServedViews, _caller: AnyCaller, when: WhenAsked, address: VaultQuery = ""
) -> Response:
    """Vaults and their terms."""
    with served.asked(when, vaults.MARKET, vaults.OWN) as asked:
        found = [vaults.vault(row) for row in vaults.vault_rows(asked, address)]
        return reply(whole(found, at_of(asked)))


@router.get("/vaults/summary", response_model=Page[shapes.VaultSummary], tags=["vaults"])
def get_vaults_summary(
    served: ServedViews, _caller: AnyCaller, when: WhenAsked, address: VaultQuery = ""
) -> Response:
    """What vaults are worth."""
    with served.asked(when, vaults.MARKET, vaults.OWN) as asked:
        found = [vaults.summary(asked, row) for row in vaults.vault_rows(asked, address)]
        return reply(whole(found, at_of(asked)))


@router.get("/vaults/account-summary", response_model=Page[shapes.VaultAccountSummary], tags=["vaults"])
def get_vaults_account_summary(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    account: AccountQuery = None,
    address: VaultQuery = "",
) -> Response:
    """What an account has in vaults."""
    name = own_account(caller, account)
    with served.asked(when, vaults.MARKET, vaults.OWN) as asked:
        rows = vaults.vault_rows(asked, address)
        found = [vaults.account_summary(asked, row, name) for row in rows]
        return reply(whole([one for one in found if one is not None], at_of(asked)))


@router.get("/vaults/positions", response_model=Page[shapes.VaultPosition], tags=["vaults"])
def get_vaults_positions(
    served: ServedViews, _caller: AnyCaller, when: WhenAsked, address: VaultQuery
) -> Response:
    """Open positions of a vault."""
    with served.asked(when, vaults.MARKET, vaults.OWN) as asked:
        return reply(whole(vaults.positions(asked, the_vault(asked, address)), at_of(asked)))


@router.get("/vaults/history", response_model=Series, tags=["vaults"])
def get_vaults_history(
    served: ServedViews,
    _caller: AnyCaller,
    when: WhenAsked,
    address: VaultQuery,
    kind: Annotated[Literal["price", "value"], Query(alias="type", description="Which quantity.")] = "price",
    resolution: Resolution = "1h",
    limit: Annotated[int, Query(ge=1, le=BUCKETS_MAX, description="Newest buckets.")] = 168,
) -> Response:
    """Share price or equity of a vault, oldest first."""
    width = RESOLUTIONS[resolution]
    with served.asked(when, (*vaults.MARKET, "portfolio"), vaults.OWN) as asked:
        the_vault(asked, address)
        buckets = [outside(one) for one in worths(asked.market, address, width, limit)]
        return reply(series_of(asked, buckets, width, "price" if kind == "price" else "equity"))


@router.get("/insurance", response_model=shapes.Insurance)
def get_insurance(served: ServedViews, _caller: AnyCaller, when: WhenAsked) -> Response:
    """What the insurance fund is worth."""
    with served.asked(when, pages.PUBLIC, ("account", "orders")) as asked:
        found = pages.insurance(asked, at_of(asked))
        if found is None:
            raise not_found("there is no insurance fund at that moment")
        return reply(found)


@router.get("/system/state", response_model=shapes.SystemState, tags=["system"])
def get_system_state(served: ServedViews, _caller: AnyCaller, when: WhenAsked) -> Response:
    """The mode of the exchange."""
    with served.asked(when, ("exchange",)) as asked:
        return reply(pages.state(asked, at_of(asked)))


@router.get("/system/time", tags=["system"])
def get_system_time(served: ServedViews, _caller: AnyCaller) -> shapes.SystemTime:
    """The clocks of this service and of the ledger."""
    with served.asked(When(), ("exchange",)) as asked:
        return shapes.SystemTime(server_time=str(now_ms()), ledger_time=str(at_of(asked).recorded_at))


@router.get("/system/config", response_model=shapes.SystemConfig, tags=["system"])
def get_system_config(served: ServedViews, _caller: AnyCaller, when: WhenAsked) -> Response:
    """What clients need to know before they begin."""
    with served.asked(when, ("exchange",)) as asked:
        config = shapes.SystemConfig(
            at=at_of(asked),
            **pages.NO_CHAIN,
            liquidation_fee=pages.liquidation_fee(asked),
            ledger_id=served.ledger_id,
            partitions=served.partitions,
            settlement_asset=settlement_asset(asked),
            assets=[text(row, "asset") for row in asked.rows("exchange", "assets")],
            markets=[text(row, "market") for row in asked.rows("exchange", "markets")],
            api_version=__version__,
        )
        return reply(config)


def the_vault(asked: Asked, symbol: str) -> Row:
    """The row of a vault. Raises ``ApiFault`` 404 when there is none by that name."""
    rows = vaults.vault_rows(asked, symbol)
    if not symbol or not rows:
        raise not_found(f"there is no vault {symbol!r} at that moment")
    return rows[0]
