from ledger.core.values import BUY, SELL
from scenarios.book import Book, BookOrder


def order(name: str, side: str, price: int, size: int, account: str = "") -> BookOrder:
    return BookOrder(name, account or f"owner-of-{name}", "BTC", side, price, size)


def matches(book: Book, taker: BookOrder) -> list[tuple[str, int, int]]:
    found = []
    while (match := book.next_match(taker)) is not None:
        found.append((match.maker.order_id, match.price_e8, match.size_e8))
    return found


def test_best_price_goes_first_and_then_the_older_order() -> None:
    book = Book()
    for name, price in (("a", 102), ("b", 101), ("c", 101), ("d", 103)):
        book.rest(order(name, SELL, price, 5))
    assert matches(book, order("taker", BUY, 102, 12)) == [("b", 101, 5), ("c", 101, 5), ("a", 102, 2)]
    assert [left.order_id for left in book.orders()] == ["a", "d"]


def test_nothing_matches_beyond_the_limit() -> None:
    book = Book()
    book.rest(order("bid", BUY, 99, 5))
    assert matches(book, order("taker", SELL, 100, 5)) == []
    assert matches(book, order("taker", SELL, 99, 3)) == [("bid", 99, 3)]


def test_an_account_never_meets_itself() -> None:
    book = Book()
    book.rest(order("own", SELL, 100, 5, account="me"))
    book.rest(order("other", SELL, 101, 5))
    assert matches(book, order("taker", BUY, 101, 5, account="me")) == [("other", 101, 5)]


def test_a_refused_match_gives_the_size_back_and_keeps_the_place_in_the_queue() -> None:
    book = Book()
    book.rest(order("first", BUY, 100, 5))
    book.rest(order("second", BUY, 100, 5))
    taker = order("taker", SELL, 100, 5)
    match = book.next_match(taker)
    assert match is not None
    book.restore(match)
    assert taker.remaining_e8 == 5
    assert matches(book, taker) == [("first", 100, 5)]


def test_a_removed_order_is_gone_and_a_second_removal_finds_nothing() -> None:
    book = Book()
    book.rest(order("a", BUY, 100, 5))
    assert book.find("a") is not None
    assert book.remove("a") is not None
    assert book.remove("a") is None
    assert book.find("a") is None
    assert matches(book, order("taker", SELL, 100, 5)) == []
