"""What a rebuild was asked for comes down to blocks, or is refused with the nearest that would do."""

from itertools import pairwise
from pathlib import Path

import pytest

from ledger.errors import MomentUnknown, SettingsFault
from ledger.log.memory import MemoryLog
from projectors.past.moments import Moment, MomentKind, parse_moment
from projectors.rebuild.plan import Ask, Plan, plan
from projectors.values import moment as readable
from tests.branching import head_of, roll_back
from tests.reading import FEW, LEDGER, MarkedReader, ledger_of


@pytest.fixture
def reader(tmp_path: Path) -> MarkedReader:
    return MarkedReader(tmp_path, ledger_of(12))


def planned(reader: MarkedReader, ask: Ask) -> Plan:
    return plan(reader.root, FEW, reader.ledger.log, ask)


def block(height: int) -> Moment:
    return Moment(MomentKind.BLOCK, height)


def test_with_nothing_said_it_is_everything_up_to_the_head(reader: MarkedReader) -> None:
    head = head_of(reader.ledger.log).height
    assert planned(reader, Ask()) == Plan(0, head, head, live=True)


def test_an_open_rollback_is_waited_for(reader: MarkedReader) -> None:
    head = head_of(reader.ledger.log).height
    roll_back(reader.ledger.log, 5, completed=False)
    assert planned(reader, Ask()) == Plan(0, head, head, live=True)


def test_a_seq_a_block_and_a_time_name_the_block_that_ends_there(reader: MarkedReader) -> None:
    log = reader.ledger.log
    head = head_of(log).height
    seal = log.seal(7)
    time = parse_moment(readable(seal.recorded_at_us).replace(" ", "T") + "Z")
    for moment in (block(7), Moment(MomentKind.SEQ, seal.last_seq), time):
        assert planned(reader, Ask(to=moment)) == Plan(0, 7, head, live=False)
    assert planned(reader, Ask(to=block(7), known_at=block(9))) == Plan(0, 7, 9, live=False)


def test_a_time_within_a_block_names_the_block_before(reader: MarkedReader) -> None:
    ledger = reader.ledger
    height = next(height for height in range(2, 12) if len(ledger.block(height)) > 1)
    last = ledger.block(height)[-1].recorded_at_us
    assert planned(reader, Ask(to=Moment(MomentKind.TIME, last - 1))).to_height == height - 1
    assert planned(reader, Ask(to=Moment(MomentKind.TIME, last))).to_height == height


def test_a_seq_inside_a_block_is_refused_with_the_ends_of_blocks_beside_it(reader: MarkedReader) -> None:
    log = reader.ledger.log
    height = next(height for height in range(2, 12) if log.seal(height).last_seq > log.seal(height).first_seq)
    first, last = log.seal(height).first_seq - 1, log.seal(height).last_seq
    with pytest.raises(MomentUnknown, match=rf"inside block {height}.*seq {first} and seq {last}"):
        planned(reader, Ask(to=Moment(MomentKind.SEQ, last - 1)))


@pytest.mark.parametrize("kind", [MomentKind.SEQ, MomentKind.BLOCK])
def test_what_lies_beyond_the_head_is_refused(reader: MarkedReader, kind: MomentKind) -> None:
    with pytest.raises(MomentUnknown, match="there is no"):
        planned(reader, Ask(to=Moment(kind, 10**9)))


def test_a_block_in_a_void_range_is_refused_with_what_would_do(reader: MarkedReader) -> None:
    reader.ledger.roll_back(6, completed=True)
    head = head_of(reader.ledger.log).height
    with pytest.raises(MomentUnknown, match=r"void.*that counts is 6.*--known-at block:9"):
        planned(reader, Ask(to=block(9)))
    assert planned(reader, Ask(to=block(9), known_at=block(9))) == Plan(0, 9, 9, live=False)
    assert planned(reader, Ask(to=block(6))) == Plan(0, 6, head, live=False)


def test_what_lies_after_the_knowledge_is_refused(reader: MarkedReader) -> None:
    with pytest.raises(MomentUnknown, match="after what is known"):
        planned(reader, Ask(to=block(9), known_at=block(8)))


def test_an_empty_log_has_nothing_to_build_from(tmp_path: Path) -> None:
    with pytest.raises(MomentUnknown, match="empty"):
        plan(tmp_path, FEW, MemoryLog(LEDGER, 2), Ask())


def test_a_checkpoint_is_named_by_its_block_or_its_seq(reader: MarkedReader) -> None:
    height = reader.grow(4)
    reader.grow(4)
    seq = reader.ledger.log.seal(height).last_seq
    assert planned(reader, Ask(from_height=height)) == planned(reader, Ask(from_seq=seq))
    assert planned(reader, Ask(from_seq=seq)).base_height == height


def test_a_start_without_a_checkpoint_is_refused_with_the_nearest(reader: MarkedReader) -> None:
    for _ in range(3):
        reader.grow(5)
    made = reader.checkpoints()["gen-1"]
    below, above = next((one, other) for one, other in pairwise(made) if other - one > 1)
    between = below + 1
    seqs = {height: reader.ledger.log.seal(height).last_seq for height in (below, between, above)}
    named = rf"block {below} \(offset {seqs[below]}\) and block {above} \(offset {seqs[above]}\)"
    with pytest.raises(SettingsFault, match=rf"no checkpoint at block {between}.*{named}"):
        planned(reader, Ask(from_height=between))
    for seq in (seqs[between], seqs[below] + 1, seqs[above] - 1):
        with pytest.raises(SettingsFault, match=rf"no checkpoint at offset {seq}.*{named}"):
            planned(reader, Ask(from_seq=seq))
    with pytest.raises(SettingsFault, match="nearest is block"):
        planned(reader, Ask(from_height=10**6))


def test_a_checkpoint_after_the_end_or_on_a_dead_branch_is_no_start(reader: MarkedReader) -> None:
    live, dead = reader.grow(4), reader.grow(4)
    with pytest.raises(SettingsFault, match=rf"no checkpoint at block {dead}"):
        planned(reader, Ask(from_height=dead, to=block(dead - 1)))
    reader.ledger.roll_back(live + 1, completed=True)
    with pytest.raises(SettingsFault, match=rf"no checkpoint at block {dead}.*nearest is block {live}"):
        planned(reader, Ask(from_height=dead))
    assert planned(reader, Ask(from_height=dead, known_at=block(dead))).base_height == dead


def test_a_view_without_checkpoints_says_so(reader: MarkedReader) -> None:
    with pytest.raises(SettingsFault, match="from the first block"):
        planned(reader, Ask(from_height=3))
