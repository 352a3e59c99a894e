"""Deterministic draws: the same seed gives the same numbers on any machine and Python version.

A draw is ``blake2b(seed, agent, stream, n)``; each agent counts its own draws in each stream, so
that what one agent does never shifts the draws of another. Everything is an integer: no floating
point reaches a command.
"""

from hashlib import blake2b
from typing import Final, final

E6: Final = 1_000_000
LN2_E18: Final = 693_147_180_559_945_309
E18: Final = 10**18
WORDS: Final = 12
"""Uniform words summed for a normal draw: variance exactly one, largest value six."""


@final
class Draws:
    """The draws of one agent under one seed."""

    __slots__ = ("_agent", "_counts", "_seed")

    def __init__(self, seed: int, agent: str) -> None:
        self._seed = seed
        self._agent = agent
        self._counts: dict[str, int] = {}

    def below(self, stream: str, bound: int) -> int:
        """A number from 0 to ``bound`` - 1; ``bound`` is far below 2**64."""
        return int.from_bytes(self._digest(stream)[:8]) * bound >> 64

    def between(self, stream: str, low: int, high: int) -> int:
        """A number from ``low`` to ``high``, both included."""
        return low + self.below(stream, high - low + 1)

    def chance(self, stream: str, ppm: int) -> bool:
        """Whether something happens that happens ``ppm`` times in a million."""
        return self.below(stream, E6) < ppm

    def normal_e6(self, stream: str) -> int:
        """A standard normal number in 1e-6: a sum of twelve uniform words, so never beyond six."""
        digest = self._digest(stream)
        total = sum(int.from_bytes(digest[at : at + 4]) for at in range(0, 4 * WORDS, 4))
        return (total * E6 >> 32) - WORDS // 2 * E6

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
