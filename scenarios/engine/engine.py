"""The matching engine: orders that the ledger accepted become trades, and the ledger has the last word.

The engine matches; whether a trade counts, the ledger decides. It follows the outcomes:

* an order enters its book when the ledger accepted it, with the limit that the ledger gave it;
* a match is sent as one ``SettleTrade`` that names both orders. Refused, it is undone: the resting order
  is back at its place in the queue, and what the taker has left is cancelled;
* an order that the ledger closed by itself (a liquidation, the other one of a pair, a reduce-only order
  that no longer fits) leaves its book when the engine comes across it;
* everything in memory can be thrown away and built again from the orders that are open in the ledger.

Instructions: what is left of a market or IOC order is cancelled, a POST_ONLY order that would take is
cancelled instead of entered, and a taker that meets an order of its own account expires there
(EXPIRE_TAKER).
"""

from collections.abc import Callable
from functools import partial
from typing import Final, final

from ledger.core.messages import CancelAllOrders, CancelOrder, PlaceOrder, SettleTrade, TriggerOrder
from ledger.core.rules.words import GTC, ORDER_KINDS, ORDER_OPEN, ORDER_UNTRIGGERED, POST_ONLY, RPI
from ledger.core.state import Order
from ledger.core.values import BUY, SELL
from scenarios.engine.book import Book, BookOrder, Match
from scenarios.engine.waiting import Waiting
from scenarios.gateway import Gateway

ENGINE: Final = "engine"
KEEPER: Final = "keeper"
REFUSALS_MAX: Final = 2
"""A resting order leaves its book when so many trades in a row with it were refused."""


@final
class Engine:
    """Books and waiting orders of every market. Prices and sizes in 1e-8.

    ``last`` has the price of the last settled trade by market; ``touched`` the accounts that traded
    since somebody emptied it.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._incoming: list[tuple[str, str]] = []
        self._leaving: set[str] = set()
        """Ids of orders whose cancellation was sent and not answered yet."""
        self._refusals: dict[str, int] = {}
        self.books: dict[str, Book] = {}
        self.waiting: dict[str, Waiting] = {}
        self.last: dict[str, int] = {}
        self.touched: set[str] = set()

    def rebuild(self) -> None:
        """Forget everything and begin anew with the orders that are open in the ledger, oldest first."""
        self._refusals = {}
        self._leaving = set()
        self.books = {}
        self.waiting = {}
        orders = [
            (order.placed_seq, account.name, order)
            for account in self._gateway.state.accounts.values()
            for order in account.orders.values()
        ]
        orders.sort(key=_age)
        self._incoming = []
        for _, account, order in orders:
            self._enter(account, order)

    def place(self, command: PlaceOrder) -> str:
        """Send an order; accepted, it takes part in the next matching or waits for its trigger."""
        order_id = f"{command.producer}/{command.number}"
        return self._gateway.send(command, partial(self._accepted, command.account, order_id))

    def cancel(self, account: str, order_id: str, producer: str, reason: str) -> None:
        """Take an order off its book and tell the ledger."""
        order = self._open(account, order_id)
        if order is not None:
            command = CancelOrder(*self._gateway.header(producer), account, order_id, reason)
            self._gateway.send(command, self._leave([order]))

    def cancel_all(self, account: str, market: str, producer: str, reason: str) -> None:
        """Take every order of an account off one market (empty: off all) and tell the ledger."""
        owner = self._gateway.state.accounts.get(account)
        found = [] if owner is None else [o for o in owner.orders.values() if market in (o.market, "")]
        if found:
            command = CancelAllOrders(*self._gateway.header(producer), account, market, reason)
            self._gateway.send(command, self._leave(found))

    def trigger(self, marks: dict[str, int]) -> list[Order]:
        """Keeper: say of every waiting order whose trigger these marks reach that they do; those orders."""
        found: list[Order] = []
        for market, waiting in self.waiting.items():
            for account, order_id in waiting.reached(marks[market]):
                order = self._open(account, order_id)
                if order is not None and order.status == ORDER_UNTRIGGERED:
                    found.append(order)
                    command = TriggerOrder(*self._gateway.header(KEEPER), account, order_id)
                    self._gateway.send(command, partial(self._triggered, account, order_id))
        return found

    def match(self) -> None:
        """Match every order accepted since the last matching, in order, and send the trades."""
        incoming, self._incoming = self._incoming, []
        for account, order_id in incoming:
            order = self._open(account, order_id)
            if order is not None and order.status == ORDER_OPEN:
                self._match(account, order)

    def best_e8(self, market: str, sign: int) -> int:
        """Price of the best bid (+1) or ask (-1) that is still open in the ledger; 0 without one."""
        order = self._live_best(self._book(market), sign)
        return 0 if order is None else order.limit_e8

    def depth_e8(self, market: str, sign: int, limit_e8: int) -> int:
        """Size (1e-8 of base) of the bids (+1) or asks (-1) at ``limit_e8`` and better."""
        total = 0
        for order in self._book(market).side(sign):
            if (order.limit_e8 - limit_e8) * sign < 0:
                break
            if self._open(order.account, order.order_id) is not None:
                total += order.remaining_e8
        return total

    def _accepted(self, account: str, order_id: str, accepted: bool) -> None:  # noqa: FBT001
        order = self._open(account, order_id) if accepted else None
        if order is not None:
            self._enter(account, order)

    def _triggered(self, account: str, order_id: str, accepted: bool) -> None:  # noqa: FBT001
        """Open, it is matched; still waiting (the mode did not allow it, the mark went back), it waits on."""
        self._accepted(account, order_id, accepted=True)
        if accepted:
            self.touched.add(account)

    def _enter(self, account: str, order: Order) -> None:
        if order.status == ORDER_OPEN:
            self._incoming.append((account, order.order_id))
        else:
            self.waiting.setdefault(order.market, Waiting()).add(account, order)

    def _match(self, account: str, order: Order) -> None:
        book = self._book(order.market)
        taker = BookOrder(
            order.order_id, account, order.market, order.sign, order.price_e8, order.remaining_e8
        )
        reason = "NOT_FILLED"
        while taker.remaining_e8:
            self._live_best(book, -taker.sign)
            maker = book.first_met(taker)
            if maker is None:
                break
            if order.instruction in (POST_ONLY, RPI):
                self.cancel(account, order.order_id, ENGINE, "POST_ONLY_WOULD_TAKE")
                return
            if maker.account == account:
                reason = "STP_EXPIRE_TAKER"
                break
            self._send(book.take(maker, taker))
        if not taker.remaining_e8:
            return
        rests = ORDER_KINDS[order.order_type].limit and order.instruction in (GTC, POST_ONLY, RPI)
        if rests and reason == "NOT_FILLED":
            book.rest(taker)
        else:
            self.cancel(account, order.order_id, ENGINE, reason)

    def _send(self, match: Match) -> None:
        maker, taker = match.maker, match.taker
        buyer, seller = (taker, maker) if taker.sign > 0 else (maker, taker)
        command = SettleTrade(
            *self._gateway.header(ENGINE),
            market=taker.market,
            price_e8=match.price_e8,
            size_e8=match.size_e8,
            buy_account=buyer.account,
            buy_order_id=buyer.order_id,
            sell_account=seller.account,
            sell_order_id=seller.order_id,
            taker=BUY if taker.sign > 0 else SELL,
            matched_at_us=self._gateway.now_us,
        )
        self._gateway.send(command, partial(self._settled, match))

    def _settled(self, match: Match, accepted: bool) -> None:  # noqa: FBT001
        maker, taker = match.maker, match.taker
        if accepted:
            self._refusals.pop(maker.order_id, None)
            self.last[taker.market] = match.price_e8
            self.touched.update((maker.account, taker.account))
            return
        self._book(taker.market).restore(match)
        refusals = self._refusals.get(maker.order_id, 0) + 1
        self._refusals[maker.order_id] = refusals
        self.cancel(taker.account, taker.order_id, ENGINE, "TRADE_REFUSED")
        if refusals >= REFUSALS_MAX:
            del self._refusals[maker.order_id]
            self.cancel(maker.account, maker.order_id, ENGINE, "TRADE_REFUSED")

    def _leave(self, orders: list[Order]) -> Callable[[bool], None]:
        """Take orders that are being cancelled off their books; what to call with the answer."""
        ids = {order.order_id for order in orders}
        for order in orders:
            self._book(order.market).remove(order.order_id)
        self._leaving |= ids
        return lambda _: self._leaving.difference_update(ids)

    def _open(self, account: str, order_id: str) -> Order | None:
        """The order as the ledger has it, if it is open there and nobody is cancelling it."""
        if order_id in self._leaving:
            return None
        owner = self._gateway.state.accounts.get(account)
        return None if owner is None else owner.orders.get(order_id)

    def _live_best(self, book: Book, sign: int) -> BookOrder | None:
        """The best order of a side; those before it that the ledger has closed leave the book."""
        while (order := book.best(sign)) is not None:
            if self._open(order.account, order.order_id) is not None:
                return order
            book.remove(order.order_id)
        return None

    def _book(self, market: str) -> Book:
        book = self.books.get(market)
        if book is None:
            book = self.books[market] = Book()
        return book


def _age(found: tuple[int, str, Order]) -> int:
    return found[0]
