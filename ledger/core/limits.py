"""Bounds on a command that hold before any rule looks at it."""

from typing import Final

COMMAND_BYTES_MAX: Final = 256 * 1024
"""Longest framed command, in bytes: a tick of 1,000 markets has some 100 KB."""

PRODUCER_MAX: Final = 64
"""Longest name of a producer, in characters; it is part of every id."""

NUMBER_MAX: Final = 2**62
"""Largest number of a command, so that arithmetic on windows of numbers stays inside 64 bits."""

DETAIL_MAX: Final = 300
"""Longest text of a refusal, in characters; a longer one is cut before it is recorded."""

FUTURE_MAX_US: Final = 60_000_000
"""How far after ledger time a command may say it was issued, in microseconds: one minute."""
