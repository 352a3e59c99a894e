"""Messages of every schema with arbitrary values of the right types, and both forms of the codec.

Nothing here is meant to be accepted by the rules; ``tests.strategies`` invents what is.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final

from hypothesis import strategies as st

from ledger.core import messages
from ledger.core.messages import Event, Message
from ledger.log import plain, wire
from schemas import EVENT_HEADER, Field, catalog

NAMES: Final = tuple(catalog())
FORMS: Final = (wire, plain)
"""The generated codec, compiled or not, and the one in plain Python."""

RECORD_NOUNS: Final = {
    "Outcome": "outcome",
    "BlockSealed": "block_sealed",
    "SignedCommand": "signed_command",
}

LONGS: Final = st.one_of(
    st.sampled_from((0, 1, -1, 63, 64, -64, -65, 2**62 - 1, 2**62, -(2**62) - 1, 2**63 - 1, -(2**63))),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 71).flatmap(lambda bits: st.integers(-(2 ** min(bits, 63)), 2 ** min(bits, 63) - 1)),
)
TEXTS: Final = st.text(st.characters(codec="utf-8"), max_size=70)


def message_of(name: str, values: Mapping[str, Any]) -> Message:
    """The message ``name`` with these values of all its fields; items of arrays as mappings."""
    schema = catalog()[name]
    nested = {record.name: getattr(messages, record.name) for record in schema.nested}
    built = {
        field.name: [nested[field.type](**item) for item in values[field.name]]
        if field.type in nested
        else values[field.name]
        for field in schema.fields
    }
    kind = getattr(messages, name)
    if not issubclass(kind, Event):
        message: Message = kind(**built)
        return message
    event: Event = kind(**{key: value for key, value in built.items() if key not in EVENT_HEADER})
    for key in EVENT_HEADER:
        setattr(event, key, built[key])
    return event


def values_of(message: Message) -> dict[str, Any]:
    """All fields of a message by name; items of arrays as dictionaries."""
    values = {name: getattr(message, name) for name in messages.FIELDS[type(message).__name__]}
    return {
        name: [values_of(item) for item in value] if isinstance(value, list) else value
        for name, value in values.items()
    }


def any_message(name: str) -> st.SearchStrategy[Message]:
    """Any message that a schema allows."""
    return st.fixed_dictionaries(
        {field.name: _any_value(name, field) for field in catalog()[name].fields}
    ).map(lambda values: message_of(name, values))


def _any_value(name: str, field: Field) -> st.SearchStrategy[Any]:
    if field.type == "long":
        return LONGS
    if field.type == "string":
        return TEXTS
    (record,) = [record for record in catalog()[name].nested if record.name == field.type]
    item = st.fixed_dictionaries({part.name: _any_value(name, part) for part in record.fields})
    return st.lists(item, max_size=4)


def encode(form: ModuleType, message: Message) -> bytes:
    """Framed bytes of any message by one form of the codec."""
    encoded: bytes = _function(form, "encode", type(message).__name__)(message)
    return encoded


def decode(form: ModuleType, name: str, data: bytes) -> Message:
    """The message ``name`` in framed bytes by one form of the codec."""
    message: Message = _function(form, "decode", name)(data)
    return message


def _function(form: ModuleType, verb: str, name: str) -> Callable[[Any], Any]:
    noun = RECORD_NOUNS.get(name, catalog()[name].kind)
    function: Callable[[Any], Any] = getattr(form, f"{verb}_{noun}")
    return function
