"""The book of one market: price-time priority, deterministic.

It knows orders and matches, and nothing of the ledger: whoever runs it records a match as a trade
and, when the ledger refuses it, gives the size back with ``restore``.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import final

from ledger.errors import invariant

Place = tuple[tuple[int, int], str]
"""Where an order stands in its side: price (negated for bids) and age, then its id."""


@final
class BookOrder:
    """An order in the engine; ``sign`` is +1 for a buy, ``limit_e8`` its worst price, sizes are in 1e-8."""

    __slots__ = ("account", "key", "limit_e8", "market", "order_id", "remaining_e8", "sign")

    def __init__(
        self, order_id: str, account: str, market: str, sign: int, limit_e8: int, remaining_e8: int
    ) -> None:
        self.order_id = order_id
        self.account = account
        self.market = market
        self.sign = sign
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
        self._bids: list[Place] = []
        self._asks: list[Place] = []

    def find(self, order_id: str) -> BookOrder | None:
        """The resting order of this id, if it rests here."""
        return self._orders.get(order_id)

    def side(self, sign: int) -> Iterator[BookOrder]:
        """Bids (+1) or asks (-1), best first. The book may not be changed while this is read."""
        for _, order_id in self._side(sign):
            yield self._orders[order_id]

    def best(self, sign: int) -> BookOrder | None:
        """The first bid (+1) or ask (-1) by priority."""
        side = self._side(sign)
        return self._orders[side[0][1]] if side else None

    def first_met(self, taker: BookOrder) -> BookOrder | None:
        """The resting order that ``taker`` would meet first, if their prices cross."""
        maker = self.best(-taker.sign)
        if maker is None or (maker.limit_e8 - taker.limit_e8) * taker.sign > 0:
            return None
        return maker

    def rest(self, order: BookOrder) -> None:
        """Add an order behind the others of its price; it must not cross."""
        invariant(order.order_id not in self._orders, "an order rests once")
        invariant(self.first_met(order) is None, "a resting order does not cross")
        self._age += 1
        order.key = (-order.sign * order.limit_e8, self._age)
        self._orders[order.order_id] = order
        insort(self._side(order.sign), (order.key, order.order_id))

    def remove(self, order_id: str) -> BookOrder | None:
        """Take an order off; ``None`` if it does not rest here."""
        order = self._orders.pop(order_id, None)
        if order is not None:
            side = self._side(order.sign)
            side.pop(bisect_left(side, (order.key, order_id)))
        return order

    def take(self, maker: BookOrder, taker: BookOrder) -> Match:
        """Match what both have left; a resting order with nothing left leaves the book."""
        size_e8 = min(maker.remaining_e8, taker.remaining_e8)
        maker.remaining_e8 -= size_e8
        taker.remaining_e8 -= size_e8
        if maker.remaining_e8 == 0:
            self.remove(maker.order_id)
        return Match(maker, taker, maker.limit_e8, size_e8)

    def restore(self, match: Match) -> None:
        """Undo a match that the ledger refused; the resting order keeps its priority."""
        maker = match.maker
        match.taker.remaining_e8 += match.size_e8
        maker.remaining_e8 += match.size_e8
        if maker.order_id not in self._orders:
            self._orders[maker.order_id] = maker
            insort(self._side(maker.sign), (maker.key, maker.order_id))

    def _side(self, sign: int) -> list[Place]:
        return self._bids if sign > 0 else self._asks
