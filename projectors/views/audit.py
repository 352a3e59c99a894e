"""Audit: the books in sums, and the laws that hold at every seal.

The postings of every event are written down here a second time, in columns: what moves between
an account and a counter-account. Counter-accounts have sums only. The row ``accounts`` is the
sum of all balances, taken from what the events say each balance was and is, and not from the
amounts; so the trial balance compares the two.

The laws need all partitions: a trade is two events, often in two partitions.
"""

from collections.abc import Sequence

import polars as pl

from projectors.columns.events import known_events
from projectors.define.definitions import Law, Rows, Table, TableRows
from projectors.define.folds import last, settlement_asset, total, wide
from projectors.define.view import View, col

ACCOUNTS = "accounts"
"""Row of the trial balance that stands for all accounts together."""

_E8 = 100_000_000

_SETTLED = ("FillSettled", "TradeBusted", "FundingSettled", "PenaltyCharged", "LossSocialized", "RefundPaid")
_MOVED = (
    "DepositCredited",
    "TransferSent",
    "TransferReceived",
    "AdjustmentPosted",
    "WithdrawalRequested",
    "WithdrawalFailed",
)


def _legs(
    event: str | tuple[str, ...], counter_account: pl.Expr, amount: pl.Expr, asset: pl.Expr | None = None
) -> Rows:
    """``amount`` on a counter-account for each event; in the event's asset unless one is given."""
    key = {"counter_account": counter_account} | ({} if asset is None else {"asset": asset})
    return Rows(event, {"amount_e8": total(amount)}, key=key)


def _named(prefix: str, column: str) -> pl.Expr:
    return pl.concat_str(pl.lit(prefix), col(column))


_TRANSIT = pl.concat_str(pl.lit("transit:"), col("transfer_kind").str.to_lowercase())
_PNL = _named("pnl_clearing:", "market")
_FUNDING = _named("funding_clearing:", "market")
_SHARES = _named("share:", "vault")
_ISSUE = _named("vault_issue:", "vault")
_SHARES_CHANGE = col("holder_shares_after_e8") - col("holder_shares_before_e8")
_BALANCE_CHANGE = col("balance_after_e8") - col("balance_before_e8")

_POSTINGS = (
    _legs(_SETTLED, pl.lit(ACCOUNTS), _BALANCE_CHANGE, settlement_asset),
    _legs(_MOVED, pl.lit(ACCOUNTS), _BALANCE_CHANGE),
    _legs("DepositCredited", pl.lit("custody"), -col("amount_e8")),
    _legs("WithdrawalRequested", pl.lit("withdrawal_pending"), col("amount_e8")),
    _legs(("WithdrawalReleased", "WithdrawalFailed"), pl.lit("withdrawal_pending"), -col("amount_e8")),
    _legs("WithdrawalReleased", pl.lit("custody"), col("paid_e8")),
    _legs("WithdrawalReleased", pl.lit("transit:socialized_loss"), col("loss_e8")),
    _legs("TransferSent", _TRANSIT, col("amount_e8")),
    _legs("TransferReceived", _TRANSIT, -col("amount_e8")),
    _legs("PenaltyCharged", pl.lit("transit:penalty"), col("amount_e8"), settlement_asset),
    _legs("LossSocialized", pl.lit("transit:socialized_loss"), -col("amount_e8"), settlement_asset),
    _legs("RefundPaid", pl.lit("transit:refund"), -col("amount_e8"), settlement_asset),
    _legs(("VaultSharesMinted", "VaultSharesBurned"), pl.lit(ACCOUNTS), _SHARES_CHANGE, _SHARES),
    _legs("VaultSharesMinted", _ISSUE, -col("shares_e8"), _SHARES),
    _legs("VaultSharesBurned", _ISSUE, col("shares_e8"), _SHARES),
    _legs(
        "VaultFeeSettled",
        pl.lit(ACCOUNTS),
        _SHARES_CHANGE + col("owner_shares_after_e8") - col("owner_shares_before_e8"),
        _SHARES,
    ),
    _legs("AdjustmentPosted", _named("adjustment:", "reason_code"), -col("amount_e8")),
    _legs(("FillSettled", "TradeBusted"), _PNL, -col("realized_pnl_e8"), settlement_asset),
    _legs(("FillSettled", "FundingSettled"), _FUNDING, -col("realized_funding_e8"), settlement_asset),
    _legs(
        "TradeBusted", _FUNDING, -col("realized_funding_e8") - col("funding_returned_e8"), settlement_asset
    ),
    _legs("FillSettled", pl.lit("fee"), col("fee_e8"), settlement_asset),
    _legs("TradeBusted", pl.lit("fee"), -col("fee_returned_e8"), settlement_asset),
    _legs(
        "RoundingSwept",
        pl.concat_str(col("clearing"), pl.lit("_clearing:"), col("market")),
        -col("amount_e8"),
        settlement_asset,
    ),
    _legs("RoundingSwept", pl.lit("rounding"), col("amount_e8"), settlement_asset),
)

_SIZE_AFTER, _SIZE_BEFORE = wide("size_after_e8"), wide("size_before_e8")
_POSITION_CHANGE = {
    "size_e8": total(col("size_after_e8") - col("size_before_e8")),
    "long_e8": total(col("size_after_e8").clip(0) - col("size_before_e8").clip(0)),
    "cost_e8": total(col("cost_after_e8") - col("cost_before_e8")),
    "size_index_e16": total(
        _SIZE_AFTER * wide("funding_index_e8") - _SIZE_BEFORE * wide("cached_index_before_e8")
    ),
    "dust_e16": total("dust_e16"),
}

_MARKETS = Table(
    "markets",
    ("market",),
    (
        Rows(
            "FillSettled",
            {
                **_POSITION_CHANGE,
                "fees_e8": total("fee_e8"),
                "traded_e8": total("value_e8"),
                "fills": total(pl.lit(1)),
            },
        ),
        Rows("TradeBusted", {**_POSITION_CHANGE, "fees_e8": total(-col("fee_returned_e8"))}),
        Rows(
            "FundingSettled",
            {
                "size_index_e16": total(
                    wide("size_e8") * (wide("cached_index_after_e8") - wide("cached_index_before_e8"))
                ),
                "dust_e16": total("dust_e16"),
            },
        ),
        Rows("RoundingSwept", {"dust_e16": total(-col("dust_swept_e16"))}),
    ),
)

_PENDING = Table(
    "pending",
    ("asset",),
    (
        Rows(
            ("WithdrawalRequested", "WithdrawalReleased", "WithdrawalFailed"),
            {"pending_e8": total(col("pending_after_e8") - col("pending_before_e8"))},
        ),
    ),
)

_REASONS = {
    "AccountOpened": col("kind"),
    "AccountChanged": col("field"),
    "AdjustmentPosted": col("reason_code"),
    "FillSettled": col("fill_type"),
    "FundingSettled": col("settle_kind"),
    "LiquidationStarted": col("trigger"),
    "OrderCancelled": col("cancel_reason"),
    "OrderPlaced": col("order_type"),
    "RefundPaid": col("method"),
    "TransferReceived": col("transfer_kind"),
    "TransferSent": col("transfer_kind"),
    "VaultFeeSettled": col("settle_reason"),
    "VaultSharesBurned": col("burn_kind"),
    "VaultSharesMinted": col("mint_kind"),
    "VaultUpdated": col("field"),
}
_PLAIN = (
    "DepositCredited",
    "LossSocialized",
    "OrderTriggered",
    "PenaltyCharged",
    "RoundingSwept",
    "TradeBusted",
    "VaultCreated",
    "VaultUnwindCompleted",
    "VaultUnwindStarted",
    "WithdrawalFailed",
    "WithdrawalReleased",
    "WithdrawalRequested",
)

_COUNTS = Table(
    "counts",
    ("event", "reason"),
    tuple(
        Rows(event, {"count": total(pl.lit(1))}, key={"event": pl.lit(event), "reason": reason})
        for event, reason in [*_REASONS.items(), *((event, pl.lit("")) for event in _PLAIN)]
    ),
)

_BROADCASTS = Table(
    "broadcasts",
    ("event",),
    tuple(
        Rows(
            name,
            {"newest_seq": last("seq"), "newest_at_us": last("recorded_at_us")},
            key={"event": pl.lit(name)},
        )
        for name, event in known_events().items()
        if event.broadcast
    ),
)


def unbalanced(rows: TableRows) -> Sequence[str]:
    """Assets whose accounts and counter-accounts do not sum to zero."""
    sums = rows("counter_accounts").group_by("asset").agg(pl.col("amount_e8").sum()).sort("asset")
    return [f"the books of {asset} are off by {amount}e-8" for asset, amount in sums.rows() if amount]


def in_transit(rows: TableRows) -> Sequence[str]:
    """Transit accounts that are not zero: a movement has one side only."""
    transit = rows("counter_accounts").filter(pl.col("counter_account").str.starts_with("transit:"))
    return [f"{name} holds {amount}e-8 {asset}" for name, asset, amount in transit.rows() if amount]


def open_interest(rows: TableRows) -> Sequence[str]:
    """Markets whose sizes do not sum to zero."""
    sizes = rows("markets").select("market", "size_e8").rows()
    return [f"sizes of {market} sum to {size}e-8" for market, size in sizes if size]


def profit_clearing(rows: TableRows) -> Sequence[str]:
    """Markets where ``balance(pnl_clearing) == -sum(cost)`` does not hold."""
    cleared = _clearing(rows, "pnl_clearing:")
    costs = rows("markets").select("market", "cost_e8").rows()
    return [
        f"pnl_clearing:{market} is {cleared.get(market, 0)}e-8 and the costs sum to {cost}e-8"
        for market, cost in costs
        if cleared.get(market, 0) != -cost
    ]


def funding_clearing(rows: TableRows) -> Sequence[str]:
    """Markets where ``1e8 * funding_clearing == sum(-size * (index - cached)) + dust`` does not hold.

    The sizes of a market sum to zero, which is a law of its own; so the index cancels out.
    """
    cleared = _clearing(rows, "funding_clearing:")
    sums = rows("markets").select("market", "size_index_e16", "dust_e16").rows()
    return [
        f"funding_clearing:{market} is {cleared.get(market, 0)}e-8, the positions say {accrued + dust}e-16"
        for market, accrued, dust in sums
        if cleared.get(market, 0) * _E8 != accrued + dust
    ]


def pending_withdrawals(rows: TableRows) -> Sequence[str]:
    """Assets where ``withdrawal_pending`` is not what the accounts have pending."""
    held = rows("counter_accounts").filter(pl.col("counter_account") == "withdrawal_pending")
    held_by_asset = dict(held.select("asset", "amount_e8").rows())
    return [
        f"withdrawal_pending holds {held_by_asset.get(asset, 0)}e-8 {asset}, the accounts have {pending}e-8"
        for asset, pending in rows("pending").rows()
        if held_by_asset.get(asset, 0) != pending
    ]


def _clearing(rows: TableRows, prefix: str) -> dict[str, int]:
    own = rows("counter_accounts").filter(pl.col("counter_account").str.starts_with(prefix))
    return {name.removeprefix(prefix): amount for name, _, amount in own.rows()}


VIEW = View(
    "audit",
    1,
    (
        Table("counter_accounts", ("counter_account", "asset"), _POSTINGS),
        _MARKETS,
        _PENDING,
        _COUNTS,
        _BROADCASTS,
    ),
    laws=(
        Law("the books sum to zero", unbalanced),
        Law("nothing stays in transit", in_transit),
        Law("sizes of a market sum to zero", open_interest),
        Law("profit clearing is the cost of all positions", profit_clearing),
        Law("funding clearing is what accrued, and the dust", funding_clearing),
        Law("pending withdrawals are held apart", pending_withdrawals),
    ),
)
