"""What a new generation has otherwise than the one that serves: rows added, changed and gone.

Tables with equal digests are not looked at, of the others only the buckets that differ. Both sides are
read in order of the key, one row at a time, so that memory does not depend on how many there are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from ledger.rows import bucket_of, decode_row
from projectors.columns.rowtext import cells
from projectors.define.definitions import Lines
from projectors.define.plan import ExtractPlan, TablePlan
from projectors.folding.partition import SEQ_BYTES, PartitionRows
from projectors.folding.rows import digest_rows, shown_columns
from projectors.folding.state import ViewState
from projectors.values import Cell, outside

EXAMPLES_MAX: Final = 3

Key = tuple[bytes, int]
"""Key of a row, and of lines the seq."""

Row = tuple[Key, bytes]


@dataclass(slots=True)
class Example:
    """A row that differs: its key, and its values on both sides, ``None`` where it is not there."""

    key: Mapping[str, Any]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(slots=True)
class TableChanges:
    """How many rows of a table differ, with the first of each kind."""

    table: str
    added: int = 0
    changed: int = 0
    gone: int = 0
    examples: dict[str, list[Example]] = field(default_factory=dict)


@dataclass(slots=True)
class Comparison:
    """A new generation beside the one that serves.

    ``served`` and ``built`` are the blocks they stand at; ``why_not`` says why there was nothing to
    compare with, and is empty otherwise. ``tables`` are those that differ.
    """

    view: str
    served: int
    built: int
    why_not: str
    tables: list[TableChanges]

    @property
    def equal(self) -> bool:
        """Whether both have the same rows."""
        return not self.tables and not self.why_not

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def compare_states(before: ViewState, after: ViewState) -> list[TableChanges]:
    """Tables whose rows differ, with what differs in them. Both views are open and nothing is pending."""
    found = []
    for table, plan in after.view.plan.shown().items():
        changes = TableChanges(table)
        numbers = list(after.partitions)[:1] if plan.broadcast else list(after.partitions)
        for number in numbers:
            _compare(before.partitions[number], after.partitions[number], table, plan, changes)
        if changes.added or changes.changed or changes.gone:
            found.append(changes)
    return found


def _compare(
    before: PartitionRows,
    after: PartitionRows,
    table: str,
    plan: TablePlan | ExtractPlan,
    changes: TableChanges,
) -> None:
    buckets = set(before.digests[table].differing_buckets(after.digests[table]))
    if not buckets:
        return
    left, right = (_rows(side, table, plan, buckets) for side in (before, after))
    old, new = next(left, None), next(right, None)
    while old is not None or new is not None:
        if old is not None and new is not None and old[0] == new[0]:
            if old[1] != new[1]:
                changes.changed += 1
                _note(changes, "changed", plan, old, new)
            old, new = next(left, None), next(right, None)
        elif new is None or (old is not None and old[0] < new[0]):
            changes.gone += 1
            _note(changes, "gone", plan, old, None)
            old = next(left, None)
        else:
            changes.added += 1
            _note(changes, "added", plan, None, new)
            new = next(right, None)


def _rows(side: PartitionRows, table: str, plan: TablePlan | ExtractPlan, buckets: set[int]) -> Iterator[Row]:
    """Rows of some buckets in order of their key; of lines each one."""
    prefix = side.prefix(table)
    lines = isinstance(plan, TablePlan) and isinstance(plan.definition, Lines)
    for place, value in side.store.scan(prefix):
        key = place[len(prefix) :]
        own = key[:-SEQ_BYTES] if lines else key
        if bucket_of(own) not in buckets:
            continue
        if not lines:
            yield (own, 0), value
            continue
        for _, line in digest_rows(plan, {key: value}):
            yield (own, _seq_of(line)), line


def _seq_of(line: bytes) -> int:
    """Seq of a line, its first value."""
    return int(line[1 : line.index(b",")])


def _note(
    changes: TableChanges, kind: str, plan: TablePlan | ExtractPlan, old: Row | None, new: Row | None
) -> None:
    noted = changes.examples.setdefault(kind, [])
    at = new or old
    if len(noted) < EXAMPLES_MAX and at is not None:
        noted.append(Example(_key(plan, at[0]), _values(plan, old), _values(plan, new)))


def _key(plan: TablePlan | ExtractPlan, key: Key) -> dict[str, Any]:
    values: list[Cell] = [*decode_row(key[0]), *([key[1]] if key[1] else [])]
    return outside(dict(zip(plan.key, values, strict=True)))


def _values(plan: TablePlan | ExtractPlan, row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    (_, seq), value = row
    values: list[Cell] = [*decode_row(value)[1:]] if seq else cells(value, plan.columns)
    shown = shown_columns(plan)
    return outside({name: value for name, value in zip(plan.columns, values, strict=True) if name in shown})
