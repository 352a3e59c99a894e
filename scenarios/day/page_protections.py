"""The table of protections: what each alone saves, and what is lost when it alone is missing."""

from collections.abc import Sequence
from typing import Any, Final

from scenarios.day.books import money
from scenarios.day.html import asked, table
from scenarios.day.protections import ALL, ALONE, NONE, WITHOUT
from scenarios.day.story import clock

Row = dict[str, Any]

NOTE: Final = (
    "<p class=note>The run as it was, split before each wave: the same accounts, books and draws, with one "
    "protection turned on, or with all but one. Played to 05:36 and to 12:30; loss is what the accounts "
    "would have had more (method C). Limits of breaker and outflow are amounts, whatever the population.</p>"
)


def protections(rows: Sequence[Row], about: Row) -> list[str]:
    """One table for each wave; nothing where it was not played."""
    if not rows:
        return []
    parts = [NOTE]
    for wave in dict.fromkeys(row["wave"] for row in rows):
        own = [row for row in rows if row["wave"] == wave]
        parts += table(compared(own), f"The {wave}")
    command = f"ledger demo --protections --accounts {about['population']} --seed {about['seed']}"
    return [*parts, *asked(command)]


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
