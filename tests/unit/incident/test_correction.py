"""The worked example of the incident specification, section 2.1, corrected on the ledger itself."""

import pytest

from ledger.core.digest import writer_digest
from ledger.core.messages import LiquidateAccount, RequestWithdrawal
from ledger.core.refusals import RefusalCode as Code
from ledger.incident.correction.planner import Asked
from ledger.incident.correction.plans import Window, correction_of
from ledger.incident.plan import Plan
from ledger.writer.recovery import recover
from tests.incidents import BTC, Town
from tests.remedies import Operators, value_e8
from tests.spec import ask, e8
from tests.unit.incident.test_worked_example import FIRST_BAD, RATE, at_h, match, order

ASKED = Asked("2026-01-19", "index of BTC set to zero")


def morning() -> tuple[Town, int]:
    """The example up to the moment when the exchange is closed, and its last good block."""
    town = at_h()
    last_good = town.head.height
    town.wait(5)
    town.take(town.funding(RATE, "100000", "0"))
    town.take(ask(LiquidateAccount, account="A"))
    for tick, mark in ((1, "100100"), (2, "100200")):
        town.wait(5)
        town.take(town.prices(BTC=mark), town.funding(RATE, "100000", str(tick)))
        if tick == 1:
            bought = ("C", order(town, "C", "BUY", "0.2", mark))
            match(town, bought, ("M", order(town, "M", "SELL", "0.2", mark)), "0.2", mark)
        else:
            unwind = order(town, "LV", "BUY", "0.4", mark, reduce_only=1, instruction="IOC")
            match(town, ("LV", unwind), ("N", order(town, "N", "SELL", "0.4", mark)), "0.4", mark)
            bid = order(town, "N", "BUY", "0.5", mark)
            match(town, ("N", bid), ("B", order(town, "B", "SELL", "0.5", mark)), "0.5", mark)
            town.take(
                ask(RequestWithdrawal, account="B", asset="USDC", amount_e8=e8("15000"), destination="x")
            )
    for tick in (3, 4):
        town.wait(5)
        town.take(town.prices(BTC="100300"), town.funding(RATE, "100000", str(tick)))
    return town, last_good


class Case:
    """The example with a plan that was made and not yet approved."""

    def __init__(self) -> None:
        self.town, self.last_good = morning()
        self.operators = Operators(self.town)
        self.operators.status("maintenance")
        self.plan, self.done = self.planned()

    def planned(self) -> tuple[Plan, object]:
        """A plan for the log as it is."""
        window = Window((BTC,), self.last_good, self.town.head.height, FIRST_BAD)
        return correction_of(self.town.log, window, ASKED)


@pytest.fixture(scope="module")
def corrected() -> Case:
    """The example, corrected."""
    case = Case()
    plan = case.operators.approve(case.plan)
    answer = case.operators.apply(plan)
    assert answer.outcome.code == 0, answer.outcome.detail
    return case


@pytest.mark.parametrize(
    ("name", "value", "balance", "size", "cost"),
    [
        ("A", "10215", "10515", "-1", "-100000"),
        ("B", "15501", "15054", "1.5", "150000"),
        ("C", "5496.90", "5586", "-0.3", "-30000"),
        ("M", "199838.10", "200026", "-0.7", "-70020"),
        ("N", "200009.80", "200000", "0.1", "10020"),
        ("LV", "50039.20", "49919.20", "0.4", "40000"),
    ],
)
def test_the_books_are_those_of_the_table(
    corrected: Case, name: str, value: str, balance: str, size: str, cost: str
) -> None:
    state = corrected.town.writer.state
    account = state.accounts[name]
    holding = account.holdings[BTC]
    assert value_e8(state, name) == e8(value)
    assert (account.balance_e8, holding.size_e8, holding.cost_e8) == (e8(balance), e8(size), e8(cost))


def test_the_index_is_that_of_the_corrected_path(corrected: Case) -> None:
    assert corrected.town.writer.state.markets[BTC].index_e8 == e8("10005")


def test_a_restart_finds_the_same_books(corrected: Case) -> None:
    recovered = recover(corrected.town.log, None)
    assert writer_digest(recovered.state) == writer_digest(corrected.town.writer.state)


def test_the_report_says_what_everybody_will_be_worth(corrected: Case) -> None:
    rows = {row["account"]: row for row in corrected.plan.report["accounts"]}
    assert rows["B"]["funding_e8"] == e8("-20002")
    for name in "ABCM":
        assert rows[name]["value_corrected_e8"] == rows[name]["value_counterfactual_e8"]
    assert corrected.plan.report["house_value_e8"] == e8("39.20")


def test_a_correction_that_was_applied_is_not_applied_again(corrected: Case) -> None:
    before = writer_digest(corrected.town.writer.state)
    answer = corrected.operators.apply(corrected.plan)
    assert answer.outcome.code == Code.PLAN_APPLIED
    assert writer_digest(corrected.town.writer.state) == before
