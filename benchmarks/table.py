"""A table of what is asked and what was measured, each figure by a benchmark in a process of its own."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from benchmarks.machine import ROOT, describe
from ledger.form import form

Figures = dict[str, Any]


class Line(NamedTuple):
    """A line of the table: what, what is asked, what was measured, and whether that is enough."""

    what: str
    asked: str
    measured: str
    reached: bool


def at_least(what: str, asked: float, found: float) -> Line:
    """A line whose figure should not be smaller."""
    return Line(what, f"{asked:,}", f"{found:,}", found >= asked)


def under(what: str, asked: float, *found: float) -> Line:
    """A line whose figures should be smaller."""
    return Line(what, f"< {asked:,}", ", ".join(f"{one:,}" for one in found), max(found) < asked)


def measured(module: str, *arguments: str) -> Figures:
    """The JSON that a benchmark prints, in a process of its own."""
    code = f"import sys; sys.path.append({str(ROOT)!r}); from benchmarks.{module} import main; main()"
    print(f"measuring: {module}", file=sys.stderr)
    child = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, check=True
    )
    figures: Figures = json.loads(child.stdout)
    return figures


def show(lines: Sequence[Line], folder: str | None) -> Console:
    """Print the machine and the table; where it was printed to."""
    console = Console(width=110)
    machine = describe(Path(folder or tempfile.gettempdir()))
    console.print(f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, {form()} form")
    table = Table("what", "asked", "measured", "")
    for line in lines:
        table.add_row(line.what, line.asked, line.measured, "" if line.reached else "falls short")
    console.print(table)
    return console
