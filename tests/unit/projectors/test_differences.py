"""What differs between two states of a view: rows, fields, and how much."""

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from ledger.core.messages import AnyEvent
from projectors.define.view import Lines, Rows, Table, View, last, total
from projectors.folding.state import ViewState
from projectors.reading.differences import Difference, differences
from tests.projecting import frames_of, memory_state
from tests.unit.projectors.conftest import MakeEvent

VIEW = View(
    "money",
    1,
    (
        Table(
            "balances",
            ("account", "asset"),
            (
                Rows(
                    "DepositCredited",
                    {
                        "balance_e8": last("balance_after_e8"),
                        "newest_seq": last("seq"),
                        "bridge": last("bridge"),
                        "deposits": total(pl.lit(1)),
                    },
                ),
            ),
        ),
        Table("assets", ("asset",), (Rows("DepositCredited", {"amount_e8": total("amount_e8")}),)),
        Table("listed", ("asset",), (Rows("AssetListed", {"settlement": last("settlement")}),)),
        Lines("statement", ("account",), (Rows("DepositCredited", {"amount_e8": last("amount_e8")}),)),
    ),
)


def folded(*events: AnyEvent) -> ViewState:
    state = memory_state(VIEW, 2)
    if events:
        state.fold(frames_of(events, VIEW.plan, 2))
    return state


@pytest.fixture
def deposit(make_event: MakeEvent) -> Any:  # noqa: ANN401
    def make(seq: int, account: str, amount_e8: int, balance_after_e8: int, bridge: str = "main") -> AnyEvent:
        return make_event(
            "DepositCredited",
            seq,
            account=account,
            asset="USDC",
            amount_e8=amount_e8,
            balance_after_e8=balance_after_e8,
            bridge=bridge,
        )

    return make


def told(found: Iterator[Difference]) -> set[tuple[object, ...]]:
    return {(one.table, *one.key.values(), one.field, one.a, one.b, one.change) for one in found}


def test_equal_states_do_not_differ(deposit: Any) -> None:  # noqa: ANN401
    events = [deposit(1, "alice", 5, 5), deposit(2, "bob", 7, 7)]
    assert list(differences(folded(*events), folded(*events))) == []


def test_changed_fields_are_told_with_both_values_and_the_change(deposit: Any) -> None:  # noqa: ANN401
    first, bob = deposit(1, "alice", 150_000_000, 150_000_000), deposit(2, "bob", 7, 7)
    second = deposit(3, "alice", 25_000_000, 175_000_000, "other")
    assert told(differences(folded(first, bob), folded(first, bob, second))) == {
        ("balances", "alice", "USDC", "balance", "1.5", "1.75", "0.25"),
        ("balances", "alice", "USDC", "newest_seq", 1, 3, None),
        ("balances", "alice", "USDC", "bridge", "main", "other", None),
        ("balances", "alice", "USDC", "deposits", 1, 2, 1),
        ("assets", "USDC", "amount", "1.50000007", "1.75000007", "0.25"),
        ("statement", "alice", "lines", 1, 2, 1),
    }


def test_a_row_that_one_side_lacks_is_told_by_what_it_says(deposit: Any) -> None:  # noqa: ANN401
    only = deposit(1, "alice", 10**8, 10**8, "")
    assert told(differences(folded(only), folded())) == {
        ("balances", "alice", "USDC", "balance", "1", None, "-1"),
        ("balances", "alice", "USDC", "newest_seq", 1, None, None),
        ("balances", "alice", "USDC", "deposits", 1, None, -1),
        ("assets", "USDC", "amount", "1", None, "-1"),
        ("statement", "alice", "lines", 1, None, -1),
    }


def test_a_row_that_says_nothing_is_told_all_the_same(make_event: MakeEvent) -> None:
    listed = make_event("AssetListed", 1, asset="GOLD", settlement=0)
    assert told(differences(folded(), folded(listed))) == {
        ("listed", "GOLD", "settlement", None, False, None)
    }


def test_rows_of_one_key_in_several_partitions_are_compared_together(deposit: Any) -> None:  # noqa: ANN401
    names = ["alice", "bob", "carol", "dave", "erin"]
    one = folded(*[deposit(seq, name, 10, 10) for seq, name in enumerate(names, 1)])
    other = folded(*[deposit(seq, name, 10, 10) for seq, name in enumerate(names[::-1], 1)])
    assert "assets" not in {found.table for found in differences(one, other)}
