"""What the feeds observe: a recorded series, or a generated one.

A series keeps no place of its own. It is asked for the first moment after a time, and the time is that of
the last accepted tick; so a feed that starts again goes on where the ledger is.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final, Protocol, final

from ledger.core.values import E8, PPM
from ledger.market_data.series import SYMBOLS, candles, ticks
from services.feeds.marks import Book
from services.feeds.restored import FeedMarket
from services.feeds.ticks import Observation

STEP_MAX_PPM: Final = 250
"""Longest step of a generated spot: 50% a year at five seconds."""
OUTSIDE_PPM: Final = 50
"""How far a generated price at other venues is from spot, at most."""
HALF_SPREAD_PPM: Final = 200
DEPTH_E8: Final = 50_000 * E8

Known = Mapping[str, FeedMarket]
"""The listed markets, as the feed knows them."""


@final
class Moment:
    """What is observed at a time (Unix milliseconds), by market."""

    __slots__ = ("observed", "observed_at_ms")

    def __init__(self, observed_at_ms: int, observed: Mapping[str, Observation]) -> None:
        self.observed_at_ms = observed_at_ms
        self.observed = observed


class Series(Protocol):
    """What the world looks like, moment by moment. ``live``: its times are those of now."""

    live: bool

    def after(self, last_ms: int, now_ms: int, markets: Known) -> Moment | None:
        """The first moment after ``last_ms``, of the last accepted tick (0: none); ``None`` at the end.

        ``now_ms`` is the time now. Markets that it knows nothing of are not in it (``unknown``).
        """

    def unknown(self, markets: Known) -> list[str]:
        """Markets of which it knows nothing."""


@final
class Recorded:
    """Mark and funding rate of BTC and ETH, every 8 hours (``ledger.market_data``).

    Spot and the price outside are the recorded mark; there is no book. ``shift_ms`` moves every time.
    """

    def __init__(self, symbols: Sequence[str] = SYMBOLS, shift_ms: int = 0) -> None:
        self.live = False
        self._symbols = frozenset(symbols)
        self._ticks = list(ticks(tuple(symbols)))
        self._times_ms = [tick.observed_at_ms + shift_ms for tick in self._ticks]

    def after(self, last_ms: int, now_ms: int, markets: Known) -> Moment | None:  # noqa: ARG002
        """The next row."""
        place = bisect_right(self._times_ms, last_ms)
        if place == len(self._ticks):
            return None
        quotes = {quote.symbol: quote for quote in self._ticks[place].quotes}
        observed: dict[str, Observation] = {}
        for name, market in markets.items():
            quote = quotes.get(market.base)
            if quote is not None:
                price_e8 = quote.candle.open_e8
                observed[name] = Observation(price_e8, price_e8, rate_e12=quote.rate_e12)
        return Moment(self._times_ms[place], observed)

    def unknown(self, markets: Known) -> list[str]:
        """See ``Series``."""
        return [name for name, market in markets.items() if market.base not in self._symbols]


@final
class Timetable:
    """Times and nothing else: the multiples of ``every_ms``, for ever.

    A ``live`` one passes over the times at which nobody was there; any other gives every one.
    """

    def __init__(self, every_ms: int, *, live: bool) -> None:
        self.live = live
        self._every_ms = every_ms

    def after(self, last_ms: int, now_ms: int, markets: Known) -> Moment:  # noqa: ARG002
        """The next time."""
        from_ms = max(last_ms, now_ms - self._every_ms) if self.live or not last_ms else last_ms
        return Moment((from_ms // self._every_ms + 1) * self._every_ms, {})

    def unknown(self, markets: Known) -> list[str]:  # noqa: ARG002
        """See ``Series``."""
        return []


@final
class Generated:
    """At the times of a timetable, a spot that goes a small step up or down, with a book around it.

    A step depends on the seed, the market and the time alone and starts at the spot the ledger accepted
    last; before the first, at ``first_e8``, which has prices by market or by base asset.
    """

    def __init__(self, times: Timetable, seed: int, first_e8: Mapping[str, int]) -> None:
        self.live = times.live
        self._times = times
        self._seed = seed
        self._first_e8 = first_e8

    def after(self, last_ms: int, now_ms: int, markets: Known) -> Moment:
        """The next step."""
        at_ms = self._times.after(last_ms, now_ms, markets).observed_at_ms
        known = {name: self._before_e8(name, market) for name, market in markets.items()}
        return Moment(
            at_ms, {name: self._stepped(name, price, at_ms) for name, price in known.items() if price}
        )

    def unknown(self, markets: Known) -> list[str]:
        """See ``Series``."""
        return [name for name, market in markets.items() if not self._before_e8(name, market)]

    def _before_e8(self, name: str, market: FeedMarket) -> int:
        return market.spot_e8 or self._first_e8.get(name) or self._first_e8.get(market.base, 0)

    def _stepped(self, name: str, before_e8: int, at_ms: int) -> Observation:
        digest = blake2b(f"{self._seed}/{name}/{at_ms}".encode(), digest_size=24).digest()
        step, outside, lean = (int.from_bytes(digest[at : at + 8]) for at in (0, 8, 16))
        spot_e8 = max(1, before_e8 + _share(before_e8, step, STEP_MAX_PPM))
        mid_e8 = spot_e8 + _share(spot_e8, lean, HALF_SPREAD_PPM)
        half_e8 = max(1, spot_e8 * HALF_SPREAD_PPM // PPM)
        book = Book(max(1, mid_e8 - half_e8), mid_e8 + half_e8, mid_e8, DEPTH_E8, DEPTH_E8)
        return Observation(spot_e8, spot_e8 + _share(spot_e8, outside, OUTSIDE_PPM), book)


def last_recorded_e8() -> dict[str, int]:
    """The newest recorded price of every base asset that has a recorded series."""
    return {base: candles(base)[-1].close_e8 for base in SYMBOLS}


def _share(price_e8: int, draw: int, most_ppm: int) -> int:
    """Up to ``most_ppm`` of a price, up or down; ``draw`` is 64 random bits."""
    return price_e8 * most_ppm * (2 * draw - 2**64) // (2**64 * PPM)
