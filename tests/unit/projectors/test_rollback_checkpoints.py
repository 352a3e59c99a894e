"""Views that go back begin with a checkpoint: the newest one that is sound and on the chain."""

import logging
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from projectors.bootstrap import identity_of, open_states
from projectors.define.view import Check, Rows, Table, View, col, last
from projectors.marks.choose import Place, places
from projectors.marks.files import path_of
from projectors.stores.store import open_store
from tests.branching import head_of, live_chain_of, roll_back
from tests.damage import flip_bit, remove, truncate
from tests.reading import FEW, MarkedReader, ledger_of

CLEAN_START = 0


@pytest.fixture
def reader(tmp_path: Path) -> MarkedReader:
    return MarkedReader(tmp_path, ledger_of(20))


def newest(reader: MarkedReader, view: str = "account") -> Place:
    return places(reader.root, view, 2)[0]


def test_a_view_goes_back_from_the_newest_checkpoint_below_the_target(reader: MarkedReader) -> None:
    below, above = reader.grow(5), reader.grow(6)
    reader.ledger.roll_back(above - 2, completed=True)
    reader.ledger.write(4)
    assert reader.events_run() == reader.events_after(below)
    assert reader.contents() == reader.clean()
    assert reader.generations() == ["gen-2", "gen-2"]


def test_a_checkpoint_at_the_target_itself_leaves_only_what_came_after(reader: MarkedReader) -> None:
    at = reader.grow(5)
    reader.grow(5)
    reader.ledger.roll_back(at, completed=True)
    assert reader.events_run() == reader.events_after(at)
    assert reader.contents() == reader.clean()


def test_the_new_generation_brings_the_checkpoints_of_its_chain_along(reader: MarkedReader) -> None:
    first, second, _ = reader.grow(4), reader.grow(4), reader.grow(4)
    reader.ledger.roll_back(second, completed=True)
    reader.run()
    assert reader.checkpoints()["gen-2"][-2:] == [first, second]


def test_the_newest_checkpoint_on_a_dead_branch_is_not_taken(reader: MarkedReader) -> None:
    live = reader.grow(5)
    reader.ledger.write(6)
    target = head_of(reader.ledger.log).height
    dead = reader.grow(3)
    reader.ledger.roll_back(target, completed=True)
    dead_too = reader.grow(3)
    reader.ledger.roll_back(target, completed=True)
    assert {dead, dead_too} <= {height for heights in reader.checkpoints().values() for height in heights}
    assert reader.events_run() == reader.events_after(live)
    assert reader.contents() == reader.clean()


def test_nested_overlapping_and_void_rollbacks_each_begin_on_their_own_chain(reader: MarkedReader) -> None:
    first = reader.grow(4)
    second = reader.grow(4)
    third = reader.grow(4)
    for target, base in ((third - 1, second), (second + 1, second), (first + 2, first)):
        reader.ledger.roll_back(target, completed=True)
        reader.ledger.write(2)
        assert reader.events_run() == reader.events_after(base)
        assert reader.contents() == reader.clean()
    void = third
    assert not live_chain_of(reader.ledger.log).is_on_chain(void)
    reader.ledger.roll_back(void, completed=True)
    assert reader.events_run() == reader.events_after(void)
    assert reader.contents() == reader.clean()


def test_a_rollback_of_a_range_that_holds_a_rollback(reader: MarkedReader) -> None:
    base = reader.grow(4)
    reader.ledger.write(3)
    outer = head_of(reader.ledger.log).height
    inner = reader.grow(4)
    reader.ledger.roll_back(inner - 2, completed=True)
    reader.grow(4)
    reader.ledger.roll_back(outer, completed=True)
    assert reader.events_run() == reader.events_after(base)
    assert reader.contents() == reader.clean()


def test_a_rollback_to_the_block_just_sealed_needs_no_checkpoint(reader: MarkedReader) -> None:
    head = reader.grow(4)
    reader.ledger.roll_back(head, completed=True)
    assert reader.events_run() == reader.events_after(head)
    assert reader.generations() == ["gen-1", "gen-1"]


def test_a_view_that_is_behind_goes_on_where_it_is_and_has_its_checkpoints(reader: MarkedReader) -> None:
    reader.run()
    behind = head_of(reader.ledger.log).height
    reader.ledger.write(3)
    marked = reader.ledger.mark()
    reader.ledger.write(3)
    reader.ledger.roll_back(marked, completed=True)
    assert reader.events_run() == reader.events_after(behind)
    assert reader.contents() == reader.clean()
    assert marked in reader.checkpoints()["gen-1"]


def test_a_rollback_before_the_first_checkpoint_begins_at_the_first_block(reader: MarkedReader) -> None:
    reader.grow(5)
    reader.ledger.roll_back(2, completed=True)
    assert reader.events_run() == reader.events_after(CLEAN_START)
    assert reader.contents() == reader.clean()


def test_a_view_that_stopped_goes_back_from_its_checkpoint_and_on(tmp_path: Path) -> None:
    ledger = ledger_of(20)
    reader = MarkedReader(tmp_path, ledger)
    marked = ledger.mark()
    ledger.write(2)
    bad = head_of(ledger.log).height
    picky = View(
        "picky",
        1,
        (Table("opened", ("account",), (Rows("AccountOpened", {"newest_seq": last("seq")}),)),),
        (
            Check(
                "CheckpointMarked", "no mark after the bad block", col("seq") <= ledger.log.seal(bad).last_seq
            ),
        ),
    )
    reader.views = [picky]
    reader.run()
    ledger.write(1)
    stopping = ledger.mark()
    ledger.write(2)
    assert [stop.height for stop in reader.run().stops.values()] == [stopping]
    ledger.roll_back(marked, completed=True)
    runner = reader.run()
    assert runner.stops == {}
    assert reader.contents() == reader.clean()
    assert reader.checkpoints("picky") == {"gen-1": [marked], "gen-2": [marked]}


def test_a_rollback_while_a_view_is_rebuilt_ends_the_rebuild_on_the_live_chain(reader: MarkedReader) -> None:
    below, above = reader.grow(5), reader.grow(5)

    def going_back(_: object) -> None:
        reader.ledger.roll_back(above - 1, completed=True)
        reader.ledger.write(2)
        reader.views = FEW
        reader.run()

    reader.views = FEW[:1]
    reader.rebuild(compared=going_back)
    reader.views = FEW
    assert reader.contents() == reader.clean()
    assert reader.generations() == ["gen-3", "gen-2"]
    assert below in reader.checkpoints()["gen-3"]


def past_two_checkpoints(reader: MarkedReader) -> tuple[int, int]:
    """Two marked blocks, and the account view a few blocks further."""
    reader.views = FEW[:1]
    below, above = reader.grow(5), reader.grow(5)
    reader.ledger.write(3)
    reader.run()
    return below, above


def largest(pattern: str) -> Callable[[Path], Path]:
    def find(place: Path) -> Path:
        return max(place.glob(pattern), key=lambda path: path.stat().st_size)

    return find


FILES: dict[str, Callable[[Path], Path]] = {
    "record": lambda place: place / "0.json",
    "rows": largest("1/*.sst"),
    "manifest": largest("1/MANIFEST-*"),
    "CURRENT": lambda place: place / "0" / "CURRENT",
}
DAMAGE = {"flipped": flip_bit, "truncated": truncate, "deleted": remove}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("file", FILES)
def test_a_damaged_checkpoint_is_passed_over_for_an_older_one_and_reported(
    reader: MarkedReader, file: str, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    below, above = past_two_checkpoints(reader)
    place = newest(reader).path
    DAMAGE[damage](FILES[file](place))
    reader.ledger.roll_back(above, completed=True)
    with caplog.at_level(logging.WARNING, logger="projectors"):
        runner = reader.run()
    assert runner.stops == {}
    assert reader.contents() == reader.clean()
    if file == "record" and damage == "deleted":
        assert caplog.messages == []
    elif caplog.messages or file != "rows":
        assert any(str(place) in message for message in caplog.messages)
        assert runner.timing.events >= reader.events_after(below)


def test_a_checkpoint_with_another_digest_than_its_rows_is_passed_over(
    reader: MarkedReader, caplog: pytest.LogCaptureFixture
) -> None:
    below, above = past_two_checkpoints(reader)
    place = newest(reader)
    store = open_store(place.path / "0", identity_of(FEW[0], reader.ledger.log, 0), writable=True)
    with closing(store):
        ((key, value), *_) = [item for item in store.scan(b"d") if any(item[1])]
        store.write({key: bytes(len(value) - 1) + b"\1"}, logged=True)
    reader.ledger.roll_back(above, completed=True)
    assert reader.events_run() == reader.events_after(below)
    assert reader.contents() == reader.clean()
    assert str(place.path) in caplog.text


def test_a_checkpoint_of_another_ledger_or_block_is_passed_over(
    reader: MarkedReader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    below, above = past_two_checkpoints(reader)
    other = MarkedReader(tmp_path / "other", ledger_of(20, seed=6), FEW[:1])
    theirs = other.grow(5)
    path_of(newest(reader).generation, above).rename(tmp_path / "away")
    path_of(newest(other).generation, theirs).rename(path_of(newest(reader).generation, above))
    reader.ledger.roll_back(above, completed=True)
    assert reader.events_run() == reader.events_after(below)
    assert reader.contents() == reader.clean()
    assert caplog.messages


def test_rows_that_turn_out_damaged_on_the_way_send_the_view_to_an_older_checkpoint(
    reader: MarkedReader, caplog: pytest.LogCaptureFixture
) -> None:
    below, above = past_two_checkpoints(reader)
    for path in newest(reader).path.glob("*/*.sst"):
        data = bytearray(path.read_bytes())
        for place in range(0, len(data) - 600, 50):
            data[place] ^= 1
        path.unlink()
        path.write_bytes(bytes(data))
    reader.ledger.roll_back(above, completed=True)
    reader.ledger.write(6)
    runner = reader.run()
    assert runner.stops == {}
    assert reader.contents() == reader.clean()
    assert caplog.messages
    assert runner.timing.events >= reader.events_after(below)


def test_checkpoints_are_made_at_an_open_rollback_only_of_what_is_served(reader: MarkedReader) -> None:
    marked = reader.grow(5)
    reader.ledger.write(2)
    roll_back(reader.ledger.log, marked - 2, completed=False)
    reader.run()
    with open_states(reader.root, FEW, reader.ledger.log, writable=False) as states:
        assert all(part.cursor.height > marked for state in states for part in state.partitions.values())
    assert reader.checkpoints()["gen-1"][-1] == marked
