"""Messages as dictionaries, by the field lists of ``schemas/``; works on compiled classes too."""

import json
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from ledger.core.messages import Command, Event, MarketPrice, MarketRate

SCHEMAS = Path(__file__).parent.parent / "schemas"

C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=MarketPrice | MarketRate)


@cache
def _schema(folder: str, name: str) -> dict[str, Any]:
    """One ``.avsc`` file as JSON."""
    found: dict[str, Any] = json.loads((SCHEMAS / folder / f"{name}.avsc").read_text())
    return found


def names_of(kind: type[Command | Event]) -> tuple[str, ...]:
    """Field names of a message class in schema order, header first."""
    if issubclass(kind, Command):
        schema = _schema("commands", f"ledger.commands.v1.{kind.__name__}")
    else:
        schema = _schema("events", f"ledger.v1.{kind.__name__}")
    return tuple(field["name"] for field in schema["fields"])


def entry_names(kind: type[MarketPrice | MarketRate]) -> tuple[str, ...]:
    """Field names of an entry of a tick in schema order."""
    owner, array = ("UpdatePrices", "prices") if kind is MarketPrice else ("AdvanceFunding", "rates")
    fields = _schema("commands", f"ledger.commands.v1.{owner}")["fields"]
    items = next(field for field in fields if field["name"] == array)["type"]["items"]
    return tuple(field["name"] for field in items["fields"])


def record_of(message: Command | Event) -> dict[str, Any]:
    """Every field of a message by name; nested records as dictionaries."""
    return {name: getattr(message, name) for name in names_of(type(message))}


def changed(command: C, **values: object) -> C:
    """The same command with some fields changed."""
    return type(command)(**(record_of(command) | values))


def entry_record(entry: MarketPrice | MarketRate) -> dict[str, Any]:
    """Every field of an entry of a tick by name."""
    return {name: getattr(entry, name) for name in entry_names(type(entry))}


def changed_entry(entry: E, **values: object) -> E:
    """The same entry with some fields changed."""
    return type(entry)(**(entry_record(entry) | values))
