"""How far views are behind a running ledger on a cluster: ``python -m benchmarks.lag``.

A writer, a projector that follows with four views, and a sender at a steady rate, each a process of
its own. The lag of an event is the time from its block's seal being handed to the broker, before
the commit, to the step being over that wrote its rows to every view: a little more than from commit
to readable row. The broker keeps the first time, the projector notes the second; one machine, one clock.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from contextlib import ExitStack, closing, nullcontext
from pathlib import Path
from typing import Any, Final, final

from benchmarks.faults.waiting import until
from benchmarks.faults.writers import start_writer
from benchmarks.load import load_of_now
from benchmarks.machine import ROOT, describe
from benchmarks.views import FOUR
from ledger.errors import LedgerFault
from ledger.form import form
from ledger.log.codec import SEAL_PREFIX, decode_seal, encode_command
from ledger.log.kafka.commands import CommandSender
from ledger.log.kafka.config import Connection
from ledger.log.kafka.reader import KafkaReader
from ledger.log.kafka.stream import PartitionStream
from ledger.log.kafka.topics import Topics
from ledger.settings import load_settings
from projectors.bootstrap import open_log, views_dir
from projectors.folding.runner import Runner
from projectors.service.follow import keep_up
from tests.integration.kafka.cluster import running_cluster

LEDGER: Final = "lag"
ACCOUNTS: Final = 1_000
EVENTS_PER_COMMAND: Final = 1.35
PARTITIONS: Final = 4
PART_S: Final = 0.005
CAUGHT_UP_WITHIN_S: Final = 120.0
MESSAGES: Final = 10_000
OPENING_PART: Final = 500
_CHILD: Final = f"import sys; sys.path.append({str(ROOT)!r}); from benchmarks.lag import main; main()"

Figures = dict[str, float | int | str]


@final
class _Notes:
    """Notes on stdout when all views stand at a higher block than before: Unix seconds, height."""

    def __init__(self) -> None:
        self._height = 0

    def say(self, line: str) -> None:
        sys.stderr.write(f"{line}\n")

    def alive(self) -> None:
        """Nobody asks."""

    def met(self, fault: LedgerFault) -> None:
        sys.stderr.write(f"{fault}\n")

    def turned(self, runner: Runner, seconds: float) -> None:  # noqa: ARG002
        heights = [part.cursor.height for state in runner.states for part in state.partitions.values()]
        if min(heights) > self._height:
            self._height = min(heights)
            sys.stdout.write(f"{time.time():.4f} {self._height}\n")
            sys.stdout.flush()


def follow(brokers: str, prefix: str, data: Path) -> None:
    """A projector that notes when it had which block, until SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    with open_log(load_settings(data=data, brokers=brokers, topic_prefix=prefix), live=True) as log:
        keep_up(
            views_dir(data),
            list(FOUR.values()),
            log,
            _Notes(),
            reporting=lambda: nullcontext(lambda _done, _tip: None),
            wait=stop.wait,
        )


@final
class _Sender:
    """Sends the mix at a steady rate; ``sent`` counts all commands."""

    def __init__(self, connection: Connection) -> None:
        self._load = load_of_now(ACCOUNTS)
        self._sender = CommandSender(connection)
        self.sent = 0

    def open_accounts(self) -> None:
        """Everything that is there before the mix begins."""
        opening = [encode_command(command) for command in self._load.opening()]
        for start in range(0, len(opening), OPENING_PART):
            self._append(opening[start : start + OPENING_PART])

    def send(self, commands_per_s: float, seconds: float) -> tuple[float, float]:
        """The mix; returns Unix seconds of its begin and end."""
        count = int(commands_per_s * seconds)
        commands = [encode_command(command) for command in self._load.commands(count)]
        began_at, began, sent = time.time(), time.monotonic(), 0
        while sent < count:
            due = min(count, int((time.monotonic() - began) * commands_per_s) + 1)
            self._append(commands[sent:due])
            sent = due
            time.sleep(PART_S)
        return began_at, time.time()

    def close(self) -> None:
        """Everything sent is stored."""
        self._sender.close()

    def _append(self, commands: list[bytes]) -> None:
        self._sender.append(commands)
        self.sent += len(commands)


def measure(brokers: str, events_per_s: float = 10_000, seconds: float = 30.0) -> Figures:
    """Percentiles over the events of the steady part, in milliseconds."""
    connection = Connection(brokers, f"lag-{time.monotonic_ns()}")
    Topics(connection).create(PARTITIONS, replicas=1)
    with tempfile.TemporaryDirectory(prefix="ledger-lag-") as scratch, ExitStack() as started:
        folder = Path(scratch)
        writer = start_writer("writer", folder, connection, LEDGER)
        started.callback(writer.stop)
        writer.wait_for("leader")
        notes = started.enter_context((folder / "notes").open("wb"))
        arguments = ["--follow-as", connection.prefix, "--brokers", brokers, "--data", str(folder / "views")]
        projector = subprocess.Popen(  # noqa: S603  this program
            [sys.executable, "-c", _CHILD, *arguments], stdout=notes, cwd=folder
        )
        started.callback(projector.wait)
        started.callback(projector.terminate)
        sender = started.enter_context(closing(_Sender(connection)))
        reader = started.enter_context(closing(KafkaReader(connection)))
        sender.open_accounts()
        _await_all(reader, folder / "notes", sender.sent)
        began, ended = sender.send(events_per_s / EVENTS_PER_COMMAND, seconds)
        _await_all(reader, folder / "notes", sender.sent)
        return figures_of(_seals(connection), _notes(folder / "notes"), began, ended)


def _await_all(reader: KafkaReader, notes: Path, sent: int) -> None:
    """Wait until everything sent is in every view."""

    def everything() -> bool:
        head = reader.head()
        seen = _notes(notes)
        return bool(head and seen and head.command_cursor >= sent and seen[-1][1] >= head.height)

    until(everything, CAUGHT_UP_WITHIN_S, "the projector reaching the head")


def _seals(connection: Connection) -> list[tuple[float, int, int]]:
    """All blocks: when the seal was handed to the broker in Unix seconds, height, events."""
    seals = []
    with closing(PartitionStream(connection, connection.events, 0)) as stream:
        stream.seek(0)
        while not stream.is_read_up():
            for message in stream.read(MESSAGES, 0.0):
                value = message.value() or b""
                if value.startswith(SEAL_PREFIX):
                    seal = decode_seal(value)
                    at = message.timestamp()[1] / 1000
                    seals.append((at, seal.height, seal.last_seq - seal.first_seq + 1))
    return seals


def _notes(path: Path) -> list[tuple[float, int]]:
    """What the projector noted so far; the last line may be cut."""
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]
    return [(float(at), int(height)) for at, height in map(str.split, whole.splitlines())]


def figures_of(
    seals: list[tuple[float, int, int]], notes: list[tuple[float, int]], began: float, ended: float
) -> Figures:
    """Figures of what was sealed from ``began`` to ``ended``, in Unix seconds.

    ``seals`` have the time, height and events of every block, ``notes`` when which height was readable.
    """
    heights = [height for _, height in notes]
    lags: list[tuple[float, int]] = []
    for at, height, events in seals:
        if began <= at <= ended and events:
            lags.append((notes[bisect_left(heights, height)][0] - at, events))
    lags.sort()
    total = sum(events for _, events in lags)
    return {
        "events": total,
        "events_per_s": round(total / (ended - began)),
        "blocks": len(lags),
        "steps": sum(began <= at <= ended for at, _ in notes),
        **{f"p{share}_ms": round(_percentile(lags, total * share / 100) * 1000) for share in (50, 90, 99)},
        "max_ms": round(lags[-1][0] * 1000),
        "form": form(),
    }


def _percentile(lags: list[tuple[float, int]], rank: float) -> float:
    passed = 0
    for lag, events in lags:
        passed += events
        if passed >= rank:
            return lag
    return lags[-1][0]


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(prog="lag", description=__doc__.splitlines()[0])
    parser.add_argument("--brokers", help="a cluster that is there; one is started without")
    parser.add_argument("--events", type=float, default=10_000, help="events per second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--follow-as", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.follow_as:
        follow(asked.brokers, asked.follow_as, asked.data)
        return
    with ExitStack() as started:
        brokers = asked.brokers or started.enter_context(running_cluster(1)).brokers
        report: dict[str, Any] = {
            "machine": describe(Path(tempfile.gettempdir())),
            "lag": measure(brokers, asked.events, asked.seconds),
        }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
