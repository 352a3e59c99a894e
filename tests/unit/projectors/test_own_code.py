"""What a view's own code raises is a fault of that view alone."""

from typing import Any

import polars as pl
import pytest

from ledger.errors import InvariantError
from projectors.define.own_code import of_the_view
from projectors.define.view import Check, Law, Rows, Scan, Table, View, col, last
from projectors.folding.runner import Runner
from projectors.views import VIEWS
from tests.projecting import memory_state, written_log
from tests.strategies import seeded_history


def divided(_row: object, _event: object) -> dict[str, int]:
    return {"n": 1 // 0}


def raising(_rows: object) -> list[str]:
    raise KeyError("nothing by that name")


def element(number: int) -> int:
    return [number][number]


def table(value: Any) -> Table:  # noqa: ANN401
    return Table("t", ("account",), (Rows("DepositCredited", {"n": last(value)}),))


STEPPED = Scan("t", ("account",), {"n": 0}, (Rows("DepositCredited", {"s": last("seq")}),), divided)
NUMBER = Check("DepositCredited", "is a number", col("account").cast(pl.Int64) > 0)
MINE = {
    "an expression": View("mine", 1, (table(col("amount_e8").cast(pl.Int8)),)),
    "a function": View("mine", 1, (table(col("seq").map_elements(element, return_dtype=pl.Int64)),)),
    "a step": View("mine", 1, (STEPPED,)),
    "a law": View("mine", 1, (table("seq"),), laws=(Law("always", raising),)),
    "a check": View("mine", 1, (table("seq"),), checks=(NUMBER,)),
}


@pytest.mark.parametrize("name", MINE)
def test_whatever_a_views_own_code_raises_stops_that_view_and_no_other(name: str) -> None:
    log = written_log(list(seeded_history(3, 80)), partitions=2)
    orders = memory_state(VIEWS["orders"], 2)
    runner = Runner(log, [memory_state(MINE[name], 2), orders])
    runner.run_to_head()
    head = log.head()
    assert head is not None
    assert set(runner.stops) == {"mine"}
    assert "projectors rebuild" in str(runner.stops["mine"].fault)
    assert {part.cursor.height for part in orders.partitions.values()} == {head.height}


def test_a_bug_of_the_ledger_is_not_taken_for_one_of_the_view() -> None:
    with pytest.raises(InvariantError), of_the_view("the law", "always"):
        raise InvariantError("this cannot be")
    with pytest.raises(MemoryError), of_the_view("the law", "always"):
        raise MemoryError
