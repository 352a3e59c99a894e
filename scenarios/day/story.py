"""What happened on the day, as plain data for tables and plots: everything from ``facts``."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from ledger.core.rules.words import STATUS_OK
from scenarios.day import times
from scenarios.day.books import decimal, money
from scenarios.day.facts import WAVES, Facts
from scenarios.day.rules import PAXG
from scenarios.day.worth import equity

Row = dict[str, Any]
POINTS_MAX: Final = 700
"""Points of a line in a plot."""
TRIPS_SHOWN: Final = 20
US: Final = 1_000_000


def story(facts: Facts) -> Row:
    """Tables and series of one run."""
    changes = facts.statuses()
    return {
        "waves": waves(facts),
        "jumps": jumps(facts),
        "trips": trips(facts)[:TRIPS_SHOWN],
        "statuses": [_status(row) for row in changes],
        "closed_ms": closed_ms(changes),
        "paid_out": len(facts.releases(*WAVES["first wave"])),
        "paid_out_e8": sum(facts.releases(*WAVES["first wave"]).get_column("paid_e8")),
        "rollbacks": rollbacks(facts),
        "refunds_paid": refunds(facts),
        "series": series(facts),
    }


def waves(facts: Facts) -> list[Row]:
    """What each of the two windows did to accounts."""
    return [_wave(name, wave) for name, wave in facts.waves().items()]


def liquidations(facts: Facts) -> list[Row]:
    """Every liquidation of the two windows, and why it was right or wrong."""
    return [
        {
            "seq": row["seq"],
            "time": clock(row["recorded_at_us"]),
            "window": name,
            "account": row["account"],
            "value": decimal(row["account_value_e8"]),
            "value_outside": decimal(row["account_value_fair_e8"]) if row["has_fair"] else "",
            "of_it_false_funding": decimal(row["false_e8"] or 0),
            "margin_outside": decimal(row["mmr_fair_e8"]),
            "wrongly": "yes" if row["wrong"] else "no",
            "void": "yes" if row["void"] else "no",
        }
        for row in facts.liquidations().to_dicts()
        for name, (from_us, until_us) in WAVES.items()
        if from_us <= row["recorded_at_us"] < until_us
    ]


def jumps(facts: Facts) -> list[Row]:
    """Every step of an index that the ledger did not compute."""
    return [_jump(jump) for jump in facts.jumps()]


def moved(facts: Facts) -> list[Row]:
    """What each of these steps gave to every account, and the fill that its size is from."""
    return [
        {
            "step_seq": row["seq"],
            "market": row["market"],
            "account": row["account"],
            "size": decimal(row["size_e8"]),
            "size_since_seq": row["filled_seq"],
            "given": decimal(row["given_e8"]),
        }
        for row in facts.moved().to_dicts()
    ]


def releases(facts: Facts) -> list[Row]:
    """Every withdrawal that left through the bridge between the restart and the maintenance."""
    return [
        {
            "seq": row["seq"],
            "time": clock(row["recorded_at_us"]),
            "account": row["account"],
            "paid": decimal(row["paid_e8"]),
        }
        for row in facts.releases(*WAVES["first wave"]).to_dicts()
    ]


def refunds(facts: Facts) -> list[Row]:
    """Every refund that was paid, the largest first."""
    rows = sorted(facts.refunds().to_dicts(), key=lambda row: (-row["amount_e8"], row["seq"]))
    return [
        {
            "seq": row["seq"],
            "time": clock(row["recorded_at_us"]),
            "line": row["line"],
            "account": row["account"],
            "reason": row["reason"],
            "method": row["method"],
            "amount": decimal(row["amount_e8"]),
        }
        for row in rows
    ]


def statuses(facts: Facts) -> list[Row]:
    """Every status of the exchange."""
    return [_status(row) for row in facts.statuses()]


def rollbacks(facts: Facts) -> list[Row]:
    """Every rollback."""
    return [_rollback(row) for row in facts.rollbacks()]


def closed_ms(changes: list[Row]) -> int:
    """How long the exchange was in another status than ok; up to the last change."""
    total = since = 0
    for row in changes:
        if row["status_after"] == STATUS_OK:
            total += row["recorded_at_us"] - since if since else 0
            since = 0
        else:
            since = since or row["recorded_at_us"]
    return total // 1000


def series(facts: Facts) -> Row:
    """What the plots show: lists of times (Unix seconds) and values, in units."""
    indices, prices = facts.indices(), facts.prices()
    liquidations = facts.liquidations()
    paxg = prices.filter(
        (pl.col("market") == PAXG) & pl.col("recorded_at_us").is_between(*WAVES["second wave"])
    ).with_columns(basis=(pl.col("mark_e8") - pl.col("fair_e8")) * 10_000 / pl.col("fair_e8"))
    worth = equity(facts)
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
            group: _line(worth.filter(pl.col("group") == group), pl.col("equity"))
            for group in dict.fromkeys(worth.get_column("group"))
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


def trips(facts: Facts) -> list[Row]:
    """Every guard that tripped, with what was given and what would have been right."""
    return [
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
        for trip in facts.trips()
    ]


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
        "at_us": row["recorded_at_us"],
        "seq": row["seq"],
        "before": row["status_before"],
        "after": row["status_after"],
        "withdrawals": row["withdrawals_after"],
        "reason": row["reason"],
    }


TABLES: Final[dict[str, Callable[[Facts], list[Row]]]] = {
    "waves": waves,
    "liquidations": liquidations,
    "steps": jumps,
    "given": moved,
    "trips": trips,
    "statuses": statuses,
    "rollbacks": rollbacks,
    "releases": releases,
    "refunds": refunds,
}
"""What ``ledger day`` can be asked for."""
