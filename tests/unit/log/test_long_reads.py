"""Reads of many blocks end early, so that no caller holds a whole log in memory."""

from pathlib import Path

import pytest

from ledger.log import memory, rocks_database
from ledger.log.memory import MemoryLog
from ledger.log.port import EventLog
from ledger.log.rocks import RocksLog
from ledger.log.verify import verify_log
from tests.sealed import LEDGER, START_US, command, written


@pytest.fixture(params=["memory", "rocks"])
def log(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EventLog:
    monkeypatch.setattr(memory, "READ_BYTES_MAX", 1)
    monkeypatch.setattr(rocks_database, "READ_BYTES_MAX", 1)
    if request.param == "memory":
        return MemoryLog(LEDGER, 2)
    return RocksLog.create(tmp_path / "log", LEDGER, 2)


def test_a_read_returns_at_least_one_block_and_the_next_goes_on(log: EventLog) -> None:
    blocks = written(log, blocks=20)
    for partition in range(2):
        blobs: list[bytes] = []
        while found := log.read_partition(partition, len(blobs) + 1, 100):
            assert len(found) == 1
            blobs += [block.blob for block in found]
        assert blobs == [block.blobs[partition] for block in blocks]
    assert list(verify_log(log)) == []
    log.close()


def test_outcomes_and_commands_are_read_in_steps_too(log: EventLog) -> None:
    blocks = written(log, blocks=5)
    outcomes: list[bytes] = []
    while found := log.read_outcomes(len(outcomes) + 1, 100):
        outcomes += [block.data for block in found]
    assert outcomes == [block.outcomes for block in blocks]
    position = log.append_commands([command(50)], START_US)
    commands: list[int] = []
    while some := log.read_commands(len(commands), 100):
        commands += [stored.position for stored in some]
    assert commands == list(range(position + 1))
    log.close()
