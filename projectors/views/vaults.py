"""Vaults: shares and their holders, what flowed in and out, the price at every flow, unwindings.

``vault_shares`` and ``vault_books`` are the writer's own tables computed a second way. The equity of
a vault between its flows is the value of its operator account, which the portfolio view has over
time; ``supplies`` is kept in the same buckets, so that a price can be read for any of them
(``projectors.reading.vaults``).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import polars as pl

from projectors.define.definitions import Check, Extract, Law, Lines, Rows, Scan, Table, TableRows
from projectors.define.folds import last, total, wide
from projectors.define.view import View, col
from projectors.views.portfolio import BUCKET_S

_E8 = 100_000_000
_PPM = 1_000_000
_US = 1_000_000

_SUPPLY = last("supply_after_e8", before="supply_before_e8")
_NET_DEPOSITS = last("net_deposits_after_e8", before="net_deposits_before_e8")
_SHARES = last("holder_shares_after_e8", before="holder_shares_before_e8")
_HWM = last("hwm_after_e8", before="hwm_before_e8")
_FLOW = {
    "supply_e8": _SUPPLY,
    "net_deposits_e8": _NET_DEPOSITS,
    "flow_price_e8": last("price_e8"),
    "flow_seq": last("seq"),
    "flow_at_us": last("recorded_at_us"),
}

_VAULTS = Table(
    "vaults",
    ("account", "vault"),
    (
        Rows(
            "VaultCreated",
            {
                "name": last("name"),
                "vault_kind": last("vault_kind"),
                "owner": last("owner_account"),
                "status": last("status"),
                "profit_share_ppm": last("profit_share_ppm"),
                "profit_share_period_s": last("profit_share_period_s"),
                "lockup_s": last("lockup_s"),
                "tvl_max_e8": last("tvl_max_e8"),
                "owner_minimum_e8": last("owner_minimum_e8"),
                "created_at_us": last("recorded_at_us"),
                "fees_settled_at_us": last("recorded_at_us"),
            },
        ),
        Rows(
            "VaultUpdated",
            {"status": last("value_after", before="value_before")},
            where=col("field") == "status",
        ),
        *(
            Rows(
                "VaultUpdated",
                {
                    field: last(
                        col("value_after").cast(pl.Int64, strict=False),
                        before=col("value_before").cast(pl.Int64, strict=False),
                    )
                },
                where=col("field") == field,
            )
            for field in ("tvl_max_e8", "profit_share_ppm")
        ),
        Rows("VaultSharesMinted", {**_FLOW, "deposits_e8": total("amount_e8"), "flows": total(pl.lit(1))}),
        Rows("VaultSharesBurned", {**_FLOW, "withdrawals_e8": total("pay_e8"), "flows": total(pl.lit(1))}),
        Rows("VaultFeeSettled", {"fee_shares_e8": total("fee_shares_e8")}),
        Rows(
            "VaultFeeSettled",
            {"fees_settled_at_us": last("recorded_at_us")},
            where=col("settle_reason") == "PERIOD",
        ),
    ),
)

_HOLDERS = Table(
    "vault_shares",
    ("account", "vault", "holder"),
    (
        Rows(
            ("VaultSharesMinted", "VaultSharesBurned"),
            {
                "shares_e8": _SHARES,
                "hwm_e8": _HWM,
                "deposited_e8": last("holder_deposited_after_e8", before="holder_deposited_before_e8"),
            },
        ),
        Rows("VaultFeeSettled", {"shares_e8": _SHARES, "hwm_e8": _HWM}),
        Rows(
            "VaultFeeSettled",
            {"shares_e8": last("owner_shares_after_e8", before="owner_shares_before_e8")},
            key={"holder": col("owner")},
        ),
    ),
    keep=col("shares_e8") != 0,
)


def _flow(event: str, kind: pl.Expr, amount: pl.Expr, shares: pl.Expr, supply: pl.Expr) -> Rows:
    columns: dict[str, pl.Expr] = {
        "kind": kind,
        "holder": col("holder"),
        "amount_e8": amount,
        "shares_e8": shares,
        "price_e8": col("price_e8"),
        "supply_e8": supply,
        "recorded_at_us": col("recorded_at_us"),
    }
    return Rows(event, {name: last(value) for name, value in columns.items()})


_FLOWS = Lines(
    "vault_flows",
    ("account", "vault"),
    (
        _flow(
            "VaultSharesMinted", col("mint_kind"), col("amount_e8"), col("shares_e8"), col("supply_after_e8")
        ),
        _flow(
            "VaultSharesBurned", col("burn_kind"), -col("pay_e8"), -col("shares_e8"), col("supply_after_e8")
        ),
    ),
)

_FEES = Lines(
    "vault_fees",
    ("account", "vault"),
    (
        Rows(
            "VaultFeeSettled",
            {
                name: last(name)
                for name in (
                    "holder",
                    "price_e8",
                    "hwm_before_e8",
                    "fee_shares_e8",
                    "fee_value_e8",
                    "settle_reason",
                    "recorded_at_us",
                )
            },
        ),
    ),
)

_UNWINDS = Table(
    "unwinds",
    ("account", "vault", "unwind_id"),
    (
        Rows(
            "VaultUnwindStarted",
            {
                "status": last(pl.lit("RUNNING")),
                "holder": last("holder"),
                "aux_account": last("aux_account"),
                "shares_e8": last("shares_e8"),
                "pay_e8": last("pay_e8"),
                "cash_e8": last("cash_e8"),
                "notional_e8": last("notional_e8"),
                "started_at_us": last("recorded_at_us"),
            },
        ),
        Rows(
            "VaultUnwindCompleted",
            {
                "status": last(pl.lit("COMPLETED"), before=pl.lit("RUNNING")),
                "paid_e8": last("paid_e8"),
                "unwind_pnl_e8": last("unwind_pnl_e8"),
                "completed_at_us": last("recorded_at_us"),
            },
        ),
    ),
)

_SUPPLIES = Table(
    "supplies",
    ("account", "vault", "bucket"),
    (
        Rows(
            ("VaultSharesMinted", "VaultSharesBurned"),
            {"supply_e8": last("supply_after_e8")},
            key={"bucket": col("recorded_at_us") // (BUCKET_S * _US)},
        ),
    ),
)


def deepest(row: Mapping[str, int | str], event: Mapping[str, int | str]) -> Mapping[str, int | str]:
    """Highest price at a flow, and the deepest fall below a price that was the highest until then."""
    price = int(event["price_e8"])
    peak = max(int(row["peak_e8"]), price)
    fall = (peak - price) * _PPM // peak if peak else 0
    return {"peak_e8": peak, "draw_down_ppm": max(int(row["draw_down_ppm"]), fall)}


_DRAW_DOWN = Scan(
    "draw_down",
    ("account", "vault"),
    {"peak_e8": 0, "draw_down_ppm": 0},
    (
        Rows(
            ("VaultSharesMinted", "VaultSharesBurned", "VaultFeeSettled"),
            {"price_e8": last("price_e8")},
        ),
    ),
    deepest,
)

_EQUITY = wide("equity_before_e8")
_BEFORE = wide("supply_before_e8")
_HOLDS = wide("holder_shares_after_e8")
_PUT_IN = wide("holder_shares_before_e8") * wide("hwm_before_e8") + wide("shares_e8") * wide("price_e8")
_FIRST = col("supply_before_e8") == 0
_HELD = col("holder_shares_before_e8")


def _quotient(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """Rounded down; 0 where there is nothing to divide by."""
    return pl.when(denominator == 0).then(0).otherwise(numerator // pl.max_horizontal(denominator, 1))


_PRICED = col("price_e8") == pl.when(_FIRST).then(_E8).otherwise(_quotient(_EQUITY * _E8, _BEFORE))
_MINT_CORRECTS = col("mint_kind") == "CORRECTION"
_BURN_CORRECTS = col("burn_kind") == "CORRECTION"
"""A correction says the price of the flow that it corrects, not its own."""

_CHECKS = (
    Check("VaultSharesMinted", "price times supply is the equity", _MINT_CORRECTS | _PRICED),
    Check("VaultSharesBurned", "price times supply is the equity", _BURN_CORRECTS | _PRICED),
    Check(
        "VaultSharesMinted",
        "shares == amount * supply div equity",
        _MINT_CORRECTS
        | (
            col("shares_e8")
            == pl.when(_FIRST)
            .then(wide("amount_e8"))
            .otherwise(_quotient(wide("amount_e8") * _BEFORE, _EQUITY))
        ),
    ),
    Check(
        "VaultSharesMinted",
        "supply, holder and net deposits grow by what was minted and paid",
        (col("supply_after_e8") - col("supply_before_e8") == col("shares_e8"))
        & (col("holder_shares_after_e8") - _HELD == col("shares_e8"))
        & (col("net_deposits_after_e8") - col("net_deposits_before_e8") == col("amount_e8")),
    ),
    Check(
        "VaultSharesMinted",
        "the mark is the mean of both prices, rounded up",
        _MINT_CORRECTS | (col("hwm_after_e8") == _quotient(_PUT_IN + _HOLDS - 1, _HOLDS)),
    ),
    Check(
        "VaultSharesBurned",
        "pay == equity * shares div supply",
        _BURN_CORRECTS | (col("pay_e8") == _quotient(_EQUITY * wide("shares_e8"), _BEFORE)),
    ),
    Check(
        "VaultSharesBurned",
        "supply, holder and net deposits shrink by what was burned and paid",
        (col("supply_before_e8") - col("supply_after_e8") == col("shares_e8"))
        & (_HELD - col("holder_shares_after_e8") == col("shares_e8"))
        & (col("net_deposits_before_e8") - col("net_deposits_after_e8") == col("pay_e8")),
    ),
    Check(
        "VaultFeeSettled",
        "what the holder gives the owner gets, for a gain above the mark",
        (_HELD - col("holder_shares_after_e8") == col("fee_shares_e8"))
        & (col("owner_shares_after_e8") - col("owner_shares_before_e8") == col("fee_shares_e8"))
        & (col("price_e8") > col("hwm_before_e8"))
        & (col("fee_value_e8") == wide("fee_shares_e8") * wide("price_e8") // _E8),
    ),
    Check(
        "VaultUnwindStarted",
        "pay == equity * shares div supply",
        col("pay_e8") == _quotient(wide("equity_e8") * wide("shares_e8"), wide("supply_e8")),
    ),
)


def supply_of_holders(rows: TableRows) -> Sequence[str]:
    """Vaults whose supply is not what their holders have."""
    held: dict[str, int] = defaultdict(int)
    for vault, shares in rows("vault_shares").select("vault", "shares_e8").rows():
        held[vault] += shares
    return [
        f"supply of {vault} is {supply}e-8, its holders have {held[vault]}e-8"
        for vault, supply in rows("vaults").select("vault", "supply_e8").rows()
        if supply != held[vault]
    ]


VIEW = View(
    "vaults",
    2,
    (
        _VAULTS,
        Extract(
            "vault_books",
            of="vaults",
            columns=("supply_e8", "net_deposits_e8", "status"),
            where=col("created_at_us") != 0,
        ),
        _HOLDERS,
        _FLOWS,
        _FEES,
        _UNWINDS,
        _SUPPLIES,
        _DRAW_DOWN,
    ),
    checks=_CHECKS,
    laws=(Law("supply of a vault is what its holders have", supply_of_holders),),
    mirrors=("vault_books", "vault_shares"),
)
