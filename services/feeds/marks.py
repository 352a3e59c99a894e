"""The mark of a market, in whole numbers.

    basis(x) = x / spot - 1
    mark     = spot * (1 + median(median(bid, ask, last), mid, outside))

where bid, ask, last and mid stand for moving averages of their basis, and outside is the basis of the
price at other venues. The newest basis has the market's ``oracle_ewma_ppm`` in an average. A side of the
book that is empty keeps its average: a book without makers moves the mark by what is left in it. What
was never seen is left out; of two values the median is their mean; with nothing at all, mark is spot.

Basis is in 1e-12, prices in 1e-8; every division rounds down.
"""

from collections.abc import Sequence
from typing import final

from ledger.core.values import E12, PPM


@final
class Book:
    """The top of a market's own book; ``None`` is an empty side, or no trade yet.

    Prices in 1e-8; a depth is the value in 1e-8 that rests near the top of its side.
    """

    __slots__ = ("ask_depth_e8", "ask_e8", "bid_depth_e8", "bid_e8", "last_e8")

    def __init__(
        self,
        bid_e8: int | None = None,
        ask_e8: int | None = None,
        last_e8: int | None = None,
        bid_depth_e8: int = 0,
        ask_depth_e8: int = 0,
    ) -> None:
        self.bid_e8 = bid_e8
        self.ask_e8 = ask_e8
        self.last_e8 = last_e8
        self.bid_depth_e8 = bid_depth_e8
        self.ask_depth_e8 = ask_depth_e8

    def mid_e8(self) -> int | None:
        """Between bid and ask; ``None`` unless both sides are there."""
        if self.bid_e8 is None or self.ask_e8 is None:
            return None
        return (self.bid_e8 + self.ask_e8) // 2


@final
class Averages:
    """Moving averages of a market's basis, in 1e-12; ``None`` until there was a first value."""

    __slots__ = ("ask_e12", "bid_e12", "last_e12", "mid_e12")

    def __init__(
        self,
        bid_e12: int | None = None,
        ask_e12: int | None = None,
        last_e12: int | None = None,
        mid_e12: int | None = None,
    ) -> None:
        self.bid_e12 = bid_e12
        self.ask_e12 = ask_e12
        self.last_e12 = last_e12
        self.mid_e12 = mid_e12

    def after(self, spot_e8: int, book: Book, weight_ppm: int) -> "Averages":
        """The averages after one more look at the book; ``self`` stays as it was."""
        return Averages(
            _moved(self.bid_e12, book.bid_e8, spot_e8, weight_ppm),
            _moved(self.ask_e12, book.ask_e8, spot_e8, weight_ppm),
            _moved(self.last_e12, book.last_e8, spot_e8, weight_ppm),
            _moved(self.mid_e12, book.mid_e8(), spot_e8, weight_ppm),
        )

    def basis_e12(self, outside_e12: int | None) -> int:
        """The fair basis, given that of the price outside, if there is one."""
        own = [value for value in (self.bid_e12, self.ask_e12, self.last_e12) if value is not None]
        parts = [median(own)] if own else []
        parts += [value for value in (self.mid_e12, outside_e12) if value is not None]
        return median(parts) if parts else 0


def mark_e8(spot_e8: int, outside_e8: int | None, averages: Averages) -> int:
    """The mark, given spot, the price at other venues, and averages that have taken in the book of now."""
    outside_e12 = None if outside_e8 is None else basis_e12(outside_e8, spot_e8)
    return spot_e8 * (E12 + averages.basis_e12(outside_e12)) // E12


def basis_e12(price_e8: int, spot_e8: int) -> int:
    """How far a price is from spot, as a fraction of spot."""
    return (price_e8 - spot_e8) * E12 // spot_e8


def median(values: Sequence[int]) -> int:
    """The middle of at least one value; of an even number of them the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) // 2


def _moved(average_e12: int | None, price_e8: int | None, spot_e8: int, weight_ppm: int) -> int | None:
    if price_e8 is None:
        return average_e12
    newest_e12 = basis_e12(price_e8, spot_e8)
    if average_e12 is None:
        return newest_e12
    return average_e12 + (newest_e12 - average_e12) * weight_ppm // PPM
