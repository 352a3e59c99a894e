"""Accounts of the size of the tape (tape.md 3), and how many of them a corrupted input would harm.

Not the tape itself: positions are drawn and not traded, and the age of a position decides how much
of the index it has seen. Draws come from blake2b and a table of normal quantiles in whole numbers, so the
figures are the same on every machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from math import exp
from statistics import NormalDist
from typing import Final

from tests.corruptions.stream import BTC, ETH, PAXG

PRICES: Final = {BTC: 95_520.0, ETH: 3_147.0, PAXG: 4_662.0}
INDICES: Final = {BTC: 13_686.0, ETH: 605.6, PAXG: 30.0}
DAYS: Final = 715
MAINTENANCE: Final = 0.01
GENERAL, GOLD = 7_200, 800


@dataclass(frozen=True)
class Holder:
    """Equity in USDC, and (market, signed size, cached index) of each position."""

    equity: float
    positions: tuple[tuple[str, float, float], ...]

    def is_harmed(self, error: "Error") -> bool:
        """Whether what is wrong alone takes it below its maintenance margin."""
        return self._cushion(SOUND) >= 0 > self._cushion(error)

    def _cushion(self, error: "Error") -> float:
        value, required = self.equity, 0.0
        for market, size, cached in self.positions:
            value -= size * error.indices.get(market, 0.0)
            if error.caches_lost:
                value -= size * cached
            mark = PRICES[market] * (1 + error.marks.get(market, 0.0))
            value += size * (mark - PRICES[market])
            required += abs(size) * mark * MAINTENANCE
        return value - required


@dataclass(frozen=True)
class Error:
    """What is wrong by market: indices in USDC, marks as a part of them; or all cached indices are zero."""

    indices: Mapping[str, float] = field(default_factory=dict)
    marks: Mapping[str, float] = field(default_factory=dict)
    caches_lost: bool = False


SOUND: Final = Error()


class Draws:
    """Uniform and normal draws of one account."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._drawn = 0

    def uniform(self) -> float:
        """In (0, 1), of 32 bits."""
        self._drawn += 1
        digest = blake2b(f"{self._name}/{self._drawn}".encode(), digest_size=4).digest()
        return (int.from_bytes(digest, "big") + 0.5) / 2**32

    def lognormal(self, median: float, sigma: float, low: float, high: float) -> float:
        """Cut to a range, to six digits."""
        drawn = median * exp(sigma * NormalDist().inv_cdf(self.uniform()))
        return float(f"{min(high, max(low, drawn)):.6g}")


def population() -> list[Holder]:
    """The 8,000 accounts."""
    return [_general(f"general-{n}") for n in range(GENERAL)] + [_gold(f"gold-{n}") for n in range(GOLD)]


def _general(name: str) -> Holder:
    draws = Draws(name)
    equity = draws.lognormal(1_100, 1.65, 25, 1.5e6)
    notional = equity * draws.lognormal(6.5, 0.75, 0.2, 35)
    side = 1 if draws.uniform() < 0.53 else -1
    holds = [market for market, chance in ((BTC, 0.58), (ETH, 0.48)) if draws.uniform() < chance] or [BTC]
    weights = [draws.uniform() for _ in holds]
    parts = [notional * weight / sum(weights) for weight in weights]
    return Holder(equity, tuple(_position(draws, m, p, side) for m, p in zip(holds, parts, strict=True)))


def _gold(name: str) -> Holder:
    draws = Draws(name)
    equity = draws.lognormal(1_450, 1.35, 25, 120_000)
    notional = equity * draws.lognormal(12, 0.65, 0.3, 45)
    side = 1 if draws.uniform() < 0.62 else -1
    parts = ((PAXG, 0.7), (BTC, 0.3)) if draws.uniform() < 0.2 else ((PAXG, 1.0),)
    return Holder(equity, tuple(_position(draws, m, notional * part, side) for m, part in parts))


def _position(draws: Draws, market: str, notional: float, side: int) -> tuple[str, float, float]:
    """A position whose last change was some days ago, with the index of that day."""
    sign = -side if draws.uniform() < 0.15 else side
    days = min(DAYS, -12 * NormalDist().inv_cdf(max(1e-9, draws.uniform() / 2)))
    return market, sign * notional / PRICES[market], INDICES[market] * (1 - days / DAYS)
