"""What the projectors know of event types: their columns and how they are routed.

Read from ``schemas/``. Several versions of one event may be known; a view sees only the columns
of the newest, and rows of older ones get the newest one's defaults.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from typing import Final, NamedTuple

import polars as pl

from ledger.errors import FormatUnknown
from schemas import Schema, grouped, versions

PARTITION: Final = "_partition"
"""Column of every frame: the partition in which the event lies."""

SETTLEMENT: Final = "_settlement_asset"
"""Column of every frame: the asset that pays profit, funding and fees."""

SEALS: Final = "BlockSealed"

COLUMN_TYPES: Final[dict[str, pl.DataType]] = {"long": pl.Int64(), "string": pl.String()}


class EventType(NamedTuple):
    """One event: ``versions`` are its schemas, newest last; ``columns`` those of the newest."""

    name: str
    broadcast: bool
    columns: dict[str, pl.DataType]
    versions: tuple[Schema, ...]

    @property
    def newest(self) -> Schema:
        """The schema whose columns views see."""
        return self.versions[-1]

    def default(self, column: str) -> int | str:
        """Value of ``column`` in rows of a version that lacks it.

        Raises ``FormatUnknown`` when the newest schema gives the field no default.
        """
        for field in self.newest.fields:
            if field.name == column and field.default is not None:
                return field.default
        raise FormatUnknown(
            f"field {column} is newer than other versions of {self.name} and has no default",
            where=self.newest.path,
            remedy="Give the field a default in the new schema",
        )


def event_types(schemas: Iterable[Schema]) -> dict[str, EventType]:
    """Event types by name, in order of name, from all versions of all schemas; no seals."""
    found = grouped(schema for schema in schemas if schema.kind == "event" and schema.name != SEALS)
    return {name: _event_type(name, found[name]) for name in sorted(found)}


@cache
def known_events() -> Mapping[str, EventType]:
    """Event types of the schemas that this program ships with."""
    return event_types(chain.from_iterable(versions().values()))


def _event_type(name: str, found: tuple[Schema, ...]) -> EventType:
    newest = found[-1]
    columns = {field.name: COLUMN_TYPES[field.type] for field in newest.fields}
    return EventType(name, newest.routing == "broadcast", columns, found)
