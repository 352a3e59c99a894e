"""Views rebuilt beside quixstreams: ``python -m benchmarks.peers.rebuild --python build/peers/bin/python``.

One log of the benchmark's mix on one broker, one event per message, two partitions. quixstreams folds the
account balances with two processes of one consumer group; then the projectors fold the same balances, and
the whole account view, with two processes. All of them read everything. quixstreams is timed from its first
message to its last, without the seconds that joining the group takes; the projectors from before they open
log and views until everything is written; the time of the processors is told beside it, for machines that do
other things. Balances must be equal. Then the projectors fold four views in one pass. What no reader
in Python can be faster than is measured first: two processes that take every message and do nothing with it.
Prints JSON.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

from benchmarks.load import START_US, load_of_now
from benchmarks.machine import ROOT, describe
from benchmarks.peers.balances_view import VIEW as BALANCES
from benchmarks.peers.group import held_group
from benchmarks.peers.plain import consume_all
from benchmarks.peers.timed import TimedLog
from benchmarks.views import FOUR
from ledger.errors import invariant
from ledger.form import form
from ledger.log.codec import encode_command
from ledger.log.kafka.config import Connection
from ledger.log.kafka.log import KafkaLog
from ledger.log.kafka.topics import Topics
from ledger.settings import load_settings
from ledger.writer.writer import Writer
from projectors.bootstrap import create_missing, open_log, open_states, views_dir
from projectors.columns.events import known_events
from projectors.define.view import View
from projectors.folding.runner import Runner
from projectors.folding.steps import Timing
from tests.integration.kafka.cluster import running_cluster

PARTITIONS: Final = 2
BLOCK: Final = 1_000
LEDGER: Final = "peers"
SETTLEMENT: Final = "USDC"
STRATEGY: Final = "range"
"""How quixstreams has its partitions assigned."""
PLAIN: Final = "plain"
IDLE_S: Final = 10.0
"""How long quixstreams waits for more before it ends; not counted."""

OURS: Final[dict[str, list[View]]] = {
    BALANCES.name: [BALANCES],
    "account": [FOUR["account"]],
    "four_views": list(FOUR.values()),
}
"""What is folded in one pass; the first view has the balances that quixstreams has."""
_CHILD: Final = (
    f"import sys; sys.path.append({str(ROOT)!r}); from benchmarks.peers.rebuild import main; main()"
)

Figures = dict[str, float | int]


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.peers.rebuild", description=__doc__.splitlines()[0])
    parser.add_argument("--python", help="the interpreter that has quixstreams")
    parser.add_argument("--brokers", help="a cluster that is there; one is started without")
    parser.add_argument("--events", type=int, default=3_000_000, help="events of the log, about")
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--fold", help=argparse.SUPPRESS)
    parser.add_argument("--partition", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--prefix", help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.fold == PLAIN:
        print(json.dumps(consume_all(Connection(asked.brokers, asked.prefix), asked.partition)))
        return
    if asked.fold:
        print(json.dumps(fold(asked.brokers, asked.prefix, asked.data, asked.fold, asked.partition)))
        return
    if not asked.python:
        parser.error("--python is needed: `make bench-peers` makes the environment and names it")
    with ExitStack() as started:
        scratch = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="ledger-peers-")))
        brokers = asked.brokers or started.enter_context(running_cluster(1)).brokers
        figures = measure(scratch, brokers, asked.python, asked.events, asked.accounts)
        print(json.dumps({"machine": describe(scratch), "form": form(), **figures}, indent=2))


def measure(folder: Path, brokers: str, python: str, events: int, accounts: int) -> dict[str, Any]:
    """Rates of all three over one log."""
    connection = Connection(brokers, f"peers-{time.monotonic_ns()}")
    Topics(connection).create(PARTITIONS, replicas=1)
    print("writing the log", file=sys.stderr)
    count = _write(connection, events, accounts)
    print("a consumer that does nothing", file=sys.stderr)
    plain = _all(_ours(PLAIN, folder, connection))
    figures: dict[str, Any] = {
        "events": count,
        "bytes_per_event": round(sum(one["bytes"] for one in plain) / count),
        "consumer_alone": _rate(count, plain),
    }
    print("quixstreams", file=sys.stderr)
    peer = _quixstreams(folder, connection, python)
    figures["quixstreams"] = _rate(count, peer)
    for name, views in OURS.items():
        print(f"projectors, {name}", file=sys.stderr)
        ours = _projectors(folder / name, connection, name)
        rate = _rate(count, ours)
        most = {"most_memory_mb": max(one["most_memory_mb"] for one in ours)}
        figures[f"projectors_{name}"] = rate | most | _stages(count, ours)
        for figure, key in (
            ("events_per_s", "times_as_fast"),
            ("events_per_processor_s", "by_processor_time"),
        ):
            figures[f"{key}_{name}"] = round(rate[figure] / figures["quixstreams"][figure], 1)
        equal = _balances(folder / name, connection, views[0]) == {
            key: amount for one in peer for key, amount in one["balances"].items()
        }
        figures[f"equal_balances_{name}"] = equal
        invariant(equal, f"{name} has other balances than quixstreams")
    return figures


def fold(brokers: str, prefix: str, data: Path, name: str, partition: int) -> dict[str, Any]:
    """Fold one partition into stored views; says when it began and ended, in Unix seconds."""
    settings = load_settings(data=data, brokers=brokers, topic_prefix=prefix)
    timing = Timing()
    first, before = time.time(), time.process_time()
    with (
        open_log(settings) as log,
        open_states(views_dir(data), OURS[name], log, writable=True, partitions=[partition]) as states,
    ):
        timed = TimedLog(log)
        runner = Runner(timed, states, timing=timing, threads=1)
        runner.run_to_head()
        invariant(not runner.stops, f"views stopped: {runner.stops}")
        last, processor_s = time.time(), time.process_time() - before
    stages = {
        "consume": timed.seconds,
        "check": timing.read - timed.seconds,
        **{name: getattr(timing, name) for name in ("route", "decode", "fold", "write")},
        "rest": last - first - timing.read - timing.route - timing.decode - timing.fold - timing.write,
    }
    return {
        "first": first,
        "last": last,
        "processor_s": processor_s,
        "stages": stages,
        "most_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _write(connection: Connection, events: int, accounts: int) -> int:
    """The mix, written to the cluster; returns how many events it has."""
    load = load_of_now(accounts)
    with closing(KafkaLog.open(connection, LEDGER)) as log:
        writer = Writer(log, block_size=BLOCK)
        writer.open_ledger(START_US)

        def submit(commands: Sequence[bytes]) -> None:
            for start in range(0, len(commands), BLOCK):
                part = commands[start : start + BLOCK]
                log.append_commands(part, START_US)
                answers = writer.run_block(BLOCK)
                while len(answers) < len(part):
                    answers += writer.run_block(BLOCK)
                refused = [answer.outcome.detail for answer in answers if answer.outcome.code]
                invariant(not refused, f"refused: {refused[:1]}")

        submit([encode_command(command) for command in load.opening()])
        while writer.head is None or writer.head.last_seq < events:
            submit([encode_command(command) for command in load.commands(BLOCK)])
        return writer.head.last_seq


def _quixstreams(folder: Path, connection: Connection, python: str) -> list[dict[str, Any]]:
    """What each of its processes says."""
    with_balance = [event for event in known_events().values() if "balance_after_e8" in event.columns]
    group = f"{connection.prefix}-quixstreams"
    asked = {
        "brokers": connection.brokers,
        "topic": connection.events,
        "group": group,
        "settlement_asset": SETTLEMENT,
        "idle_s": IDLE_S,
        "schemas": {event.newest.framing.hex(): event.newest.source for event in with_balance},
    }
    (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    script = Path(__file__).with_name("quixstreams_balances.py")
    commands = [
        [python, str(script), str(folder / "asked.json"), str(folder / f"state-{place}")]
        for place in range(PARTITIONS)
    ]
    with held_group(connection, group, STRATEGY) as begin:
        return _all(commands, begin)


def _projectors(data: Path, connection: Connection, name: str) -> list[dict[str, Any]]:
    """What each of our processes says."""
    settings = load_settings(data=data, brokers=connection.brokers, topic_prefix=connection.prefix)
    with open_log(settings) as log:
        create_missing(views_dir(data), OURS[name], log)
    return _all(_ours(name, data, connection))


def _ours(name: str, data: Path, connection: Connection) -> list[list[str]]:
    """What starts this program for each partition."""
    options = ["--brokers", connection.brokers, "--prefix", connection.prefix, "--data", str(data)]
    return [
        [sys.executable, "-c", _CHILD, "--fold", name, "--partition", str(number), *options]
        for number in range(PARTITIONS)
    ]


def _all(
    commands: Sequence[Sequence[str]], started: Callable[[int], None] | None = None
) -> list[dict[str, Any]]:
    """Run programs side by side, one polars thread each; the JSON that each prints.

    ``started`` is told how many were.
    """
    environment = os.environ | {"POLARS_MAX_THREADS": "1"}
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)  # noqa: S603  our own programs
        for command in commands
    ]
    if started is not None:
        started(len(running))
    printed = [one.communicate()[0] for one in running]
    failed = [one.args for one in running if one.returncode]
    invariant(not failed, f"failed: {failed}")
    return [json.loads(text) for text in printed]


def _rate(events: int, said: Sequence[dict[str, Any]]) -> dict[str, float]:
    seconds = max(one["last"] for one in said) - min(one["first"] for one in said)
    used = sum(one["processor_s"] for one in said)
    return {
        "seconds": round(seconds, 2),
        "events_per_s": round(events / seconds),
        "events_per_processor_s": round(events / used),
    }


def _stages(events: int, said: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Microseconds per event in each stage, of all processes together; joining is a part of decoding."""
    return {
        f"{name}_us": round(sum(one["stages"][name] for one in said) * 1e6 / events, 2)
        for name in said[0]["stages"]
    }


def _balances(data: Path, connection: Connection, view: View) -> dict[str, int]:
    """Balances that the view has, as quixstreams prints them."""
    settings = load_settings(data=data, brokers=connection.brokers, topic_prefix=connection.prefix)
    with open_log(settings) as log, open_states(views_dir(data), [view], log, writable=False) as (state,):
        rows = state.rows("held" if view is BALANCES else "balances")
    return {f"{account} {asset}": balance for account, asset, balance, *_ in rows.rows()}


if __name__ == "__main__":
    main()
