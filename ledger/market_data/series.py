"""Readers of the 8-hour series: candles of the mark, funding rates, and ticks for the feeds.

A funding row says what *was paid at* its time, the rate of the 8 hours before it. The ledger
applies the rate of the previous tick to the interval between two ticks, so ``ticks`` publishes the
rate of row ``k + 1`` at the time of row ``k``. Recorded times are up to 16 ms late and are rounded
to the period. There is no spot series: spot is the mark.
"""

import csv
from collections.abc import Iterator
from decimal import Decimal
from importlib import resources
from typing import Final, final

from ledger.core.values import E8, E12
from ledger.errors import SettingsFault

PERIOD_MS: Final = 8 * 3600 * 1000
FUNDING_GAP_MAX_MS: Final = 36_000 * 1000
"""Gap rule of a market that is fed with these series: one period and a quarter."""
SYMBOLS: Final = ("BTC", "ETH")
LATE_MAX_MS: Final = 1000
"""A row further than this from its period is not late but wrong."""


@final
class Candle:
    """Mark price over the 8 hours from ``observed_at_ms``; prices in 1e-8 USD."""

    __slots__ = ("close_e8", "high_e8", "low_e8", "observed_at_ms", "open_e8")

    def __init__(self, observed_at_ms: int, open_e8: int, high_e8: int, low_e8: int, close_e8: int) -> None:
        self.observed_at_ms = observed_at_ms
        self.open_e8 = open_e8
        self.high_e8 = high_e8
        self.low_e8 = low_e8
        self.close_e8 = close_e8


@final
class Quote:
    """One market in a tick: its candle, which begins now, and the rate in force from now on.

    ``candle.open_e8`` is the mark and the spot of the tick; ``rate_e12`` is a fraction per 8 hours.
    """

    __slots__ = ("candle", "rate_e12", "symbol")

    def __init__(self, symbol: str, candle: Candle, rate_e12: int) -> None:
        self.symbol = symbol
        self.candle = candle
        self.rate_e12 = rate_e12


@final
class Tick:
    """What the feeds publish at ``observed_at_ms``; one quote per market, in order of symbol."""

    __slots__ = ("observed_at_ms", "quotes")

    def __init__(self, observed_at_ms: int, quotes: list[Quote]) -> None:
        self.observed_at_ms = observed_at_ms
        self.quotes = quotes


def exact(text: str, scale: int) -> int:
    """``text`` times ``scale`` as an integer; ``SettingsFault`` if it is not a whole number."""
    scaled = Decimal(text) * scale
    whole = int(scaled)
    if whole != scaled:
        msg = f"{text} has more digits than 1/{scale} can hold"
        raise SettingsFault(msg, where="ledger/market_data")
    return whole


def period_of(ts_ms: int) -> int:
    """Time of the period that a row recorded at ``ts_ms`` belongs to, in Unix milliseconds."""
    start = (ts_ms + PERIOD_MS // 2) // PERIOD_MS * PERIOD_MS
    if abs(ts_ms - start) > LATE_MAX_MS:
        msg = f"a row at {ts_ms} ms is {ts_ms - start} ms away from its period"
        raise SettingsFault(msg, where="ledger/market_data")
    return start


def candles(symbol: str) -> list[Candle]:
    """Mark candles of ``symbol``, oldest first, times rounded to the period."""
    return [
        Candle(
            period_of(int(row["ts_ms"])),
            exact(row["open"], E8),
            exact(row["high"], E8),
            exact(row["low"], E8),
            exact(row["close"], E8),
        )
        for row in _rows(f"{symbol}USDT-mark-8h.csv")
    ]


def funding_rates(symbol: str) -> dict[int, int]:
    """Rate paid at each period's time (Unix ms), in 1e-12 per 8 hours."""
    return {
        period_of(int(row["ts_ms"])): exact(row["funding_rate"], E12)
        for row in _rows(f"{symbol}USDT-funding-8h.csv")
    }


def ticks(symbols: tuple[str, ...] = SYMBOLS) -> Iterator[Tick]:
    """Ticks that every one of ``symbols`` has, oldest first.

    The last row of a series has no successor and so gives no tick.
    """
    ordered = sorted(symbols)
    rates = {symbol: funding_rates(symbol) for symbol in ordered}
    marks = {symbol: {candle.observed_at_ms: candle for candle in candles(symbol)} for symbol in ordered}
    for at_ms in marks[ordered[0]]:
        next_ms = at_ms + PERIOD_MS
        if all(at_ms in marks[symbol] and next_ms in rates[symbol] for symbol in ordered):
            yield Tick(
                at_ms, [Quote(symbol, marks[symbol][at_ms], rates[symbol][next_ms]) for symbol in ordered]
            )


def _rows(name: str) -> Iterator[dict[str, str]]:
    """Rows of one of the files in this package."""
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
