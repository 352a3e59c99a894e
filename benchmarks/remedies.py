"""How long the remedies of an incident take, in one table: ``python -m benchmarks.remedies``.

A rollback over a million events on a shorter and on a longer history (``benchmarks.rollback``), from the
approved plan to the views that serve from the new generation; and an audit with counterfactual of a
window of a million commands (``benchmarks.audit``), from the log's own evidence to the report.
"""

import argparse
import json
from pathlib import Path
from typing import Final

from benchmarks.table import Figures, Line, measured, show, under

MILLION: Final = 1_000_000
ROLLBACK_S: Final = 6
AUDIT_S: Final = 90


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks.remedies", description=__doc__.splitlines()[0])
    parser.add_argument("--commands", default=str(MILLION), help="commands of the audited window")
    parser.add_argument("--shorter", default="2", help="million events of the short ledger")
    parser.add_argument("--history", default="8", help="million events of the long ledger")
    parser.add_argument("--folder", help="where it is all written")
    parser.add_argument("--output", help="write all figures to this JSON file")
    asked = parser.parse_args()
    folder = ["--folder", asked.folder] if asked.folder else []
    lengths = ("--shorter", asked.shorter, "--history", asked.history)
    figures: Figures = {
        "audit": measured("audit", "--commands", asked.commands, *folder),
        "rollback": measured("rollback", *lengths, *folder),
    }
    if asked.output:
        Path(asked.output).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    show(lines(figures), asked.folder)


def lines(figures: Figures) -> list[Line]:
    """The table, line by line."""
    audit, histories = figures["audit"], figures["rollback"]["histories"]
    rollbacks = [one["rollback"] for one in histories]
    sizes = " and ".join(f"{one['events'] / MILLION:g}M" for one in histories)
    tail = f"{rollbacks[0]['voided_events'] / MILLION:g}M"
    whole = round(audit["propose_s"] + audit["audit_s"] + audit["report_s"], 1)
    return [
        under(
            f"rollback of {tail} events on {sizes}, writer and views, s",
            ROLLBACK_S,
            *_all(rollbacks, "seconds"),
        ),
        under("of it the writer, s", ROLLBACK_S, *_all(rollbacks, "writer_s")),
        under(f"audit of {audit['commands']:,} commands, evidence and report with it, s", AUDIT_S, whole),
        under("of it the counterfactual and what is read from it, s", AUDIT_S, audit["audit_s"]),
    ]


def _all(rollbacks: list[Figures], name: str) -> list[float]:
    return [one[name] for one in rollbacks]


if __name__ == "__main__":
    main()
