"""How each schema field looks outside. One set of rules, for commands in and records out.

1. A field ``x_e8``, ``x_e12`` or ``x_e16`` is the decimal string ``x``, with at most 8, 12 or 16
   decimal places: ``size_e8`` 150000000 is ``"size": "1.5"``.
2. A pair ``has_x`` and the field after it is that one field, present or left out. ``null`` is
   not a way to leave it out.
3. A flag (``FLAGS``) is ``true`` or ``false``.
4. Everything else keeps its name: texts are strings; times (``_us``, ``_ms``, ``_s``), ratios
   (``_ppm``) and counts are integers.
5. An array of records is an array of objects by the same rules.

A field that may be left out of a command has a value in ``DEFAULTS`` or is a time of ``TIMES``,
which is then the command's ``issued_at_us``; that one in turn defaults to the time of arrival.
"""

from enum import Enum
from functools import cache
from typing import Final, NamedTuple

from schemas import Field, Schema, catalog


class Kind(Enum):
    """What a field is outside."""

    TEXT = "text"
    INTEGER = "integer"
    FLAG = "flag"
    DECIMAL = "decimal"
    RECORDS = "records"


FLAGS: Final = frozenset({"reduce_only", "margin_exempt", "settlement", "gap", "paused", "exact"})

DEFAULTS: Final[dict[str, str | int]] = {
    "client_id": "",
    "corrects_seq": 0,
    "fee_tier": "",
    "incident_id": "",
    "instruction": "GTC",
    "margin_exempt": 0,
    "note": "",
    "oco_group": "",
    "parent": "",
    "parent_order_id": "",
    "reduce_only": 0,
    "settlement": 0,
    "signer_key": "",
    "stp": "EXPIRE_TAKER",
    "trigger_condition": "",
}
"""What a field left out of a command means, whatever the command."""

DEFAULTS_OF: Final[dict[tuple[str, str], str | int]] = {
    ("CancelAllOrders", "market"): "",
    ("CancelAllOrders", "reason"): "",
    ("CancelOrder", "reason"): "",
    ("ChangeAccount", "market"): "",
    ("ChangeAccount", "reason"): "",
    ("ChangeRule", "scope"): "system",
    ("ChangeStatus", "reason"): "",
    ("ChangeStatus", "status"): "",
    ("ChangeStatus", "withdrawals"): "",
    ("MarkCheckpoint", "reason"): "",
    ("OpenAccount", "kind"): "TRADER",
}
"""The same where it holds for one command only."""

TIMES: Final = frozenset({"matched_at_us", "occurred_at_us"})
"""Times that are the command's ``issued_at_us`` when they are left out."""

SUFFIXES: Final = (("_e8", 8), ("_e12", 12), ("_e16", 16))


class EdgeField(NamedTuple):
    """One field outside.

    ``column`` is the schema field behind it and ``guard`` its ``has_x``, or empty. ``digits`` are
    the decimal places of a decimal. ``default`` is the value inside when the field is left out;
    with ``required`` it may not be. ``items`` are the fields of an array's records.
    """

    name: str
    column: str
    kind: Kind
    guard: str
    digits: int
    required: bool
    default: str | int | None
    record: str
    items: tuple["EdgeField", ...]
    doc: str


@cache
def edge_fields(schema_name: str) -> tuple[EdgeField, ...]:
    """Fields of a message outside, in schema order."""
    schema = catalog()[schema_name]
    return _outside(schema, schema.name, schema.fields)


def outside_name(column: str) -> tuple[str, int]:
    """Name outside of a schema field, and its decimal places (0: not a decimal)."""
    for suffix, digits in SUFFIXES:
        if column.endswith(suffix):
            return column.removesuffix(suffix), digits
    return column, 0


def _outside(schema: Schema, record: str, fields: tuple[Field, ...]) -> tuple[EdgeField, ...]:
    result: list[EdgeField] = []
    guard = ""
    for field in fields:
        if field.name.startswith("has_"):
            guard = field.name
            continue
        result.append(_edge_field(schema, record, field, guard))
        guard = ""
    return tuple(result)


def _edge_field(schema: Schema, record: str, field: Field, guard: str) -> EdgeField:
    name, digits = outside_name(field.name)
    items: tuple[EdgeField, ...] = ()
    if field.type == "string":
        kind = Kind.TEXT
    elif field.type != "long":
        kind = Kind.RECORDS
        nested = next(nested for nested in schema.nested if nested.name == field.type)
        items = _outside(schema, nested.name, nested.fields)
    elif digits:
        kind = Kind.DECIMAL
    else:
        kind = Kind.FLAG if field.name in FLAGS else Kind.INTEGER
    default = DEFAULTS_OF.get((record, field.name), DEFAULTS.get(field.name))
    if guard:
        default = 0
    optional = default is not None or field.name in TIMES or field.name == "issued_at_us"
    return EdgeField(
        name=name,
        column=field.name,
        kind=kind,
        guard=guard,
        digits=digits,
        required=not optional,
        default=default,
        record=field.type if items else "",
        items=items,
        doc=field.doc,
    )
