"""The store of a view: what it holds, and how it refuses what it cannot use."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import FormatUnknown, ViewCorrupt, ViewLocked, ViewMissing
from projectors.port import CURSOR, START, STOPPED, Cursor, RowStore, Stopped, record
from projectors.stores.memory import MemoryStore
from projectors.stores.store import Identity, ViewStore, create_store, open_store

IDENTITY = Identity("account", 1, "test-ledger", 4, 2, ("balances(account:String) -> (balance_e8:Int64)",))
ROWS = {b"rA1": b"one", b"rA2": b"two", b"rB1": b"three"}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "2"


@pytest.fixture(params=["rocks", "memory"])
def store(request: pytest.FixtureRequest, place: Path) -> Iterator[RowStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    with closing(create_store(place, IDENTITY)) as rocks:
        yield rocks


def test_a_new_store_is_before_block_1(store: RowStore) -> None:
    assert store.cursor() == START
    assert store.stopped() is None


def test_what_was_written_is_read_by_key_and_in_order(store: RowStore) -> None:
    store.write(ROWS, logged=False)
    store.write({b"rA2": None, b"rA0": b"zero"}, logged=True)
    assert store.get(b"rA1") == b"one"
    assert store.get_many([b"rB1", b"rA2", b"rA0"]) == [b"three", None, b"zero"]
    assert list(store.scan(b"rA")) == [(b"rA0", b"zero"), (b"rA1", b"one")]
    assert list(store.scan(b"r\xff")) == []


def test_cursor_and_stop_are_what_was_written(store: RowStore) -> None:
    cursor = Cursor(7, "ab" * 32, 99, 1_750_000_000_000_000, "USDC")
    store.write({CURSOR: record(cursor), STOPPED: record(Stopped(8, "a gap"))}, logged=True)
    assert store.cursor() == cursor
    assert store.stopped() == Stopped(8, "a gap")


@pytest.mark.parametrize("logged", [False, True])
def test_a_closed_store_opens_with_everything_in_it(place: Path, *, logged: bool) -> None:
    with closing(create_store(place, IDENTITY)) as store:
        store.write(ROWS, logged=logged)
    for writable in (False, True):
        with closing(open_store(place, IDENTITY, writable=writable)) as again:
            assert dict(again.scan(b"r")) == ROWS


def test_one_projector_writes_and_others_read_what_was_logged(place: Path) -> None:
    with closing(create_store(place, IDENTITY)) as store:
        store.write(ROWS, logged=True)
        with pytest.raises(ViewLocked, match="another projector"):
            open_store(place, IDENTITY, writable=True)
        with closing(open_store(place, IDENTITY, writable=False)) as reader:
            assert dict(reader.scan(b"r")) == ROWS


OTHERS = {
    "version": IDENTITY._replace(version=2),
    "ledger_id": IDENTITY._replace(ledger_id="another"),
    "partitions": IDENTITY._replace(partitions=8),
    "partition": IDENTITY._replace(partition=1),
    "tables": IDENTITY._replace(tables=("t() -> ()",)),
}


@pytest.mark.parametrize("field", OTHERS)
def test_a_store_of_something_else_is_refused_with_the_rebuild_to_run(place: Path, field: str) -> None:
    create_store(place, IDENTITY).close()
    for writable in (False, True):
        with pytest.raises(FormatUnknown, match=rf"{field} of the stored view.*`projectors rebuild account`"):
            open_store(place, OTHERS[field], writable=writable)
    with closing(open_store(place, IDENTITY, writable=True)) as store:
        assert store.cursor() == START


def test_files_that_are_gone_are_not_made_again(place: Path) -> None:
    with pytest.raises(ViewMissing, match="`projectors rebuild account`"):
        open_store(place, IDENTITY, writable=True)
    assert not place.exists()


def filled(place: Path) -> None:
    with closing(create_store(place, IDENTITY)) as store:
        store.write({b"rA%06d" % number: bytes(50) for number in range(5000)}, logged=False)


def read_all(place: Path) -> ViewStore:
    store = open_store(place, IDENTITY, writable=False)
    with closing(store):
        assert len(list(store.scan(b"r"))) == 5000
    return store


@pytest.mark.parametrize("pattern", ["*.sst", "MANIFEST-*", "CURRENT"])
def test_a_missing_file_is_refused_with_the_rebuild_to_run(place: Path, pattern: str) -> None:
    filled(place)
    for path in place.glob(pattern):
        path.unlink()
    before = sorted(path.name for path in place.iterdir())
    with pytest.raises((ViewMissing, ViewCorrupt), match="`projectors rebuild account`"):
        read_all(place)
    assert set(before) <= {path.name for path in place.iterdir()}


@pytest.mark.parametrize("pattern", ["*.sst", "MANIFEST-*"])
def test_a_truncated_file_is_refused_with_the_rebuild_to_run(place: Path, pattern: str) -> None:
    filled(place)
    for path in place.glob(pattern):
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
    with pytest.raises((ViewMissing, ViewCorrupt), match="`projectors rebuild account`"):
        read_all(place)


def test_a_flipped_bit_in_rows_is_refused_with_the_rebuild_to_run(place: Path) -> None:
    filled(place)
    table = max(place.glob("*.sst"), key=lambda path: path.stat().st_size)
    data = bytearray(table.read_bytes())
    data[len(data) // 3] ^= 4
    table.write_bytes(bytes(data))
    with pytest.raises(ViewCorrupt, match="`projectors rebuild account`"):
        read_all(place)


def test_a_damaged_record_is_refused_with_the_rebuild_to_run(place: Path) -> None:
    with closing(create_store(place, IDENTITY)) as store:
        for damage in (b"", b"{", b"{}", b"[]"):
            store.write({CURSOR: damage}, logged=True)
            with pytest.raises(ViewCorrupt, match="`projectors rebuild account`"):
                store.cursor()
