"""The restart of a funding feed: it cannot publish before all of it was restored and verified.

On 2026-01-19 one thread restored the indices, market by market, while another published from the
same table. Here a feed that starts is ``Restoring``, which has no way to publish. ``verified`` gives
the ``Publisher``, and only when every market was restored and is what the ledger says it is.
"""

import threading
from collections.abc import Mapping
from typing import Final, final

from ledger.core.messages import AdvanceFunding, MarketRate
from ledger.core.rules.words import STATUS_SETTLED
from ledger.core.state import State
from ledger.errors import NotVerified, invariant


class _Step:
    """Proof that everything was restored and verified: only this module makes one."""


_TAKEN: Final = _Step()


@final
class FeedPlace:
    """Where the ledger has the feed: last accepted tick, epoch, and the index of every listed market."""

    __slots__ = ("epoch", "indices_e8", "tick_id")

    def __init__(self, tick_id: int, epoch: int, indices_e8: Mapping[str, int]) -> None:
        self.tick_id = tick_id
        self.epoch = epoch
        self.indices_e8 = dict(indices_e8)


def place_of(state: State) -> FeedPlace:
    """Where a ledger has its funding feed."""
    indices = {name: m.index_e8 for name, m in state.markets.items() if m.status != STATUS_SETTLED}
    return FeedPlace(state.funding_tick_id, state.funding_epoch, indices)


@final
class Restoring:
    """A feed that starts. Threads may restore its markets side by side."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._indices_e8: dict[str, int] = {}

    def restore(self, market: str, index_e8: int) -> None:
        """The index of one market, as the feed's own store has it."""
        with self._lock:
            self._indices_e8[market] = index_e8

    def verified(self, place: FeedPlace, source: str) -> "Publisher":
        """The publisher, as the next instance of the feed. Raises ``NotVerified`` naming a market."""
        with self._lock:
            restored = dict(self._indices_e8)
        for market, index_e8 in place.indices_e8.items():
            if market not in restored:
                raise NotVerified("its index was not restored yet", where=market)
            if restored[market] != index_e8:
                raise NotVerified(
                    f"its index was restored as {restored[market]}e-8, the ledger has {index_e8}e-8",
                    where=market,
                )
        return Publisher(_TAKEN, place, source)


@final
class Publisher:
    """A feed that was verified: makes the ticks that follow the last accepted one."""

    def __init__(self, step: _Step, place: FeedPlace, source: str) -> None:
        invariant(step is _TAKEN, "a publisher is made by Restoring.verified()")
        self._tick_id = place.tick_id
        self._epoch = place.epoch + 1
        self._source = source
        self.indices_e8 = dict(place.indices_e8)

    def tick(
        self, header: tuple[str, int, int], observed_at_ms: int, rates: list[MarketRate]
    ) -> AdvanceFunding:
        """The next tick; ``header`` is producer, number and time of issue."""
        previous, self._tick_id = self._tick_id, self._tick_id + 1
        return AdvanceFunding(
            *header, self._tick_id, previous, self._source, self._epoch, observed_at_ms, rates
        )
