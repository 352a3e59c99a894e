"""Bounds on a command that hold before any rule looks at it."""

from typing import Final

COMMAND_BYTES_MAX: Final = 8 * 1024 * 1024
"""Longest framed command, in bytes: a correction of 100,000 positions; half a message of a cluster."""

PRODUCER_MAX: Final = 64
"""Longest name of a producer, in characters; it is part of every id."""

NUMBER_MAX: Final = 2**62
"""Largest number of a command, so that arithmetic on windows of numbers stays inside 64 bits."""

DETAIL_MAX: Final = 300
"""Longest text of a refusal, in characters; a longer one is cut before it is recorded."""

FUTURE_MAX_US: Final = 60_000_000
"""How far after ledger time a command may say it was issued, in microseconds: one minute."""
