"""The exchange around the ledger: its books, its matches, and its keeper.

The venue keeps books in step with what the ledger accepted. A match is recorded as a trade; a
trade that the ledger refuses is undone in the book, and the taker's order leaves it. Waiting
take-profit and stop-loss orders are kept here so that the keeper knows which mark they wait for.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, final

from ledger.core.messages import (
    BustTrade,
    CancelAllOrders,
    CancelOrder,
    DeleverageAccount,
    PlaceOrder,
    SettleTrade,
    TriggerOrder,
)
from ledger.core.values import BUY, E8, PPM
from ledger.market_data.series import SYMBOLS
from scenarios.book import Book, BookOrder, Match
from scenarios.gateway import Gateway
from scenarios.history.population import Notebook
from scenarios.listing import BAND_PPM, PRICE_TICK_E8, market_of

ENGINE: Final = "engine"
KEEPER: Final = "keeper"
TAKER_FEE_PPM: Final = 300
TICK_E8: Final = {market_of(symbol): PRICE_TICK_E8[symbol] for symbol in SYMBOLS}


@final
class Waiting:
    """A take-profit or stop-loss order that waits for the mark; ``above`` says from which side."""

    __slots__ = ("above", "order", "trigger_e8")

    def __init__(self, order: BookOrder, trigger_e8: int, *, above: bool) -> None:
        self.order = order
        self.trigger_e8 = trigger_e8
        self.above = above


@final
class Deal:
    """An accepted trade, as long as it may be busted."""

    __slots__ = ("match", "trade_id")

    def __init__(self, trade_id: str, match: Match) -> None:
        self.trade_id = trade_id
        self.match = match


@final
class Venue:
    """Books of all markets, waiting orders, and the last deals. Prices and sizes in 1e-8."""

    __slots__ = (
        "_gateway",
        "_incoming",
        "_notebooks",
        "_removals",
        "books",
        "deals",
        "indices",
        "marks",
        "waiting",
    )

    def __init__(self, gateway: Gateway, notebooks: dict[str, Notebook]) -> None:
        self._gateway = gateway
        self._notebooks = notebooks
        self._incoming: list[tuple[BookOrder, bool]] = []
        self._removals: list[BookOrder] = []
        markets = [market_of(symbol) for symbol in SYMBOLS]
        self.books = {market: Book() for market in markets}
        self.waiting: dict[str, dict[str, list[Waiting]]] = {market: {} for market in markets}
        """Waiting orders by market and account."""
        self.deals: list[Deal] = []
        """Trades of the last matching."""
        self.marks: dict[str, int] = {}
        self.indices: dict[str, int] = {}

    def band_e8(self, market: str, side: str) -> int:
        """Worst price of a market order: the price band's, on tick."""
        tick = TICK_E8[market]
        if side == BUY:
            return self.marks[market] * (PPM + BAND_PPM) // (PPM * tick) * tick
        return -(-self.marks[market] * (PPM - BAND_PPM) // (PPM * tick)) * tick

    def place(self, command: PlaceOrder) -> str:
        """Send an order that opens at once; if accepted it takes part in the next matching."""
        limit_e8 = command.price_e8 if command.has_price else self.band_e8(command.market, command.side)
        rests = command.has_price == 1 and command.instruction == "GTC"
        order = BookOrder("", command.account, command.market, command.side, limit_e8, command.size_e8)
        order.order_id = self._gateway.send(command, partial(self._enter, order, rests))
        return order.order_id

    def place_waiting(self, command: PlaceOrder) -> None:
        """Send a take-profit or stop-loss order; if accepted it waits for the mark."""
        order = BookOrder("", command.account, command.market, command.side, 0, command.size_e8)
        waiting = Waiting(order, command.trigger_price_e8, above=command.trigger_condition == "ABOVE")
        order.order_id = self._gateway.send(command, partial(self._wait, waiting))

    def cancel(self, order: BookOrder, reason: str) -> None:
        """Take an order off the book and say so; the ledger may have closed it already."""
        self.books[order.market].remove(order.order_id)
        self._gateway.send(CancelOrder(*self._gateway.header(ENGINE), order.account, order.order_id, reason))

    def cancel_all(self, account: str, market: str, producer: str, reason: str) -> None:
        """Take every order of an account off one market (empty: off all)."""
        for name, book in self.books.items():
            if market in (name, ""):
                for order in book.orders():
                    if order.account == account:
                        book.remove(order.order_id)
                self.waiting[name].pop(account, None)
        self._gateway.send(CancelAllOrders(*self._gateway.header(producer), account, market, reason))

    def trigger(self) -> None:
        """Keeper: say of every waiting order whose mark was reached that it was."""
        for market, accounts in self.waiting.items():
            mark = self.marks[market]
            for name in list(accounts):
                reached = [
                    w for w in accounts[name] if (mark >= w.trigger_e8 if w.above else mark <= w.trigger_e8)
                ]
                if reached:
                    self._trigger(market, reached[0])

    def deleverage(self, account: str) -> None:
        """Keeper: ask the ledger to cancel orders of an account that may be under its margin."""
        command = DeleverageAccount(*self._gateway.header(KEEPER), account)
        self._gateway.send(command, partial(self._resynchronise, account))

    def bust(self, deal: Deal) -> None:
        """Reverse a trade of the last matching and take what is left of both orders off the book."""
        self._gateway.send(
            BustTrade(*self._gateway.header(ENGINE), deal.trade_id, "COUNTERPARTY_FAILED"),
            partial(self._busted, deal),
        )
        for order in (deal.match.maker, deal.match.taker):
            self.cancel(order, "TRADE_BUSTED")

    def take_off(self) -> None:
        """Cancel the orders whose trades were refused."""
        removals, self._removals = self._removals, []
        for order in removals:
            self.cancel(order, "TRADE_REFUSED")

    def match(self) -> None:
        """Match every order accepted since the last matching, in order, and record the trades."""
        incoming, self._incoming = self._incoming, []
        self.deals = []
        for order, rests in incoming:
            book = self.books[order.market]
            while (match := book.next_match(order)) is not None:
                self._record(match)
            if order.remaining_e8 and rests:
                book.rest(order)
            elif order.remaining_e8:
                self.cancel(order, "NOT_FILLED")

    def _record(self, match: Match) -> None:
        maker, taker = match.maker, match.taker
        buyer, seller = (taker, maker) if taker.side == BUY else (maker, taker)
        command = SettleTrade(
            *self._gateway.header(ENGINE),
            market=taker.market,
            price_e8=match.price_e8,
            size_e8=match.size_e8,
            buy_account=buyer.account,
            buy_order_id=buyer.order_id,
            sell_account=seller.account,
            sell_order_id=seller.order_id,
            taker=taker.side,
            matched_at_us=self._gateway.now_us,
        )
        deal = Deal("", match)
        deal.trade_id = self._gateway.send(command, partial(self._settled, deal))

    def _settled(self, deal: Deal, accepted: bool) -> None:  # noqa: FBT001  the form of every answer
        match = deal.match
        if not accepted:
            self.books[match.taker.market].restore(match)
            self._removals += [match.taker, match.maker]
            return
        self.deals.append(deal)
        for order in (match.taker, match.maker):
            self._note(order, match, sign=1)
        fee = match.size_e8 * match.price_e8 * TAKER_FEE_PPM // (E8 * PPM)
        self._notebooks[match.taker.account].cash_e8 -= fee

    def _busted(self, deal: Deal, accepted: bool) -> None:  # noqa: FBT001  the form of every answer
        if accepted:
            for order in (deal.match.taker, deal.match.maker):
                self._note(order, deal.match, sign=-1)

    def _note(self, order: BookOrder, match: Match, sign: int) -> None:
        """Write a fill, or its reversal, into the account's notebook; a position gone frees its pair."""
        notebook = self._notebooks[order.account]
        market = order.market
        before = notebook.stakes[market].size_e8
        quantity = sign * (match.size_e8 if order.side == BUY else -match.size_e8)
        notebook.trade(market, quantity, match.price_e8, self.indices[market])
        if before * notebook.stakes[market].size_e8 <= 0:
            self.waiting[market].pop(order.account, None)

    def _enter(self, order: BookOrder, rests: bool, accepted: bool) -> None:  # noqa: FBT001
        if accepted:
            self._incoming.append((order, rests))

    def _wait(self, waiting: Waiting, accepted: bool) -> None:  # noqa: FBT001
        if accepted:
            order = waiting.order
            self.waiting[order.market].setdefault(order.account, []).append(waiting)

    def _trigger(self, market: str, waiting: Waiting) -> None:
        order = waiting.order
        command = TriggerOrder(*self._gateway.header(KEEPER), order.account, order.order_id)
        held = abs(self._notebooks[order.account].stakes[market].size_e8)
        order.limit_e8 = self.band_e8(market, order.side)
        order.remaining_e8 = min(order.remaining_e8, held)
        self.waiting[market].pop(order.account)
        then: Callable[[bool], None] = partial(self._enter, order, False)  # noqa: FBT003  it does not rest
        self._gateway.send(command, then)

    def _resynchronise(self, account: str, accepted: bool) -> None:  # noqa: FBT001
        """After a deleveraging the venue does not guess which orders are left: it clears them all."""
        if accepted:
            self.cancel_all(account, "", ENGINE, "RESYNC")
