from hypothesis import given
from hypothesis import strategies as st

from ledger.core.values import (
    E8,
    LONG_MAX,
    LONG_MIN,
    div_up,
    is_long,
    is_name,
    is_symbol,
    is_text,
    mul_e8,
    mul_e8_up,
    partition_of,
)

numbers = st.integers(min_value=-(10**20), max_value=10**20)


@given(numbers, numbers)
def test_products_round_down_and_up_by_less_than_a_unit(a: int, b: int) -> None:
    assert 0 <= a * b - mul_e8(a, b) * E8 < E8
    assert 0 <= mul_e8_up(a, b) * E8 - a * b < E8


@given(numbers, st.integers(min_value=1, max_value=10**12))
def test_quotients_round_up(a: int, b: int) -> None:
    assert 0 <= div_up(a, b) * b - a < b


def test_a_long_has_64_bits() -> None:
    assert is_long(LONG_MAX)
    assert is_long(LONG_MIN)
    assert not is_long(LONG_MAX + 1)
    assert not is_long(LONG_MIN - 1)


def test_a_name_has_1_to_64_plain_characters() -> None:
    assert is_name("0xb7b6-f/1@sub_a.b+c#d:e")
    assert is_name("a" * 64)
    for bad in ("", "a" * 65, "a b", "a,b", "a=b", "*", "ä", "a\n"):
        assert not is_name(bad)


def test_a_symbol_has_no_colon() -> None:
    assert is_symbol("BTC-USD-PERP")
    assert not is_symbol("share:vault")


def test_a_text_is_printable_and_not_too_long() -> None:
    assert is_text("")
    assert is_text("Überweisung, zweiter Versuch")
    assert not is_text("a\n")
    assert not is_text("a" * 257)


def test_the_partition_of_an_account_never_changes() -> None:
    names = ("alice", "bob", "rounding", "0xb7b6", "ä")
    assert [partition_of(name, 4) for name in names] == [3, 0, 3, 1, 3]
