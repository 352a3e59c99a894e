"""The mark formula, on the examples of a thin book and on every kind of input."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.values import E12, PPM
from services.feeds.marks import Averages, Book, basis_e12, mark_e8, median
from tests.spec import e8

SPOT = e8("4000")
prices = st.integers(min_value=1, max_value=10**15)


def test_the_middle_of_three_and_the_mean_of_two() -> None:
    assert median([5, -1, 3]) == 3
    assert median([4, 1]) == 2
    assert median([7]) == 7


def test_without_a_book_the_mark_is_the_mean_of_spot_and_nothing_else() -> None:
    assert mark_e8(SPOT, None, Averages()) == SPOT
    assert mark_e8(SPOT, e8("4010"), Averages()) == e8("4010")


def test_a_first_look_is_taken_whole_and_a_later_one_by_its_weight() -> None:
    first = Averages().after(SPOT, Book(e8("3960"), e8("4040")), 200_000)
    assert (first.bid_e12, first.ask_e12, first.mid_e12) == (-E12 // 100, E12 // 100, 0)
    second = first.after(SPOT, Book(e8("4000"), e8("4040")), 200_000)
    assert second.bid_e12 == -E12 // 100 + E12 // 100 * 200_000 // PPM
    assert first.bid_e12 == -E12 // 100


def test_an_empty_side_keeps_its_average_and_gives_no_mid() -> None:
    seen = Averages().after(SPOT, Book(e8("3960"), e8("4040"), e8("4000")), PPM)
    after = seen.after(SPOT, Book(ask_e8=e8("3800")), PPM)
    assert (after.bid_e12, after.last_e12, after.mid_e12) == (seen.bid_e12, seen.last_e12, seen.mid_e12)
    assert after.ask_e12 == -E12 // 20


def test_a_thin_book_moves_two_of_three_parts_and_with_them_the_mark() -> None:
    """Bids 8% away, asks 5.7% below fair: the median follows the book although the price outside is right."""
    book = Book(e8("3680"), e8("3772"), e8("3772"))
    averages = Averages().after(SPOT, book, PPM)
    assert averages.basis_e12(0) == basis_e12(e8("3772"), SPOT)
    assert mark_e8(SPOT, SPOT, averages) == e8("3772")


@given(spot=prices, outside=prices, last=prices, bid=prices, spread=st.integers(0, 10**9))
def test_a_mark_lies_within_what_it_is_made_of(
    spot: int, outside: int, last: int, bid: int, spread: int
) -> None:
    averages = Averages().after(spot, Book(bid, bid + spread, last), 150_000)
    parts = [bid, bid + spread, last, outside]
    width = spot // E12 + 2
    assert min(parts) - width <= mark_e8(spot, outside, averages) <= max(parts) + width


@given(
    looks=st.lists(st.tuples(prices, prices), min_size=2, max_size=20),
    weight=st.integers(min_value=1, max_value=PPM),
)
def test_an_average_stays_between_the_lowest_and_the_highest_basis(
    looks: list[tuple[int, int]], weight: int
) -> None:
    averages = Averages()
    for spot, last in looks:
        averages = averages.after(spot, Book(last_e8=last), weight)
    seen = [basis_e12(last, spot) for spot, last in looks]
    assert averages.last_e12 is not None
    assert min(seen) - len(looks) <= averages.last_e12 <= max(seen)
