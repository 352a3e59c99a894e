"""Digests of many rows at once.

The definition is in ``ledger.rows``: blake2b-256 of key length, key and value, summed in four
lanes of 64 bits and 256 buckets. Hashing is done row by row (0.4 µs), the sums in polars, whose
unsigned 64-bit sums wrap as the lanes do.
"""

from collections.abc import Sequence
from hashlib import blake2b
from struct import pack
from typing import Final
from zlib import crc32

import polars as pl

from ledger.rows import BUCKET_BYTES, BUCKETS, LaneDigest

_FEW: Final = 64
"""Below this many rows the sums are not worth a polars call."""

_LANE_BYTES: Final = 8
_LANES: Final = BUCKET_BYTES // _LANE_BYTES
_WRAP: Final = 2**64
_SIZES_COUNT: Final = 256
_SIZES: Final = [size.to_bytes(4, "big") for size in range(_SIZES_COUNT)]

Pair = tuple[bytes, bytes]
"""Key and value of a row."""


def digest_of(rows: Sequence[Pair]) -> LaneDigest:
    """Digest of these rows, each key and value."""
    digest = LaneDigest()
    change(digest, [], rows)
    return digest


def change(digest: LaneDigest, removed: Sequence[Pair], added: Sequence[Pair]) -> None:
    """Count rows out of ``digest`` and others in; each is key and value."""
    if len(removed) + len(added) < _FEW:
        for key, value in removed:
            digest.remove(key, value)
        for key, value in added:
            digest.add(key, value)
        return
    sums = [-number % _WRAP for number in _sums(*_hashed(removed))]
    for place, number in enumerate(_sums(*_hashed(added))):
        sums[place] = (sums[place] + number) % _WRAP
    digest.merge(restored(_pack(sums)))


def add_lines(digest: LaneDigest, runs: Sequence[tuple[bytes, Sequence[bytes]]]) -> None:
    """Count in rows that share keys: each key with its values. The key is hashed once."""
    buckets: list[int] = []
    hashes: list[bytes] = []
    for key, values in runs:
        begun = blake2b(_size(key) + key, digest_size=BUCKET_BYTES)
        for value in values:
            row = begun.copy()
            row.update(value)
            hashes.append(row.digest())
        buckets += [crc32(key) % BUCKETS] * len(values)
    digest.merge(restored(_pack(_sums(buckets, hashes))))


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


def _hashed(rows: Sequence[Pair]) -> tuple[list[int], list[bytes]]:
    """Bucket and hash of each row; copying a fresh hash object is cheaper than making one with arguments."""
    hashes = []
    fresh = blake2b(digest_size=BUCKET_BYTES).copy
    for key, value in rows:
        row = fresh()
        row.update(_size(key) + key + value)
        hashes.append(row.digest())
    return [crc32(key) % BUCKETS for key, _ in rows], hashes


def _sums(buckets: list[int], hashes: list[bytes]) -> list[int]:
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
    frame = pl.DataFrame({"bucket": buckets, "hash": hashes}).select("bucket", *lanes)
    for bucket, *totals in frame.group_by("bucket").sum().rows():
        sums[bucket * _LANES : bucket * _LANES + _LANES] = totals
    return sums


def _size(key: bytes) -> bytes:
    size = len(key)
    return _SIZES[size] if size < _SIZES_COUNT else size.to_bytes(4, "big")


def _pack(sums: list[int]) -> bytes:
    return pack(f">{BUCKETS * _LANES}Q", *sums)
