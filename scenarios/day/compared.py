"""Branches of protections side by side, for the page and for the terminal."""

from collections.abc import Sequence
from typing import Any

from scenarios.day.books import money
from scenarios.day.protections import ALL, ALONE, NONE, WITHOUT
from scenarios.day.story import clock

Row = dict[str, Any]


def compared(rows: Sequence[Row]) -> list[Row]:
    """A line for nothing, for every protection, and for all of them."""
    by_which = {(row["which"], row["protection"]): row for row in rows}
    none, everything = by_which[NONE, ""], by_which[ALL, ""]
    names = [row["protection"] for row in rows if row["which"] == ALONE]
    return [
        _line("none: as it was", none, none, None),
        *[_line(name, by_which[ALONE, name], none, by_which[WITHOUT, name]) for name in names],
        _line("all of these", everything, none, None),
    ]


def _line(name: str, row: Row, none: Row, without: Row | None) -> Row:
    first = row["wave"].startswith("first")
    seen = (
        {"paid out": money(row["paid_out_e8"]), "closed at": _clock(row["closed_ms"])}
        if first
        else {
            "lowest mark, bps": row["lowest_bps"],
            "PAXG (generated) opens": _clock(row["opened_ms"]),
            "mark then, bps": row["basis_bps"] if row["opened_ms"] else "",
        }
    )
    return {
        "protection": name,
        "accounts hurt": row["accounts"],
        "loss": money(row["loss_e8"]),
        "saved": money(none["loss_e8"] - row["loss_e8"]),
        **seen,
        "accounts without it": "" if without is None else without["accounts"],
        "loss without it": "" if without is None else money(without["loss_e8"]),
    }


def _clock(ms: int) -> str:
    return clock(ms * 1000) if ms else "never"
