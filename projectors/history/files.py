"""The files of the account history: ``DATA/history/<partition>/<first seq>-<last seq>.arrow`` and a manifest.

A file has the events of one partition between two seqs, void ones too, sorted by key and then seq, as they
lie in the log: columns ``seq`` and ``event``. Beside it lies an index: ``key`` and the number of its first
row. The key is the account; what positions are valued with lies in partition 0, the index ticks of a market
under ``*`` and the market, its marks under ``**`` and its parameters under ``***``. Some 80 bytes per event.

``MANIFEST`` says what there is and how far it goes; it is replaced in one step, and a file that it does not
name is not there. New events make a new file, and small files are merged like the digits of a binary counter,
up to ``FILE_EVENTS``.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

import polars as pl

from ledger.errors import DiskFull, FormatUnknown, ViewCorrupt, ViewLocked, ViewMissing

FORMAT: Final = 3
FILE_EVENTS: Final = 1_000_000
MANIFEST: Final = "MANIFEST"

INDICES: Final = "*"
MARKS: Final = "**"
TERMS: Final = "***"
"""What the keys of broadcast events begin with, before the market."""

REPAIR: Final = "Move the directory away and run `projectors history run`: it is made from the log again"

_BATCH_ROWS: Final = 4_096
"""Rows read at least for a lookup: one record batch, 2 ms."""

Span = tuple[int, int]
"""Two seqs, both included."""


class FileEntry(NamedTuple):
    """A file as the manifest names it."""

    name: str
    first_seq: int
    last_seq: int
    rows: int
    digest: str


class Manifest(NamedTuple):
    """What there is: up to which block, and the files of each partition in order of seq."""

    ledger_id: str
    height: int
    block_digest: str
    seq: int
    settlement_asset: str
    files: tuple[tuple[FileEntry, ...], ...]


def empty(ledger_id: str, partitions: int) -> Manifest:
    """A history that has nothing yet."""
    return Manifest(ledger_id, 0, "", 0, "", ((),) * partitions)


def read_manifest(root: Path) -> Manifest:
    """The manifest under ``root``.

    Raises ``ViewMissing`` when there is none, ``FormatUnknown`` and ``ViewCorrupt`` when it cannot be used.
    """
    path = root / MANIFEST
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ViewMissing(
            "there is no account history", where=str(root), remedy="Make it with `projectors history run`"
        ) from None
    except ValueError as broken:
        raise ViewCorrupt("the manifest cannot be read", where=str(path), remedy=REPAIR) from broken
    if stored.pop("format", None) != FORMAT:
        raise FormatUnknown("the account history has another format", where=str(path), remedy=REPAIR)
    try:
        files = tuple(tuple(FileEntry(**entry) for entry in own) for own in stored.pop("files"))
        return Manifest(**stored, files=files)
    except (KeyError, TypeError) as broken:
        raise ViewCorrupt("the manifest lacks fields", where=str(path), remedy=REPAIR) from broken


def write_manifest(root: Path, manifest: Manifest) -> None:
    """Replace the manifest in one step; the files that it names are durable already."""
    stored = {**manifest._asdict(), "format": FORMAT}
    stored["files"] = [[entry._asdict() for entry in own] for own in manifest.files]
    fresh = root / f"{MANIFEST}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(stored, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(root / MANIFEST)
    _sync(root)


def write_file(folder: Path, rows: pl.DataFrame) -> FileEntry:
    """Write rows ``key, seq, event`` of one partition as a file with its index; durable on return.

    Raises ``DiskFull`` when there is no room; what was written so far is not named by any manifest.
    """
    ordered = rows.sort("key", "seq", maintain_order=True)
    first_seq, last_seq = int(ordered["seq"].min()), int(ordered["seq"].max())  # type: ignore[arg-type]
    name = f"{first_seq}-{last_seq}.arrow"
    keys = ordered.get_column("key").rle().struct.unnest()
    index = keys.select(
        pl.col("value").alias("key"), (pl.col("len").cum_sum() - pl.col("len")).cast(pl.Int64).alias("first")
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ordered.select("seq", "event").write_ipc(
            folder / name, compression="lz4", record_batch_size=_BATCH_ROWS
        )
        index.write_ipc(_index_path(folder / name))
        for path in (folder / name, _index_path(folder / name), folder):
            _sync(path)
    except OSError as broken:
        raise DiskFull(
            f"the account history cannot be written: {broken}",
            where=str(folder),
            remedy="Make room and run again",
        ) from broken
    return FileEntry(name, first_seq, last_seq, ordered.height, file_digest(folder / name))


def file_digest(path: Path) -> str:
    """Digest of a file and its index. Raises ``ViewCorrupt`` when one of them is gone."""
    digest = blake2b(digest_size=32)
    try:
        for part in (path, _index_path(path)):
            data = part.read_bytes()
            digest.update(len(data).to_bytes(8, "big") + data)
    except FileNotFoundError as gone:
        raise ViewCorrupt(
            "a file of the account history is gone", where=str(gone.filename), remedy=REPAIR
        ) from gone
    return digest.hexdigest()


class HistoryFile:
    """An open file: reads the events of one key between two seqs."""

    def __init__(self, folder: Path, entry: FileEntry) -> None:
        self.entry = entry
        self._path = folder / entry.name

    def count(self, key: str) -> int:
        """How many events a key has in the file."""
        start, end = self._place(key)
        return end - start

    def events(self, key: str, spans: Sequence[Span]) -> list[bytes]:
        """Framed events of a key whose seq lies in one of the spans, in order of seq."""
        start, end = self._place(key)
        if start == end:
            return []
        within = pl.any_horizontal([pl.col("seq").is_between(*span) for span in spans])
        rows = self._slice(start, end - start).filter(within)
        events: list[bytes] = rows.get_column("event").to_list()
        return events

    def newest(self, key: str, spans: Sequence[Span]) -> bytes | None:
        """The last event of a key whose seq lies in one of the spans; looks at its end first."""
        start, end = self._place(key)
        size = _BATCH_ROWS
        within = pl.any_horizontal([pl.col("seq").is_between(*span) for span in spans])
        while start < end:
            first = max(start, end - size)
            rows = self._slice(first, end - first).filter(within)
            if not rows.is_empty():
                event: bytes = rows.get_column("event")[-1]
                return event
            end, size = first, size * 2
        return None

    def rows(self) -> pl.DataFrame:
        """Everything, as ``write_file`` takes it."""
        index = self._index
        ends = index.get_column("first").shift(-1).fill_null(self.entry.rows)
        lengths = (ends - index.get_column("first")).cast(pl.UInt32)
        keys = index.select(pl.col("key").repeat_by(lengths).explode()).to_series()
        return self._slice(0, self.entry.rows).insert_column(0, keys)

    @cached_property
    def _index(self) -> pl.DataFrame:
        with self._reading():
            return pl.read_ipc(_index_path(self._path))

    def _place(self, key: str) -> Span:
        """The first row of a key, and the one after its last; the same for a key that has none."""
        keys = self._index.get_column("key")
        place = int(keys.search_sorted(key))
        if place == len(keys) or keys[place] != key:
            return 0, 0
        firsts = self._index.get_column("first")
        return firsts[place], firsts[place + 1] if place + 1 < len(keys) else self.entry.rows

    def _slice(self, first: int, count: int) -> pl.DataFrame:
        with self._reading():
            rows = pl.scan_ipc(self._path).slice(first, count).collect()
        if rows.height != count:
            raise ViewCorrupt("the file has fewer rows than its index", where=str(self._path), remedy=REPAIR)
        return rows

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pl.exceptions.PolarsError) as broken:
            raise ViewCorrupt(
                f"a file of the account history cannot be read: {str(broken).splitlines()[0]}",
                where=str(self._path),
                remedy=REPAIR,
            ) from broken


def delete_unnamed(root: Path, manifest: Manifest) -> None:
    """Delete what a killed run left and what was merged: files that the manifest does not name."""
    for partition, entries in enumerate(manifest.files):
        named = {path.name for entry in entries for path in _paths(root / str(partition) / entry.name)}
        folder = root / str(partition)
        for path in folder.iterdir() if folder.exists() else ():
            if path.name not in named:
                with suppress(FileNotFoundError):
                    path.unlink()


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """One process at a time adds to the history. Raises ``ViewLocked`` while another does."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "LOCK").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ViewLocked("another process adds to the account history", where=str(root)) from None
        yield


def _paths(path: Path) -> tuple[Path, Path]:
    return path, _index_path(path)


def _index_path(path: Path) -> Path:
    return path.with_suffix(".index")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
