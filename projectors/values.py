"""How values of rows look outside: by the rules of ``ledger.edge.fields``.

``size_e8`` 150000000 is ``"size": "1.5"``; flags are true or false; times, ratios and counts are
integers; a ``has_x`` of 0 leaves out the column after it. Totals are as exact as they are long.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ledger.edge.decimals import format_decimal
from ledger.edge.fields import FLAGS

Cell = int | str | None
"""A value in a row; ``None`` only where ``least`` or ``greatest`` has not met a number yet."""

_DIGITS: Final = {"_e8": 8, "_e12": 12, "_e16": 16}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def outside(row: Mapping[str, Cell]) -> dict[str, Any]:
    """A row as a JSON object; a value that is absent is left out."""
    fields: dict[str, Any] = {}
    present = True
    for name, value in row.items():
        if name.startswith("has_"):
            present = value == 1
            continue
        if present and value is not None:
            fields[bare(name)] = _value(name, value)
        present = True
    return fields


def bare(name: str) -> str:
    """A column's name without its unit, where the unit is a number of decimal places."""
    for suffix in _DIGITS:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def digits_of(name: str) -> int:
    """Decimal places of a column's unit; 0 for what has none."""
    return next((digits for suffix, digits in _DIGITS.items() if name.endswith(suffix)), 0)


def moment(time_us: int) -> str:
    """Unix microseconds as a time that a person reads, UTC; exact."""
    return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")


def _value(name: str, value: int | str) -> int | str | bool:
    if name in FLAGS:
        return value == 1
    for suffix, digits in _DIGITS.items():
        if name.endswith(suffix) and isinstance(value, int):
            return format_decimal(value, digits)
    return value
