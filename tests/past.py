"""Reads of the past, checked against a clean replay that goes from parent to parent."""

from collections.abc import Sequence
from typing import Final

import polars as pl
from hypothesis import settings

from projectors.define.view import Lines, Rows, Scan, Table, View, last, total
from projectors.folding.state import ViewState
from projectors.past.bases import Bases
from projectors.past.moments import Moment, MomentKind
from projectors.past.question import ask
from projectors.past.replay import replayed
from projectors.views import VIEWS
from tests.branching import Branching, head_of
from tests.projecting import contents, frames_of, memory_state

PARTITIONS: Final = 2

EXAMPLES: Final = settings().max_examples
LONG: Final = EXAMPLES > 100
"""Whether much is asked for: ``pytest --hypothesis-profile=long``."""

FEW: Final = EXAMPLES // 3 if LONG else 4
"""Examples of all views at once, half a second each; over the three ledgers a thousand in a long run."""

ALL: Final = list(VIEWS.values())

SMALL = View(
    "small",
    1,
    (
        Table(
            "orders",
            ("account", "order_id"),
            (Rows("OrderPlaced", {"remaining_e8": last("remaining_after_e8"), "placed_seq": last("seq")}),),
            ends=(Rows("OrderCancelled"),),
        ),
        Table(
            "traded",
            ("market",),
            (Rows("FillSettled", {"value_e8": total("value_e8"), "newest": last("price_e8")}),),
        ),
        Table(
            "marks",
            ("market",),
            (Rows("PricesUpdated", {"mark_e8": last("mark_e8", before="mark_before_e8")}),),
        ),
        Lines("fees", ("account",), (Rows("FillSettled", {"fee_e8": last("fee_e8")}),)),
        Scan(
            "highest",
            ("account",),
            {"balance_e8": 0, "seen": 0},
            (Rows("DepositCredited", {"balance_e8": last("balance_after_e8")}),),
            lambda row, event: {
                "balance_e8": max(row["balance_e8"], event["balance_e8"]),
                "seen": int(row["seen"]) + 1,
            },
        ),
        Table("events", ("account",), (Rows("FillSettled", {"count": total(pl.lit(1))}),)),
    ),
)
"""A view of every kind of table, quick to fold."""


def digests(state: ViewState) -> dict[str, list[str]]:
    """Digest of every table in every partition: equal for equal rows, and cheap."""
    return {
        table: [part.digests[table].hexdigest() for part in state.partitions.values()]
        for table in state.view.plan.shown()
    }


class Past:
    """A ledger with rollbacks, and reads of its past checked against a clean replay."""

    def __init__(self, ledger: Branching, bases: Bases) -> None:
        self.ledger = ledger
        self.bases = bases
        self.last_seq = head_of(ledger.log).last_seq

    def replayed_cleanly(self, view: View, as_of: int, known_at: int) -> ViewState:
        """The view folded from nothing, by going from parent to parent; moments are seqs."""
        state = memory_state(view, PARTITIONS)
        events = self.ledger.events(self.ledger.tip_at(known_at), as_of)
        if events:
            state.fold(frames_of(events, view.plan, PARTITIONS), whole=False)
        return state

    def check(self, views: Sequence[View], as_of: int, known_at: int, *, rows: bool = False) -> None:
        """Read views at two seqs, and compare with the clean replay."""
        question = ask(self.ledger.log, Moment(MomentKind.SEQ, as_of), Moment(MomentKind.SEQ, known_at))
        with replayed(self.ledger.log, views, question, self.bases) as states:
            for view, state in zip(views, states, strict=True):
                clean = self.replayed_cleanly(view, as_of, known_at)
                assert digests(state) == digests(clean), (as_of, known_at, view.name)
                if rows:
                    assert contents(state) == contents(clean)

    def check_blocks(self, views: Sequence[View], apart: int) -> None:
        """Read views at the end of every block, or of every some, as it was seen then."""
        head = head_of(self.ledger.log).height
        for height in range(head, 0, -apart):
            seq = self.ledger.log.seal(height).last_seq
            self.check(views, seq, seq)
