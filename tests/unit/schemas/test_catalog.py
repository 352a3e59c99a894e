"""The catalogue of schemas: what it reads, what it refuses, and that every field says what it means."""

import json

import pytest

from schemas import (
    COMMAND_HEADER,
    EVENT_HEADER,
    Schema,
    SchemaFault,
    by_fingerprint,
    catalog,
    parse,
    read_files,
    read_lock,
)

SCHEMAS = tuple(catalog().values())


def source(**changes: object) -> bytes:
    fields = [{"name": "account", "type": "string", "doc": "Account."}]
    whole = {"type": "record", "name": "Waved", "namespace": "ledger.v1", "doc": "Hands.", "fields": fields}
    return json.dumps(whole | changes).encode()


def test_every_schema_file_is_in_the_catalogue_and_in_the_lock() -> None:
    paths = [schema.path for schema in SCHEMAS]
    assert paths == list(read_files())
    assert paths == list(read_lock())


def test_a_schema_is_found_by_its_name_and_by_the_fingerprint_of_its_framing() -> None:
    fill = catalog()["FillSettled"]
    assert fill.full_name == "ledger.v1.FillSettled"
    assert (fill.kind, fill.routing) == ("event", "keyed")
    assert fill.framing[:2] == b"\xc3\x01"
    assert by_fingerprint()[fill.framing[2:]] is fill


def test_items_of_an_array_are_a_record_of_their_own() -> None:
    prices = catalog()["UpdatePrices"]
    assert prices.fields[-1].type == "MarketPrice"
    assert [record.name for record in prices.nested] == ["MarketPrice"]
    assert prices.nested[0].fields[1].name == "mark_e8"


@pytest.mark.parametrize(
    "schema", [schema for schema in SCHEMAS if schema.kind == "event"], ids=lambda s: s.name
)
def test_every_event_starts_with_the_header_and_has_a_routing(schema: Schema) -> None:
    assert tuple(field.name for field in schema.fields[:5]) == EVENT_HEADER
    assert schema.routing in {"keyed", "broadcast"}


@pytest.mark.parametrize(
    "schema", [schema for schema in SCHEMAS if schema.kind == "command"], ids=lambda s: s.name
)
def test_every_command_starts_with_the_header_and_has_no_routing(schema: Schema) -> None:
    assert tuple(field.name for field in schema.fields[:3]) == COMMAND_HEADER
    assert schema.routing == "none"


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: s.name)
def test_every_field_says_what_it_means_and_in_which_unit(schema: Schema) -> None:
    units = {
        "_e8": "1e-8",
        "_e12": "1e-12",
        "_e16": "1e-16",
        "_ppm": "parts per million",
        "_ms": "milliseconds",
    }
    units |= {"_us": "microseconds", "_s": "seconds"}
    for field in [*schema.fields, *(part for record in schema.nested for part in record.fields)]:
        assert field.doc.endswith("."), field.name
        assert field.doc.rstrip(".").lower() != field.name.replace("_", " "), field.name
        if field.type == "long":
            unit = next((text for suffix, text in units.items() if field.name.endswith(suffix)), "")
            assert unit in field.doc, field.name


def test_amounts_are_longs_and_names_are_texts_so_no_schema_has_another_type() -> None:
    for schema in SCHEMAS:
        nested = {record.name for record in schema.nested}
        assert {field.type for field in schema.fields} <= {"long", "string"} | nested


def test_arrays_are_the_last_fields_of_their_schema_in_the_order_of_their_records() -> None:
    for schema in SCHEMAS:
        arrays = [field.type for field in schema.fields if field.type not in ("long", "string")]
        assert [field.type for field in schema.fields[len(schema.fields) - len(arrays) :]] == arrays
        assert [record.name for record in schema.nested] == arrays


def test_a_file_that_is_not_called_after_its_record_is_refused() -> None:
    assert parse("events/ledger.v1.Waved.avsc", source(), "00").name == "Waved"
    with pytest.raises(SchemaFault, match=r"must be called ledger\.v1\.Waved\.avsc"):
        parse("events/ledger.v1.Nodded.avsc", source(), "00")


@pytest.mark.parametrize(
    "declared", ["double", "int", "boolean", ["null", "long"], {"type": "map", "values": "long"}]
)
def test_a_type_other_than_long_string_and_array_of_records_is_refused(declared: object) -> None:
    fields = [{"name": "account", "type": declared, "doc": "Account."}]
    with pytest.raises(SchemaFault, match="field account must be a long, a string or an array"):
        parse("events/ledger.v1.Waved.avsc", source(fields=fields), "00")
