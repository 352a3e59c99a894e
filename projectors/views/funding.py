"""Funding: the index of every market, all its steps, and what accounts paid and received.

``funding_index`` is the writer's own table computed a second way. Every step is computed again
from its event alone (the writer's code is not used), must begin where the one before ended, and
a tick must have every market that it says it has. A trial balance sees none of this: sizes sum
to zero, so funding does, whatever the index. The inputs themselves are looked at once more in
``projectors.views.feed_guards``.
"""

import polars as pl

from projectors.define.definitions import Check, Extract, Law, Lines, Rows, Table
from projectors.define.folds import last, total, wide
from projectors.define.view import View, col
from projectors.views.feed_guards import INPUTS, is_mended, open_findings

_RATE_UNIT = 1_000_000_000_000
_MS = 1_000
_E8 = 100_000_000

_PERIOD_MS = wide("period_s") * _MS
_ACCRUED = wide("premium_applied_e8") * wide("elapsed_applied_ms") + wide("remainder_before")

_OWED = wide("realized_funding_e8") * _E8 + wide("dust_e16")

_INDEX = Table(
    "index",
    ("market",),
    (
        Rows(
            "MarketListed",
            {
                "index_e8": last("index_start_e8"),
                "remainder": last(pl.lit(0)),
                "rate_e12": last(pl.lit(0)),
                "premium_e8": last(pl.lit(0)),
                "observed_at_ms": last(pl.lit(0)),
            },
        ),
        Rows(
            "FundingIndexAdvanced",
            {
                "index_e8": last("index_after_e8", before="index_before_e8"),
                "remainder": last("remainder_after", before="remainder_before"),
                "rate_e12": last("rate_e12"),
                "premium_e8": last("premium_e8", before="premium_applied_e8"),
                "observed_at_ms": last("observed_at_ms", before="observed_before_ms"),
                "tick_id": last("tick_id"),
                "tick_seq": last("seq"),
            },
        ),
        Rows(
            "FundingIndexRestated",
            {
                "index_e8": last("index_after_e8", before="index_before_e8"),
                "remainder": last("remainder_after", before="remainder_before"),
                "restated_seq": last("seq"),
            },
        ),
    ),
)

_STEP_COLUMNS = (
    "tick_id",
    "observed_at_ms",
    "elapsed_applied_ms",
    "gap",
    "paused",
    "rate_e12",
    "spot_e8",
    "premium_e8",
    "premium_applied_e8",
    "step_e8",
    "index_before_e8",
    "index_after_e8",
)

_STEPS = Lines(
    "steps",
    ("market",),
    (
        Rows("FundingIndexAdvanced", {name: last(name) for name in (*_STEP_COLUMNS, "index_source")}),
        Rows(
            "FundingIndexRestated",
            {
                **{name: last(pl.lit(0)) for name in _STEP_COLUMNS},
                "index_before_e8": last("index_before_e8"),
                "index_after_e8": last("index_after_e8"),
                "index_source": last(pl.lit("RESTATED")),
            },
        ),
    ),
)

_SIGNED = {
    "FillSettled": col("realized_funding_e8"),
    "FundingSettled": col("realized_funding_e8"),
    "TradeBusted": col("realized_funding_e8") + col("funding_returned_e8"),
}

_SETTLEMENTS = Table(
    "settlements",
    ("account", "market"),
    tuple(
        Rows(
            event,
            {
                "received_e8": total(pl.when(amount > 0).then(amount).otherwise(0)),
                "paid_e8": total(pl.when(amount < 0).then(-amount).otherwise(0)),
                "dust_e16": total("dust_e16"),
                "settlements": total((amount != 0).cast(pl.Int64)),
            },
        )
        for event, amount in _SIGNED.items()
    ),
)

_STEP_CHECKS = (
    (
        "step == (premium_applied * elapsed_applied + remainder_before) div period",
        col("step_e8") == _ACCRUED // _PERIOD_MS,
    ),
    ("remainder_after is what the step leaves", col("remainder_after") == _ACCRUED % _PERIOD_MS),
    (
        "index_computed == index_before + step",
        col("index_computed_e8") == col("index_before_e8") + col("step_e8"),
    ),
    (
        "index_after is the computed index, or the claimed one of a feed",
        col("index_after_e8")
        == pl.when(col("index_source") == "COMPUTED")
        .then(col("index_computed_e8"))
        .otherwise(col("index_claimed_e8")),
    ),
    (
        "premium == rate * spot div 1e12",
        col("premium_e8") == wide("rate_e12") * wide("spot_e8") // _RATE_UNIT,
    ),
    (
        "elapsed is the time since the step before",
        col("elapsed_ms")
        == pl.when(col("observed_before_ms") == 0)
        .then(0)
        .otherwise(col("observed_at_ms") - col("observed_before_ms")),
    ),
    (
        "elapsed_applied is elapsed, or 0 in a gap or a pause",
        col("elapsed_applied_ms")
        == pl.when((col("gap") == 1) | (col("paused") == 1)).then(0).otherwise(col("elapsed_ms")),
    ),
    (
        "time and tick go forward",
        (col("observed_at_ms") > col("observed_before_ms")) & (col("tick_id") > col("previous_tick_id")),
    ),
    (
        "a tick has every market that it says it has",
        (pl.len().over("tick_id") == col("tick_markets"))
        & (col("market").n_unique().over("tick_id") == col("tick_markets")),
    ),
)

VIEW = View(
    "funding",
    3,
    (
        _INDEX,
        Extract(
            "funding_index",
            of="index",
            columns=("index_e8", "remainder", "rate_e12", "premium_e8"),
            where=col("tick_seq") > 0,
        ),
        _STEPS,
        _SETTLEMENTS,
        INPUTS,
    ),
    laws=(Law("no input was let through that a guard would refuse", open_findings, is_mended),),
    checks=(
        *(Check("FundingIndexAdvanced", name, holds) for name, holds in _STEP_CHECKS),
        *(
            Check(
                event,
                "realized_funding and dust are -size * (index - cached_index)",
                wide(size) * (wide("cached_index_before_e8") - wide("funding_index_e8")) == _OWED
                if event == "FillSettled"
                else (col("settle_kind") == "CORRECTION")
                | (wide(size) * (wide("cached_index_before_e8") - wide("funding_index_e8")) == _OWED),
            )
            for event, size in (("FillSettled", "size_before_e8"), ("FundingSettled", "size_e8"))
        ),
    ),
    mirrors=("funding_index",),
)
