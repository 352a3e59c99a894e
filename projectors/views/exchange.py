"""Exchange: what everybody may know, as it was announced: markets, prices, modes, guards, rollbacks.

Nothing is computed here. Events that reach every partition and those of accounts never share a table; the
traded value by the hour and the liquidators are the only ones of the latter.
"""

import polars as pl

from projectors.define.definitions import Lines, Rows, Table
from projectors.define.folds import last, total
from projectors.define.view import View, col

HOUR_S = 3_600
"""Width of a bucket of traded value."""

SYSTEM = "system"
"""The only key of what there is once."""

_US = 1_000_000

MARKET_FIELDS = (
    "base",
    "quote",
    "settlement_asset",
    "market_kind",
    "status",
    "price_tick_e8",
    "size_step_e8",
    "notional_min_e8",
    "order_size_max_e8",
    "position_limit_e8",
    "open_orders_max",
    "imf_base_ppm",
    "mmf_factor_ppm",
    "taker_fee_ppm",
    "maker_fee_ppm",
    "price_band_ppm",
    "spread_max_ppm",
    "depth_min_e8",
    "funding_period_s",
    "funding_gap_max_ms",
    "funding_rate_max_e12",
    "funding_rate_change_max_e12",
    "interest_rate_e12",
    "clamp_rate_e12",
    "price_move_max_ppm",
    "price_window_move_max_ppm",
    "fair_divergence_max_ppm",
    "price_age_max_ms",
    "oracle_ewma_ppm",
)
PRICE_FIELDS = (
    "mark_e8",
    "spot_e8",
    "has_external_fair",
    "external_fair_e8",
    "has_bid",
    "bid_e8",
    "has_ask",
    "ask_e8",
    "has_last",
    "last_e8",
    "bid_depth_e8",
    "ask_depth_e8",
    "observed_at_ms",
)
_STATUS_FIELDS = (
    "status_before",
    "status_after",
    "withdrawals_before",
    "withdrawals_after",
    "reason",
    "guard_seq",
    "gates",
    "operator_key",
    "second_key",
)
_GUARD_FIELDS = (
    "guard",
    "policy",
    "action",
    "input_command_id",
    "tick_id",
    "field",
    "given",
    "has_value",
    "value_e8",
    "expected_e8",
    "bound_low_e8",
    "bound_high_e8",
    "last_accepted_seq",
    "source",
)
_ROLLBACK_FIELDS = (
    "incident_id",
    "target_height",
    "target_seq",
    "void_from_height",
    "void_to_height",
    "void_from_seq",
    "void_to_seq",
    "plan_digest",
    "reason",
    "key_1",
    "key_2",
    "negative_accounts",
)
_PLAN_FIELDS = (
    "plan_kind",
    "incident_id",
    "head_height",
    "lines",
    "total_e8",
    "payer",
    "cap_e8",
    "key_1",
    "key_2",
    "expires_at_us",
)
_RESTATEMENT_FIELDS = (
    "index_before_e8",
    "index_after_e8",
    "from_seq",
    "to_seq",
    "plan_digest",
    "incident_id",
    "reason",
)
_RECORDED = {"recorded_at_us": last("recorded_at_us")}


def _lines(table: str, event: str, fields: tuple[str, ...], key: str = "") -> Lines:
    """One line per event, by a column of it or all together."""
    columns = {**{name: last(name) for name in fields}, **_RECORDED}
    rows = Rows(event, columns) if key else Rows(event, columns, key={"part": pl.lit(SYSTEM)})
    return Lines(table, (key or "part",), (rows,))


VIEW = View(
    "exchange",
    1,
    (
        Table(
            "assets",
            ("asset",),
            (
                Rows(
                    ("AssetListed", "AssetUpdated"),
                    {name: last(name) for name in ("decimals", "settlement", "status")},
                ),
            ),
        ),
        Table(
            "markets",
            ("market",),
            (
                Rows(
                    ("MarketListed", "MarketUpdated"),
                    {
                        **{name: last(name) for name in MARKET_FIELDS},
                        "changed_seq": last("seq"),
                        "changed_at_us": last("recorded_at_us"),
                    },
                ),
                Rows("MarketListed", {"listed_at_us": last("recorded_at_us")}),
            ),
        ),
        Lines(
            "market_events",
            ("market",),
            (
                Rows("MarketListed", {"changed_fields": last(pl.lit("")), **_RECORDED}),
                Rows("MarketUpdated", {"changed_fields": last("changed_fields"), **_RECORDED}),
            ),
        ),
        Table(
            "prices",
            ("market",),
            (
                Rows(
                    "PricesUpdated",
                    {
                        **{name: last(name) for name in PRICE_FIELDS},
                        "price_seq": last("seq"),
                        "priced_at_us": last("recorded_at_us"),
                    },
                ),
            ),
        ),
        _lines("statuses", "SystemStatusChanged", _STATUS_FIELDS),
        _lines("guards", "GuardTripped", (*_GUARD_FIELDS[:5], "market", *_GUARD_FIELDS[5:])),
        Table(
            "rollbacks",
            ("rollback_seq",),
            (
                Rows(
                    "RollbackDeclared",
                    {
                        **{name: last(name) for name in _ROLLBACK_FIELDS},
                        "declared_at_us": last("recorded_at_us"),
                    },
                    key={"rollback_seq": col("seq")},
                ),
                Rows(
                    "RollbackCompleted",
                    {
                        **{name: last(name) for name in ("reinstated", "cancelled", "negative_total_e8")},
                        "completed_seq": last("seq"),
                        "completed_at_us": last("recorded_at_us"),
                    },
                ),
            ),
        ),
        _lines("plans", "PlanApproved", ("plan_digest", *_PLAN_FIELDS)),
        _lines("restatements", "FundingIndexRestated", _RESTATEMENT_FIELDS, "market"),
        Table(
            "rules",
            ("rule", "scope"),
            (Rows("RuleChanged", {"value": last("value_after"), "changed_seq": last("seq")}),),
        ),
        Table(
            "liquidators",
            ("account",),
            (
                Rows(
                    "AccountOpened",
                    {"opened_seq": last("seq"), "opened_at_us": last("recorded_at_us")},
                    where=col("kind") == "LIQUIDATOR",
                ),
            ),
        ),
        Table(
            "volumes",
            ("market", "hour"),
            (
                Rows(
                    "FillSettled",
                    {"traded_e8": total("value_e8")},
                    key={"hour": col("recorded_at_us") // (HOUR_S * _US)},
                ),
            ),
        ),
    ),
)
