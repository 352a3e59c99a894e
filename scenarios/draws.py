"""Deterministic draws: the same seed gives the same numbers on any machine and Python version.

A draw is ``u53(blake2b(seed, agent, stream, n))``; each agent counts its own draws in each stream, so
that what one agent does never shifts the draws of another. Everything is an integer: shapes come
from quantiles of 1,024 equal parts of probability (``quantiles.csv``), taken in the middle of each and
joined by straight lines, and no floating point reaches a command.
"""

from hashlib import blake2b
from importlib import resources
from typing import Final, final

E6: Final = 1_000_000
LN2_E18: Final = 693_147_180_559_945_309
E18: Final = 10**18
BITS: Final = 53
WORD_BYTES: Final = 8
WORDS: Final = 8
"""Words of 64 bits in a digest."""


def _quantiles(column: int) -> tuple[int, ...]:
    """One column of the table, in 1e-6."""
    text = resources.files(__package__).joinpath("quantiles.csv").read_text(encoding="ascii")
    return tuple(int(line.split(",")[column]) for line in text.splitlines()[1:])


NORMAL_E6: Final = _quantiles(0)
EXPONENTIAL_E6: Final = _quantiles(1)


@final
class Draws:
    """The draws of one agent under one seed."""

    __slots__ = ("_agent", "_counts", "_seed")

    def __init__(self, seed: int, agent: str) -> None:
        self._seed = seed
        self._agent = agent
        self._counts: dict[str, int] = {}

    def below(self, stream: str, bound: int) -> int:
        """A number from 0 to ``bound`` - 1; ``bound`` is far below 2**53."""
        return _u53(self._digest(stream)) * bound >> BITS

    def between(self, stream: str, low: int, high: int) -> int:
        """A number from ``low`` to ``high``, both included."""
        return low + self.below(stream, high - low + 1)

    def chance(self, stream: str, ppm: int) -> bool:
        """Whether something happens that happens ``ppm`` times in a million."""
        return self.below(stream, E6) < ppm

    def normal_e6(self, stream: str) -> int:
        """A standard normal number in 1e-6, never beyond 3.3."""
        return _shaped(NORMAL_E6, _u53(self._digest(stream)))

    def normals_e6(self, stream: str, count: int) -> list[int]:
        """Many of them, eight from each digest."""
        found: list[int] = []
        while len(found) < count:
            digest = self._digest(stream)
            found += [
                _shaped(NORMAL_E6, _u53(digest[at : at + WORD_BYTES]))
                for at in range(0, WORDS * WORD_BYTES, WORD_BYTES)
            ]
        return found[:count]

    def exponential(self, stream: str, mean: int) -> int:
        """An exponential number with this mean, in the mean's unit."""
        return mean * _shaped(EXPONENTIAL_E6, _u53(self._digest(stream))) // E6

    def lognormal(self, stream: str, median: int, sigma_e6: int) -> int:
        """A lognormal number with this median, in the median's unit; ``sigma_e6`` in 1e-6."""
        return median * exp_e18(self.normal_e6(stream) * sigma_e6 * E6) // E18

    def _digest(self, stream: str) -> bytes:
        """The next 64 bytes of a stream."""
        count = self._counts.get(stream, 0)
        self._counts[stream] = count + 1
        return blake2b(f"{self._seed}/{self._agent}/{stream}/{count}".encode()).digest()


def exp_e18(x_e18: int) -> int:
    """The exponential function in 1e-18 fixed point, rounded down at each step.

    ``x = k ln 2 + r`` with ``0 <= r < ln 2``; the series of ``r`` ends below 1e-18.
    """
    doublings, rest = divmod(x_e18, LN2_E18)
    term = total = E18
    count = 1
    while term:
        term = term * rest // E18 // count
        total += term
        count += 1
    return total << doublings if doublings >= 0 else total >> -doublings


def ln_e18(ratio_e18: int) -> int:
    """The natural logarithm of a positive number in 1e-18, to about 1e-17: Newton on ``exp_e18``."""
    guess = (ratio_e18.bit_length() - E18.bit_length()) * LN2_E18
    for _ in range(8):
        at = exp_e18(guess)
        guess += 2 * E18 * (ratio_e18 - at) // (ratio_e18 + at)
    return guess


def _u53(digest: bytes) -> int:
    return int.from_bytes(digest[:WORD_BYTES]) >> (8 * WORD_BYTES - BITS)


def _shaped(quantiles: tuple[int, ...], draw: int) -> int:
    """The quantile of a uniform draw of 53 bits, between two points of the table."""
    scaled = draw * (len(quantiles) - 1)
    place, rest = scaled >> BITS, scaled & ((1 << BITS) - 1)
    low = quantiles[place]
    return low + ((quantiles[place + 1] - low) * rest >> BITS)
