"""The restart of a feed: it cannot publish before all of it was restored and verified.

On 2026-01-19 one thread restored the indices, market by market, while another published from the
same table. Here a feed that starts is ``Restoring``, which has no way to publish. ``verified_funding``
and ``verified_prices`` give the publisher, and only when every market was restored and is what the
ledger says it is: the index of a funding feed, the last mark of a price feed.

A publisher numbers the ticks and names the accepted one before each. After a tick that was refused,
or whose outcome nobody heard, ``goes_on_from`` takes it back to what the ledger accepted last.
"""

import threading
from collections.abc import Mapping
from typing import Final, final

from ledger.core.messages import AdvanceFunding, MarketPrice, MarketRate, UpdatePrices
from ledger.core.rules.words import STATUS_SETTLED
from ledger.core.state import State
from ledger.errors import Fenced, NotVerified, invariant

Header = tuple[str, int, int]
"""First three arguments of a command: producer, number, when it was issued (Unix microseconds)."""


class _Step:
    """Proof that everything was restored and verified: only this module makes one."""


_TAKEN: Final = _Step()


class _Place:
    """Where the ledger has a feed: last accepted tick, epoch, and a value of every listed market."""

    __slots__ = ("epoch", "tick_id", "values_e8")

    value = "value"
    """What the values are, in the words of an operator."""

    def __init__(self, tick_id: int, epoch: int, values_e8: Mapping[str, int]) -> None:
        self.tick_id = tick_id
        self.epoch = epoch
        self.values_e8 = dict(values_e8)


@final
class FundingPlace(_Place):
    """Where the ledger has its funding feed; the values are the indices."""

    value = "index"


@final
class PricePlace(_Place):
    """Where the ledger has its price feed; the values are the last accepted marks, 0 before the first."""

    value = "mark"


def funding_place_of(state: State) -> FundingPlace:
    """Where a ledger has its funding feed."""
    indices = {name: m.index_e8 for name, m in state.markets.items() if m.status != STATUS_SETTLED}
    return FundingPlace(state.funding_tick_id, state.funding_epoch, indices)


def price_place_of(state: State) -> PricePlace:
    """Where a ledger has its price feed."""
    marks = {name: m.mark_e8 for name, m in state.markets.items() if m.status != STATUS_SETTLED}
    return PricePlace(state.price_tick_id, state.price_epoch, marks)


@final
class Restoring:
    """A feed that starts. Threads may restore its markets side by side."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values_e8: dict[str, int] = {}

    def restore(self, market: str, value_e8: int) -> None:
        """Index or mark of one market, as the feed itself has it."""
        with self._lock:
            self._values_e8[market] = value_e8

    def verified_funding(self, place: FundingPlace, source: str) -> "FundingPublisher":
        """The publisher, as the next instance of the feed. Raises ``NotVerified`` naming a market."""
        self._require(place)
        return FundingPublisher(_TAKEN, place, source)

    def verified_prices(self, place: PricePlace, source: str) -> "PricePublisher":
        """The publisher, as the next instance of the feed. Raises ``NotVerified`` naming a market."""
        self._require(place)
        return PricePublisher(_TAKEN, place, source)

    def _require(self, place: _Place) -> None:
        with self._lock:
            restored = dict(self._values_e8)
        for market, value_e8 in place.values_e8.items():
            if market not in restored:
                raise NotVerified(f"its {place.value} was not restored yet", where=market)
            if restored[market] != value_e8:
                raise NotVerified(
                    f"its {place.value} was restored as {restored[market]}e-8, the ledger has {value_e8}e-8",
                    where=market,
                )


class _Publisher:
    """A feed that was verified: makes the ticks that follow the last accepted one.

    ``values_e8`` are the indices or marks with which it began.
    """

    def __init__(self, step: _Step, place: _Place, source: str) -> None:
        invariant(step is _TAKEN, "a publisher is made by Restoring")
        self._tick_id = place.tick_id
        self.epoch = place.epoch + 1
        self.source = source
        self.values_e8 = dict(place.values_e8)

    def _go_on_from(self, place: _Place) -> None:
        if place.epoch > self.epoch:
            raise Fenced(
                f"instance {place.epoch} of this feed took over from {self.epoch}",
                where=self.source,
                remedy="Make sure that one instance runs; this one has ended",
            )
        self._tick_id = place.tick_id

    def _next(self) -> tuple[int, int]:
        """Number of the next tick, and of the one before it."""
        previous, self._tick_id = self._tick_id, self._tick_id + 1
        return self._tick_id, previous


@final
class FundingPublisher(_Publisher):
    """Makes funding ticks."""

    def goes_on_from(self, place: FundingPlace) -> None:
        """The next tick follows what the ledger accepted last. Raises ``Fenced`` after a later instance."""
        self._go_on_from(place)

    def tick(self, header: Header, observed_at_ms: int, rates: list[MarketRate]) -> AdvanceFunding:
        """The next tick; ``observed_at_ms`` is Unix milliseconds."""
        tick_id, previous = self._next()
        return AdvanceFunding(*header, tick_id, previous, self.source, self.epoch, observed_at_ms, rates)


@final
class PricePublisher(_Publisher):
    """Makes price ticks."""

    def goes_on_from(self, place: PricePlace) -> None:
        """The next tick follows what the ledger accepted last. Raises ``Fenced`` after a later instance."""
        self._go_on_from(place)

    def tick(self, header: Header, observed_at_ms: int, prices: list[MarketPrice]) -> UpdatePrices:
        """The next tick; ``observed_at_ms`` is Unix milliseconds."""
        tick_id, previous = self._next()
        return UpdatePrices(*header, tick_id, previous, self.source, self.epoch, observed_at_ms, prices)
