"""Vaults, from their rows and the value of their operator accounts."""

from collections.abc import Sequence
from typing import Any, Final

from ledger.core.values import E8, PPM
from projectors.api.models import markets as shapes
from projectors.api.resources.margin import standing
from projectors.api.resources.values import e8, e8_of, ms, number, ppm, ratio, text
from projectors.api.served import Asked
from projectors.reading.answers import Row
from projectors.reading.lines import Lined
from projectors.reading.series import standings
from projectors.reading.vaults import worths
from projectors.views.exchange import HOUR_S
from projectors.views.portfolio import BUCKET_S

OWN: Final = ("account", "orders")
MARKET: Final = ("exchange", "funding", "portfolio", "vaults")

_DAY_S: Final = 86_400
_US: Final = 1_000_000
_HOURS: Final = {"24h": 24, "7d": 168, "30d": 720}
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
    price = equity * E8 // supply if supply else 0
    falls = [one for one in asked.rows("vaults", "draw_down") if (one["account"], one["vault"]) == key]
    deepest = [_fall(number(one, "peak_e8"), price) for one in falls if supply]
    deepest += [number(one, "draw_down_ppm") for one in falls]
    hours = _hourly(asked, row)
    return shapes.VaultSummary(
        address=text(row, "vault"),
        tvl=e8(equity),
        net_deposits=e8(deposits),
        vtoken_price=e8(price),
        vtoken_supply=e8(supply),
        num_depositors=len(stakes),
        owner_equity=e8(owner * equity // supply if supply else 0),
        total_pnl=e8(equity - deposits),
        total_roi=ratio(equity - deposits, deposits) if deposits > 0 else "",
        max_drawdown=ppm(max([*deepest, _deepest_fall(hours)])),
        next_fee_settlement_at=_next_fees_ms(row),
        **_windows(asked, row, hours),
        strategies=[text(row, "account")],
    )


def _next_fees_ms(row: Row) -> int:
    """When the profit share is settled next; 0 for a vault that settles with its flows only."""
    period_s = number(row, "profit_share_period_s")
    return ms(row, "fees_settled_at_us") + period_s * 1_000 if period_s else 0


def _hourly(asked: Asked, row: Row) -> list[int]:
    """Share prices at the end of each hour of the last 30 days."""
    buckets = worths(asked.market, text(row, "vault"), HOUR_S, _HOURS["30d"] + 1)
    return [number(one, "price_e8") for one in buckets]


def _windows(asked: Asked, row: Row, prices: Sequence[int]) -> dict[str, Any]:
    """What became of a vault in the last day, week and month: profit, change of price, fall, volume."""
    now = asked.moment().recorded_at_us // (BUCKET_S * _US) + 1
    ends = [now - hours * HOUR_S // BUCKET_S for hours in _HOURS.values()]
    newest, *before = standings(asked.own, text(row, "account"), [now, *ends])
    found: dict[str, Any] = {"volume": e8(newest["volume_e8"])}
    for (name, hours), then in zip(_HOURS.items(), before, strict=True):
        window = prices[-hours - 1 :]
        first = window[0] if len(prices) > hours else 0
        found[f"pnl_{name}"] = e8(newest["total_pnl_e8"] - then["total_pnl_e8"])
        found[f"roi_{name}"] = ratio(window[-1] - first, first) if window else ""
        found[f"max_drawdown_{name}"] = ppm(_deepest_fall(window))
        found[f"volume_{name}"] = e8(newest["volume_e8"] - then["volume_e8"])
    found["last_month_return"] = found["roi_30d"]
    return found


def _deepest_fall(prices: Sequence[int]) -> int:
    """The deepest fall below a price that was the highest until then, in millionths."""
    peak = fall = 0
    for price in prices:
        peak = max(peak, price)
        fall = max(fall, _fall(peak, price))
    return fall


def _fall(peak: int, price: int) -> int:
    """How far a price lies below another, in millionths of that."""
    return (peak - price) * PPM // peak if peak else 0


def flows(asked: Asked, row: Row) -> Lined:
    """What holders paid into a vault and took out of it."""
    return asked.market_lines("vaults", "vault_flows", text(row, "account"), text(row, "vault"))


def transfer(line: Row, token: str) -> shapes.VaultTransfer:
    """One flow, seen from the holder."""
    amount = number(line, "amount_e8")
    paid_in = number(line, "shares_e8") > 0
    return shapes.VaultTransfer(
        id=str(number(line, "seq")),
        account=text(line, "holder"),
        vault_address=text(line, "vault"),
        kind="VAULT_DEPOSIT" if paid_in else "VAULT_WITHDRAWAL",
        reason=text(line, "kind"),
        direction="OUT" if paid_in else "IN",
        status="COMPLETED",
        token=token,
        amount=e8(abs(amount)),
        vtoken_amount=e8(abs(number(line, "shares_e8"))),
        vtoken_price=e8_of(line, "price_e8"),
        seq_no=number(line, "seq"),
        created_at=ms(line, "recorded_at_us"),
        last_updated_at=ms(line, "recorded_at_us"),
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
        created_at=0,
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
