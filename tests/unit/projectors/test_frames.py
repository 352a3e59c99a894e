"""Sorting messages by schema, and frames of them."""

import copy
import json

import pytest

from ledger.core.messages import AnyEvent
from ledger.errors import CodecFault, FormatUnknown
from ledger.log.blobs import join_messages
from ledger.log.codec import encode_event
from ledger.log.port import PartitionBlock
from projectors.columns.events import PARTITION, SETTLEMENT, event_types, known_events
from projectors.columns.frames import CutFrames, DecodedFrames, Routes
from schemas import Schema, catalog, parse
from tests.projecting import SEED
from tests.unit.projectors.conftest import MakeEvent


def block_of(partition: int, values: list[bytes]) -> PartitionBlock:
    blob = join_messages([b"key"] * len(values), values)
    return PartitionBlock(partition, 1, None, b"", blob)  # type: ignore[arg-type]


def frames_over(
    values: dict[int, list[bytes]], needs: dict[str, list[str]], seqs: tuple[int, int] = (1, 99)
) -> DecodedFrames:
    routes = Routes(known_events())
    routed = routes.route({number: [block_of(number, own)] for number, own in values.items()}, SEED)
    frames = DecodedFrames(known_events(), needs, routed, seqs)
    frames.settlement_asset = "USDC"
    return frames


def encoded(*events: AnyEvent) -> list[bytes]:
    return [encode_event(event) for event in events]


def test_one_byte_of_the_fingerprint_tells_the_events_of_trading_apart() -> None:
    """Events that share the byte are told apart one by one, which only the many must not be."""
    routes = Routes(known_events())
    bytes_of = {schema.name: schema.framing[routes.byte] for schema in routes.schemas}
    for name in ("FillSettled", "OrderPlaced", "OrderCancelled", "TransferSent", "TransferReceived"):
        assert list(bytes_of.values()).count(bytes_of[name]) == 1, name


def test_a_frame_has_the_rows_of_all_partitions_in_order_with_the_columns_that_are_needed(
    make_event: MakeEvent,
) -> None:
    values = {
        0: encoded(make_event("OrderTriggered", 2), make_event("DepositCredited", 4, amount_e8=7)),
        1: encoded(make_event("DepositCredited", 3, amount_e8=5)),
    }
    frame = frames_over(values, {"DepositCredited": ["amount_e8"]}).frame("DepositCredited")
    assert frame is not None
    assert frame.columns == ["seq", "amount_e8", PARTITION, SETTLEMENT]
    assert frame.rows() == [(4, 7, 0, "USDC"), (3, 5, 1, "USDC")]


def test_a_type_without_messages_has_no_frame(make_event: MakeEvent) -> None:
    assert frames_over({0: encoded(make_event("OrderPlaced", 1))}, {}).frame("FillSettled") is None


def test_a_bad_message_is_a_fault_of_its_type_and_of_no_other(make_event: MakeEvent) -> None:
    broken = encode_event(make_event("OrderPlaced", 1)) + b"\0"
    frames = frames_over({0: [broken, *encoded(make_event("DepositCredited", 2))]}, {})
    for _ in range(2):
        with pytest.raises(CodecFault, match="OrderPlaced"):
            frames.frame("OrderPlaced")
    assert frames.frame("DepositCredited") is not None


def test_a_message_of_no_known_schema_is_a_fault_of_all(make_event: MakeEvent) -> None:
    message = encode_event(make_event("OrderPlaced", 1))
    routes = Routes(known_events())
    owned = {schema.framing[routes.byte] for schema in routes.schemas}
    free = next(byte for byte in range(256) if byte not in owned)
    stranger = message[: routes.byte] + bytes((free,)) + message[routes.byte + 1 :]
    with pytest.raises(CodecFault, match=stranger[:10].hex()):
        frames_over({0: [stranger]}, {})


def test_schemas_that_share_the_byte_are_told_apart_by_the_whole_framing(make_event: MakeEvent) -> None:
    routes = Routes(known_events())
    routes.byte = 0
    routes._owners = {0xC3: routes.schemas}  # noqa: SLF001
    values = encoded(make_event("OrderPlaced", 1), make_event("FillSettled", 2))
    routed = routes.route({0: [block_of(0, values)]}, SEED)
    assert {framing: kind.counts for framing, kind in routed.items()} == {
        catalog()["OrderPlaced"].framing: [(0, 1)],
        catalog()["FillSettled"].framing: [(0, 1)],
    }


@pytest.mark.parametrize("seqs", [[5, 5], [6, 5], [0, 5], [5, 100]])
def test_seqs_that_cannot_come_there_are_a_fault(make_event: MakeEvent, seqs: list[int]) -> None:
    values = encoded(*(make_event("DepositCredited", seq) for seq in seqs))
    with pytest.raises(CodecFault, match="is not one that can come there"):
        frames_over({0: values}, {}).frame("DepositCredited")


def test_cut_frames_have_some_events_of_some_partitions(make_event: MakeEvent) -> None:
    values = {
        number: encoded(*(make_event("DepositCredited", seq) for seq in range(1 + number, 20, 2)))
        for number in range(2)
    }
    cut = CutFrames(frames_over(values, {}), [1], 4, 9).frame("DepositCredited")
    assert cut is not None
    assert cut.get_column("seq").to_list() == [6, 8]
    assert CutFrames(frames_over(values, {}), [1], 40, 90).frame("DepositCredited") is None


def second_version(**field: str) -> Schema:
    """``DepositCredited`` with one more field, as a second version."""
    source = copy.deepcopy(catalog()["DepositCredited"].source)
    source["namespace"] = "ledger.v2"
    source["fields"].append({"name": "channel", "type": "string", "doc": "How it came.", **field})
    return parse("events/ledger.v2.DepositCredited.avsc", json.dumps(source).encode(), f"{7:016x}")


def test_rows_of_an_older_version_get_the_defaults_of_the_newest(make_event: MakeEvent) -> None:
    events = event_types([*catalog().values(), second_version(default="wire")])
    old = encode_event(make_event("DepositCredited", 1, amount_e8=5))
    newest = events["DepositCredited"].newest
    channel = b"\x08card"
    new = newest.framing + encode_event(make_event("DepositCredited", 2, amount_e8=6))[10:] + channel
    routed = Routes(events).route({0: [block_of(0, [old, new])]}, SEED)
    needs = {"DepositCredited": ["amount_e8", "channel"]}
    frame = DecodedFrames(events, needs, routed, (1, 9)).frame("DepositCredited")
    assert frame is not None
    assert frame.select("seq", "amount_e8", "channel").rows() == [(1, 5, "wire"), (2, 6, "card")]


def test_a_new_field_without_a_default_says_what_to_do(make_event: MakeEvent) -> None:
    events = event_types([*catalog().values(), second_version()])
    routed = Routes(events).route({0: [block_of(0, encoded(make_event("DepositCredited", 1)))]}, SEED)
    frames = DecodedFrames(events, {"DepositCredited": ["channel"]}, routed, (1, 9))
    with pytest.raises(FormatUnknown, match="Give the field a default"):
        frames.frame("DepositCredited")
