"""Every fault against real brokers, from one seed: ``python -m benchmarks.faults``.

Prints a table of faults, commands answered, lost, duplicated, and recovery time. Exits 1 when a
promise was broken or a recovery took longer than it may, 3 when a fault could not be made.
"""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.faults.registry import FAULTS, Entry
from benchmarks.faults.row import FaultRow
from benchmarks.faults.soak import soak
from benchmarks.machine import describe
from ledger.form import form
from tests.integration.kafka.cluster import Cluster, running_cluster

CLEAN: Final = 0
BROKEN: Final = 1
COULD_NOT_RUN: Final = 3


def chosen(names: Sequence[str]) -> list[Entry]:
    """The faults of these names; all of them without any."""
    known = {entry.name for entry in FAULTS}
    unknown = sorted(set(names) - known)
    if unknown:
        raise SystemExit(f"no such fault: {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    return [entry for entry in FAULTS if not names or entry.name in names]


def rows(entries: Sequence[Entry], seed: int, console: Console) -> Iterator[FaultRow]:
    """Make one fault after the other; a cluster of each size is started once."""
    for size in sorted({entry.brokers for entry in entries}):
        with running_cluster(size) as cluster:
            for entry in entries:
                if entry.brokers == size:
                    yield attempt(entry, cluster, seed, console)


def attempt(entry: Entry, cluster: Cluster, seed: int, console: Console) -> FaultRow:
    """One fault; one that cannot be made is a row that says why."""
    console.print(f"{entry.name} …", highlight=False)
    try:
        row = entry.fault(cluster, seed)
        kept = "kept" if row.kept else f"BROKEN: {row.findings}"
        counts = f"{row.answered} answered, {row.lost} lost, {row.duplicated} duplicated"
        console.print(f"  {counts}, {row.recovery_s:.1f} s, {kept}", highlight=False, markup=False)
        return row  # noqa: TRY300  what failed is in the table all the same
    except Exception as failure:  # noqa: BLE001  the others are still worth their row
        console.print(traceback.format_exc(), markup=False)
        return FaultRow(entry.name, seed, findings=[f"could not be made: {failure}"])


def table_of(found: Sequence[FaultRow]) -> Table:
    """The rows for a person."""
    table = Table(title=f"faults, seed {found[0].seed}" if found else "faults")
    for name in ("answered", "lost", "duplicated", "recovery s", "limit s"):
        if not table.columns:
            table.add_column("fault")
        table.add_column(name, justify="right")
    table.add_column("note")
    for row in found:
        table.add_row(
            row.fault if row.kept and row.in_time else f"[red]{row.fault}[/red]",
            str(row.answered),
            str(row.lost),
            str(row.duplicated),
            f"{row.recovery_s:.1f}" if row.limit_s else "-",
            f"{row.limit_s:g}" if row.limit_s else "-",
            "; ".join([*row.findings, row.note] if row.note else row.findings),
        )
    return table


def main() -> int:
    """Parse the arguments, make the faults, print the table."""
    parser = argparse.ArgumentParser(prog="faults", description=__doc__.splitlines()[0])
    parser.add_argument("fault", nargs="*", help="only these; all of them without any")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    parser.add_argument("--soak", type=float, default=0.0, metavar="SECONDS", help="random faults instead")
    parser.add_argument("--brokers", type=int, default=1, choices=(1, 3), help="of the soak")
    parser.add_argument("--output", type=Path, help="write the rows to this JSON file too")
    asked = parser.parse_args()
    console = Console(stderr=True)
    console.print(f"seed {asked.seed}")
    with ExitStack() as stack:
        if asked.soak:
            cluster = stack.enter_context(running_cluster(asked.brokers))
            found = [soak(cluster, asked.seed, asked.soak)]
        else:
            found = list(rows(chosen(asked.fault), asked.seed, console))
    if asked.output:
        report = {
            "machine": describe(Path.cwd()),
            "form": form(),
            "seed": asked.seed,
            "rows": [asdict(row) for row in found],
        }
        asked.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    Console(width=None if sys.stdout.isatty() else 140).print(table_of(found))
    if any(finding.startswith("could not be made") for row in found for finding in row.findings):
        return COULD_NOT_RUN
    return CLEAN if all(row.kept and row.in_time for row in found) else BROKEN


if __name__ == "__main__":
    sys.exit(main())
