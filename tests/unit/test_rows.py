"""Rows as bytes, and digests of tables."""

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CodecFault
from ledger.rows import BUCKETS, LaneDigest, bucket_of, decode_row, encode_row

VALUES = st.lists(st.one_of(st.integers(), st.text(st.characters(codec="utf-8"))), max_size=8)
TABLES = st.dictionaries(st.binary(max_size=12), st.binary(max_size=12), max_size=20)


def digest_of(table: dict[bytes, bytes]) -> LaneDigest:
    digest = LaneDigest()
    for key, value in table.items():
        digest.add(key, value)
    return digest


def test_a_row_reads_as_its_layout_says() -> None:
    assert encode_row(("alice", -5)) == b"s5:alicei-5,"
    assert encode_row(("sø", 0, "")) == b"s3:s\xc3\xb8i0,s0:"
    assert encode_row(()) == b""


@given(VALUES)
def test_what_is_encoded_decodes_to_itself(values: list[int | str]) -> None:
    assert decode_row(encode_row(values)) == values


@given(VALUES, VALUES)
def test_different_rows_have_different_bytes(first: list[int | str], second: list[int | str]) -> None:
    assert (encode_row(first) == encode_row(second)) == (first == second)


@given(st.binary(max_size=40))
def test_other_bytes_are_refused_or_canonical(data: bytes) -> None:
    try:
        values = decode_row(data)
    except CodecFault:
        return
    assert encode_row(values) == data


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"i",
        b"i,",
        b"i5",
        b"i05,",
        b"i-0,",
        b"i+5,",
        b"i 5,",
        b"i5_0,",
        b"i--5,",
        b"s",
        b"s5",
        b"s5:",
        b"s-1:",
        b"s01:a",
        b"s2:a",
        b"s1:\xff",
        b"i1,x",
        b"i" + b"1" * 5000 + b",",
    ],
)
def test_a_malformed_row_is_a_codec_fault(data: bytes) -> None:
    with pytest.raises(CodecFault, match="malformed"):
        decode_row(data)


def test_no_rows_have_a_digest_of_zeros() -> None:
    assert LaneDigest().hexdigest() == "0" * 64


def test_one_row_has_the_hash_that_the_definition_gives() -> None:
    digest = LaneDigest()
    digest.add(b"key", b"value")
    assert digest.hexdigest() == blake2b(b"\0\0\0\3keyvalue", digest_size=32).hexdigest()


def test_lanes_add_up_apart_and_wrap_at_64_bits() -> None:
    rows = [(f"key-{place}".encode(), b"v") for place in range(50)]
    digest = LaneDigest()
    lanes = [0, 0, 0, 0]
    for key, value in rows:
        digest.add(key, value)
        raw = blake2b(len(key).to_bytes(4, "big") + key + value, digest_size=32).digest()
        for lane in range(4):
            lanes[lane] = (lanes[lane] + int.from_bytes(raw[lane * 8 : lane * 8 + 8], "big")) % 2**64
    assert digest.hexdigest() == "".join(f"{lane:016x}" for lane in lanes)


@given(TABLES)
def test_the_order_of_rows_does_not_matter(table: dict[bytes, bytes]) -> None:
    shuffled = dict(sorted(table.items(), key=lambda item: blake2b(item[0]).digest()))
    assert digest_of(shuffled).hexdigest() == digest_of(table).hexdigest()


@given(TABLES, TABLES)
def test_removing_a_row_undoes_adding_it(kept: dict[bytes, bytes], gone: dict[bytes, bytes]) -> None:
    digest = digest_of(kept | gone)
    for key, value in (kept | gone).items():
        if key not in kept:
            digest.remove(key, value)
    expected = {key: (kept | gone)[key] for key in kept}
    assert digest.hexdigest() == digest_of(expected).hexdigest()
    assert digest.differing_buckets(digest_of(expected)) == []


@given(TABLES)
def test_partitions_merge_to_the_whole(table: dict[bytes, bytes]) -> None:
    parts = [LaneDigest(), LaneDigest(), LaneDigest()]
    for key, value in table.items():
        parts[len(key) % 3].add(key, value)
    whole = LaneDigest()
    for part in parts:
        whole.merge(part)
    assert whole.hexdigest() == digest_of(table).hexdigest()


@given(TABLES)
def test_a_digest_survives_being_stored(table: dict[bytes, bytes]) -> None:
    digest = digest_of(table)
    again = LaneDigest()
    again.restore(digest.dump())
    assert again.hexdigest() == digest.hexdigest()
    assert again.differing_buckets(digest) == []
    assert len(digest.dump()) == BUCKETS * 32


def test_a_stored_digest_of_another_size_is_refused() -> None:
    with pytest.raises(CodecFault):
        LaneDigest().restore(b"\0" * 8191)


def test_a_difference_names_its_bucket() -> None:
    table = {f"account-{place}".encode(): b"100" for place in range(1000)}
    changed = digest_of(table | {b"account-77": b"101"})
    assert changed.differing_buckets(digest_of(table)) == [bucket_of(b"account-77")]


def test_key_and_value_cannot_be_shifted_into_each_other() -> None:
    assert digest_of({b"ab": b"c"}).hexdigest() != digest_of({b"a": b"bc"}).hexdigest()
