"""Decimal strings: exact both ways, and nothing that only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.values import LONG_MAX, LONG_MIN
from ledger.edge.decimals import format_decimal, parse_decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("1", 100_000_000),
        ("1.5", 150_000_000),
        ("92600.1", 9_260_010_000_000),
        ("-0.00000001", -1),
        ("0.10000000", 10_000_000),
        ("1000000000", 10**17),
    ],
)
def test_a_decimal_is_read_exactly(text: str, value: int) -> None:
    assert parse_decimal(text, 8) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".",
        "1.",
        ".5",
        "+1",
        "01",
        "1e8",
        "1E-8",
        "NaN",
        "Infinity",
        "-inf",
        "1_000",
        "1,5",
        "0x10",
        "--1",
        "1.2.3",
        "1.123456789",
        "1.500000000",
        " 1",
        "1 ",
        "1\n",
        chr(0x661),
        "1." + chr(0x661),
        chr(0xFF11),
        "9" * 41,
    ],
)
def test_what_only_looks_like_a_decimal_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal|longer"):
        parse_decimal(text, 8)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (150_000_000, "1.5"), (-1, "-0.00000001"), (10**8, "1")]
)
def test_a_number_is_written_in_its_shortest_form(value: int, text: str) -> None:
    assert format_decimal(value, 8) == text


@given(st.integers(LONG_MIN, LONG_MAX), st.sampled_from([8, 12, 16]))
def test_what_is_written_reads_back(value: int, digits: int) -> None:
    assert parse_decimal(format_decimal(value, digits), digits) == value
