"""The reference page of rules, guards and modes, written from the tables that the program uses."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ledger.core.control import STATUS_BITS
from ledger.core.rulebook import GUARDS, MODE_RULES, NUMBER_RULES, POLICIES, WORD_RULES

PAGE_PATH: Final = Path(__file__).parents[2] / "docs" / "reference" / "rules.md"

INTRODUCTION: Final = """\
# Rules, guards and modes

What `decide` reads and is no field of a market. Each is changed by `ChangeRule` alone, and recorded as
`RuleChanged`. With operator keys registered, a change needs two of them.

This page is written by `python -m ledger.edge.rules_page`.
"""

MODES_TEXT: Final = """\
## Modes

The status of the exchange: `maintenance`, `cancel_only`, `post_only`, `ok`. Downwards every step is
allowed; upwards it is one at a time, through gates. A market has a status of its own (`ok`, `post_only`,
`cancel_only`, `halted`, `settled`) and allows what both allow. Allowed in every mode: prices, rates,
deposits, releases and failures of withdrawals (which have a switch of their own), cancellations,
deleveraging, busts, and what operators do. Funding accrues in every mode but `maintenance`.

| rule | what it allows | maintenance | cancel_only | post_only | ok |
| --- | --- | --- | --- | --- | --- |
"""

GUARDS_TEXT: Final = """\
## Guards

`enforce`: refuse, record `GuardTripped`, close: a price guard (G5, G5x, G5w) the market, every other the
exchange, down to `cancel_only`; and the withdrawals. `refuse`: refuse and record. `observe:<seconds>`:
take the input and record; after that time of the ledger, a week at most, the default holds again.

| rule | default | asks |
| --- | --- | --- |
"""


def rules_page() -> str:
    """The page."""
    modes = [
        f"| `{name}` | {doc} | " + " | ".join(_mark(status, statuses) for status in STATUS_BITS) + " |"
        for name, (_, statuses, doc) in MODE_RULES.items()
    ]
    guards = [f"| `guard.{name}` | {POLICIES[g.default]} | {g.doc} |" for name, g in GUARDS.items()]
    numbers = [
        f"| `{name}` | {rule.default:,} | {rule.low:,} to {rule.high:,} | {rule.doc} |"
        for name, rule in NUMBER_RULES.items()
    ]
    words = [
        f"| `{name}` | {rule.words[0]} | {', '.join(rule.words)} | {rule.doc} |"
        for name, rule in WORD_RULES.items()
    ]
    rest = "## Other rules\n\n| rule | default | values | meaning |\n| --- | --- | --- | --- |\n"
    parts = (
        MODES_TEXT + "\n".join(modes) + "\n",
        GUARDS_TEXT + "\n".join(guards) + "\n",
        rest + "\n".join(numbers + words) + "\n",
    )
    return INTRODUCTION + "\n" + "\n".join(parts)


def _mark(status: str, statuses: str) -> str:
    return "yes" if status in statuses.split(",") else "no"


def main(arguments: Sequence[str]) -> int:
    """Write or check the page; the exit code."""
    page = rules_page()
    if "--check" not in arguments:
        PAGE_PATH.write_text(page)
        return 0
    if PAGE_PATH.exists() and PAGE_PATH.read_text() == page:
        return 0
    sys.stderr.write(f"{PAGE_PATH.name} is out of date: run `python -m ledger.edge.rules_page`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
