"""Numbers and words that every rule shares.

Amounts, sizes, prices and indices are integers of 1e-8 (``_e8``), funding rates of 1e-12
(``_e12``), funding dust of 1e-16 (``_e16``), ratios parts per million (``_ppm``).
Intermediate products are unbounded ``int``; what is recorded must fit an Avro ``long``.
"""

from typing import Final
from zlib import crc32

E8: Final = 100_000_000
E12: Final = 1_000_000_000_000
PPM: Final = 1_000_000
LONG_MAX: Final = 2**63 - 1
LONG_MIN: Final = -(2**63)
AMOUNT_MAX_E8: Final = 10**17
"""Largest amount, size, price or index a command may name: one billion units.

Products of two such numbers are exact in ``int``; sums of recorded values stay far from
``LONG_MAX``, and a result past it is refused, never wrapped.
"""

BUY: Final = "BUY"
SELL: Final = "SELL"
MAKER: Final = "MAKER"
TAKER: Final = "TAKER"

ROUNDING_ACCOUNT: Final = "rounding"
"""Key of RoundingSwept; a counter-account, never an account that may be opened."""


NAME_MAX: Final = 64
TEXT_MAX: Final = 256
NAME_CHARACTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:/@+#")


def is_name(text: str) -> bool:
    """Whether ``text`` may name something: 1 to 64 of the ``NAME_CHARACTERS``."""
    return 0 < len(text) <= NAME_MAX and NAME_CHARACTERS.issuperset(text)


def is_symbol(text: str) -> bool:
    """Whether ``text`` may be the symbol of an asset or a market: a name without a colon."""
    return is_name(text) and ":" not in text


def is_text(text: str) -> bool:
    """Whether ``text`` may stand in a free text field: up to 256 printable characters, perhaps none."""
    return len(text) <= TEXT_MAX and (not text or text.isprintable())


def mul_e8(a_e8: int, b_e8: int) -> int:
    """Product of two e8 numbers in e8, rounded down."""
    return a_e8 * b_e8 // E8


def mul_e8_up(a_e8: int, b_e8: int) -> int:
    """Product of two e8 numbers in e8, rounded up."""
    return -(-a_e8 * b_e8 // E8)


def div_up(numerator: int, denominator: int) -> int:
    """Quotient rounded up; ``denominator`` is positive."""
    return -(-numerator // denominator)


def is_long(value: int) -> bool:
    """Whether ``value`` fits an Avro ``long``."""
    return LONG_MIN <= value <= LONG_MAX


def partition_of(account: str, partitions: int) -> int:
    """Partition that holds the events of ``account``; never changes for the life of a ledger."""
    return crc32(account.encode()) % partitions
