"""Printing: JSON lines or tables on stdout."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import orjson
from rich.console import Console
from rich.table import Table


def print_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """One JSON value, indented, on stdout."""
    _write(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")


def print_json_lines(values: Iterable[Mapping[str, Any]]) -> None:
    """One compact JSON object per line on stdout, flushed."""
    _write(b"".join([orjson.dumps(value) + b"\n" for value in values]))


def print_fields(title: str, fields: Mapping[str, Any]) -> None:
    """A two-column table of names and values."""
    table = Table("field", "value", title=title, title_justify="left")
    for name, value in fields.items():
        table.add_row(name, str(value))
    Console().print(table)


def print_table(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A table with the keys of the first row as columns; numbers stand right, only the last one wraps."""
    table = Table(title=title, title_justify="left")
    names = list(rows[0]) if rows else []
    for name in names:
        justify: Literal["left", "right"] = "right" if isinstance(rows[0][name], int) else "left"
        table.add_column(name, justify=justify, no_wrap=name != names[-1], overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)


def _write(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
