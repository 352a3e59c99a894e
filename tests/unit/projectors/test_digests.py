"""Many rows at once have the digest that they have one by one."""

import random

import pytest

from ledger.rows import LaneDigest, bucket_of
from projectors.folding.digests import change, digest_of, merged, restored


def rows(count: int, seed: int) -> list[tuple[bytes, bytes]]:
    draws = random.Random(seed)  # noqa: S311
    return [
        (draws.randbytes(draws.randint(0, 40)), draws.randbytes(draws.randint(0, 90))) for _ in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 3000])
def test_the_sum_is_that_of_the_rows(count: int) -> None:
    own = rows(count, 1)
    expected = LaneDigest()
    for key, value in own:
        expected.add(key, value)
    assert digest_of(own).dump() == expected.dump()


@pytest.mark.parametrize("count", [5, 500])
def test_rows_counted_out_leave_what_is_left(count: int) -> None:
    gone, came, stays = rows(count, 1), rows(count, 2), rows(40, 3)
    prefix = b"r07"
    digest = digest_of(stays + gone)
    keys = [prefix + key for key, _ in gone + came]
    nothing = [None] * count
    olds, news = [row for _, row in gone], [row for _, row in came]
    change(digest, keys, [*olds, *nothing], [*nothing, *news], len(prefix))
    assert digest.hexdigest() == digest_of(came + stays).hexdigest()


def test_partitions_add_up() -> None:
    parts = [rows(100, seed) for seed in range(4)]
    digests = [digest_of(part) for part in parts]
    together = [row for part in parts for row in part]
    whole = digest_of(together)
    assert merged(digests).dump() == whole.dump()


def test_lines_of_one_key_count_one_by_one() -> None:
    runs = [(b"a", [b"1", b"2"]), (b"b" * 300, [b"3"]), (b"a", [])]
    digest = LaneDigest()
    for key, values in runs:
        digest.add_lines(key, values)
    assert digest.dump() == digest_of([(key, value) for key, values in runs for value in values]).dump()


def test_a_changed_row_is_found_in_its_bucket() -> None:
    own = rows(300, 1)
    digest = digest_of(own)
    other = restored(digest.dump())
    change(other, [own[17][0]], [own[17][1]], [b"changed"])
    assert digest.differing_buckets(other) == [bucket_of(own[17][0])]
