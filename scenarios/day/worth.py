"""What groups of accounts were worth over the day, for plots: floats in units of money."""

import polars as pl

from ledger.core.values import E8
from scenarios.day.facts import BALANCE_AFTER, GROUPS, Facts
from scenarios.listing import SETTLEMENT_ASSET


def equity(facts: Facts) -> pl.DataFrame:
    """Account value of each group after every price tick of the day.

    Sums of what events changed: balance, size, cost, and size times cached index. After a rollback
    only what counts is summed.
    """
    rows = _changes(facts)
    first = facts.indices().get_column("seq").min()
    start = first if isinstance(first, int) else 0
    parts = [_equity_between(facts, rows, start, void) for void in ((), *facts.void_seqs)]
    return pl.concat(parts).sort("recorded_at_us", "group")


def _equity_between(facts: Facts, rows: pl.DataFrame, first: int, void: tuple[int, ...]) -> pl.DataFrame:
    """Equity by the rows outside ``void``, at the ticks after it, or up to the first void range."""
    prices = facts.prices()
    indices = facts.indices()
    if void:
        counted = rows.filter(~pl.col("seq").is_between(void[0], void[1]))
        prices = prices.filter(pl.col("seq") > void[1])
        indices = indices.filter((pl.col("seq") > void[1]) | (pl.col("seq") < void[0]))
    else:
        counted = rows
        last = facts.void_seqs[0][1] if facts.void_seqs else 2**62
        prices = prices.filter(pl.col("seq").is_between(first, last))
    found = []
    for group in GROUPS:
        own = counted.filter(pl.col("group") == group).sort("seq")
        at = (
            prices.filter(pl.col("market") == pl.col("market").first())
            .select("seq", "recorded_at_us")
            .sort("seq")
        )
        money = own.select("seq", pl.col("money").cum_sum().alias("value"))
        value = at.join_asof(money, on="seq").get_column("value").fill_null(0.0)
        for market in sorted(set(prices.get_column("market"))):
            held = own.filter(pl.col("market") == market).select(
                "seq", *(pl.col(name).cum_sum() for name in ("size", "cost", "cached"))
            )
            ticks = at.join_asof(
                prices.filter(pl.col("market") == market).select("seq", "mark_e8").sort("seq"),
                on="seq", strategy="nearest",
            ).join_asof(
                indices.filter(pl.col("market") == market).select("seq", "index_e8").sort("seq"), on="seq"
            ).join_asof(held, on="seq")  # fmt: skip
            worth = ticks.select(
                (
                    pl.col("size") * (pl.col("mark_e8") - pl.col("index_e8")) / E8
                    + pl.col("cached")
                    - pl.col("cost")
                ).fill_null(0.0)
            ).to_series()
            value = value + worth
        found.append(
            at.select("recorded_at_us", pl.lit(group).alias("group")).with_columns(value.alias("equity"))
        )
    return pl.concat(found)


def _changes(facts: Facts) -> pl.DataFrame:
    """What each event changed, by group and market, as floats in units."""
    parts = []
    for name in facts.names:
        frame = facts.frame(name)
        if frame is None or "account" not in frame.columns or name == "LiquidationStarted":
            continue
        if "asset" in frame.columns:
            frame = frame.filter(pl.col("asset") == SETTLEMENT_ASSET)
        zero = pl.lit(0.0)
        columns = {"money": zero, "size": zero, "cost": zero, "cached": zero}
        if BALANCE_AFTER in frame.columns:
            columns["money"] = _change("balance_before_e8", BALANCE_AFTER)
        if "cost_after_e8" in frame.columns:
            columns["size"] = _change("size_before_e8", "size_after_e8")
            columns["cost"] = _change("cost_before_e8", "cost_after_e8")
            columns["cached"] = _product("size_after_e8", "funding_index_e8") - _product(
                "size_before_e8", "cached_index_before_e8"
            )
        elif "cached_index_after_e8" in frame.columns:
            columns["cached"] = _product("size_e8", "cached_index_after_e8") - _product(
                "size_e8", "cached_index_before_e8"
            )
        market = pl.col("market") if "market" in frame.columns else pl.lit("")
        parts.append(
            frame.select("seq", _group(), market.alias("market"), *(e.alias(n) for n, e in columns.items()))
        )
    return pl.concat(parts).filter(pl.col("group") != "")


def _group() -> pl.Expr:
    account = pl.col("account")
    group = pl.lit("")
    for name, prefix in GROUPS.items():
        group = pl.when(account.str.starts_with(prefix)).then(pl.lit(name)).otherwise(group)
    return group.alias("group")


def _change(before: str, after: str) -> pl.Expr:
    return (pl.col(after) - pl.col(before)).cast(pl.Float64) / E8


def _product(size: str, index: str) -> pl.Expr:
    return pl.col(size).cast(pl.Float64) * pl.col(index).cast(pl.Float64) / E8 / E8
