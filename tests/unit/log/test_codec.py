"""The codec as others use it: names, framings, refusals to encode, and which form is in use."""

import re
from types import ModuleType

import pytest

from ledger.core import messages
from ledger.core.messages import CancelOrder, OrderCancelled, Outcome
from ledger.errors import Action, CodecFault
from ledger.log import codec, wire
from ledger.log.codec_faults import check_fields
from schemas import by_fingerprint, catalog
from tests.messages import FORMS, NAMES, decode, encode

DECODERS = (codec.decode_event, codec.decode_command, codec.decode_outcome, codec.decode_seal)


def cancel(order_id: str = "desk/7") -> CancelOrder:
    return CancelOrder("desk", 8, 1_768_796_400_000_000, "alice", order_id, "USER_CANCELED")


def cancelled(remaining_before_e8: int = 250_000_000) -> OrderCancelled:
    event = OrderCancelled(
        account="alice",
        order_id="desk/7",
        market="BTC-USD-PERP",
        side="BUY",
        order_type="LIMIT",
        cancel_reason="USER_CANCELED",
        oco_group="",
        status_before="OPEN",
        remaining_before_e8=remaining_before_e8,
        remaining_after_e8=0,
        open_buy_before_e8=250_000_000,
        open_buy_after_e8=0,
        open_sell_before_e8=0,
        open_sell_after_e8=0,
    )
    event.seq = 12
    event.recorded_at_us = 1_768_796_400_000_123
    event.occurred_at_us = 1_768_796_400_000_000
    event.command_id = "desk/8"
    return event


def test_an_event_comes_back_with_its_header() -> None:
    decoded = codec.decode_event(codec.encode_event(cancelled()))
    assert decoded == cancelled()
    assert decoded.command_id == "desk/8"


def test_a_framed_event_starts_with_the_fingerprint_of_its_schema() -> None:
    data = codec.encode_event(cancelled())
    assert data[:2] == b"\xc3\x01"
    assert data[2:10] == codec.fingerprint_of("OrderCancelled")
    assert data[:10] == catalog()["OrderCancelled"].framing


def test_the_name_is_read_from_the_framing_alone() -> None:
    assert codec.event_name(codec.encode_event(cancelled())[:10]) == "OrderCancelled"
    assert codec.name_of(codec.fingerprint_of("CancelOrder")) == "CancelOrder"


def test_every_seal_starts_with_the_seal_prefix() -> None:
    assert codec.SEAL_PREFIX[2:] == codec.fingerprint_of("BlockSealed")


def test_encoding_into_a_buffer_appends() -> None:
    buffer = bytearray(b"before")
    codec.encode_event_into(buffer, cancelled())
    assert bytes(buffer) == b"before" + codec.encode_event(cancelled())


def test_encoding_a_misfit_into_a_buffer_leaves_the_buffer_alone() -> None:
    buffer = bytearray(b"before")
    with pytest.raises(CodecFault):
        codec.encode_event_into(buffer, cancelled(2**63))
    assert bytes(buffer) == b"before"


def test_the_generated_codec_is_used_where_it_is_compiled() -> None:
    assert codec.COMPILED == wire.COMPILED
    assert (codec.encode_event is wire.encode_event) == wire.COMPILED


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**30])
def test_a_number_past_64_bits_is_a_fault_and_never_wraps(form: ModuleType, value: int) -> None:
    with pytest.raises(
        CodecFault, match=rf"OrderCancelled\.remaining_before_e8: {value} does not fit"
    ) as caught:
        encode(form, cancelled(value))
    assert caught.value.action is Action.HALT


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 2**62, -(2**62) - 1])
def test_a_number_of_64_bits_comes_back(form: ModuleType, value: int) -> None:
    assert decode(form, "OrderCancelled", encode(form, cancelled(value))) == cancelled(value)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [5.0, 5.9, None, "5", 1j])
def test_what_is_no_integer_never_becomes_one(form: ModuleType, value: object) -> None:
    with pytest.raises((CodecFault, TypeError)):
        encode(form, cancelled(value))  # type: ignore[arg-type]


def test_true_is_no_number() -> None:
    class CancelOrder:  # stands in for the compiled class, whose fields turn True into 1
        producer = "desk"
        number = True

    with pytest.raises(CodecFault, match=r"CancelOrder\.number: True is not an integer"):
        check_fields(CancelOrder())  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [5, None, b"desk/7", ["desk/7"]])
def test_what_is_no_text_never_becomes_one(form: ModuleType, value: object) -> None:
    with pytest.raises((CodecFault, TypeError)):
        encode(form, cancel(value))  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
def test_half_of_a_surrogate_pair_is_a_fault_that_names_the_field(form: ModuleType) -> None:
    with pytest.raises(CodecFault, match=r"CancelOrder\.order_id: .* half of a surrogate pair"):
        encode(form, cancel("desk/\ud800"))


def test_a_command_is_not_decoded_as_an_event_nor_an_event_as_a_command() -> None:
    with pytest.raises(CodecFault, match="of no event that this program knows"):
        codec.decode_event(codec.encode_command(cancel()))
    with pytest.raises(CodecFault, match="of no command that this program knows"):
        codec.decode_command(codec.encode_event(cancelled()))


def test_a_command_is_not_encoded_as_an_event() -> None:
    with pytest.raises((CodecFault, TypeError)):
        codec.encode_event(cancel())  # type: ignore[arg-type]


def test_an_unknown_fingerprint_says_to_upgrade() -> None:
    data = b"\xc3\x01" + bytes(8) + b"\x02"
    for decoder in DECODERS:
        with pytest.raises(CodecFault, match=r"0000000000000000 is of no .* Upgrade this program"):
            decoder(data)
    with pytest.raises(CodecFault, match="Upgrade this program"):
        codec.event_name(data)


@pytest.mark.parametrize("data", [b"", b"\xc3", b"\xc3\x01", b"\xc3\x01" + bytes(7), b"{}" * 20, bytes(20)])
def test_bytes_without_framing_are_a_fault(data: bytes) -> None:
    for decoder in (*DECODERS, codec.event_name):
        with pytest.raises(CodecFault, match="no framed message"):
            decoder(data)


def test_registry_framing_is_refused_without_a_registry() -> None:
    body = codec.encode_command(cancel())[10:]
    with pytest.raises(CodecFault, match="Schema Registry and none is configured"):
        codec.single_object(b"\0\0\0\0\x07" + body)


def test_registry_framing_is_translated_by_the_registry() -> None:
    framed = codec.encode_command(cancel())
    ids = {7: "CancelOrder"}
    assert codec.single_object(b"\0\0\0\0\x07" + framed[10:], ids.__getitem__) == framed


def test_registry_framing_without_a_whole_id_is_a_fault() -> None:
    with pytest.raises(CodecFault, match="no framed message"):
        codec.single_object(b"\0\0\0", {0: "CancelOrder"}.__getitem__)


def test_single_object_framing_passes_a_registry_unchanged() -> None:
    framed = codec.encode_command(cancel())
    assert codec.single_object(framed) == framed
    assert codec.single_object(framed, {7: "CancelOrder"}.__getitem__) == framed


def test_an_unknown_name_is_a_fault() -> None:
    with pytest.raises(CodecFault, match="no message called 'CancelOrders'"):
        codec.fingerprint_of("CancelOrders")
    with pytest.raises(CodecFault, match="of no message"):
        codec.name_of(bytes(8))


def test_messages_are_equal_when_type_and_fields_are() -> None:
    assert cancel() == cancel()
    assert hash(cancel()) == hash(cancel())
    assert cancel() != cancel("desk/6")
    assert cancel() != cancelled()
    other = cancelled()
    other.cause_seq = 3
    assert other != cancelled()


def test_a_message_prints_all_its_fields() -> None:
    printed = repr(Outcome("desk", 8, 3, 5, "refused", 614, "healthy", 0, 0, 0))
    assert printed.startswith(
        "Outcome(producer='desk', number=8, position=3, recorded_at_us=5, status='refused'"
    )
    assert printed.endswith(", code=614, detail='healthy', first_seq=0, last_seq=0, voided_by=0)")


def test_tables_of_messages_name_every_schema() -> None:
    kinds = {schema.name: schema.kind for schema in catalog().values()}
    assert set(messages.EVENT_CLASSES) == {name for name in NAMES if kinds[name] == "event"}
    assert set(messages.COMMAND_CLASSES) == {name for name in NAMES if kinds[name] == "command"}
    assert set(NAMES) < messages.FIELDS.keys()
    assert all(
        messages.FIELDS[name] == tuple(field.name for field in catalog()[name].fields) for name in NAMES
    )


def test_broadcast_events_are_those_without_an_account() -> None:
    events = [schema for schema in catalog().values() if schema.kind == "event"]
    assert {schema.name for schema in events if schema.routing == "broadcast"} == messages.BROADCAST
    for schema in events:
        has_account = any(field.name == "account" for field in schema.fields)
        assert has_account == (schema.routing == "keyed"), schema.name


def test_fingerprints_are_all_different() -> None:
    assert len(by_fingerprint()) == len(NAMES)


def test_a_fault_reads_as_one_line() -> None:
    with pytest.raises(CodecFault) as caught:
        codec.decode_event(codec.encode_event(cancelled())[:20])
    assert re.fullmatch(r"OrderCancelled\.\w+ at byte \d+: .+\. .+\.", str(caught.value))
