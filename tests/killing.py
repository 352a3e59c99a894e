"""A writer in a process of its own, made to be killed, and the log that it must leave."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Final

from ledger.core.messages import Command, CreditDeposit, ListAsset, OpenAccount, Transfer
from ledger.errors import invariant
from ledger.log.codec import encode_command
from ledger.log.port import Block, EventLog, LogReader
from ledger.log.rocks import RocksLog
from ledger.writer.apply import Answer
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.writer import Writer

ARRIVED: Final = 1_768_798_000_000_000
"""Arrival of every command, so that events do not depend on how often the writer died."""

ACCOUNTS: Final = 12
PARTITIONS: Final = 4
BLOCK_MAX: Final = 4
CHECKPOINT_EVENTS: Final = 150
STEPS: Final = ("before append", "after append", "before commit", "after commit")


def history(seed: int, count: int) -> list[bytes]:
    """Commands that open accounts and move money between them; some are refused."""
    random = Random(seed)  # noqa: S311  a repeatable history
    commands: list[Command] = [ListAsset("operator", 1, 0, "USDC", 6, 1)]
    for index in range(ACCOUNTS):
        account = f"account-{index}"
        commands.append(OpenAccount("operator", 2 + index, 0, account, "TRADER", "", "", 0, ""))
        deposit = CreditDeposit("bank", 1 + index, 0, account, "USDC", 10**10, f"tx-{index}", "b", "eth", 0)
        commands.append(deposit)
    for number in range(1, count - len(commands) + 1):
        sender, receiver = (f"account-{random.randrange(ACCOUNTS)}" for _ in range(2))
        amount_e8 = random.randrange(1, 2 * 10**9)
        commands.append(Transfer("gateway", number, 0, sender, receiver, "USDC", amount_e8))
    return [encode_command(command) for command in commands]


def create(data: Path) -> None:
    """An empty log, opened, as every writer of a test finds it."""
    writer = Writer(RocksLog.create(data / "log", "main", PARTITIONS))
    writer.open_ledger(ARRIVED)
    writer.close()


def open_writer(data: Path, dies: str = "") -> Writer:
    """A writer of the log in ``data`` that kills its process at one of ``STEPS``, if any."""
    log: EventLog = RocksLog.open(data / "log")
    return Writer(
        DyingLog(log, dies) if dies else log,
        checkpoints=Checkpoints(data / "writer"),
        block_size=BLOCK_MAX,
        checkpoint_events=CHECKPOINT_EVENTS,
    )


class DyingLog:
    """A log whose process is killed at one step of the second block that it commits."""

    def __init__(self, log: EventLog, step: str) -> None:
        self._log = log
        self._step = step
        self._commits = 0
        self.ledger_id = log.ledger_id
        self.partitions = log.partitions
        self.identity = log.identity
        self.head = log.head
        self.seal = log.seal
        self.read_partition = log.read_partition
        self.read_outcomes = log.read_outcomes
        self.read_control = log.read_control
        self.read_commands = log.read_commands
        self.close = log.close

    def append_commands(self, commands: Sequence[bytes], arrived_at_us: int) -> int:
        self._reached("before append")
        first = self._log.append_commands(commands, arrived_at_us)
        self._reached("after append")
        return first

    def commit(self, block: Block) -> None:
        self._reached("before commit")
        self._log.commit(block)
        self._reached("after commit")
        self._commits += 1

    def _reached(self, step: str) -> None:
        if step == self._step and self._commits == 1:
            os.kill(os.getpid(), signal.SIGKILL)


def send_unanswered(data: Path, commands: list[bytes], seed: int, dies: str = "") -> None:
    """Send what has no answer yet in blocks of random size, and note each answer when it comes."""
    random = Random(seed)  # noqa: S311  a repeatable sender
    writer = open_writer(data, dies)
    notes = os.open(data / "answers", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    place = len(read_answers(data))
    while place < len(commands):
        size = random.randint(1, BLOCK_MAX)
        answers = writer.submit(commands[place : place + size], ARRIVED)
        noted = "".join(f"{note(answer)}\n" for answer in answers).encode()
        invariant(os.write(notes, noted) == len(noted), "the notes were cut")
        place += size
    os.close(notes)
    writer.close()


def send_until_killed(data: Path, commands: list[bytes], seed: int) -> None:
    """``send_unanswered``, and then wait for the kill: no machine is too fast to be killed."""
    send_unanswered(data, commands, seed)
    signal.pause()


def note(answer: Answer) -> str:
    """What a sender remembers of an answer; the same the second time."""
    outcome = answer.outcome
    return f"{outcome.producer}/{outcome.number} {outcome.code} {outcome.first_seq} {outcome.last_seq}"


def read_answers(data: Path) -> list[str]:
    """The answers noted so far."""
    file = data / "answers"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def start(target: Callable[..., None], *args: object) -> ForkServerProcess:
    """``target`` in a process of its own, forked from one that has opened nothing."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.killing", "tests.killing_programs"])
    process = context.Process(target=target, args=args)
    process.start()
    return process


def contents(log: LogReader) -> tuple[list[bytes], bytes]:
    """All events of each partition, and all outcomes: what must not depend on who died when."""
    return [b"".join(_blobs(log, partition)) for partition in range(log.partitions)], b"".join(_outcomes(log))


def _blobs(log: LogReader, partition: int) -> Iterator[bytes]:
    height = 1
    while blocks := log.read_partition(partition, height, 1000):
        for block in blocks:
            yield block.blob
        height = blocks[-1].height + 1


def _outcomes(log: LogReader) -> Iterator[bytes]:
    height = 1
    while blocks := log.read_outcomes(height, 1000):
        for block in blocks:
            yield block.data
        height = blocks[-1].height + 1
