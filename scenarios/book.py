"""A small matching engine: price-time priority, one book per market, deterministic.

It knows orders and matches, and nothing of the ledger: whoever runs it records a match as a trade
and, when the ledger refuses it, gives the size back with ``restore``.
"""

from bisect import bisect_left, insort
from typing import final

from ledger.core.values import BUY
from ledger.errors import invariant


@final
class BookOrder:
    """An order in the engine; ``limit_e8`` is its worst price, sizes are in 1e-8 of base."""

    __slots__ = ("account", "key", "limit_e8", "market", "order_id", "remaining_e8", "side")

    def __init__(
        self, order_id: str, account: str, market: str, side: str, limit_e8: int, remaining_e8: int
    ) -> None:
        self.order_id = order_id
        self.account = account
        self.market = market
        self.side = side
        self.limit_e8 = limit_e8
        self.remaining_e8 = remaining_e8
        self.key = (0, 0)
        """Price (negated for bids), then age: the order of priority."""


@final
class Match:
    """A taker meets a resting order, at the resting order's price."""

    __slots__ = ("maker", "price_e8", "size_e8", "taker")

    def __init__(self, maker: BookOrder, taker: BookOrder, price_e8: int, size_e8: int) -> None:
        self.maker = maker
        self.taker = taker
        self.price_e8 = price_e8
        self.size_e8 = size_e8


@final
class Book:
    """Resting orders of one market."""

    __slots__ = ("_age", "_asks", "_bids", "_orders")

    def __init__(self) -> None:
        self._age = 0
        self._orders: dict[str, BookOrder] = {}
        self._bids: list[tuple[tuple[int, int], str]] = []
        self._asks: list[tuple[tuple[int, int], str]] = []

    def find(self, order_id: str) -> BookOrder | None:
        """The resting order of this id, if it rests here."""
        return self._orders.get(order_id)

    def orders(self) -> list[BookOrder]:
        """What rests, oldest first."""
        return list(self._orders.values())

    def rest(self, order: BookOrder) -> None:
        """Add an order behind the others of its price; it must not cross."""
        invariant(order.order_id not in self._orders, "an order rests once")
        self._age += 1
        order.key = (-order.limit_e8 if order.side == BUY else order.limit_e8, self._age)
        self._orders[order.order_id] = order
        insort(self._side(order), (order.key, order.order_id))

    def remove(self, order_id: str) -> BookOrder | None:
        """Take an order off; ``None`` if it does not rest here."""
        order = self._orders.pop(order_id, None)
        if order is not None:
            side = self._side(order)
            side.pop(bisect_left(side, (order.key, order_id)))
        return order

    def next_match(self, taker: BookOrder) -> Match | None:
        """The best resting order of another account that ``taker`` crosses, and take the size.

        A filled resting order leaves the book. ``None`` when nothing crosses.
        """
        if taker.remaining_e8 == 0:
            return None
        buys = taker.side == BUY
        for _, order_id in self._asks if buys else self._bids:
            maker = self._orders[order_id]
            if (maker.limit_e8 > taker.limit_e8) if buys else (maker.limit_e8 < taker.limit_e8):
                return None
            if maker.account == taker.account:
                continue
            size_e8 = min(maker.remaining_e8, taker.remaining_e8)
            maker.remaining_e8 -= size_e8
            taker.remaining_e8 -= size_e8
            if maker.remaining_e8 == 0:
                self.remove(order_id)
            return Match(maker, taker, maker.limit_e8, size_e8)
        return None

    def restore(self, match: Match) -> None:
        """Undo a match that the ledger refused; the resting order keeps its priority."""
        maker = match.maker
        match.taker.remaining_e8 += match.size_e8
        maker.remaining_e8 += match.size_e8
        if maker.order_id not in self._orders:
            self._orders[maker.order_id] = maker
            insort(self._side(maker), (maker.key, maker.order_id))

    def _side(self, order: BookOrder) -> list[tuple[tuple[int, int], str]]:
        return self._bids if order.side == BUY else self._asks
