"""Avro codec of every message without a compiler: fastavro writes, and the reader here is strict.

Same bytes and same faults as ``ledger.log.wire``. fastavro writes whatever it can make a number of
and ignores unknown keys, so the types of all values are compared first, as one list. It also
reads bytes that no writer writes (trailing bytes, numbers longer than needed, arrays in
pieces); a reader of our own that refuses them costs less than fastavro and the checks.

Use it through ``ledger.log.codec``.
"""

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from operator import attrgetter
from typing import Any, Final, final

from fastavro import parse_schema, schemaless_writer

from ledger.core import messages
from ledger.core.messages import BlockSealed, Command, Event, Message, Outcome, SignedCommand
from ledger.log.codec_faults import (
    ARRAY_IN_PIECES,
    ARRAY_NEGATIVE,
    BODY,
    ENDS_HERE,
    NUMBER_TOO_LONG,
    TEXT_NOT_UTF8,
    TEXT_TOO_LONG,
    left_over,
    misfit,
    unframed,
    unknown,
    unreadable,
)
from schemas import EVENT_HEADER, Field, Schema, versions

HEADER: Final = len(EVENT_HEADER)
TYPES: Final[dict[str, type]] = {"long": int, "string": str}
LONG: Final = [False]
"""``is_text`` of a single long."""


@final
class Shape:
    """How a record is taken apart and put together; ``is_text`` leaves out arrays, the last fields."""

    __slots__ = ("is_text", "make", "names", "take", "types")

    def __init__(self, make: Callable[..., Any], fields: Sequence[Field]) -> None:
        self.make = make
        self.names = [field.name for field in fields]
        self.take: Callable[[object], tuple[Any, ...]] = attrgetter(*self.names)
        self.types = [TYPES.get(field.type, list) for field in fields]
        self.is_text = [field.type == "string" for field in fields if field.type in TYPES]

    def values(self, record: object, message: Message) -> dict[str, Any]:
        """The fields of ``record``, which is ``message`` or lies in it, with their types checked."""
        values = self.take(record)
        if [*map(type, values)] != self.types:
            raise misfit(message)
        return dict(zip(self.names, values, strict=True))


@final
class Plan:
    """A schema as the codec needs it; ``items`` are the shapes of the arrays that are its last fields.

    ``upcast`` says of every field of the newest version where it lies in this one, or what it is there;
    ``None`` for the newest itself.
    """

    __slots__ = ("framing", "items", "kind", "name", "parsed", "shape", "upcast")

    def __init__(self, schema: Schema, newest: Schema) -> None:
        name = schema.name
        self.name = name
        self.kind = schema.kind if schema.kind != "record" else name
        self.framing = schema.framing
        self.parsed = parse_schema(schema.source)
        self.shape = Shape(getattr(messages, name), schema.fields)
        self.items = [Shape(getattr(messages, nested.name), nested.fields) for nested in schema.nested]
        places = {field.name: place for place, field in enumerate(schema.fields)}
        self.upcast = (
            None
            if schema is newest
            else [(places.get(field.name, -1), field.default) for field in newest.fields]
        )


PLANS: Final = [Plan(schema, found[-1]) for found in versions().values() for schema in found]
BY_CLASS: Final = {plan.shape.make: plan for plan in PLANS if plan.upcast is None}
BY_FRAMING: Final = {plan.framing: plan for plan in PLANS}


def encode_event(message: Event) -> bytes:
    """The framed bytes of any event; ``CodecFault`` names a field that does not fit."""
    return encode(message, "event")


def decode_event(data: bytes) -> Event:
    """The event in framed bytes; ``CodecFault`` says what is wrong with them and where."""
    plan = plan_of(data, "event")
    values = read_body(plan, data)
    event: Event = plan.shape.make(*values[HEADER:])
    event.seq, event.recorded_at_us, event.occurred_at_us, event.command_id, event.cause_seq = values[:HEADER]
    return event


def encode_command(message: Command) -> bytes:
    """The framed bytes of any command; ``CodecFault`` names a field that does not fit."""
    return encode(message, "command")


def decode_command(data: bytes) -> Command:
    """The command in framed bytes; ``CodecFault`` says what is wrong with them and where."""
    plan = plan_of(data, "command")
    command: Command = plan.shape.make(*read_body(plan, data))
    return command


def encode_outcome(message: Outcome) -> bytes:
    """The framed bytes of an Outcome; ``CodecFault`` names a field that does not fit."""
    return encode(message, "Outcome")


def decode_outcome(data: bytes) -> Outcome:
    """The Outcome in framed bytes; ``CodecFault`` says what is wrong with them and where."""
    plan = plan_of(data, "Outcome")
    outcome: Outcome = plan.shape.make(*read_body(plan, data))
    return outcome


def encode_block_sealed(message: BlockSealed) -> bytes:
    """The framed bytes of a BlockSealed; ``CodecFault`` names a field that does not fit."""
    return encode(message, "BlockSealed")


def decode_block_sealed(data: bytes) -> BlockSealed:
    """The BlockSealed in framed bytes; ``CodecFault`` says what is wrong with them and where."""
    plan = plan_of(data, "BlockSealed")
    seal: BlockSealed = plan.shape.make(*read_body(plan, data))
    return seal


def encode_signed_command(message: SignedCommand) -> bytes:
    """The framed bytes of a SignedCommand; ``CodecFault`` names a field that does not fit."""
    return encode(message, "SignedCommand")


def decode_signed_command(data: bytes) -> SignedCommand:
    """The SignedCommand in framed bytes; ``CodecFault`` says what is wrong with them and where."""
    plan = plan_of(data, "SignedCommand")
    signed: SignedCommand = plan.shape.make(*read_body(plan, data))
    return signed


def encode(message: Message, kind: str) -> bytes:
    """The framed bytes of a message of this kind."""
    plan = BY_CLASS.get(type(message))
    if plan is None or plan.kind != kind:
        raise misfit(message)
    values = plan.shape.values(message, message)
    for name, shape in arrays_of(plan):
        values[name] = items_values(shape, values[name], message)
    out = BytesIO()
    out.write(plan.framing)
    try:
        schemaless_writer(out, plan.parsed, values)
    except (OverflowError, UnicodeEncodeError):
        raise misfit(message) from None
    return out.getvalue()


def arrays_of(plan: Plan) -> Iterable[tuple[str, Shape]]:
    """Name and shape of each array of a schema."""
    return zip(plan.shape.names[len(plan.shape.is_text) :], plan.items, strict=True)


def items_values(shape: Shape, items: list[object], message: Message) -> list[dict[str, Any]]:
    """The records of an array."""
    if any(type(item) is not shape.make for item in items):
        raise misfit(message)
    return [shape.values(item, message) for item in items]


def plan_of(data: bytes, kind: str) -> Plan:
    """The plan that the framing of ``data`` names, when it is of this kind."""
    plan = BY_FRAMING.get(data[:BODY])
    if plan is None or plan.kind != kind:
        raise unknown(data, kind) if len(data) >= BODY and data.startswith(b"\xc3\x01") else unframed(data)
    return plan


def read_body(plan: Plan, data: bytes) -> list[Any]:
    """Every field of the body in the order of the newest version; nothing may follow it."""
    values: list[Any] = []
    at = read_fields(plan, plan.shape.is_text, data, BODY, values, 1)
    for _, shape in arrays_of(plan):
        items, at = read_items(plan, shape, data, at, len(values) + 1)
        values.append(items)
    if at != len(data):
        raise left_over(plan.name, at, len(data))
    if plan.upcast is None:
        return values
    return [default if place < 0 else values[place] for place, default in plan.upcast]


def read_items(plan: Plan, shape: Shape, data: bytes, start: int, number: int) -> tuple[list[Any], int]:
    """The array that is field ``number``, and where the next byte is."""
    count: list[int] = []
    at = read_fields(plan, LONG, data, start, count, number, 0)
    if count[0] < 0:
        raise unreadable(plan.name, number, start, ARRAY_NEGATIVE)
    items: list[Any] = []
    for _ in range(count[0]):
        values: list[Any] = []
        at = read_fields(plan, shape.is_text, data, at, values, number, 0)
        items.append(shape.make(*values))
    if items:
        start = at
        at = read_fields(plan, LONG, data, start, count, number, 0)
        if count[1]:
            raise unreadable(plan.name, number, start, ARRAY_IN_PIECES)
    return items, at


def read_fields(  # noqa: PLR0913
    plan: Plan, texts: list[bool], data: bytes, at: int, values: list[Any], number: int, step: int = 1
) -> int:
    """Append the fields that lie from ``at`` on and return where the next byte is.

    ``number`` is that of the first field in the body; ``step`` 0 says that all of them lie in that one.
    """
    start = at
    try:
        for is_text in texts:
            start = at
            bits = data[at]
            at += 1
            if bits > 127:
                bits -= 128
                shift = 7
                for byte in data[at : at + 9]:
                    at += 1
                    if byte < 128:
                        break
                    bits += (byte - 128) << shift
                    shift += 7
                else:
                    what = NUMBER_TOO_LONG if shift == 70 else ENDS_HERE
                    raise unreadable(plan.name, number + step * len(values), start, what)
                if not byte or (shift == 63 and byte != 1):
                    raise unreadable(plan.name, number + step * len(values), start, NUMBER_TOO_LONG)
                bits += byte << shift
            if not is_text:
                values.append(~(bits >> 1) if bits & 1 else bits >> 1)
                continue
            start = at
            at += bits >> 1
            if bits & 1 or at > len(data):
                raise unreadable(plan.name, number + step * len(values), start, TEXT_TOO_LONG)
            values.append(data[start:at].decode())
    except IndexError:
        raise unreadable(plan.name, number + step * len(values), start, ENDS_HERE) from None
    except UnicodeDecodeError:
        raise unreadable(plan.name, number + step * len(values), start, TEXT_NOT_UTF8) from None
    return at
