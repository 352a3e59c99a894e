"""Events, commands and seals as JSON objects, by the rules of ``ledger.edge.fields``."""

from typing import Any

from ledger.core.messages import Outcome
from ledger.core.refusals import RefusalCode
from ledger.edge.decimals import format_decimal
from ledger.edge.fields import EdgeField, Kind, edge_fields
from schemas import catalog


def event_object(event: object) -> dict[str, Any]:
    """An event or a seal as a JSON object: ``event`` is its name, then its fields."""
    return {"event": type(event).__name__, **_fields_of(event, edge_fields(type(event).__name__))}


def command_object(command: object) -> dict[str, Any]:
    """A command as the JSON object that ``read_line`` reads back to the same command."""
    return {"command": type(command).__name__, **_fields_of(command, edge_fields(type(command).__name__))}


def outcome_record(outcome: Outcome) -> dict[str, Any]:
    """A recorded outcome with all its fields, and the name of its code."""
    reason = refusal_name(outcome.code) if outcome.code else ""
    return {**_fields_of(outcome, edge_fields("Outcome")), "reason": reason}


def refusal_name(code: int) -> str:
    """Name of a refusal code, or its number when this version does not know it."""
    try:
        return RefusalCode(code).name
    except ValueError:
        return str(code)


def events_json_schema() -> dict[str, Any]:
    """JSON Schema of the events and seals that ``ledger log show`` prints."""
    schemas = [schema for schema in catalog().values() if schema.kind == "event"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Event",
        "description": "One recorded event of the ledger.",
        "oneOf": [{"$ref": f"#/$defs/{schema.name}"} for schema in schemas],
        "$defs": {schema.name: _schema_of(schema.name, schema.doc) for schema in schemas},
    }


def _fields_of(record: object, fields: tuple[EdgeField, ...]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for field in fields:
        if field.guard and getattr(record, field.guard) == 0:
            continue
        result[field.name] = _outside_value(getattr(record, field.column), field)
    return result


def _outside_value(value: Any, field: EdgeField) -> Any:  # noqa: ANN401
    match field.kind:
        case Kind.TEXT | Kind.INTEGER:
            return value
        case Kind.FLAG:
            return value == 1
        case Kind.DECIMAL:
            return format_decimal(value, field.digits)
        case Kind.RECORDS:
            return [_fields_of(item, field.items) for item in value]


def _schema_of(name: str, doc: str) -> dict[str, Any]:
    fields = edge_fields(name)
    properties: dict[str, Any] = {"event": {"const": name}}
    for field in fields:
        properties[field.name] = {"description": field.doc, **_type_of(field)}
    required = ["event", *(field.name for field in fields if not field.guard)]
    return {
        "type": "object",
        "description": doc,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _type_of(field: EdgeField) -> dict[str, Any]:
    match field.kind:
        case Kind.TEXT | Kind.DECIMAL:
            return {"type": "string"}
        case Kind.INTEGER:
            return {"type": "integer"}
        case Kind.FLAG:
            return {"type": "boolean"}
        case Kind.RECORDS:
            properties = {item.name: {"description": item.doc, **_type_of(item)} for item in field.items}
            return {"type": "array", "items": {"type": "object", "properties": properties}}
