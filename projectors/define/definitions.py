"""The parts that a view is made of; ``projectors.define.view`` tells how they go together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from ledger.log.chain import Restatement
from projectors.define.folds import Fold

TableRows = Callable[[str], pl.DataFrame]
"""Rows of a table of this view over all partitions: key and columns, as they are at one block."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that an event, or each of several events, becomes.

    ``columns`` gives the fold of each column of the table that this event has something to say
    about. ``where`` picks the events that count. ``key`` has expressions for key columns that
    are not columns of the event by the same name.
    """

    event: str | tuple[str, ...]
    columns: Mapping[str, Fold] = field(default_factory=dict)
    where: pl.Expr | None = None
    key: Mapping[str, pl.Expr] = field(default_factory=dict)

    @property
    def events(self) -> tuple[str, ...]:
        """Names of the events."""
        return (self.event,) if isinstance(self.event, str) else self.event


@dataclass(frozen=True, slots=True)
class Table:
    """One row per key, folded from ``rows``.

    ``ends`` are events that end their key: the row is gone, with what it summed. ``keep`` is a
    condition on the row's columns; while it is false the row is kept aside, out of reads and
    digests. It is for tables of ``last`` columns.
    """

    name: str
    key: tuple[str, ...]
    rows: tuple[Rows, ...]
    ends: tuple[Rows, ...] = ()
    keep: pl.Expr | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """One row per event that ``rows`` pick, by ``key`` and then ``seq``; rows never change.

    Every ``Rows`` gives every column, each as ``last(...)``. Lines are stored in runs per key
    and read per key, newest or oldest first.
    """

    name: str
    key: tuple[str, ...]
    rows: tuple[Rows, ...]


@dataclass(frozen=True, slots=True)
class Extract:
    """Rows of table ``of`` for which ``where`` holds, with the same key and only ``columns``."""

    name: str
    of: str
    columns: tuple[str, ...]
    where: pl.Expr


@dataclass(frozen=True, slots=True)
class Scan:
    """Rows made event by event: ``step(row, event)`` gives the new row of a key.

    ``rows`` say which events and what ``event`` contains, each column as ``last(...)``; columns
    that a ``Rows`` does not give are absent from ``event``. ``columns`` gives the columns of the
    row with their start values, whole numbers or texts. ``step`` must not keep or change what it
    is given and must not look at anything else. A few µs per event: for what has no column form.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, int | str]
    rows: tuple[Rows, ...]
    step: Callable[[Mapping[str, int | str], Mapping[str, int | str]], Mapping[str, int | str]]


AnyTable = Table | Lines | Extract | Scan


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on every event of a type by itself, such as ``after - before == amount``.

    ``holds`` is an expression over its columns; a window such as ``pl.len().over("tick_id")``
    sees the events of whole commands, since a frame never cuts one.
    """

    event: str | tuple[str, ...]
    name: str
    holds: pl.Expr

    @property
    def events(self) -> tuple[str, ...]:
        """Names of the events."""
        return (self.event,) if isinstance(self.event, str) else self.event


@dataclass(frozen=True, slots=True)
class Law:
    """A condition on tables merged over all partitions, true at every sealed block.

    ``broken`` returns one sentence for each breach, with the figures; none when the law holds. ``mended``
    says of such a sentence whether a correction that the log has by now made it good.
    """

    name: str
    broken: Callable[[TableRows], Sequence[str]]
    mended: Callable[[str, Sequence[Restatement]], bool] | None = None
