"""Going back, and what checkpoints cost: ``python -m benchmarks.rollback``.

Two ledgers of different length, transfers between many accounts with a mark every so often, are folded
without checkpoints and with them. Then the same number of events is rolled back on both: the time that the
writer takes for an approved plan, and the time from starting a projector that finds its views on void
blocks to their serving from a new generation. Both should depend on what is replayed and not on the
history before. Every measure runs in a process of its
own; memory is the most it had.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import ROOT, describe
from ledger.core.evolve import evolve
from ledger.core.messages import (
    AccountOpened,
    AnyEvent,
    AssetListed,
    BlockSealed,
    CheckpointMarked,
    DepositCredited,
    KeyRegistered,
    LedgerOpened,
    SystemStatusChanged,
    TransferReceived,
    TransferSent,
)
from ledger.core.state import State
from ledger.core.values import E8
from ledger.errors import invariant
from ledger.form import form
from ledger.incident.plan import approval_command, approved
from ledger.incident.rollback.planner import Wanted, apply_command, plan_rollback
from ledger.log.blocks import BlockBuilder
from ledger.log.codec import encode_command, encode_signed
from ledger.log.port import EventLog, LogReader
from ledger.log.rocks import RocksLog
from ledger.signing import public_key
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.duplicates import Duplicates
from ledger.writer.writer import Writer
from projectors.bootstrap import open_states
from projectors.folding.runner import Runner
from projectors.marks.files import generation_of
from projectors.marks.keeper import Keeper
from projectors.marks.marked import Marks
from projectors.service.follow import Person, keep_up
from projectors.views import VIEWS

LEDGER: Final = "benchmark"
ASSET: Final = "USDC"
START_US: Final = 1_750_000_000_000_000
PARTITIONS: Final = 2
BLOCK: Final = 5_000
"""Events of a block."""

MILLION: Final = 1_000_000
CHECKPOINT_EVENTS: Final = MILLION
"""As the writer's own setting."""
HOUR_US: Final = 3_600_000_000
OPERATORS: Final = (("ada", "11" * 32), ("ben", "22" * 32))
REPLAYED: Final = 0.95
"""Where between two marks the target lies: nearly all of their distance is replayed."""

_CHILD: Final = f"import sys; sys.path.append({str(ROOT)!r}); from benchmarks.rollback import main; main()"

Figures = dict[str, float | int | str]


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


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Make the ledgers, the shorter first, and measure on both."""
    with tempfile.TemporaryDirectory(prefix="ledger-rollback-", dir=options.folder) as scratch:
        report: dict[str, Any] = {"machine": describe(Path(scratch)), "form": form(), "histories": []}
        for millions in (options.shorter, options.history):
            folder = Path(scratch) / f"{millions}"
            print(f"writing {millions:g} million events", file=sys.stderr)
            write(folder / "log", int(millions * MILLION), options)
            figures: dict[str, Any] = {"events": int(millions * MILLION)}
            for name in CHILDREN:
                print(f"measuring: {name}", file=sys.stderr)
                figures[name] = _measured(name, folder, options)
            for unit in ("seconds", "cpu_seconds"):
                more = figures["with checkpoints"][unit] / figures["without"][unit] - 1
                figures[f"checkpoints_cost_percent_of_{unit}"] = round(100 * more, 1)
            report["histories"].append(figures)
            shutil.rmtree(folder)
    return report


def option_parser() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks.rollback", description="Measure going back.")
    parser.add_argument("--history", type=float, default=10.0, help="million events of the long ledger")
    parser.add_argument("--shorter", type=float, default=2.5, help="million events of the short one")
    parser.add_argument("--tail", type=float, default=1.0, help="million events that are rolled back")
    parser.add_argument("--marks", type=float, default=0.5, help="million events between two marks")
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--views", default="account,audit", help="names, with commas")
    parser.add_argument("--folder", help="where the ledgers are written")
    parser.add_argument("--output", help="write the figures to this JSON file")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    return parser


def _measured(name: str, folder: Path, options: argparse.Namespace) -> Figures:
    arguments = ["--child", name, "--data", str(folder), "--tail", str(options.tail)]
    child = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _CHILD, *arguments, "--views", options.views],
        stdout=subprocess.PIPE,
        check=True,
    )
    figures: Figures = json.loads(child.stdout)
    return figures


def write(path: Path, events: int, options: argparse.Namespace) -> None:
    """A ledger of so many events."""
    path.parent.mkdir(parents=True)
    with closing(RocksLog.create(path, LEDGER, PARTITIONS)) as log:
        scribe = _Scribe(log, Checkpoints(path.parent / "writer"))
        for event in _opening(options.accounts):
            scribe.take(event)
        scribe.seal()
        apart = options.marks * MILLION
        next_mark = (events - options.tail * MILLION - REPLAYED * apart) % apart
        for one in _transfers(options.accounts):
            scribe.take(one)
            if scribe.held >= BLOCK:
                if scribe.seq >= next_mark:
                    scribe.take(CheckpointMarked(0, "", "", "", options.accounts, 0, 0))
                    next_mark += apart
                scribe.seal()
                if scribe.seq >= events:
                    scribe.take(
                        SystemStatusChanged("ok", "maintenance", "open", "open", "", 0, "", "", "", "", "")
                    )
                    scribe.seal()
                    return


class _Scribe:
    """Builds blocks of events without asking any rule, and keeps the checkpoints that a writer would."""

    def __init__(self, log: EventLog, checkpoints: Checkpoints) -> None:
        self.log = log
        self.held = 0
        self._checkpoints = checkpoints
        self._state = State()
        self._unsaved = 0
        head = log.head()
        self.seq = 0 if head is None else head.last_seq
        self._builder = BlockBuilder(log.partitions, head)

    def take(self, event: AnyEvent) -> None:
        self.seq += 1
        event.seq = self.seq
        event.recorded_at_us = START_US + self.seq
        event.occurred_at_us = START_US
        event.command_id = "bench/1"
        self._builder.add(event)
        evolve(self._state, event)
        self.held += 1

    def seal(self) -> BlockSealed:
        block = self._builder.seal(START_US + self.seq, 0)
        self.log.commit(block)
        self._builder.begin(block.seal)
        self._unsaved += self.held
        self.held = 0
        if self._unsaved >= CHECKPOINT_EVENTS:
            self._unsaved = 0
            seal = block.seal
            self._checkpoints.save(LEDGER, seal.height, seal.digest, self._state, Duplicates())
            self._checkpoints.thin()
        return block.seal


def _opening(accounts: int) -> Iterator[AnyEvent]:
    yield LedgerOpened(LEDGER, PARTITIONS, "1", "")
    for name, private in OPERATORS:
        yield KeyRegistered(name, public_key(private), "operator", name, "", "")
    yield AssetListed(ASSET, 6, 1, "ok", 1)
    for number in range(accounts):
        yield AccountOpened(_name(number), "TRADER", "", "", 0, "", 0)
        yield DepositCredited(_name(number), ASSET, MILLION * E8, 0, MILLION * E8, f"d{number}", "b", "c", 0)


def _transfers(accounts: int) -> Iterator[AnyEvent]:
    """Transfers without end, from an account to another one far away; every balance stays positive."""
    balances = [MILLION * E8] * accounts
    number = 0
    while True:
        sender = number * 7919 % accounts
        receiver = (sender + 1 + number % (accounts - 1)) % accounts
        transfer = f"bench/{number}"
        for account, other, sign in ((sender, receiver, -1), (receiver, sender, 1)):
            before, after = balances[account], balances[account] + sign * E8
            balances[account] = after
            kind = TransferSent if sign < 0 else TransferReceived
            yield kind(
                _name(account), transfer, "USER", _name(other), ASSET, E8, before, after, "", "", "", 0
            )
        number += 1


def fold(options: argparse.Namespace, *, keep: bool) -> Figures:
    """Fold the whole ledger, with checkpoints or without."""
    root = options.data / ("views" if keep else "bare")
    with closing(RocksLog.open_reader(options.data / "log")) as log:
        began = time.perf_counter()
        with open_states(root, _views(options), log, writable=True) as states:
            runner = Runner(log, states)
            keeper = Keeper(
                runner, {state.view.name: generation_of(state) for state in states} if keep else {}
            )
            keeper.run_to_head()
            invariant(not runner.stops, f"views stopped: {runner.stops}")
        seconds = time.perf_counter() - began
        return {
            "seconds": round(seconds, 2),
            "cpu_seconds": _cpu_s(),
            "events_per_s": round(runner.timing.events / seconds),
            "checkpoints": keeper.saved // (len(states) * PARTITIONS),
            "most_memory_mb": _most_memory_mb(),
        }


def go_back(options: argparse.Namespace) -> Figures:
    """Roll back the tail, and bring the views to where they serve from the new history."""
    with closing(RocksLog.open_reader(options.data / "log")) as log:
        target, distance = _target(log, int(options.tail * MILLION))
    writer_s, planned_s = _roll_back(options, target)
    with closing(RocksLog.open_reader(options.data / "log")) as reader:
        cpu_before = _cpu_s()
        began = time.perf_counter()
        runner = keep_up(
            options.data / "views",
            _views(options),
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
        "cpu_seconds": round(_cpu_s() - cpu_before, 2),
        "voided_events": int(options.tail * MILLION),
        "after_the_last_mark": distance,
        "replayed_events": runner.timing.events,
        "most_memory_mb": _most_memory_mb(),
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


def _views(options: argparse.Namespace) -> list[Any]:
    return [VIEWS[name] for name in options.views.split(",")]


def _name(number: int) -> str:
    return f"account-{number:05d}"


def _cpu_s() -> float:
    """Processor seconds of this process so far, all threads together."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return round(used.ru_utime + used.ru_stime, 2)


def _most_memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


CHILDREN: Final[dict[str, Callable[[argparse.Namespace], Figures]]] = {
    "without": lambda options: fold(options, keep=False),
    "with checkpoints": lambda options: fold(options, keep=True),
    "rollback": go_back,
}


if __name__ == "__main__":
    main()
