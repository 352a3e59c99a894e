"""Cutting bytes into lines: the same lines however the bytes arrive, and never a huge buffer."""

from io import BytesIO
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ledger.edge.lines import Lines, read_lines

LONGEST = 10


def plain_lines(data: bytes) -> list[bytes | None]:
    parts = data.split(b"\n")
    if parts[-1] == b"":
        parts.pop()
    return [part if len(part) <= LONGEST else None for part in parts]


@given(
    st.lists(st.sampled_from([b"a", b"\n", b"bcdef", b"0123456789", b""])).map(b"".join),
    st.lists(st.integers(0, 60)),
)
def test_how_the_bytes_arrive_does_not_change_the_lines(data: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    lines = Lines(LONGEST)
    found: list[bytes | None] = []
    for start, end in pairwise(places):
        found += lines.feed(data[start:end])
    assert found + lines.finish() == plain_lines(data)


def test_the_last_line_needs_no_line_end() -> None:
    assert list(read_lines(BytesIO(b"a\n\nb"), LONGEST)) == [b"a", b"", b"b"]


def test_an_empty_file_has_no_lines() -> None:
    assert list(read_lines(BytesIO(b""), LONGEST)) == []


def test_a_line_that_is_too_long_is_dropped_while_it_arrives() -> None:
    lines = Lines(LONGEST)
    for _ in range(1000):
        assert lines.feed(b"x" * 1000) == []
        assert len(lines._rest) <= LONGEST  # noqa: SLF001
    assert lines.feed(b"\nnext\n") == [None, b"next"]
