"""Going back, and what checkpoints cost: ``python -m benchmarks.rollback``.

The same number of events is rolled back on a shorter and on a longer history (``benchmarks.histories``, made
once and kept): the time that the writer takes for an approved plan, and the time from starting a projector
that finds its views on void blocks to their serving from a new generation. Both should depend on what is
replayed and not on the history before. The beginning of the shorter one is folded without checkpoints and
with them. Every measure runs in a process of its own; memory is the most it had, of whole histories when
they were folded.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any, Final

from benchmarks.histories import (
    MILLION,
    OPERATORS,
    Figures,
    add_options,
    chosen,
    cloned,
    cpu_s,
    fold,
    kept,
    most_memory_mb,
    wanted_by,
)
from benchmarks.machine import ROOT, describe
from ledger.errors import invariant
from ledger.form import form
from ledger.incident.plan import approval_command, approved
from ledger.incident.rollback.planner import Wanted, apply_command, plan_rollback
from ledger.log.codec import encode_command, encode_signed
from ledger.log.port import LogReader
from ledger.log.rocks import RocksLog
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.writer import Writer
from projectors.marks.marked import Marks
from projectors.service.follow import Person, keep_up

HOUR_US: Final = 3_600_000_000

_CHILD: Final = f"import sys; sys.path.append({str(ROOT)!r}); from benchmarks.rollback import main; main()"


def main() -> None:
    """Measure, and print the JSON."""
    options = option_parser().parse_args()
    if options.child:
        sys.stdout.write(json.dumps(CHILDREN[options.child](options)))
        return
    report = measure(options)
    if options.output:
        Path(options.output).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))


def option_parser() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks.rollback", description="Measure going back.")
    parser.add_argument("--history", type=float, default=10.0, help="million events of the long ledger")
    parser.add_argument("--shorter", type=float, default=2.5, help="million events of the short one")
    parser.add_argument("--folded", type=float, default=2.0, help="million events folded in two ways")
    parser.add_argument("--rounds", type=int, default=3, help="rollbacks of each; the median counts")
    add_options(parser)
    parser.add_argument("--output", help="write the figures to this JSON file")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    return parser


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Have both histories, and measure on them."""
    histories = [kept(options.folder, wanted_by(options, one)) for one in (options.shorter, options.history)]
    report: dict[str, Any] = {"machine": describe(options.folder), "form": form()}
    with tempfile.TemporaryDirectory(prefix="ledger-rollback-", dir=options.folder) as scratch:
        report["checkpoints"] = _checkpoints(Path(scratch), histories[0].path, options)
        report["histories"] = [
            {
                "events": history.folded["events"],
                "with checkpoints": history.folded,
                "rollback": _rollback(Path(scratch), history.path, options),
            }
            for history in histories
        ]
    return report


def _rollback(scratch: Path, history: Path, options: argparse.Namespace) -> Figures:
    """The figures of the round that took neither long nor short, with the seconds of all of them."""
    rounds = []
    for number in range(options.rounds):
        data = cloned(history, scratch / f"rollback-{number}")
        rounds.append(_measured("rollback", data, options))
        shutil.rmtree(data)
    rounds.sort(key=lambda figures: figures["seconds"])
    took = ", ".join(str(figures["seconds"]) for figures in rounds)
    return {**rounds[len(rounds) // 2], "seconds_of_all_rounds": took}


def _checkpoints(scratch: Path, history: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The beginning of a history folded in both ways, and by how much these differ."""
    data = scratch / "fold"
    data.mkdir()
    (data / "log").symlink_to(history.resolve() / "log")
    found: dict[str, Any] = {}
    for name in ("without", "with checkpoints"):
        found[name] = _measured(name, data, options)
    for unit in ("seconds", "cpu_seconds"):
        more = found["with checkpoints"][unit] / found["without"][unit] - 1
        found[f"cost_percent_of_{unit}"] = round(100 * more, 1)
    shutil.rmtree(data)
    return found


def _measured(name: str, data: Path, options: argparse.Namespace) -> Figures:
    print(f"measuring: {name}", file=sys.stderr)
    arguments = ["--child", name, "--data", str(data), "--tail", str(options.tail)]
    child = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _CHILD, *arguments, "--views", options.views, "--folded", str(options.folded)],
        stdout=subprocess.PIPE,
        check=True,
    )
    figures: Figures = json.loads(child.stdout)
    return figures


def go_back(options: argparse.Namespace) -> Figures:
    """Roll back the tail, and bring the views to where they serve from the new history."""
    with closing(RocksLog.open_reader(options.data / "log")) as log:
        target, distance = _target(log, int(options.tail * MILLION))
    writer_s, planned_s = _roll_back(options, target)
    with closing(RocksLog.open_reader(options.data / "log")) as reader:
        cpu_before = cpu_s()
        began = time.perf_counter()
        runner = keep_up(
            options.data / "views",
            chosen(options.views),
            reader,
            Person(lambda line: print(line, file=sys.stderr)),
            reporting=lambda: nullcontext(lambda _done, _of: None),
        )
        seconds = time.perf_counter() - began
        invariant(not runner.stops and not runner.departed, "the views did not go back")
    return {
        "seconds": round(writer_s + seconds, 2),
        "planning_s": round(planned_s, 2),
        "writer_s": round(writer_s, 2),
        "views_s": round(seconds, 2),
        "cpu_seconds": round(cpu_s() - cpu_before, 2),
        "voided_events": int(options.tail * MILLION),
        "after_the_last_mark": distance,
        "replayed_events": runner.timing.events,
        "most_memory_mb": most_memory_mb(),
    }


def _target(log: LogReader, tail: int) -> tuple[int, int]:
    """The block that is ``tail`` events before the head, and how many events lie between it and a mark."""
    head = log.head()
    invariant(head is not None and head.last_seq > tail, "the ledger is shorter than the tail")
    height = head.height if head else 0
    while log.seal(height).last_seq > (head.last_seq if head else 0) - tail:
        height -= 1
    marks = Marks(log)
    marks.read_on()
    seqs = [mark.seq for mark in marks.listed() if mark.height <= height]
    return height, log.seal(height).last_seq - max(seqs, default=0)


def _roll_back(options: argparse.Namespace, target: int) -> tuple[float, float]:
    """Plan, approve and apply; how long the writer took to apply it, and how long the planning took."""
    checkpoints = Checkpoints(options.data / "writer")
    with closing(RocksLog.open(options.data / "log")) as log:
        writer = Writer(log, checkpoints=checkpoints)
        now_us = writer.time_us
        began = time.perf_counter()
        plan = plan_rollback(log, checkpoints, Wanted(target, "bench", "measured"))
        planned_s = time.perf_counter() - began
        for key in OPERATORS:
            plan = approved(plan, key, now_us, now_us + HOUR_US)
        commands = (
            encode_signed(approval_command(plan)),
            encode_command(apply_command(plan, 1, now_us)),
        )
        for command in commands:
            began = time.perf_counter()
            (answer,) = writer.submit([command], now_us)
            invariant(answer.outcome.code == 0, f"refused: {answer.outcome.detail}")
        return time.perf_counter() - began, planned_s


def _fold(options: argparse.Namespace, *, keep: bool) -> Figures:
    root = options.data / ("views" if keep else "bare")
    seq = int(options.folded * MILLION)
    return fold(options.data / "log", root, options.views, keep=keep, until_seq=seq)


CHILDREN: Final[dict[str, Callable[[argparse.Namespace], Figures]]] = {
    "without": lambda options: _fold(options, keep=False),
    "with checkpoints": lambda options: _fold(options, keep=True),
    "rollback": go_back,
}


if __name__ == "__main__":
    main()
