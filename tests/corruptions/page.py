"""``python -m tests.corruptions.page``: write what stops each corruption, as the tests find it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ledger.core.messages import GuardTripped
from ledger.core.refusals import RefusalCode
from tests.corruptions.elsewhere import ELSEWHERE, SCHEMA
from tests.corruptions.harm import DRIFT_MINUTES, MINUTES, harms
from tests.corruptions.rows import ROWS, Row
from tests.corruptions.stream import Stream

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "corruptions.md"
TITLE: Final = f"""# Corrupted inputs and what stops them

Each row is a test (`tests/corruptions`). *Stopped by*: the guards that trip with the default policies; the
first refusal is in brackets. *Funding view*: what it stands still for when every guard only observes and
the records of guards are taken out of the log. *Harmed*: accounts of a population of the size of the tape
(8,000, drawn) that the input alone would take below their maintenance margin while guards observe: at
once for an index or a price, after {MINUTES} minutes for a rate, after {DRIFT_MINUTES} minutes for a drift.
What the schema stops counts as if it had been read as zero, a state that was spoilt at rest as if it had
been published. With the guards it is none in every row.

This page is written by `python -m tests.corruptions.page`.

| # | corruption | stopped by | funding view | harmed |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    harmed = harms()
    lines = {row.number: _line(row, harmed) for row in ROWS}
    for number, name, stopped, seen in [*SCHEMA, *ELSEWHERE]:
        lines[number] = f"| {number} | {name} | {stopped} | {seen} | {harmed[number]:,} |"
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
    return f"| {row.number} | {row.name} | {guards} ({code}) | {seen} | {harmed[row.number]:,} |"


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
