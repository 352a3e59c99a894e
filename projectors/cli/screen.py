"""Printing: JSON or tables on stdout, talk and progress on stderr."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import orjson
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from projectors.past.question import Question
from projectors.reading.answers import Moment
from projectors.reading.differences import Difference
from projectors.values import moment as readable

PAGE_WIDTH: Final = 160
"""Letters of a line where there is no terminal to ask."""

COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "orders": (
        "placed_seq",
        "order_id",
        "market",
        "side",
        "order_type",
        "size",
        "price",
        "status",
        "remaining",
        "filled",
        "average_price",
        "cancel_reason",
    ),
    "open orders": (
        "placed_seq",
        "order_id",
        "market",
        "side",
        "order_type",
        "size",
        "price",
        "trigger_price",
        "status",
        "remaining",
    ),
    "lines": (
        "seq",
        "recorded_at_us",
        "kind",
        "asset",
        "before",
        "amount",
        "after",
        "what",
        "market",
        "reference",
        "why",
        "cause_seq",
        "corrects_seq",
    ),
    "refunds": ("paid_seq", "paid_at_us", "incident_id", "reason", "method", "paid", "refund_id"),
    "series": ("start_at_us", "value", "pnl", "total_pnl", "flow", "volume", "funding", "fees", "fills"),
    "steps": (
        "seq",
        "tick_id",
        "elapsed_applied_ms",
        "rate",
        "premium_applied",
        "step",
        "index_before",
        "index_after",
        "index_source",
    ),
    "index": ("market", "index", "rate", "premium", "remainder", "tick_id"),
    "account": (
        "account",
        "kind",
        "status",
        "parent",
        "fee_tier",
        "margin_exempt",
        "opened_seq",
        "opened_at_us",
    ),
}
"""What a table shows for people, by section; the rest is in the JSON."""


def print_answer(
    moment: Moment, title: str, sections: Mapping[str, Sequence[Mapping[str, Any]]], *, as_json: bool
) -> None:
    """One or more tables with what they are true at; as JSON one object."""
    if as_json:
        state: dict[str, Any] = {"head": moment.head, "stale": moment.stale, "stopped": moment.stopped}
        if moment.void:
            state["void"] = True
        if moment.unread:
            state["unread"] = moment.unread
        print_json({**_at(moment), **state, **{name: list(rows) for name, rows in sections.items()}})
        return
    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
    for name, rows in sections.items():
        if rows:
            heading = f"{title}: {name}" if len(sections) > 1 else title
            console.print(table_of(heading, rows, COLUMNS.get(name, ())))
        else:
            console.print(f"{title}: no {name}", highlight=False)
    say(at_line(moment))


def show_tables(sections: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Tables on stdout, each under its name."""
    console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
    for name, rows in sections.items():
        console.print(table_of(name, rows))


def print_differences(
    moments: Sequence[Moment], found: Sequence[Difference], limit: int, *, as_json: bool
) -> None:
    """What differs between two sides, the first ``limit`` fields of it; all of them for 0."""
    shown = found[:limit] if limit else found
    if as_json:
        sides = {side: _at(moment) for side, moment in zip(("a", "b"), moments, strict=True)}
        rows = [{**_difference(one), "key": dict(one.key)} for one in shown]
        print_json({**sides, "differing": len(found), "differences": rows})
        return
    if shown:
        console = Console(width=None if sys.stdout.isatty() else PAGE_WIDTH)
        columns = ("view", "table", "key", "field", "a", "b", "change")
        console.print(table_of("differences", [_difference(one) for one in shown], columns))
    for side, moment in zip(("a", "b"), moments, strict=True):
        say(f"{side}: {at_line(moment)}")
    accounts = {one.key["account"] for one in found if "account" in one.key}
    left_out = f"; the first {limit} are shown" if 0 < limit < len(found) else ""
    say(f"{len(found)} fields differ, of {len(accounts)} accounts{left_out}" if found else "no difference")


def _difference(one: Difference) -> dict[str, Any]:
    """A differing field as a row; a side that has no value leaves it out."""
    key = " ".join(str(value) for value in one.key.values())
    named: dict[str, Any] = {"view": one.view, "table": one.table, "key": key, "field": one.field}
    sides = {"a": one.a, "b": one.b, "change": one.change}
    return named | {name: value for name, value in sides.items() if value is not None}


def _at(moment: Moment) -> dict[str, Any]:
    """What an answer is true at, and with which knowledge if it was asked about."""
    at = {"height": moment.height, "seq": moment.seq, "recorded_at_us": moment.recorded_at_us}
    if moment.question is None:
        return {"at": at}
    asked = moment.question
    return {"at": at, "as_of": asked.as_of._asdict(), "known_at": asked.known_at._asdict()}


def at_line(moment: Moment) -> str:
    """What an answer is true at, in words."""
    line = f"at block {moment.height}, seq {moment.seq}, {readable(moment.recorded_at_us)} UTC"
    if moment.question is not None:
        noted = f"; what was recorded breaks a law ({moment.stopped})" if moment.stopped else ""
        return line + _knowledge(moment.question) + noted
    if moment.unread:
        line += f"; STALE perhaps: the log was not read ({moment.unread})"
    if moment.void:
        line += "; VOID: a rollback took this block back since, run `projectors run`"
    if moment.stopped:
        line += f"; STALE: the view stopped ({moment.stopped})"
    elif moment.stale:
        line += f"; the log is at block {moment.head}: run `projectors run`"
    if not moment.even:
        line += "; partitions stand at different blocks, some rows may be newer"
    return line


def _knowledge(question: Question) -> str:
    """With which knowledge a past answer is given."""
    as_of, known_at = question.as_of, question.known_at
    line = f", as known at block {known_at.height}, seq {known_at.seq}"
    if question.height < as_of.height:
        line += f" (by then block {as_of.height}, which was asked for, is void)"
    return line


def table_of(title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> Table:
    """A table of all columns, or of those named; amounts stand right."""
    table = Table(title=title, title_justify="left", title_style="bold")
    names = columns or list(dict.fromkeys(name for row in rows for name in row))
    for name in names:
        right = all(_is_number(row.get(name, 0)) for row in rows)
        heading = name.removesuffix("_us").replace("_", " ")
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(name, row.get(name, "")) for name in names))
    return table


def print_table(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """One table on stdout."""
    if rows:
        Console(width=None if sys.stdout.isatty() else PAGE_WIDTH).print(table_of(title, rows))
    else:
        say(f"no {title}")


def print_json(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """One JSON value, indented, on stdout."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.buffer.flush()


def say(line: str) -> None:
    """Talk to the person at the terminal."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class Bar:
    """A progress bar on stderr, shown where there is a terminal; one line per stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def update(self, stage: str, done: int, total: int) -> None:
        """How far a stage is."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)


@contextmanager
def progress_bar(*more: ProgressColumn) -> Iterator[Bar]:
    """A bar for what runs inside, with ``more`` columns before the time left."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        *more,
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Bar(progress)


@contextmanager
def folding_bar() -> Iterator[Callable[[int, int], None]]:
    """A progress bar of events with their rate, gone when it is done."""
    with progress_bar(_Rate()) as bar:
        yield lambda done, tip: bar.update("folding events", done, tip)


class _Rate(ProgressColumn):
    """Events per second lately."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


def _cell(name: str, value: object) -> str:
    if name.endswith("_at_us") and isinstance(value, int):
        return readable(value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value)


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (
        isinstance(value, str) and value.removeprefix("-").replace(".", "", 1).isdigit()
    )
