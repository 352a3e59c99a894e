"""Accounts: balances, positions and their results, margin inputs, withdrawals, statements.

``balances`` and ``positions`` are the writer's own tables computed a second way: their digests
are compared at every checkpoint. The statement has one line per event that moved a balance or
money on its way out.
"""

import polars as pl

from projectors.define.definitions import Check, Extract, Lines, Rows, Table
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
            (
                "FillSettled",
                "TradeBusted",
                "FundingSettled",
                "PenaltyCharged",
                "LossSocialized",
                "RefundPaid",
            ),
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


_NONE = pl.lit("")
_MARKET = col("market")
_REFUND = pl.concat_str(
    pl.lit("incident "), col("incident_id"), pl.lit(", "), col("reason"), pl.lit(", method "), col("method")
)
_MOVED = (
    pl.when(col("incident_id") == "")
    .then(col("transfer_kind"))
    .otherwise(pl.concat_str(col("transfer_kind"), pl.lit(", incident "), col("incident_id")))
)


def _statement(  # noqa: PLR0913
    event: str,
    asset: pl.Expr,
    reference: str,
    why: pl.Expr = _NONE,
    corrects: str = "",
    market: pl.Expr = _NONE,
    what: str = "balance",
) -> Rows:
    """A line of the statement for each event of a kind.

    ``what`` is the quantity whose chain the line is a part of, ``why`` what kind of event it was or the
    reason given for it, ``corrects`` the column with the seq of the event that it corrects.
    """
    columns = {
        "kind": pl.lit(event),
        "asset": asset,
        "what": pl.lit(what),
        "before_e8": col(f"{what}_before_e8"),
        "amount_e8": col(f"{what}_after_e8") - col(f"{what}_before_e8"),
        "after_e8": col(f"{what}_after_e8"),
        "market": market,
        "reference": col(reference) if reference else _NONE,
        "why": why,
        "cause_seq": col("cause_seq"),
        "corrects_seq": col(corrects) if corrects else pl.lit(0),
        "recorded_at_us": col("recorded_at_us"),
    }
    return Rows(event, {name: last(value) for name, value in columns.items()})


_STATEMENT = Lines(
    "statement",
    ("account",),
    (
        _statement("FillSettled", settlement_asset, "trade_id", col("fill_type"), "reverses_seq", _MARKET),
        _statement("TradeBusted", settlement_asset, "trade_id", col("reason"), "reverses_seq", _MARKET),
        _statement("FundingSettled", settlement_asset, "", col("settle_kind"), "corrects_seq", _MARKET),
        _statement("PenaltyCharged", settlement_asset, "liquidation_id"),
        _statement("LossSocialized", settlement_asset, "withdrawal_id"),
        _statement("RefundPaid", settlement_asset, "refund_id", _REFUND),
        _statement("DepositCredited", col("asset"), "external_ref", _NONE, "reinstates_seq"),
        _statement("TransferSent", col("asset"), "transfer_id", _MOVED, "corrects_seq"),
        _statement("TransferReceived", col("asset"), "transfer_id", _MOVED, "corrects_seq"),
        _statement("AdjustmentPosted", col("asset"), "reason_code", col("note"), "corrects_seq"),
        _statement("WithdrawalRequested", col("asset"), "withdrawal_id", _NONE, "reinstates_seq"),
        _statement("WithdrawalFailed", col("asset"), "withdrawal_id", col("reason"), "reinstates_seq"),
        _statement(
            "WithdrawalReleased", col("asset"), "withdrawal_id", _NONE, "reinstates_seq", what="pending"
        ),
    ),
)

_REFUND_LINES = Table(
    "refund_lines",
    ("account", "refund_id"),
    (
        Rows(
            "RefundPaid",
            {
                "paid_e8": last("paid_after_e8", before="paid_before_e8"),
                "incident_id": last("incident_id"),
                "reason": last("reason"),
                "method": last("method"),
                "plan_digest": last("plan_digest"),
                "line": last("line"),
                "payments": total(pl.lit(1)),
                "paid_seq": last("seq"),
                "paid_at_us": last("recorded_at_us"),
            },
        ),
    ),
)

VIEW = View(
    "account",
    2,
    (
        _ACCOUNTS,
        _BALANCES,
        _POSITIONS,
        _MARGIN_INPUTS,
        _POSITION_RESULTS,
        _LEVERAGE,
        _WITHDRAWALS,
        _STATEMENT,
        _REFUND_LINES,
        Extract("refunds", of="refund_lines", columns=("paid_e8",), where=col("paid_e8") != 0),
    ),
    checks=(
        Check(
            (
                "DepositCredited",
                "TransferReceived",
                "AdjustmentPosted",
                "WithdrawalFailed",
                "LossSocialized",
                "RefundPaid",
            ),
            "balance_after - balance_before == amount",
            col("balance_after_e8") - col("balance_before_e8") == col("amount_e8"),
        ),
        Check(
            "RefundPaid",
            "paid_after - paid_before == amount",
            col("paid_after_e8") - col("paid_before_e8") == col("amount_e8"),
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
    mirrors=("balances", "positions", "refunds"),
)
