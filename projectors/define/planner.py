"""Works a view out against the schemas: which columns it needs, and the types of its rows.

Types come from folding frames without rows, so that a misspelt column, a float or a sum of
broadcast events is found when the view is loaded and not when the first event of that type
comes.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import polars as pl

from ledger.errors import ViewUnusable
from projectors.columns.events import PARTITION, SETTLEMENT, EventType, known_events
from projectors.define.definitions import AnyTable, Check, Extract, Lines, Rows, Scan, Table
from projectors.define.folds import Fold, FoldKind
from projectors.define.plan import AT, BEFORE, END, SEQ, ExtractPlan, Source, TablePlan, ViewPlan

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")


def plan_view(view: str, tables: Sequence[AnyTable], checks: Sequence[Check]) -> ViewPlan:
    """The plan of a view. Raises ``ViewUnusable`` naming the table, event and column at fault."""
    names = [table.name for table in tables]
    for name in (view, *names):
        if not _NAME.fullmatch(name) or names.count(name) > 1:
            raise ViewUnusable(
                "a name is not lower case with digits and _, or is used twice", where=f"{view}, {name}"
            )
    planner = _Planner(view, known_events())
    stored = [planner.table(table) for table in tables if not isinstance(table, Extract)]
    by_name = {plan.name: plan for plan in stored}
    extracts = [
        planner.extract(table, by_name)
        if isinstance(table, Extract)
        else planner.kept(table, by_name[table.name])
        for table in tables
        if isinstance(table, Extract) or (isinstance(table, Table) and table.keep is not None)
    ]
    planner.check(checks)
    needs = {event: frozenset(columns) for event, columns in planner.needs.items()}
    return ViewPlan(tuple(stored), tuple(extracts), tuple(checks), needs)


class _Planner:
    """Works tables out one by one and collects the event columns they need."""

    def __init__(self, view: str, events: Mapping[str, EventType]) -> None:
        self.view = view
        self.events = events
        self.needs: dict[str, set[str]] = {}

    def table(self, table: Table | Lines | Scan) -> TablePlan:
        ends = table.ends if isinstance(table, Table) else ()
        kinds = self._kinds(table)
        names = {name for rows in table.rows for name in rows.columns}
        if names & set(table.key) or any(name.startswith("_") for name in names | set(table.key)):
            raise self._fault(table.name, "a column is in the key too, or its name begins with _")
        sources: list[Source] = []
        key: dict[str, pl.DataType] = {}
        given: dict[str, pl.DataType] = {}
        for rows, is_end in [(rows, False) for rows in table.rows] + [(rows, True) for rows in ends]:
            for event in rows.events:
                source, types = self._source(table, rows, event, is_end=is_end)
                sources.append(source)
                self._agree(table.name, event, key, {name: types[name] for name in table.key})
                self._agree(table.name, event, given, {name: types[name] for name in rows.columns})
        chains = tuple(
            sorted(
                {
                    name
                    for rows in table.rows
                    for name, fold in rows.columns.items()
                    if fold.before is not None
                }
            )
        )
        self._check_shape(table, sources, chains)
        columns = dict(given)
        broadcast = self.events[sources[0].event].broadcast
        spread = not broadcast and "account" not in table.key
        if isinstance(table, Scan):
            columns = {
                name: pl.String() if isinstance(start, str) else pl.Int64()
                for name, start in table.columns.items()
            }
        if isinstance(table, Lines):
            key = {**key, "seq": pl.Int64()}
        if spread and isinstance(table, Table):
            dated = [name for name, kind in kinds.items() if kind is FoldKind.LAST]
            sources = [_dated(source, dated) for source in sources]
            columns |= {AT + name: pl.Int64() for name in dated}
            kinds |= {AT + name: FoldKind.GREATEST for name in dated}
        return TablePlan(
            definition=table,
            key=key,
            columns=columns,
            kinds=kinds if isinstance(table, Table) else {},
            sources=tuple(sources),
            chains=chains,
            broadcast=broadcast,
            spread=spread,
        )

    def extract(self, table: Extract, stored: Mapping[str, TablePlan]) -> ExtractPlan:
        base = stored.get(table.of)
        if base is None or not isinstance(base.definition, Table):
            raise self._fault(table.name, f"{table.of} is not a Table of this view")
        self._check_together(base)
        missing = [name for name in table.columns if name not in base.columns]
        if missing:
            raise self._fault(table.name, f"{table.of} has no column {missing[0]}")
        self._condition(table.name, {**base.key, **base.columns}, table.where)
        columns = {name: base.columns[name] for name in table.columns}
        return ExtractPlan(
            table.name, table.of, base.key, columns, table.where, base.broadcast, base.absent & set(columns)
        )

    def kept(self, table: Table, base: TablePlan) -> ExtractPlan:
        if any(kind is not FoldKind.LAST for kind in base.kinds.values()):
            raise self._fault(table.name, "keep is for tables of `last` columns only")
        self._check_together(base)
        keep = table.keep if table.keep is not None else pl.lit(True)  # noqa: FBT003
        self._condition(table.name, {**base.key, **base.columns}, keep)
        return ExtractPlan(table.name, table.name, base.key, base.columns, keep, base.broadcast, base.absent)

    def _check_together(self, base: TablePlan) -> None:
        if base.spread:
            raise self._fault(
                base.name, "only rows that lie in one partition, by account, can be picked by a condition"
            )

    def check(self, checks: Iterable[Check]) -> None:
        for check in checks:
            for event in check.events:
                types = self._types(check.name, event, [check.holds.alias("holds")])
                if types["holds"] != pl.Boolean():
                    raise self._fault(check.name, f"the condition on {event} is not true or false")

    def _source(
        self, table: Table | Lines | Scan, rows: Rows, event: str, *, is_end: bool
    ) -> tuple[Source, dict[str, pl.DataType]]:
        keys = [rows.key.get(name, pl.col(name)).alias(name) for name in table.key]
        values = [fold.value.alias(name) for name, fold in rows.columns.items()]
        befores = [
            fold.before.alias(BEFORE + name) for name, fold in rows.columns.items() if fold.before is not None
        ]
        types = self._types(table.name, event, [*keys, *values, *befores])
        if rows.where is not None:
            self._types(table.name, event, [rows.where.alias("where")])
        folds = rows.columns
        select: list[pl.Expr] = [pl.col(PARTITION), pl.col("seq").alias(SEQ)]
        select += [key.cast(_stored(types[name])) for key, name in zip(keys, table.key, strict=True)]
        select += [
            value.cast(_folded(folds[name], types[name])) for value, name in zip(values, folds, strict=True)
        ]
        select += [before.cast(_stored(types[before.meta.output_name()])) for before in befores]
        if isinstance(table, Table) and table.ends:
            select.append(pl.lit(is_end).alias(END))
        stored = {name: _stored(types[name]) for name in table.key}
        stored |= {name: _folded(fold, types[name]) for name, fold in folds.items()}
        return Source(event, rows.where, tuple(select), frozenset(folds)), stored

    def _types(self, table: str, event: str, expressions: list[pl.Expr]) -> dict[str, pl.DataType]:
        """Types that the expressions have over this event, which is noted as needing their columns."""
        known = self.events.get(event)
        if known is None:
            raise self._fault(table, f"there is no event {event}")
        empty = pl.DataFrame(schema={**known.columns, PARTITION: pl.UInt8(), SETTLEMENT: pl.String()})
        needed = self.needs.setdefault(event, set())
        for expression in expressions:
            needed.update(set(expression.meta.root_names()) - {PARTITION, SETTLEMENT})
        try:
            return dict(
                empty.select("seq", *[e.alias(f"{e.meta.output_name()}") for e in expressions]).schema
            )
        except pl.exceptions.PolarsError as wrong:
            raise self._fault(table, f"rows of {event}: {str(wrong).splitlines()[0]}") from None

    def _kinds(self, table: Table | Lines | Scan) -> dict[str, FoldKind]:
        kinds: dict[str, FoldKind] = {}
        for rows in table.rows:
            for name, fold in rows.columns.items():
                if kinds.setdefault(name, fold.kind) is not fold.kind:
                    raise self._fault(table.name, f"column {name} has two kinds of fold")
        return kinds

    def _agree(
        self, table: str, event: str, known: dict[str, pl.DataType], types: Mapping[str, pl.DataType]
    ) -> None:
        for name, given in types.items():
            if given not in (pl.Int64(), pl.Int128(), pl.String()):
                raise self._fault(
                    table, f"column {name} of {event} is {given}; rows hold whole numbers and texts"
                )
            if known.setdefault(name, given) != given:
                raise self._fault(table, f"column {name} of {event} is {given} and was {known[name]}")

    def _check_shape(
        self, table: Table | Lines | Scan, sources: list[Source], chains: tuple[str, ...]
    ) -> None:
        if not sources or not table.key:
            raise self._fault(table.name, "a table needs rows and a key")
        routing = {self.events[source.event].broadcast for source in sources}
        kinds = {fold.kind for rows in table.rows for fold in rows.columns.values()}
        names = {name for rows in table.rows for name in rows.columns}
        if len(routing) > 1:
            raise self._fault(table.name, "broadcast events and account events never share a table")
        if True in routing and FoldKind.TOTAL in kinds:
            raise self._fault(table.name, "broadcast events are in every partition and are never summed")
        if chains and isinstance(table, Table) and table.ends:
            raise self._fault(table.name, "a table with ends has no chain to check with `before`")
        if isinstance(table, Lines):
            if "seq" in names | set(table.key) or any(names - source.columns for source in sources):
                raise self._fault(
                    table.name, "every Rows of Lines gives every column, and none is called seq"
                )
            if kinds - {FoldKind.LAST} or chains:
                raise self._fault(table.name, "columns of Lines are `last(...)` without `before`")
        if isinstance(table, Scan) and (kinds - {FoldKind.LAST} or chains):
            raise self._fault(table.name, "columns given to a Scan are `last(...)` without `before`")

    def _condition(self, table: str, types: Mapping[str, pl.DataType], condition: pl.Expr) -> None:
        try:
            kind = pl.DataFrame(schema=dict(types)).select(condition.alias("holds")).schema["holds"]
        except pl.exceptions.PolarsError as wrong:
            raise self._fault(table, str(wrong).splitlines()[0]) from None
        if kind != pl.Boolean():
            raise self._fault(table, "the condition is not true or false")

    def _fault(self, table: str, what: str) -> ViewUnusable:
        return ViewUnusable(what, where=f"view {self.view}, {table}")


def _dated(source: Source, columns: Sequence[str]) -> Source:
    """The source with the seq of each ``last`` column that it gives."""
    own = [name for name in columns if name in source.columns]
    seqs = tuple(pl.col("seq").alias(AT + name) for name in own)
    return Source(
        source.event, source.where, source.select + seqs, source.columns | {AT + name for name in own}
    )


def _stored(kind: pl.DataType) -> pl.DataType:
    """Type in which a value is kept: every whole number and truth value as 64 bits."""
    if kind == pl.Boolean() or (kind.is_integer() and kind != pl.Int128()):
        return pl.Int64()
    return kind


def _folded(fold: Fold, kind: pl.DataType) -> pl.DataType:
    """Type of a column: totals have 128 bits."""
    stored = _stored(kind)
    if fold.kind is FoldKind.TOTAL and stored in (pl.Int64(), pl.Int128()):
        return pl.Int128()
    return stored
