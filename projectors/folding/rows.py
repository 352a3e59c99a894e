"""Rows of a table over partitions, as a frame, for laws, answers and verification."""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from ledger.errors import CodecFault
from ledger.rows import decode_row, encode_row
from projectors.columns.rowtext import cells, decoded
from projectors.define.definitions import Lines
from projectors.define.folds import FoldKind
from projectors.define.plan import AT, ExtractPlan, TablePlan
from projectors.folding.partition import SEQ_BYTES
from projectors.values import Cell

_FEW: Final = 500
"""Up to so many rows are decoded one by one: a frame costs a millisecond however few they are."""

Stored = Mapping[bytes, bytes]
"""Rows of one partition by key, as they lie in the store."""


def merged_rows(table: TablePlan | ExtractPlan, partitions: Sequence[Stored]) -> pl.DataFrame:
    """Key and columns of all rows, those of one key in several partitions put together.

    ``partitions`` are in order; broadcast rows are those of the first.
    """
    if table.broadcast:
        partitions = partitions[:1]
    frame = pl.concat([table_frame(table, stored) for stored in partitions])
    if isinstance(table, TablePlan) and table.spread and table.kinds:
        frame = frame.group_by(list(table.key)).agg(_merge(table))
    return frame.select(*table.key, *shown_columns(table)).sort(list(table.key))


def table_frame(table: TablePlan | ExtractPlan, stored: Stored) -> pl.DataFrame:
    """Key and all stored columns of the rows of one partition."""
    if isinstance(table, TablePlan) and isinstance(table.definition, Lines):
        lines = [line for key, run in stored.items() for line in run_lines(table, key, run)]
        return pl.DataFrame(lines, schema={**table.key, **table.columns}, orient="row")
    keys = decoded(list(stored), table.key)
    return keys.hstack(decoded(list(stored.values()), table.columns, table.absent))


def plain_rows(table: TablePlan | ExtractPlan, stored: Stored) -> list[dict[str, Cell]]:
    """Key and shown columns of the rows of one partition, in order of the key; few rows without a frame."""
    names = list(table.key)
    if len(stored) > _FEW:
        frame = table_frame(table, stored).select(*names, *shown_columns(table))
        rows: list[dict[str, Cell]] = frame.sort(names).to_dicts()
        return rows
    if isinstance(table, TablePlan) and isinstance(table.definition, Lines):
        lines = [line for key, run in stored.items() for line in run_lines(table, key, run)]
    else:
        lines = [[*cells(key, table.key), *cells(row, table.columns)] for key, row in stored.items()]
    columns, shown = [*names, *table.columns], [*names, *shown_columns(table)]
    found = [dict(zip(columns, line, strict=True)) for line in lines]
    found.sort(key=lambda row: [row[name] for name in names])
    return [{name: row[name] for name in shown} for row in found]


def has_lines(table: TablePlan | ExtractPlan) -> bool:
    """Whether a table has lines, which lie in runs."""
    return isinstance(table, TablePlan) and isinstance(table.definition, Lines)


def shown_columns(table: TablePlan | ExtractPlan) -> dict[str, pl.DataType]:
    """Columns that answers show: all but the seqs kept for merging."""
    return {name: kind for name, kind in table.columns.items() if not name.startswith(AT)}


def run_lines(table: TablePlan, key: bytes, run: bytes) -> list[list[Cell]]:
    """Lines of one stored run, each with its whole key; ``key`` is the run's key in the store."""
    names = {name: kind for name, kind in table.key.items() if name != "seq"}
    whose = cells(key[:-SEQ_BYTES], names)
    return [[*whose, *line] for line in _split(table, run)]


def digest_rows(table: TablePlan | ExtractPlan, stored: Stored) -> list[tuple[bytes, bytes]]:
    """Keys and rows as the digest counts them: of lines each one, under its key, with the seq in front."""
    if not (isinstance(table, TablePlan) and isinstance(table.definition, Lines)):
        return list(stored.items())
    return [
        (key[:-SEQ_BYTES], encode_row(line)) for key, run in stored.items() for line in _split(table, run)
    ]


def keyed_rows(table: TablePlan | ExtractPlan, stored: Stored) -> dict[bytes, bytes]:
    """Rows by their whole key: of lines each one, under key and seq."""
    if not (isinstance(table, TablePlan) and isinstance(table.definition, Lines)):
        return dict(stored)
    return {
        key[:-SEQ_BYTES] + encode_row(line[:1]): encode_row(line[1:])
        for key, run in stored.items()
        for line in _split(table, run)
    }


def _split(table: TablePlan, run: bytes) -> list[list[int | str]]:
    """Seq and columns of the lines of a run, in order."""
    width = 1 + len(table.columns)
    values = decode_row(run)
    if len(values) % width:
        raise CodecFault(f"a run of {table.name} has {len(values)} values, not a multiple of {width}")
    return [values[start : start + width] for start in range(0, len(values), width)]


def _merge(table: TablePlan) -> list[pl.Expr]:
    """How rows of one key in several partitions become one, column by column."""
    merges = []
    for name, kind in table.kinds.items():
        column = pl.col(name)
        match kind:
            case FoldKind.LAST:
                newest = pl.col(AT + name).fill_null(0).arg_max()
                merges.append(column.get(newest))
            case FoldKind.TOTAL:
                merges.append(column.sum())
            case FoldKind.LEAST:
                merges.append(column.min())
            case FoldKind.GREATEST:
                merges.append(column.max())
    return merges
