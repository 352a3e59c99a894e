"""Both forms of the codec and fastavro: the same bytes, the same messages, the same faults."""

import io
from types import ModuleType

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.messages import Message, Outcome, UpdatePrices
from ledger.errors import CodecFault
from ledger.log import plain
from ledger.log.codec_faults import BODY
from schemas import catalog
from tests.messages import FORMS, NAMES, any_message, decode, encode, message_of, values_of

FLIPS = 40
"""Bits flipped per message, from a start that the example draws."""

few = settings(max_examples=settings().max_examples // 5)
"""There are 51 schemas: a fifth of the examples for each is still many."""

PARSED = {name: parse_schema(schema.source) for name, schema in catalog().items()}


def avro_body(message: Message) -> bytes:
    """What fastavro writes."""
    out = io.BytesIO()
    schemaless_writer(out, PARSED[type(message).__name__], values_of(message))
    return out.getvalue()


def answer(form: ModuleType, name: str, data: bytes) -> Message | str:
    """The message, or the text of the fault; any other exception goes through."""
    try:
        return decode(form, name, data)
    except CodecFault as fault:
        return str(fault)


def read_or_refused(name: str, data: bytes) -> None:
    """Both forms agree; what is read is the message of exactly these bytes."""
    answers = [answer(form, name, data) for form in FORMS]
    assert answers[0] == answers[1]
    if isinstance(answers[0], Message):
        assert [encode(form, answers[0]) for form in FORMS] == [data, data]


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_any_message_has_the_bytes_of_fastavro_and_comes_back(name: str, data: st.DataObject) -> None:
    message = data.draw(any_message(name))
    framed = catalog()[name].framing + avro_body(message)
    for form in FORMS:
        assert encode(form, message) == framed
        assert decode(form, name, framed) == message
    assert schemaless_reader(io.BytesIO(framed[BODY:]), PARSED[name], None) == values_of(message)


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_truncated_bytes_are_a_fault_that_names_a_field(name: str, data: st.DataObject) -> None:
    framed = encode(plain, data.draw(any_message(name)))
    end = data.draw(st.integers(BODY, len(framed) - 1))
    for form in FORMS:
        with pytest.raises(CodecFault, match=rf"^{name}\.\w+ at byte \d+: "):
            decode(form, name, framed[:end])


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_bytes_left_over_are_a_fault(name: str, data: st.DataObject) -> None:
    framed = encode(plain, data.draw(any_message(name)))
    rest = data.draw(st.binary(min_size=1, max_size=12))
    for form in FORMS:
        with pytest.raises(
            CodecFault, match=rf"{name} at byte {len(framed)}: {len(rest)} bytes are left over"
        ):
            decode(form, name, framed + rest)


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_flipped_bits_are_another_message_or_a_fault(name: str, data: st.DataObject) -> None:
    framed = encode(plain, data.draw(any_message(name)))
    bits = 8 * len(framed)
    for bit in range(data.draw(st.integers(0, bits // FLIPS)), bits, bits // FLIPS + 1):
        mutilated = bytearray(framed)
        mutilated[bit // 8] ^= 1 << bit % 8
        read_or_refused(name, bytes(mutilated))


@pytest.mark.parametrize("name", NAMES)
@few
@given(body=st.binary(max_size=300))
def test_arbitrary_bytes_are_a_message_or_a_fault(name: str, body: bytes) -> None:
    read_or_refused(name, catalog()[name].framing + body)


def outcome_with(number: bytes) -> bytes:
    """A framed Outcome whose ``number`` is these bytes."""
    framed = encode(plain, Outcome("", 0, 0, 0, "", 0, "", 0, 0, 0))
    return framed[: BODY + 1] + number + framed[BODY + 2 :]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("number", "value"),
    [
        (b"\x00", 0),
        (b"\x01", -1),
        (b"\x80\x01", 64),
        (b"\xfe" + b"\xff" * 8 + b"\x01", 2**63 - 1),
        (b"\xff" * 9 + b"\x01", -(2**63)),
    ],
)
def test_a_varint_in_its_shortest_form_is_read(form: ModuleType, number: bytes, value: int) -> None:
    outcome = decode(form, "Outcome", outcome_with(number))
    assert isinstance(outcome, Outcome)
    assert outcome.number == value


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "number",
    [
        b"\x80\x00",
        b"\x81\x80\x00",
        b"\xff" * 9 + b"\x00",
        b"\xff" * 9 + b"\x02",
        b"\xff" * 9 + b"\x7f",
        b"\xff" * 10 + b"\x01",
        b"\xff" * 15 + b"\x01",
    ],
)
def test_a_varint_too_long_or_not_in_its_shortest_form_is_a_fault(form: ModuleType, number: bytes) -> None:
    with pytest.raises(
        CodecFault, match=r"Outcome\.number at byte 11: a number is longer than 64 bits or not"
    ):
        decode(form, "Outcome", outcome_with(number))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("length", [b"\x01", b"\x03", b"\x7e", b"\xfe" + b"\xff" * 8 + b"\x01"])
def test_a_text_that_is_negative_or_longer_than_the_bytes_is_a_fault(form: ModuleType, length: bytes) -> None:
    data = catalog()["Outcome"].framing + length + b"desk"
    with pytest.raises(CodecFault, match=r"Outcome\.producer at byte \d+: the length of a text"):
        decode(form, "Outcome", data)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", [b"\xff\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82"])
def test_a_text_that_is_not_utf8_is_a_fault(form: ModuleType, text: bytes) -> None:
    framed = encode(plain, Outcome("", 0, 0, 0, "", 0, "", 0, 0, 0))
    data = framed[:BODY] + bytes([2 * len(text)]) + text + framed[BODY + 1 :]
    with pytest.raises(CodecFault, match=r"Outcome\.producer at byte 11: a text is not UTF-8"):
        decode(form, "Outcome", data)


def prices(items: int) -> bytes:
    """A framed UpdatePrices with this many markets; the array is what follows byte 17."""
    item = {field.name: 0 for field in catalog()["UpdatePrices"].nested[0].fields} | {"market": ""}
    values = {
        "producer": "",
        "number": 0,
        "issued_at_us": 0,
        "tick_id": 0,
        "previous_tick_id": 0,
        "source": "",
    }
    values |= {"source_epoch": 0, "observed_at_ms": 0, "prices": [item] * items}
    return encode(plain, message_of("UpdatePrices", values))


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_array_is_one_zero(form: ModuleType) -> None:
    assert len(prices(0)) == BODY + 9
    message = decode(form, "UpdatePrices", prices(0))
    assert isinstance(message, UpdatePrices)
    assert message.prices == []


@pytest.mark.parametrize("form", FORMS)
def test_an_array_in_pieces_is_a_fault(form: ModuleType) -> None:
    start = prices(0)[:-1]
    item = prices(1)[len(start) + 1 : -1]
    data = start + b"\x02" + item + b"\x02" + item + b"\x00"
    with pytest.raises(
        CodecFault, match=r"UpdatePrices\.prices at byte \d+: an array comes in several pieces"
    ):
        decode(form, "UpdatePrices", data)


@pytest.mark.parametrize("form", FORMS)
def test_an_array_with_a_negative_count_is_a_fault(form: ModuleType) -> None:
    start = prices(0)[:-1]
    item = prices(1)[len(start) + 1 : -1]
    data = start + b"\x01" + bytes([2 * len(item)]) + item + b"\x00"
    with pytest.raises(CodecFault, match=r"UpdatePrices\.prices at byte 18: an array has a negative number"):
        decode(form, "UpdatePrices", data)


@pytest.mark.parametrize("form", FORMS)
def test_an_array_longer_than_the_bytes_ends_at_the_end_of_the_bytes(form: ModuleType) -> None:
    data = prices(0)[:-1] + b"\xfe" + b"\xff" * 8 + b"\x01"
    with pytest.raises(
        CodecFault, match=r"UpdatePrices\.prices at byte \d+: the bytes end inside this field"
    ):
        decode(form, "UpdatePrices", data)
