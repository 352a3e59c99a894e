"""Messages to framed bytes and back: the one codec that the rest of the program uses.

A framed message is an Avro single object: ``C3 01``, the CRC-64-AVRO fingerprint of its schema,
little-endian, and the Avro body. The work is done by ``ledger.log.wire`` where it was compiled, and by
``ledger.log.plain`` where not; both are strict, byte-equal to each other and to fastavro, and
raise ``CodecFault`` and nothing else, saying what is wrong, in which field and at which byte.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from ledger.core.messages import BlockSealed, Command, Event, Outcome, SignedCommand
from ledger.errors import CodecFault
from ledger.log.codec_faults import BODY, unframed
from schemas import Schema, by_fingerprint, catalog

WIRE: Final = "ledger.log.wire"

CONFLUENT_BODY: Final = 5
"""Where the body starts in the framing of a Schema Registry."""

Resolver = Callable[[int], str]
"""Names the schema that a Schema Registry has under an id: ``FillSettled`` for 7."""


def is_compiled() -> bool:
    """Whether the generated codec is there as machine code."""
    spec = find_spec(WIRE)
    return spec is not None and spec.origin is not None and not spec.origin.endswith(".py")


COMPILED: Final = is_compiled()
"""Which form is in use: generated machine code, or plain Python."""

_form = import_module(WIRE if COMPILED else "ledger.log.plain")

encode_event: Final[Callable[[Event], bytes]] = _form.encode_event
"""Framed bytes of an event. ``CodecFault`` when a value is not of its type or past 64 bits."""

decode_event: Final[Callable[[bytes], Event]] = _form.decode_event
"""The event in framed bytes."""

encode_command: Final[Callable[[Command], bytes]] = _form.encode_command
"""Framed bytes of a command. ``CodecFault`` when a value is not of its type or past 64 bits."""

decode_command: Final[Callable[[bytes], Command]] = _form.decode_command
"""The command in framed bytes."""

encode_outcome: Final[Callable[[Outcome], bytes]] = _form.encode_outcome
"""Framed bytes of an outcome."""

decode_outcome: Final[Callable[[bytes], Outcome]] = _form.decode_outcome
"""The outcome in framed bytes."""

encode_seal: Final[Callable[[BlockSealed], bytes]] = _form.encode_block_sealed
"""Framed bytes of a block's seal."""

decode_seal: Final[Callable[[bytes], BlockSealed]] = _form.decode_block_sealed
"""The block's seal in framed bytes."""

encode_signed: Final[Callable[[SignedCommand], bytes]] = _form.encode_signed_command
"""Framed bytes of a command with its signatures."""

decode_signed: Final[Callable[[bytes], SignedCommand]] = _form.decode_signed_command
"""The command with its signatures in framed bytes."""

SIGNED_PREFIX: Final = catalog()["SignedCommand"].framing
"""First ten bytes of every signed command."""

SEAL_PREFIX: Final = catalog()["BlockSealed"].framing
"""First ten bytes of every seal, by which a reader knows it without decoding."""


def encode_event_into(buffer: bytearray, event: Event) -> None:
    """Append the framed bytes of ``event`` to ``buffer``; on a fault nothing is appended."""
    buffer += encode_event(event)


def event_name(data: bytes) -> str:
    """Name of the message in framed bytes, from the framing alone."""
    return schema_of(data).name


def fingerprint_of(name: str) -> bytes:
    """The eight bytes that stand for this message in its framing. ``CodecFault`` if there is none."""
    schema = catalog().get(name)
    if schema is None:
        raise CodecFault(
            f"there is no message called {name!r}", remedy="Upgrade this program, or mend the name"
        )
    return schema.framing[2:]


def name_of(fingerprint: bytes) -> str:
    """Name of the message with these eight bytes in its framing."""
    schema = by_fingerprint().get(fingerprint)
    if schema is None:
        raise CodecFault(
            f"fingerprint {fingerprint.hex()} is of no message that this program knows",
            remedy="Upgrade this program to the version that wrote the message, or find out who wrote it",
        )
    return schema.name


def schema_of(data: bytes) -> Schema:
    """The schema that the framing of ``data`` names."""
    if len(data) < BODY or not data.startswith(b"\xc3\x01"):
        raise unframed(data)
    name_of(data[2:BODY])
    return by_fingerprint()[data[2:BODY]]


def single_object(data: bytes, resolve: Resolver | None = None) -> bytes:
    """``data`` in single-object framing, whichever of the two framings it has.

    Confluent framing (``00``, a big-endian id of four bytes, the body) is accepted only with a
    resolver, that is where a Schema Registry is configured. What is returned has not been decoded.
    """
    if not data.startswith(b"\0"):
        return data
    if resolve is None:
        raise CodecFault(
            "the message has the framing of a Schema Registry and none is configured",
            remedy="Configure the registry, or have the sender use Avro single-object framing",
        )
    if len(data) < CONFLUENT_BODY:
        raise unframed(data)
    return (
        b"\xc3\x01"
        + fingerprint_of(resolve(int.from_bytes(data[1:CONFLUENT_BODY], "big")))
        + data[CONFLUENT_BODY:]
    )
