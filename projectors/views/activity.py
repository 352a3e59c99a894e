"""Activity: what accounts did, one line or row per deed with everything that a page about it shows.

The account view has where an account stands; this one what happened on the way. Nothing is computed here.
"""

import polars as pl

from projectors.define.definitions import Lines, Rows, Table
from projectors.define.folds import last, settlement_asset
from projectors.define.view import View, col

_RECORDED = {"recorded_at_us": last("recorded_at_us")}
_CHANGED = {"changed_seq": last("seq"), "changed_at_us": last("recorded_at_us")}
_SETTLED = {"asset": settlement_asset}
_NONE = pl.lit("")
_SEQ_ENTRY = pl.concat_str(pl.lit("seq:"), col("seq").cast(pl.String))
"""Names a movement that is over when it is recorded."""

_FILL_FIELDS = (
    "market",
    "trade_id",
    "fill_type",
    "side",
    "liquidity",
    "fill_size_e8",
    "price_e8",
    "fee_e8",
    "order_id",
    "client_id",
    "remaining_after_e8",
    "realized_pnl_e8",
    "realized_funding_e8",
    "funding_index_e8",
    "spot_price_e8",
    "mark_price_e8",
    "balance_before_e8",
    "balance_after_e8",
    "liquidation_id",
    "reverses_seq",
)
_BUST_FIELDS = (
    "market",
    "trade_id",
    "reverses_seq",
    "reason",
    "side",
    "fill_size_e8",
    "price_e8",
    "order_id",
    "realized_pnl_e8",
    "realized_funding_e8",
    "funding_returned_e8",
    "fee_returned_e8",
    "balance_before_e8",
    "balance_after_e8",
)
_PAYMENT_FIELDS = (
    "market",
    "settle_kind",
    "size_e8",
    "funding_index_e8",
    "realized_funding_e8",
    "mark_price_e8",
    "corrects_seq",
)
_LIQUIDATION_FIELDS = (
    "liquidation_id",
    "share_ppm",
    "full",
    "account_value_e8",
    "mmr_e8",
    "margin_ratio_ppm",
    "balance_e8",
    "unrealized_pnl_e8",
    "accrued_funding_e8",
    "has_fair",
    "account_value_fair_e8",
    "mmr_fair_e8",
    "price_tick_id",
    "funding_tick_id",
    "price_seq",
    "funding_seq",
    "trigger",
    "positions",
    "notional_e8",
    "account_status_before",
    "account_status_after",
)


def _lines(table: str, event: str, fields: tuple[str, ...]) -> Lines:
    """One line per event of an account."""
    return Lines(table, ("account",), (Rows(event, {**{name: last(name) for name in fields}, **_RECORDED}),))


def _entry(event: str, kind: pl.Expr, direction: str, reference: str, counterparty: pl.Expr) -> Rows:
    """A movement that is over when it is recorded; its seq names it."""
    columns = {
        "kind": kind,
        "direction": pl.lit(direction),
        "status": pl.lit("COMPLETED"),
        "asset": col("asset"),
        "amount_e8": col("amount_e8"),
        "counterparty": counterparty,
        "reference": col(reference),
        "vault": col("vault") if event.startswith("Transfer") else _NONE,
        "created_seq": col("seq"),
        "created_at_us": col("recorded_at_us"),
    }
    return Rows(
        event,
        {**{name: last(value) for name, value in columns.items()}, **_CHANGED},
        key={"entry": _SEQ_ENTRY},
    )


_WITHDRAWAL = {"entry": col("withdrawal_id")}

_TRANSFERS = Table(
    "transfers",
    ("account", "entry"),
    (
        _entry("DepositCredited", pl.lit("DEPOSIT"), "IN", "external_ref", _NONE),
        _entry("TransferSent", col("transfer_kind"), "OUT", "transfer_id", col("counterparty")),
        _entry("TransferReceived", col("transfer_kind"), "IN", "transfer_id", col("counterparty")),
        Rows(
            "DepositCredited",
            {"bridge": last("bridge"), "external_chain": last("external_chain")},
            key={"entry": _SEQ_ENTRY},
        ),
        Rows(
            "WithdrawalRequested",
            {
                "kind": last(pl.lit("WITHDRAWAL")),
                "direction": last(pl.lit("OUT")),
                "status": last(pl.lit("PENDING")),
                "asset": last("asset"),
                "amount_e8": last("amount_e8"),
                "external_account": last("destination"),
                "created_seq": last("seq"),
                "created_at_us": last("recorded_at_us"),
                **_CHANGED,
            },
            key=_WITHDRAWAL,
        ),
        Rows(
            "WithdrawalReleased",
            {
                "status": last(pl.lit("COMPLETED")),
                "reference": last("external_ref"),
                "socialized_loss_factor_e8": last("socialized_loss_factor_e8"),
                **_CHANGED,
            },
            key=_WITHDRAWAL,
        ),
        Rows(
            "WithdrawalFailed",
            {"status": last(pl.lit("FAILED")), "failure_reason": last("reason"), **_CHANGED},
            key=_WITHDRAWAL,
        ),
    ),
)

_BALANCE_CHANGES = Table(
    "balance_changes",
    ("account", "asset"),
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
            _CHANGED,
            key=_SETTLED,
        ),
        Rows(
            (
                "DepositCredited",
                "TransferSent",
                "TransferReceived",
                "AdjustmentPosted",
                "WithdrawalRequested",
                "WithdrawalFailed",
            ),
            _CHANGED,
        ),
    ),
)

_POSITION_TIMES = Table(
    "position_times",
    ("account", "market"),
    (
        Rows("FillSettled", {"fill_seq": last("seq"), "trade_id": last("trade_id"), **_CHANGED}),
        Rows(("TradeBusted", "FundingSettled"), _CHANGED),
        Rows(
            ("FillSettled", "TradeBusted"),
            {"opened_at_us": last("recorded_at_us")},
            where=(col("position_id_after") != 0) & (col("position_id_after") != col("position_id_before")),
        ),
    ),
)

_ORDER_TIMES = Table(
    "order_times",
    ("account", "order_id"),
    (
        Rows(
            "OrderPlaced",
            {"stp": last("stp"), "created_at_us": last("recorded_at_us"), **_CHANGED},
        ),
        Rows(("OrderTriggered", "OrderCancelled"), _CHANGED),
        Rows(("FillSettled", "TradeBusted"), _CHANGED, where=col("order_id") != ""),
    ),
)

_ORDER_LINES = Lines(
    "order_lines",
    ("account",),
    (Rows("OrderPlaced", {"order_id": last("order_id"), "market": last("market"), **_RECORDED}),),
)


def _entry_line(events: str | tuple[str, ...], entry: pl.Expr) -> Rows:
    """When a row of ``transfers`` began."""
    return Rows(events, {"entry": last(entry), **_RECORDED})


_TRANSFER_LINES = Lines(
    "transfer_lines",
    ("account",),
    (
        _entry_line(("DepositCredited", "TransferSent", "TransferReceived"), _SEQ_ENTRY),
        _entry_line("WithdrawalRequested", col("withdrawal_id")),
    ),
)
"""In which order to page through ``orders`` of the orders view, and through ``transfers``."""

VIEW = View(
    "activity",
    2,
    (
        _lines("fills", "FillSettled", _FILL_FIELDS),
        _lines("busts", "TradeBusted", _BUST_FIELDS),
        _lines("funding_payments", "FundingSettled", _PAYMENT_FIELDS),
        _lines("liquidations", "LiquidationStarted", _LIQUIDATION_FIELDS),
        _ORDER_LINES,
        _TRANSFERS,
        _TRANSFER_LINES,
        _BALANCE_CHANGES,
        _POSITION_TIMES,
        _ORDER_TIMES,
    ),
)
