"""What is wrong with bytes or with a message, said the same way by both forms of the codec.

Also the check of a message's values against its schema. The compiled codec gets its types
from the compiler and asks here only to name the field that did not fit.
"""

from typing import Final

from ledger.core.messages import FIELDS, Message
from ledger.core.values import LONG_MAX, LONG_MIN
from ledger.errors import CodecFault
from schemas import Field, catalog

BODY: Final = 10
"""Where the body starts, after ``C3 01`` and the eight bytes of the fingerprint."""

ENDS_HERE: Final = "the bytes end inside this field"
NUMBER_TOO_LONG: Final = "a number is longer than 64 bits or not in its shortest form"
TEXT_TOO_LONG: Final = "the length of a text is negative or reaches past the end of the bytes"
TEXT_NOT_UTF8: Final = "a text is not UTF-8"
ARRAY_NEGATIVE: Final = "an array has a negative number of items"
ARRAY_IN_PIECES: Final = "an array comes in several pieces"


def unframed(data: bytes) -> CodecFault:
    """Fault for bytes that are no framed message."""
    return CodecFault(f"no framed message: it starts with {data[:BODY].hex() or 'nothing'}")


def unknown(data: bytes, kind: str) -> CodecFault:
    """Fault for a fingerprint that is of no message of this kind."""
    return CodecFault(
        f"fingerprint {data[2:BODY].hex()} is of no {kind} that this program knows",
        remedy="Upgrade this program to the version that wrote the message, or find out who wrote it",
    )


def unreadable(name: str, count: int, at: int, what: str) -> CodecFault:
    """Fault in field number ``count``, from 1, of a body: the byte ``at`` is where it goes wrong.

    Records of an array lie in one field.
    """
    fields = FIELDS[name]
    return CodecFault(what, where=f"{name}.{fields[count - 1]} at byte {at}")


def left_over(name: str, at: int, end: int) -> CodecFault:
    """Fault for bytes after the last field."""
    return CodecFault(f"{end - at} bytes are left over", where=f"{name} at byte {at}")


def misfit(message: Message) -> CodecFault:
    """Fault that names the field of ``message`` that cannot be written."""
    try:
        check_fields(message)
    except CodecFault as fault:
        return fault
    return CodecFault("no message that can be written here", where=type(message).__name__)


def check_fields(message: Message) -> None:
    """Raise ``CodecFault`` naming the first field whose value does not fit its type.

    ``True`` is no integer here and neither is 5.0, since Avro libraries store them as 1 and 5.
    """
    schema = catalog().get(type(message).__name__)
    if schema is None:
        raise _misfit(type(message).__name__, "not a message with a schema")
    nested = {record.name: record.fields for record in schema.nested}
    _check_record(schema.name, message, schema.fields, nested)


def _check_record(
    where: str, record: object, fields: tuple[Field, ...], nested: dict[str, tuple[Field, ...]]
) -> None:
    for field in fields:
        value = getattr(record, field.name)
        if field.type == "long":
            _check_long(f"{where}.{field.name}", value)
        elif field.type == "string":
            _check_text(f"{where}.{field.name}", value)
        else:
            _check_items(f"{where}.{field.name}", value, field.type, nested)


def _check_long(where: str, value: object) -> None:
    if type(value) is not int:
        raise _misfit(where, f"{value!r} is not an integer")
    if not LONG_MIN <= value <= LONG_MAX:
        raise _misfit(where, f"{value} does not fit 64 bits")


def _check_text(where: str, value: object) -> None:
    if type(value) is not str:
        raise _misfit(where, f"{value!r} is not text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _misfit(where, f"{value!r} has half of a surrogate pair, which UTF-8 cannot hold") from None


def _check_items(where: str, value: object, kind: str, nested: dict[str, tuple[Field, ...]]) -> None:
    if type(value) is not list:
        raise _misfit(where, f"{value!r} is not a list")
    for index, item in enumerate(value):
        if type(item).__name__ != kind:
            raise _misfit(f"{where}[{index}]", f"{item!r} is not a {kind}")
        _check_record(f"{where}[{index}]", item, nested[kind], nested)


def _misfit(where: str, what: str) -> CodecFault:
    return CodecFault(what, where=where, remedy="Nothing was written; mend what built this message")
