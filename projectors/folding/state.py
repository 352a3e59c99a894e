"""A view at work over the partitions that one process has.

``fold`` applies frames, ``commit`` makes what was applied durable together with the cursor, and
``drop`` forgets what was not committed.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

import polars as pl

from ledger.errors import ViewStopped
from ledger.log.chain import Restatement
from ledger.rows import LaneDigest, decode_row, encode_row
from projectors.columns.events import PARTITION, known_events
from projectors.columns.frames import Frames
from projectors.columns.rowtext import decoded, encoded
from projectors.define.definitions import Check, Lines, Scan
from projectors.define.own_code import of_the_view
from projectors.define.plan import SEQ, ExtractPlan, TablePlan
from projectors.define.view import View
from projectors.folding.digests import merged
from projectors.folding.fold import GONE, LINE, OLD, Contributions, contributions, folded, merge, widened
from projectors.folding.partition import PartitionRows, row_prefix
from projectors.folding.rows import merged_rows
from projectors.folding.runs import SAME
from projectors.port import RowStore

_KEY: Final = "_key"
_PLACE: Final = "_place"
_PICKED: Final = "_picked"


MERGED_ROWS: Final = 65_536
"""Rows of a table that are merged with the older ones at a time: of all of a step they take 300 MB more."""

RUN_LINES_MAX: Final = 256
"""Lines of a run: who reads a page of lines decodes so many more than it needs."""


class ViewState:
    """A view with its open stores by partition, of ``partition_count`` that the ledger has."""

    def __init__(self, view: View, stores: Mapping[int, RowStore], partition_count: int) -> None:
        self.view = view
        stored = view.plan.stored()
        self._numbers = {name: number for number, name in enumerate(stored)}
        digested = [name for name in stored if name in view.plan.shown()]
        self.partitions = {
            number: PartitionRows(store, stored, digested) for number, store in sorted(stores.items())
        }
        self.partition_count = partition_count
        """Partitions of the ledger, of which this process may have some only."""
        self.restatements: Sequence[Restatement] = ()
        """Corrections of the history that is followed, as far as the log has them by now."""
        self.as_recorded = False
        """Whether it goes on where a law is broken: to show what was recorded, and not what is believed."""
        self.only: frozenset[str] = frozenset()
        """Tables that are folded, with their extracts; all of them where none is named."""
        self._extracts: dict[str, list[ExtractPlan]] = {table.name: [] for table in view.plan.tables}
        for extract in view.plan.extracts:
            self._extracts[extract.of].append(extract)

    def fold(self, frames: Frames, *, whole: bool = True) -> None:
        """Apply frames of whole commands. Raises ``ViewStopped`` or ``CodecFault``; then ``drop``.

        With ``whole=False`` they may end inside a command: its events are folded as far as they
        are there, and nothing is expected of them together.
        """
        for check in self.view.plan.checks if whole else ():
            check_events(check, frames)
        for table in self.view.plan.tables:
            if self.only and table.name not in self.only:
                continue
            given = contributions(table, frames)
            if given is None:
                continue
            if isinstance(table.definition, Lines):
                self._fold_lines(table, given.rows)
            elif isinstance(table.definition, Scan):
                self._fold_scan(table, table.definition, given.rows)
            else:
                self._fold_table(table, given)

    def drop(self) -> None:
        """Forget what was folded and not committed."""
        for partition in self.partitions.values():
            partition.drop()

    def digest(self, table: str) -> LaneDigest:
        """Digest of a shown table over all partitions, of partition 0 for broadcast rows."""
        if self.view.plan.shown()[table].broadcast:
            return next(iter(self.partitions.values())).digests[table]
        return merged([partition.digests[table] for partition in self.partitions.values()])

    def check_laws(self) -> None:
        """Raise ``ViewStopped`` with the breaches of the view's laws; all partitions must be here."""
        if not self.as_recorded and len(self.partitions) == self.partition_count:
            for law, breaches in self.breaches():
                raise ViewStopped("; ".join(breaches), where=law)

    def breaches(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Laws that are broken, each with how; all partitions must be here."""
        rows = cache(self.rows)
        for law in self.view.laws:
            with of_the_view("the law", law.name):
                found = [
                    one
                    for one in law.broken(rows)
                    if law.mended is None or not law.mended(one, self.restatements)
                ]
            if found:
                yield law.name, found

    def rows(self, table: str) -> pl.DataFrame:
        """Key and columns of a shown table over all partitions, as folded so far."""
        plan = self.view.plan.shown()[table]
        return merged_rows(plan, [partition.scan(table) for partition in self.partitions.values()])

    def _fold_table(self, table: TablePlan, given: Contributions) -> None:
        """Merge folded rows into those that were there, in order of the key, some at a time."""
        rows = folded(table, given)
        key = encoded(rows, table.key, prefix=row_prefix(self._numbers[table.stored_as]))
        ordered = rows.with_columns(key.alias(_KEY)).sort(PARTITION, _KEY)
        for some in ordered.iter_slices(MERGED_ROWS):
            self._merge_rows(table, widened(given, some))

    def _merge_rows(self, table: TablePlan, rows: pl.DataFrame) -> None:
        keys = rows.get_column(_KEY).to_list()
        places = slices(rows)
        old_rows: list[bytes | None] = []
        for partition, place in places:
            old_rows += self.partitions[partition].get_many(keys[place])
        both = merge(table, rows.drop(_KEY).with_columns(_old_columns(table, old_rows)))
        new_rows = self._rows(table, both)
        for partition, place in places:
            self.partitions[partition].put(table.stored_as, keys[place], old_rows[place], new_rows[place])
        for extract in self._extracts[table.name]:
            self._fold_extract(extract, both)

    def _fold_extract(self, extract: ExtractPlan, both: pl.DataFrame) -> None:
        """Put the rows that the extract has or had."""
        names = [name for name in both.columns if name.startswith(OLD)]
        olds = both.select(*extract.key, *[pl.col(name).alias(name.removeprefix(OLD)) for name in names])
        had, has = (
            frame.with_columns(extract.where.alias(_PICKED)).get_column(_PICKED) for frame in (olds, both)
        )
        picked = had | has
        olds, both = olds.filter(picked), both.filter(picked)
        was = self._rows(extract, olds, extract.where)
        now = self._rows(extract, both, extract.where)
        keys = self._keys(extract.name, extract.key, both)
        for partition, place in slices(both):
            self.partitions[partition].put(extract.name, keys[place], was[place], now[place])

    def _keys(self, table: str, key: Mapping[str, pl.DataType], rows: pl.DataFrame) -> list[bytes]:
        """Keys of the rows in the store."""
        return encoded(rows, key, prefix=row_prefix(self._numbers[table])).to_list()

    def _rows(
        self, plan: TablePlan | ExtractPlan, frame: pl.DataFrame, where: pl.Expr | None = None
    ) -> list[bytes | None]:
        """Bytes of the rows for which ``where`` holds; ``None`` for the others and for ended keys."""
        if GONE in frame.columns:
            where = ~pl.col(GONE) if where is None else where & ~pl.col(GONE)
        rows: list[bytes | None] = encoded(frame, plan.columns, plan.absent, where=where).to_list()
        return rows

    def _fold_lines(self, table: TablePlan, rows: pl.DataFrame) -> None:
        """Store the lines of each key as runs, under the key and the seq of the first."""
        lines = rows.get_column(LINE).to_list()
        placed = rows.drop(LINE).with_row_index(_PLACE)
        begun = pl.when(~pl.col(SAME)).then(_PLACE).forward_fill()
        firsts = placed.filter((pl.col(_PLACE) - begun) % RUN_LINES_MAX == 0)
        names = {name: kind for name, kind in table.key.items() if name != "seq"}
        keys = self._keys(table.name, names, firsts)
        starts = firsts.get_column(_PLACE).to_list()
        spans = zip(keys, firsts.get_column(SEQ).to_list(), starts, [*starts[1:], len(lines)], strict=True)
        runs = [(key, seq, lines[start:end]) for key, seq, start, end in spans]
        for partition, place in slices(firsts):
            self.partitions[partition].put_lines(table.name, runs[place])

    def _fold_scan(self, table: TablePlan, scan: Scan, rows: pl.DataFrame) -> None:
        keys = self._keys(table.name, table.key, rows)
        inputs = [name for name in rows.columns if name not in (PARTITION, SEQ, SAME, *table.key)]
        for partition, place in slices(rows):
            distinct = list(dict.fromkeys(keys[place]))
            old_rows = self.partitions[partition].get_many(distinct)
            states = {
                key: dict(zip(table.columns, decode_row(row), strict=True)) if row else dict(scan.columns)
                for key, row in zip(distinct, old_rows, strict=True)
            }
            for key, event in zip(keys[place], rows[place].select(inputs).iter_rows(named=True), strict=True):
                given = {name: value for name, value in event.items() if value is not None}
                states[key] = _stepped(scan, states[key], given)
            new_rows = [encode_row([states[key][name] for name in table.columns]) for key in distinct]
            self.partitions[partition].put(table.name, distinct, old_rows, new_rows)


def slices(rows: pl.DataFrame) -> list[tuple[int, slice]]:
    """Partitions of a frame that is sorted by partition, each with the place of its rows."""
    places = []
    start = 0
    for run in rows.get_column(PARTITION).rle().struct.unnest().iter_rows():
        length, partition = run
        places.append((partition, slice(start, start + length)))
        start += length
    return places


def check_events(check: Check, frames: Frames) -> None:
    """Raise ``ViewStopped`` with the first event for which the check does not hold."""
    for name in check.events:
        frame = frames.frame(name)
        if frame is None:
            continue
        parts = frame.partition_by(PARTITION) if known_events()[name].broadcast else [frame]
        for part in parts:
            with of_the_view(f"the check on {name}", check.name):
                broken = part.filter(~check.holds.fill_null(value=False))
            if not broken.is_empty():
                first = broken.sort("seq").row(0, named=True)
                whose = first.get("account", first.get("market", ""))
                raise ViewStopped(f"{name} of {whose} at seq {first['seq']} breaks: {check.name}")


def _old_columns(table: TablePlan, rows: list[bytes | None]) -> list[pl.Series]:
    """Columns of older rows with ``OLD`` before their names; null where there was no row."""
    stored = pl.Series(rows, dtype=pl.Binary)
    found = stored.drop_nulls()
    if found.is_empty():
        return [
            pl.Series(OLD + name, [None], dtype=kind).extend_constant(None, len(rows) - 1)
            for name, kind in table.columns.items()
        ]
    columns = decoded(found, table.columns, table.absent)
    if found.len() < len(rows):
        there = stored.is_not_null()
        places = pl.select(pl.when(there).then(there.cum_sum().cast(pl.Int64) - 1)).to_series()
        columns = columns.select(pl.all().gather(places))
    return [column.alias(OLD + column.name) for column in columns.iter_columns()]


def _stepped(
    scan: Scan, row: Mapping[str, int | str], event: Mapping[str, int | str]
) -> dict[str, int | str]:
    with of_the_view("the step", f"table {scan.name}"):
        stepped = scan.step(row, event)
    if stepped.keys() != scan.columns.keys():
        raise ViewStopped(f"a step gives the columns {', '.join(stepped)}", where=f"table {scan.name}")
    for name, start in scan.columns.items():
        if type(stepped[name]) is not type(start):
            raise ViewStopped(f"a step gives {stepped[name]!r} for {name}", where=f"table {scan.name}")
    return dict(stepped)
