"""Both derivations of a view make the same of every event there is: a new one must be taught to both."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from ledger.core import messages
from ledger.core.messages import AnyEvent
from projectors.columns.events import known_events
from projectors.define.definitions import AnyTable, Table
from projectors.define.plan import ExtractPlan, TablePlan
from projectors.define.view import View
from projectors.folding.rows import shown_columns
from projectors.folding.state import ViewState
from projectors.rederive.book import Book
from projectors.rederive.stage import BOOKS
from projectors.views import VIEWS
from tests.projecting import frames_of, memory_state, rows_of, stamped

HEADER = {"seq", "recorded_at_us", "occurred_at_us", "command_id", "cause_seq"}
KNOWN = {"settlement": 1, "account": "alice", "market": "BTC-USD-PERP", "kind": "LIQUIDATOR"}


def filled(name: str, seq: int) -> AnyEvent:
    """An event with another value in every field; what was before is nothing."""
    values: dict[str, Any] = {}
    for place, (field, kind) in enumerate(known_events()[name].columns.items()):
        if field in HEADER:
            continue
        if "before" in field:
            values[field] = "" if str(kind) == "String" else 0
        elif field == "asset":
            values[field] = "USDC"
        elif field in KNOWN:
            values[field] = KNOWN[field]
        else:
            values[field] = f"its {field}" if str(kind) == "String" else place + 1
    event: AnyEvent = getattr(messages, name)(**values)
    return stamped(event, seq)


@cache
def unchained(name: str) -> View:
    """The view without what it expects of the values before: a single event has none."""
    tables: list[AnyTable] = []
    for table in VIEWS[name].tables:
        if isinstance(table, Table):
            rows = tuple(
                replace(
                    one, columns={column: replace(fold, before=None) for column, fold in one.columns.items()}
                )
                for one in table.rows
            )
            tables.append(replace(table, rows=rows))
        else:
            tables.append(table)
    return View(name, 1, tuple(tables))


def in_columns(view: str, event: AnyEvent) -> ViewState:
    state = memory_state(unchained(view), 1)
    state.fold(frames_of([event], unchained(view).plan))
    return state


def by_key(
    plan: TablePlan | ExtractPlan, rows: list[dict[str, Any]]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {
        tuple(row[name] for name in plan.key): {name: row[name] for name in shown_columns(plan)}
        for row in rows
    }


@pytest.mark.parametrize("view", BOOKS)
@pytest.mark.parametrize("name", known_events())
def test_one_event_makes_the_same_rows_in_columns_and_by_itself(view: str, name: str) -> None:
    event = filled(name, 7)
    book: Book = BOOKS[view](whole=True)
    book.settlement = "USDC"
    book.take(event)
    state = in_columns(view, event)
    for table, derived in book.tables.items():
        plan = VIEWS[view].plan.shown()[table]
        unset = {column: "" if str(kind) == "String" else 0 for column, kind in shown_columns(plan).items()}
        rows = {key: {**unset, **row} for key, row in derived.shown().items()}
        assert by_key(plan, rows_of(state, table)) == rows, table


@pytest.mark.parametrize("view", BOOKS)
def test_every_table_that_answers_show_is_derived_again(view: str) -> None:
    assert set(BOOKS[view](whole=True).tables) == set(VIEWS[view].plan.shown())


def test_every_balance_is_in_the_statement_in_the_books_and_in_the_portfolio() -> None:
    for name in [one for one, event in known_events().items() if "balance_after_e8" in event.columns]:
        event = filled(name, 7)
        assert rows_of(in_columns("account", event), "statement"), name
        assert rows_of(in_columns("portfolio", event), "cash"), name
        owns = [row["counter_account"] for row in rows_of(in_columns("audit", event), "counter_accounts")]
        assert "accounts" in owns, name
