"""Long ledgers of the benchmarks are made once, found again, and written in by nobody."""

from contextlib import closing
from pathlib import Path

from benchmarks.histories import Figures, Wanted, cloned, kept, made_once
from ledger.log.rocks import RocksLog

WANTED = Wanted(events=3_000, tail=1_000, apart=1_000, accounts=50, views="audit")


def test_a_history_is_made_once_and_its_copy_is_another_one(tmp_path: Path) -> None:
    made = kept(tmp_path, WANTED)
    assert int(made.folded["events"]) >= WANTED.events
    assert kept(tmp_path, WANTED) == made
    copy = cloned(made.path, tmp_path / "copy")
    with closing(RocksLog.open(copy / "log")) as log, closing(RocksLog.open(made.path / "log")) as other:
        head, same = log.head(), other.head()
    assert head is not None
    assert same is not None
    assert (head.height, head.digest) == (same.height, same.digest)


def test_what_was_made_otherwise_is_made_again(tmp_path: Path) -> None:
    place = tmp_path / "made"

    def make() -> Figures:
        place.mkdir()
        return {"seconds": len(list(place.iterdir()))}

    for wanted in ({"events": 1}, {"events": 1}, {"events": 2}):
        assert made_once(tmp_path / "note.json", [place], wanted, make) == {"seconds": 0}
        (place / str(wanted["events"])).touch()
    assert [path.name for path in place.iterdir()] == ["2"]
