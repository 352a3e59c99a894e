"""What everybody in the tape sees and acts through: the clock, the ledger, the engine, and a calendar."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final, final

from ledger.core.messages import OpenAccount, PlaceOrder
from ledger.core.rules.margin import account_value_e8
from ledger.core.state import Account, Market
from ledger.core.values import BUY, E8, PPM, SELL
from scenarios.day.rules import SYMBOL_OF
from scenarios.day.series import Outside
from scenarios.engine.engine import Engine
from scenarios.gateway import Gateway
from scenarios.listing import OPERATOR

CENT_E8: Final = 10**6
FULL_SIZE: Final = 8_000
"""Accounts of the population that the counts of the tape are given for."""
WITHIN_PPM: Final = 2_000
NOTIONAL_MIN_E8: Final = 12 * E8
"""A little above the least that a market takes."""

Action = Callable[[], None]


@final
class World:
    """One run. ``accounts`` scales every count and every pool of money of the tape.

    ``coarse`` ticks are hours apart: what is asked for in one is also matched in it.
    """

    def __init__(self, gateway: Gateway, outside: Outside, seed: int, accounts: int) -> None:
        self.gateway = gateway
        self.outside = outside
        self.seed = seed
        self.accounts = accounts
        self.engine = Engine(gateway)
        self.now_ms = 0
        self.next_ms = 0
        """When the next tick is."""
        self.coarse = True
        self.wanted: list[PlaceOrder] = []
        """Orders of a coarse tick that wait for somebody to quote."""
        self._calendar: list[tuple[int, int, str, Action]] = []
        self._serial = 0

    def scaled(self, count: int) -> int:
        """A count or an amount of the full tape, at the size of this population; at least 1."""
        return max(1, count * self.accounts // FULL_SIZE)

    def at(self, when_ms: int, agent: str, action: Action) -> None:
        """``agent`` does something at the first tick at or after ``when_ms``."""
        self._serial += 1
        heappush(self._calendar, (when_ms, self._serial, agent, action))

    def act(self) -> None:
        """Everything that is due, in order of agent; what comes up meanwhile waits for the next tick."""
        due = []
        while self._calendar and self._calendar[0][0] <= self.now_ms:
            due.append(heappop(self._calendar))
        for entry in sorted(due, key=_agent):
            entry[3]()

    def market(self, name: str) -> Market:
        """A market as the ledger has it."""
        return self.gateway.state.markets[name]

    def fair_e8(self, market: str) -> int:
        """The price outside, now."""
        return self.outside.spot_e8(SYMBOL_OF[market], self.now_ms)

    def account(self, name: str) -> Account | None:
        """An account as the ledger has it."""
        return self.gateway.state.accounts.get(name)

    def size_e8(self, name: str, market: str) -> int:
        """Signed size of a position."""
        account = self.gateway.state.accounts.get(name)
        holding = None if account is None else account.holdings.get(market)
        return 0 if holding is None else holding.size_e8

    def value_e8(self, name: str) -> int:
        """What an account is worth; 0 before it is open."""
        account = self.gateway.state.accounts.get(name)
        return 0 if account is None else account_value_e8(account)

    def open_account(self, name: str, kind: str = "TRADER", parent: str = "") -> None:
        """Open an account."""
        self.gateway.send(OpenAccount(*self.gateway.header(OPERATOR), name, kind, parent, "", 0, ""))

    def step_down_e8(self, market: str, size_e8: int) -> int:
        """A size on step, towards zero."""
        step = self.market(market).size_step_e8
        return abs(size_e8) // step * step

    def tick_e8(self, market: str, price_e8: int, sign: int) -> int:
        """A price on tick that is no more aggressive for a buy (+1) or a sell (-1)."""
        tick = self.market(market).price_tick_e8
        return price_e8 // tick * tick if sign > 0 else -(-price_e8 // tick) * tick

    def worth_it(self, market: str, size_e8: int) -> bool:
        """Whether an order of this size is not too small."""
        return size_e8 * self.market(market).mark_e8 >= NOTIONAL_MIN_E8 * E8

    def take(self, name: str, market: str, size_e8: int) -> None:
        """Buy (positive) or sell a size now, at a price no worse than ``WITHIN_PPM`` from the mark.

        A market order would not do for somebody with much leverage: margin is asked for at its limit,
        which is the end of the price band.
        """
        sign = 1 if size_e8 > 0 else -1
        size = self.step_down_e8(market, size_e8)
        if size and self.worth_it(market, size):
            price = self.away_e8(market, sign * WITHIN_PPM, sign)
            self._send(self.order(name, market, sign, size, price_e8=price, instruction="IOC"))

    def take_at_market(self, name: str, market: str, size_e8: int) -> None:
        """Buy or sell a size at any price of the band."""
        size = self.step_down_e8(market, size_e8)
        if size and self.worth_it(market, size):
            self._send(self.order(name, market, 1 if size_e8 > 0 else -1, size))

    def close(self, name: str, market: str) -> None:
        """Trade a position away, at the market."""
        size = self.size_e8(name, market)
        if size:
            self._send(self.order(name, market, -1 if size > 0 else 1, abs(size), reduce_only=True))

    def _send(self, order: PlaceOrder) -> None:
        if self.coarse:
            self.wanted.append(order)
        else:
            self.engine.place(order)

    def order(  # noqa: PLR0913
        self,
        name: str,
        market: str,
        sign: int,
        size_e8: int,
        *,
        price_e8: int = 0,
        instruction: str = "GTC",
        reduce_only: bool = False,
    ) -> PlaceOrder:
        """A limit order if it has a price, else a market order."""
        return PlaceOrder(
            *self.gateway.header(name),
            account=name,
            client_id="",
            market=market,
            side=BUY if sign > 0 else SELL,
            order_type="LIMIT" if price_e8 else "MARKET",
            instruction=instruction,
            reduce_only=int(reduce_only),
            size_e8=size_e8,
            has_price=1 if price_e8 else 0,
            price_e8=price_e8,
            has_trigger=0,
            trigger_price_e8=0,
            trigger_condition="",
            oco_group="",
            parent_order_id="",
            stp="EXPIRE_TAKER",
        )

    def away_e8(self, market: str, ppm: int, sign: int) -> int:
        """A price so far from the mark, on tick, no more aggressive for that side."""
        return self.tick_e8(market, self.market(market).mark_e8 * (PPM + ppm) // PPM, sign)


def _agent(entry: tuple[int, int, str, Action]) -> tuple[str, int]:
    return entry[2], entry[1]
