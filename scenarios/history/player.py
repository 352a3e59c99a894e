"""Plays the history: one price, one funding tick and the agents' answer to it, every 8 hours.

A tick is two blocks: what the feeds publish and what keeper, makers and traders then ask for; and,
once the outcomes are known, the trades that come of it.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, final

from ledger.core.messages import (
    AdvanceFunding,
    ChangeStatus,
    FailWithdrawal,
    MarkCheckpoint,
    MarketPrice,
    MarketRate,
    ReleaseWithdrawal,
    SettleFunding,
    SweepRounding,
    UpdatePrices,
)
from ledger.core.rules.words import (
    STATUS_CANCEL_ONLY,
    STATUS_MAINTENANCE,
    STATUS_OK,
    STATUS_POST_ONLY,
    SWITCH_OPEN,
)
from ledger.core.values import E12, PPM
from ledger.market_data.series import Tick
from scenarios.draws import Draws
from scenarios.gateway import Gateway
from scenarios.history import agents
from scenarios.history.agents import BRIDGE, QUOTE_NOTIONAL_E8, QUOTE_OFFSETS_PPM, Scene
from scenarios.history.funds import Funds
from scenarios.history.population import Trader, makers, traders
from scenarios.history.venue import Venue
from scenarios.listing import OPERATOR, list_assets, list_markets, market_of

PRICE_FEED: Final = "price-feed"
FUNDING_FEED: Final = "funding-feed"
SECOND_INSTANCE: Final = "funding-feed-2"
UPWARDS: Final = (STATUS_MAINTENANCE, STATUS_CANCEL_ONLY, STATUS_POST_ONLY, STATUS_OK)
SOURCE: Final = "binance"
CHECKPOINT_TICKS: Final = 90
"""A checkpoint, a sweep of the dust and some settlements of funding every 30 days."""
SETTLEMENTS: Final = 5
ALARM_MOVE_PPM: Final = 20_000
"""Accounts look at their leverage when a mark moved by 2% in a tick."""
DELEVERAGE_MOVE_PPM: Final = 30_000
DELEVERAGED_MAX: Final = 5
BUST_PPM: Final = 3_000
FAIL_PPM: Final = 50_000


@final
class Player:
    """A population at a venue, and the clock that moves both."""

    __slots__ = ("_chance", "_funds", "_gateway", "_makers", "_race", "_scene", "_traders", "_venue")

    def __init__(self, gateway: Gateway, accounts: int, seed: int, ticks: int) -> None:
        self._gateway = gateway
        self._makers = makers()
        self._traders = traders(accounts, seed, ticks)
        notebooks = {maker.name: maker.notebook for maker in self._makers}
        notebooks.update({trader.name: trader.notebook for trader in self._traders})
        self._venue = Venue(gateway, notebooks)
        self._scene = Scene(gateway, self._venue)
        self._chance = Draws(seed, "venue")
        self._funds = Funds(gateway, self._venue.marks)
        self._race = ticks // 2
        """Tick at which a second instance of the funding feed publishes before it restored its indices."""

    def play(self, ticks: list[Tick], progress: Callable[[int], None]) -> None:
        """Play every tick in order; ``progress`` is told how many are done."""
        premiums: dict[str, int] = {}
        for number, tick in enumerate(ticks):
            self._gateway.now_us = tick.observed_at_ms * 1000
            if number == 0:
                for asset in list_assets(self._gateway.header):
                    self._gateway.send(asset)
                for market in list_markets(self._gateway.header):
                    self._gateway.send(market)
                for maker in self._makers:
                    agents.open_maker(self._scene, maker)
            self._scene.tick = number
            moved_ppm = self._publish(number + 1, tick, premiums)
            if number == 0:
                self._funds.open()
            self._reopen()
            self._ask(number, moved_ppm)
            self._funds.act(number)
            self._gateway.flush()
            self._venue.match()
            self._gateway.flush()
            progress(number + 1)

    def believed_values_e8(self) -> dict[str, int]:
        """What every open account believes it is worth now, by its notebook."""
        venue = self._venue
        notebooks = {maker.name: maker.notebook for maker in self._makers}
        notebooks.update({trader.name: trader.notebook for trader in self._scene.accounts})
        return {name: notebook.equity_e8(venue.marks, venue.indices) for name, notebook in notebooks.items()}

    def _publish(self, tick_id: int, tick: Tick, premiums: dict[str, int]) -> int:
        """Queue both feeds' ticks; returns the largest move of a mark, in parts per million.

        The venue's index is only the accounts' idea of funding: the premium of the tick before,
        once per period. The ledger computes its own.
        """
        moved = 0
        prices: list[MarketPrice] = []
        rates: list[MarketRate] = []
        for quoted in tick.quotes:
            market, mark = market_of(quoted.symbol), quoted.candle.open_e8
            before = self._venue.marks.get(market, mark)
            moved = max(moved, abs(mark - before) * PPM // before)
            self._venue.marks[market] = mark
            self._venue.indices[market] = self._venue.indices.get(market, 0) + premiums.get(market, 0)
            premiums[market] = mark * quoted.rate_e12 // E12
            prices.append(_price(market, mark))
            rates.append(MarketRate(market, quoted.rate_e12, mark, 0, 0, 0, 0))
        last, at_ms = tick_id - 1, tick.observed_at_ms
        gateway = self._gateway
        gateway.send(UpdatePrices(*gateway.header(PRICE_FEED), tick_id, last, SOURCE, 1, at_ms, prices))
        if last == self._race:
            zeroed = [MarketRate(rate.market, rate.rate_e12, rate.spot_e8, 1, 0, 0, 0) for rate in rates]
            second = gateway.header(SECOND_INSTANCE)
            gateway.send(AdvanceFunding(*second, tick_id, last, SOURCE, 2, at_ms, zeroed))
        gateway.send(AdvanceFunding(*gateway.header(FUNDING_FEED), tick_id, last, SOURCE, 1, at_ms, rates))
        return moved

    def _reopen(self) -> None:
        """Operator: a mode up at every tick that finds the exchange closed, withdrawals with the last."""
        status = self._gateway.state.control.status
        if status != STATUS_OK:
            after = UPWARDS[UPWARDS.index(status) + 1]
            switch = SWITCH_OPEN if after == STATUS_OK else ""
            self._gateway.send(
                ChangeStatus(*self._gateway.header(OPERATOR), after, switch, "feeds were checked")
            )

    def _ask(self, number: int, moved_ppm: int) -> None:
        """Queue what everybody wants of this tick, in a fixed order."""
        scene, venue = self._scene, self._venue
        self._finish_withdrawals()
        venue.take_off()
        for deal in list(venue.deals):
            if self._chance.chance("bust", BUST_PPM):
                venue.bust(deal)
        venue.trigger()
        agents.expire(scene)
        if moved_ppm >= DELEVERAGE_MOVE_PPM:
            self._deleverage()
        if number and number % CHECKPOINT_TICKS == 0:
            self._keep_house()
        for maker in self._makers:
            agents.quote(scene, maker)
        for trader in self._traders:
            if not trader.opened:
                if trader.arrives <= number:
                    agents.arrive(scene, trader)
                continue
            if moved_ppm >= ALARM_MOVE_PPM:
                agents.defend(scene, trader)
            if trader.protects:
                agents.protect(scene, trader)
            if trader.draws.chance("acts", trader.activity_ppm):
                agents.act(scene, trader)

    def _finish_withdrawals(self) -> None:
        """Release what was requested at the tick before; some withdrawals fail and come back."""
        gateway, scene = self._gateway, self._scene
        leaving, scene.leaving = scene.leaving, []
        for trader, withdrawal_id, amount in leaving:
            if self._chance.chance("fails", FAIL_PPM):
                header = gateway.header(BRIDGE)
                command = FailWithdrawal(*header, trader.name, withdrawal_id, "BRIDGE_TIMEOUT")
                gateway.send(command, partial(_returned, trader, amount))
            else:
                producer, serial, now_us = gateway.header(BRIDGE)
                reference = f"withdrawal-{serial}"
                gateway.send(
                    ReleaseWithdrawal(producer, serial, now_us, trader.name, withdrawal_id, reference, now_us)
                )

    def _deleverage(self) -> None:
        """Ask the ledger about the accounts that look worst among those with resting orders."""
        venue = self._venue
        resting = {order.account for book in venue.books.values() for order in book.orders()}
        weak: list[tuple[int, str]] = []
        for trader in self._scene.accounts:
            required = trader.notebook.notional_e8(venue.marks) // trader.leverage_max
            if trader.name in resting and required:
                equity = trader.notebook.equity_e8(venue.marks, venue.indices)
                weak.append((equity * PPM // required, trader.name))
        for _, name in sorted(weak)[:DELEVERAGED_MAX]:
            venue.deleverage(name)

    def _keep_house(self) -> None:
        """What the operator does every 30 days."""
        gateway, scene = self._gateway, self._scene
        for market in sorted(self._venue.marks):
            for _ in range(SETTLEMENTS):
                trader = scene.accounts[self._chance.below("settles", len(scene.accounts))]
                gateway.send(SettleFunding(*gateway.header(OPERATOR), trader.name, market))
            gateway.send(SweepRounding(*gateway.header(OPERATOR), market))
        gateway.send(MarkCheckpoint(*gateway.header(OPERATOR), "every 30 days"))


def _price(market: str, mark: int) -> MarketPrice:
    """Mark and spot of the series; the fair price is the same, the book is what the makers quote."""
    offset = mark * QUOTE_OFFSETS_PPM[0] // PPM
    depth = QUOTE_NOTIONAL_E8
    return MarketPrice(market, mark, mark, 1, mark, 1, mark - offset, 1, mark + offset, 0, 0, depth, depth)


def _returned(trader: Trader, amount: int, accepted: bool) -> None:  # noqa: FBT001  the form of every answer
    if accepted:
        trader.notebook.cash_e8 += amount
