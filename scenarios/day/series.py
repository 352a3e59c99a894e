"""Prices and rates outside the exchange, every moment of the tape.

BTC and ETH are real (``ledger.market_data``), shifted by 65 days, so that 2025-11-15 becomes
2026-01-19. Inside a candle of 8 hours a Brownian bridge in log price, in integers, goes from open to close
in steps of 5 seconds; its deviations are drawn together where they would leave the candle's low or high.
**PAXG is generated**: a bridge in log price over the history, a random walk on the day.

A row's rate was paid at its time, and the ledger applies a rate to the time after it, so a feed
publishes the rate of row ``k + 1`` at the time of row ``k``. Spot is the mark of the series.
"""

from bisect import bisect_right
from datetime import UTC, datetime
from math import isqrt
from typing import Final, final

from ledger.core.values import E8
from ledger.market_data.series import PERIOD_MS, Candle, Quote, ticks
from scenarios.draws import E6, E18, Draws, exp_e18, ln_e18

SHIFT_DAYS: Final = 65
SHIFT_MS: Final = SHIFT_DAYS * 24 * 3600 * 1000
STEP_MS: Final = 5_000
STEPS: Final = PERIOD_MS // STEP_MS
REAL: Final = ("BTC", "ETH")
GENERATED: Final = "PAXG"
SYMBOLS: Final = (*REAL, GENERATED)
PAXG_FROM_E8: Final = 2_030 * E8
PAXG_TO_E8: Final = 4_662 * E8
PAXG_SIGMA_E6: Final = 5_200
"""Of a log return in 8 hours: 0.9% a day."""
PAXG_STEP_E9: Final = 22_000
"""Standard deviation of a step of the day, in 1e-9: 2.2e-5."""
RANGE_OF_BRIDGE_E2: Final = 125
"""Mean range of a Brownian bridge in standard deviations of its last point, were it free: 1.25."""


def at_ms(text: str) -> int:
    """Unix milliseconds of a UTC time such as ``2026-01-19 04:27:54``."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


@final
class Outside:
    """What the world pays for a coin. Prices in 1e-8 USD, times in Unix milliseconds of the tape."""

    def __init__(self, seed: int, day_ms: int) -> None:
        """``day_ms``: from here on there is a price every 5 seconds, of PAXG too."""
        self._draws = Draws(seed, "outside")
        self._day_ms = day_ms
        ticks_found = list(ticks())
        self.times_ms = [tick.observed_at_ms + SHIFT_MS for tick in ticks_found]
        self._quotes: list[dict[str, Quote]] = [
            {quote.symbol: quote for quote in tick.quotes} for tick in ticks_found
        ]
        self._paxg = self._paxg_history()
        self._paths: dict[tuple[str, int], list[int]] = {}

    def spot_e8(self, symbol: str, now_ms: int) -> int:
        """The price outside, as of the last step of 5 seconds."""
        place = bisect_right(self.times_ms, now_ms) - 1
        if symbol == GENERATED and now_ms < self._day_ms:
            return self._paxg_between(place, now_ms)
        if symbol != GENERATED and now_ms == self.times_ms[place]:
            return self._quotes[place][symbol].candle.open_e8
        return self._path(symbol, place)[(now_ms - self.times_ms[place]) // STEP_MS]

    def rate_e12(self, symbol: str, now_ms: int) -> int | None:
        """The recorded rate in force, a fraction per 8 hours; none for PAXG, whose feed uses the formula."""
        if symbol == GENERATED:
            return None
        return self._quotes[bisect_right(self.times_ms, now_ms) - 1][symbol].rate_e12

    def _path(self, symbol: str, place: int) -> list[int]:
        key = (symbol, place)
        path = self._paths.get(key)
        if path is None:
            if symbol == GENERATED:
                path = self._paxg_path(place)
            else:
                normals = self._draws.normals_e6(f"{symbol}/{place}", STEPS)
                path = bridge(self._quotes[place][symbol].candle, normals)
            self._paths[key] = path
        return path

    def _paxg_history(self) -> list[int]:
        """A price at each tick up to the day, from the first to the last that are given."""
        steps = bisect_right(self.times_ms, self._day_ms) - 1
        walk = [0]
        for normal in self._draws.normals_e6("paxg/history", steps):
            walk.append(walk[-1] + normal)
        drift = ln_e18(PAXG_TO_E8 * E18 // PAXG_FROM_E8)
        prices = []
        for place, value in enumerate(walk):
            free = (value - walk[-1] * place // steps) * PAXG_SIGMA_E6 * (E18 // E6) // E6
            prices.append(PAXG_FROM_E8 * exp_e18(drift * place // steps + free) // E18)
        return prices

    def _paxg_between(self, place: int, now_ms: int) -> int:
        here, there = self._paxg[place], self._paxg[place + 1]
        return here + (there - here) * (now_ms - self.times_ms[place]) // PERIOD_MS

    def _paxg_path(self, place: int) -> list[int]:
        """A random walk that goes on where the candle before it ended."""
        if self.times_ms[place] <= self._day_ms:
            price = self._paxg[-1]
        else:
            price = self._path(GENERATED, place - 1)[-1]
        path = [price]
        for normal in self._draws.normals_e6(f"paxg/{place}", STEPS):
            price += price * normal * PAXG_STEP_E9 // (E6 * 10**9)
            path.append(price)
        return path


def bridge(candle: Candle, normals_e6: list[int]) -> list[int]:
    """Prices from open to close, one more than there are draws, within low and high.

    In log price, a deviation ``d`` from the straight line becomes ``d * room / (room + |d|)``, where ``room``
    is what the candle leaves on that side.
    """
    steps = len(normals_e6)
    walk = [0]
    for normal in normals_e6:
        walk.append(walk[-1] + normal)
    opens = candle.open_e8
    drift, top, bottom = (
        ln_e18(price * E18 // opens) for price in (candle.close_e8, candle.high_e8, candle.low_e8)
    )
    unit = isqrt(steps * 10**4) * RANGE_OF_BRIDGE_E2 * E6
    prices = [opens]
    for step, value in enumerate(walk[1:-1], start=1):
        line = drift * step // steps
        free = (value - walk[-1] * step // steps) * (top - bottom) * 10**4 // unit
        room = top - line if free > 0 else line - bottom
        moved = line + free * room // (room + abs(free)) if free else line
        price = opens * exp_e18(moved) // E18
        prices.append(min(candle.high_e8, max(candle.low_e8, price)))
    return [*prices, candle.close_e8]
