"""What is measured on Kafka brokers in containers: the writer as it is shipped, in a process of its own.

A log is first filled with commands and then drained: the writer takes them as fast as it can, and the
time is that between two seals, as their producer stamped them. Latency is measured by a sender that
knows when it handed over which command, and reads the outcomes like any other.
"""

import os
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, Producer

from benchmarks import lag
from benchmarks.faults.waiting import until
from benchmarks.faults.writer_faults import standby_takes_over
from benchmarks.faults.writers import WriterProcess, start_writer
from benchmarks.load import START_US, load_of_now
from ledger.client import Client
from ledger.core.messages import Outcome, Transfer
from ledger.core.values import E8
from ledger.errors import invariant
from ledger.form import COMPILED, form
from ledger.log.codec import SEAL_PREFIX, decode_seal, encode_command
from ledger.log.kafka.commands import CommandSender, OutcomeFollower
from ledger.log.kafka.config import Connection, block_producer
from ledger.log.kafka.reader import KafkaReader
from ledger.log.kafka.stream import BATCH_MESSAGES, PartitionStream
from ledger.log.kafka.topics import Topics
from scenarios.listing import SETTLEMENT_ASSET
from tests.integration.kafka.cluster import Cluster, running_cluster

Figures = dict[str, float | int]

SENT_TOGETHER: Final = 10_000
PARTITIONS: Final = 4
ACCOUNTS: Final = 2_000
DRAINED: Final = {COMPILED: 400_000, "pure": 120_000}
"""Commands of the mix: some 6 s of work."""
DRAINED_THREE: Final = {COMPILED: 200_000, "pure": 60_000}
STEADY_PER_S: Final = {COMPILED: 20_000, "pure": 5_000}
STEADY_S: Final = 15.0
SETTLING_S: Final = 3.0
"""What comes earlier is not counted: clients connect, and the first blocks are of the opening."""
PART_S: Final = 0.002
IDLE_COMMANDS: Final = 300
WITHIN_S: Final = 240.0
SEED: Final = 20


def measure_kafka(folder: Path) -> Figures:
    """One broker: commands per second, a bare transactional copy beside them, latencies, take-over."""
    with running_cluster(1, heap="1g") as cluster:
        bare = copied_per_s(cluster, DRAINED[form()])
        figures: Figures = drained(cluster, folder / "self-sizing", DRAINED[form()])
        figures["bare_copy_per_s"] = round(bare)
        figures["of_bare_copy"] = round(figures["commands_per_s"] / bare, 2)
        figures |= steady(cluster, folder / "steady", STEADY_PER_S[form()])
        row = standby_takes_over(cluster, SEED)
        invariant(row.kept, f"the take-over broke a promise: {row}")
        figures["take_over_s"] = round(row.recovery_s, 1)
    return figures


def measure_kafka_three(folder: Path) -> Figures:
    """Three brokers, each block on at least two before it is answered: commands per second by block size."""
    figures: Figures = {}
    with running_cluster(3, heap="512m") as cluster:
        for size in (1_000, 8_000):
            found = drained(cluster, folder / str(size), DRAINED_THREE[form()], "--block-size", str(size))
            for name in ("commands_per_s", "cpu_us_per_command"):
                figures[f"{name}_blocks_of_{size}"] = found[name]
    return figures


def measure_lag(_: Path) -> Figures:
    """One broker: milliseconds from a seal being handed over to its rows being readable in every view."""
    with running_cluster(1, heap="1g") as cluster:
        found = lag.measure(cluster.brokers)
    return {name: figure for name, figure in found.items() if not isinstance(figure, str)}


KAFKA_MEASURES: Final = {"kafka": measure_kafka, "kafka_three": measure_kafka_three, "lag": measure_lag}


@contextmanager
def new_ledger(cluster: Cluster) -> Iterator[Connection]:
    """Topics of their own."""
    connection = Connection(cluster.brokers, f"bench-{time.monotonic_ns()}")
    Topics(connection).create(PARTITIONS, min(3, len(cluster.members)))
    yield connection


@contextmanager
def writing(folder: Path, connection: Connection, *options: str) -> Iterator[WriterProcess]:
    """``ledger writer``, stopped in order at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = start_writer("writer", folder, connection, connection.prefix, *options)
    try:
        yield writer
        invariant(writer.stop() == 0, f"the writer ended badly: {writer.lines()[-5:]}")
    finally:
        if writer.alive:
            writer.kill()


def drained(cluster: Cluster, folder: Path, count: int, *options: str) -> Figures:
    """Durable commands per second of the mix, with all of them waiting when the writer starts.

    Processor time is that of the whole writer process, its start included.
    """
    load = load_of_now(ACCOUNTS)
    opening = [encode_command(command) for command in load.opening()]
    mix = [encode_command(command) for command in load.commands(count)]
    with new_ledger(cluster) as connection:
        store(connection, opening + mix)
        before = os.times()
        with writing(folder, connection, *options), closing(KafkaReader(connection)) as reader:
            until(lambda: taken(reader) >= len(opening) + count, WITHIN_S, "the end of the commands")
        after = os.times()
        seals = sealed_at(connection)
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    first = next(index for index, (cursor, _) in enumerate(seals) if cursor >= len(opening))
    part = seals[first:]
    seconds = (part[-1][1] - part[0][1]) / 1000
    commands = part[-1][0] - part[0][0]
    return {
        "commands_per_s": round(commands / seconds),
        "mean_block_commands": round(commands / (len(part) - 1)),
        "cpu_us_per_command": round(cpu_s * 1e6 / (len(opening) + count), 1),
    }


def steady(cluster: Cluster, folder: Path, rate_per_s: int) -> Figures:
    """Submit to durable outcome: milliseconds at a steady rate, and of one command on an idle system."""
    load = load_of_now(ACCOUNTS)
    opening = [encode_command(command) for command in load.opening()]
    mix = [(c.producer, c.number, encode_command(c)) for c in load.commands(int(rate_per_s * STEADY_S))]
    with (
        new_ledger(cluster) as connection,
        writing(folder, connection),
        closing(KafkaReader(connection)) as reader,
    ):
        store(connection, opening)
        until(lambda: taken(reader) >= len(opening), WITHIN_S, "the opening")
        waits_ms = submitted(connection, mix, rate_per_s)
        idle_ms = one_by_one(connection)
    at = f"at_{rate_per_s}_per_s"
    return {
        f"outcome_p50_ms_{at}": round(statistics.median(waits_ms), 1),
        f"outcome_p99_ms_{at}": round(statistics.quantiles(waits_ms, n=100)[98], 1),
        "idle_outcome_p50_ms": round(statistics.median(idle_ms), 1),
        "idle_outcome_p99_ms": round(statistics.quantiles(idle_ms, n=100)[98], 1),
    }


def submitted(connection: Connection, mix: Sequence[tuple[str, int, bytes]], rate_per_s: int) -> list[float]:
    """Send at a rate, in parts of some milliseconds; how long each command took, without the first ones."""
    sent_s: dict[tuple[str, int], float] = {}
    arrived: list[tuple[list[Outcome], float]] = []
    follower = OutcomeFollower(connection)
    wanted = len(mix)

    def follow() -> None:
        seen = 0
        while seen < wanted:
            outcomes = follower.read(1.0)
            arrived.append((outcomes, time.monotonic()))
            seen += len(outcomes)

    following = threading.Thread(target=follow, daemon=True)
    following.start()
    sender = CommandSender(connection)
    began = time.monotonic()
    done = 0
    while done < wanted:
        due = min(wanted, int((time.monotonic() - began) * rate_per_s))
        for producer, number, data in mix[done:due]:
            sent_s[producer, number] = time.monotonic()
            sender.send(data, _stored, _refuse)
        done = due
        sender.serve(0)
        time.sleep(PART_S)
    following.join(WITHIN_S)
    invariant(not following.is_alive(), "not every command was answered")
    sender.close()
    follower.close()
    return [
        (at_s - sent_s[outcome.producer, outcome.number]) * 1000
        for outcomes, at_s in arrived
        for outcome in outcomes
        if sent_s[outcome.producer, outcome.number] - began > SETTLING_S
    ]


def one_by_one(connection: Connection) -> list[float]:
    """Milliseconds of single commands, each sent when nothing else is under way."""
    waits_ms: list[float] = []
    with Client(connection) as client:
        for number in range(1, IDLE_COMMANDS + 1):
            names = (f"account-{number:05d}", f"account-{number + 1:05d}")
            command = Transfer("idle", number, START_US, *names, SETTLEMENT_ASSET, E8)
            began = time.perf_counter()
            answer = client.submit(command)
            waits_ms.append((time.perf_counter() - began) * 1000)
            invariant(answer.outcome.code == 0, f"refused: {answer.outcome.detail}")
            time.sleep(PART_S)
    return waits_ms[IDLE_COMMANDS // 10 :]


def copied_per_s(cluster: Cluster, count: int, block: int = 1_000) -> float:
    """What Kafka alone allows: as many commands read and copied, a transaction per block, and no rules."""
    load = load_of_now(ACCOUNTS)
    commands = [encode_command(command) for command in load.commands(min(count, 200_000))]
    with new_ledger(cluster) as connection:
        store(connection, commands)
        producer = Producer(block_producer(connection, connection.prefix))
        producer.init_transactions(30)
        with closing(PartitionStream(connection, connection.commands, 0)) as stream:
            stream.seek(OFFSET_BEGINNING)
            began = time.perf_counter()
            left = len(commands)
            while left:
                messages = stream.read(min(block, left), 1.0)
                values = [{"value": message.value()} for message in messages]
                producer.begin_transaction()
                producer.produce_batch(connection.events, values, partition=0)
                producer.produce_batch(connection.outcomes, values, partition=0)
                producer.commit_transaction(30)
                left -= len(messages)
            return len(commands) / (time.perf_counter() - began)


def store(connection: Connection, commands: Sequence[bytes]) -> None:
    """Have commands in the topic, durable."""
    sender = CommandSender(connection)
    for start in range(0, len(commands), SENT_TOGETHER):
        sender.append(commands[start : start + SENT_TOGETHER])
    sender.close()


def taken(reader: KafkaReader) -> int:
    """The command cursor of the newest block."""
    time.sleep(0.1)
    head = reader.head()
    return 0 if head is None else head.command_cursor


def sealed_at(connection: Connection) -> list[tuple[int, int]]:
    """Command cursor of each block that took commands, and when it was handed over, in milliseconds."""
    seals: list[tuple[int, int]] = []
    with closing(PartitionStream(connection, connection.outcomes, 0)) as stream:
        stream.seek(OFFSET_BEGINNING)
        while messages := stream.read(BATCH_MESSAGES, 0.0):
            for message in messages:
                value = message.value() or b""
                if value.startswith(SEAL_PREFIX) and (seal := decode_seal(value)).command_count:
                    seals.append((seal.command_cursor, message.timestamp()[1]))
    return seals


def _stored(_position: int) -> None:
    """Its outcome is what is waited for."""


def _refuse(fault: Exception) -> None:
    raise fault
