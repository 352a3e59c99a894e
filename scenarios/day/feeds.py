"""The price service and the funding service of the tape.

Both publish one tick at a time, in order, and learn from the outcome. What a service knows is what it
published and was accepted; a new instance restores it and may only publish what it got verified
(``ledger.restart.feed``). The instance of that day, which did not, is in ``race``.
"""

from collections.abc import Callable
from typing import Final, final

from ledger.core.messages import AdvanceFunding, MarketPrice, MarketRate, UpdatePrices
from ledger.core.rules.words import STATUS_MAINTENANCE
from ledger.core.state import Market
from ledger.core.values import E8, PPM
from ledger.restart.feed import Restoring, funding_place_of
from scenarios.day.rules import MARKETS, SYMBOL_OF
from scenarios.day.world import World
from services.feeds.funding import Accrual, FundingRules, premium_e8, rate_e12
from services.feeds.marks import Averages, Book
from services.feeds.ticks import Observation, price_of, rate_of

PRICES: Final = "price-service"
FUNDING: Final = "funding-service"
SOURCE: Final = "tape"
COARSE_SPREAD_PPM: Final = 500
COARSE_DEPTH_E8: Final = 150_000 * E8


@final
class PriceService:
    """Marks from spot, the own book and the price outside; in coarse ticks the mark is spot."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._averages = {market: Averages() for market in MARKETS}

    def restore(self) -> None:
        """Begin anew: the averages start at the book of the next tick."""
        self._averages = {market: Averages() for market in MARKETS}

    def publish(self) -> None:
        """Queue the next tick."""
        world = self._world
        state = world.gateway.state
        header = world.gateway.header(PRICES)
        price = self._coarse if world.coarse else self._fine
        prices = [price(market) for market in MARKETS]
        last = state.price_tick_id
        epoch = max(1, state.price_epoch)
        command = UpdatePrices(*header, last + 1, last, SOURCE, epoch, world.now_ms, prices)
        world.gateway.send(command)

    def _coarse(self, name: str) -> MarketPrice:
        fair = self._world.fair_e8(name)
        offset = fair * COARSE_SPREAD_PPM // PPM
        depth = COARSE_DEPTH_E8
        return MarketPrice(name, fair, fair, 1, fair, 1, fair - offset, 1, fair + offset, 0, 0, depth, depth)

    def _fine(self, name: str) -> MarketPrice:
        world = self._world
        market = world.market(name)
        fair = world.fair_e8(name)
        seen = Observation(fair, fair, book_of(world, market))
        averages, weight = self._averages[name], market.oracle_ewma_ppm
        self._averages[name] = averages.after(fair, seen.book, weight)
        return price_of(name, seen, averages, weight)


def book_of(world: World, market: Market) -> Book:
    """Top of a book, its last trade, and the value that rests within the spread that a market may have."""
    engine, name = world.engine, market.market
    bid, ask = engine.best_e8(name, 1), engine.best_e8(name, -1)
    bid_depth = ask_depth = 0
    if bid:
        bid_depth = engine.depth_e8(name, 1, bid * (PPM - market.spread_max_ppm) // PPM) * bid // E8
    if ask:
        ask_depth = engine.depth_e8(name, -1, ask * (PPM + market.spread_max_ppm) // PPM) * ask // E8
    return Book(bid or None, ask or None, engine.last.get(name), bid_depth, ask_depth)


@final
class FundingService:
    """Rates of the series, or of the formula for a market that has none, with its own absolute index."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.table: dict[str, Accrual] = {}
        """What the service has stored: index, remainder and premium by market."""
        self.epoch = 1

    def restore(self) -> None:
        """A new instance, from the ledger: every market is restored and verified before it may publish."""
        state = self._world.gateway.state
        restoring = Restoring()
        self.table = {}
        for name, market in state.markets.items():
            self.table[name] = Accrual(
                market.index_e8, market.remainder, market.premium_e8, market.funding_observed_ms
            )
            restoring.restore(name, market.index_e8)
        self.epoch = restoring.verified_funding(funding_place_of(state), SOURCE).epoch

    def publish(self, then: Callable[[bool], None] | None = None) -> None:
        """Queue the next tick; the index of each market goes on from the table."""
        world = self._world
        rates = [self._rate(market) for market in MARKETS]
        last = world.gateway.state.funding_tick_id
        header = world.gateway.header(f"{FUNDING}-{self.epoch}")
        world.gateway.send(
            AdvanceFunding(*header, last + 1, last, SOURCE, self.epoch, world.now_ms, rates), then
        )

    def _rate(self, name: str) -> MarketRate:
        """The entry of one market, stored as published."""
        world = self._world
        market = world.market(name)
        spot = world.fair_e8(name)
        rules = rules_of(market)
        rate = world.outside.rate_e12(SYMBOL_OF[name], world.now_ms)
        if rate is None:
            rate = rate_e12(market.mark_e8 or spot, market.spot_e8 or spot, rules)
        premium = premium_e8(rate, spot)
        before = self.table.get(name, Accrual(market.index_start_e8))
        paused = world.gateway.state.control.status == STATUS_MAINTENANCE
        after = before.after(world.now_ms, premium, rules, paused=paused)
        self.table[name] = after
        return rate_of(name, rate, spot, after)


def rules_of(market: Market) -> FundingRules:
    """What funding needs of a market."""
    return FundingRules(
        market.funding_period_s,
        market.funding_gap_max_ms,
        market.funding_rate_max_e12,
        market.clamp_rate_e12,
        market.interest_rate_e12,
    )
