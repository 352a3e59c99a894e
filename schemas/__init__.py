"""The contract: every message of the ledger as an Avro schema, with its lock.

One ``.avsc`` file per message and version lies in ``events/`` (recorded facts, with the common
header), ``commands/`` (requests) and ``records/`` (what surrounds them: block seals, outcomes).
The file name is the full Avro name; the version is part of the namespace. ``lock.json`` holds
the SHA-256 and the CRC-64-AVRO fingerprint of every file. ``python -m schemas.generate`` writes
the message classes, the codec and the reference pages from them.

``catalog()`` reads the files and refuses what the lock does not confirm, so a process never
runs on a schema that was edited in place. It has the newest version of every message: what is written,
and what the program knows. Older versions are read into the newest: ``versions()`` has them all.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, NamedTuple

Kind = Literal["event", "command", "record"]
Routing = Literal["keyed", "broadcast", "none"]

FOLDERS: Final[dict[str, Kind]] = {"events": "event", "commands": "command", "records": "record"}
EVENT_HEADER: Final = ("seq", "recorded_at_us", "occurred_at_us", "command_id", "cause_seq")
COMMAND_HEADER: Final = ("producer", "number", "issued_at_us")


class SchemaFault(Exception):
    """A schema file is unusable or differs from the lock. The message says what to do."""


class Field(NamedTuple):
    """One field: ``type`` is ``long``, ``string`` or the name of the records of an array.

    ``default`` is what a message of an older version has, which lacks the field; ``None`` where every version
    has it.
    """

    name: str
    type: str
    doc: str
    default: int | str | None = None


class Nested(NamedTuple):
    """A record that occurs as the items of an array."""

    name: str
    doc: str
    fields: tuple[Field, ...]


class Schema(NamedTuple):
    """One schema file.

    ``path`` is relative to the package, ``full_name`` carries the namespace and with it the
    version, ``fingerprint`` is the CRC-64-AVRO of the canonical form as 16 hexadecimal digits
    of the number. ``source`` is the parsed JSON, for Avro libraries.
    """

    path: str
    kind: Kind
    routing: Routing
    name: str
    full_name: str
    doc: str
    fields: tuple[Field, ...]
    nested: tuple[Nested, ...]
    sha256: str
    fingerprint: str
    source: dict[str, Any]

    @property
    def framing(self) -> bytes:
        """The ten bytes before every body: ``C3 01`` and the fingerprint, little-endian."""
        return b"\xc3\x01" + int(self.fingerprint, 16).to_bytes(8, "little")

    @property
    def version(self) -> int:
        """The number in ``ledger.v2.FillSettled``."""
        return int(self.full_name.split(".")[-2].removeprefix("v"))


@cache
def catalog() -> dict[str, Schema]:
    """The newest version of every schema by its short name: events, commands, records, then by name.

    Raises ``SchemaFault`` when a file is missing, new, or not the one that was locked.
    """
    return {name: found[-1] for name, found in versions().items()}


@cache
def versions() -> dict[str, tuple[Schema, ...]]:
    """All versions of every schema by its short name, oldest first; raises as ``catalog`` does."""
    locked = read_lock()
    found = read_files()
    odd = sorted(locked.keys() ^ found.keys())
    if odd:
        raise SchemaFault(
            f"{odd[0]}: not both in schemas/ and in its lock. Run `python -m schemas.generate`."
        )
    return grouped(_confirmed(path, data, locked[path]) for path, data in found.items())


def grouped(schemas: Iterable[Schema]) -> dict[str, tuple[Schema, ...]]:
    """Schemas by short name in the order in which the names come, the versions of each oldest first."""
    groups: dict[str, list[Schema]] = {}
    for schema in schemas:
        groups.setdefault(schema.name, []).append(schema)
    return {name: tuple(sorted(found, key=lambda schema: schema.version)) for name, found in groups.items()}


@cache
def by_fingerprint() -> dict[bytes, Schema]:
    """Every version by the eight little-endian bytes of its fingerprint, as in the framing."""
    return {schema.framing[2:]: schema for found in versions().values() for schema in found}


def framings(name: str) -> tuple[bytes, ...]:
    """What the framed messages of this name begin with, one for each version."""
    return tuple(schema.framing for schema in versions()[name])


def read_files() -> dict[str, bytes]:
    """Contents of every ``.avsc`` by path relative to the package, in catalogue order."""
    root = files(__name__)
    return {
        f"{folder}/{name}": (root / folder / name).read_bytes()
        for folder in FOLDERS
        for name in sorted(entry.name for entry in (root / folder).iterdir())
        if name.endswith(".avsc")
    }


def read_lock() -> dict[str, dict[str, Any]]:
    """Entries of ``lock.json`` by path: ``sha256``, ``fingerprint`` and ``released``."""
    entries: dict[str, dict[str, Any]] = json.loads(
        (files(__name__) / "lock.json").read_text(encoding="utf-8")
    )
    return entries


def parse(path: str, data: bytes, fingerprint: str) -> Schema:
    """The schema in the file ``path``, with the rules of this package checked.

    Raises ``SchemaFault`` when the file name is not the full name, or a type is not a long, a
    string, or an array of flat records.
    """
    source: dict[str, Any] = json.loads(data)
    folder, _, file_name = path.partition("/")
    full_name = f"{source['namespace']}.{source['name']}"
    if file_name != f"{full_name}.avsc":
        raise SchemaFault(f"{path}: the file must be called {full_name}.avsc, after the record in it.")
    nested: list[Nested] = []
    return Schema(
        path=path,
        kind=FOLDERS[folder],
        routing=source.get("routing", "none"),
        name=source["name"],
        full_name=full_name,
        doc=source["doc"],
        fields=_fields(path, source["fields"], nested),
        nested=tuple(nested),
        sha256=hashlib.sha256(data).hexdigest(),
        fingerprint=fingerprint,
        source=source,
    )


def _confirmed(path: str, data: bytes, entry: dict[str, Any]) -> Schema:
    schema = parse(path, data, entry["fingerprint"])
    if schema.sha256 != entry["sha256"]:
        raise SchemaFault(
            f"{path}: differs from schemas/lock.json. Restore it, or run `python -m schemas.generate`."
        )
    return schema


def _fields(path: str, sources: list[dict[str, Any]], nested: list[Nested]) -> tuple[Field, ...]:
    return tuple(
        Field(source["name"], _type(path, source, nested), source["doc"], source.get("default"))
        for source in sources
    )


def _type(path: str, source: dict[str, Any], nested: list[Nested]) -> str:
    declared = source["type"]
    if declared in ("long", "string"):
        return str(declared)
    if not isinstance(declared, dict) or declared.get("type") != "array":
        raise SchemaFault(
            f"{path}: field {source['name']} must be a long, a string or an array of flat records."
        )
    items = declared["items"]
    fields = _fields(path, items["fields"], nested)
    nested.append(Nested(items["name"], items["doc"], fields))
    return str(items["name"])
