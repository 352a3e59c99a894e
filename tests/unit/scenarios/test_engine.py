"""The matching engine over a real writer in memory: priority, instructions, refusals, rebuilding."""

from typing import Any

import pytest

from ledger.core.messages import (
    AnyCommand,
    CreditDeposit,
    ListAsset,
    MarketPrice,
    OpenAccount,
    PlaceOrder,
    UpdatePrices,
)
from ledger.core.refusals import RefusalCode
from ledger.core.values import BUY, E8, SELL
from ledger.errors import InvariantError
from ledger.log.memory import MemoryLog
from ledger.writer.writer import Writer
from scenarios.engine.book import Book, BookOrder
from scenarios.engine.engine import Engine
from scenarios.gateway import Gateway
from scenarios.listing import list_markets, market_of

BTC = market_of("BTC")
NAMES = ("ann", "bob", "cat", "dan")


class Venue:
    """A ledger in memory, a gateway and an engine, at a mark of 100."""

    def __init__(self, money: int = 1_000_000) -> None:
        writer = Writer(MemoryLog("engine", 2))
        writer.open_ledger(1)
        self.gateway = Gateway(writer)
        self.engine = Engine(self.gateway)
        self.tick_id = 0
        self.send(ListAsset(*self.gateway.header("operator"), "USDC", 6, 1))
        for listing in list_markets(self.gateway.header, ("BTC",)):
            self.send(listing)
        for name in NAMES:
            self.send(OpenAccount(*self.gateway.header("operator"), name, "TRADER", "", "", 0, ""))
            header = self.gateway.header("bridge")
            self.send(CreditDeposit(*header, name, "USDC", money * E8, name, "bridge", "chain", 1))
        self.mark(100)

    def send(self, command: AnyCommand) -> None:
        self.gateway.send(command)

    def mark(self, price: int) -> None:
        self.gateway.now_us += 5_000_000
        self.tick_id += 1
        mark = price * E8
        prices = [MarketPrice(BTC, mark, mark, 1, mark, 0, 0, 0, 0, 0, 0, 0, 0)]
        header, at_ms = self.gateway.header("prices"), self.gateway.now_us // 1000
        self.send(UpdatePrices(*header, self.tick_id, self.tick_id - 1, "outside", 1, at_ms, prices))
        self.settle()

    def order(self, account: str, side: str, size: int, price: int = 0, **words: str | int) -> str:
        """Send an order and nothing else; ``price`` in units, 0 for a market order."""
        fields: dict[str, Any] = {
            "client_id": "", "order_type": "LIMIT" if price else "MARKET", "instruction": "GTC",
            "reduce_only": 0, "has_price": int(price > 0), "price_e8": price * E8, "has_trigger": 0,
            "trigger_price_e8": 0, "trigger_condition": "", "oco_group": "", "parent_order_id": "", "stp": "",
        }  # fmt: skip
        fields |= words
        header = self.gateway.header(account)
        command = PlaceOrder(*header, account=account, market=BTC, side=side, size_e8=size * E8, **fields)
        return self.engine.place(command)

    def settle(self) -> None:
        """Flush and match until nothing is left to send."""
        before = -1
        while self.gateway.submitted != before:
            before = self.gateway.submitted
            self.gateway.flush()
            self.engine.match()

    def book(self) -> list[tuple[str, int, int, int]]:
        """Account, sign, price and remaining size of what rests, bids first."""
        book = self.engine.books.get(BTC, Book())
        return [
            (order.account, sign, order.limit_e8 // E8, order.remaining_e8 // E8)
            for sign in (1, -1)
            for order in book.side(sign)
        ]

    def size(self, account: str) -> int:
        holding = self.gateway.state.accounts[account].holdings.get(BTC)
        return 0 if holding is None else holding.size_e8 // E8


@pytest.fixture
def venue() -> Venue:
    return Venue()


def test_best_price_goes_first_and_then_the_older_order(venue: Venue) -> None:
    for name, price in (("ann", 102), ("bob", 101), ("cat", 101)):
        venue.order(name, SELL, 5, price)
    venue.settle()
    venue.order("dan", BUY, 12, 102)
    venue.settle()
    assert [venue.size(name) for name in NAMES] == [-2, -5, -5, 12]
    assert venue.book() == [("ann", -1, 102, 3)]
    assert venue.engine.last[BTC] == 102 * E8


def test_what_is_left_of_a_limit_order_rests_and_of_other_orders_is_cancelled(venue: Venue) -> None:
    venue.order("ann", SELL, 2, 100)
    venue.order("bob", BUY, 5, 100)
    venue.order("cat", BUY, 5, 99, instruction="IOC")
    venue.order("dan", SELL, 9)
    venue.settle()
    assert venue.book() == []
    assert [venue.size(name) for name in NAMES] == [-2, 5, 0, -3]
    assert not venue.gateway.state.accounts["dan"].orders


def test_a_post_only_order_never_takes(venue: Venue) -> None:
    venue.order("ann", SELL, 2, 101)
    venue.order("bob", BUY, 2, 101, instruction="POST_ONLY")
    venue.order("cat", BUY, 2, 100, instruction="POST_ONLY")
    venue.settle()
    assert venue.book() == [("cat", 1, 100, 2), ("ann", -1, 101, 2)]
    assert not venue.gateway.state.accounts["bob"].orders


def test_a_taker_that_meets_its_own_account_expires_there(venue: Venue) -> None:
    venue.order("bob", SELL, 1, 100)
    venue.order("ann", SELL, 1, 101)
    venue.order("cat", SELL, 1, 102)
    venue.order("ann", BUY, 3, 103)
    venue.settle()
    assert venue.book() == [("ann", -1, 101, 1), ("cat", -1, 102, 1)]
    assert venue.size("ann") == 1


@pytest.fixture
def strained() -> Venue:
    """Ann's offer at 100 would cost her at a mark of 104 more than she has."""
    venue = Venue(money=30)
    venue.order("ann", SELL, 10, 100)
    venue.order("dan", SELL, 1, 104)
    venue.settle()
    venue.mark(104)
    return venue


def test_a_refused_trade_leaves_the_book_as_it_was_and_cancels_the_taker(strained: Venue) -> None:
    before = strained.book()
    strained.order("bob", BUY, 8, 100)
    strained.settle()
    assert strained.gateway.refused == {RefusalCode.TRADE_INSUFFICIENT_MARGIN: 1}
    assert strained.book() == before == [("ann", -1, 100, 10), ("dan", -1, 104, 1)]
    assert not strained.gateway.state.accounts["bob"].orders


def test_a_maker_that_cannot_carry_its_trades_leaves_after_the_second_refusal(strained: Venue) -> None:
    for _ in range(2):
        strained.order("bob", BUY, 8, 100)
        strained.settle()
    assert strained.book() == [("dan", -1, 104, 1)]
    assert not strained.gateway.state.accounts["ann"].orders


def test_waiting_orders_trigger_at_their_mark_and_their_pair_goes(venue: Venue) -> None:
    venue.order("ann", BUY, 3, 100)
    venue.order("bob", SELL, 3, 100)
    venue.settle()
    for kind, trigger in (("TAKE_PROFIT_MARKET", 103), ("STOP_LOSS_MARKET", 98)):
        venue.order(
            "ann", SELL, 3, order_type=kind, has_trigger=1, trigger_price_e8=trigger * E8, oco_group="g"
        )
    venue.order("cat", BUY, 3, 98)
    venue.settle()
    venue.engine.trigger({BTC: 102 * E8})
    venue.settle()
    assert len(venue.gateway.state.accounts["ann"].orders) == 2
    venue.mark(98)
    venue.engine.trigger({BTC: 98 * E8})
    venue.settle()
    assert venue.size("ann") == 0
    assert not venue.gateway.state.accounts["ann"].orders
    assert venue.size("cat") == 3


def test_an_engine_that_forgot_everything_builds_the_same_book_from_the_ledger(venue: Venue) -> None:
    for name, side, size, price in (
        ("ann", SELL, 2, 101), ("bob", SELL, 3, 101), ("cat", BUY, 1, 99), ("dan", BUY, 2, 101),
        ("dan", SELL, 4, 103), ("cat", BUY, 5, 99),
    ):  # fmt: skip
        venue.order(name, side, size, price)
        venue.settle()
    before = venue.book()
    assert len(before) == 4
    venue.engine.rebuild()
    venue.settle()
    assert venue.book() == before


def test_depth_counts_what_is_open_within_a_price(venue: Venue) -> None:
    for name, price in (("ann", 101), ("bob", 102), ("cat", 104)):
        venue.order(name, SELL, 2, price)
    venue.settle()
    assert venue.engine.best_e8(BTC, -1) == 101 * E8
    assert venue.engine.best_e8(BTC, 1) == 0
    assert venue.engine.depth_e8(BTC, -1, 102 * E8) == 4 * E8


def test_a_crossing_order_cannot_rest() -> None:
    book = Book()
    book.rest(BookOrder("a", "ann", BTC, -1, 100, 5))
    with pytest.raises(InvariantError, match="does not cross"):
        book.rest(BookOrder("b", "bob", BTC, 1, 100, 5))
    assert book.remove("a") is not None
    assert book.remove("a") is None
