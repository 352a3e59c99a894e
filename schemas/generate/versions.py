"""What a new version of a message may be: one that every older version can be read into, for ever."""

from collections.abc import Sequence
from itertools import pairwise

from schemas import Field, Schema, SchemaFault, grouped
from schemas.generate.lock import Lock

TYPES = {"long": int, "string": str}


def check_versions(schemas: Sequence[Schema], lock: Lock) -> None:
    """Raise ``SchemaFault`` for the first version that is not one.

    Versions of a name count from 1; the older ones are released. A version keeps kind, routing, every field
    with its type, and the records in arrays. What it adds is longs and strings, each with the value that
    older messages have. A record of the log (seal, outcome) has one version: digests cover its bytes as
    they are written again.
    """
    for name, found in grouped(schemas).items():
        numbers = [schema.version for schema in found]
        if numbers != list(range(1, len(found) + 1)):
            raise SchemaFault(f"{found[-1].path}: versions of {name} count from 1 without a gap.")
        for older, newer in pairwise(found):
            _check_pair(older, newer)
            if not lock[older.path]["released"]:
                raise SchemaFault(
                    f"{newer.path}: {older.path} is not released. Change that, or release it first."
                )


def _check_pair(older: Schema, newer: Schema) -> None:
    where = newer.path
    if newer.kind == "record":
        raise SchemaFault(f"{where}: a record of the log has one version.")
    if (newer.kind, newer.routing) != (older.kind, older.routing):
        raise SchemaFault(f"{where}: must stay {older.kind}, {older.routing}, as {older.path} is.")
    kept = {field.name: field for field in newer.fields}
    for field in older.fields:
        if field.name not in kept or kept[field.name].type != field.type:
            raise SchemaFault(
                f"{where}: field {field.name} of {older.path} must stay a {field.type}. Give the new meaning"
                " a field of its own."
            )
    if [(one.name, _shape(one.fields)) for one in newer.nested] != [
        (one.name, _shape(one.fields)) for one in older.nested
    ]:
        raise SchemaFault(f"{where}: the records in arrays must stay as they are in {older.path}.")
    own = {field.name for field in older.fields}
    for field in newer.fields:
        if field.name in own:
            continue
        kind = TYPES.get(field.type)
        if kind is None or type(field.default) is not kind:
            raise SchemaFault(
                f"{where}: field {field.name} is new: it must be a long or a string, with a default, which is"
                f" what messages of {older.path} have."
            )


def _shape(fields: Sequence[Field]) -> list[tuple[str, str]]:
    return [(field.name, field.type) for field in fields]
