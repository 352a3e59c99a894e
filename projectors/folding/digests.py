"""Digests of many rows at once.

The definition is in ``ledger.rows``: blake2b-256 of key length, key and value, summed in four
lanes of 64 bits and 256 buckets. Rows are hashed there, in compiled code where there is any (0.4 µs
per row); the sums are made in polars, whose unsigned 64-bit sums wrap as the lanes do.
"""

from collections.abc import Sequence
from struct import pack
from typing import Final

import polars as pl

from ledger.rows import BUCKET_BYTES, BUCKETS, LaneDigest, hash_rows

_FEW: Final = 64
"""Below this many rows the sums are not worth a polars call."""

_LANE_BYTES: Final = 8
_LANES: Final = BUCKET_BYTES // _LANE_BYTES
_WRAP: Final = 2**64

Pair = tuple[bytes, bytes]
"""Key and value of a row."""


def digest_of(rows: Sequence[Pair]) -> LaneDigest:
    """Digest of these rows, each key and value."""
    digest = LaneDigest()
    nothing = [None] * len(rows)
    change(digest, [key for key, _ in rows], nothing, [value for _, value in rows])
    return digest


def change(
    digest: LaneDigest,
    keys: Sequence[bytes],
    olds: Sequence[bytes | None],
    news: Sequence[bytes | None],
    skip: int = 0,
) -> None:
    """Count rows out of ``digest`` as they were, and in as they are; ``None`` is no row.

    ``skip`` bytes of each key are not a part of it.
    """
    if len(keys) < _FEW:
        for key, old, new in zip(keys, olds, news, strict=True):
            if old is not None:
                digest.remove(key[skip:], old)
            if new is not None:
                digest.add(key[skip:], new)
        return
    removed, added = (bytearray(), list[bytes]()), (bytearray(), list[bytes]())
    hash_rows(keys, olds, skip, removed)
    hash_rows(keys, news, skip, added)
    sums = [-number % _WRAP for number in _sums(*removed)]
    for place, number in enumerate(_sums(*added)):
        sums[place] = (sums[place] + number) % _WRAP
    digest.merge(restored(_pack(sums)))


def restored(data: bytes) -> LaneDigest:
    """The digest that ``LaneDigest.dump`` wrote."""
    digest = LaneDigest()
    digest.restore(data)
    return digest


def merged(digests: Sequence[LaneDigest]) -> LaneDigest:
    """Digest of the rows of all partitions together."""
    whole = LaneDigest()
    for digest in digests:
        whole.merge(digest)
    return whole


def _sums(buckets: bytearray, hashes: list[bytes]) -> list[int]:
    """Lane sums of every bucket, one bucket after the other."""
    sums = [0] * (BUCKETS * _LANES)
    if not hashes:
        return sums
    lanes = [
        pl.col("hash")
        .bin.slice(lane * _LANE_BYTES, _LANE_BYTES)
        .bin.reinterpret(dtype=pl.UInt64, endianness="big")
        .alias(f"lane_{lane}")
        for lane in range(_LANES)
    ]
    frame = pl.DataFrame({"bucket": list(buckets), "hash": hashes}).select("bucket", *lanes)
    for bucket, *totals in frame.group_by("bucket").sum().rows():
        sums[bucket * _LANES : bucket * _LANES + _LANES] = totals
    return sums


def _pack(sums: list[int]) -> bytes:
    return pack(f">{BUCKETS * _LANES}Q", *sums)
