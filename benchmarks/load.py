"""The mix that the writer is measured with: 50% orders, 15% cancels, 30% trades, 5% transfers.

10,000 accounts trade two markets. Every command is accepted: trades take the oldest open orders of
either side, two trades fill an order. Draws come from a counter through blake2b, so every run and
every form measures the same commands.
"""

import time
from collections import deque
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, final

from ledger.core.messages import (
    AnyCommand,
    CancelOrder,
    CreditDeposit,
    MarketPrice,
    OpenAccount,
    PlaceOrder,
    SettleTrade,
    Transfer,
    UpdatePrices,
)
from ledger.core.values import BUY, E8, SELL
from scenarios.gateway import Header
from scenarios.listing import SETTLEMENT_ASSET, list_assets, list_markets, market_of

ACCOUNTS: Final = 10_000
START_US: Final = 1_750_000_000_000_000
MARKETS: Final = (market_of("BTC"), market_of("ETH"))
MARKS_E8: Final = (60_000 * E8, 3_000 * E8)
UNITS_E8: Final = (E8 // 100, E8 // 10)
CYCLE: Final = "OTOCOTOTOXOTOCOTOTOC"
"""Orders, Trades, Cancels and X (transfers) of 20 commands, mixed."""


@final
class Load:
    """An endless stream of accepted commands. ``opening`` comes first."""

    __slots__ = ("_accounts", "_books", "_drawn", "_numbers", "_observed_us", "_pool")

    def __init__(self, accounts: int = ACCOUNTS, observed_us: int = START_US) -> None:
        """``observed_us`` is when prices were seen: now, where a broker says when commands arrive."""
        self._accounts = accounts
        self._observed_us = observed_us
        self._numbers: dict[str, int] = {}
        self._books: list[dict[str, deque[tuple[str, str, int]]]] = [
            {BUY: deque(), SELL: deque()} for _ in MARKETS
        ]
        self._drawn = 0
        self._pool = b""

    def opening(self) -> Iterator[AnyCommand]:
        """Everything that is there before the mix begins."""
        yield from self.listings()
        yield from self.accounts()

    def listings(self) -> Iterator[AnyCommand]:
        """Assets, and markets with prices."""
        yield from list_assets(self._header)
        yield from list_markets(self._header)
        prices = [
            MarketPrice(market, mark, mark, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
            for market, mark in zip(MARKETS, MARKS_E8, strict=True)
        ]
        yield UpdatePrices(*self._header("feed"), 1, 0, "bench", 1, self._observed_us // 1000, prices)

    def accounts(self) -> Iterator[AnyCommand]:
        """Accounts with a million each."""
        for number in range(self._accounts):
            name = _name(number)
            yield OpenAccount(*self._header("operator"), name, "TRADER", "", "", 0, "")
            yield CreditDeposit(
                *self._header("bridge"),
                name,
                SETTLEMENT_ASSET,
                10**6 * E8,
                f"d{number}",
                "bridge",
                "chain",
                START_US,
            )

    def holdings(self) -> Iterator[AnyCommand]:
        """Two positions and three open orders for every account."""
        for number in range(0, self._accounts, 2):
            for market in range(len(MARKETS)):
                yield self._order(market, _name(number))
                yield self._order(market, _name(number + 1))
                for _ in range(2):
                    trade = self._trade(market)
                    if trade:
                        yield trade
        for number in range(self._accounts):
            for market in (0, 1, number % 2):
                yield self._order(market, _name(number))

    def commands(self, count: int) -> Iterator[AnyCommand]:
        """The next ``count`` commands of the mix."""
        for place in range(count):
            kind = CYCLE[place % len(CYCLE)]
            market = self._below(2)
            command: AnyCommand | None = None
            if kind == "T":
                command = self._trade(market)
            elif kind == "C":
                command = self._cancel(market)
            elif kind == "X":
                command = self._transfer()
            yield command or self._order(market, _name(self._below(self._accounts)))

    def _order(self, market: int, account: str) -> PlaceOrder:
        books = self._books[market]
        side = BUY if len(books[BUY]) <= len(books[SELL]) else SELL
        header = self._header("gateway")
        books[side].append((f"gateway/{header[1]}", account, 2))

        price = MARKS_E8[market]
        return PlaceOrder(
            *header,
            account,
            "",
            MARKETS[market],
            side,
            "LIMIT",
            "GTC",
            0,
            2 * UNITS_E8[market],
            1,
            price,
            0,
            0,
            "",
            "",
            "",
            "EXPIRE_TAKER",
        )

    def _trade(self, market: int) -> SettleTrade | None:
        books = self._books[market]
        if not books[BUY] or not books[SELL]:
            return None
        (buy_id, buyer, bought), (sell_id, seller, sold) = books[BUY].popleft(), books[SELL].popleft()
        if buyer == seller:
            books[BUY].append((buy_id, buyer, bought))
            books[SELL].appendleft((sell_id, seller, sold))
            return None
        if bought > 1:
            books[BUY].appendleft((buy_id, buyer, bought - 1))
        if sold > 1:
            books[SELL].appendleft((sell_id, seller, sold - 1))
        return SettleTrade(
            *self._header("engine"),
            MARKETS[market],
            MARKS_E8[market],
            UNITS_E8[market],
            buyer,
            buy_id,
            seller,
            sell_id,
            BUY,
            START_US,
        )

    def _cancel(self, market: int) -> CancelOrder | None:
        books = self._books[market]
        side = BUY if len(books[BUY]) >= len(books[SELL]) else SELL
        if len(books[side]) < 2:  # noqa: PLR2004  one is left for the trades
            return None
        order_id, account, _ = books[side].pop()
        return CancelOrder(*self._header("gateway"), account, order_id, "")

    def _transfer(self) -> Transfer:
        sender = self._below(self._accounts)
        receiver = (sender + 1 + self._below(self._accounts - 1)) % self._accounts
        return Transfer(*self._header("gateway"), _name(sender), _name(receiver), SETTLEMENT_ASSET, E8)

    def _header(self, producer: str) -> Header:
        number = self._numbers.get(producer, 0) + 1
        self._numbers[producer] = number
        return producer, number, START_US

    def _below(self, bound: int) -> int:
        if not self._pool:
            self._pool = blake2b(self._drawn.to_bytes(8)).digest()
            self._drawn += 1
        word, self._pool = self._pool[:4], self._pool[4:]
        return int.from_bytes(word) * bound >> 32


def load_of_now(accounts: int = ACCOUNTS) -> Load:
    """The stream with prices of this moment, for a log that stamps commands itself: old ones are refused."""
    return Load(accounts, time.time_ns() // 1000)


def _name(number: int) -> str:
    return f"account-{number:05d}"
