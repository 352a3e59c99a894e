"""The reference page of the refusals: ``python -m ledger.edge.refusals_page [--check]``.

Without ``--check`` the page is written; with it nothing is written and the exit code is 1
when the page is not what the codes say.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ledger.core.refusal_texts import REFUSALS
from ledger.core.refusals import RefusalCode

PAGE_PATH: Final = Path(__file__).resolve().parents[2] / "docs" / "reference" / "refusals.md"

GROUPS: Final = {
    1: "Every command",
    2: "Assets, markets, status and keys",
    3: "Accounts",
    4: "Money",
    5: "Prices and funding",
    6: "Orders",
    7: "Trades",
    8: "Liquidation and vaults",
    9: "Corrections and refunds",
}
"""Heading of the codes of each hundred."""

INTRODUCTION: Final = """\
# Refusals

A refusal is the answer to a command that the rules forbid: nothing happened, and the outcome
carries a code and a detail that names the field, the value and the bound. The numbers are
never reused. When several apply, the one that comes first here is answered.

A command that was refused stays refused: the same producer and number get the same outcome
again, marked duplicate. Where *could succeed later* says yes, the same request under a new
number can be accepted once the state has changed.

This page is written by `python -m ledger.edge.refusals_page`.
"""


def refusals_page() -> str:
    """The page: one heading per code, in the order of precedence."""
    parts = [INTRODUCTION]
    group = 0
    for code in REFUSALS:
        if code // 100 != group:
            group = code // 100
            parts.append(f"## {GROUPS[group]}\n")
        parts.append(_entry(code))
    return "\n".join(parts)


def _entry(code: RefusalCode) -> str:
    text = REFUSALS[code]
    later = "yes" if text.transient else "no"
    return (
        f"### {int(code)} `{code.name}`\n\n{text.meaning}\n\n"
        f"- What to do: {text.remedy}\n- Could succeed later: {later}\n"
    )


def main(arguments: Sequence[str]) -> int:
    """Write or check the page; the exit code."""
    page = refusals_page()
    if "--check" not in arguments:
        PAGE_PATH.parent.mkdir(parents=True, exist_ok=True)
        PAGE_PATH.write_text(page)
        return 0
    if PAGE_PATH.exists() and PAGE_PATH.read_text() == page:
        return 0
    sys.stderr.write(f"{PAGE_PATH.name} is out of date: run `python -m ledger.edge.refusals_page`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
