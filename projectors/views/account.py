"""Accounts: balances, positions and their results, margin inputs, withdrawals, statements.

``balances`` and ``positions`` are the writer's own tables computed a second way: their digests
are compared at every checkpoint. The statement has one line per event that moved a balance or
money on its way out.
"""

import polars as pl

from projectors.define.definitions import Check, Lines, Rows, Table
from projectors.define.folds import last, settlement_asset, total
from projectors.define.view import View, col

_BALANCE = last("balance_after_e8", before="balance_before_e8")
_PENDING = last("pending_after_e8", before="pending_before_e8")
_SETTLED = {"asset": settlement_asset}

_BALANCES = Table(
    "balances",
    ("account", "asset"),
    (
        Rows(
            ("FillSettled", "TradeBusted", "FundingSettled", "PenaltyCharged", "LossSocialized"),
            {"balance_e8": _BALANCE},
            key=_SETTLED,
        ),
        Rows(
            ("DepositCredited", "TransferSent", "TransferReceived", "AdjustmentPosted"),
            {"balance_e8": _BALANCE},
        ),
        Rows(("WithdrawalRequested", "WithdrawalFailed"), {"balance_e8": _BALANCE, "pending_e8": _PENDING}),
        Rows("WithdrawalReleased", {"pending_e8": _PENDING}),
    ),
)

_POSITIONS = Table(
    "positions",
    ("account", "market"),
    (
        Rows(
            ("FillSettled", "TradeBusted"),
            {
                "position_id": last("position_id_after", before="position_id_before"),
                "size_e8": last("size_after_e8", before="size_before_e8"),
                "cost_e8": last("cost_after_e8", before="cost_before_e8"),
                "cached_index_e8": last("funding_index_e8", before="cached_index_before_e8"),
            },
        ),
        Rows(
            "FundingSettled",
            {
                "position_id": last("position_id", before="position_id"),
                "size_e8": last("size_e8", before="size_e8"),
                "cached_index_e8": last("cached_index_after_e8", before="cached_index_before_e8"),
            },
        ),
    ),
    keep=col("size_e8") != 0,
)

_MARGIN_INPUTS = Table(
    "margin_inputs",
    ("account", "market"),
    (
        Rows(
            ("OrderPlaced", "OrderTriggered", "OrderCancelled", "FillSettled", "TradeBusted"),
            {
                "open_buy_e8": last("open_buy_after_e8", before="open_buy_before_e8"),
                "open_sell_e8": last("open_sell_after_e8", before="open_sell_before_e8"),
            },
        ),
    ),
    keep=(col("open_buy_e8") != 0) | (col("open_sell_e8") != 0),
)

_FOUND = (
    pl.when(col("position_id_before") != 0)
    .then(col("position_id_before"))
    .otherwise(col("position_id_after"))
)
"""A fill's result belongs to the position it found, or to the one it opened from nothing."""

_POSITION_RESULTS = Table(
    "position_results",
    ("account", "market", "position_id"),
    (
        Rows(
            "FillSettled",
            {
                "realized_pnl_e8": total("realized_pnl_e8"),
                "realized_funding_e8": total("realized_funding_e8"),
                "fees_e8": total("fee_e8"),
                "traded_e8": total("value_e8"),
                "fills": total(pl.lit(1)),
            },
            key={"position_id": _FOUND},
        ),
        Rows(
            "TradeBusted",
            {
                "realized_pnl_e8": total("realized_pnl_e8"),
                "realized_funding_e8": total(col("realized_funding_e8") + col("funding_returned_e8")),
                "fees_e8": total(-col("fee_returned_e8")),
            },
            key={"position_id": _FOUND},
        ),
        Rows("FundingSettled", {"realized_funding_e8": total("realized_funding_e8")}),
    ),
)

_ACCOUNTS = Table(
    "accounts",
    ("account",),
    (
        Rows(
            "AccountOpened",
            {
                "kind": last("kind"),
                "status": last(pl.lit("active")),
                "parent": last("parent"),
                "signer_key": last("signer_key"),
                "fee_tier": last("fee_tier"),
                "margin_exempt": last("margin_exempt"),
                "opened_seq": last("seq"),
                "opened_at_us": last("recorded_at_us"),
            },
        ),
        *(
            Rows(
                "AccountChanged",
                {column: last("value_after", before="value_before")},
                where=col("field") == field,
            )
            for field, column in (("status", "status"), ("signer", "signer_key"), ("fee_tier", "fee_tier"))
        ),
    ),
)

_LEVERAGE = Table(
    "leverage",
    ("account", "market"),
    (
        Rows(
            "AccountChanged",
            {"leverage": last("value_after", before="value_before"), "changed_seq": last("seq")},
            where=col("field") == "leverage",
        ),
    ),
)

_WITHDRAWALS = Table(
    "withdrawals",
    ("account", "withdrawal_id"),
    (
        Rows(
            "WithdrawalRequested",
            {
                "asset": last("asset"),
                "amount_e8": last("amount_e8"),
                "destination": last("destination"),
                "status": last(pl.lit("REQUESTED")),
                "requested_seq": last("seq"),
                "changed_seq": last("seq"),
            },
        ),
        Rows(
            "WithdrawalReleased",
            {"status": last(pl.lit("RELEASED"), before=pl.lit("REQUESTED")), "changed_seq": last("seq")},
        ),
        Rows(
            "WithdrawalFailed",
            {"status": last(pl.lit("FAILED"), before=pl.lit("REQUESTED")), "changed_seq": last("seq")},
        ),
    ),
)


def _lines(
    kind: str | pl.Expr, asset: pl.Expr, market: pl.Expr, reference: str | pl.Expr, what: str = "balance"
) -> dict[str, pl.Expr]:
    """Columns of a statement line; ``what`` is the quantity whose chain the line is a part of."""
    return {
        "kind": pl.lit(kind) if isinstance(kind, str) else kind,
        "asset": asset,
        "what": pl.lit(what),
        "before_e8": col(f"{what}_before_e8"),
        "amount_e8": col(f"{what}_after_e8") - col(f"{what}_before_e8"),
        "after_e8": col(f"{what}_after_e8"),
        "market": market,
        "reference": col(reference) if isinstance(reference, str) else reference,
        "cause_seq": col("cause_seq"),
        "recorded_at_us": col("recorded_at_us"),
    }


_NONE = pl.lit("")


def _statement(event: str | tuple[str, ...], columns: dict[str, pl.Expr]) -> Rows:
    return Rows(event, {name: last(value) for name, value in columns.items()})


_STATEMENT = Lines(
    "statement",
    ("account",),
    (
        _statement("FillSettled", _lines("FillSettled", settlement_asset, col("market"), "trade_id")),
        _statement("TradeBusted", _lines("TradeBusted", settlement_asset, col("market"), "trade_id")),
        _statement("FundingSettled", _lines("FundingSettled", settlement_asset, col("market"), _NONE)),
        _statement("PenaltyCharged", _lines("PenaltyCharged", settlement_asset, _NONE, "liquidation_id")),
        _statement("LossSocialized", _lines("LossSocialized", settlement_asset, _NONE, "withdrawal_id")),
        _statement("DepositCredited", _lines("DepositCredited", col("asset"), _NONE, "external_ref")),
        _statement("TransferSent", _lines("TransferSent", col("asset"), _NONE, "transfer_id")),
        _statement("TransferReceived", _lines("TransferReceived", col("asset"), _NONE, "transfer_id")),
        _statement("AdjustmentPosted", _lines("AdjustmentPosted", col("asset"), _NONE, "reason_code")),
        _statement(
            "WithdrawalRequested", _lines("WithdrawalRequested", col("asset"), _NONE, "withdrawal_id")
        ),
        _statement("WithdrawalFailed", _lines("WithdrawalFailed", col("asset"), _NONE, "withdrawal_id")),
        _statement(
            "WithdrawalReleased",
            _lines("WithdrawalReleased", col("asset"), _NONE, "withdrawal_id", "pending"),
        ),
    ),
)

VIEW = View(
    "account",
    1,
    (
        _ACCOUNTS,
        _BALANCES,
        _POSITIONS,
        _MARGIN_INPUTS,
        _POSITION_RESULTS,
        _LEVERAGE,
        _WITHDRAWALS,
        _STATEMENT,
    ),
    checks=(
        Check(
            ("DepositCredited", "TransferReceived", "AdjustmentPosted", "WithdrawalFailed", "LossSocialized"),
            "balance_after - balance_before == amount",
            col("balance_after_e8") - col("balance_before_e8") == col("amount_e8"),
        ),
        Check(
            ("TransferSent", "WithdrawalRequested", "PenaltyCharged"),
            "balance_before - balance_after == amount",
            col("balance_before_e8") - col("balance_after_e8") == col("amount_e8"),
        ),
        Check(
            "WithdrawalRequested",
            "pending_after - pending_before == amount",
            col("pending_after_e8") - col("pending_before_e8") == col("amount_e8"),
        ),
        Check(
            ("WithdrawalReleased", "WithdrawalFailed"),
            "pending_before - pending_after == amount",
            col("pending_before_e8") - col("pending_after_e8") == col("amount_e8"),
        ),
        Check(
            "WithdrawalReleased",
            "paid + loss == amount",
            col("paid_e8") + col("loss_e8") == col("amount_e8"),
        ),
        Check(
            "FillSettled",
            "balance_after - balance_before == realized_pnl + realized_funding - fee",
            col("balance_after_e8") - col("balance_before_e8")
            == col("realized_pnl_e8") + col("realized_funding_e8") - col("fee_e8"),
        ),
        Check(
            "FundingSettled",
            "balance_after - balance_before == realized_funding",
            col("balance_after_e8") - col("balance_before_e8") == col("realized_funding_e8"),
        ),
        Check(
            "TradeBusted",
            "balance_after - balance_before == pnl + funding + funding_returned + fee_returned",
            col("balance_after_e8") - col("balance_before_e8")
            == col("realized_pnl_e8")
            + col("realized_funding_e8")
            + col("funding_returned_e8")
            + col("fee_returned_e8"),
        ),
    ),
    mirrors=("balances", "positions"),
)
