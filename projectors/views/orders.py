"""Orders: every order with its history in sums, and those that are open.

``open_orders`` is the writer's own table computed a second way. ``orders`` keeps every order
ever placed: what is left of it, what was filled at which value, and why it ended.
"""

import polars as pl

from projectors.define.definitions import Check, Extract, Rows, Table
from projectors.define.folds import last, total
from projectors.define.view import View, col

_REMAINING = last("remaining_after_e8", before="remaining_before_e8")
_CHANGED = {"changed_seq": last("seq")}
_ON_BOOK = col("order_id") != ""
"""Sides of off-book trades have no order."""

_ORDERS = Table(
    "orders",
    ("account", "order_id"),
    (
        Rows(
            "OrderPlaced",
            {
                "client_id": last("client_id"),
                "market": last("market"),
                "side": last("side"),
                "order_type": last("order_type"),
                "instruction": last("instruction"),
                "reduce_only": last("reduce_only"),
                "size_e8": last("size_e8"),
                "has_price": last("has_price"),
                "price_e8": last("price_e8"),
                "has_trigger": last("has_trigger"),
                "trigger_price_e8": last("trigger_price_e8"),
                "status": last("status_after"),
                "remaining_e8": last("remaining_after_e8"),
                "placed_seq": last("seq"),
                **_CHANGED,
            },
        ),
        Rows(
            "OrderTriggered",
            {
                "has_price": last("has_price"),
                "price_e8": last("price_e8"),
                "status": last("status_after", before="status_before"),
                "remaining_e8": _REMAINING,
                **_CHANGED,
            },
        ),
        Rows(
            "OrderCancelled",
            {
                "status": last(pl.lit("CANCELLED"), before="status_before"),
                "cancel_reason": last("cancel_reason"),
                "remaining_e8": _REMAINING,
                **_CHANGED,
            },
        ),
        Rows(
            "FillSettled",
            {
                "status": last("order_status_after"),
                "remaining_e8": _REMAINING,
                "filled_e8": total("fill_size_e8"),
                "value_e8": total("value_e8"),
                "fees_e8": total("fee_e8"),
                **_CHANGED,
            },
            where=_ON_BOOK,
        ),
        Rows(
            "TradeBusted",
            {
                "status": last("order_status_after"),
                "remaining_e8": _REMAINING,
                "filled_e8": total(-col("fill_size_e8")),
                "value_e8": total(-col("value_e8")),
                "fees_e8": total(-col("fee_returned_e8")),
                **_CHANGED,
            },
            where=_ON_BOOK,
        ),
    ),
)

VIEW = View(
    "orders",
    1,
    (
        _ORDERS,
        Extract(
            "open_orders",
            of="orders",
            columns=("market", "side", "order_type", "status", "remaining_e8"),
            where=(col("status") == "OPEN") | (col("status") == "UNTRIGGERED"),
        ),
    ),
    checks=(
        Check(
            "FillSettled",
            "remaining_before - remaining_after == fill_size",
            (col("order_id") == "")
            | (col("remaining_before_e8") - col("remaining_after_e8") == col("fill_size_e8")),
        ),
        Check("OrderCancelled", "remaining_after == 0", col("remaining_after_e8") == 0),
        Check(
            "OrderPlaced",
            "0 < remaining_after <= size",
            (col("remaining_after_e8") > 0) & (col("remaining_after_e8") <= col("size_e8")),
        ),
    ),
    mirrors=("open_orders",),
)
