"""Reading many messages at once never reads other messages than those that were there."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.messages import TransferSent
from ledger.errors import CodecFault
from ledger.log.codec import decode_event, encode_event
from projectors.columns.avro import MESSAGES_MAX, gathered, messages_of, read_messages
from schemas import catalog
from tests.projecting import SEED, stamped
from tests.unit.projectors.conftest import MakeEvent

SCHEMA = catalog()["TransferSent"]
COLUMNS = ["seq", "account", "amount_e8", "balance_after_e8"]


def read(messages: list[bytes], columns: list[str]) -> pl.DataFrame:
    return read_messages(SCHEMA, gathered(messages, SEED), columns)


@pytest.fixture
def transfers(make_event: MakeEvent) -> list[bytes]:
    return [
        encode_event(
            make_event(
                "TransferSent",
                seq,
                account=f"account-{seq}",
                asset="USDC",
                amount_e8=10**seq,
                transfer_id="t",
            )
        )
        for seq in range(1, 8)
    ]


def test_columns_come_in_the_order_asked_for_with_a_row_for_each_message(transfers: list[bytes]) -> None:
    frame = read(transfers, ["amount_e8", "account", "seq"])
    assert frame.columns == ["amount_e8", "account", "seq"]
    assert frame.rows() == [(10**seq, f"account-{seq}", seq) for seq in range(1, 8)]


def test_no_columns_at_all_can_be_asked_for_one_at_a_time(transfers: list[bytes]) -> None:
    for field in SCHEMA.fields:
        assert read(transfers, [field.name]).height == len(transfers)


@pytest.mark.parametrize("place", [0, 3, 6])
@pytest.mark.parametrize("extra", [b"\0", b"\x02", bytes(20), b"\xff" * 3])
def test_a_message_with_bytes_left_over_is_a_fault(transfers: list[bytes], place: int, extra: bytes) -> None:
    transfers[place] += extra
    with pytest.raises(CodecFault):
        read(transfers, COLUMNS)


@pytest.mark.parametrize("place", [0, 3, 6])
@pytest.mark.parametrize("missing", [1, 2, 9, 30])
def test_a_message_that_ends_too_early_is_a_fault(transfers: list[bytes], place: int, missing: int) -> None:
    transfers[place] = transfers[place][:-missing]
    with pytest.raises(CodecFault):
        read(transfers, COLUMNS)


def test_bytes_that_belong_to_the_next_message_are_found(transfers: list[bytes]) -> None:
    tail = transfers[2][-4:]
    transfers[2] = transfers[2][:-4]
    transfers[3] = transfers[3][:10] + tail + transfers[3][10:]
    with pytest.raises(CodecFault):
        read(transfers, COLUMNS)


def test_a_message_hidden_in_the_text_of_another_is_not_read(
    make_event: MakeEvent, transfers: list[bytes]
) -> None:
    hidden = "".join(chr(byte) for byte in transfers[1])
    event = stamped(make_event("TransferSent", 9, account="mallory", vault=hidden), 9)
    frame = read([*transfers, encode_event(event)], ["seq", "vault"])
    assert frame.rows()[-1] == (9, hidden)


def test_a_message_of_another_type_among_the_others_is_named_by_its_framing(
    make_event: MakeEvent, transfers: list[bytes]
) -> None:
    transfers[4] = encode_event(make_event("TransferReceived", 5))
    with pytest.raises(CodecFault, match=catalog()["TransferReceived"].framing.hex()):
        read(transfers, COLUMNS)


def test_text_that_is_no_utf8_is_a_fault(transfers: list[bytes]) -> None:
    transfers[2] = transfers[2].replace(b"account-3", b"\xc3\x28count-3")
    with pytest.raises(CodecFault, match="TransferSent"):
        read(transfers, COLUMNS)


def test_a_length_past_all_bytes_panics_in_polars_and_is_a_fault_here(transfers: list[bytes]) -> None:
    place = transfers[2].index(b"account-3") - 1
    transfers[2] = transfers[2][:place] + b"\xfe\xff\xff\xff\xff\xff\xff\x01" + transfers[2][place + 1 :]
    with pytest.raises(CodecFault):
        read(transfers, ["seq"])


@given(data=st.data())
def test_what_the_codec_refuses_is_refused_here_too_or_stays_in_its_own_row(data: st.DataObject) -> None:
    good = [
        encode_event(
            stamped(TransferSent("alice", "t", "TRANSFER", "bob", "USDC", 5, 10, 5, "", "", "", 0), seq)
        )
        for seq in range(1, 5)
    ]
    place = data.draw(st.integers(0, len(good) - 1))
    body = bytearray(good[place])
    start = data.draw(st.integers(10, len(body)))
    body[start : data.draw(st.integers(start, len(body)))] = data.draw(st.binary(max_size=8))
    mutated = bytes(body)
    whole = [field.name for field in SCHEMA.fields]
    try:
        rows = read([*good[:place], mutated, *good[place + 1 :]], whole).rows()
    except CodecFault:
        with pytest.raises(CodecFault):
            decode_event(mutated)
        return
    # Polars reads a varint that is longer than it need be, which the codec refuses; no other row changes.
    del rows[place]
    assert rows == read(good[:place] + good[place + 1 :], whole).rows()


@pytest.mark.parametrize("broken", [0, 3])
def test_messages_of_several_chunks_are_read_as_those_of_one(transfers: list[bytes], broken: int) -> None:
    """``broken`` shortens that message of the second chunk; 0 leaves all as they are."""
    many = (transfers * (MESSAGES_MAX // len(transfers) + 1))[: MESSAGES_MAX + 5]
    if broken:
        many[MESSAGES_MAX + broken] = many[MESSAGES_MAX + broken][:-1]
        with pytest.raises(CodecFault):
            read(many, COLUMNS)
        return
    assert messages_of(gathered(many, SEED)) == many
    assert read(many, ["seq"]).get_column("seq").to_list() == [place % 7 + 1 for place in range(len(many))]
