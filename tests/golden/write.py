"""``python -m tests.golden.write``: golden files of schemas that have none yet.

A file that exists is never touched: its bytes lie in somebody's log and must decode for ever.
Every field has a value of its own, so that two fields that change places are found; numbers
have all lengths and both signs, texts are ASCII or not and now and then empty.
"""

import json
from pathlib import Path
from typing import Any

from ledger.log import plain
from schemas import Field, Schema, catalog
from tests.messages import encode, message_of

FOLDER = Path(__file__).parent


def example(schema: Schema) -> dict[str, Any]:
    """A value for every field of a schema."""
    values = _values(schema.fields)
    for field in schema.fields:
        for record in schema.nested:
            if field.type == record.name:
                values[field.name] = [_values(record.fields), _values(record.fields[::-1])]
    return values


def _values(fields: tuple[Field, ...]) -> dict[str, Any]:
    return {field.name: _value(field, index) for index, field in enumerate(fields)}


def _value(field: Field, index: int) -> int | str:
    if field.type == "long":
        size: int = 7 ** (index * 5 % 23) + index
        return -size if index % 2 else size
    if index % 7 == 6:
        return ""
    return f"{field.name}-{index}" if index % 2 else f"{field.name} {index} \u00e9\u20ac\U0001f600"


def main() -> None:
    """Write what is missing."""
    for schema in catalog().values():
        path = FOLDER / f"{schema.full_name}.json"
        if not path.exists():
            values = example(schema)
            framed = encode(plain, message_of(schema.name, values)).hex()
            path.write_text(
                json.dumps({"framed": framed, "message": values}, indent=1, ensure_ascii=False) + "\n"
            )


if __name__ == "__main__":
    main()
