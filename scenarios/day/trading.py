"""The traffic of the day: takers who follow the trend, and what people do when their account looks wrong."""

from functools import partial
from typing import Final, final

from ledger.core.state import Account
from ledger.core.values import E8, PPM
from scenarios.day.bridge import Bridge
from scenarios.day.crowd import Crowd
from scenarios.day.population import Person
from scenarios.day.rules import MARKETS
from scenarios.day.vaults import Vaults
from scenarios.day.world import CENT_E8, World
from scenarios.draws import E6, Draws

CALM_MS: Final = 4_000
WINDOW_MS: Final = 1_500
"""Mean time between two takers of the full population."""
SIZE: Final = 2_500
SIZE_SIGMA_E6: Final = 1_200_000
PART: Final = 12
"""Nobody takes more at once than this part of the position that its leverage allows."""
AT_MARKET_PPM: Final = 600_000
WITH_TREND_PPM: Final = 700_000
TREND_MS: Final = 30 * 60_000
SAMPLE_MS: Final = 60_000
GAIN_PPM: Final = 10_000
"""Who gained this share of its positions at once notices."""
CLOSES_PPM: Final = 100_000
WITHDRAWS_PPM: Final = 400_000
ADDS_PPM: Final = 250_000
DEPOSITS: Final = 120
WITHDRAWALS: Final = 90
VAULT_DEPOSITS: Final = 14
REDEMPTIONS: Final = 11


@final
class Trading:
    """Takers, and the window between the restart and the maintenance. ``window``: more of them come."""

    def __init__(self, world: World, crowd: Crowd, bridge: Bridge, vaults: Vaults) -> None:
        self._world = world
        self._crowd = crowd
        self._bridge = bridge
        self._vaults = vaults
        self._draws = Draws(world.seed, "takers")
        self._next_ms = 0
        self._samples: dict[str, list[tuple[int, int]]] = {market: [] for market in MARKETS}
        self.window = False
        self.winners: list[str] = []
        """Accounts that noticed a gain, in order of their names."""

    def begin(self) -> None:
        """From now on takers come."""
        self._next_ms = self._world.now_ms

    def take(self) -> None:
        """Those who came since the last tick; nobody while the exchange does not trade."""
        world = self._world
        self._sample()
        mean = (WINDOW_MS if self.window else CALM_MS) * E6 // max(1, world.scaled(E6))
        while self._next_ms <= world.now_ms:
            self._next_ms += self._draws.exponential("comes", mean)
            if world.gateway.state.control.status == "ok":
                self._one()

    def _one(self) -> None:
        world, draws = self._world, self._draws
        person = self._crowd.arrived[draws.below("who", len(self._crowd.arrived))]
        leg = person.legs[draws.below("leg", len(person.legs))]
        trend = self._trend(leg.market)
        sign = trend if draws.chance("with trend", WITH_TREND_PPM) else -trend
        most = max(0, world.value_e8(person.name)) * person.leverage_e6 // E6 // PART
        notional = min(most, draws.lognormal("size", SIZE * E8, SIZE_SIGMA_E6))
        size = world.step_down_e8(leg.market, notional * E8 // world.market(leg.market).mark_e8)
        take = world.take_at_market if draws.chance("at market", AT_MARKET_PPM) else world.take
        take(person.name, leg.market, sign * size)

    def _sample(self) -> None:
        world = self._world
        for market, samples in self._samples.items():
            if not samples or world.now_ms - samples[-1][0] >= SAMPLE_MS:
                samples.append((world.now_ms, world.fair_e8(market)))
                if world.now_ms - samples[0][0] > TREND_MS:
                    samples.pop(0)

    def _trend(self, market: str) -> int:
        """+1 or -1: where the price outside went in the last half hour."""
        samples = self._samples[market]
        return 1 if samples[-1][1] >= samples[0][1] else -1

    def plan_window(self, from_ms: int, until_ms: int) -> None:
        """Money in and out, and vault holders, between the restart and the maintenance."""
        world, draws = self._world, self._draws
        for stream, count, act in (
            ("deposits", DEPOSITS, self._pay_in),
            ("withdrawals", WITHDRAWALS, self._pay_out),
            ("joins", VAULT_DEPOSITS, self._join),
            ("leaves", REDEMPTIONS, self._leave),
        ):
            for number in range(world.scaled(count)):
                when = from_ms + draws.below(stream, until_ms - from_ms)
                world.at(when, f"{stream}-{number:04d}", act)

    def _somebody(self) -> Person:
        return self._crowd.arrived[self._draws.below("somebody", len(self._crowd.arrived))]

    def _pay_in(self) -> None:
        person = self._somebody()
        share = self._draws.between("paid in", 5, 60)
        self._bridge.deposit(person.name, max(10 * E8, person.equity_e8 * share // 100 // CENT_E8 * CENT_E8))

    def _pay_out(self) -> None:
        self._crowd.withdraw(self._somebody(), self._draws.between("paid out", 10, 60))

    def _join(self) -> None:
        if self._vaults.holders:
            vault, name = self._vaults.holders[self._draws.below("joiner", len(self._vaults.holders))]
            amount = self._draws.lognormal("joined", 400 * E8, E6) // CENT_E8 * CENT_E8
            self._bridge.deposit(name, amount)
            self._vaults.deposit(vault, name, amount)

    def _leave(self) -> None:
        if self._vaults.holders:
            vault, name = self._vaults.holders[self._draws.below("leaver", len(self._vaults.holders))]
            self._vaults.redeem(vault, name, self._draws.between("left", 20, 100))

    def notice(self, before_e8: dict[str, int], until_ms: int) -> None:
        """Everybody whose funding jumped since the indices were ``before_e8`` decides what to do."""
        for person in sorted(self._crowd.arrived, key=_name):
            account = self._world.account(person.name)
            if account is not None and _gained(account, before_e8):
                self.winners.append(person.name)
                self._decide(person, until_ms)

    def _decide(self, person: Person, until_ms: int) -> None:
        world, draws = self._world, person.draws
        left = max(1, until_ms - world.now_ms)
        when = min(until_ms, world.now_ms + draws.exponential("notices", left // 3))
        if draws.chance("closes", CLOSES_PPM):
            world.at(when, person.name, partial(self._close, person, until_ms))
        elif draws.chance("adds", ADDS_PPM):
            world.at(when, person.name, partial(self._add, person))

    def _close(self, person: Person, until_ms: int) -> None:
        for leg in person.legs:
            self._world.close(person.name, leg.market)
        if person.draws.chance("withdraws", WITHDRAWS_PPM):
            when = min(until_ms, self._world.now_ms + person.draws.between("waits", 10_000, 300_000))
            share = person.draws.between("takes", 50, 100)
            self._world.at(when, person.name, partial(self._crowd.withdraw, person, share))

    def _add(self, person: Person) -> None:
        for leg in person.legs:
            size = self._world.size_e8(person.name, leg.market)
            self._world.take(person.name, leg.market, size * person.draws.between("added", 20, 100) // 100)


def _gained(account: Account, before_e8: dict[str, int]) -> bool:
    """Whether funding alone gave an account more than ``GAIN_PPM`` of its positions."""
    gain = value = 0
    for name, held in account.holdings.items():
        gain -= held.size_e8 * (held.market.index_e8 - before_e8[name])
        value += abs(held.size_e8) * held.market.mark_e8
    return gain * PPM > GAIN_PPM * value > 0


def _name(person: Person) -> str:
    return person.name
