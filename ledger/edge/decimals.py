"""Decimal strings outside, integers inside; no float in between.

A decimal is digits with an optional minus sign and an optional fraction: ``92600.1``, ``-0.5``.
Exponents, plus signs, leading zeros, separators, blanks, ``NaN`` and ``Infinity`` are not.
"""

import re
from typing import Final

DECIMAL_PATTERN: Final = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
DECIMAL_TEXT_MAX: Final = 40
"""Longest decimal read, in characters: a ``long`` has 19 digits, its sign and its point."""

_DECIMAL: Final = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.([0-9]+))?", re.ASCII)


def parse_decimal(text: str, digits: int) -> int:
    """``text`` as an integer of 10**-``digits``: ``parse_decimal("1.5", 8)`` is 150000000.

    Raises ValueError when ``text`` is no decimal or has more than ``digits`` decimal places.
    """
    if len(text) > DECIMAL_TEXT_MAX:
        raise ValueError(f"longer than {DECIMAL_TEXT_MAX} characters")
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise ValueError("not a decimal such as 92600.1")
    whole, fraction = found[1], found[2] or ""
    if len(fraction) > digits:
        raise ValueError(f"more than {digits} decimal places")
    return int(whole + fraction.ljust(digits, "0"))


def format_decimal(value: int, digits: int) -> str:
    """``value`` of 10**-``digits`` in its shortest form: ``format_decimal(150000000, 8)`` is ``1.5``."""
    whole, fraction = divmod(abs(value), 10**digits)
    sign = "-" if value < 0 else ""
    if fraction == 0:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{fraction:0{digits}d}".rstrip("0")
