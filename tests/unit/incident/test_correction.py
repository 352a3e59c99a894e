"""The worked example of the incident specification, section 2.1, corrected on the ledger itself."""

from dataclasses import replace

import pytest

from ledger.core.digest import writer_digest
from ledger.core.messages import (
    ChangeAccount,
    LiquidateAccount,
    RequestWithdrawal,
    UpdateMarket,
)
from ledger.core.refusals import RefusalCode as Code
from ledger.core.rules.markets import RULE_FIELDS
from ledger.errors import LogUnavailable, PlanInvalid, SettingsFault
from ledger.incident.audit import audit
from ledger.incident.correction.parts import Asked, command_of
from ledger.incident.correction.plans import correction_of
from ledger.incident.counterfactual.corrections import COMPUTED, Corrections, TickCorrection
from ledger.incident.counterfactual.run import Counterfactual
from ledger.incident.plan import Plan
from ledger.incident.rollback.planner import Wanted, apply_command, plan_rollback
from ledger.incident.rollback.proof import find_rollback, prove
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.log.port import Block
from ledger.writer.recovery import recover, state_at
from ledger.writer.writer import Writer
from services.keeper.follower import ColumnFollower
from tests.fields import changed
from tests.incidents import BTC, RATE, Town, stop
from tests.remedies import Operators, value_e8
from tests.spec import ask, deposit, e8
from tests.unit.incident.test_worked_example import FIRST_BAD, at_h

ASKED = Asked("2026-01-19", "index of BTC set to zero")


def morning(*, stop_of_a: bool = False) -> tuple[Town, int]:
    """The example up to the moment when the exchange is closed, and its last good block."""
    town = at_h()
    if stop_of_a:
        town.take(stop("A", "BUY", "1", "130000"))
    last_good = town.head.height
    town.wait(5)
    town.take(town.funding(RATE, "100000", "0"))
    town.take(ask(LiquidateAccount, account="A"))
    town.tick("1", "100100")
    bid = town.order("C", "BUY", "0.2", "100100")
    town.match(("C", bid), ("M", town.order("M", "SELL", "0.2", "100100")), "0.2", "100100")
    town.tick("2", "100200")
    bid = town.order("LV", "BUY", "0.4", "100200", reduce_only=1, instruction="IOC")
    town.match(("LV", bid), ("N", town.order("N", "SELL", "0.4", "100200")), "0.4", "100200")
    bid = town.order("N", "BUY", "0.5", "100200")
    town.match(("N", bid), ("B", town.order("B", "SELL", "0.5", "100200")), "0.5", "100200")
    town.take(ask(RequestWithdrawal, account="B", asset="USDC", amount_e8=e8("15000"), destination="x"))
    town.tick("3", "100300")
    town.tick("4", "100300")
    return town, last_good


class Case:
    """The example with a plan that was made and not yet approved."""

    def __init__(self, town: Town | None = None, last_good: int = 0) -> None:
        self.town, self.last_good = morning() if town is None else (town, last_good)
        self.operators = Operators(self.town)
        self.operators.status("maintenance")
        self.plan, self.done = self.planned()

    def planned(self) -> tuple[Plan, Counterfactual]:
        """A plan for the log as it is."""
        wrong = Corrections([], [TickCorrection(BTC, FIRST_BAD, FIRST_BAD + 9, COMPUTED)])
        return correction_of(self.town.log, wrong, self.last_good, ASKED)


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


def test_the_risk_keeper_values_everybody_at_the_corrected_path(corrected: Case) -> None:
    follower = ColumnFollower(corrected.town.log)
    follower.catch_up()
    markets = corrected.town.writer.state.markets
    columns = follower.columns
    assert {name: (m.mark, m.index) for name, m in columns.markets.items()} == {
        name: (m.mark_e8, m.index_e8) for name, m in markets.items()
    }
    holdings = {
        (name, market): (held.size_e8, held.cost_e8, held.cached_index_e8)
        for name, account in corrected.town.writer.state.accounts.items()
        for market, held in account.holdings.items()
        if held.size_e8
    }
    places = list(columns.markets)
    assert holdings == {
        (columns.names[account], places[market]): (size, cost, cached)
        for _, account, market, size, cost, cached in columns.positions.rows()
        if size
    }


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


def test_a_window_with_a_correction_in_it_is_not_corrected_again(corrected: Case) -> None:
    with pytest.raises(SettingsFault, match="restated an index"):
        corrected.planned()


def test_an_audit_over_a_correction_finds_the_history_that_there_was(corrected: Case) -> None:
    height = corrected.town.head.height
    found = audit(corrected.town.log, Corrections([], []), corrected.last_good, height)
    assert found.done.is_history
    assert found.effects == []


def test_a_rollback_over_a_correction_undoes_it() -> None:
    case = Case()
    town, operators = case.town, case.operators
    case.operators.approve(case.plan)
    assert operators.apply(case.plan).outcome.code == 0
    plan = operators.approve(plan_rollback(town.log, None, Wanted(case.last_good, "again", "all of it")))
    (answer,) = town.ask(apply_command(plan, 1, town.now_us))
    assert answer.outcome.code == 0, answer.outcome.detail
    target = state_at(town.log, case.last_good)
    state = town.writer.state
    assert state.markets[BTC].index_e8 == target.markets[BTC].index_e8
    assert value_e8(state, "A") == value_e8(target, "A")
    assert writer_digest(recover(town.log, None).state) == writer_digest(state)
    assert prove(town.log, find_rollback(town.log))["findings"] == []
    stale = operators.apply(case.plan).outcome
    assert (stale.code, "came after" in stale.detail) == (Code.PLAN_STALE, True)


def test_an_account_that_was_closed_since_is_named_before_anybody_signs() -> None:
    town, last_good = morning()
    town.take(ask(ChangeAccount, account="A", field="status", value="closed"))
    with pytest.raises(PlanInvalid, match="ACCOUNT_CLOSED, account A"):
        Case(town, last_good)


def test_a_correction_needs_maintenance_and_two_approvals_of_its_very_content() -> None:
    case = Case()
    operators, plan = case.operators, case.plan
    assert operators.apply(plan).outcome.code == Code.PLAN_NOT_APPROVED
    operators.approve(plan)
    edited = replace(plan, body={**plan.body, "reason": "another"})
    number = next(case.town.numbers)
    command = changed(command_of(edited, "plan", number, case.town.now_us), plan_digest=plan.digest)
    (answer,) = case.town.writer.submit([encode_command(command)], case.town.now_us)
    assert answer.outcome.code == Code.PLAN_MISMATCH
    case.town.wait(5)
    case.town.take(case.town.prices(BTC="100300"))
    operators.status("cancel_only")
    assert operators.apply(plan).outcome.code == Code.SYSTEM_MODE
    operators.status("maintenance")
    assert operators.apply(plan).outcome.code == 0


def test_a_plan_is_stale_once_an_account_was_touched() -> None:
    case = Case()
    case.operators.approve(case.plan)
    case.town.take(deposit("A", "1", ref="late"))
    assert case.operators.apply(case.plan).outcome.code == Code.PLAN_STALE
    again, _ = case.planned()
    case.operators.approve(again)
    assert case.operators.apply(again).outcome.code == 0
    assert value_e8(case.town.writer.state, "A") == e8("10216")


def test_an_account_over_the_position_limit_is_paid_instead() -> None:
    case = Case()
    listed = case.town.writer.state.markets[BTC]
    fields = {name: getattr(listed, name) for name in RULE_FIELDS}
    limits = fields | {"position_limit_e8": e8("0.9"), "order_size_max_e8": e8("0.9")}
    case.operators.take(ask(UpdateMarket, market=BTC, revision_before=listed.revision, **limits))
    plan, _ = case.planned()
    assert plan.report["cash_in_place_of_a_position"] == ["A"]
    assert plan.body["fills"] == []
    case.operators.approve(plan)
    assert case.operators.apply(plan).outcome.code == 0
    state = case.town.writer.state
    assert (state.accounts["A"].balance_e8, state.accounts["A"].holdings[BTC].size_e8) == (e8("10215"), 0)
    (refund,) = state.refunds.values()
    assert (refund.account, refund.paid_e8) == ("A", e8("214"))


def test_stop_losses_that_the_takeover_cancelled_wait_again() -> None:
    town, last_good = morning(stop_of_a=True)
    case = Case(town, last_good)
    (row,) = case.plan.body["orders"]
    case.operators.approve(case.plan)
    assert case.operators.apply(case.plan).outcome.code == 0
    (order_again,) = town.writer.state.accounts["A"].orders.values()
    assert order_again.order_id == row[1]
    assert (order_again.status, order_again.trigger_price_e8) == ("UNTRIGGERED", e8("130000"))


@pytest.mark.parametrize(
    ("part", "change", "code"),
    [
        ("funding", {4: 1}, Code.CORRECTION_UNBALANCED),
        ("funding", {2: 1}, Code.CORRECTION_MISMATCH),
        ("funding", {0: "nobody"}, Code.ACCOUNT_NOT_FOUND),
        ("funding", {1: "NO"}, Code.MARKET_NOT_FOUND),
        ("fills", {8: 1}, Code.CORRECTION_UNBALANCED),
        ("fills", {7: "LEFT"}, Code.INVALID_VALUE),
        ("payments", {2: "TRANSFER"}, Code.INVALID_VALUE),
        ("payments", {3: 2**63 - 1}, Code.OUT_OF_RANGE),
    ],
)
def test_an_approved_plan_that_does_not_add_up_is_refused(
    part: str, change: dict[int, object], code: Code
) -> None:
    case = Case()
    rows = [list(row) for row in case.plan.body[part]]
    for place, value in change.items():
        rows[0][place] = value
    plan = replace(case.plan, body={**case.plan.body, part: rows})
    case.operators.approve(plan)
    before = writer_digest(case.town.writer.state)
    assert case.operators.apply(plan).outcome.code == code
    assert writer_digest(case.town.writer.state) == before


@pytest.mark.parametrize("part", ["indices", "funding", "fills"])
def test_an_approved_plan_that_would_correct_something_twice_is_refused(part: str) -> None:
    case = Case()
    rows = [list(row) for row in case.plan.body[part]]
    plan = replace(case.plan, body={**case.plan.body, part: [*rows, *rows]})
    case.operators.approve(plan)
    before = writer_digest(case.town.writer.state)
    assert case.operators.apply(plan).outcome.code == Code.INVALID_VALUE
    assert writer_digest(case.town.writer.state) == before


def test_shares_of_nobody_are_not_corrected() -> None:
    case = Case()
    shares = [["LV", "nobody", 5, 0, 0, 0, "x", 0, 1]]
    plan = replace(case.plan, body={**case.plan.body, "shares": shares})
    case.operators.approve(plan)
    assert case.operators.apply(plan).outcome.code == Code.ACCOUNT_NOT_FOUND


def test_a_position_that_cannot_be_carried_is_refused_whoever_approved_it() -> None:
    case = Case()
    plan = replace(case.plan, body={**case.plan.body, "payments": []})
    case.operators.approve(plan)
    assert case.operators.apply(plan).outcome.code == 0
    assert value_e8(case.town.writer.state, "A") == e8("9705")
    other = Case()
    poorer = [["A", "LV", "BANKRUPTCY_COVER", e8("9500"), "", "", 1]]
    plan = replace(other.plan, body={**other.plan.body, "payments": poorer})
    other.operators.approve(plan)
    assert other.operators.apply(plan).outcome.code == Code.CORRECTION_UNHEALTHY


class Failing:
    """A log whose next commit fails, before the block landed or after it."""

    def __init__(self, log: MemoryLog, *, lands: bool) -> None:
        self.commit_of = log.commit
        self.lands = lands
        self.failed = 0

    def commit(self, block: Block) -> None:
        """Fail once."""
        if self.failed:
            self.commit_of(block)
            return
        self.failed = 1
        if self.lands:
            self.commit_of(block)
        raise LogUnavailable("the machine died")


@pytest.mark.parametrize("lands", [False, True])
def test_a_correction_that_is_cut_short_is_whole_or_not_there(
    lands: bool,  # noqa: FBT001
    corrected: Case,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case()
    case.operators.approve(case.plan)
    seq = case.town.writer.state.seq
    command = command_of(case.plan, "apply", 1, case.town.now_us)
    monkeypatch.setattr(case.town.log, "commit", Failing(case.town.log, lands=lands).commit)
    with pytest.raises(LogUnavailable):
        case.town.writer.submit([encode_command(command)], case.town.now_us)
    recovered = recover(case.town.log, None).state
    assert (recovered.seq > seq) == lands
    case.town.writer = Writer(case.town.log)
    (answer,) = case.town.writer.submit([encode_command(command)], case.town.now_us)
    assert (answer.outcome.code, answer.duplicate) == (0, True)
    assert writer_digest(case.town.writer.state) == writer_digest(corrected.town.writer.state)
