"""What clients that were written for the exchange ask besides: a JWT, the best prices, the vaults' pages."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response

from projectors.api.access import AnyCaller, own_account, presented_by, require
from projectors.api.asking import (
    ERRORS,
    NAME_MAX,
    AccountQuery,
    ServedViews,
    WhenAsked,
    at_of,
    at_once,
    reply,
)
from projectors.api.faults import not_found
from projectors.api.models import account as accounts
from projectors.api.models import markets as shapes
from projectors.api.models.base import Page
from projectors.api.paging import WantedPage, page_of_lines, whole
from projectors.api.resources import account as pages
from projectors.api.resources import markets, vaults
from projectors.api.resources.margin import settlement_asset
from projectors.api.resources.values import text
from projectors.api.routes.markets import VaultQuery, the_vault
from projectors.api.tokens import Scope

router = APIRouter(prefix="/v1", responses=ERRORS)

PROFIT_SHARE_MAX_PERCENT: Final = 50
LOCKUP_MAX_DAYS: Final = 30
"""What the ledger's rules let the owner of a vault choose."""


@router.post("/auth", tags=["system"], response_model=shapes.JwtToken)
def post_auth(request: Request, caller: AnyCaller) -> Response:
    """The bearer token of the request as the JWT that clients ask for here.

    The ledger knows no keys of wallets, so a request that is signed with one gets 401: a token of `projectors
    tokens issue` is given to the client in place of its JWT.
    """
    require(caller, Scope.ACCOUNT, Scope.OPERATOR)
    return JSONResponse({"jwt_token": presented_by(request)})


@router.get("/bbo/{market}", tags=["markets"], response_model=shapes.Bbo)
@at_once
def get_bbo(
    served: ServedViews,
    _caller: AnyCaller,
    when: WhenAsked,
    market: Annotated[str, Path(max_length=NAME_MAX, description="Symbol of a market.")],
) -> Response:
    """Best bid and offer of a market, as the feed said last."""
    with served.asked(when, ("exchange",)) as asked:
        found = markets.bbo(asked, market, at_of(asked))
        if found is None:
            raise not_found("there is no market by that name at that moment")
        return reply(found)


@router.get("/vaults/config", tags=["vaults"], response_model=shapes.VaultsConfig)
def get_vaults_config(served: ServedViews, _caller: AnyCaller, when: WhenAsked) -> Response:
    """What the owner of a vault may choose."""
    with served.asked(when, ("exchange",)) as asked:
        config = shapes.VaultsConfig(
            at=at_of(asked),
            max_profit_share_percentage=str(PROFIT_SHARE_MAX_PERCENT),
            min_lockup_period_days="0",
            max_lockup_period_days=str(LOCKUP_MAX_DAYS),
            min_initial_deposit="0",
            min_owner_share_percentage="0",
            vault_factory_address="",
        )
        return reply(config)


@router.get("/vaults/balance", tags=["vaults"], response_model=Page[accounts.Balance])
def get_vaults_balance(
    served: ServedViews, _caller: AnyCaller, when: WhenAsked, address: VaultQuery
) -> Response:
    """Tokens of a vault's operator account."""
    with served.asked(when, vaults.MARKET, pages.OWN) as asked:
        operator = text(the_vault(asked, address), "account")
        return reply(whole(pages.balances(asked, operator), at_of(asked)))


@router.get("/vaults/transfers", tags=["vaults"], response_model=Page[shapes.VaultTransfer])
def get_vaults_transfers(
    served: ServedViews,
    caller: AnyCaller,
    when: WhenAsked,
    wanted: WantedPage,
    address: VaultQuery,
    account: AccountQuery = None,
) -> Response:
    """What an account paid into a vault and took out of it, or for operators what all did; newest first."""
    everybody = caller.scope is Scope.OPERATOR and account is None
    name = "" if everybody else own_account(caller, account)
    with served.asked(when, vaults.MARKET, vaults.OWN) as asked:
        row = the_vault(asked, address)
        token = settlement_asset(asked)
        page = page_of_lines(
            vaults.flows(asked, row),
            wanted,
            at_of(asked),
            sent=lambda line: vaults.transfer(line, token),
            keep=lambda line: name in ("", line["holder"]),
        )
        return reply(page)
