"""Checkpoints made while views are folded: where, of what, and how few."""

from pathlib import Path

import pytest

from ledger.log.memory import MemoryLog
from projectors.bootstrap import open_states
from projectors.folding.runner import Runner
from projectors.marks import files
from projectors.marks.choose import opened_state, places
from projectors.marks.keeper import Keeper
from projectors.marks.marked import Marks
from projectors.marks.policy import kept
from projectors.marks.records import read_record
from projectors.past.bases import StoredBases
from projectors.past.moments import Moment, MomentKind
from projectors.past.question import ask
from projectors.past.replay import replayed
from projectors.stores import generations
from tests.branching import Branching, Habits, head_of, live_chain_of
from tests.damage import replace
from tests.projecting import contents, memory_state
from tests.reading import FEW, LEDGER, MarkedReader, ledger_of

MARKED = Habits(rollbacks=0, empty_blocks=5, marks=30)


@pytest.fixture
def reader(tmp_path: Path) -> MarkedReader:
    return MarkedReader(tmp_path, ledger_of(12))


def marks_of(ledger: Branching) -> dict[int, int]:
    """Seqs of all marked blocks of the live chain, by height."""
    marks = Marks(ledger.log)
    marks.read_on()
    chain = live_chain_of(ledger.log)
    return {mark.height: mark.seq for mark in marks.on(chain, 0, chain.tip)}


def test_a_view_that_catches_up_stops_at_the_marks_that_are_worth_it(tmp_path: Path) -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), 3, MARKED)
    ledger.write(120)
    marks = marks_of(ledger)
    reader = MarkedReader(tmp_path, ledger)
    reader.run()
    wanted = kept(list(marks.values()))
    assert len(wanted) < len(marks)
    made = reader.checkpoints()["gen-1"]
    assert made == [height for height, seq in marks.items() if seq in wanted]


def test_a_view_that_follows_has_each_mark_and_drops_what_grows_old(tmp_path: Path) -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), 3, MARKED)
    reader = MarkedReader(tmp_path, ledger)
    for _ in range(25):
        ledger.write(5)
        reader.run()
        assert set(list(marks_of(ledger))[-1:]) <= set(reader.checkpoints().get("gen-1", []))
    marks = marks_of(ledger)
    seqs = [marks[height] for height in reader.checkpoints()["gen-1"]]
    assert sorted(kept(seqs)) == seqs
    assert len(seqs) < len(marks)


def test_a_checkpoint_has_what_the_view_had_at_its_block(reader: MarkedReader) -> None:
    heights = {reader.grow(4), reader.grow(4)}
    reader.ledger.write(4)
    reader.run()
    for view in FEW:
        made = places(reader.root, view.name, 2)
        assert heights & {place.height for place in made}
        for place in made:
            clean = memory_state(view, 2)
            Runner(reader.ledger.log, [clean], until=place.height).run_to_head()
            with opened_state(place, view, reader.ledger.log) as state:
                assert contents(state) == contents(clean)


def test_a_checkpoint_says_of_which_block_and_program_it_is(reader: MarkedReader) -> None:
    height = reader.grow(4)
    (place, *_) = places(reader.root, "account", 2)
    seal = reader.ledger.log.seal(height)
    for number in range(2):
        record = read_record(place.path / f"{number}.json")
        cursor = record["cursor"]
        assert (cursor["height"], cursor["digest"], cursor["seq"]) == (height, seal.digest, seal.last_seq)
        assert record["format"] == files.FORMAT
        assert record["schema_lock"] == files.schema_lock()
        assert record["identity"]["view"] == "account"
        assert set(record["digests"]) == set(FEW[0].plan.shown())


def test_files_of_a_checkpoint_stay_as_they_are_while_the_view_goes_on(reader: MarkedReader) -> None:
    reader.grow(4)
    (place, *_) = places(reader.root, "account", 2)
    before = {path: path.read_bytes() for path in place.path.rglob("*") if path.is_file()}
    for _ in range(3):
        reader.ledger.write(4)
        reader.run()
    assert {path: path.read_bytes() for path in place.path.rglob("*") if path.is_file()} == before


def test_only_sst_files_are_shared_with_a_store_that_is_written(reader: MarkedReader) -> None:
    height = reader.grow(4)
    (place, *_) = places(reader.root, "account", 2)
    target = reader.root / "begun"
    files.restore(place.generation, height, 2, target)
    for number in range(2):
        for path in (target / str(number)).iterdir():
            shared = path.stat().st_ino == (place.path / str(number) / path.name).stat().st_ino
            assert shared == (path.suffix == ".sst")
    assert files.heights(target, range(2)) == files.heights(place.generation, range(2))


def test_what_a_kill_left_of_a_checkpoint_is_none_and_is_removed(reader: MarkedReader) -> None:
    height = reader.grow(4)
    (place, *_) = places(reader.root, "account", 2)
    (place.path / "1.json").unlink()
    assert height not in reader.checkpoints().get("gen-1", [])
    reader.ledger.write(1)
    reader.run()
    assert not (place.path / "1").exists()


def test_processes_that_share_the_partitions_make_a_checkpoint_together(reader: MarkedReader) -> None:
    reader.run()
    height = reader.ledger.mark()
    reader.ledger.write(3)
    log = reader.ledger.log
    for number in range(2):
        with open_states(reader.root, FEW, log, writable=True, partitions=[number]) as states:
            served = {view.name: generations.serving(reader.root, view.name) for view in FEW}
            Keeper(Runner(log, states), served).run_to_head()
        assert (height in reader.checkpoints().get("gen-1", [])) == (number == 1)


def test_a_past_read_begins_with_the_nearest_checkpoint(reader: MarkedReader) -> None:
    below, above = reader.grow(6), reader.grow(6)
    reader.ledger.write(5)
    reader.run()
    made = reader.checkpoints()["gen-1"]
    log = reader.ledger.log
    reads: list[int] = []

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(log, name)

        def read_partition(self, partition: int, from_height: int, count: int) -> object:
            reads.append(from_height)
            return log.read_partition(partition, from_height, count)

    spy: object = Counting()
    for asked in (below, above - 1, above, above + 2):
        base = max(height for height in made if height <= asked)
        question = ask(log, Moment(MomentKind.BLOCK, asked), Moment(MomentKind.HEAD, 0))
        clean = memory_state(FEW[0], 2)
        Runner(log, [clean], until=asked).run_to_head()
        reads.clear()
        bases = StoredBases(reader.root, log)
        with replayed(spy, FEW[:1], question, bases) as (state,):  # type: ignore[arg-type]
            assert contents(state) == contents(clean)
        assert all(height > base for height in reads)


def test_a_past_read_passes_over_a_checkpoint_whose_rows_are_damaged(
    reader: MarkedReader, caplog: pytest.LogCaptureFixture
) -> None:
    reader.grow(6)
    reader.grow(6)
    (place, *_) = places(reader.root, "account", 2)
    reader.ledger.write(3)
    reader.run_until(place.height + 3)
    asked = place.height + 2
    for path in place.path.glob("*/*.sst"):
        data = bytearray(path.read_bytes())
        for spot in range(0, len(data) - 600, 50):
            data[spot] ^= 1
        replace(path, bytes(data))
    log = reader.ledger.log
    question = ask(log, Moment(MomentKind.BLOCK, asked), Moment(MomentKind.HEAD, 0))
    clean = memory_state(FEW[0], 2)
    Runner(log, [clean], until=asked).run_to_head()
    with replayed(log, FEW[:1], question, StoredBases(reader.root, log)) as (state,):
        assert contents(state) == contents(clean)
    assert str(place.path) in caplog.text


def test_a_view_ahead_of_a_mark_has_no_checkpoint_there(reader: MarkedReader) -> None:
    reader.grow(4)
    ahead = head_of(reader.ledger.log).height
    (generation,) = {place.generation for place in places(reader.root, "account", 2)}
    files.drop(generation, ahead, range(2))
    reader.ledger.write(3)
    reader.run()
    assert ahead not in reader.checkpoints().get("gen-1", [])
