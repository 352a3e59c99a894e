"""What the population does: arrive, take a position, protect it, leave an order, change its mind."""

from functools import partial
from typing import Final, final

from ledger.core.messages import ChangeAccount, Transfer
from ledger.core.values import E8, PPM
from scenarios.day.bridge import Bridge
from scenarios.day.population import Leg, Person
from scenarios.day.world import CENT_E8, World
from scenarios.draws import E6
from scenarios.listing import COIN, SETTLEMENT_ASSET

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
SETTLES_MS: Final = 18 * HOUR_MS
"""Who is no veteran takes a position in the last hours: prices fell by 8% in the two days before, and shorts
taken at the arrival would have lost half of their leverage when the day begins."""
LAST_CHANGE_MS: Final = 12 * DAY_MS
"""Mean age of a veteran's position when the day begins."""
CHANGES: Final = (5, 12)
CALM_LEVERAGE_E6: Final = 3_000_000
"""What a veteran uses at most until the last change."""
TRIES_MAX: Final = 3
CLOSE_ENOUGH_PPM: Final = 900_000
TOP_UP_PPM: Final = 400_000
"""A veteran worth less than this share of its first deposit pays in again."""
TAKE_PROFIT_PPM: Final = (40_000, 150_000)
STOP_LOSS_PPM: Final = (30_000, 120_000)
AWAY_PPM: Final = (3_000, 40_000)


@final
class Crowd:
    """The population and what it has planned. ``arrived`` has who is there, by name."""

    def __init__(self, world: World, bridge: Bridge, people: list[Person]) -> None:
        self._world = world
        self._bridge = bridge
        self.people = people
        self.arrived: list[Person] = []

    def plan(self, from_ms: int, build_up_ms: int, day_ms: int) -> None:
        """Draw when everybody arrives, and when veterans change their positions."""
        for person in self.people:
            draws = person.draws
            if not person.veteran:
                arrives = build_up_ms + draws.below("arrives", day_ms - build_up_ms - 2 * HOUR_MS)
                self._world.at(arrives, person.name, partial(self._arrive, person))
                last = day_ms - HOUR_MS - draws.below("settles", SETTLES_MS)
                self._world.at(max(last, arrives + 1), person.name, partial(self._settle_down, person))
                continue
            last = max(from_ms + DAY_MS, day_ms - HOUR_MS - draws.exponential("last change", LAST_CHANGE_MS))
            first = from_ms + draws.below("arrives", last - from_ms)
            self._world.at(first, person.name, partial(self._arrive, person))
            for _ in range(draws.between("changes", *CHANGES)):
                when = first + draws.below("when", max(1, last - first))
                self._world.at(when, person.name, partial(self._change, person))
            self._world.at(last, person.name, partial(self._settle_down, person))

    def _arrive(self, person: Person) -> None:
        world, draws = self._world, person.draws
        if person.parent and world.account(person.parent) is None:
            person.parent = ""
        world.open_account(person.name, "SUBACCOUNT" if person.parent else "TRADER", person.parent)
        self._bridge.deposit(person.name, person.equity_e8)
        self.arrived.append(person)
        if draws.chance("coin", 20_000):
            self._bridge.deposit(person.name, draws.between("coins", 1, 300) * CENT_E8, COIN)

    def _change(self, person: Person) -> None:
        """A veteran's own idea, somewhere in the history."""
        world, draws = self._world, person.draws
        value = world.value_e8(person.name)
        choice = draws.below("choice", 100)
        if value < person.equity_e8 * TOP_UP_PPM // PPM and draws.chance("tops up", 600_000):
            self._bridge.deposit(person.name, person.equity_e8 // CENT_E8 * CENT_E8)
            value += person.equity_e8
        elif choice < 8:  # noqa: PLR2004  the table of choices, in hundredths
            self.withdraw(person, draws.between("share", 10, 60))
            return
        elif choice < 11:  # noqa: PLR2004
            self._transfer(person)
            return
        elif choice < 13:  # noqa: PLR2004
            self._choose_leverage(person)
            return
        world.engine.cancel_all(person.name, "", person.name, "")
        if choice < 30:  # noqa: PLR2004
            for leg in person.legs:
                world.close(person.name, leg.market)
            return
        flip = -1 if draws.chance("flips", 350_000) else 1
        leverage = min(person.leverage_e6, CALM_LEVERAGE_E6) * draws.between("size", 30, 100) // 100
        self._take_position(person, value, leverage, 1, flip)
        self._look_after(person)

    def _settle_down(self, person: Person) -> None:
        """The last change before the day. Who comes at this very tick has what it brings."""
        world = self._world
        value = world.value_e8(person.name)
        if world.account(person.name) is None:
            value = person.equity_e8
        elif value < person.equity_e8 * TOP_UP_PPM // PPM:
            self._bridge.deposit(person.name, person.equity_e8)
            value += person.equity_e8
        world.engine.cancel_all(person.name, "", person.name, "")
        self._take_position(person, value, person.leverage_e6, TRIES_MAX)
        self._look_after(person)

    def _take_position(
        self, person: Person, value_e8: int, leverage_e6: int, tries: int, flip: int = 1
    ) -> None:
        """Trade towards the legs at this leverage; what the book did not give is tried again."""
        world = self._world
        missing = False
        for leg in person.legs:
            mark = world.market(leg.market).mark_e8 or world.fair_e8(leg.market)
            notional = max(0, value_e8) * leverage_e6 // E6 * leg.share_e6 // E6
            target = leg.sign * flip * world.step_down_e8(leg.market, notional * E8 // mark)
            held = world.size_e8(person.name, leg.market)
            if abs(target - held) * PPM > abs(target) * (PPM - CLOSE_ENOUGH_PPM):
                missing = True
                world.take(person.name, leg.market, target - held)
        if missing and tries > 1:
            again = partial(self._take_position, person, value_e8, leverage_e6, tries - 1, flip)
            world.at(world.now_ms + 1, person.name, again)

    def _look_after(self, person: Person) -> None:
        """Leave an order, and protect the position once it is there."""
        world = self._world
        if person.rests:
            world.at(world.now_ms + 1, person.name, partial(self._rest, person))
        if person.protects:
            world.at(world.now_ms + 2, person.name, partial(self._protect, person))

    def _rest(self, person: Person) -> None:
        """An order 0.3 to 4% away from the mark, a fifth of the position."""
        world, draws = self._world, person.draws
        leg = person.legs[draws.below("rest leg", len(person.legs))]
        size = world.step_down_e8(leg.market, world.size_e8(person.name, leg.market) // 5)
        if not size or not world.worth_it(leg.market, size):
            return
        sign = 1 if draws.chance("rest buys", 500_000) else -1
        away = -sign * draws.between("away", *AWAY_PPM)
        price = world.away_e8(leg.market, away, sign)
        world.engine.place(world.order(person.name, leg.market, sign, size, price_e8=price))

    def _protect(self, person: Person) -> None:
        """A take-profit and a stop-loss order, one cancels the other, for each position without them."""
        for leg in person.legs:
            self._pair(person, leg)

    def _pair(self, person: Person, leg: Leg) -> None:
        world, draws, name = self._world, person.draws, person.name
        size = world.size_e8(name, leg.market)
        account = world.account(name)
        if not size or account is None or account.holdings[leg.market].reduce_only_orders:
            return
        sign = 1 if size > 0 else -1
        gain = draws.between("take profit", *TAKE_PROFIT_PPM)
        loss = draws.between("stop loss", *STOP_LOSS_PPM)
        group = f"{name}:{world.now_ms}:{leg.market}"
        for kind, move in (("TAKE_PROFIT_MARKET", gain), ("STOP_LOSS_MARKET", -loss)):
            order = world.order(name, leg.market, -sign, abs(size), reduce_only=True)
            order.order_type = kind
            order.has_trigger = 1
            order.trigger_price_e8 = world.away_e8(leg.market, sign * move, 1)
            order.trigger_condition = "ABOVE" if sign * move > 0 else "BELOW"
            order.oco_group = group
            world.engine.place(order)

    def withdraw(self, person: Person, share: int) -> None:
        """Ask for some hundredths of what may leave; the bridge takes its time."""
        world = self._world
        account = world.account(person.name)
        if account is None:
            return
        required = sum(
            abs(held.size_e8) * held.market.mark_e8 // E8 * held.market.imf_base_ppm // PPM
            for held in account.holdings.values()
        )
        free = min(account.balance_e8, world.value_e8(person.name) - 2 * required)
        amount = free * share // 100 // CENT_E8 * CENT_E8
        if amount > 0:
            self._bridge.withdraw(person.name, amount)

    def _transfer(self, person: Person) -> None:
        """Send money to the main account, or to somebody drawn."""
        world, draws = self._world, person.draws
        other = person.parent or self.arrived[draws.below("receiver", len(self.arrived))].name
        account = world.account(person.name)
        if account is None or other == person.name or world.account(other) is None:
            return
        amount = account.balance_e8 * draws.between("sent", 1, 15) // 100 // CENT_E8 * CENT_E8
        if amount > 0:
            world.engine.touched.update((person.name, other))
            header = world.gateway.header(person.name)
            world.gateway.send(Transfer(*header, person.name, other, SETTLEMENT_ASSET, amount))

    def _choose_leverage(self, person: Person) -> None:
        """Choose a highest leverage in one market."""
        world, draws = self._world, person.draws
        chosen = draws.between("leverage choice", 10, 40)
        header = world.gateway.header(person.name)
        market = person.legs[0].market
        world.gateway.send(ChangeAccount(*header, person.name, "leverage", market, str(chosen), ""))
