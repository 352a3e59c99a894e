"""What happened on the day, as plain data for tables and plots: everything from ``facts``."""

from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from scenarios.day import times
from scenarios.day.books import decimal, money
from scenarios.day.facts import WAVES, Facts
from scenarios.day.rules import PAXG

Row = dict[str, Any]
POINTS_MAX: Final = 700
"""Points of a line in a plot."""
TRIPS_SHOWN: Final = 20
US: Final = 1_000_000


def story(facts: Facts) -> Row:
    """Tables and series of one run."""
    return {
        "waves": [_wave(name, wave) for name, wave in facts.waves().items()],
        "jumps": [_jump(jump) for jump in facts.jumps()],
        "trips": _trips(facts.trips()),
        "statuses": [_status(row) for row in facts.statuses()],
        "rollbacks": [_rollback(row) for row in facts.rollbacks()],
        "series": series(facts),
    }


def series(facts: Facts) -> Row:
    """What the plots show: lists of times (Unix seconds) and values, in units."""
    indices, prices = facts.indices(), facts.prices()
    liquidations = facts.liquidations()
    paxg = prices.filter(
        (pl.col("market") == PAXG) & pl.col("recorded_at_us").is_between(*WAVES["second wave"])
    ).with_columns(basis=(pl.col("mark_e8") - pl.col("fair_e8")) * 10_000 / pl.col("fair_e8"))
    equity = facts.equity()
    return {
        "indices": {
            market: _line(indices.filter(pl.col("market") == market), pl.col("index_e8") / 1e8)
            for market in sorted(set(indices.get_column("market")))
        },
        "paxg_basis_bps": _line(paxg, pl.col("basis")),
        "liquidations": {
            name: _per_minute(liquidations, from_us, until_us) for name, (from_us, until_us) in WAVES.items()
        },
        "equity": {
            group: _line(equity.filter(pl.col("group") == group), pl.col("equity"))
            for group in dict.fromkeys(equity.get_column("group"))
        },
    }


def clock(at_us: int) -> str:
    """A time of the day in UTC, with the date once the day is over."""
    at = datetime.fromtimestamp(at_us / US, UTC)
    return at.strftime("%H:%M:%S" if at_us < (times.DAY + 24 * times.HOUR_MS) * 1000 else "%d. %H:%M:%S")


def _line(frame: pl.DataFrame, value: pl.Expr) -> Row:
    """At most ``POINTS_MAX`` points of a series, the last included."""
    every = max(1, len(frame) // POINTS_MAX)
    thin = pl.concat([frame.gather_every(every), frame.tail(1)]) if len(frame) else frame
    chosen = thin.select(at=pl.col("recorded_at_us") / US, value=value)
    return {"at": chosen.get_column("at").to_list(), "value": chosen.get_column("value").to_list()}


def _per_minute(liquidations: pl.DataFrame, from_us: int, until_us: int) -> Row:
    """Liquidations in each step of 15 seconds of a wave, those that nothing outside explains apart."""
    step = 15 * US
    own = liquidations.filter(pl.col("recorded_at_us").is_between(from_us, until_us, closed="left"))
    bins = own.group_by((pl.col("recorded_at_us") // step * step).alias("at")).agg(
        pl.len().alias("all"), pl.col("wrong").sum().alias("wrong")
    )
    rows = bins.sort("at").rows()
    return {
        "at": [at / US for at, _, _ in rows],
        "all": [count for _, count, _ in rows],
        "wrong": [wrong for _, _, wrong in rows],
    }


def _wave(name: str, wave: Row) -> Row:
    return {
        "window": name,
        "accounts_liquidated": wave["accounts"],
        "of_them_wrongly": wave["accounts_wrongly"],
        "liquidations": wave["liquidations"],
        "bankrupt_at_once": wave["bankrupt_at_once"],
        "taken_over_usd": money(wave["taken_over"]),
        "deficit_usd": money(wave["deficit"]),
    }


def _jump(jump: Row) -> Row:
    return {
        "time": clock(jump["recorded_at_us"]),
        "seq": jump["seq"],
        "market": jump["market"],
        "index_before": decimal(jump["index_before_e8"]),
        "index_after": decimal(jump["index_after_e8"]),
        "gainers": jump["gainers"],
        "false_gains_usd": money(jump["gains"]),
        "losers": jump["losers"],
        "false_losses_usd": money(jump["losses"]),
    }


def _trips(trips: list[Row]) -> list[Row]:
    rows = [
        {
            "time": clock(trip["recorded_at_us"]),
            "seq": trip["seq"],
            "guard": trip["guard"],
            "policy": trip["policy"],
            "market": trip["market"],
            "field": trip["field"],
            "given": decimal(trip["value_e8"]) if trip["has_value"] else trip["given"],
            "expected": decimal(trip["expected_e8"]) if trip["has_value"] else "",
            "input": trip["input_command_id"],
        }
        for trip in trips
    ]
    return rows[:TRIPS_SHOWN]


def _rollback(row: Row) -> Row:
    return {
        "time": clock(row["recorded_at_us"]),
        "seq": row["seq"],
        "target_block": row["target_height"],
        "void_from_block": row["void_from_height"],
        "void_to_block": row["void_to_height"],
        "void_events": row["seq"] - row["target_seq"] - 1,
        "reinstated": row["reinstated"],
        "cancelled": row["cancelled"],
        "negative_accounts": row["negative_accounts"],
    }


def _status(row: Row) -> Row:
    return {
        "time": clock(row["recorded_at_us"]),
        "seq": row["seq"],
        "before": row["status_before"],
        "after": row["status_after"],
        "withdrawals": row["withdrawals_after"],
        "reason": row["reason"],
    }
