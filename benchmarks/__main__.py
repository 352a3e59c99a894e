"""Measures the ledger in its forms: ``python -m benchmarks [--form pure] [--only writer] [--profile]``.

Every measure runs in a process of its own, in the same run, one after the other. The pure form is this
tree; the compiled one is what the interpreter has installed (docs/adr/0005). Figures are wall-clock
time on a machine that does nothing else.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.machine import ROOT, describe

FORMS: Final = ("pure", "compiled")
MEASURES: Final = (
    "writer",
    "projectors",
    "codec",
    "memory",
    "guards",
    "keeper",
    "kafka",
    "kafka_three",
    "lag",
    "risk",
)
ON_KAFKA: Final = frozenset({"kafka", "kafka_three", "lag", "risk"})
ONE_THREAD: Final = frozenset({"keeper"})
"""What is measured on one core."""
CHILD: Final = f"import sys; sys.path.append({str(ROOT)!r}); from benchmarks.child import main; main()"


def main() -> None:
    """Run what was asked for, print a table, write the JSON."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="ledger-bench-", dir=options.folder) as scratch:
        report: dict[str, Any] = {"machine": describe(Path(scratch)), "forms": {}}
        names = ["profile"] if options.profile else options.only or MEASURES
        missing = _missing_for_kafka() if ON_KAFKA & set(names) else ""
        if missing:
            report["left_out"] = {name: missing for name in names if name in ON_KAFKA}
            names = [name for name in names if name not in ON_KAFKA]
        for form in options.form or FORMS:
            for name in names:
                folder = Path(scratch) / form / name
                folder.mkdir(parents=True)
                print(f"measuring {name}, {form}", file=sys.stderr)
                report["forms"].setdefault(form, {})[name] = _child(form, name, folder)
    if options.profile:
        for figures in report["forms"].values():
            print(figures["profile"]["profile"])
        return
    if options.output:
        Path(options.output).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    _print(report)
    if missing:
        left_out = ", ".join(report["left_out"])
        print(f"NOT MEASURED: {left_out}, which need Kafka brokers in containers.\n{missing}")


def _missing_for_kafka() -> str:
    """What keeps Kafka brokers from being started here; empty when nothing does."""
    from tests.integration.kafka.cluster import NoBrokers, broker_image  # noqa: PLC0415  only they need it

    try:
        broker_image()
    except NoBrokers as missing:
        return str(missing)
    return ""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure the ledger.")
    parser.add_argument("--form", action="append", choices=FORMS, help="measure this form only")
    parser.add_argument("--only", action="append", choices=MEASURES, help="measure this only")
    parser.add_argument("--output", help="write the figures to this JSON file")
    parser.add_argument("--folder", help="where the logs are written; a disk, if fsync is to mean something")
    parser.add_argument("--profile", action="store_true", help="print where the writer's time goes instead")
    return parser.parse_args()


def _child(form: str, name: str, folder: Path) -> dict[str, Any]:
    """Figures of one measure, taken in a fresh process of the form."""
    environment = os.environ | {
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": str(ROOT) if form == "pure" else "",
        "LEDGER_FORM": form,
    }
    if name in ONE_THREAD:
        environment["POLARS_MAX_THREADS"] = "1"
    child = subprocess.run(  # noqa: S603
        [sys.executable, "-c", CHILD, name, str(folder)],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        check=True,
    )
    figures: dict[str, Any] = json.loads(child.stdout)
    return figures


def _print(report: dict[str, Any]) -> None:
    """One row per figure, one column per form."""
    machine = report["machine"]
    print(f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, {machine['file_system']}")
    table = Table("measure", "figure")
    for form in report["forms"]:
        table.add_column(form, justify="right")
    names = [
        (name, key)
        for forms in report["forms"].values()
        for name, figures in forms.items()
        for key in figures
    ]
    for name, key in dict.fromkeys(names):
        cells = [forms.get(name, {}).get(key) for forms in report["forms"].values()]
        table.add_row(name, key, *("" if cell is None else f"{cell:,}" for cell in cells))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
