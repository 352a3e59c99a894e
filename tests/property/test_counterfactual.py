"""The counterfactual of an uncorrupted history is that history, byte for byte."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.messages import AnyCommand
from ledger.errors import SettingsFault
from ledger.incident.counterfactual.corrections import Corrections
from ledger.incident.counterfactual.record import RecordedBlock
from ledger.incident.counterfactual.run import counterfactual
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.log.port import Block
from ledger.writer.writer import Writer
from tests.branching import Branching, Habits, head_of
from tests.playing import PARTITIONS, START_US
from tests.projecting import LEDGER
from tests.strategies import histories, seeded_history

NOTHING = Corrections([], [])


def written(commands: list[AnyCommand], sizes: list[int]) -> MemoryLog:
    """A log of these commands, cut into blocks of these sizes in turn."""
    log = MemoryLog(LEDGER, PARTITIONS)
    writer = Writer(log)
    writer.open_ledger(START_US)
    place, turn = 0, 0
    while place < len(commands):
        size = sizes[turn % len(sizes)]
        part = commands[place : place + size]
        for command in part:
            log.append_commands([encode_command(command)], command.issued_at_us)
        if size == 0:
            writer.heartbeat()
        else:
            writer.run_block(size)
        place, turn = place + size, turn + 1
    return log


def blocks_replayed(log: MemoryLog, from_height: int) -> list[tuple[RecordedBlock, Block]]:
    """Every recorded block with the counterfactual's, nothing being corrected."""
    pairs: list[tuple[RecordedBlock, Block]] = []
    head = log.head()
    assert head is not None
    done = counterfactual(
        log,
        NOTHING,
        from_height,
        head.height,
        prepare=lambda _: lambda recorded, block: pairs.append((recorded, block)),
    )
    assert done.is_history
    assert not done.replay.lines.by_account
    assert not any(done.replay.counts.values())
    return pairs


@pytest.mark.parametrize("seed", [1, 2, 3, 5])
def test_without_a_correction_the_counterfactual_is_the_history_block_for_block(seed: int) -> None:
    log = written(list(seeded_history(seed, 600)), [7, 1, 0, 40, 3])
    for from_height in (1, 20):
        for recorded, block in blocks_replayed(log, from_height):
            height = recorded.seal.height
            assert block.seal_bytes == log.read_partition(0, height, 1)[0].seal_bytes
            assert block.outcomes == log.read_outcomes(height, 1)[0].data
            for partition in range(log.partitions):
                assert block.blobs[partition] == log.read_partition(partition, height, 1)[0].blob


@settings(max_examples=15, deadline=None)
@given(commands=histories(), sizes=st.lists(st.integers(1, 20), min_size=1, max_size=4))
def test_any_history_however_it_was_cut_is_its_own_counterfactual(
    commands: list[AnyCommand], sizes: list[int]
) -> None:
    log = written(list(commands), sizes)
    head = log.head()
    assert head is not None
    if head.height > 2:
        blocks_replayed(log, 1)


def test_a_window_that_was_rolled_back_is_replayed_as_it_was_and_none_reaches_across() -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), 5, Habits(rollbacks=0))
    ledger.write(20)
    void = head_of(ledger.log).height
    ledger.roll_back(10, completed=True)
    ledger.write(3)
    head = head_of(ledger.log).height
    assert counterfactual(ledger.log, NOTHING, 5, void).is_history
    assert counterfactual(ledger.log, NOTHING, void + 1, head).is_history
    with pytest.raises(SettingsFault, match="a rollback lies between"):
        counterfactual(ledger.log, NOTHING, 5, head)
