"""Folding frames: which rows the events of some blocks make, before older rows come in.

``contributions`` are the rows that single events become, those of one key side by side and in
order. ``folded`` makes one row of those of one key. ``merge`` puts them together with the row that
was there. All of it works on all partitions at once: the partition is a part of every key.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from ledger.errors import ViewStopped
from projectors.columns.events import PARTITION
from projectors.columns.frames import Frames
from projectors.columns.rowtext import encoded
from projectors.define.definitions import Lines
from projectors.define.folds import FoldKind
from projectors.define.own_code import of_the_view
from projectors.define.plan import BEFORE, END, SEQ, Source, TablePlan
from projectors.folding.runs import RUN, SAME, in_runs, run_numbers, same_runs

FRESH = "_fresh"
"""True where an end came first, so that what the key was before no longer counts."""

GONE = "_gone"
"""True where an end came last, so that there is no row."""

FIRST = "_first_"
"""Prefix of the column with the first ``before`` of a key, to be compared with the older row."""

OLD = "_old_"
"""Prefix of the columns of the older row; null where there was none."""

LINE = "_line"
"""Column with a whole line, where the table has lines."""

PLACE = "_place_"
"""Prefix of the column with row numbers of what was set aside."""

_ASIDE_MIN: Final = 3
"""Fewer columns of one source than this are not worth setting aside."""

_AGGREGATES: Final[dict[FoldKind, Callable[[pl.Expr], pl.Expr]]] = {
    FoldKind.LAST: pl.Expr.last,
    FoldKind.TOTAL: pl.Expr.sum,
    FoldKind.LEAST: pl.Expr.min,
    FoldKind.GREATEST: pl.Expr.max,
}


@dataclass(frozen=True, slots=True)
class Contributions:
    """Rows that single events become, as ``runs.in_runs`` orders them.

    Columns that only one source gives, such as the terms of an order, are not carried through sort
    and fold: ``aside`` has that source's own rows, and a column of row numbers stands for them.
    """

    rows: pl.DataFrame
    kinds: dict[str, FoldKind]
    aside: dict[str, pl.DataFrame]


def contributions(table: TablePlan, frames: Frames) -> Contributions | None:
    """What the events contribute to a table; ``None`` when no event counts.

    Raises ``ViewStopped`` where an expression gives nothing for an event.
    """
    parts = [part for source in table.sources if (part := _part(table, source, frames)) is not None]
    if not parts:
        return None
    kinds, aside = dict(table.kinds), dict[str, pl.DataFrame]()
    if isinstance(table.definition, Lines):
        parts = [_as_lines(table, part) for part in parts]
    elif table.unordered:
        parts = [_summed(table, part) for part in parts]
    elif len(parts) > 1:
        parts, kinds, aside = _set_aside(table, parts)
    rows = parts[0] if len(parts) == 1 else pl.concat(parts, how="diagonal")
    given = {name: table.columns[name] for name in kinds if name in table.columns}
    given |= {BEFORE + name: table.columns[name] for name in table.chains}
    lacking = [
        pl.lit(None, dtype=kind).alias(name) for name, kind in given.items() if name not in rows.columns
    ]
    ordered = in_runs(rows.with_columns(lacking) if lacking else rows, table.definition.key)
    return Contributions(ordered, kinds, aside)


def folded(table: TablePlan, given: Contributions) -> pl.DataFrame:
    """One row per partition and key, by partition, with what ``widened`` and ``merge`` must know."""
    rows = given.rows
    sparse = {column.name for column in rows.iter_columns() if column.null_count()}
    if table.chains:
        rows = _check_chains(table, rows, sparse)
    if END in rows.columns and rows.get_column(END).any():
        rows = _folded_with_ends(table, given.kinds, rows, sparse)
    else:
        rows = _group(table, given.kinds, rows, sparse)
    return rows


def widened(given: Contributions, rows: pl.DataFrame) -> pl.DataFrame:
    """Some of the rows that ``folded`` gave, with the columns that were set aside."""
    for place, part in given.aside.items():
        rows = rows.hstack(part.select(pl.all().gather(rows.get_column(place)))).drop(place)
    return rows


def merge(table: TablePlan, rows: pl.DataFrame) -> pl.DataFrame:
    """The new rows: ``rows`` as ``widened`` gave them, with ``OLD`` columns beside.

    Raises ``ViewStopped`` where the older row is not what the first event says it was.
    """
    _check_firsts(table, rows)
    columns = []
    for name, kind in table.kinds.items():
        new, old = pl.col(name), pl.col(OLD + name)
        if FRESH in rows.columns:
            old = pl.when(pl.col(FRESH)).then(None).otherwise(old)
        columns.append(_merged(kind, new, old, table.columns[name]).alias(name))
    return rows.with_columns(columns)


def _part(table: TablePlan, source: Source, frames: Frames) -> pl.DataFrame | None:
    frame = frames.frame(source.event)
    if frame is None or frame.is_empty():
        return None
    with of_the_view(f"rows of {source.event}", f"table {table.name}"):
        if source.where is not None:
            frame = frame.filter(source.where)
            if frame.is_empty():
                return None
        part = frame.select(source.select)
    for column in part.iter_columns():
        if column.null_count():
            seq = part.filter(column.is_null()).get_column(SEQ)[0]
            raise ViewStopped(
                f"{source.event} at seq {seq} gives no {column.name}", where=f"table {table.name}"
            )
    return part


def _as_lines(table: TablePlan, part: pl.DataFrame) -> pl.DataFrame:
    """The rows as text, ahead of the sort: seq and columns of each in one."""
    lines = encoded(part, {SEQ: pl.Int64(), **table.columns})
    return part.select(PARTITION, SEQ, *table.definition.key, lines.alias(LINE))


def _summed(table: TablePlan, rows: pl.DataFrame) -> pl.DataFrame:
    """One row per key, ahead of the sort: for folds that do not look at the order."""
    columns = [name for name in table.kinds if name in rows.columns]
    aggregates = [_AGGREGATES[table.kinds[name]](pl.col(name)) for name in columns]
    return rows.group_by(PARTITION, *table.definition.key).agg(pl.col(SEQ).max(), *aggregates)


def _set_aside(
    table: TablePlan, parts: list[pl.DataFrame]
) -> tuple[list[pl.DataFrame], dict[str, FoldKind], dict[str, pl.DataFrame]]:
    """The parts with a column of row numbers in place of ``last`` columns that no other part has."""
    found = Counter(name for part in parts for name in part.columns)
    single = {
        name
        for name, kind in table.kinds.items()
        if found[name] == 1 and kind is FoldKind.LAST and name not in table.chains
    }
    kinds = dict(table.kinds)
    aside: dict[str, pl.DataFrame] = {}
    narrow = []
    for number, part in enumerate(parts):
        own = [name for name in part.columns if name in single]
        if len(own) < _ASIDE_MIN:
            narrow.append(part)
            continue
        place = f"{PLACE}{number}"
        aside[place] = part.select(own)
        kinds = {name: kind for name, kind in kinds.items() if name not in own} | {place: FoldKind.LAST}
        narrow.append(part.drop(own).with_row_index(place))
    return narrow, kinds, aside


def _check_chains(table: TablePlan, rows: pl.DataFrame, sparse: set[str]) -> pl.DataFrame:
    """The rows with ``FIRST`` columns: what the first event of each key says was there.

    Raises ``ViewStopped`` unless every other ``before`` is what the contribution before it left.
    """
    place, start = pl.int_range(pl.len()), pl.when(~pl.col(SAME)).then(pl.int_range(pl.len())).forward_fill()
    firsts, broken = [], []
    for name in table.chains:
        after, before, follows = pl.col(name), pl.col(BEFORE + name), pl.col(SAME)
        previous = after.shift(1)
        if name in sparse:
            previous = after.forward_fill().shift(1)
            follows = pl.when(after.is_not_null()).then(place).forward_fill().shift(1) >= start
        follows = follows.fill_null(value=False)
        firsts.append(pl.when(~follows & after.is_not_null()).then(before).alias(FIRST + name))
        broken.append((follows & (before != previous)).fill_null(value=False).any().alias(name))
    found = rows.select(broken).row(0, named=True)
    for name in table.chains:
        if found[name]:
            raise _broken_in_frame(table, rows, name)
    return rows.with_columns(firsts)


def _group(
    table: TablePlan, kinds: dict[str, FoldKind], rows: pl.DataFrame, sparse: set[str]
) -> pl.DataFrame:
    """One row per run."""
    keys = [PARTITION, *table.definition.key]
    firsts = [FIRST + name for name in table.chains]
    if all(kind is FoldKind.LAST and name not in sparse for name, kind in kinds.items()):
        newest = rows.filter(~pl.col(SAME).shift(-1, fill_value=False)).select(*keys, *kinds)
        return newest.hstack(rows.filter(~pl.col(SAME)).select(firsts)) if firsts else newest
    aggregates = [pl.col(key).first() for key in keys]
    for name, kind in kinds.items():
        column = pl.col(name).drop_nulls() if name in sparse else pl.col(name)
        aggregates.append(_AGGREGATES[kind](column))
    aggregates += [pl.col(name).drop_nulls().first() for name in firsts]
    return rows.group_by(run_numbers(rows), maintain_order=True).agg(aggregates).drop(RUN)


def _folded_with_ends(
    table: TablePlan, kinds: dict[str, FoldKind], rows: pl.DataFrame, sparse: set[str]
) -> pl.DataFrame:
    """What comes after the newest end of a key counts, as if the key had never been."""
    rows = rows.with_columns(run_numbers(rows))
    keys = [PARTITION, *table.definition.key]
    ended = rows.filter(pl.col(END)).group_by(RUN).agg(pl.col(SEQ).max().alias("_end_seq"))
    rows = rows.join(ended, on=RUN, how="left", maintain_order="left")
    later = rows.filter(~pl.col(END) & (pl.col("_end_seq").is_null() | (pl.col(SEQ) > pl.col("_end_seq"))))
    again = _group(table, kinds, same_runs(later), sparse | set(kinds))
    fresh = later.group_by(RUN, maintain_order=True).agg(
        pl.col("_end_seq").first().is_not_null().alias(FRESH)
    )
    again = again.hstack([fresh.get_column(FRESH)]).with_columns(pl.lit(value=False).alias(GONE))
    gone = rows.join(later, on=RUN, how="anti").unique(RUN).select(keys)
    gone = gone.with_columns(pl.lit(value=True).alias(FRESH), pl.lit(value=True).alias(GONE))
    return pl.concat([again, gone], how="diagonal").sort(PARTITION, maintain_order=True)


def _merged(kind: FoldKind, new: pl.Expr, old: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    start: int | str = "" if dtype == pl.String() else 0
    match kind:
        case FoldKind.LAST:
            return pl.coalesce(new, old, pl.lit(start, dtype=dtype))
        case FoldKind.TOTAL:
            return new.fill_null(0) + old.fill_null(0)
        case FoldKind.LEAST:
            return pl.min_horizontal(new, old)
        case FoldKind.GREATEST:
            return pl.max_horizontal(new, old)


def _check_firsts(table: TablePlan, rows: pl.DataFrame) -> None:
    for name in table.chains:
        start: int | str = "" if table.columns[name] == pl.String() else 0
        first, old = pl.col(FIRST + name), pl.col(OLD + name).fill_null(start)
        broken = rows.filter((first != old).fill_null(value=False))
        if not broken.is_empty():
            row = broken.row(0, named=True)
            was = start if row[OLD + name] is None else row[OLD + name]
            says = row[FIRST + name]
            raise ViewStopped(
                f"{_named(table, row)}: {name} was {was!r} and the next event says it was {says!r}",
                where=f"table {table.name}",
            )


def _broken_in_frame(table: TablePlan, rows: pl.DataFrame, name: str) -> ViewStopped:
    """Names the first break, looked for key by key."""
    keys = [PARTITION, *table.definition.key]
    previous = pl.col(name).forward_fill().shift(1).over(keys).alias("_previous")
    broken = rows.with_columns(previous).filter(
        (pl.col(BEFORE + name) != pl.col("_previous")).fill_null(value=False)
    )
    row = broken.sort(SEQ).row(0, named=True)
    return ViewStopped(
        f"{_named(table, row)}: {name} was {row['_previous']!r} and the event at seq {row[SEQ]} says it was"
        f" {row[BEFORE + name]!r}",
        where=f"table {table.name}",
    )


def _named(table: TablePlan, row: dict[str, object]) -> str:
    return ", ".join(f"{name} {row[name]}" for name in table.definition.key)
