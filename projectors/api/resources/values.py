"""How values of rows are sent."""

from typing import Final

from ledger.core.values import E8, PPM
from ledger.edge.decimals import format_decimal
from projectors.reading.answers import Row

E12: Final = 10**12
US_PER_MS: Final = 1_000
_PPM_DIGITS: Final = 6


def number(row: Row, name: str) -> int:
    """A whole number of a row; 0 where it is absent."""
    value = row.get(name)
    return value if isinstance(value, int) else 0


def text(row: Row, name: str) -> str:
    """A text of a row; empty where it is absent."""
    value = row.get(name)
    return "" if value is None else str(value)


def e8(value: int) -> str:
    """A number of 1e-8."""
    return format_decimal(value, 8)


def e8_of(row: Row, name: str) -> str:
    """A column in 1e-8."""
    return format_decimal(number(row, name), 8)


def given_e8(row: Row, name: str) -> str:
    """A column that has ``has_`` beside it: empty where it does not."""
    return e8_of(row, f"{name}_e8") if number(row, f"has_{name}") else ""


def e12(value: int) -> str:
    """A number of 1e-12."""
    return format_decimal(value, 12)


def ppm(value: int) -> str:
    """A ratio in millionths."""
    return format_decimal(value, _PPM_DIGITS)


def ms(row: Row, name: str) -> int:
    """A time in Unix microseconds, in milliseconds."""
    return number(row, name) // US_PER_MS


def ratio(part: int, whole: int) -> str:
    """A quotient to six places, rounded down; empty where there is nothing to divide by."""
    return format_decimal(part * PPM // whole, _PPM_DIGITS) if whole else ""


def product(one_e8: int, other_e8: int) -> int:
    """A product of two numbers of 1e-8, rounded down."""
    return one_e8 * other_e8 // E8
