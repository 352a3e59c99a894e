"""Rows of views and ranges of events as Parquet or CSV files.

Columns keep their names and units (``price_e8`` counts 1e-8) and are whole numbers and texts, so nothing is
rounded. Sums have 128 bits in a view; in Parquet they are decimals of 38 digits, which other programs read.
A file is written beside its place and renamed into it when it is whole and durable.
"""

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

from ledger.errors import CodecFault, DiskFull, SettingsFault, ViewFault
from ledger.log.chain import Chain
from ledger.log.port import LogReader
from projectors.columns.along import walk
from projectors.columns.events import PARTITION, SETTLEMENT, known_events
from projectors.columns.feed import Blocks
from projectors.columns.frames import DecodedFrames, Routes

EVENTS_MAX: Final = 200_000
"""Events in memory at a time."""

HEADER: Final = ("seq", "recorded_at_us", "occurred_at_us", "command_id", "cause_seq")
"""What every event has."""

_DIGITS: Final = 38


class FileFormat(Enum):
    """How a file is written."""

    PARQUET = "parquet"
    CSV = "csv"


def format_of(path: Path, named: FileFormat | None) -> FileFormat:
    """The format named, or that of the file's name. Raises ``SettingsFault`` when neither says."""
    if named is not None:
        return named
    try:
        return FileFormat(path.suffix.removeprefix(".").lower())
    except ValueError:
        raise SettingsFault(
            "the name of the file says no format", where=str(path), remedy="Give --format parquet or csv"
        ) from None


def write_rows(rows: pl.DataFrame, path: Path, kind: FileFormat) -> int:
    """Write the rows of a table; returns how many."""
    with _fresh(path) as fresh:
        _sink(rows.lazy(), fresh, kind)
    return rows.height


def write_events(  # noqa: PLR0913
    log: LogReader,
    chain: Chain,
    seqs: tuple[int, int],
    names: Sequence[str],
    path: Path,
    kind: FileFormat,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write the events of a chain with a seq between two, both included; returns how many.

    Of a single type, every field is a column. Of several, or of all for no names, the fields that are not
    in every event are JSON in ``fields``.
    """
    unknown = [name for name in names if name not in known_events()]
    if unknown:
        raise SettingsFault(
            f"there is no event {unknown[0]!r}", remedy="See docs/reference/events.md for their names"
        )
    wanted = list(names) or list(known_events())
    needs = {name: tuple(known_events()[name].columns) for name in wanted}
    with _writing(path), TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as scratch:
        parts: list[Path] = []
        count = 0
        for blocks in _blocks(log, chain, seqs):
            frame = _events(blocks, needs, seqs, long=len(wanted) > 1)
            if not frame.is_empty():
                parts.append(Path(scratch) / f"{len(parts)}.arrow")
                frame.write_ipc(parts[-1])
                count += frame.height
            if progress is not None:
                progress(blocks.last.height, chain.tip)
        whole = pl.scan_ipc(parts) if parts else _nothing(needs, long=len(wanted) > 1).lazy()
        with _fresh(path) as fresh:
            _sink(whole, fresh, kind)
    return count


def _blocks(log: LogReader, chain: Chain, seqs: tuple[int, int]) -> Iterator[Blocks]:
    """The blocks of a chain that have seqs between two."""
    low, high = 0, chain.tip
    while low < high:
        middle = (low + high + 1) // 2
        if log.seal(middle).last_seq < seqs[0]:
            low = middle
        else:
            high = middle - 1
    for blocks in walk(log, range(log.partitions), chain, chain.newest_at(low), chain.tip, EVENTS_MAX):
        if blocks.seals[0].first_seq > seqs[1]:
            return
        yield blocks


def _events(
    blocks: Blocks, needs: dict[str, tuple[str, ...]], seqs: tuple[int, int], *, long: bool
) -> pl.DataFrame:
    """Events of some blocks in order of seq."""
    routed = Routes(known_events()).route(blocks.parts, bytes.fromhex(blocks.last.digest))
    span = (blocks.seals[0].first_seq, blocks.last.last_seq)
    frames = DecodedFrames(known_events(), needs, routed, span)
    found = [_rows(name, frame, long=long) for name in needs if (frame := frames.frame(name)) is not None]
    if not found:
        return _nothing(needs, long=long)
    ends = pl.Series("ends", [seal.last_seq for seal in blocks.seals])
    heights = pl.Series("heights", [seal.height for seal in blocks.seals])
    rows = pl.concat(found).filter(pl.col("seq").is_between(*seqs)).sort("seq")
    places = ends.search_sorted(rows.get_column("seq"))
    return rows.insert_column(1, heights.gather(places).alias("height"))


def _rows(name: str, frame: pl.DataFrame, *, long: bool) -> pl.DataFrame:
    """One type's events, broadcast ones once."""
    event = known_events()[name]
    if event.broadcast:
        frame = frame.filter(pl.col(PARTITION) == 0)
    columns = list(event.columns)
    if not long:
        return frame.select(*columns)
    own = [column for column in columns if column not in HEADER]
    return frame.select(
        *HEADER,
        pl.lit(name).alias("event"),
        *(
            (pl.col(column) if column in columns else pl.lit("").alias(column))
            for column in ("account", "market")
        ),
        pl.struct(own).struct.json_encode().alias("fields"),
    ).drop(SETTLEMENT, strict=False)


def _nothing(needs: dict[str, tuple[str, ...]], *, long: bool) -> pl.DataFrame:
    """No events, with the columns that they would have."""
    name = next(iter(needs))
    empty = pl.DataFrame(schema={**known_events()[name].columns, PARTITION: pl.UInt8()})
    height = pl.Series("height", [], dtype=pl.Int64)
    return _rows(name, empty, long=long).insert_column(1, height)


def _sink(rows: pl.LazyFrame, path: Path, kind: FileFormat) -> None:
    if kind is FileFormat.CSV:
        rows.sink_csv(path)
        return
    sums = [name for name, dtype in rows.collect_schema().items() if dtype == pl.Int128()]
    try:
        rows.with_columns(pl.col(sums).cast(pl.Decimal(_DIGITS, 0))).sink_parquet(path)
    except pl.exceptions.InvalidOperationError as broken:
        raise CodecFault(
            f"a sum has more than the {_DIGITS} digits that Parquet holds", remedy="Export it as CSV"
        ) from broken


@contextmanager
def _fresh(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` when all of it is on the disk."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    with _writing(path):
        try:
            yield fresh
            with fresh.open("rb+") as file:
                os.fsync(file.fileno())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell what the system says of writing a file."""
    try:
        yield
    except OSError as broken:
        if broken.errno == errno.ENOSPC or "No space" in str(broken):
            raise DiskFull(
                f"no room for the file: {broken}", where=str(path), remedy="Make room and export again"
            ) from broken
        raise ViewFault(
            f"the file cannot be written: {broken}", where=str(path), remedy="Name another place with --out"
        ) from broken
