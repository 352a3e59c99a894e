"""Portfolio: what accounts were worth over time, in buckets, and what made it so.

Only what happened is stored: a bucket of ``BUCKET_S`` seconds has a row where an event changed
something in it, and reads fill forward (``projectors.reading.series``). Marks and indices are broadcast and
balances and positions are not, so they never share a table: the value of an account is put together
at read time, from the last of each at or before the end of a bucket. A ``last`` column that a bucket
has not set would be 0, so quantities that change by different events have tables of their own.

The bucket is that of ``recorded_at_us``, which never decreases with seq.
"""

import polars as pl

from projectors.define.definitions import Rows, Table
from projectors.define.folds import last, settlement_asset, total, wide
from projectors.define.view import View, col

BUCKET_S = 60
"""Width of a stored bucket; series are read in multiples of it."""

FLOWS = ("TRANSFER", "VAULT_DEPOSIT", "VAULT_WITHDRAWAL", "UNWINDING")
"""Kinds of transfer that bring money in or take it out; by the others an account gains or loses."""

_E8 = 100_000_000
_US = 1_000_000

_BUCKET = {"bucket": col("recorded_at_us") // (BUCKET_S * _US)}
_SETTLED = col("asset") == settlement_asset

_BALANCE = {"balance_e8": last("balance_after_e8")}

_CASH = Table(
    "cash",
    ("account", "bucket"),
    (
        Rows(
            (
                "FillSettled",
                "TradeBusted",
                "FundingSettled",
                "PenaltyCharged",
                "LossSocialized",
                "RefundPaid",
            ),
            _BALANCE,
            key=_BUCKET,
        ),
        Rows(
            (
                "DepositCredited",
                "WithdrawalRequested",
                "WithdrawalFailed",
                "TransferSent",
                "TransferReceived",
                "AdjustmentPosted",
            ),
            _BALANCE,
            where=_SETTLED,
            key=_BUCKET,
        ),
    ),
)

_HOLDINGS = Table(
    "holdings",
    ("account", "market", "bucket"),
    (
        Rows(
            ("FillSettled", "TradeBusted"),
            {"size_e8": last("size_after_e8"), "cost_e8": last("cost_after_e8")},
            key=_BUCKET,
        ),
    ),
)

_CACHED = Table(
    "cached_indices",
    ("account", "market", "bucket"),
    (
        Rows(("FillSettled", "TradeBusted"), {"cached_index_e8": last("funding_index_e8")}, key=_BUCKET),
        Rows("FundingSettled", {"cached_index_e8": last("cached_index_after_e8")}, key=_BUCKET),
    ),
)

_ACTIVITY = Table(
    "activity",
    ("account", "market", "bucket"),
    (
        Rows(
            "FillSettled",
            {
                "volume_e8": total("value_e8"),
                "realized_pnl_e8": total("realized_pnl_e8"),
                "realized_funding_e8": total("realized_funding_e8"),
                "fees_e8": total("fee_e8"),
                "fills": total(pl.lit(1)),
            },
            key=_BUCKET,
        ),
        Rows(
            "TradeBusted",
            {
                "volume_e8": total(-col("value_e8")),
                "realized_pnl_e8": total("realized_pnl_e8"),
                "realized_funding_e8": total(col("realized_funding_e8") + col("funding_returned_e8")),
                "fees_e8": total(-col("fee_returned_e8")),
                "fills": total(pl.lit(-1)),
            },
            key=_BUCKET,
        ),
        Rows("FundingSettled", {"realized_funding_e8": total("realized_funding_e8")}, key=_BUCKET),
    ),
)

_MOVED_VALUE = (wide("size_after_e8") - wide("size_before_e8")) * wide("mark_price_e8") // _E8 - (
    wide("cost_after_e8") - wide("cost_before_e8")
)
"""Unrealised profit that comes or goes with a position that is moved and not traded."""


def _flow(event: str, amount: pl.Expr, where: pl.Expr) -> Rows:
    return Rows(event, {"flow_e8": total(amount)}, where=where, key=_BUCKET)


_FLOWS = Table(
    "flows",
    ("account", "bucket"),
    (
        _flow("DepositCredited", col("amount_e8"), _SETTLED),
        _flow("WithdrawalRequested", -col("amount_e8"), _SETTLED),
        _flow("WithdrawalFailed", col("amount_e8"), _SETTLED),
        _flow("WithdrawalReleased", col("loss_e8"), _SETTLED & (col("loss_e8") != 0)),
        _flow("TransferSent", -col("amount_e8"), _SETTLED & col("transfer_kind").is_in(FLOWS)),
        _flow("TransferReceived", col("amount_e8"), _SETTLED & col("transfer_kind").is_in(FLOWS)),
        _flow("FillSettled", _MOVED_VALUE, col("fill_type") == "UNWIND_TRANSFER"),
    ),
)
"""Money that an account was given or took out, in the settlement asset.

A withdrawal counts when it is requested, since it leaves the account's value then. What a shortfall
took of it before it was paid is a loss, so that much is no flow.
"""

VIEW = View(
    "portfolio",
    2,
    (
        _CASH,
        _HOLDINGS,
        _CACHED,
        _ACTIVITY,
        _FLOWS,
        Table(
            "marks", ("market", "bucket"), (Rows("PricesUpdated", {"mark_e8": last("mark_e8")}, key=_BUCKET),)
        ),
        Table(
            "indices",
            ("market", "bucket"),
            (
                Rows("MarketListed", {"index_e8": last("index_start_e8")}, key=_BUCKET),
                Rows(
                    ("FundingIndexAdvanced", "FundingIndexRestated"),
                    {"index_e8": last("index_after_e8")},
                    key=_BUCKET,
                ),
            ),
        ),
    ),
)
