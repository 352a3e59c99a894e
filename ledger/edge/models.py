"""Pydantic models of every command outside, built from the schema catalogue.

The models are the one definition of what a command may look like: strict types, no unknown
fields, decimals as strings, ranges. ``ledger.edge.commands`` validates with them and
``ledger schema commands`` prints their JSON Schema.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import PydanticCustomError

from ledger.core.limits import NUMBER_MAX, PRODUCER_MAX
from ledger.core.values import AMOUNT_MAX_E8, LONG_MAX, LONG_MIN
from ledger.edge.decimals import DECIMAL_PATTERN, DECIMAL_TEXT_MAX, format_decimal, parse_decimal
from ledger.edge.fields import EdgeField, Kind, edge_fields
from schemas import catalog

TEXT_MAX: Final = 256
"""Longest text of a command, in characters."""

ITEMS_MAX: Final = 1000
"""Most entries of one tick, twice the markets of the largest exchange."""

OUT_OF_RANGE_ERROR: Final = "out_of_range"
NOTHING_SENT: Final = None

_STRICT: Final = ConfigDict(strict=True, extra="forbid")


@cache
def command_names() -> tuple[str, ...]:
    """Names of all commands, in order."""
    return tuple(schema.name for schema in catalog().values() if schema.kind == "command")


@cache
def command_model(name: str) -> type[BaseModel]:
    """Model of one command: ``command`` is its name, then its fields as they look outside."""
    fields: dict[str, Any] = {"command": (Literal[name], Field(description="Which command this is."))}
    fields.update(_model_fields(edge_fields(name)))
    return create_model(name, __config__=_STRICT, __doc__=catalog()[name].doc, **fields)


def commands_json_schema() -> dict[str, Any]:
    """JSON Schema of one line of a command file: any of the commands, told apart by ``command``."""
    definitions: dict[str, Any] = {}
    for name in command_names():
        schema = command_model(name).model_json_schema(
            ref_template="#/$defs/{model}", schema_generator=_WithoutDefaults
        )
        definitions.update(schema.pop("$defs", {}))
        definitions[name] = schema
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Command",
        "description": "One command of the ledger, as a line of NDJSON.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in command_names()],
        "$defs": definitions,
    }


class _WithoutDefaults(GenerateJsonSchema):
    """JSON Schema in which a field that may be left out shows no ``null`` default."""

    def default_schema(self, schema: Any) -> JsonSchemaValue:  # noqa: ANN401
        return self.generate_inner(schema["schema"])

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:  # noqa: ANN401
        result = super().generate(schema, mode)
        result.pop("$schema", None)
        return result


def _model_fields(fields: tuple[EdgeField, ...]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for field in fields:
        default = ... if field.required else NOTHING_SENT
        result[field.name] = (_annotation(field), Field(default, description=field.doc))
    return result


def _annotation(field: EdgeField) -> Any:  # noqa: ANN401
    match field.kind:
        case Kind.TEXT:
            longest = PRODUCER_MAX if field.column == "producer" else TEXT_MAX
            return Annotated[
                str, Field(max_length=longest, min_length=1 if field.column == "producer" else 0)
            ]
        case Kind.FLAG:
            return bool
        case Kind.INTEGER:
            least, most = (1, NUMBER_MAX) if field.column == "number" else (LONG_MIN, LONG_MAX)
            return Annotated[int, Field(ge=least, le=most)]
        case Kind.DECIMAL:
            return _decimal(field.digits)
        case Kind.RECORDS:
            item = create_model(field.record, __config__=_STRICT, **_model_fields(field.items))
            return Annotated[list[item], Field(max_length=ITEMS_MAX)]


@cache
def _decimal(digits: int) -> Any:  # noqa: ANN401
    most = AMOUNT_MAX_E8 if digits == 8 else LONG_MAX  # noqa: PLR2004
    read: Callable[[Any], int] = partial(_read_decimal, digits, most)
    schema = {
        "type": "string",
        "pattern": DECIMAL_PATTERN.replace("[0-9]+)?$", f"[0-9]{{1,{digits}}})?$"),
        "maxLength": DECIMAL_TEXT_MAX,
        "description": f"Decimal with at most {digits} places, from -{format_decimal(most, digits)}"
        f" to {format_decimal(most, digits)}.",
    }
    return Annotated[int, PlainValidator(read), WithJsonSchema(schema)]


def _read_decimal(digits: int, most: int, value: object) -> int:
    if not isinstance(value, str):
        raise PydanticCustomError("decimal_type", 'a decimal is sent as a string, such as "92600.1"')
    try:
        number = parse_decimal(value, digits)
    except ValueError as fault:
        raise PydanticCustomError("decimal_syntax", "{why}", {"why": str(fault)}) from None
    if not -most <= number <= most:
        raise PydanticCustomError(
            OUT_OF_RANGE_ERROR, "not between -{most} and {most}", {"most": format_decimal(most, digits)}
        )
    return number
