"""Checkpoint files: used when sound, passed over when not, never trusted over the log."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.core.messages import ListAsset
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import recover
from ledger.writer.writer import Writer

ARRIVED = 1_768_798_000_000_000


@pytest.fixture
def checkpoints(tmp_path: Path) -> Checkpoints:
    return Checkpoints(tmp_path / "writer")


@pytest.fixture
def log(checkpoints: Checkpoints) -> MemoryLog:
    """A log of four blocks with checkpoints at blocks 2 and 3."""
    log = MemoryLog("main", 2)
    writer = Writer(log, checkpoints=checkpoints)
    writer.open_ledger(ARRIVED)
    for number, asset in enumerate(("USDC", "BTC", "ETH"), 1):
        writer.submit(
            [encode_command(ListAsset("operator", number, 0, asset, 6, 1 if number == 1 else 0))], ARRIVED
        )
        if number < 3:
            writer.checkpoint()
    return log


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def test_the_newest_checkpoint_is_the_start_of_recovery(log: MemoryLog, checkpoints: Checkpoints) -> None:
    recovered = recover(log, checkpoints)
    assert (recovered.from_height, recovered.events, recovered.state.seq) == (3, 1, 4)


@pytest.mark.parametrize(
    "damage", [cut, flip, lambda _: b"", lambda data: data + b"\0", lambda data: data[:8]]
)
def test_a_damaged_checkpoint_is_passed_over_reported_and_kept(
    log: MemoryLog,
    checkpoints: Checkpoints,
    damage: Callable[[bytes], bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    newest = checkpoints.path(3)
    damaged = damage(newest.read_bytes())
    newest.write_bytes(damaged)
    assert recover(log, checkpoints).from_height == 2
    assert str(newest) in caplog.text
    assert newest.read_bytes() == damaged


def test_without_a_sound_checkpoint_the_log_is_enough(log: MemoryLog, checkpoints: Checkpoints) -> None:
    for height in checkpoints.heights():
        checkpoints.path(height).write_bytes(b"")
    recovered = recover(log, checkpoints)
    assert (recovered.from_height, recovered.state.seq) == (0, 4)


def test_a_checkpoint_of_another_history_is_passed_over(checkpoints: Checkpoints, log: MemoryLog) -> None:
    other = MemoryLog("main", 2)
    writer = Writer(other)
    writer.open_ledger(ARRIVED + 7)
    for number in range(1, 4):
        writer.submit([encode_command(ListAsset("operator", number, 0, f"X{number}", 6, 0))], ARRIVED + 8)
    assert log.head() is not None
    assert recover(other, checkpoints).from_height == 0


def test_a_checkpoint_of_another_ledger_or_another_schema_is_passed_over(
    log: MemoryLog, checkpoints: Checkpoints
) -> None:
    assert checkpoints.newest("another", lambda _height, _digest: True, 10**9) is None
    later = Checkpoints(checkpoints.directory)
    later.schema_lock = "0" * 64
    assert recover(log, later).from_height == 0


def test_a_checkpoint_above_the_head_is_passed_over(log: MemoryLog, checkpoints: Checkpoints) -> None:
    checkpoints.path(3).rename(checkpoints.path(900))
    assert recover(log, checkpoints).from_height == 2


def test_other_files_in_the_directory_are_left_alone(log: MemoryLog, checkpoints: Checkpoints) -> None:
    (checkpoints.directory / "checkpoint-notes.txt").write_text("mine")
    (checkpoints.directory / ".checkpoint-000000000009.writing").write_bytes(b"half")
    assert recover(log, checkpoints).from_height == 3
    checkpoints.thin()
    assert sorted(path.name for path in checkpoints.directory.iterdir()) == [
        "checkpoint-000000000002",
        "checkpoint-000000000003",
        "checkpoint-notes.txt",
    ]


def test_checkpoints_thin_out_with_age_and_some_grow_old(checkpoints: Checkpoints) -> None:
    checkpoints.directory.mkdir()
    for height in range(1, 1025):
        checkpoints.path(height).write_bytes(b"")
        checkpoints.thin()
    kept = checkpoints.heights()
    assert kept[:2] == [1024, 1023]
    assert len(kept) < 14
    assert kept[-1] < 512
    checkpoints.thin()
    assert checkpoints.heights() == kept
