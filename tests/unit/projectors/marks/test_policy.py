"""Which checkpoints are kept as they grow old."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from projectors.marks.policy import KEPT_NEWEST, kept

GAPS = st.lists(st.integers(1, 10**7), min_size=1, max_size=60)


def seqs_of(gaps: list[int]) -> list[int]:
    return [sum(gaps[: place + 1]) for place in range(len(gaps))]


def kept_one_by_one(seqs: list[int]) -> list[int]:
    """What is left when each is made in turn, and those no longer wanted are dropped."""
    there: list[int] = []
    for seq in seqs:
        there.append(seq)
        chosen = kept(there)
        there = [one for one in there if one in chosen]
    return there


@given(GAPS)
def test_the_newest_are_kept_and_the_oldest_too(gaps: list[int]) -> None:
    seqs = seqs_of(gaps)
    assert set(seqs[-KEPT_NEWEST:]) | {seqs[0]} <= kept(seqs)
    assert kept(seqs) <= set(seqs)


@given(GAPS)
def test_what_is_kept_at_once_is_kept_when_asked_again(gaps: list[int]) -> None:
    chosen = sorted(kept(seqs_of(gaps)))
    assert sorted(kept(chosen)) == chosen


def test_of_a_long_history_there_are_few_and_no_gap_is_wide_for_its_age() -> None:
    seqs = list(range(10**6, 200 * 10**6, 10**6))
    for there in (sorted(kept(seqs)), kept_one_by_one(seqs)):
        assert len(there) < 24
        for older, newer in pairwise(there):
            assert newer - older <= max(10**6, 0.67 * (seqs[-1] - older))
