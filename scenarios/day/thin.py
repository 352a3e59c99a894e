"""The thin book of PAXG after the cancellation of all orders, in post_only.

Nothing rests. Sellers in a hurry want to be the first in the queue: each quotes a step under the best ask
and again when it is overtaken, never below its reserve. Bidders want a bargain, 6 to 9% under the price
outside. In coarse words: fifty small orders move the mark of the whole market. Where bands bind, the
sellers' prices are refused and the bargains rest, and nothing comes of it.
"""

from functools import partial
from typing import Final, final

from ledger.core.values import E8, PPM
from scenarios.day.crowd import Crowd
from scenarios.day.population import Person
from scenarios.day.rules import PAXG
from scenarios.day.world import World
from scenarios.draws import Draws

SELLERS: Final = 12
SELLERS_MEAN_MS: Final = 60_000
STEP_PPM: Final = (1_000, 4_500)
AGAIN_MS: Final = (4_000, 14_000)
RESERVE_PPM: Final = (25_000, 70_000)
SELLS_E8: Final = (E8 // 5, 4 * E8)
BIDDERS: Final = 8
BIDDERS_MEAN_MS: Final = 70_000
BARGAIN_PPM: Final = (60_000, 90_000)
BUYS_E8: Final = (E8 // 2, 9 * E8)
MONEY_PPM: Final = 50_000
"""Who trades here has at least this share of its order as money: the least that margin and fees need."""


@final
class ThinBook:
    """Sellers and bidders of one restart."""

    def __init__(self, world: World, crowd: Crowd) -> None:
        self._world = world
        self._crowd = crowd
        self._draws = Draws(world.seed, "thin book")
        self._taken: set[str] = set()

    def plan(self) -> None:
        """Draw who comes and when, from now on."""
        world, draws = self._world, self._draws
        for number in range(SELLERS):
            when = world.now_ms + draws.exponential("seller comes", SELLERS_MEAN_MS)
            world.at(when, f"seller-{number:02d}", self._seller)
        for number in range(BIDDERS):
            when = world.now_ms + draws.exponential("bidder comes", BIDDERS_MEAN_MS)
            world.at(when, f"bidder-{number:02d}", self._bidder)

    def _seller(self) -> None:
        draws = self._draws
        size = self._world.step_down_e8(PAXG, draws.between("sells", *SELLS_E8))
        person = self._who(size)
        if person is not None:
            self._undercut(person, size, draws.between("reserve", *RESERVE_PPM), "")

    def _undercut(self, person: Person, size_e8: int, reserve_ppm: int, order_id: str) -> None:
        """Be the best ask, and look again soon, until the reserve is reached or the mode is over."""
        world, draws = self._world, person.draws
        if world.gateway.state.control.status != "post_only":
            return
        fair = world.fair_e8(PAXG)
        best = world.engine.best_e8(PAXG, -1)
        account = world.account(person.name)
        own = None if account is None else account.orders.get(order_id)
        if own is None or own.price_e8 > best > 0:
            step = draws.between("step", *STEP_PPM)
            price = (best or fair) * (PPM - step) // PPM
            price = world.tick_e8(PAXG, max(price, fair * (PPM - reserve_ppm) // PPM), -1)
            if own is None or price < own.price_e8:
                if own is not None:
                    world.engine.cancel(person.name, order_id, person.name, "OVERTAKEN")
                order = world.order(person.name, PAXG, -1, size_e8, price_e8=price, instruction="POST_ONLY")
                order_id = world.engine.place(order)
        again = partial(self._undercut, person, size_e8, reserve_ppm, order_id)
        world.at(world.now_ms + draws.between("again", *AGAIN_MS), person.name, again)

    def _bidder(self) -> None:
        world, draws = self._world, self._draws
        size = world.step_down_e8(PAXG, draws.between("buys", *BUYS_E8))
        person = self._who(size)
        if person is not None:
            away = draws.between("bargain", *BARGAIN_PPM)
            price = world.tick_e8(PAXG, world.fair_e8(PAXG) * (PPM - away) // PPM, 1)
            order = world.order(person.name, PAXG, 1, size, price_e8=price, instruction="POST_ONLY")
            world.engine.place(order)

    def _who(self, size_e8: int) -> Person | None:
        """Somebody drawn who can carry such an order, not yet here."""
        world = self._world
        needed = size_e8 * world.fair_e8(PAXG) // E8 * MONEY_PPM // PPM
        able = [
            person
            for person in self._crowd.arrived
            if person.name not in self._taken and self._free_e8(person.name) >= needed
        ]
        if not able:
            return None
        chosen = able[self._draws.below("who", len(able))]
        self._taken.add(chosen.name)
        return chosen

    def _free_e8(self, name: str) -> int:
        account = self._world.account(name)
        if account is None or account.status != "active":
            return 0
        used = sum(
            abs(held.size_e8) * held.market.mark_e8 // E8 * held.market.imf_base_ppm // PPM
            for held in account.holdings.values()
        )
        return self._world.value_e8(name) - used
