"""``python -m tests.corruptions.page``: write what stops each corruption, as the tests find it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ledger.core.messages import GuardTripped
from ledger.core.refusals import RefusalCode
from tests.corruptions.elsewhere import ELSEWHERE, SCHEMA
from tests.corruptions.population import PRICES, RESET, population
from tests.corruptions.rows import ROWS, Row
from tests.corruptions.stream import BTC, ETH, MARKETS, PAXG, Stream, formula

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "corruptions.md"
MINUTES: Final = 34
"""How long it took on 2026-01-19 until the exchange was closed."""
DRIFT_MINUTES: Final = 5

TITLE: Final = f"""# Corrupted inputs and what stops them

Each row is a test (`tests/corruptions`). *Stopped by*: the guards that trip with the default policies; the
first refusal is in brackets. *Funding view*: what it stands still for when every guard only observes and
the records of guards are taken out of the log. *Harmed*: accounts of a population of the size of the tape
(8,000, drawn) that the input alone would take below their maintenance margin while guards observe: at
once for an index, after {MINUTES} minutes for a rate, after {DRIFT_MINUTES} minutes for a drift. With the
guards it is none in every row.

This page is written by `python -m tests.corruptions.page`.

| # | corruption | stopped by | funding view | harmed |
| --- | --- | --- | --- | --- |
"""


def harms() -> Mapping[int, int]:
    """Accounts harmed, by row."""
    rates = {name: _rate(name) for name in MARKETS}
    drifted = (1 - 0.001) ** (DRIFT_MINUTES * 12) - 1
    cases: dict[int, tuple[dict[str, float], dict[str, float]]] = {
        1: ({BTC: RESET}, {}),
        2: ({BTC: RESET, ETH: RESET}, {}),
        3: (dict.fromkeys(MARKETS, RESET), {}),
        16: ({name: _accrued(name, -rates[name]) for name in MARKETS}, {}),
        17: ({name: _accrued(name, 99 * rates[name]) for name in (BTC, ETH)}, {}),
        18: ({name: _accrued(name, -rates[name] * 7 / 8) for name in MARKETS}, {}),
        19: ({PAXG: _accrued(PAXG, -2 * rates[PAXG])}, {}),
        20: ({BTC: _accrued(BTC, rates[ETH] - rates[BTC]), ETH: _accrued(ETH, rates[BTC] - rates[ETH])}, {}),
        21: ({ETH: _accrued(ETH, 0.02 - rates[ETH])}, {}),
        34: ({}, {PAXG: drifted}),
        35: ({}, {PAXG: drifted}),
        36: ({}, {PAXG: drifted}),
    }
    holders = population()
    return {
        number: sum(holder.is_harmed(index, mark) for holder in holders)
        for number, (index, mark) in cases.items()
    }


def _rate(name: str) -> float:
    stream = Stream(observing=False)
    return formula(stream.mark(name), stream.spot(name)) / 10**12


def _accrued(name: str, rate_error: float) -> float:
    """Error of the index after the time it took to close."""
    return rate_error * PRICES[name] * MINUTES / 480


def page() -> str:
    """The whole page."""
    harmed = harms()
    lines = {row.number: _line(row, harmed) for row in ROWS}
    for number, name, stopped, seen in [*SCHEMA, *ELSEWHERE]:
        lines[number] = f"| {number} | {name} | {stopped} | {seen} | |"
    return TITLE + "\n".join(lines[number] for number in sorted(lines)) + "\n"


def _line(row: Row, harmed: Mapping[int, int]) -> str:
    stream = Stream(observing=False).ready()
    decisions = [stream.send(command) for command in row.inputs(stream)]
    found = [e.guard for d in decisions for e in d.events if isinstance(e, GuardTripped)]
    guards = ", ".join(dict.fromkeys(found))
    code = next((RefusalCode(d.code).name for d in decisions if d.code), "left out of the tick")
    if row.taken:
        code = "taken, and the market closed"
    seen = _seen(row)
    count = f"{harmed[row.number]:,} |" if row.number in harmed else "|"
    return f"| {row.number} | {row.name} | {guards} ({code}) | {seen} | {count}"


def _seen(row: Row) -> str:
    """The first thing that the funding view says, without its seq and numbers."""
    stream = Stream(observing=True).ready()
    for command in row.inputs(stream):
        stream.send(command)
    said = stream.view_stops([e for e in stream.events if not isinstance(e, GuardTripped)])
    for phrase, short in PHRASES.items():
        if phrase in said:
            return short
    return said or "only the guard's record"


PHRASES: Final = {
    "its steps say": "recomputation",
    "is above the largest": "bound of the rate",
    "rate went from": "change of the rate",
    "does not follow from the basis": "rate against basis",
    "premium == rate": "premium",
    "moved from": "move",
    "far from the external": "divergence",
    "moved too far within": "window",
    "does not follow": "order of ticks",
    "speaks for": "source of the feed",
    "ms late": "age",
    "after it was recorded": "time order",
    "time and tick go forward": "time order",
    "elapsed_applied is": "time order",
    "has said the same": "equal rows",
    "every market that it says": "completeness",
    " is 0e-8": "price > 0",
}


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` say whether it is the one."""
    text = page()
    if "--check" in arguments:
        return 0 if PAGE.exists() and PAGE.read_text() == text else 1
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
