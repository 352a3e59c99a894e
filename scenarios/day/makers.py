"""The four makers: two quote BTC and ETH, two quote PAXG.

In coarse ticks they give what is wanted, once both sides of it are known. On the day they quote four
orders a side around the price outside, moved against what they hold, and replace them when that price
has moved. After a restart they are cautious: they look on for a while first.
"""

from typing import Final, final

from ledger.core.rulebook import RESTING_ORDERS
from ledger.core.rules.words import STATUS_OK, STATUS_POST_ONLY
from ledger.core.state import Order
from ledger.core.values import BUY, E8, PPM
from scenarios.day.bridge import Bridge
from scenarios.day.rules import MARKETS, PAXG
from scenarios.day.world import CENT_E8, World

MAKERS: Final = {
    "maker-1": MARKETS[:2],
    "maker-2": MARKETS[:2],
    "maker-3": (PAXG,),
    "maker-4": (PAXG,),
}
MONEY: Final = 1_500_000
MONEY_PPM: Final = 400_000
"""The least that a maker keeps for what it holds: small populations have a large net position."""
LADDER: Final = ((200, 100_000), (500, 200_000), (1_000, 400_000), (2_500, 800_000))
"""Distance from the price outside (ppm) and value of an order, four a side."""
SKEW_PPM: Final = 400
SKEW_AT: Final = 4_000_000
"""Who holds this much moves its quotes by ``SKEW_PPM``."""
COARSE_PPM: Final = 500
STALE_PPM: Final = 3_000
REFRESH_PPM: Final = 300
REFRESH_CALM_MS: Final = 60_000
REFRESH_WINDOW_MS: Final = 10_000
CAUTIOUS_MS: Final = 5_000
CAUTIOUS_PAXG_MS: Final = 40_000


@final
class Makers:
    """Quotes of all makers. ``window``: prices matter now, and quotes are replaced more often."""

    def __init__(self, world: World, bridge: Bridge) -> None:
        self._world = world
        self._bridge = bridge
        self._quoted: dict[tuple[str, str], tuple[int, int]] = {}
        """When a maker last quoted a market, and the price outside then."""
        self._look_on_until: dict[str, int] = {}
        self.window = False

    def open(self) -> None:
        """Open their accounts and pay in."""
        for name in MAKERS:
            self._world.open_account(name)
            self._bridge.deposit(name, self._world.scaled(MONEY) * E8)

    def hedge(self) -> None:
        """What a maker loses here it wins outside, and the other way round: money goes to and fro."""
        world = self._world
        for name in MAKERS:
            account = world.account(name)
            if account is None:
                continue
            held = sum(abs(h.size_e8) * h.market.mark_e8 // E8 for h in account.holdings.values())
            money = max(world.scaled(MONEY) * E8, held * MONEY_PPM // PPM)
            value = world.value_e8(name)
            if value * 4 < money * 3:
                self._bridge.deposit(name, (money - value) // CENT_E8 * CENT_E8)
            elif value * 3 > money * 4:
                amount = min(account.balance_e8, value - money) // CENT_E8 * CENT_E8
                if amount > 0:
                    self._bridge.withdraw(name, amount)

    def supply(self, triggered: list[Order]) -> None:
        """Coarse: quote what is wanted of a market and side, by whoever holds most of it; then place it."""
        world = self._world
        wanted, world.wanted = world.wanted, []
        totals: dict[tuple[str, int], int] = {}
        for waited in triggered:
            key = (waited.market, waited.sign)
            totals[key] = totals.get(key, 0) + waited.remaining_e8
        for order in wanted:
            key = (order.market, 1 if order.side == BUY else -1)
            totals[key] = totals.get(key, 0) + order.size_e8
        for market in sorted({market for market, _ in totals}):
            for name in _makers_of(market):
                world.engine.cancel_all(name, market, name, "REQUOTE")
        for (market, sign), size in sorted(totals.items()):
            names = _makers_of(market)
            name = max(names, key=lambda who, m=market, s=sign: world.size_e8(who, m) * s)
            fair = world.fair_e8(market)
            price = world.tick_e8(market, fair * (PPM + sign * COARSE_PPM) // PPM, -sign)
            sized = -(-size // world.market(market).size_step_e8) * world.market(market).size_step_e8
            if world.worth_it(market, sized):
                world.engine.place(world.order(name, market, -sign, sized, price_e8=price))
        for order in wanted:
            world.engine.place(order)

    def be_cautious(self, bands_in_force: bool) -> None:  # noqa: FBT001
        """The exchange comes back: look on first.

        PAXG has no deep market outside. Its makers wait for the book to open; with bands in force they
        only look at it for a while, whatever the mode.
        """
        now = self._world.now_ms
        status = self._world.gateway.state.control.status
        for market in MARKETS:
            if market != PAXG:
                if status == STATUS_POST_ONLY:
                    self._look_on_until[market] = now + CAUTIOUS_MS
            elif bands_in_force == (status == STATUS_POST_ONLY):
                self._look_on_until[market] = now + CAUTIOUS_PAXG_MS
            elif status == STATUS_POST_ONLY:
                self._look_on_until[market] = 2**62

    def quote(self) -> None:
        """Replace quotes where the price outside has moved, in the modes that let orders rest."""
        control = self._world.gateway.state.control
        if not control.modes[RESTING_ORDERS] & control.bit:
            return
        for name, markets in MAKERS.items():
            for market in markets:
                if self._world.now_ms >= self._look_on_until.get(market, 0):
                    self._refresh(name, market)

    def _refresh(self, name: str, market: str) -> None:
        world = self._world
        at_ms, before = self._quoted.get((name, market), (0, 1))
        fair = world.fair_e8(market)
        patience = REFRESH_WINDOW_MS if self.window else REFRESH_CALM_MS
        if world.now_ms - at_ms < patience:
            return
        account = world.account(name)
        holding = None if account is None else account.holdings.get(market)
        whole = holding is not None and holding.orders == 2 * len(LADDER)
        if whole and abs(fair - before) * PPM < REFRESH_PPM * before:
            return
        if world.market(market).status not in (STATUS_OK, STATUS_POST_ONLY):
            return
        self._quoted[name, market] = (world.now_ms, fair)
        world.engine.cancel_all(name, market, name, "REQUOTE")
        if world.gateway.state.control.status == STATUS_OK:
            self._pick_off(name, market, fair)
        held_e8 = world.size_e8(name, market) * fair // E8
        skew = held_e8 * SKEW_PPM // (world.scaled(SKEW_AT) * E8)
        centre = fair * (PPM - max(-SKEW_PPM, min(SKEW_PPM, skew))) // PPM
        for away, value in LADDER:
            size = world.step_down_e8(market, world.scaled(value) * E8 * E8 // fair)
            for sign in (1, -1):
                price = world.tick_e8(market, centre * (PPM - sign * away) // PPM, sign)
                order = world.order(name, market, sign, size, price_e8=price, instruction="POST_ONLY")
                if world.worth_it(market, size):
                    world.engine.place(order)

    def _pick_off(self, name: str, market: str, fair_e8: int) -> None:
        """Take what rests far on the wrong side of the price outside."""
        world = self._world
        for sign in (1, -1):
            limit = fair_e8 * (PPM - sign * STALE_PPM) // PPM
            best = world.engine.best_e8(market, -sign)
            if best and (limit - best) * sign >= 0:
                size = world.engine.depth_e8(market, -sign, limit)
                price = world.tick_e8(market, limit, sign)
                order = world.order(name, market, sign, size, price_e8=price, instruction="IOC")
                if world.worth_it(market, size):
                    world.engine.place(order)


def _makers_of(market: str) -> list[str]:
    return [name for name, markets in MAKERS.items() if market in markets]
