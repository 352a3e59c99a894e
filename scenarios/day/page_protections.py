"""The table of protections: what each alone saves, and what is lost when it alone is missing."""

from collections.abc import Sequence
from typing import Any, Final

from scenarios.day.compared import compared
from scenarios.day.html import asked, table

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
