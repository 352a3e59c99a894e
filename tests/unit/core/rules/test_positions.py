from hypothesis import given
from hypothesis import strategies as st

from ledger.core.rules.positions import (
    accrued_e16,
    cost_after_e8,
    fee_e8,
    offsets,
    position_id_after,
    reduces,
    trade_value_e8,
)
from ledger.core.values import E8
from tests.spec import e8

SIZES = st.integers(-(10**15), 10**15)
QUANTITIES = SIZES.filter(bool)
PRICES = st.integers(1, 10**13)


def traded(size: str, cost: str, quantity: str, price: str) -> tuple[int, int]:
    """Cost after and realised profit of a trade."""
    value = trade_value_e8(abs(e8(quantity)), e8(price))
    after = cost_after_e8(e8(size), e8(cost), e8(quantity), e8(price), value)
    signed = value if e8(quantity) > 0 else -value
    return after, after - e8(cost) - signed


def test_a_closed_position_realises_the_difference_of_the_prices() -> None:
    assert traded("1", "100", "-1", "110") == (0, e8("10"))


def test_a_reduction_realises_its_share_and_leaves_the_entry_price() -> None:
    assert traded("2", "200", "-1", "110") == (e8("100"), e8("10"))


def test_a_flip_realises_all_and_the_rest_is_bought_at_the_price_of_the_trade() -> None:
    assert traded("1", "100", "-3", "110") == (e8("-220"), e8("10"))


def test_an_increase_realises_nothing() -> None:
    assert traded("-1", "-100", "-2", "110") == (e8("-320"), 0)


def test_a_short_is_the_mirror_of_a_long() -> None:
    assert traded("-2", "-200", "1", "90") == (e8("-100"), e8("10"))
    assert traded("-1", "-100", "3", "90") == (e8("180"), e8("10"))


def test_the_cost_of_what_is_left_is_rounded_down_once() -> None:
    value = trade_value_e8(1, e8("1"))
    assert cost_after_e8(3, 100, -1, e8("1"), value) == 66
    assert cost_after_e8(-3, -100, 1, e8("1"), value) == -67


def test_the_value_of_a_trade_is_rounded_down_for_both_sides() -> None:
    assert trade_value_e8(3, 50_000_000) == 1


def test_funding_of_a_long_follows_the_index_with_the_opposite_sign() -> None:
    index = e8("1001.5")
    assert accrued_e16(e8("50"), index, e8("1000")) // E8 == e8("-75")
    assert accrued_e16(e8("50"), e8("1006"), e8("1000")) // E8 == e8("-300")
    assert accrued_e16(e8("0.5"), e8("0.0375"), 0) // E8 == e8("-0.01875")


def test_an_index_set_to_zero_gives_or_takes_years_of_funding() -> None:
    cached = e8("7421.12345678")
    assert accrued_e16(e8("0.5"), 0, cached) // E8 == e8("3710.56172839")
    assert accrued_e16(e8("-0.5"), 0, cached) // E8 == e8("-3710.56172839")
    assert accrued_e16(e8("0.5"), 0, e8("-2819.53434361")) // E8 == e8("-1409.76717181")


def test_fees_are_rounded_up_from_the_unrounded_value() -> None:
    assert fee_e8(1, 1, 30) == 1
    assert fee_e8(e8("1"), e8("60000"), 200) == e8("12")


def test_reducing_means_getting_smaller_but_not_flipping() -> None:
    assert reduces(5, -5)
    assert reduces(-5, 1)
    assert not reduces(5, -6)
    assert not reduces(5, 1)
    assert not reduces(0, 1)
    assert not reduces(0, -1)


def test_an_order_offsets_a_position_of_the_other_side_only() -> None:
    assert offsets(5, -1)
    assert offsets(-5, 1)
    assert not offsets(5, 1)
    assert not offsets(0, 1)


def test_a_position_keeps_its_id_until_it_is_closed_or_flipped() -> None:
    assert position_id_after(7, 5, 9, 100) == 7
    assert position_id_after(7, 5, 0, 100) == 0
    assert position_id_after(7, 5, -1, 100) == 100
    assert position_id_after(0, 0, -1, 100) == 100


@given(SIZES, QUANTITIES, PRICES, PRICES)
def test_an_increase_realises_nothing_and_a_close_leaves_no_cost(
    size: int, quantity: int, price: int, entry: int
) -> None:
    cost = size * entry // E8
    value = trade_value_e8(abs(quantity), price)
    after = cost_after_e8(size, cost, quantity, price, value)
    if size + quantity == 0:
        assert after == 0
    if size * quantity >= 0:
        assert after - cost == (value if quantity > 0 else -value)


@given(SIZES.filter(bool), st.data())
def test_a_reduction_never_leaves_more_than_its_share_of_the_cost(size: int, data: st.DataObject) -> None:
    cost = data.draw(st.integers(-(10**20), 10**20))
    part = data.draw(st.integers(1, abs(size)))
    quantity = -part if size > 0 else part
    after = cost_after_e8(size, cost, quantity, E8, part)
    rest = size + quantity
    assert abs(after * size - cost * rest) < abs(size)
    assert after * abs(size) <= cost * abs(rest)
