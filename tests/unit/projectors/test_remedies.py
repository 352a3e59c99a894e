"""Views over a ledger that was corrected and paid refunds: they follow, and both derivations agree."""

import pytest

from ledger.core.messages import MarkCheckpoint
from ledger.incident.refunds.formulas import Line
from ledger.incident.refunds.plan import Terms, payments, refund_plan
from ledger.log.chain import Rollbacks
from ledger.log.codec import encode_command
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.rederive.stage import rederived, row_differences
from projectors.views import VIEWS
from tests.projecting import memory_state, rows_of
from tests.property.test_corrections import Corrected
from tests.spec import ask, e8

FOLLOWING = [view for name, view in VIEWS.items() if name != "funding"]
"""The funding view stands still at an index that a guard should have refused, whatever comes after it."""


class Repaired:
    """A corrected ledger that paid a refund, and the views folded over it up to a checkpoint."""

    def __init__(self, seed: int) -> None:
        self.corrected = Corrected(seed, vault=True)
        self.town = self.corrected.town
        state = self.town.writer.state
        line = Line("trader-a", "funding", "C", e8("5"), e8("5"), e8("5"), (9,), "")
        terms = Terms(state.ledger_id, "it", self.town.head.height, "lv")
        self.plan = refund_plan(terms, [line], {})
        self.corrected.operators.approve(self.plan)
        commands = payments(self.plan, state, "payer", self.town.now_us)
        answers = self.town.writer.submit([encode_command(one) for one in commands], self.town.now_us)
        assert [answer.outcome.code for answer in answers] == [0]
        self.town.take(ask(MarkCheckpoint, reason="after the refund"))
        self.states = {view.name: memory_state(view, self.town.log.partitions) for view in FOLLOWING}
        runner = Runner(self.town.log, list(self.states.values()))
        runner.run_to_head()
        assert {name: str(stop.fault) for name, stop in runner.stops.items()} == {}

    def rows(self, table: str, account: str) -> list[dict[str, object]]:
        """Rows of an account in a table of the account view."""
        return [row for row in rows_of(self.states["account"], table) if row["account"] == account]


@pytest.fixture(scope="module")
def repaired() -> Repaired:
    """An incident with a vault, corrected and refunded."""
    return Repaired(14)


def test_both_derivations_of_every_view_agree(repaired: Repaired) -> None:
    log = repaired.town.log
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    height = repaired.town.head.height
    books, found = rederived(log, rollbacks.chain(height), list(repaired.states), None, lambda _: None)
    assert found == []
    states: list[ViewState] = list(repaired.states.values())
    for state in states:
        assert list(row_differences(state, books[state.view.name], height, None)) == []


def test_a_refund_has_a_row_and_a_line_that_says_why(repaired: Repaired) -> None:
    (refund,) = repaired.rows("refund_lines", "trader-a")
    assert (refund["paid_e8"], refund["method"], refund["payments"]) == (e8("5"), "C", 1)
    line = repaired.rows("statement", "trader-a")[-1]
    assert (line["kind"], line["amount_e8"]) == ("RefundPaid", e8("5"))
    assert line["why"] == "incident it, funding, method C"
    assert line["reference"] == refund["refund_id"]


def test_a_correction_is_linked_to_what_it_corrects(repaired: Repaired) -> None:
    first: dict[str, int] = {}
    for row in repaired.corrected.plan.body["funding"]:
        first.setdefault(row[0], row[6])
    for account, seq in first.items():
        lines = repaired.rows("statement", account)
        links = {row["corrects_seq"] for row in lines if row["why"] == "CORRECTION"}
        assert seq in links
        assert seq in {row["seq"] for row in lines}
