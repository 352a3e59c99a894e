"""The store of one view and partition: RocksDB, the only place that imports rocksdict.

While catching up the write-ahead log is off (a third of the cost): a kill then loses the steps since
the last flush, rows and cursor together, and they are folded again. Before the first write with the
log on, what was written without is flushed, so what survives is always an unbroken beginning of what
was written (``projectors.port``).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from rocksdict import (
    AccessType,
    BlockBasedOptions,
    Cache,
    Checkpoint,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteBufferManager,
    WriteOptions,
)

from ledger.errors import DiskFull, FormatUnknown, LedgerFault, ViewCorrupt, ViewLocked, ViewMissing
from projectors.port import CURSOR, META, START, STOPPED, Cursor, Stopped, record
from projectors.stores.generations import repair

FORMAT: Final = 2

_WRITE_BUFFER_BYTES: Final = 16 * 1024 * 1024
_BUFFERS_BYTES: Final = 128 * 1024 * 1024
"""Of all stores of a process together: four views of four partitions would else have 512 MB."""

_HELD: Final = "disable_auto_compactions"
_MERGING: Final = {
    _HELD: "false",
    "level0_file_num_compaction_trigger": "16",
    "level0_slowdown_writes_trigger": "32",
    "level0_stop_writes_trigger": "48",
}
"""Sixteen new files are merged at once into those below: each merge writes all lines of a view again. Set
whenever a store is opened, since RocksDB takes the options that it finds there."""

_CACHE_BYTES: Final = 64 * 1024 * 1024
_BLOOM_BITS: Final = 10
_LOCKED: Final = ("lock hold by current process", "While lock file")
"""What RocksDB says when this process, or another, has the store open for writing."""


class Identity(NamedTuple):
    """What a store is for; a store of anything else is refused."""

    view: str
    version: int
    ledger_id: str
    partitions: int
    partition: int
    tables: tuple[str, ...]


_NO_ROOM: Final = ("No space left", "NoSpace", "quota exceeded", "File too large")

_cache = Cache(_CACHE_BYTES)
_buffers = WriteBufferManager(_BUFFERS_BYTES, allow_stall=False)


class ViewStore:
    """Open store of one view and partition; made by ``create_store`` and ``open_store``."""

    def __init__(self, path: Path, view: str, db: Rdict) -> None:
        self.path = path
        self.view = view
        self._db = db
        self._unlogged = False
        self._without_log = WriteOptions()
        # A property at run time; the stubs declare a method.
        setattr(self._without_log, "disable_wal", True)  # noqa: B010

    def cursor(self) -> Cursor:
        """How far the store is. Raises ``ViewCorrupt`` when it does not say so."""
        return Cursor(**self._json(CURSOR, Cursor._fields))

    def stopped(self) -> Stopped | None:
        """Why the view went no further, when it has stopped."""
        return None if self.get(STOPPED) is None else Stopped(**self._json(STOPPED, Stopped._fields))

    def get(self, key: bytes) -> bytes | None:
        """Value of a key."""
        try:
            value: bytes | None = self._db.get(key)
        except Exception as broken:  # rocksdict raises nothing narrower
            raise self._fault(broken) from broken
        return value

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Values of many keys, in their order."""
        try:
            values: Any = self._db.get(list(keys))
        except Exception as broken:  # rocksdict raises nothing narrower
            raise self._fault(broken) from broken
        return list(values)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values that begin with ``prefix``, in order of the key.

        An iterator that met a bad block just ends, so its status is asked for.
        """
        return self.scan_on(prefix, prefix)

    def scan_on(self, prefix: bytes, begin: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys from ``begin`` on and values that begin with ``prefix``, the lowest key first."""
        options = ReadOptions()
        options.set_iterate_upper_bound(_after(prefix))
        rows = self._db.iter(options)
        try:
            rows.seek(begin)
            while rows.valid():
                yield rows.key(), rows.value()
                rows.next()
            rows.status()
        except LedgerFault:
            raise
        except Exception as broken:  # rocksdict raises nothing narrower
            raise self._fault(broken) from broken

    def scan_back(self, prefix: bytes, below: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Keys below ``below`` and values that begin with ``prefix``, the highest key first."""
        options = ReadOptions()
        options.set_iterate_upper_bound(min(below, _after(prefix)))  # what it calls the lower one is this too
        rows = self._db.iter(options)
        try:
            rows.seek_to_last()
            while rows.valid() and rows.key().startswith(prefix):
                yield rows.key(), rows.value()
                rows.prev()
            rows.status()
        except LedgerFault:
            raise
        except Exception as broken:  # rocksdict raises nothing narrower
            raise self._fault(broken) from broken

    def write(self, puts: Mapping[bytes, bytes | None], *, logged: bool) -> None:
        """Apply all of ``puts`` or none. Raises ``DiskFull`` when there is no room for them."""
        batch = WriteBatch(raw_mode=True)
        put, delete = batch.put, batch.delete
        for key, value in puts.items():
            if value is None:
                delete(key)
            else:
                put(key, value)
        try:
            if logged:
                self._settle()
                self._db.write(batch)
            else:
                self._unlogged = True
                self._db.write(batch, self._without_log)
        except Exception as broken:  # rocksdict raises nothing narrower
            raise self._fault(broken) from broken

    @contextmanager
    def unmerged(self) -> Iterator[None]:
        """Merge no files meanwhile: what is written costs the same however much there is."""
        self._set(_HELD, "true")
        yield
        self._set(_HELD, "false")

    def save(self, directory: Path) -> None:
        """Put all of the store, as it is now, into a new directory, durable on return.

        The SST files there are hard links to those here.
        """
        try:
            self._settle()
            Checkpoint(self._db).create_checkpoint(str(directory))
        except Exception as broken:  # rocksdict raises nothing narrower
            raise self._fault(broken) from broken

    def close(self) -> None:
        """Bring everything to disk and let go of the lock."""
        try:
            self._settle()
            self._db.close()
        except Exception as broken:  # rocksdict raises nothing narrower
            raise self._fault(broken) from broken

    def _set(self, option: str, value: str) -> None:
        try:
            self._db.set_options({option: value})
        except Exception as broken:  # rocksdict raises nothing narrower
            raise self._fault(broken) from broken

    def _settle(self) -> None:
        if self._unlogged:
            self._db.flush()
            self._unlogged = False

    def _json(self, key: bytes, fields: Sequence[str]) -> dict[str, Any]:
        data = self.get(key)
        try:
            values: Any = json.loads(data or b"")
        except ValueError as broken:
            raise ViewCorrupt(
                f"record {key!r} is missing or damaged", where=str(self.path), remedy=repair(self.view)
            ) from broken
        if not isinstance(values, dict) or set(values) != set(fields):
            raise ViewCorrupt(
                f"record {key!r} has other fields", where=str(self.path), remedy=repair(self.view)
            )
        return dict(values)

    def _fault(self, broken: Exception) -> LedgerFault:
        return _fault(broken, self.path, self.view)


def create_store(path: Path, identity: Identity) -> ViewStore:
    """A new store, with its cursor before block 1."""
    store = ViewStore(path, identity.view, _open(path, identity.view, writable=True, create=True))
    meta = {"format": FORMAT, **identity._asdict()}
    store.write({META: record(meta), CURSOR: record(START)}, logged=True)
    return store


def open_store(path: Path, identity: Identity, *, writable: bool) -> ViewStore:
    """The store at ``path``, for reading or for the one projector that writes it.

    Raises ``ViewMissing``, ``ViewCorrupt`` and ``FormatUnknown`` naming the rebuild that repairs
    it, and ``ViewLocked`` when another projector writes it. Never changes or deletes what it
    does not understand.
    """
    if not (path / "CURRENT").is_file():
        raise ViewMissing(
            "the files of this partition are gone", where=str(path), remedy=repair(identity.view)
        )
    store = ViewStore(path, identity.view, _open(path, identity.view, writable=writable, create=False))
    try:
        _check_identity(store, identity)
    except LedgerFault:
        store.close()
        raise
    return store


def _check_identity(store: ViewStore, identity: Identity) -> None:
    try:
        meta = json.loads(store.get(META) or b"")
    except ValueError as broken:
        raise ViewCorrupt(
            "the store does not say what it is", where=str(store.path), remedy=repair(identity.view)
        ) from broken
    expected = {"format": FORMAT, **identity._asdict(), "tables": list(identity.tables)}
    if not identity.ledger_id:
        del expected["ledger_id"]  # the log has no blocks, and does not say whose it is
    for name, value in expected.items():
        if meta.get(name) != value:
            raise FormatUnknown(
                f"{name} of the stored view is {meta.get(name)!r} and this program has {value!r}",
                where=str(store.path),
                remedy=repair(identity.view),
            )


def _open(path: Path, view: str, *, writable: bool, create: bool) -> Rdict:
    options = Options(raw_mode=True)
    options.create_if_missing(create)
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_write_buffer_manager(_buffers)
    options.set_keep_log_file_num(2)
    options.set_max_background_jobs(2)
    table = BlockBasedOptions()
    table.set_block_cache(_cache)
    table.set_bloom_filter(_BLOOM_BITS, block_based=False)
    options.set_block_based_table_factory(table)
    try:
        access = AccessType.read_write() if writable else AccessType.read_only()
        db = Rdict(str(path), options, access_type=access)
        if writable:
            db.set_options(_MERGING)
    except Exception as broken:  # rocksdict raises nothing narrower
        raise _fault(broken, path, view) from broken
    return db


def _fault(broken: Exception, path: Path, view: str) -> LedgerFault:
    text = str(broken)
    if any(words in text for words in _NO_ROOM):
        return DiskFull(
            f"no room for the view: {text}", where=str(path), remedy="Make room on the disk and start again"
        )
    if any(words in text for words in _LOCKED):
        return ViewLocked("another projector writes this view", where=str(path))
    return ViewCorrupt(text, where=str(path), remedy=repair(view))


def _after(prefix: bytes) -> bytes:
    """The first key after all that begin with ``prefix``, whose first byte is below 0xff."""
    stem = prefix.rstrip(b"\xff")
    return stem[:-1] + bytes((stem[-1] + 1,))
