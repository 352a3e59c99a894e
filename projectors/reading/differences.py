"""What is different between two states of the same view, row by row and field by field."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.edge.decimals import format_decimal
from projectors.columns.rowtext import cells
from projectors.define.definitions import Lines
from projectors.define.plan import ExtractPlan, TablePlan
from projectors.folding.rows import merged_rows, shown_columns
from projectors.folding.state import ViewState
from projectors.values import Cell, bare, digits_of, outside

Rows = dict[tuple[Cell, ...], tuple[Cell, ...]]

LINES = "lines"
"""The field in which tables of lines differ: how many there are of a key."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of a row that is not the same on both sides.

    ``key`` has the columns of the row's key. ``a`` and ``b`` are the values as answers show them,
    ``None`` on the side that has no such row or value; ``change`` is b - a where both count something.
    """

    view: str
    table: str
    key: Mapping[str, Any]
    field: str
    a: Any
    b: Any
    change: str | int | None


def differences(a: ViewState, b: ViewState) -> Iterator[Difference]:
    """Every field that differs, table by table, in order of the key."""
    for table, plan in a.view.plan.shown().items():
        if a.digest(table).hexdigest() == b.digest(table).hexdigest():
            continue
        if isinstance(plan, TablePlan) and isinstance(plan.definition, Lines):
            before, after = _counted(a, table, plan), _counted(b, table, plan)
            names = [name for name in plan.key if name != "seq"]
            columns = [LINES]
        else:
            before, after = _differing(a, b, table, plan)
            names, columns = list(plan.key), list(shown_columns(plan))
        for key in sorted(before.keys() | after.keys()):
            named = outside(dict(zip(names, key, strict=True)))
            old, new = (
                dict(zip(columns, rows[key], strict=True)) if key in rows else {} for rows in (before, after)
            )
            for field, left, right, change in _fields(old, new):
                yield Difference(a.view.name, table, named, field, left, right, change)


def _fields(
    old: Mapping[str, Cell], new: Mapping[str, Cell]
) -> Iterator[tuple[str, Any, Any, str | int | None]]:
    """Name, both values and change of the fields that differ.

    A row that only one side has differs in the fields that say something, or in all when none does.
    """
    shown_old, shown_new = outside(old), outside(new)
    said = {name for name, value in (new or old).items() if value or (old and new)}
    for name in new or old:
        field = bare(name)
        left, right = shown_old.get(field), shown_new.get(field)
        if left != right and (name in said or not said):
            yield field, left, right, _change(name, old.get(name, 0), new.get(name, 0), left, right)


def _change(name: str, old: Cell, new: Cell, left: object, right: object) -> str | int | None:
    if not isinstance(old, int) or not isinstance(new, int):
        return None
    if isinstance(left, bool) or isinstance(right, bool) or name.endswith(("_id", "_us", "_ms", "seq")):
        return None
    digits = digits_of(name)
    return format_decimal(new - old, digits) if digits else new - old


def _differing(a: ViewState, b: ViewState, table: str, plan: TablePlan | ExtractPlan) -> tuple[Rows, Rows]:
    """Rows of a table on both sides, those left out that are the same."""
    if isinstance(plan, TablePlan) and plan.spread:
        whole_a, whole_b = _merged(a, table, plan), _merged(b, table, plan)
        same = {key for key, row in whole_a.items() if whole_b.get(key) == row}
        return _without(whole_a, same), _without(whole_b, same)
    before: Rows = {}
    after: Rows = {}
    for number in list(a.partitions)[:1] if plan.broadcast else a.partitions:
        rows_a, rows_b = a.partitions[number].scan(table), b.partitions[number].scan(table)
        same_keys = {key for key, row in rows_a.items() if rows_b.get(key) == row}
        before |= _decoded(plan, rows_a, same_keys)
        after |= _decoded(plan, rows_b, same_keys)
    return before, after


def _decoded(plan: TablePlan | ExtractPlan, rows: Mapping[bytes, bytes], same: set[bytes]) -> Rows:
    return {
        tuple(cells(key, plan.key)): tuple(cells(row, plan.columns))
        for key, row in rows.items()
        if key not in same
    }


def _merged(state: ViewState, table: str, plan: TablePlan) -> Rows:
    width = len(plan.key)
    return {row[:width]: row[width:] for row in state.rows(table).rows()}


def _without(rows: Rows, same: set[tuple[Cell, ...]]) -> Rows:
    return {key: row for key, row in rows.items() if key not in same}


def _counted(state: ViewState, table: str, plan: TablePlan) -> Rows:
    """How many lines there are of each key."""
    parts = [part.scan(table) for part in state.partitions.values()]
    place = list(plan.key).index("seq")
    counts = Counter(row[:place] for row in merged_rows(plan, parts).rows())
    return {key: (count,) for key, count in counts.items()}
