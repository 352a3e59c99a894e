"""kill -9 of the writer: at every step of the commit protocol, and at a hundred random moments.

Whatever dies when, the log ends as if nobody had died: the same events, the same outcomes, every
answered command once and with the answer that was given.
"""

import signal
from contextlib import closing
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from ledger.core.digest import writer_digest
from ledger.log.memory import MemoryLog
from ledger.log.rocks import RocksLog
from ledger.log.verify import verify_log
from ledger.writer.writer import Writer
from tests.killing import (
    ARRIVED,
    PARTITIONS,
    STEPS,
    contents,
    create,
    history,
    note,
    read_answers,
    send_unanswered,
    send_until_killed,
    start,
)

KILLS = 100
COMMANDS_PER_LIFE = 150
SEED = 20_260_119
LONGEST_LIFE_MS = 80
POLL_S = 0.002
DEADLINE_S = 60


@pytest.fixture
def data(tmp_path: Path) -> Path:
    create(tmp_path)
    return tmp_path


def finish(data: Path, commands: list[bytes]) -> None:
    """Send the rest without a disturbance."""
    process = start(send_unanswered, data, commands, SEED)
    process.join(DEADLINE_S)
    assert process.exitcode == 0


def check_as_if_nobody_had_died(data: Path, commands: list[bytes]) -> None:
    undisturbed = MemoryLog("main", PARTITIONS)
    expected = Writer(undisturbed)
    expected.open_ledger(ARRIVED)
    answers = expected.submit(commands, ARRIVED)
    assert read_answers(data) == [note(answer) for answer in answers]
    with closing(RocksLog.open(data / "log")) as log:
        assert contents(log) == contents(undisturbed)
        assert list(verify_log(log)) == []
        recovered = Writer(log)
        assert writer_digest(recovered.state) == writer_digest(expected.state)
        assert list(recovered.duplicates.rows()) == list(expected.duplicates.rows())


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_between_two_steps_of_the_protocol_loses_and_doubles_nothing(data: Path, step: str) -> None:
    commands = history(SEED, 200)
    process = start(send_unanswered, data, commands, SEED, step)
    process.join(DEADLINE_S)
    assert process.exitcode == -signal.SIGKILL
    finish(data, commands)
    check_as_if_nobody_had_died(data, commands)


def wait_until_it_works(process: ForkServerProcess, data: Path, answered: int) -> None:
    """Wait for an answer after the first ``answered`` ones."""
    deadline = monotonic() + DEADLINE_S
    while len(read_answers(data)) == answered:
        assert process.is_alive()
        assert monotonic() < deadline, "the writer answers nothing"
        process.join(POLL_S)


def test_a_hundred_kills_at_random_moments_lose_and_double_nothing(data: Path) -> None:
    print(f"seed {SEED}")  # noqa: T201
    random = Random(SEED)  # noqa: S311  a repeatable schedule
    commands = history(SEED, KILLS * COMMANDS_PER_LIFE)
    for attempt in range(KILLS):
        answered = len(read_answers(data))
        life = commands[: answered + COMMANDS_PER_LIFE]
        process = start(send_until_killed, data, life, random.getrandbits(32))
        if attempt % 2:
            wait_until_it_works(process, data, answered)
        process.join(random.randint(1, LONGEST_LIFE_MS) / 1000)
        process.kill()
        process.join(DEADLINE_S)
        assert process.exitcode == -signal.SIGKILL
    finish(data, commands)
    check_as_if_nobody_had_died(data, commands)
