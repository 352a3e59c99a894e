"""Merkle trees over rows (RFC 6962): one root for many lines, and proofs that one line is among them.

The hash is blake2b-256. A leaf is the hash of ``00`` and the canonical bytes of its row, an inner node
that of ``01`` and its two children; the left child of ``n`` leaves has the largest power of two below
``n``. Roots, leaves and the parts of a path are 32 bytes each.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from ledger.rows import encode_row

HASH_BYTES: Final = 32
HASH_DIGITS: Final = 2 * HASH_BYTES
_LEAF: Final = b"\0"
_NODE: Final = b"\1"


def leaf_of(row: Sequence[int | str]) -> bytes:
    """Hash of one row."""
    return blake2b(_LEAF + encode_row(row), digest_size=HASH_BYTES).digest()


def root_and_paths(leaves: Sequence[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """Hash of all leaves in their order, and for each the hashes that lead from it there, the lowest first.

    Without leaves the root is the hash of nothing.
    """
    paths: list[list[bytes]] = [[] for _ in leaves]
    if not leaves:
        return blake2b(b"", digest_size=HASH_BYTES).digest(), paths
    return _root(leaves, 0, len(leaves), paths), paths


def _root(leaves: Sequence[bytes], first: int, count: int, paths: list[list[bytes]]) -> bytes:
    """Root of ``count`` leaves from ``first`` on; the paths of these leaves grow up to it."""
    if count == 1:
        return leaves[first]
    split = _split(count)
    left = _root(leaves, first, split, paths)
    right = _root(leaves, first + split, count - split, paths)
    for place in range(first, first + count):
        paths[place].append(right if place < first + split else left)
    return _node(left, right)


def root_from(leaf: bytes, place: int, count: int, path: Sequence[bytes]) -> bytes | None:
    """Root that a path from the leaf at ``place`` of ``count`` leads to; None if its length is wrong."""
    if count <= 1:
        return None if path else leaf
    if not path:
        return None
    split = _split(count)
    if place < split:
        below = root_from(leaf, place, split, path[:-1])
        return None if below is None else _node(below, path[-1])
    below = root_from(leaf, place - split, count - split, path[:-1])
    return None if below is None else _node(path[-1], below)


def _split(count: int) -> int:
    """Largest power of two below ``count``, which is above 1."""
    return 1 << ((count - 1).bit_length() - 1)


def _node(left: bytes, right: bytes) -> bytes:
    return blake2b(_NODE + left + right, digest_size=HASH_BYTES).digest()
