"""Cutting the events differently never changes the rows, of no table, the users' own included.

The examples of ``View`` in design.md 7 are here as they are written there.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.messages import AnyEvent
from projectors.define.view import (
    Extract,
    Lines,
    Rows,
    Scan,
    Table,
    View,
    col,
    greatest,
    last,
    least,
    settlement_asset,
    total,
)
from projectors.views import VIEWS
from tests.playing import events_of, opened_state, play
from tests.projecting import contents, frames_of, memory_state
from tests.strategies import seeded_history

PARTITIONS: Final = 3

DAILY_FEES = View("daily_fees", 1, (Table("fees", ("day", "market"), (
    Rows("FillSettled",
         {"fees_e8": total("fee_e8"), "fills": total(pl.lit(1)), "last_price_e8": last("price_e8")},
         key={"day": col("recorded_at_us") // 86_400_000_000}),)),))  # fmt: skip

ORDERS = View("orders", 1, (Table("open_orders", ("account", "order_id"), (
    Rows("OrderPlaced", {"market": last("market"), "remaining_e8": last("remaining_after_e8")}),
    Rows("FillSettled", {"remaining_e8": last("remaining_after_e8")}, where=col("remaining_after_e8") > 0)),
    ends=(Rows("OrderCancelled"), Rows("FillSettled", where=col("remaining_after_e8") == 0))),))  # fmt: skip


def drawn_down(row: Mapping[str, int | str], event: Mapping[str, int | str]) -> Mapping[str, int | str]:
    """Deepest fall of a balance below its highest."""
    balance = int(event["balance"])
    peak = max(int(row["peak"]), balance)
    return {"peak": peak, "deepest": max(int(row["deepest"]), peak - balance), "asset": event["asset"]}


_BALANCES: Final = (
    Rows(
        ("DepositCredited", "TransferSent", "TransferReceived"),
        {"balance": last("balance_after_e8"), "asset": last("asset")},
    ),
    Rows("FillSettled", {"balance": last("balance_after_e8"), "asset": last(settlement_asset)}),
)

EVERYTHING = View(
    "everything",
    1,
    (
        Table(
            "extremes",
            ("market",),
            (
                Rows(
                    "FillSettled",
                    {
                        "lowest": least("price_e8"),
                        "highest": greatest("price_e8"),
                        "newest": last("price_e8"),
                        "makers": total((col("liquidity") == "MAKER").cast(pl.Int64)),
                    },
                ),
                Rows("OrderPlaced", {"largest": greatest("size_e8")}, where=col("reduce_only") == 0),
            ),
        ),
        Table(
            "holders",
            ("account",),
            (
                Rows(("DepositCredited", "TransferReceived"), {"newest": last("balance_after_e8")}),
                Rows("AccountOpened", {"kind": last("kind")}),
                Rows("WithdrawalRequested", {"newest": last("balance_after_e8"), "to": last("destination")}),
            ),
            keep=col("newest") % 2 == 0,
        ),
        Table("traders", ("account",), (Rows("FillSettled", {"fills": total(pl.lit(1))}),)),
        Extract("busy", of="traders", columns=("fills",), where=col("fills") > 3),
        Lines("prices", ("market",), (Rows("PricesUpdated", {"mark_e8": last("mark_e8")}),)),
        Table(
            "marks",
            ("market",),
            (Rows("PricesUpdated", {"mark_e8": last("mark_e8", before="mark_before_e8")}),),
        ),
        Scan("draw_down", ("account",), {"peak": 0, "deepest": 0, "asset": ""}, _BALANCES, drawn_down),
    ),
)

OWN: Final = {view.name: view for view in VIEWS.values()}
USERS: Final = {"daily_fees": DAILY_FEES, "orders_of_a_user": ORDERS, "everything": EVERYTHING}
ALL: Final = OWN | USERS
SEEDS: Final = (0, 1, 2, 3, 4, 43)
"""Of histories in which every table gets rows; the last one unwinds a redemption."""


@cache
def history_of(seed: int) -> list[AnyEvent]:
    state = opened_state(PARTITIONS)
    return events_of(play(state, seeded_history(seed, 160)))


def whole_of(view: View, events: Sequence[AnyEvent]) -> dict[str, Mapping[str, object]]:
    state = memory_state(unchecked(view), PARTITIONS)
    state.fold(frames_of(events, view.plan, PARTITIONS))
    return contents(state)


def unchecked(view: View) -> View:
    """The view without checks, some of which look at whole commands; cuts fall anywhere."""
    return View(view.name, view.version, view.tables)


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=6)
@given(seed=st.sampled_from(SEEDS), data=st.data())
def test_rows_and_digests_are_the_same_however_the_events_are_cut(
    name: str, seed: int, data: st.DataObject
) -> None:
    view = ALL[name]
    events = history_of(seed)
    places = data.draw(st.lists(st.integers(1, len(events) - 1), unique=True, max_size=6).map(sorted))
    state = memory_state(unchecked(view), PARTITIONS)
    for first, end in zip([0, *places], [*places, len(events)], strict=True):
        state.fold(frames_of(events[first:end], view.plan, PARTITIONS))
    assert contents(state) == whole_of(view, events)


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=3)
@given(seed=st.sampled_from(SEEDS))
def test_partitions_folded_apart_and_merged_are_one_partition(name: str, seed: int) -> None:
    view = ALL[name]
    events = history_of(seed)
    state = memory_state(unchecked(view), 1)
    state.fold(frames_of(events, view.plan, 1))
    apart = whole_of(view, events)
    assert {table: has["rows"] for table, has in contents(state).items()} == {
        table: has["rows"] for table, has in apart.items()
    }


def test_the_histories_give_every_table_rows() -> None:
    rows = {
        (name, table)
        for name, view in ALL.items()
        for seed in SEEDS
        for table, has in whole_of(view, history_of(seed)).items()
        if has["rows"]
    }
    tables = {(name, table) for name, view in ALL.items() for table in view.plan.shown()}
    rare = {("account", name) for name in ("leverage", "withdrawals", "refund_lines", "refunds")}
    rare |= {("exchange", name) for name in ("plans", "restatements", "rollbacks")}
    assert tables - rows <= rare | {("audit", "pending"), ("activity", "liquidations")}
