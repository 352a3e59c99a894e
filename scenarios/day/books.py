"""The books of a ledger as plain data: the same for JSON, for tables and for the page.

Everything is read from the views and the log. Amounts are decimal strings, as everywhere outside.
"""

from collections import defaultdict
from typing import Any, Final

from ledger.core.values import E8
from ledger.edge.decimals import format_decimal
from projectors.reading.answers import Answers

LARGEST: Final = 10
STATEMENT_LINES: Final = 14
EIGHT: Final = 8

Row = dict[str, Any]


def trial_balance(answers: Answers) -> list[Row]:
    """Every counter-account and all accounts together, by asset; an asset's rows sum to zero."""
    rows = [
        {"asset": row["asset"], "account": row["counter_account"], "amount": decimal(row["amount_e8"])}
        for row in table(answers, "audit", "counter_accounts")
    ]
    rows.sort(key=lambda row: (row["asset"], row["account"]))
    sums: dict[str, int] = defaultdict(int)
    for row in table(answers, "audit", "counter_accounts"):
        sums[row["asset"]] += row["amount_e8"]
    return rows + [
        {"asset": asset, "account": "sum", "amount": decimal(sums[asset])} for asset in sorted(sums)
    ]


def markets(answers: Answers) -> list[Row]:
    """Open interest, volume, funding paid and received, and the index of each market."""
    indices = {row["market"]: row for row in table(answers, "funding", "funding_index")}
    spots = last_spots(answers)
    paid: dict[str, int] = defaultdict(int)
    received: dict[str, int] = defaultdict(int)
    for row in table(answers, "funding", "settlements"):
        paid[row["market"]] += row["paid_e8"]
        received[row["market"]] += row["received_e8"]
    accrued: dict[str, int] = defaultdict(int)
    for row in table(answers, "account", "positions"):
        market = row["market"]
        accrued[market] -= row["size_e8"] * (indices[market]["index_e8"] - row["cached_index_e8"]) // E8
    return [
        {
            "market": row["market"],
            "spot": decimal(spots[row["market"]]),
            "open_interest": decimal(row["long_e8"]),
            "open_interest_usd": money(row["long_e8"] * spots[row["market"]] // E8),
            "traded_usd": money(row["traded_e8"] // 2),
            "fees": money(row["fees_e8"]),
            "funding_index": decimal(indices[row["market"]]["index_e8"]),
            "funding_paid": money(paid[row["market"]]),
            "funding_received": money(received[row["market"]]),
            "funding_accrued_unsettled": money(accrued[row["market"]]),
        }
        for row in sorted(table(answers, "audit", "markets"), key=lambda row: str(row["market"]))
    ]


def largest_positions(answers: Answers) -> list[Row]:
    """The positions of the greatest value at spot, with what they gained so far."""
    spots = last_spots(answers)
    indices = {row["market"]: row["index_e8"] for row in table(answers, "funding", "funding_index")}
    positions = table(answers, "account", "positions")
    positions.sort(
        key=lambda row: (-abs(row["size_e8"]) * spots[row["market"]], row["account"], row["market"])
    )
    rows = []
    for row in positions[:LARGEST]:
        spot, size = spots[row["market"]], row["size_e8"]
        funding = -size * (indices[row["market"]] - row["cached_index_e8"]) // E8
        rows.append(
            {
                "account": row["account"],
                "market": row["market"],
                "size": decimal(size),
                "entry_price": money(row["cost_e8"] * E8 // size),
                "value_usd": money(size * spot // E8),
                "unrealized_pnl": money(size * spot // E8 - row["cost_e8"] + funding),
                "of_it_funding": money(funding),
            }
        )
    return rows


def statement(answers: Answers, account: str) -> list[Row]:
    """The newest lines of one account: balance before, amount, balance after, and what did it."""
    lines: list[Row] = list(answers.rows_of("account", "statement", account)[-STATEMENT_LINES:])
    return [
        {
            "seq": line["seq"],
            "recorded_at_us": line["recorded_at_us"],
            "event": line["kind"],
            "asset": line["asset"],
            "market": line["market"],
            "before": decimal(line["before_e8"]),
            "amount": decimal(line["amount_e8"]),
            "after": decimal(line["after_e8"]),
            "reference": line["reference"],
        }
        for line in lines
    ]


def busiest_account(answers: Answers) -> str:
    """The trader with the most fills: its statement has something of everything."""
    fills: dict[str, int] = defaultdict(int)
    for row in table(answers, "account", "position_results"):
        if row["account"].startswith("trader-"):
            fills[row["account"]] += row["fills"]
    return max(sorted(fills), key=lambda name: fills[name])


def events_by_kind(answers: Answers) -> list[Row]:
    """How often each keyed event was recorded."""
    counts: dict[str, int] = defaultdict(int)
    for row in table(answers, "audit", "counts"):
        counts[row["event"]] += row["count"]
    return [
        {"event": event, "count": counts[event]} for event in sorted(counts, key=lambda name: -counts[name])
    ]


def last_spots(answers: Answers) -> dict[str, int]:
    """Spot price of each market at its last funding tick, in 1e-8; the mark is the same here."""
    newest: dict[str, tuple[int, int]] = {}
    for row in table(answers, "funding", "steps"):
        newest[row["market"]] = max(newest.get(row["market"], (0, 0)), (row["tick_id"], row["spot_e8"]))
    return {market: spot for market, (_, spot) in newest.items()}


def table(answers: Answers, view: str, name: str) -> list[Row]:
    """Rows of a table of a view over all partitions."""
    return list(answers.rows(view, name))


def decimal(value_e8: int) -> str:
    """An amount, size, price or index, exactly."""
    return format_decimal(value_e8, EIGHT)


def money(value_e8: int) -> str:
    """An amount in whole cents, towards minus infinity: for reading, not for adding up."""
    cents = value_e8 // 10**6
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
