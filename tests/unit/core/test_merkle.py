"""Roots and paths over rows: every leaf leads to the root, and nothing else does."""

from hashlib import blake2b

import pytest

from ledger.core.merkle import leaf_of, root_and_paths, root_from


@pytest.mark.parametrize("count", [*range(1, 18), 33])
def test_every_leaf_leads_to_the_root_by_its_own_path_alone(count: int) -> None:
    leaves = [leaf_of([number, "x"]) for number in range(count)]
    root, paths = root_and_paths(leaves)
    for place, path in enumerate(paths):
        assert root_from(leaves[place], place, count, path) == root
        for other in range(count):
            if other != place:
                assert root_from(leaves[place], other, count, path) != root
        assert root_from(leaf_of([place, "y"]), place, count, path) != root
        assert root_from(leaves[place], place, count, [*path, root]) != root
        assert root_from(leaves[place], place, count, path[:-1]) != root or not path


def test_a_root_of_two_is_the_hash_of_both_and_of_none_that_of_nothing() -> None:
    first, second = leaf_of([1]), leaf_of([2])
    root, _ = root_and_paths([first, second])
    assert root == blake2b(b"\1" + first + second, digest_size=32).digest()
    assert root_and_paths([]) == (blake2b(b"", digest_size=32).digest(), [])
