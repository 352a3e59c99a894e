"""What a view comes down to: its stored tables, and the event columns that they need.

``projectors.define.planner`` works it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from projectors.define.definitions import Check, Lines, Scan, Table
from projectors.define.folds import FoldKind

SEQ: Final = "_seq"
END: Final = "_end"
AT: Final = "_at_"
"""Prefix of the column with the seq of a ``last`` value, kept where rows merge over partitions."""

BEFORE: Final = "_before_"
"""Prefix of the column that has what a checked column must have been."""


@dataclass(frozen=True, slots=True)
class Source:
    """One event's part in a table: which of its events, and the columns they become."""

    event: str
    where: pl.Expr | None
    select: tuple[pl.Expr, ...]
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class TablePlan:
    """A stored table. ``kinds`` is empty for lines and scans.

    ``chains`` are the columns with a ``before``. ``spread`` says that rows of one key lie in several
    partitions: the key names no account.
    """

    definition: Table | Lines | Scan
    key: dict[str, pl.DataType]
    columns: dict[str, pl.DataType]
    kinds: dict[str, FoldKind]
    sources: tuple[Source, ...]
    chains: tuple[str, ...]
    broadcast: bool
    spread: bool

    @property
    def absent(self) -> frozenset[str]:
        """Columns that may have no value."""
        return frozenset(
            name for name, kind in self.kinds.items() if kind in (FoldKind.LEAST, FoldKind.GREATEST)
        )

    @property
    def unordered(self) -> bool:
        """Whether no fold of the table looks at the order of events."""
        ends = isinstance(self.definition, Table) and self.definition.ends
        return bool(self.kinds) and not ends and FoldKind.LAST not in self.kinds.values()

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.definition.name

    @property
    def stored_as(self) -> str:
        """Name under which all rows are stored; with ``keep`` the table's name has the kept ones."""
        keeps = isinstance(self.definition, Table) and self.definition.keep is not None
        return f"{self.name}*" if keeps else self.name


@dataclass(frozen=True, slots=True)
class ExtractPlan:
    """Rows of a stored table that are also kept as a table of their own."""

    name: str
    of: str
    key: dict[str, pl.DataType]
    columns: dict[str, pl.DataType]
    where: pl.Expr
    broadcast: bool
    absent: frozenset[str]


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """All tables of a view, with the event columns that they and the checks need."""

    tables: tuple[TablePlan, ...]
    extracts: tuple[ExtractPlan, ...]
    checks: tuple[Check, ...]
    needs: dict[str, frozenset[str]]

    def shown(self) -> dict[str, TablePlan | ExtractPlan]:
        """Tables that reads and digests see, by name; a table with ``keep`` as its extract."""
        own: dict[str, TablePlan | ExtractPlan] = {table.name: table for table in self.tables}
        return own | {extract.name: extract for extract in self.extracts}

    def stored(self) -> tuple[str, ...]:
        """Names under which rows are stored; a name's place is its number in the store."""
        return tuple(table.stored_as for table in self.tables) + tuple(
            extract.name for extract in self.extracts
        )

    def signature(self) -> tuple[str, ...]:
        """What the rows look like: a store with another signature was made by another view."""
        hidden = [table for table in self.tables if table.stored_as not in self.shown()]
        lines = [_signature(table.stored_as, table.key, table.columns) for table in hidden]
        return tuple(
            lines + [_signature(name, table.key, table.columns) for name, table in self.shown().items()]
        )


def _signature(name: str, key: Mapping[str, pl.DataType], columns: Mapping[str, pl.DataType]) -> str:
    sides = (",".join(f"{column}:{kind}" for column, kind in side.items()) for side in (key, columns))
    return f"{name}({') -> ('.join(sides)})"
