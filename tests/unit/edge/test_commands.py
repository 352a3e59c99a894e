"""Lines of NDJSON: what is a command, and what each thing that is none is told."""

import json
from typing import Any

import pytest

from ledger.core.messages import (
    COMMAND_CLASSES,
    AdvanceFunding,
    Command,
    LedgerOpened,
    PlaceOrder,
    UpdatePrices,
)
from ledger.core.refusals import RefusalCode
from ledger.edge.commands import LINE_BYTES_MAX, Rejected, SignedLine, read_line
from ledger.edge.fields import Kind, edge_fields
from ledger.edge.models import command_names, commands_json_schema
from ledger.edge.records import command_object, event_object, events_json_schema
from ledger.log.codec import decode_command, encode_command
from schemas import catalog

ARRIVED = 1_768_798_000_000_000
ORDER: dict[str, Any] = {
    "command": "PlaceOrder",
    "producer": "gateway",
    "number": 17,
    "account": "alice",
    "market": "BTC-USD-PERP",
    "side": "BUY",
    "order_type": "LIMIT",
    "size": "1.5",
    "price": "92600.1",
}


def read(**changes: object) -> object:
    given = {**ORDER, **changes}
    return read_line(
        json.dumps({key: value for key, value in given.items() if value is not ...}).encode(), ARRIVED
    )


def rejection(line: bytes) -> tuple[RefusalCode, str]:
    result = read_line(line, ARRIVED)
    assert isinstance(result, Rejected)
    return result.code, result.detail


def test_an_order_becomes_integers_flags_and_defaults() -> None:
    order = read(reduce_only=True, trigger_price="90000", trigger_condition="BELOW")
    assert isinstance(order, PlaceOrder)
    assert (order.size_e8, order.price_e8, order.has_price) == (150_000_000, 9_260_010_000_000, 1)
    assert (order.has_trigger, order.trigger_price_e8, order.reduce_only) == (1, 9_000_000_000_000, 1)
    assert (order.instruction, order.stp, order.client_id, order.issued_at_us) == (
        "GTC",
        "EXPIRE_TAKER",
        "",
        ARRIVED,
    )


def test_a_field_left_out_is_absent_and_not_zero() -> None:
    market_order = read(price=...)
    assert isinstance(market_order, PlaceOrder)
    assert (market_order.has_price, market_order.price_e8) == (0, 0)


def test_a_tick_has_one_object_per_market() -> None:
    tick = {
        "command": "UpdatePrices",
        "producer": "feed",
        "number": 1,
        "tick_id": 1,
        "previous_tick_id": 0,
        "source": "oracle",
        "source_epoch": 1,
        "observed_at_ms": 5,
        "prices": [
            {"market": "BTC", "mark": "1.5", "spot": "1.4", "bid": "1.3", "bid_depth": "2", "ask_depth": "0"}
        ],
    }
    command = read_line(json.dumps(tick).encode(), ARRIVED)
    assert isinstance(command, UpdatePrices)
    price = command.prices[0]
    assert (price.mark_e8, price.has_bid, price.bid_e8, price.has_ask, price.ask_e8) == (
        150_000_000,
        1,
        130_000_000,
        0,
        0,
    )


def test_a_funding_rate_has_twelve_places() -> None:
    tick = {
        "command": "AdvanceFunding",
        "producer": "feed",
        "number": 2,
        "tick_id": 1,
        "previous_tick_id": 0,
        "source": "f",
        "source_epoch": 1,
        "observed_at_ms": 5,
        "rates": [{"market": "BTC", "rate": "-0.000012345678", "spot": "1", "index_claimed": "-0.5"}],
    }
    command = read_line(json.dumps(tick).encode(), ARRIVED)
    assert isinstance(command, AdvanceFunding)
    rate = command.rates[0]
    assert (rate.rate_e12, rate.has_claim, rate.index_claimed_e8) == (-12_345_678, 1, -50_000_000)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"size": 1.5}, RefusalCode.MALFORMED_COMMAND, "size"),
        ({"size": 1}, RefusalCode.MALFORMED_COMMAND, "size"),
        ({"size": True}, RefusalCode.MALFORMED_COMMAND, "size"),
        ({"size": None}, RefusalCode.MALFORMED_COMMAND, "size"),
        ({"size": ...}, RefusalCode.MALFORMED_COMMAND, "size"),
        ({"size": "1e3"}, RefusalCode.MALFORMED_COMMAND, "size"),
        ({"size": "NaN"}, RefusalCode.MALFORMED_COMMAND, "size"),
        ({"size": "1.123456789"}, RefusalCode.MALFORMED_COMMAND, "size"),
        ({"size": "1000000000.00000001"}, RefusalCode.OUT_OF_RANGE, "size"),
        ({"price": None}, RefusalCode.MALFORMED_COMMAND, "price"),
        ({"price_e8": 5}, RefusalCode.MALFORMED_COMMAND, "price_e8"),
        ({"has_price": 1}, RefusalCode.MALFORMED_COMMAND, "has_price"),
        ({"colour": "red"}, RefusalCode.MALFORMED_COMMAND, "colour"),
        ({"reduce_only": 1}, RefusalCode.MALFORMED_COMMAND, "reduce_only"),
        ({"reduce_only": "true"}, RefusalCode.MALFORMED_COMMAND, "reduce_only"),
        ({"number": True}, RefusalCode.MALFORMED_COMMAND, "number"),
        ({"number": 1.0}, RefusalCode.MALFORMED_COMMAND, "number"),
        ({"number": "1"}, RefusalCode.MALFORMED_COMMAND, "number"),
        ({"number": 0}, RefusalCode.OUT_OF_RANGE, "number"),
        ({"number": 2**63}, RefusalCode.OUT_OF_RANGE, "number"),
        ({"number": 10**30}, RefusalCode.OUT_OF_RANGE, "number"),
        ({"issued_at_us": -(2**63) - 1}, RefusalCode.OUT_OF_RANGE, "issued_at_us"),
        ({"producer": ""}, RefusalCode.MALFORMED_COMMAND, "producer"),
        ({"producer": "p" * 65}, RefusalCode.OUT_OF_RANGE, "producer"),
        ({"account": 7}, RefusalCode.MALFORMED_COMMAND, "account"),
        ({"account": ["alice"]}, RefusalCode.MALFORMED_COMMAND, "account"),
        ({"account": "a" * 300}, RefusalCode.OUT_OF_RANGE, "account"),
        ({"command": "Place"}, RefusalCode.UNKNOWN_COMMAND, "command"),
        ({"command": 1}, RefusalCode.MALFORMED_COMMAND, "command"),
        ({"command": ...}, RefusalCode.MALFORMED_COMMAND, "command"),
    ],
)
def test_a_bad_field_is_named(changes: dict[str, object], code: RefusalCode, field: str) -> None:
    result = read(**changes)
    assert isinstance(result, Rejected)
    assert (result.code, result.detail.split(":")[0]) == (code, field)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"   ",
        b"{",
        b"null",
        b"[]",
        b"17",
        b'"PlaceOrder"',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"command": "PlaceOrder"} {}',
        b'{"command": NaN}',
        b"[" * 100_000,
        b'{"a":' * 10_000,
        b'{"command": "\\ud800"}',
        b"\0" * 100,
    ],
)
def test_a_line_that_is_no_command_is_malformed(line: bytes) -> None:
    assert rejection(line)[0] == RefusalCode.MALFORMED_COMMAND


def test_a_key_given_twice_is_malformed_wherever_blanks_are() -> None:
    line = json.dumps(ORDER).encode()
    for again in (b'{"size" : "2", ', b'{"size":"2",', b'{ "size"\t:"2" , '):
        assert rejection(again + line[1:])[1] == "size: given twice"
    assert not isinstance(read(client_id='a":"b'), Rejected)


def test_a_line_longer_than_the_limit_is_not_parsed() -> None:
    assert rejection(b" " * (LINE_BYTES_MAX + 1))[0] == RefusalCode.COMMAND_TOO_LARGE


def test_a_rejected_line_keeps_its_id_when_it_has_one() -> None:
    result = read(size=1)
    assert isinstance(result, Rejected)
    assert result.command_id == "gateway/17"


def sample_value(kind: Kind, digits: int, items: tuple[Any, ...]) -> object:
    match kind:
        case Kind.TEXT:
            return "text"
        case Kind.INTEGER:
            return 7
        case Kind.FLAG:
            return True
        case Kind.DECIMAL:
            return f"1.{'0' * (digits - 1)}5"
        case Kind.RECORDS:
            return [{field.name: sample_value(field.kind, field.digits, field.items) for field in items}]


@pytest.mark.parametrize("name", command_names())
def test_every_command_reads_encodes_and_prints_back_the_same(name: str) -> None:
    given = {"command": name}
    given |= {field.name: sample_value(field.kind, field.digits, field.items) for field in edge_fields(name)}  # type: ignore[misc]
    command = read_line(json.dumps(given).encode(), ARRIVED)
    assert isinstance(command, Command)
    assert decode_command(encode_command(command)) == command
    assert command_object(command) == given


SIGNATURE = {"key": "ops-1", "signature": "ab" * 64}


def test_a_line_with_signatures_carries_the_command_that_they_are_over() -> None:
    line = read(issued_at_us=7, signatures=[SIGNATURE])
    assert isinstance(line, SignedLine)
    assert line.signed.content == encode_command(line.command).hex()
    assert (line.signed.key_1, line.signed.signature_1, line.signed.key_2) == ("ops-1", "ab" * 64, "")


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"signatures": [SIGNATURE]}, "issued_at_us"),
        ({"issued_at_us": 7, "signatures": []}, ""),
        ({"issued_at_us": 7, "signatures": [SIGNATURE] * 3}, ""),
        ({"issued_at_us": 7, "signatures": [{"key": "ops-1", "signature": "AB"}]}, "signature"),
        ({"issued_at_us": 7, "signatures": [SIGNATURE], "side": 1}, "side"),
    ],
)
def test_signatures_that_cannot_be_are_named(changes: dict[str, object], detail: str) -> None:
    result = read(**changes)
    assert isinstance(result, Rejected)
    assert detail in result.detail


def test_no_two_fields_of_a_message_have_one_name_outside() -> None:
    for name in catalog():
        names = [field.name for field in edge_fields(name)]
        assert len(names) == len(set(names)), name


def test_every_command_has_a_json_schema_without_nulls() -> None:
    schema = commands_json_schema()
    assert {entry["$ref"].rpartition("/")[2] for entry in schema["oneOf"]} == set(COMMAND_CLASSES)
    assert '"null"' not in json.dumps(schema)
    order = schema["$defs"]["PlaceOrder"]
    assert order["additionalProperties"] is False
    assert {"command", "producer", "number", "size"} <= set(order["required"])
    assert "price" not in order["required"]


def test_every_event_has_a_json_schema_that_its_print_obeys() -> None:
    schema = events_json_schema()["$defs"]
    assert set(schema) == {name for name, entry in catalog().items() if entry.kind == "event"}
    printed = event_object(LedgerOpened("main", 4, "v", ""))
    assert set(printed) == set(schema["LedgerOpened"]["properties"])
