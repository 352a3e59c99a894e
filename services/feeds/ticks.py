"""From what was observed to the next tick: pure, given what the feed knows (``restored``)."""

from collections.abc import Mapping
from typing import final

from ledger.core.messages import MarketPrice, MarketRate
from services.feeds.funding import Accrual, premium_e8, rate_e12
from services.feeds.marks import Averages, Book, mark_e8
from services.feeds.restored import Restored


@final
class Observation:
    """What is seen of one market at a moment.

    ``spot_e8`` is positive. ``outside_e8`` is the price at other venues, which is also the external fair
    price; ``rate_e12`` a funding rate that was recorded elsewhere. ``None`` where there is none.
    """

    __slots__ = ("book", "outside_e8", "rate_e12", "spot_e8")

    def __init__(
        self,
        spot_e8: int,
        outside_e8: int | None = None,
        book: Book | None = None,
        rate_e12: int | None = None,
    ) -> None:
        self.spot_e8 = spot_e8
        self.outside_e8 = outside_e8
        self.book = Book() if book is None else book
        self.rate_e12 = rate_e12


def price_of(market: str, seen: Observation, averages: Averages, weight_ppm: int) -> MarketPrice:
    """A market's entry in a price tick; ``averages`` are those of the last accepted tick."""
    book = seen.book
    mark = mark_e8(seen.spot_e8, seen.outside_e8, averages.after(seen.spot_e8, book, weight_ppm))
    return MarketPrice(
        market,
        mark,
        seen.spot_e8,
        *_optional(seen.outside_e8),
        *_optional(book.bid_e8),
        *_optional(book.ask_e8),
        *_optional(book.last_e8),
        book.bid_depth_e8,
        book.ask_depth_e8,
    )


def rate_of(market: str, rate: int, spot_e8: int, claimed: Accrual) -> MarketRate:
    """A market's entry in a funding tick; ``claimed`` is its index at the time of the tick."""
    return MarketRate(market, rate, spot_e8, 1, claimed.index_e8, 1, premium_e8(rate, spot_e8))


def prices_at(restored: Restored, observed: Mapping[str, Observation]) -> list[MarketPrice]:
    """The entries of a price tick, one for each market that was observed and is listed."""
    return [
        price_of(name, observed[name], market.averages, market.weight_ppm)
        for name, market in restored.listed().items()
        if name in observed
    ]


def rates_at(
    restored: Restored, observed_at_ms: int, observed: Mapping[str, Observation]
) -> list[MarketRate]:
    """The entries of a funding tick, one for every listed market.

    A market with a recorded rate publishes that; any other the rate of the formula on the mark and spot
    that the ledger accepted last.
    """
    rates: list[MarketRate] = []
    for name, market in restored.listed().items():
        seen = observed.get(name)
        if seen is not None and seen.rate_e12 is not None:
            rate, spot_e8 = seen.rate_e12, seen.spot_e8
        else:
            rate, spot_e8 = rate_e12(market.mark_e8, market.spot_e8, market.rules), market.spot_e8
        premium = premium_e8(rate, spot_e8)
        claimed = market.accrual.after(observed_at_ms, premium, market.rules, paused=restored.paused(market))
        rates.append(rate_of(name, rate, spot_e8, claimed))
    return rates


def _optional(price_e8: int | None) -> tuple[int, int]:
    """Presence and value, as messages have them."""
    return (0, 0) if price_e8 is None else (1, price_e8)
