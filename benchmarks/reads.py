"""What the read side reaches, in one table: ``python -m benchmarks.reads --python build/peers/bin/python``.

Views rebuilt from Kafka beside quixstreams (``benchmarks.peers.rebuild``), a rollback on a shorter and on a
longer history and what checkpoints cost (``benchmarks.rollback``), and answers about the past
(``benchmarks.past``), each as it is measured there, with what is asked of it. What a consumer makes that does
nothing with its messages stands beside the rebuilds: no reader in Python can be faster. ``--full`` takes
histories of 10 and 50 million events. The first run makes them, which takes a quarter of an hour and 20 GB;
they are kept in the folder for the next (``benchmarks.histories``).
"""

import argparse
import json
from pathlib import Path
from typing import Final

from rich.table import Table

from benchmarks.table import Figures, Line, at_least, measured, show, under

SHORT: Final = ("--shorter", "2", "--history", "8")
FULL: Final = ("--shorter", "10", "--history", "50")
MILLION: Final = 1_000_000
STAGES: Final = {
    "consume": "consume",
    "check": "check digests",
    "route": "route, join",
    "decode": "decode",
    "fold": "fold",
    "write": "write",
    "rest": "open, find the end",
}
"""Stages of a rebuild, and what they are called."""


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks.reads", description=__doc__.splitlines()[0])
    parser.add_argument("--python", required=True, help="the interpreter that has quixstreams")
    parser.add_argument("--full", action="store_true", help="histories of 10 and 50 million events")
    parser.add_argument("--rebuilt", default="3000000", help="events of the log on Kafka")
    parser.add_argument("--events", default="1000000", help="events of the past")
    parser.add_argument("--folder", help="where it is all written")
    parser.add_argument("--output", help="write all figures to this JSON file")
    asked = parser.parse_args()
    folder = ["--folder", asked.folder] if asked.folder else []
    figures: Figures = {
        "rebuild": measured("peers.rebuild", "--python", asked.python, "--events", asked.rebuilt),
        "rollback": measured("rollback", *(FULL if asked.full else SHORT), *folder),
        "past": measured("past", "--events", asked.events, *folder),
    }
    if asked.output:
        Path(asked.output).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console = show(lines(figures), asked.folder)
    console.print(stages(figures["rebuild"]))


def lines(figures: Figures) -> list[Line]:
    """The table, line by line."""
    return [*_rebuild(figures["rebuild"]), *_rollback(figures["rollback"]), *_past(figures["past"])]


def stages(rebuild: Figures) -> Table:
    """Where the time of a rebuild goes, in microseconds per event of all processes together."""
    names = [name for name in rebuild if name.startswith("projectors_")]
    table = Table("µs per event", *(name.removeprefix("projectors_") for name in names))
    for stage, called in STAGES.items():
        table.add_row(called, *(f"{rebuild[name][f'{stage}_us']:.2f}" for name in names))
    table.add_row("all, in processor time", *(f"{_us(rebuild[name]):.2f}" for name in names))
    table.add_row("a consumer that does nothing", *[f"{_us(rebuild['consumer_alone']):.2f}"] * len(names))
    return table


def _us(rate: Figures) -> float:
    """Processor time of an event."""
    return MILLION / float(rate["events_per_processor_s"])


def _rebuild(figures: Figures) -> list[Line]:
    account, four = figures["projectors_account"], figures["projectors_four_views"]
    peer, alone = figures["quixstreams"]["events_per_s"], figures["consumer_alone"]["events_per_s"]
    size = figures["bytes_per_event"]
    return [
        Line(f"a consumer alone, {size} bytes per event, events/s", "", f"{alone:,}", reached=True),
        at_least("rebuild of the account view, events/s", 700_000, account["events_per_s"]),
        at_least("four views in one pass, events/s", 500_000, four["events_per_s"]),
        at_least(
            f"times quixstreams ({peer:,} events/s; a consumer alone {alone / peer:.1f}), equal balances",
            15,
            figures["times_as_fast_peer_balances"],
        ),
        under(
            "most memory of a process, one view and four, MB",
            1000,
            *(view["most_memory_mb"] for view in (account, four)),
        ),
    ]


def _rollback(figures: Figures) -> list[Line]:
    histories = figures["histories"]
    took = [one["rollback"]["seconds"] for one in histories]
    sizes = " and ".join(f"{one['events'] / MILLION:g}M" for one in histories)
    tail = f"{histories[0]['rollback']['voided_events'] / MILLION:g}M"
    cost = figures["checkpoints"]["cost_percent_of_cpu_seconds"]
    apart = round(100 * abs(took[1] / took[0] - 1))
    return [
        under(f"rollback of {tail} events on {sizes}, s", 6, *took),
        under("how far these two are apart, %", 20, apart),
        under("what checkpoints add to a fold, % of processor time", 10, cost),
        under(
            f"most memory of a fold of {sizes}, MB",
            1000,
            *(one["with checkpoints"]["most_memory_mb"] for one in histories),
        ),
    ]


def _past(figures: Figures) -> list[Line]:
    whole = f"a whole view of {figures['accounts']:,} accounts at a random past block, ms"
    return [
        under("one account at a random past seq, p99 ms", 50, figures["one_account_ms_wall_p99"]),
        under(whole, 3000, figures["whole_account_view_ms_wall_max"]),
    ]


if __name__ == "__main__":
    main()
