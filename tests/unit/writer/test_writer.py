"""The writer as a whole: blocks, faults, recovery."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from ledger.core.digest import writer_digest
from ledger.core.messages import Command, CreditDeposit, ListAsset, OpenAccount, Transfer
from ledger.errors import DiskFull, InvariantError, LedgerMissing, LogCorrupt
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.log.port import Block, OutcomesBlock, PartitionBlock
from ledger.writer.apply import Answer
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.writer import Writer

ARRIVED = 1_768_798_000_000_000
ACCOUNTS = 12


class FailingLog(MemoryLog):  # type: ignore[misc]
    """A memory log that faults where it is told to."""

    def __init__(self) -> None:
        super().__init__("main", 4)
        self.full_before_commit = False
        self.dies_after_commit = False
        self.full_at_append = False

    def append_commands(self, commands: Sequence[bytes], arrived_at_us: int) -> int:
        if self.full_at_append:
            raise DiskFull("no room")
        return super().append_commands(commands, arrived_at_us)

    def commit(self, block: Block) -> None:
        if self.full_before_commit:
            raise DiskFull("no room")
        super().commit(block)
        if self.dies_after_commit:
            raise DiskFull("the answer was lost")


def history(seed: int, count: int) -> list[bytes]:
    """Commands that open accounts and move money between them; some are refused."""
    random = Random(seed)  # noqa: S311  a repeatable history
    commands: list[Command] = [ListAsset("operator", 1, 0, "USDC", 6, 1)]
    for index in range(ACCOUNTS):
        account = f"account-{index}"
        commands.append(OpenAccount("operator", 2 + index, 0, account, "TRADER", "", "", 0, ""))
        commands.append(
            CreditDeposit("bank", 1 + index, 0, account, "USDC", 10**10, f"tx-{index}", "b", "eth", 0)
        )
    for number in range(1, count - len(commands) + 1):
        sender, receiver = random.randrange(ACCOUNTS), random.randrange(ACCOUNTS)
        amount = random.randrange(1, 2 * 10**9)
        commands.append(
            Transfer("gateway", number, 0, f"account-{sender}", f"account-{receiver}", "USDC", amount)
        )
    return [encode_command(command) for command in commands]


def opened(log: MemoryLog, block_size: int = 1000, checkpoints: Checkpoints | None = None) -> Writer:
    writer = Writer(log, block_size=block_size, checkpoints=checkpoints)
    writer.open_ledger(ARRIVED)
    return writer


def events_of(log: MemoryLog) -> list[bytes]:
    head = log.head()
    assert head is not None
    return [
        b"".join(block.blob for block in log.read_partition(partition, 1, head.height))
        for partition in range(log.partitions)
    ]


def outcomes_of(log: MemoryLog) -> bytes:
    head = log.head()
    assert head is not None
    return b"".join(block.data for block in log.read_outcomes(1, head.height))


def summary(answers: list[Answer]) -> list[tuple[str, int, int, int]]:
    return [(a.outcome.producer, a.outcome.number, a.outcome.code, a.outcome.first_seq) for a in answers]


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "writer")


def test_a_ledger_is_opened_once() -> None:
    log = MemoryLog("main", 2)
    writer = opened(log)
    writer.open_ledger(ARRIVED + 1)
    head = log.head()
    assert head is not None
    assert (head.height, head.last_seq) == (1, 1)
    assert (writer.state.ledger_id, writer.state.partitions) == ("main", 2)


def test_a_writer_on_an_empty_log_takes_no_commands() -> None:
    with pytest.raises(LedgerMissing):
        Writer(MemoryLog("main", 1)).submit([], ARRIVED)


def test_how_commands_are_cut_into_blocks_changes_no_event_and_no_outcome() -> None:
    commands = history(1, 300)
    results = []
    for size in (1, 7, 64, 1000):
        log = MemoryLog("main", 4)
        answers = opened(log, size).submit(commands, ARRIVED)
        results.append((summary(answers), events_of(log), outcomes_of(log)))
    assert all(result == results[0] for result in results)


def test_answers_come_in_the_order_of_the_commands_duplicates_included() -> None:
    commands = history(2, 100)
    writer = opened(MemoryLog("main", 4), 16)
    first = writer.submit(commands, ARRIVED)
    mixed = [
        commands[5],
        encode_command(Transfer("late", 1, 0, "account-0", "account-1", "USDC", 1)),
        commands[3],
    ]
    answers = writer.submit(mixed, ARRIVED)
    assert [answer.duplicate for answer in answers] == [True, False, True]
    assert answers[0].outcome == first[5].outcome
    assert answers[2].outcome == first[3].outcome


def test_a_recovered_writer_equals_the_one_that_never_stopped() -> None:
    log = MemoryLog("main", 4)
    writer = opened(log, 32)
    writer.submit(history(3, 400), ARRIVED)
    again = Writer(log)
    assert writer_digest(again.state) == writer_digest(writer.state)
    assert list(again.duplicates.rows()) == list(writer.duplicates.rows())
    assert (again.time_us, again.head) == (writer.time_us, writer.head)


def test_a_checkpoint_anywhere_and_the_tail_equal_the_whole(checkpoints: Checkpoints) -> None:
    log = MemoryLog("main", 4)
    commands = history(4, 300)
    writer = opened(log, 20, checkpoints)
    for start in range(0, len(commands), 60):
        writer.submit(commands[start : start + 60], ARRIVED)
        writer.checkpoint()
        from_checkpoint, from_zero = Writer(log, checkpoints=checkpoints), Writer(log)
        assert writer_digest(from_checkpoint.state) == writer_digest(from_zero.state)
        assert list(from_checkpoint.duplicates.rows()) == list(from_zero.duplicates.rows())


def test_commands_stored_by_a_writer_that_died_are_taken_once() -> None:
    log = MemoryLog("main", 4)
    commands = history(5, 60)
    opened(log).submit(commands[:40], ARRIVED)
    log.append_commands(commands[40:], ARRIVED + 1)
    again = Writer(log)
    answers = again.submit(commands, ARRIVED + 2)
    assert all(answer.duplicate for answer in answers)
    undisturbed = MemoryLog("main", 4)
    writer = opened(undisturbed)
    writer.submit(commands[:40], ARRIVED)
    writer.submit(commands[40:], ARRIVED + 1)
    assert events_of(log) == events_of(undisturbed)


@pytest.mark.parametrize("trouble", ["full_before_commit", "dies_after_commit", "full_at_append"])
def test_a_fault_answers_nobody_and_the_same_commands_again_take_effect_once(trouble: str) -> None:
    commands = history(6, 80)
    log = FailingLog()
    writer = opened(log)
    writer.submit(commands[:40], ARRIVED)
    setattr(log, trouble, True)
    with pytest.raises(DiskFull):
        writer.submit(commands[40:], ARRIVED)
    setattr(log, trouble, False)
    answers = writer.submit(commands[40:], ARRIVED)
    undisturbed = MemoryLog("main", 4)
    expected = opened(undisturbed).submit(commands, ARRIVED)
    assert summary(answers) == summary(expected[40:])
    assert events_of(log) == events_of(undisturbed)
    assert outcomes_of(log) == outcomes_of(undisturbed)


def test_a_fault_makes_the_writer_open_its_log_again() -> None:
    broken, sound = FailingLog(), MemoryLog("main", 4)
    writer = Writer(broken, reopen=lambda: sound)
    opened(sound)
    writer.open_ledger(ARRIVED)
    broken.full_before_commit = True
    with pytest.raises(DiskFull):
        writer.submit(history(7, 5), ARRIVED)
    writer.submit(history(7, 5), ARRIVED)
    head = sound.head()
    assert head is not None
    assert head.height == 2


def test_a_bug_drops_what_is_in_memory() -> None:
    log = MemoryLog("main", 4)
    writer = opened(log)
    before = log.head()
    writer.state.seq += 1
    with pytest.raises(InvariantError):
        writer.submit(history(8, 3), ARRIVED)
    assert log.head() == before
    assert Writer(log).state.seq == 1


def test_an_empty_block_moves_the_height_and_nothing_else() -> None:
    log = MemoryLog("main", 4)
    writer = opened(log)
    writer.submit(history(9, 10), ARRIVED)
    before, digest = writer.head, writer_digest(writer.state)
    writer.heartbeat()
    after = writer.head
    assert before is not None
    assert after is not None
    assert (after.height, after.last_seq, after.recorded_at_us) == (
        before.height + 1,
        before.last_seq,
        before.recorded_at_us,
    )
    assert writer_digest(Writer(log).state) == digest


class Forged(MemoryLog):  # type: ignore[misc]
    """A memory log whose bytes somebody changed."""

    def __init__(self, kind: str) -> None:
        super().__init__("main", 2)
        self.kind = kind
        self.on = False

    def read_partition(self, partition: int, from_height: int, count: int) -> list[PartitionBlock]:
        blocks = super().read_partition(partition, from_height, count)
        if not self.on:
            return blocks
        last = blocks[-1]
        if self.kind == "event":
            last.blob = last.blob[:-1] + bytes([last.blob[-1] ^ 1])
        elif self.kind == "missing":
            return []
        elif self.kind == "seal":
            last.seal_bytes = last.seal_bytes[:-1] + b"x"
        return blocks

    def read_outcomes(self, from_height: int, count: int) -> list[OutcomesBlock]:
        blocks = super().read_outcomes(from_height, count)
        if self.on and self.kind == "outcome":
            blocks[-1].data = blocks[-1].data[:-1] + b"x"
        return blocks


@pytest.mark.parametrize("kind", ["event", "missing", "outcome"])
def test_a_writer_never_starts_on_a_log_that_was_changed(kind: str) -> None:
    log = Forged(kind)
    opened(log).submit(history(10, 30), ARRIVED)
    log.on = True
    with pytest.raises(LogCorrupt) as fault:
        Writer(log)
    assert "block" in str(fault.value)


def test_checkpoints_are_written_by_themselves(checkpoints: Checkpoints) -> None:
    log = MemoryLog("main", 4)
    writer = Writer(
        log, block_size=10, checkpoints=checkpoints, checkpoint_events=50, checkpoint_events_at_close=1
    )
    writer.open_ledger(ARRIVED)
    writer.submit(history(11, 200), ARRIVED)
    assert checkpoints.heights()
    writer.close()
    head = log.head()
    assert head is not None
    assert checkpoints.heights()[0] == head.height


def test_a_checkpoint_that_finds_no_room_costs_nothing_but_time(tmp_path: Path) -> None:
    in_the_way = tmp_path / "writer"
    in_the_way.write_text("a file where the directory should be")
    log = MemoryLog("main", 4)
    writer = Writer(log, block_size=10, checkpoints=Checkpoints(in_the_way), checkpoint_events=5)
    writer.open_ledger(ARRIVED)
    assert len(writer.submit(history(12, 50), ARRIVED)) == 50
