"""Many Avro messages of one schema, read as columns in one call.

The framed messages are joined into one Avro container block in memory and read by
``polars.read_avro``, only the needed columns. That reader believes what it is given: an extra
byte in one message shifts every message after it, two malformed messages can read as one valid
transfer, and bytes after the last row are ignored. So every message is preceded by a marker, read
as a ``fixed`` column,

    marker = separator (16 bytes) + framing of the schema (10 bytes)

and a sentinel row of zeros ends the block. The separator is made from the digest of the newest
block's seal. That digest covers every byte of the messages, so no message can contain the separator
but by a chance of 2^-128 per place. If every row that was read begins with the marker, then row *n*
begins at message *n* and ends where the next one begins: no message has a byte too many or too few,
whichever columns were read. Computing each row's size from its values would need all columns.
"""

import io
import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

import polars as pl

from ledger.errors import CodecFault
from schemas import Schema

SEPARATOR_BYTES: Final = 16
FRAMING_BYTES: Final = 10

_MARKER: Final = "_marker"
_MARKER_TYPE: Final = {"type": "fixed", "name": "Marker", "size": SEPARATOR_BYTES + FRAMING_BYTES}
_SYNC: Final = bytes(16)


def read_messages(
    schema: Schema, messages: Sequence[bytes], columns: Sequence[str], seed: bytes
) -> pl.DataFrame:
    """The named columns of framed ``messages`` of one schema, one row each, in order.

    ``seed`` makes the separator. Raises ``CodecFault`` when a message is not of this schema,
    does not decode, or has bytes left over; nothing is skipped.
    """
    separator = blake2b(seed, digest_size=SEPARATOR_BYTES).digest()
    sentinel = schema.framing + bytes(len(schema.fields))
    data = separator + separator.join([*messages, sentinel])
    try:
        frame = _read(_container(schema, data, len(messages) + 1), [_MARKER, *columns], schema)
    except CodecFault as fault:
        raise _stranger(schema, messages) or fault from fault
    marked = frame.select((pl.col(_MARKER) == pl.lit(separator + schema.framing)).all()).item()
    if frame.height != len(messages) + 1 or not marked:
        raise _stranger(schema, messages) or _misfit(schema)
    rows = frame.drop(_MARKER)
    if any(value not in (0, "") for value in rows.row(-1)):
        raise _misfit(schema)
    return rows.head(len(messages)).select(columns)


def unknown_schema(framing: bytes) -> CodecFault:
    """The fault of a message whose schema this program does not know."""
    return CodecFault(
        f"an event has the unknown framing {framing.hex()}",
        remedy="Run a program that knows the schema, or find the block with `ledger log verify`",
    )


def _stranger(schema: Schema, messages: Sequence[bytes]) -> CodecFault | None:
    """The fault of the first message that begins with another framing."""
    for message in messages:
        if not message.startswith(schema.framing):
            return unknown_schema(message[:FRAMING_BYTES])
    return None


def _misfit(schema: Schema) -> CodecFault:
    return CodecFault(f"a message of {schema.full_name} is longer or shorter than its fields")


def _container(schema: Schema, data: bytes, rows: int) -> io.BytesIO:
    """An Avro object container of one block."""
    fields: list[dict[str, Any]] = [{"name": _MARKER, "type": _MARKER_TYPE}]
    fields += [{"name": field.name, "type": field.type} for field in schema.fields]
    header = json.dumps({"type": "record", "name": schema.name, "fields": fields}).encode()
    name = b"avro.schema"
    return io.BytesIO(
        b"".join(
            (
                b"Obj\x01",
                _long(1),
                _long(len(name)),
                name,
                _long(len(header)),
                header,
                _long(0),
                _SYNC,
                _long(rows),
                _long(len(data)),
                data,
                _SYNC,
            )
        )
    )


def _read(container: io.BytesIO, columns: list[str], schema: Schema) -> pl.DataFrame:
    """``polars.read_avro`` with its panics, which are ``BaseException``, made faults."""
    try:
        return pl.read_avro(container, columns=columns)
    except (pl.exceptions.PanicException, pl.exceptions.PolarsError, OSError) as broken:
        raise CodecFault(f"messages of {schema.full_name} do not decode: {broken}") from None


def _long(number: int) -> bytes:
    """A zigzag varint; ``number`` is not negative."""
    bits = number << 1
    parts = bytearray()
    while bits > 127:  # noqa: PLR2004
        parts.append(bits & 127 | 128)
        bits >>= 7
    parts.append(bits)
    return bytes(parts)
