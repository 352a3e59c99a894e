"""Rows of a table as bytes, and the digest of a table.

The writer's checkpoints and the projectors' stores compute their digests independently; both
need the same bytes for the same row, and this module is the one place that says which.

A row is its values one after the other: a whole number as ``i`` + decimal digits + ``,``, a
text as ``s`` + its length in UTF-8 bytes + ``:`` + the bytes. ``("alice", -5)`` is
``s5:alicei-5,``. Every value has exactly one form and shows its own end, numbers have no
bound, and the form can be built column by column as text.

The digest of a table is the sum of its rows' hashes, blake2b-256 over the key's length, the
key and the value, taken as four lanes of 64 bits. A sum does not know the order of rows, can
be kept up as rows change, and adds up over partitions. It is kept in 256 buckets by key, so
that a difference says where to look. It finds bugs; against adversaries there is the chain.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, final
from zlib import crc32

from librt.strings import read_i64_be
from mypy_extensions import i64

from ledger.errors import CodecFault

BUCKETS: Final = 256
BUCKET_BYTES: Final = 32

_HALF: Final = 0xFFFFFFFF
_LANE: Final = 2**64 - 1
_LANE_PAIR: Final = _LANE | (_LANE << 128)
_BORROW: Final = 2**64 | (2**64 << 128)
_DIGITS_MAX: Final = 4000
_SIZES_COUNT: Final = 256
_SIZES: Final[list[bytes]] = [size.to_bytes(4, "big") for size in range(_SIZES_COUNT)]
_INT: Final = 105
_TEXT: Final = 115


def encode_row(values: Sequence[int | str]) -> bytes:
    """Canonical bytes of a row or of a key."""
    parts: list[str] = []
    for value in values:
        if isinstance(value, str):
            size = len(value) if value.isascii() else len(value.encode())
            parts.append(f"s{size}:{value}")
        else:
            parts.append(f"i{value},")
    return "".join(parts).encode()


def decode_row(data: bytes) -> list[int | str]:
    """Values of a row; inverse of ``encode_row``.

    Raises ``CodecFault`` for bytes that ``encode_row`` does not write.
    """
    values: list[int | str] = []
    place = 0
    while place < len(data):
        tag = data[place]
        end = data.find(b"," if tag == _INT else b":", place)
        if end < 0 or tag not in (_INT, _TEXT):
            raise _not_a_row(data, place)
        number = _whole_number(data, place + 1, end)
        place = end + 1
        if tag == _INT:
            values.append(number)
            continue
        if number < 0 or number > len(data) - place:
            raise _not_a_row(data, place)
        values.append(_text(data, place, place + number))
        place += number
    return values


@final
class LaneDigest:
    """Digest of a table that follows its rows as they come and go.

    The four lanes of a bucket lie in two integers, every second lane in each, so that a carry
    falls into the gap beside its lane and is masked away: half the cost of four sums.
    """

    __slots__ = ("even", "odd")

    def __init__(self) -> None:
        self.even: list[int] = [0] * BUCKETS
        self.odd: list[int] = [0] * BUCKETS

    def add(self, key: bytes, value: bytes) -> None:
        """Count in a row."""
        number = _row_number(key, value)
        bucket = crc32(key) & 0xFF
        self.even[bucket] = (self.even[bucket] + (number & _LANE_PAIR)) & _LANE_PAIR
        self.odd[bucket] = (self.odd[bucket] + ((number >> 64) & _LANE_PAIR)) & _LANE_PAIR

    def remove(self, key: bytes, value: bytes) -> None:
        """Count out a row that was counted in with the same ``value``."""
        number = _row_number(key, value)
        bucket = crc32(key) & 0xFF
        self.even[bucket] = (self.even[bucket] + _BORROW - (number & _LANE_PAIR)) & _LANE_PAIR
        self.odd[bucket] = (self.odd[bucket] + _BORROW - ((number >> 64) & _LANE_PAIR)) & _LANE_PAIR

    def add_lines(self, key: bytes, lines: Sequence[bytes]) -> None:
        """Count in rows that share a key, which is hashed once.

        Each half of a lane is summed by itself: up to 2^31 rows fit 64 bits.
        """
        begun = blake2b(_framed(key), digest_size=BUCKET_BYTES)
        high_0: i64 = 0
        high_1: i64 = 0
        high_2: i64 = 0
        high_3: i64 = 0
        low_0: i64 = 0
        low_1: i64 = 0
        low_2: i64 = 0
        low_3: i64 = 0
        for line in lines:
            row = begun.copy()
            row.update(line)
            hashed = row.digest()
            lane = read_i64_be(hashed, 0)
            high_0 += (lane >> 32) & _HALF
            low_0 += lane & _HALF
            lane = read_i64_be(hashed, 8)
            high_1 += (lane >> 32) & _HALF
            low_1 += lane & _HALF
            lane = read_i64_be(hashed, 16)
            high_2 += (lane >> 32) & _HALF
            low_2 += lane & _HALF
            lane = read_i64_be(hashed, 24)
            high_3 += (lane >> 32) & _HALF
            low_3 += lane & _HALF
        bucket = crc32(key) & 0xFF
        even = _lane(high_3, low_3) | (_lane(high_1, low_1) << 128)
        odd = _lane(high_2, low_2) | (_lane(high_0, low_0) << 128)
        self.even[bucket] = (self.even[bucket] + even) & _LANE_PAIR
        self.odd[bucket] = (self.odd[bucket] + odd) & _LANE_PAIR

    def merge(self, other: "LaneDigest") -> None:
        """Count in all rows of ``other``, such as those of another partition."""
        for bucket in range(BUCKETS):
            self.even[bucket] = (self.even[bucket] + other.even[bucket]) & _LANE_PAIR
            self.odd[bucket] = (self.odd[bucket] + other.odd[bucket]) & _LANE_PAIR

    def hexdigest(self) -> str:
        """The digest of all rows as 64 hexadecimal digits; all zero for no rows."""
        even = 0
        odd = 0
        for bucket in range(BUCKETS):
            even += self.even[bucket]
            odd += self.odd[bucket]
        return f"{(even & _LANE_PAIR) | ((odd & _LANE_PAIR) << 64):064x}"

    def differing_buckets(self, other: "LaneDigest") -> list[int]:
        """Buckets whose rows differ; ``bucket_of`` says in which a key is."""
        return [
            bucket
            for bucket in range(BUCKETS)
            if self.even[bucket] != other.even[bucket] or self.odd[bucket] != other.odd[bucket]
        ]

    def dump(self) -> bytes:
        """All buckets, to be stored beside the rows for ``restore``."""
        return b"".join(
            [
                (self.even[bucket] | (self.odd[bucket] << 64)).to_bytes(BUCKET_BYTES, "big")
                for bucket in range(BUCKETS)
            ]
        )

    def restore(self, data: bytes) -> None:
        """Take over what ``dump`` returned. Raises ``CodecFault`` for another size."""
        if len(data) != BUCKETS * BUCKET_BYTES:
            raise CodecFault(f"a table digest has {len(data)} bytes instead of {BUCKETS * BUCKET_BYTES}")
        for bucket in range(BUCKETS):
            start = bucket * BUCKET_BYTES
            number = int.from_bytes(data[start : start + BUCKET_BYTES], "big")
            self.even[bucket] = number & _LANE_PAIR
            self.odd[bucket] = (number >> 64) & _LANE_PAIR


def hash_rows(
    keys: Sequence[bytes], values: Sequence[bytes | None], skip: int, into: tuple[bytearray, list[bytes]]
) -> None:
    """Append the bucket and the hash of every row that has a value; a key begins behind ``skip`` bytes.

    Copying a fresh hash object is cheaper than making one with arguments.
    """
    buckets, hashes = into
    fresh = blake2b(digest_size=BUCKET_BYTES)
    for place in range(len(keys)):
        value = values[place]
        if value is None:
            continue
        key = keys[place][skip:] if skip else keys[place]
        row = fresh.copy()
        row.update(_framed(key) + value)
        buckets.append(crc32(key) & 0xFF)
        hashes.append(row.digest())


def bucket_of(key: bytes) -> int:
    """Bucket in which the row with ``key`` is counted."""
    return crc32(key) & 0xFF


def _row_number(key: bytes, value: bytes) -> int:
    return int.from_bytes(blake2b(_framed(key) + value, digest_size=BUCKET_BYTES).digest(), "big")


def _lane(high: int, low: int) -> int:
    """The sum of a lane from those of its halves, as it wraps."""
    return ((high << 32) + low) & _LANE


def _framed(key: bytes) -> bytes:
    """A key behind its length, as it is hashed."""
    size = len(key)
    return (_SIZES[size] if size < _SIZES_COUNT else size.to_bytes(4, "big")) + key


def _whole_number(data: bytes, start: int, end: int) -> int:
    """The number between two places, in the one form that ``encode_row`` gives it."""
    digits = data[start:end]
    if len(digits) > _DIGITS_MAX or not digits.removeprefix(b"-").isdigit():
        raise _not_a_row(data, start)
    number = int(digits)
    if str(number).encode() != digits:
        raise _not_a_row(data, start)
    return number


def _text(data: bytes, start: int, end: int) -> str:
    try:
        return data[start:end].decode()
    except UnicodeDecodeError as broken:
        raise _not_a_row(data, start) from broken


def _not_a_row(data: bytes, place: int) -> CodecFault:
    return CodecFault(f"a row of {len(data)} bytes is malformed at byte {place}")
