"""Rows as bytes are those of ``ledger.rows``, column by column."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CodecFault
from ledger.rows import encode_row
from projectors.columns.rowtext import cells, decoded, encoded

LONGS = st.integers(-(2**63), 2**63 - 1)
WIDE = st.integers(-(2**126), 2**126)
ASCII = st.text(st.characters(max_codepoint=127), max_size=12)
KINDS = {"long": pl.Int64(), "wide": pl.Int128(), "text": pl.String()}


@st.composite
def tables(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    values = {"long": LONGS, "wide": WIDE, "text": texts}
    kinds = draw(st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=5))
    rows = draw(st.lists(st.tuples(*(values[kind] for kind in kinds)), min_size=1, max_size=4))
    if draw(st.booleans()):
        rows = [*rows[:1], *((rows[0][0], *row[1:]) for row in rows[1:])]
    return {f"c{place}": KINDS[kind] for place, kind in enumerate(kinds)}, rows


@given(table=st.one_of(tables(ASCII), tables(st.text(max_size=8))))
def test_rows_are_encoded_as_the_writer_does_and_come_back(
    table: tuple[dict[str, Any], list[tuple[Any, ...]]],
) -> None:
    types, rows = table
    frame = pl.DataFrame(rows, schema=types, orient="row")
    data = encoded(frame, types).to_list()
    assert data == [encode_row(row) for row in rows]
    assert decoded(data, types).rows() == rows


def test_an_absent_number_is_the_empty_text() -> None:
    types = {"least": pl.Int64(), "text": pl.String()}
    frame = pl.DataFrame([(None, "a"), (5, ""), (-7, "i,")], schema=types, orient="row")
    data = encoded(frame, types, frozenset({"least"})).to_list()
    assert data == [encode_row(["", "a"]), encode_row([5, ""]), encode_row([-7, "i,"])]
    assert decoded(data, types, frozenset({"least"})).rows() == frame.rows()
    assert cells(data[0], types) == [None, "a"]


@pytest.mark.parametrize(
    "data", [b"", b"i5,", b"i5,s1:ab", b"s1:ai5,", b"i5", b"i5,s9:a", b"i5,s1:ai6,", b"\xff"]
)
def test_bytes_of_another_shape_are_a_fault(data: bytes) -> None:
    with pytest.raises(CodecFault):
        decoded([data, b"i1,s1:a"], {"number": pl.Int64(), "text": pl.String()})


def test_texts_of_any_length_alone_and_among_others_are_encoded_as_the_writer_does() -> None:
    for sizes in ([0, 255], [255, 256], [70_000], [300, 300], [0, 0, 0]):
        texts = ["x" * size for size in sizes]
        frame = pl.DataFrame({"text": texts, "number": range(len(texts))})
        rows = encoded(frame, {"text": pl.String(), "number": pl.Int64()}, prefix=b"02")
        assert rows.to_list() == [b"02" + encode_row([text, place]) for place, text in enumerate(texts)]


def test_rows_that_do_not_count_are_null_and_no_rows_are_none() -> None:
    frame = pl.DataFrame({"number": [5, 5, 6]})
    assert encoded(frame, {"number": pl.Int64()}, where=pl.col("number") == 5).to_list() == [
        b"i5,",
        b"i5,",
        None,
    ]
    assert encoded(frame.clear(), {"number": pl.Int64()}).to_list() == []
