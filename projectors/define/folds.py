"""How the values of one key are put together, in order of seq.

A fold is associative: folding a part of the events, and the rest after it, gives what folding
all of them gives. That is why events may be cut anywhere.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

import polars as pl

from projectors.columns.events import SETTLEMENT

Value = str | pl.Expr
"""A column of the event, or an expression over its columns."""

settlement_asset: Final = pl.col(SETTLEMENT)
"""The asset in which profit, funding and fees are paid; events that move it do not name it."""


class FoldKind(Enum):
    """Which fold."""

    LAST = "last"
    TOTAL = "total"
    LEAST = "least"
    GREATEST = "greatest"


@dataclass(frozen=True, slots=True)
class Fold:
    """``kind`` over ``value``; ``before``, of ``last`` only, is what the column must have been."""

    kind: FoldKind
    value: pl.Expr
    before: pl.Expr | None = None


def last(value: Value, *, before: Value | None = None) -> Fold:
    """The newest value. With ``before``, a view stops where ``before`` is not the value until then.

    Until a first value it is 0 or "".
    """
    return Fold(FoldKind.LAST, _expression(value), None if before is None else _expression(before))


def total(value: Value) -> Fold:
    """The sum, exact past 64 bits; 0 of nothing. For accounts' events only, never of broadcast ones."""
    return Fold(FoldKind.TOTAL, _expression(value))


def least(value: Value) -> Fold:
    """The smallest number; absent until there is one."""
    return Fold(FoldKind.LEAST, _expression(value))


def greatest(value: Value) -> Fold:
    """The largest number; absent until there is one."""
    return Fold(FoldKind.GREATEST, _expression(value))


def wide(value: Value) -> pl.Expr:
    """A whole number in 128 bits, for products and differences that may leave 64 bits.

    Polars wraps 64-bit arithmetic silently, so widen before multiplying.
    """
    return _expression(value).cast(pl.Int128)


def _expression(value: Value) -> pl.Expr:
    return pl.col(value) if isinstance(value, str) else value
