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
from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b
from typing import Any, Final

import polars as pl

from ledger.errors import CodecFault
from ledger.log.blobs import Gathered
from schemas import Field, Schema

SEPARATOR_BYTES: Final = 16
FRAMING_BYTES: Final = 10

MESSAGES_MAX: Final = 25_000
"""Messages of one container: of many more, the reader's growing columns cost twice as much per row."""

_MARKER: Final = "_marker"
_MARKER_TYPE: Final = {"type": "fixed", "name": "Marker", "size": SEPARATOR_BYTES + FRAMING_BYTES}
_SYNC: Final = bytes(16)
_NONE: Final = ((0, b""),)
"""Chunks of nothing: one without messages."""


def nothing_gathered(seed: bytes) -> Gathered:
    """Where messages of one schema are gathered to be read as columns. ``seed`` makes the separator."""
    return Gathered(blake2b(seed, digest_size=SEPARATOR_BYTES).digest(), MESSAGES_MAX)


def gathered(messages: Iterable[bytes], seed: bytes) -> Gathered:
    """Messages of one schema, gathered one by one."""
    together = nothing_gathered(seed)
    for message in messages:
        together.add(message)
    return together


def messages_of(together: Gathered) -> list[bytes]:
    """The messages one by one: none contains the separator."""
    return [message for _, chunk in together.chunks() for message in chunk.split(together.separator)[1:]]


def read_messages(schema: Schema, together: Gathered, columns: Sequence[str]) -> pl.DataFrame:
    """The named columns of framed messages of one schema, one row each, in order.

    Raises ``CodecFault`` when a message is not of this schema, does not decode, or has bytes left over;
    nothing is skipped.
    """
    marker = together.separator + schema.framing
    try:
        frames = [
            _read_chunk(schema, count, chunk, columns, marker) for count, chunk in together.chunks() or _NONE
        ]
        rows = pl.concat(frames)
        if not rows.select((pl.col(_MARKER) == pl.lit(marker)).all()).item():
            raise _misfit(schema)
    except CodecFault as fault:
        raise _stranger(schema, messages_of(together)) or fault from fault
    return rows.select(columns).rechunk()


def _read_chunk(
    schema: Schema, count: int, chunk: bytes, columns: Sequence[str], marker: bytes
) -> pl.DataFrame:
    """Rows of a chunk with their markers; the marker and the columns of the sentinel are as they must be."""
    frame = _read(_container(schema, count, chunk, marker), [_MARKER, *columns], schema)
    if frame.height != count + 1:
        raise _misfit(schema)
    sentinel = frame.row(-1, named=True)
    if sentinel.pop(_MARKER) != marker or any(value not in (0, "") for value in sentinel.values()):
        raise _misfit(schema)
    return frame.head(count)


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


def _container(schema: Schema, count: int, chunk: bytes, marker: bytes) -> io.BytesIO:
    """An Avro object container of one block: the messages and the sentinel, each behind the separator."""
    sentinel = marker + bytes(len(schema.fields))
    head = _header(schema.name, schema.fields)
    sizes = _long(count + 1) + _long(len(chunk) + len(sentinel))
    return io.BytesIO(b"".join((head, sizes, chunk, sentinel, _SYNC)))


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
