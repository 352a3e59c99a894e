"""One measure in a process of its own: ``NAME FOLDER`` as arguments, JSON on stdout."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.measures import MEASURES, profile_writer
from ledger.errors import invariant
from ledger.form import form


def main() -> None:
    """Measure what the arguments name, after a look at the form that runs."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    invariant(form() == os.environ["LEDGER_FORM"], f"the {form()} form runs; run `make dev`")
    if name == "profile":
        figures: dict[str, Any] = {"profile": profile_writer(folder)}
    elif name in MEASURES:
        figures = dict(MEASURES[name](folder))
    else:
        from benchmarks.on_kafka import KAFKA_MEASURES  # noqa: PLC0415  needs what starts containers
        from benchmarks.risk import measure_risk  # noqa: PLC0415

        figures = dict({**KAFKA_MEASURES, "risk": measure_risk}[name](folder))
    sys.stdout.write(json.dumps(figures))
