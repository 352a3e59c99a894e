"""What folds make of events, in a view of a few rows."""

from collections.abc import Mapping, Sequence

import polars as pl
import pytest

from ledger.core.messages import AnyEvent
from ledger.errors import ViewStopped
from projectors.define.definitions import AnyTable
from projectors.define.plan import SEQ
from projectors.define.view import (
    Check,
    Extract,
    Law,
    Lines,
    Rows,
    Scan,
    Table,
    View,
    col,
    greatest,
    last,
    least,
    total,
    wide,
)
from projectors.folding.runs import SAME, in_runs
from projectors.folding.state import ViewState
from tests.projecting import frames_of, memory_state, rows_of
from tests.unit.projectors.conftest import MakeEvent


def folding(view: View, *frames: Sequence[AnyEvent], partitions: int = 1) -> ViewState:
    """The view after it folded each group of events, one after the other."""
    state = memory_state(view, partitions)
    for events in frames:
        state.fold(frames_of(events, view.plan, partitions))
    return state


def view_of(*tables: AnyTable) -> View:
    return View("mine", 1, tables)


def deposit(make: MakeEvent, seq: int, account: str, before: int, amount: int) -> AnyEvent:
    return make(
        "DepositCredited",
        seq,
        account=account,
        asset="USDC",
        amount_e8=amount,
        balance_before_e8=before,
        balance_after_e8=before + amount,
    )


SUMS = view_of(
    Table(
        "sums",
        ("account",),
        (
            Rows(
                "DepositCredited",
                {
                    "newest": last("amount_e8"),
                    "sum": total("amount_e8"),
                    "lowest": least("amount_e8"),
                    "highest": greatest("amount_e8"),
                },
            ),
            Rows("OrderPlaced", {"orders": total(pl.lit(1)), "market": last("market")}),
        ),
    )
)


def test_each_fold_takes_the_values_of_its_key_in_order_of_seq(make_event: MakeEvent) -> None:
    amounts = [(1, "a", 5), (2, "b", 1), (3, "a", -7), (4, "a", 2)]
    events = [make_event("DepositCredited", seq, account=who, amount_e8=much) for seq, who, much in amounts]
    for cut in range(5):
        state = folding(SUMS, *[part for part in (events[:cut], events[cut:]) if part])
        assert rows_of(state, "sums") == [
            {"account": "a", "newest": 2, "sum": 0, "lowest": -7, "highest": 5, "orders": 0, "market": ""},
            {"account": "b", "newest": 1, "sum": 1, "lowest": 1, "highest": 1, "orders": 0, "market": ""},
        ]


def test_an_event_changes_only_the_columns_it_names(make_event: MakeEvent) -> None:
    placed = make_event("OrderPlaced", 2, account="a", market="BTC")
    state = folding(SUMS, [make_event("DepositCredited", 1, account="a", amount_e8=5), placed])
    assert rows_of(state, "sums") == [
        {"account": "a", "newest": 5, "sum": 5, "lowest": 5, "highest": 5, "orders": 1, "market": "BTC"}
    ]


def test_least_and_greatest_are_absent_until_there_is_a_number(make_event: MakeEvent) -> None:
    state = folding(SUMS, [make_event("OrderPlaced", 1, account="a")])
    assert rows_of(state, "sums")[0]["lowest"] is None
    state.fold(frames_of([make_event("DepositCredited", 2, account="a", amount_e8=-5)], SUMS.plan))
    row = rows_of(state, "sums")[0]
    assert (row["lowest"], row["highest"]) == (-5, -5)


def test_totals_are_exact_past_64_bits(make_event: MakeEvent) -> None:
    huge = 2**62 - 1
    squares = total(wide("amount_e8") * wide("amount_e8"))
    view = view_of(
        Table("t", ("account",), (Rows("DepositCredited", {"sum": total("amount_e8"), "squares": squares}),))
    )
    events = [make_event("DepositCredited", seq, account="a", amount_e8=huge) for seq in range(1, 4)]
    state = folding(view, events[:2], events[2:])
    assert rows_of(state, "t") == [{"account": "a", "sum": 3 * huge, "squares": 3 * huge**2}]


ORDERS = view_of(
    Table(
        "open_orders",
        ("account", "order_id"),
        (
            Rows("OrderPlaced", {"market": last("market"), "remaining_e8": last("remaining_after_e8")}),
            Rows(
                "FillSettled",
                {"remaining_e8": last("remaining_after_e8"), "fills": total(pl.lit(1))},
                where=col("remaining_after_e8") > 0,
            ),
        ),
        ends=(Rows("OrderCancelled"), Rows("FillSettled", where=col("remaining_after_e8") == 0)),
    )
)


def test_an_end_takes_the_row_away_and_what_comes_later_begins_anew(make_event: MakeEvent) -> None:
    order = {"account": "a", "order_id": "o"}
    events = [
        make_event("OrderPlaced", 1, **order, market="BTC", remaining_after_e8=9),
        make_event("FillSettled", 2, **order, remaining_after_e8=4),
        make_event("OrderPlaced", 3, account="a", order_id="other", market="ETH", remaining_after_e8=1),
        make_event("FillSettled", 4, **order, remaining_after_e8=0),
        make_event("FillSettled", 5, **order, remaining_after_e8=3),
    ]
    other = {"account": "a", "order_id": "other", "market": "ETH", "remaining_e8": 1, "fills": 0}
    again = {"account": "a", "order_id": "o", "market": "", "remaining_e8": 3, "fills": 1}
    for cut in range(1, 5):
        state = folding(ORDERS, events[:cut], events[cut:])
        assert rows_of(state, "open_orders") == [again, other]
    assert rows_of(folding(ORDERS, events[:4]), "open_orders") == [other]
    assert rows_of(folding(ORDERS, events[:3], events[3:4]), "open_orders") == [other]


def test_an_end_of_a_key_that_never_was_leaves_nothing(make_event: MakeEvent) -> None:
    state = folding(ORDERS, [make_event("OrderCancelled", 1, account="a", order_id="o")])
    assert rows_of(state, "open_orders") == []


KEPT = view_of(
    Table(
        "holders",
        ("account",),
        (
            Rows("DepositCredited", {"balance_e8": last("balance_after_e8")}),
            Rows("OrderPlaced", {"market": last("market")}),
        ),
        keep=col("balance_e8") > 0,
    )
)


def test_a_hidden_row_comes_back_as_it_was(make_event: MakeEvent) -> None:
    state = folding(KEPT, [make_event("OrderPlaced", 1, account="a", market="BTC")])
    empty = state.digest("holders").hexdigest()
    assert rows_of(state, "holders") == []
    state.fold(frames_of([deposit(make_event, 2, "a", 0, 5)], KEPT.plan))
    assert rows_of(state, "holders") == [{"account": "a", "balance_e8": 5, "market": "BTC"}]
    state.fold(frames_of([deposit(make_event, 3, "a", 5, -5)], KEPT.plan))
    assert rows_of(state, "holders") == []
    assert state.digest("holders").hexdigest() == empty == "0" * 64


def test_an_extract_follows_its_table(make_event: MakeEvent) -> None:
    rich = Extract("rich", of="sums", columns=("sum",), where=col("sum") >= 10)
    view = view_of(*SUMS.tables, rich)
    state = memory_state(view)
    seen = []
    for seq, amount in enumerate((4, 6, 1, -5), start=1):
        event = make_event("DepositCredited", seq, account="a", amount_e8=amount)
        state.fold(frames_of([event], view.plan))
        seen.append([row["sum"] for row in rows_of(state, "rich")])
    assert seen == [[], [10], [11], []]


LINES = view_of(
    Lines(
        "movements",
        ("account",),
        (
            Rows("DepositCredited", {"kind": last(pl.lit("in")), "amount": last("amount_e8")}),
            Rows("WithdrawalRequested", {"kind": last(pl.lit("out")), "amount": last(-col("amount_e8"))}),
        ),
    )
)


def test_lines_are_kept_one_by_one_in_order(make_event: MakeEvent) -> None:
    first = [
        make_event("DepositCredited", 1, account="a", amount_e8=5),
        make_event("DepositCredited", 2, account="b"),
    ]
    then = [make_event("WithdrawalRequested", 3, account="a", amount_e8=2)]
    state = folding(LINES, first, then)
    lines = [(row["account"], row["seq"], row["kind"], row["amount"]) for row in rows_of(state, "movements")]
    assert lines == [("a", 1, "in", 5), ("a", 3, "out", -2), ("b", 2, "in", 0)]
    assert (
        state.digest("movements").hexdigest() == folding(LINES, first + then).digest("movements").hexdigest()
    )


def drawn_down(row: Mapping[str, int | str], event: Mapping[str, int | str]) -> Mapping[str, int | str]:
    """Deepest fall of a balance below the highest it had been."""
    balance = int(event["balance"])
    peak = max(int(row["peak"]), balance)
    return {"peak": peak, "deepest": max(int(row["deepest"]), peak - balance)}


DRAW_DOWN = view_of(
    Scan(
        "draw_down",
        ("account",),
        {"peak": 0, "deepest": 0},
        (Rows("DepositCredited", {"balance": last("balance_after_e8")}),),
        drawn_down,
    )
)


def test_a_scan_sees_one_event_after_the_other(make_event: MakeEvent) -> None:
    balances = [5, 9, 2, 11, 8]
    events = [
        make_event("DepositCredited", seq, account="a", balance_after_e8=balance)
        for seq, balance in enumerate(balances, start=1)
    ]
    for cut in range(1, 5):
        state = folding(DRAW_DOWN, events[:cut], events[cut:])
        assert rows_of(state, "draw_down") == [{"account": "a", "peak": 11, "deepest": 7}]


@pytest.mark.parametrize("step", [lambda row, event: {"peak": 1}, lambda row, event: {**row, "peak": "1"}])  # noqa: ARG005
def test_a_step_that_gives_another_row_stops_the_view(make_event: MakeEvent, step: object) -> None:
    view = view_of(Scan("s", ("account",), {"peak": 0, "deepest": 0}, DRAW_DOWN.tables[0].rows, step))  # type: ignore[union-attr,arg-type]
    with pytest.raises(ViewStopped, match="a step gives"):
        folding(view, [make_event("DepositCredited", 1, account="a")])


CHAIN = view_of(
    Table(
        "balances",
        ("account", "asset"),
        (
            Rows("DepositCredited", {"balance_e8": last("balance_after_e8", before="balance_before_e8")}),
            Rows("WithdrawalReleased", {"pending_e8": last("pending_after_e8", before="pending_before_e8")}),
        ),
    )
)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_break_in_a_chain_is_found_within_a_frame_and_across_frames(
    make_event: MakeEvent, cut: int
) -> None:
    events = [
        deposit(make_event, 1, "a", 0, 5),
        deposit(make_event, 2, "b", 0, 1),
        deposit(make_event, 3, "a", 6, 5),
        deposit(make_event, 4, "b", 1, 1),
    ]
    with pytest.raises(ViewStopped, match=r"account a, asset USDC: balance_e8 was 5 and .* says it was 6"):
        folding(CHAIN, events[:cut], events[cut:])


def test_a_chain_begins_at_nothing(make_event: MakeEvent) -> None:
    with pytest.raises(ViewStopped, match="balance_e8 was 0 and the next event says it was 3"):
        folding(CHAIN, [deposit(make_event, 1, "a", 3, 5)])


def test_a_chain_passes_over_events_that_do_not_name_its_column(make_event: MakeEvent) -> None:
    events = [
        deposit(make_event, 1, "a", 0, 5),
        make_event("WithdrawalReleased", 2, account="a", asset="USDC"),
        deposit(make_event, 3, "a", 5, 5),
    ]
    for cut in range(1, 3):
        state = folding(CHAIN, events[:cut], events[cut:])
        assert rows_of(state, "balances") == [
            {"account": "a", "asset": "USDC", "balance_e8": 10, "pending_e8": 0}
        ]
    events[2] = deposit(make_event, 3, "a", 4, 5)
    with pytest.raises(ViewStopped, match="was 5"):
        folding(CHAIN, events)


def test_an_event_that_breaks_a_check_is_named(make_event: MakeEvent) -> None:
    check = Check("DepositCredited", "amounts are positive", col("amount_e8") > 0)
    view = View("mine", 1, SUMS.tables, checks=(check,))
    events = [make_event("DepositCredited", seq, account="a", amount_e8=3 - seq) for seq in (1, 2, 3, 4)]
    with pytest.raises(ViewStopped, match="DepositCredited of a at seq 3 breaks: amounts are positive"):
        folding(view, events)


def test_a_value_that_is_nothing_stops_the_view(make_event: MakeEvent) -> None:
    ratio = last(pl.when(col("amount_e8") > 0).then(col("amount_e8")))
    view = view_of(Table("t", ("account",), (Rows("DepositCredited", {"ratio": ratio}),)))
    with pytest.raises(ViewStopped, match="DepositCredited at seq 2 gives no ratio"):
        folding(
            view,
            [make_event("DepositCredited", 1, account="a", amount_e8=1), make_event("DepositCredited", 2)],
        )


def test_a_wide_value_is_kept_whole(make_event: MakeEvent) -> None:
    square = last(wide("amount_e8") * wide("amount_e8"))
    view = view_of(Table("t", ("account",), (Rows("DepositCredited", {"square": square}, key={}),)))
    state = folding(view, [make_event("DepositCredited", 1, account="a", amount_e8=2**62)])
    assert rows_of(state, "t")[0]["square"] == 2**124


def test_rows_of_a_key_in_several_partitions_merge_by_their_folds(make_event: MakeEvent) -> None:
    view = view_of(
        Table(
            "markets",
            ("market",),
            (
                Rows(
                    "FillSettled",
                    {
                        "traded": total("value_e8"),
                        "price": last("price_e8"),
                        "lowest": least("price_e8"),
                        "fills": total(pl.lit(1)),
                    },
                ),
            ),
        )
    )
    events = [
        make_event(
            "FillSettled", seq, account=f"account-{seq}", market="BTC", value_e8=seq, price_e8=100 - seq
        )
        for seq in range(1, 30)
    ]
    together = rows_of(folding(view, events), "markets")
    assert together == [
        {"market": "BTC", "traded": sum(range(1, 30)), "price": 71, "lowest": 71, "fills": 29}
    ]
    assert rows_of(folding(view, events[:9], events[9:], partitions=4), "markets") == together


def test_broadcast_rows_are_those_of_one_partition(make_event: MakeEvent) -> None:
    view = view_of(Table("marks", ("market",), (Rows("PricesUpdated", {"mark_e8": last("mark_e8")}),)))
    events = [make_event("PricesUpdated", seq, market="BTC", mark_e8=seq) for seq in (1, 2)]
    state = folding(view, events, partitions=4)
    assert rows_of(state, "marks") == [{"market": "BTC", "mark_e8": 2}]
    assert state.digest("marks").hexdigest() == folding(view, events).digest("marks").hexdigest()


def test_a_broken_law_names_its_breaches(make_event: MakeEvent) -> None:
    law = Law(
        "nobody has anything",
        lambda rows: [f"{name} has {much}" for name, much in rows("sums").select("account", "sum").rows()],
    )
    view = View("mine", 1, SUMS.tables, laws=(law,))
    state = folding(view, [make_event("DepositCredited", 1, account="a", amount_e8=5)])
    with pytest.raises(ViewStopped, match="nobody has anything: a has 5"):
        state.check_laws()


def test_keys_whose_hashes_meet_are_kept_apart() -> None:
    rows = pl.DataFrame(
        {
            "_partition": pl.Series([0, 1] * 50, dtype=pl.UInt8),
            SEQ: range(100),
            "account": [f"account-{number % 7}" for number in range(100)],
        }
    )
    apart = in_runs(rows, ["account"])
    for bits in (0, 1, 2):
        mixed = in_runs(rows, ["account"], hash_bits_max=bits)
        assert mixed.get_column(SAME).sum() == apart.get_column(SAME).sum() == 100 - 14
        runs = mixed.group_by("_partition", "account", maintain_order=True).agg(pl.col(SEQ))
        assert all(seqs == sorted(seqs) for seqs in runs.get_column(SEQ).to_list())
