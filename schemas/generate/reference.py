"""Text of the reference pages of events and commands, in Markdown."""

from collections.abc import Mapping, Sequence

from schemas import COMMAND_HEADER, EVENT_HEADER, Field, Nested, Schema

Older = Mapping[str, Sequence[Schema]]
"""Versions by name that are read and no longer written."""

NOTE = "<!-- Written by `python -m schemas.generate` from the schemas. -->"

UNITS = """\
Every field is a 64-bit integer (`long`) or text (`string`). Units are the last part of a name:
`_e8` amounts, sizes, prices and indices in 1e-8, `_e12` rates in 1e-12, `_e16` funding dust in
1e-16, `_ppm` parts per million, `_ms` and `_us` Unix time or a duration, `_s` a duration. A value
that may be absent is a pair `has_x` (1 or 0) and `x`."""

FRAMING = """\
A message is framed as an Avro single object: the bytes `C3 01`, the CRC-64-AVRO fingerprint of
the schema in eight bytes, little-endian, and the Avro body. The framing of each is given as
hexadecimal text."""

ROUTING = """\
A **keyed** event changes the books of its `account` and lies in that account's partition; a
**broadcast** event is copied to every partition under the same `seq` and has no postings."""

JSON_FORM = """\
Below is how commands are stored. `ledger submit` takes them as JSON lines;
`ledger schema commands` prints the JSON Schema of that form."""


def events_page(schemas: Sequence[Schema], older: Older) -> str:
    """``docs/reference/events.md``: what the log can hold, from the newest versions and the older ones."""
    events = [schema for schema in schemas if schema.kind == "event"]
    records = [schema for schema in schemas if schema.kind == "record"]
    header = [field for field in events[0].fields if field.name in EVENT_HEADER]
    parts = [
        f"# Events\n\n{NOTE}\n\nWhat the ledger records.\n\n{UNITS}\n\n{FRAMING}\n\n{ROUTING}",
        _contents([*events, *records]),
        f"## Header\n\nFirst fields of every event.\n\n{_table(header)}",
        *(_section(schema, EVENT_HEADER, older) for schema in events),
        "## Around the events\n\nRecords of the log that take no `seq`.",
        *(_section(schema, (), older) for schema in records),
    ]
    return "\n\n".join(parts) + "\n"


def commands_page(schemas: Sequence[Schema], older: Older) -> str:
    """``docs/reference/commands.md``: what can be asked of the ledger."""
    commands = [schema for schema in schemas if schema.kind == "command"]
    header = [field for field in commands[0].fields if field.name in COMMAND_HEADER]
    parts = [
        f"# Commands\n\n{NOTE}\n\nWhat can be asked of the ledger.\n\n{JSON_FORM}\n\n{UNITS}\n\n{FRAMING}",
        _contents(commands),
        f"## Header\n\nFirst fields of every command.\n\n{_table(header)}",
        *(_section(schema, COMMAND_HEADER, older) for schema in commands),
    ]
    return "\n\n".join(parts) + "\n"


def _contents(schemas: Sequence[Schema]) -> str:
    rows = "\n".join(
        f"| [{schema.name}](#{schema.name.lower()}) | {_cell(schema.doc)} |" for schema in schemas
    )
    return f"| name | what it says |\n| --- | --- |\n{rows}"


def _section(schema: Schema, header: Sequence[str], older: Older) -> str:
    routing = "" if schema.routing == "none" else f"{schema.routing.capitalize()}. "
    identity = f"{routing}Schema `{schema.full_name}`, framing `{schema.framing.hex()}`."
    for one in older[schema.name]:
        own = {field.name for field in one.fields}
        new = [f"`{field.name}`" for field in schema.fields if field.name not in own]
        identity += f" `{one.full_name}`, framing `{one.framing.hex()}`, is read without {', '.join(new)}."
    body = [field for field in schema.fields if field.name not in header]
    return "\n\n".join(
        [
            f"## {schema.name}",
            schema.doc,
            identity,
            _table(body),
            *(_nested(record) for record in schema.nested),
        ]
    )


def _nested(record: Nested) -> str:
    return f"### {record.name}\n\n{record.doc}\n\n{_table(record.fields)}"


def _table(fields: Sequence[Field]) -> str:
    rows = "\n".join(f"| `{field.name}` | {_type(field)} | {_cell(field.doc)} |" for field in fields)
    return f"| field | type | meaning |\n| --- | --- | --- |\n{rows}"


def _type(field: Field) -> str:
    return field.type if field.type in ("long", "string") else f"list of {field.type}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
