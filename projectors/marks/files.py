"""Checkpoints on disk: ``gen-<N>/checkpoints/<height>/<partition>`` and ``<partition>.json`` beside it.

The directory is a RocksDB checkpoint of the partition's store: its SST files are hard links, so it costs
a flush and no copies. The JSON says which block it is of and is written last, by renaming: a
partition's part is there with it or not at all, so that processes that share a view's partitions need
not know of each other. A checkpoint is whole when all partitions have their part.

Files of a checkpoint are never written again. A store that is begun from one links the SST files, which
RocksDB never changes, and copies the others, which it does (``restore``).

What is checked before a checkpoint is used costs little, however large it is (docs/adr/0010): its
record with a digest of its own, ledger, view, format and schemas, its block in the log, sizes of all
files, contents of all but SST files, and after opening the cursor and the digests of the tables. Rows
have RocksDB's checksums, found when they are read; ``full_check`` adds all of them up.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import blake2b, sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

from ledger.errors import CheckpointCorrupt, invariant
from ledger.log.port import LogReader
from projectors.bootstrap import identity_of
from projectors.define.view import View
from projectors.folding.partition import PartitionRows
from projectors.folding.state import ViewState
from projectors.marks.records import read_record, room_for, sync, write_record
from projectors.port import Cursor
from projectors.stores.store import ViewStore

FORMAT: Final = 1
CHECKPOINTS: Final = "checkpoints"

_HEIGHT_DIGITS: Final = 12
_SST: Final = ".sst"
_REWRITTEN: Final = ("rocksdict-config.json",)
"""Files that whoever opens a store writes again, for reading too."""
_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Header:
    """What a partition's part of a checkpoint says of itself.

    ``schema_lock`` is the SHA-256 of the schema lock, ``cursor`` has height, seal digest and seq of the
    block, ``digests`` are those of the tables in this partition. ``files`` has the size of each file,
    and the BLAKE2b digest of those that are no SST files.
    """

    format: int
    identity: Mapping[str, Any]
    schema_lock: str
    cursor: Cursor
    digests: Mapping[str, str]
    files: Mapping[str, Sequence[int | str]]


@cache
def schema_lock() -> str:
    """SHA-256 of the schema lock of this program."""
    return sha256((files("schemas") / "lock.json").read_bytes()).hexdigest()


def path_of(generation: Path, height: int) -> Path:
    """Directory of the checkpoint at ``height``."""
    return generation / CHECKPOINTS / f"{height:0{_HEIGHT_DIGITS}d}"


def generation_of(state: ViewState) -> Path:
    """Directory of the generation that an open view is of."""
    return _stored(next(iter(state.partitions.values()))).path.parent


@contextmanager
def unmerged(states: Sequence[ViewState]) -> Iterator[None]:
    """Have the stores of views merge no files meanwhile, and do it later: a rollback costs its tail."""
    with ExitStack() as held:
        for state in states:
            for rows in state.partitions.values():
                held.enter_context(_stored(rows).unmerged())
        yield


def heights(generation: Path, partitions: Sequence[int]) -> list[int]:
    """Blocks with a checkpoint that has a part of each of ``partitions``, in order; not looked into."""
    return sorted(
        int(path.name)
        for path in (generation / CHECKPOINTS).glob("[0-9]*")
        if path.name.isdecimal() and all(_record(path, number).is_file() for number in partitions)
    )


def save(generation: Path, view: View, log: LogReader, number: int, rows: PartitionRows) -> None:
    """Make a partition's part of the checkpoint of the block at which it stands, durable on return.

    Raises ``DiskFull``; then, and after a kill, there is no such part.
    """
    place = path_of(generation, rows.cursor.height)
    _remove_part(place, number)
    store = _stored(rows)
    with room_for("a checkpoint", place):
        place.mkdir(parents=True, exist_ok=True)
        store.save(place / str(number))
        header = Header(
            FORMAT,
            _identity(view, log, number),
            schema_lock(),
            rows.cursor,
            {table: digest.hexdigest() for table, digest in rows.digests.items()},
            _listed(place / str(number)),
        )
        write_record(_record(place, number), {**asdict(header), "cursor": rows.cursor._asdict()})


def read(generation: Path, view: View, log: LogReader, height: int) -> dict[int, Header]:
    """What the parts of a checkpoint say, by partition, once it is sure that they may be built on.

    Raises ``CheckpointCorrupt`` for one that is incomplete, damaged, of other data or of another block
    than the log has there.
    """
    place = path_of(generation, height)
    headers = {number: _read_part(place, view, log, number) for number in range(log.partitions)}
    if len({header.cursor for header in headers.values()}) != 1:
        raise CheckpointCorrupt("its partitions stand at different blocks", where=str(place))
    head = log.head()
    if head is None or height > head.height or log.seal(height).digest != headers[0].cursor.digest:
        raise CheckpointCorrupt(f"its block {height} is not the one in this log", where=str(place))
    return headers


def check_opened(headers: Mapping[int, Header], partitions: Mapping[int, PartitionRows], where: Path) -> None:
    """Raise ``CheckpointCorrupt`` unless opened stores stand where the headers say, with their digests."""
    for number, rows in partitions.items():
        header = headers[number]
        if rows.cursor != header.cursor:
            raise CheckpointCorrupt(
                f"partition {number} stands at block {rows.cursor.height}, not {header.cursor.height}",
                where=str(where),
            )
        for table, digest in rows.digests.items():
            if digest.hexdigest() != header.digests.get(table):
                raise CheckpointCorrupt(
                    f"the digest of {table} in partition {number} is wrong", where=str(where)
                )


def restore(generation: Path, height: int, partitions: int, place: Path) -> None:
    """Begin the stores of a new generation at ``place`` with those of a checkpoint, durable on return.

    Older checkpoints of the generation come along, and that one too: they are of the same chain.
    """
    source = path_of(generation, height)
    with room_for("a generation", place):
        for number in range(partitions):
            target = place / str(number)
            target.mkdir(parents=True)
            for path in (source / str(number)).iterdir():
                if path.suffix == _SST:
                    os.link(path, target / path.name)
                else:
                    shutil.copyfile(path, target / path.name)
                    sync(target / path.name)
            sync(target)
        for older in heights(generation, range(partitions)):
            if older <= height:
                shutil.copytree(path_of(generation, older), path_of(place, older), copy_function=os.link)
        sync(place)


def drop(generation: Path, height: int, partitions: Sequence[int]) -> None:
    """Remove parts of a checkpoint, records first, and its directory with the last of them."""
    place = path_of(generation, height)
    for number in partitions:
        _remove_part(place, number)
    if place.is_dir() and not any(place.iterdir()):
        place.rmdir()


def drop_unfinished(generation: Path, partitions: Sequence[int]) -> None:
    """Remove what a kill left half made of the parts of ``partitions``."""
    for place in (generation / CHECKPOINTS).glob("[0-9]*"):
        for number in partitions:
            if not _record(place, number).is_file():
                _remove_part(place, number)


def _read_part(place: Path, view: View, log: LogReader, number: int) -> Header:
    path = _record(place, number)
    values = read_record(path)
    try:
        header = Header(**{**values, "cursor": Cursor(**values.get("cursor", {}))})
    except TypeError as fault:
        raise CheckpointCorrupt("its record has other fields", where=str(path)) from fault
    expected = (FORMAT, _identity(view, log, number), schema_lock())
    if (header.format, header.identity, header.schema_lock) != expected:
        raise CheckpointCorrupt("it is of another version, or of another ledger", where=str(path))
    if place != path_of(place.parent.parent, header.cursor.height):
        raise CheckpointCorrupt(f"it is that of block {header.cursor.height}", where=str(place))
    _check_files(place / str(number), header)
    return header


def _check_files(directory: Path, header: Header) -> None:
    """Raise ``CheckpointCorrupt`` unless the files are those that were listed."""
    found = _listed(directory)
    for name in sorted(found.keys() | header.files.keys()):
        if name not in found:
            raise CheckpointCorrupt("the file is gone", where=str(directory / name))
        if name not in header.files:
            raise CheckpointCorrupt("the file does not belong here", where=str(directory / name))
        if found[name] != list(header.files[name]):
            raise CheckpointCorrupt("the file was changed since it was written", where=str(directory / name))


def _listed(directory: Path) -> dict[str, list[int | str]]:
    listed: dict[str, list[int | str]] = {}
    for path in directory.iterdir() if directory.is_dir() else ():
        if path.name in _REWRITTEN:
            continue
        listed[path.name] = [path.stat().st_size]
        if path.suffix != _SST:
            listed[path.name].append(blake2b(path.read_bytes(), digest_size=_DIGEST_BYTES).hexdigest())
    return listed


def _stored(rows: PartitionRows) -> ViewStore:
    invariant(isinstance(rows.store, ViewStore), "checkpoints are of views on disk")
    return cast(ViewStore, rows.store)


def _identity(view: View, log: LogReader, number: int) -> dict[str, Any]:
    identity = identity_of(view, log, number)
    return {**identity._asdict(), "tables": list(identity.tables)}


def _record(place: Path, number: int) -> Path:
    return place / f"{number}.json"


def _remove_part(place: Path, number: int) -> None:
    _record(place, number).unlink(missing_ok=True)
    shutil.rmtree(place / str(number), ignore_errors=True)
