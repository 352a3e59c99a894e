"""Views over a ledger that was corrected and paid refunds: they follow, and both derivations agree."""

import pytest

from ledger.core.messages import MarkCheckpoint
from ledger.incident.refunds.formulas import Line
from ledger.incident.refunds.plan import Terms, payments, refund_plan
from ledger.incident.rollback.planner import Wanted, apply_command, plan_rollback
from ledger.incident.rollback.proof import find_rollback, prove
from ledger.log.chain import Restatement, Rollbacks
from ledger.log.codec import encode_command
from projectors.folding.runner import Runner
from projectors.rederive.stage import BOOKS, rederived, row_differences
from projectors.views import VIEWS
from projectors.views.feed_guards import COLUMNS, is_mended, look
from tests.incidents_at_random import MARKETS, Incident
from tests.projecting import memory_state, rows_of
from tests.property.test_corrections import Corrected
from tests.spec import ask, e8


class Repaired:
    """A corrected ledger that paid a refund, and the views folded over it up to a checkpoint."""

    def __init__(self, seed: int) -> None:
        self.corrected = Corrected(seed, vault=True)
        self.town = self.corrected.town
        state = self.town.writer.state
        line = Line("trader-a", "funding", "C", e8("5"), e8("5"), e8("5"), (9,), "")
        terms = Terms(state.ledger_id, "it", self.town.head.height, self.town.head.last_seq, "lv")
        self.plan = refund_plan(terms, [line], {})
        self.corrected.operators.approve(self.plan)
        commands = payments(self.plan, state, "payer", self.town.now_us)
        answers = self.town.writer.submit([encode_command(one) for one in commands], self.town.now_us)
        assert [answer.outcome.code for answer in answers] == [0]
        self.town.take(ask(MarkCheckpoint, reason="after the refund"))
        self.states = {view.name: memory_state(view, self.town.log.partitions) for view in VIEWS.values()}
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


def test_both_derivations_of_every_view_that_has_two_agree(repaired: Repaired) -> None:
    log = repaired.town.log
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    height = repaired.town.head.height
    books, found = rederived(log, rollbacks.chain(height), list(repaired.states), None, lambda _: None)
    assert found == []
    for name in BOOKS:
        assert list(row_differences(repaired.states[name], books[name], height, None)) == []


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


def test_the_funding_view_stands_at_a_wrong_index_until_a_correction_mends_it() -> None:
    incident = Incident(14, markets=MARKETS, vault=False)
    state = memory_state(VIEWS["funding"], incident.town.log.partitions)
    runner = Runner(incident.town.log, [state])
    runner.run_to_head()
    assert "its steps say" in str(runner.stops["funding"].fault)
    corrected = Corrected(14, incident=incident)
    runner.run_to_head()
    assert runner.stops == {}
    index = {row["market"]: row["index_e8"] for row in rows_of(state, "funding_index")}
    markets = corrected.town.writer.state.markets
    assert index == {name: market.index_e8 for name, market in markets.items()}
    wrong = {name: market.index_e8 - e8("9") for name, market in markets.items()}
    incident.tick(wrong)
    runner.run_to_head()
    assert "its steps say" in str(runner.stops["funding"].fault)


def test_a_finding_that_no_correction_can_mend_is_not_hidden_by_one_that_it_can() -> None:
    index: dict[str, int | str] = {"what": "trip", "guard": "G2", "field": "index", "given": "0", "at_seq": 7}
    spot: dict[str, int | str] = {"what": "trip", "guard": "G5", "field": "spot", "given": "1", "at_seq": 9}
    row = look(look(COLUMNS, index), spot)
    assert row["finding"] == "seq 9: guard G5 let spot 1 through"
    assert look(row, {"what": "restated", "from_seq": 5})["finding"] == row["finding"]
    assert look(look(COLUMNS, index), {"what": "restated", "from_seq": 8})["finding"]
    assert not look(look(COLUMNS, index), {"what": "restated", "from_seq": 7})["finding"]
    known = [Restatement(9, 20, "BTC", 5)]
    assert is_mended("BTC, seq 7: index is 1e-8, its steps say 2e-8", known)
    assert is_mended("seq 7: guard G7a let index 1 through", known)
    assert not is_mended("ETH, seq 7: index is 1e-8, its steps say 2e-8", known)
    assert not is_mended("BTC, seq 21: index is 1e-8, its steps say 2e-8", known)
    assert not is_mended("BTC, seq 7: mark is 0e-8", known)


def test_every_view_follows_a_rollback_over_a_correction_and_a_refund() -> None:
    repaired = Repaired(14)
    town, operators = repaired.town, repaired.corrected.operators
    target = repaired.corrected.incident.last_good
    plan = operators.approve(plan_rollback(town.log, None, Wanted(target, "it", "all of it")))
    (answer,) = town.ask(apply_command(plan, 1, town.now_us))
    assert answer.outcome.code == 0, answer.outcome.detail
    town.take(ask(MarkCheckpoint, reason="after the rollback"))
    assert prove(town.log, find_rollback(town.log))["findings"] == []
    runner = Runner(town.log, list(repaired.states.values()))
    runner.run_to_head()
    assert runner.departed.keys() == repaired.states.keys()
    repaired.states = {view.name: memory_state(view, town.log.partitions) for view in VIEWS.values()}
    runner = Runner(town.log, list(repaired.states.values()))
    runner.run_to_head()
    assert {name: str(stop.fault) for name, stop in runner.stops.items()} == {}
    height = town.head.height
    rollbacks = Rollbacks(town.log)
    rollbacks.read_on()
    books, found = rederived(town.log, rollbacks.chain(height), list(repaired.states), None, lambda _: None)
    assert found == []
    for name in BOOKS:
        assert list(row_differences(repaired.states[name], books[name], height, None)) == []
    assert repaired.rows("refund_lines", "trader-a") == []
    assert len(payments(repaired.plan, town.writer.state, "payer-2", town.now_us)) == 1
