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
from functools import cache
from hashlib import blake2b
from typing import Any, Final

import polars as pl

from ledger.errors import CodecFault
from schemas import Field, Schema

SEPARATOR_BYTES: Final = 16
FRAMING_BYTES: Final = 10

MESSAGES_MAX: Final = 25_000
"""Messages of one container: of many more, the reader's growing columns cost twice as much per row."""

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
    starts = range(0, len(messages) or 1, MESSAGES_MAX)
    frames = [
        _read_some(schema, messages[start : start + MESSAGES_MAX], columns, separator) for start in starts
    ]
    return pl.concat(frames, rechunk=True)


def _read_some(
    schema: Schema, messages: Sequence[bytes], columns: Sequence[str], separator: bytes
) -> pl.DataFrame:
    """What ``read_messages`` gives, in one container."""
    try:
        frame = _read(_container(schema, messages, separator), [_MARKER, *columns], schema)
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


def _container(schema: Schema, messages: Sequence[bytes], separator: bytes) -> io.BytesIO:
    """An Avro object container of one block: the messages and the sentinel, each behind the separator."""
    sentinel = schema.framing + bytes(len(schema.fields))
    rows = len(messages) + 1
    size = sum(map(len, messages)) + len(sentinel) + rows * SEPARATOR_BYTES
    head = b"".join((_header(schema.name, schema.fields), _long(rows), _long(size)))
    return io.BytesIO(separator.join([head, *messages, sentinel + _SYNC]))


@cache
def _header(name: str, fields: Sequence[Field]) -> bytes:
    """What a container of one schema begins with, up to its first block."""
    marked: list[dict[str, Any]] = [{"name": _MARKER, "type": _MARKER_TYPE}]
    marked += [{"name": field.name, "type": field.type} for field in fields]
    schema = json.dumps({"type": "record", "name": name, "fields": marked}).encode()
    key = b"avro.schema"
    return b"".join((b"Obj\x01", _long(1), _long(len(key)), key, _long(len(schema)), schema, _long(0), _SYNC))


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
