"""Vaults, from their rows and the value of their operator accounts."""

from typing import Final

from ledger.core.values import E8, PPM
from projectors.api.models import markets as shapes
from projectors.api.resources.margin import standing
from projectors.api.resources.values import e8, e8_of, ms, number, ppm, ratio, text
from projectors.api.served import Asked
from projectors.reading.answers import Row

OWN: Final = ("account", "orders")
MARKET: Final = ("exchange", "funding", "vaults")

_DAY_S: Final = 86_400
_PERCENT: Final = 10_000


def vault_rows(asked: Asked, symbol: str = "") -> list[Row]:
    """Every vault, or one."""
    return [row for row in asked.rows("vaults", "vaults") if symbol in ("", row["vault"])]


def vault(row: Row) -> shapes.Vault:
    """A vault and its terms."""
    return shapes.Vault(
        address=text(row, "vault"),
        name=text(row, "name"),
        kind=text(row, "vault_kind"),
        status=text(row, "status"),
        owner_account=text(row, "owner"),
        operator_account=text(row, "account"),
        profit_share=number(row, "profit_share_ppm") // _PERCENT,
        lockup_period=number(row, "lockup_s") // _DAY_S,
        max_tvl=e8_of(row, "tvl_max_e8"),
        token_address=f"share:{text(row, 'vault')}",
        strategies=[text(row, "account")],
        created_at=ms(row, "created_at_us"),
        last_updated_at=max(ms(row, "created_at_us"), ms(row, "flow_at_us"), ms(row, "fees_settled_at_us")),
    )


def equity_e8(asked: Asked, row: Row) -> int:
    """What a vault's operator account is worth at the moment of the answer."""
    account = asked.rows_of("account", "accounts", text(row, "account"))
    return standing(asked, account[0]).value_e8 if account else 0


def summary(asked: Asked, row: Row) -> shapes.VaultSummary:
    """What a vault is worth."""
    equity, supply = equity_e8(asked, row), number(row, "supply_e8")
    deposits = number(row, "net_deposits_e8")
    stakes = holders(asked, row)
    owner = sum(number(one, "shares_e8") for one in stakes if one["holder"] == row["owner"])
    key = (row["account"], row["vault"])
    falls = [one for one in asked.rows("vaults", "draw_down") if (one["account"], one["vault"]) == key]
    return shapes.VaultSummary(
        address=text(row, "vault"),
        tvl=e8(equity),
        net_deposits=e8(deposits),
        vtoken_price=e8(equity * E8 // supply if supply else 0),
        vtoken_supply=e8(supply),
        num_depositors=len(stakes),
        owner_equity=e8(owner * equity // supply if supply else 0),
        total_pnl=e8(equity - deposits),
        total_roi=ratio(equity - deposits, deposits) if deposits > 0 else "",
        max_drawdown=ppm(max((number(one, "draw_down_ppm") for one in falls), default=0)),
        last_month_return="",
        strategies=[text(row, "account")],
    )


def account_summary(asked: Asked, row: Row, holder: str) -> shapes.VaultAccountSummary | None:
    """What an account has in a vault; ``None`` when it has no shares."""
    stake = next((one for one in holders(asked, row) if one["holder"] == holder), None)
    if stake is None:
        return None
    equity, supply = equity_e8(asked, row), number(row, "supply_e8")
    price = equity * E8 // supply if supply else 0
    shares, mark = number(stake, "shares_e8"), number(stake, "hwm_e8")
    deposited = number(stake, "deposited_e8")
    value = shares * equity // supply if supply else 0
    gain = max(0, price - mark) if holder != row["owner"] else 0
    return shapes.VaultAccountSummary(
        address=text(row, "vault"),
        vtoken_amount=e8(shares),
        value=e8(value),
        deposited_amount=e8(deposited),
        total_pnl=e8(value - deposited),
        total_roi=ratio(value - deposited, deposited) if deposited > 0 else "",
        hwm_price=e8(mark),
        estimated_accrued_fee=e8(number(row, "profit_share_ppm") * gain * shares // (PPM * E8)),
        is_vault_owner=holder == row["owner"],
    )


def positions(asked: Asked, row: Row) -> list[shapes.VaultPosition]:
    """Open positions of a vault's operator account."""
    account = asked.rows_of("account", "accounts", text(row, "account"))
    return [
        shapes.VaultPosition(
            address=text(row, "vault"),
            market=held.market,
            side="LONG" if held.size_e8 > 0 else "SHORT",
            size=e8(held.size_e8),
            average_entry_price=e8(held.cost_e8 * E8 // held.size_e8),
            unrealized_pnl=e8(held.unrealized_e8),
            unrealized_funding_pnl=e8(held.accrued_e8),
        )
        for one in account
        for held in standing(asked, one).holdings
    ]


def holders(asked: Asked, row: Row) -> list[Row]:
    """Who has shares of a vault, largest first."""
    key = (row["account"], row["vault"])
    found = [one for one in asked.rows("vaults", "vault_shares") if (one["account"], one["vault"]) == key]
    return sorted(found, key=lambda one: number(one, "shares_e8"), reverse=True)
