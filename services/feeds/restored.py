"""What a feed knows: a fold of the ledger's events, and of nothing else.

The averages of a book are those of the ticks that were accepted, and the index is accrued once more,
from the recorded rates, spots and times alone. ``funding_publisher`` and ``price_publisher`` compare what was
folded with what the ledger recorded, and give what may publish.
"""

from typing import Final, final

from ledger.core.messages import (
    AnyEvent,
    FundingIndexAdvanced,
    FundingIndexRestated,
    MarketListed,
    MarketUpdated,
    PricesUpdated,
    RollbackDeclared,
    SystemStatusChanged,
)
from ledger.core.rules.words import STATUS_HALTED, STATUS_MAINTENANCE, STATUS_OK, STATUS_SETTLED
from ledger.restart.feed import FundingPlace, FundingPublisher, PricePlace, PricePublisher, Restoring
from services.feeds.funding import Accrual, FundingRules, premium_e8
from services.feeds.marks import Averages, Book

FOLDED: Final = (
    "FundingIndexAdvanced",
    "FundingIndexRestated",
    "MarketListed",
    "MarketUpdated",
    "PricesUpdated",
    "RollbackDeclared",
    "SystemStatusChanged",
)
"""Events that ``Restored.fold`` looks at; all of them are in every partition."""


@final
class FeedMarket:
    """One market as a feed knows it: its rules, last accepted prices, averages and index.

    ``mark_e8`` and ``spot_e8`` are 0 before the first price. ``index_e8`` is the ledger's, ``accrual``
    the feed's own.
    """

    __slots__ = (
        "accrual",
        "averages",
        "base",
        "index_e8",
        "mark_e8",
        "rules",
        "spot_e8",
        "status",
        "weight_ppm",
    )

    def __init__(self, listed: MarketListed) -> None:
        self.base = listed.base
        self.accrual = Accrual(listed.index_start_e8)
        self.index_e8 = listed.index_start_e8
        self.averages = Averages()
        self.mark_e8 = 0
        self.spot_e8 = 0
        self.take_rules(listed)

    def take_rules(self, event: MarketListed | MarketUpdated) -> None:
        """The rules in force from now on."""
        self.status = event.status
        self.weight_ppm = event.oracle_ewma_ppm
        self.rules = FundingRules(
            event.funding_period_s,
            event.funding_gap_max_ms,
            event.funding_rate_max_e12,
            event.clamp_rate_e12,
            event.interest_rate_e12,
        )

    def restate(self, event: FundingIndexRestated) -> None:
        """Two operators set the index; what accrues goes on from there."""
        before = self.accrual
        self.index_e8 = event.index_after_e8
        self.accrual = Accrual(
            event.index_after_e8, event.remainder_after, before.premium_e8, before.observed_at_ms
        )


@final
class LastTick:
    """The last accepted tick of a feed; all 0 before the first."""

    __slots__ = ("epoch", "observed_at_ms", "tick_id")

    def __init__(self) -> None:
        self.tick_id = 0
        self.epoch = 0
        self.observed_at_ms = 0

    def take(self, event: PricesUpdated | FundingIndexAdvanced) -> None:
        """A tick was accepted."""
        self.tick_id = event.tick_id
        self.epoch = event.source_epoch
        self.observed_at_ms = event.observed_at_ms


@final
class Restored:
    """Everything that the feeds of a ledger know, after the last event that was folded."""

    def __init__(self) -> None:
        self.markets: dict[str, FeedMarket] = {}
        self.status = STATUS_OK
        self.prices = LastTick()
        self.funding = LastTick()

    def listed(self) -> dict[str, FeedMarket]:
        """The markets that a funding tick must name: all but the settled ones."""
        return {name: market for name, market in self.markets.items() if market.status != STATUS_SETTLED}

    def unpriced(self) -> list[str]:
        """Listed markets that never had a price: no rate can be computed for them."""
        return [name for name, market in self.listed().items() if market.spot_e8 == 0]

    def paused(self, market: FeedMarket) -> bool:
        """Whether nothing accrues in a market now."""
        return self.status == STATUS_MAINTENANCE or market.status == STATUS_HALTED

    def fold(self, event: AnyEvent) -> None:
        """Take in the next event of the chain that counts."""
        match event:
            case PricesUpdated():
                self._fold_prices(event)
            case FundingIndexAdvanced():
                self._fold_funding(event)
            case FundingIndexRestated():
                self.markets[event.market].restate(event)
            case MarketListed():
                self.markets[event.market] = FeedMarket(event)
            case MarketUpdated():
                self.markets[event.market].take_rules(event)
            case RollbackDeclared():
                for market in self.markets.values():
                    market.accrual = market.accrual.interrupted()
            case _:
                self.fold_void(event)

    def fold_void(self, event: AnyEvent) -> None:
        """Take in an event of a void block: the status of the exchange counts all the same."""
        if isinstance(event, SystemStatusChanged):
            self.status = event.status_after

    def funding_place(self) -> FundingPlace:
        """Where the ledger has its funding feed."""
        indices = {name: market.index_e8 for name, market in self.listed().items()}
        return FundingPlace(self.funding.tick_id, self.funding.epoch, indices)

    def price_place(self) -> PricePlace:
        """Where the ledger has its price feed."""
        marks = {name: market.mark_e8 for name, market in self.listed().items()}
        return PricePlace(self.prices.tick_id, self.prices.epoch, marks)

    def funding_publisher(self, source: str) -> FundingPublisher:
        """The next instance of the funding feed.

        Raises ``NotVerified`` naming a market whose recorded index does not follow from its recorded
        rates: publishing on top of it would make it worse.
        """
        restoring = Restoring()
        for name, market in self.markets.items():
            restoring.restore(name, market.accrual.index_e8)
        return restoring.verified_funding(self.funding_place(), source)

    def price_publisher(self, source: str) -> PricePublisher:
        """The next instance of the price feed."""
        restoring = Restoring()
        for name, market in self.markets.items():
            restoring.restore(name, market.mark_e8)
        return restoring.verified_prices(self.price_place(), source)

    def _fold_prices(self, event: PricesUpdated) -> None:
        market = self.markets[event.market]
        market.averages = market.averages.after(event.spot_e8, book_of(event), market.weight_ppm)
        market.mark_e8 = event.mark_e8
        market.spot_e8 = event.spot_e8
        self.prices.take(event)

    def _fold_funding(self, event: FundingIndexAdvanced) -> None:
        market = self.markets[event.market]
        market.accrual = market.accrual.after(
            event.observed_at_ms,
            premium_e8(event.rate_e12, event.spot_e8),
            market.rules,
            paused=self.paused(market),
        )
        market.index_e8 = event.index_after_e8
        self.funding.take(event)


def book_of(event: PricesUpdated) -> Book:
    """The top of the book that a price tick was made from."""
    return Book(
        event.bid_e8 if event.has_bid else None,
        event.ask_e8 if event.has_ask else None,
        event.last_e8 if event.has_last else None,
        event.bid_depth_e8,
        event.ask_depth_e8,
    )
