"""The matching engine against the ledger, on random orders, marks and withdrawals."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.messages import RequestWithdrawal
from ledger.core.values import BUY, E8, SELL
from scenarios.engine.book import Book, BookOrder
from tests.unit.scenarios.test_engine import BTC, NAMES, Venue

orders = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from((BUY, SELL)),
    st.integers(1, 20),
    st.integers(95, 105) | st.just(0),
    st.sampled_from(("GTC", "GTC", "IOC", "POST_ONLY")),
    st.booleans(),
)
steps = st.lists(orders | st.integers(97, 103) | st.sampled_from(NAMES), max_size=40)


def ledger_book(venue: Venue) -> list[tuple[str, int, int, int]]:
    """What the ledger has open, in the order of a book."""
    found = [
        (-order.sign, -order.sign * order.price_e8, order.placed_seq, account.name, order)
        for account in venue.gateway.state.accounts.values()
        for order in account.orders.values()
    ]
    return [
        (name, order.sign, order.price_e8 // E8, order.remaining_e8 // E8)
        for *_, name, order in sorted(found, key=lambda row: row[:3])
    ]


@settings(max_examples=40, deadline=None)
@given(steps=steps, money=st.sampled_from((40, 400, 40_000)))
def test_the_book_is_never_crossed_and_is_what_the_ledger_has_open(
    steps: list[tuple[str, str, int, int, str, bool] | int | str], money: int
) -> None:
    venue = Venue(money)
    for step in steps:
        if isinstance(step, int):
            venue.mark(step)
        elif isinstance(step, str):
            venue.send(RequestWithdrawal(*venue.gateway.header(step), step, "USDC", money * E8 // 3, "away"))
        else:
            name, side, size, price, instruction, reduces = step
            kind = instruction if price else "GTC"
            venue.order(name, side, size, price, instruction=kind, reduce_only=int(reduces))
            if size % 2:
                venue.settle()
        bid, ask = (venue.engine.best_e8(BTC, sign) for sign in (1, -1))
        assert not (bid and ask) or bid < ask
    venue.settle()
    assert sum(venue.size(name) for name in NAMES) == 0
    book = venue.engine.books.get(BTC, Book())
    for sign in (1, -1):
        venue.engine.best_e8(BTC, sign)
        for order in list(book.side(sign)):
            if order.order_id not in venue.gateway.state.accounts[order.account].orders:
                book.remove(order.order_id)  # closed by the ledger, and not come across yet
    assert venue.book() == ledger_book(venue)
    venue.engine.rebuild()
    venue.settle()
    assert venue.book() == ledger_book(venue)


resting = st.lists(st.tuples(st.sampled_from((1, -1)), st.integers(90, 110), st.integers(1, 9)), max_size=20)


@given(resting=resting, sign=st.sampled_from((1, -1)), limit=st.integers(85, 115), size=st.integers(1, 60))
def test_matches_conserve_size_follow_priority_and_come_undone_whole(
    resting: list[tuple[int, int, int]], sign: int, limit: int, size: int
) -> None:
    book = Book()
    for number, (side, price, left) in enumerate(resting):
        order = BookOrder(str(number), "maker", "M", side, price, left)
        if book.first_met(order) is None:
            book.rest(order)
    before = {s: [(o.order_id, o.limit_e8, o.remaining_e8) for o in book.side(s)] for s in (1, -1)}
    taker = BookOrder("taker", "taker", "M", sign, limit, size)
    matches = []
    while taker.remaining_e8 and (maker := book.first_met(taker)) is not None:
        matches.append(book.take(maker, taker))
    assert sum(match.size_e8 for match in matches) + taker.remaining_e8 == size
    assert [m.maker.order_id for m in matches] == [o[0] for o in before[-sign]][: len(matches)]
    assert all((match.price_e8 - limit) * sign <= 0 for match in matches)
    for match in reversed(matches):
        book.restore(match)
    assert taker.remaining_e8 == size
    after = {s: [(o.order_id, o.limit_e8, o.remaining_e8) for o in book.side(s)] for s in (1, -1)}
    assert after == before
