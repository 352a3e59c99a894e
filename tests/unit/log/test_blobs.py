"""Messages in the bytes of a block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CodecFault
from ledger.log.blobs import (
    Gathered,
    count_values,
    iterate,
    join_messages,
    join_outcomes,
    order_difference,
    route_values,
    split_outcomes,
    split_values,
)
from ledger.log.codec import encode_event
from tests.sealed import Scribe, deposit, listed

MESSAGES = st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=300)), max_size=12)


def joined(messages: list[tuple[bytes, bytes]]) -> bytes:
    return join_messages([key for key, _ in messages], [value for _, value in messages])


def test_the_layout_is_length_key_length_value() -> None:
    assert joined([(b"bob", b"hello"), (b"*", b"")]) == (
        b"\0\0\0\3bob" + b"\0\0\0\5hello" + b"\0\0\0\1*" + b"\0\0\0\0"
    )
    assert join_outcomes([b"yes", b""]) == b"\0\0\0\3yes\0\0\0\0"


@given(MESSAGES)
def test_what_is_joined_comes_apart_again(messages: list[tuple[bytes, bytes]]) -> None:
    blob = joined(messages)
    assert iterate(blob) == messages
    assert split_values(blob) == [value for _, value in messages]
    assert count_values(blob) == len(messages)


@given(st.lists(st.binary(max_size=300), max_size=12))
def test_outcomes_come_apart_again(outcomes: list[bytes]) -> None:
    assert split_outcomes(join_outcomes(outcomes)) == outcomes


def test_a_long_message_keeps_its_length() -> None:
    long = b"x" * 70_000
    assert iterate(joined([(long, long), (b"k", b"v")])) == [(long, long), (b"k", b"v")]
    assert split_outcomes(join_outcomes([long])) == [long]


@given(st.lists(st.binary(min_size=3, max_size=20), max_size=20))
def test_routing_by_a_byte_keeps_every_message_in_order(values: list[bytes]) -> None:
    blob = join_messages([b"key"] * len(values), values)
    kinds = [Gathered(b"|||", 3) for _ in range(256)]
    assert route_values(blob, 2, kinds) == len(values)
    for byte, kind in enumerate(kinds):
        own = [value for value in values if value[2] == byte]
        assert kind.count == len(own)
        chunks = [own[start : start + 3] for start in range(0, len(own), 3)]
        assert kind.chunks() == [(len(some), b"".join(b"|||" + value for value in some)) for some in chunks]


def test_a_value_without_the_byte_to_route_by_is_a_codec_fault() -> None:
    with pytest.raises(CodecFault):
        route_values(joined([(b"k", b"ab"), (b"key", b"abcdef")]), 2, [Gathered(b"|", 9)] * 256)


def test_every_truncation_is_a_codec_fault() -> None:
    blob = joined([(b"bob", b"hello")])
    for end in range(1, len(blob)):
        for reading in (split_values, iterate, count_values):
            with pytest.raises(CodecFault, match="do not agree"):
                reading(blob[:end])
    outcomes = join_outcomes([b"hello"])
    for end in range(1, len(outcomes)):
        with pytest.raises(CodecFault, match="do not agree"):
            split_outcomes(outcomes[:end])


@given(st.binary(max_size=60))
def test_arbitrary_bytes_come_apart_wholly_or_are_a_codec_fault(data: bytes) -> None:
    try:
        messages = iterate(data)
    except CodecFault:
        with pytest.raises(CodecFault):
            split_values(data)
        with pytest.raises(CodecFault):
            count_values(data)
    else:
        assert joined(messages) == data


def test_lengths_with_the_high_bit_set_do_not_wrap() -> None:
    for blob in (b"\xff\xff\xff\xff" * 4, b"\0\0\0\0\xff\xff\xff\xff" + b"x" * 20, b"\x80\0\0\0" * 5):
        with pytest.raises(CodecFault):
            split_values(blob)
        with pytest.raises(CodecFault):
            split_outcomes(blob[4:])


def test_seqs_that_do_not_rise_within_the_block_are_named() -> None:
    scribe = Scribe(1)
    scribe.genesis()
    block = scribe.block([deposit("alice"), listed(), deposit("bob")])
    assert order_difference(block.seal, block.blobs[0]) == ""
    pairs = iterate(block.blobs[0])
    assert (
        order_difference(block.seal, joined([pairs[1], pairs[0]]))
        == "seq 2 comes where one from 4 to 4 belongs"
    )
    assert order_difference(block.seal, joined([pairs[0], pairs[0]])).startswith("seq 2 comes")
    late = deposit("carol")
    late.seq, late.recorded_at_us, late.command_id, late.cause_seq, late.occurred_at_us = 2**61, 1, "", 0, 1
    assert order_difference(block.seal, joined([(b"carol", encode_event(late))])).startswith(f"seq {2**61} ")


def test_an_event_that_ends_inside_its_seq_is_a_codec_fault() -> None:
    seal = Scribe(1).genesis().seal
    for body in (b"", b"\x80", b"\xff" * 11):
        with pytest.raises(CodecFault):
            order_difference(seal, joined([(b"k", b"\xc3\x01" + b"f" * 8 + body)]))
