"""Lines of an approved plan are paid by the Liquidator Vault, once however often they are asked for."""

import pytest

from ledger.core.messages import ApprovePlan, PayRefund, RefundPaid, RegisterKey, TransferSent
from ledger.core.refusals import RefusalCode as Code
from ledger.core.state import State
from ledger.incident.plan import Plan
from ledger.incident.refunds.formulas import Line
from ledger.incident.refunds.plan import Terms, payments, refund_plan
from tests.fields import changed
from tests.spec import START_US, USDC, Scenario, account, ask, deposit, e8, given, like, refused

INCIDENT = "2026-01-19"


def line(name: str, amount: str, reason: str = "liquidated") -> Line:
    """A line of method C that nothing cuts."""
    return Line(name, reason, "C", e8(amount), e8(amount), e8(amount), (7,), "")


def plan_of(*lines: Line, payer: str = "lv", cap: str = "0") -> Plan:
    """A plan for the ledger of the scenarios."""
    return refund_plan(Terms("test-ledger", INCIDENT, 1, 1, payer, e8(cap)), lines, {})


def approve(plan: Plan) -> ApprovePlan:
    """What approves a plan for a day."""
    head = plan.head
    return ask(
        ApprovePlan,
        plan_kind=head.kind,
        plan_digest=plan.digest,
        incident_id=head.incident_id,
        head_height=head.head_height,
        lines=head.lines,
        total_e8=head.total_e8,
        payer=head.payer,
        cap_e8=head.cap_e8,
        expires_at_us=START_US + 86_400_000_000,
    )


def venue(money: str = "1000") -> Scenario:
    """A Liquidator Vault with money, two hurt accounts, and two operators."""
    ledger = given(
        USDC,
        account("lv", kind="LIQUIDATOR"),
        account("ann"),
        account("bob"),
        deposit("lv", money),
        ask(RegisterKey, key_id="ops-1", public_key="ab" * 32, role="operator", operator="Ada"),
    )
    ledger.signed("ops-1").given(
        ask(RegisterKey, key_id="ops-2", public_key="cd" * 32, role="operator", operator="Ben")
    )
    return ledger.signed("ops-1", "ops-2")


def pays(plan: Plan) -> list[PayRefund]:
    """The payments of a plan of which nothing was paid."""
    return [changed(one, number=0) for one in payments(plan, State(), "test", START_US)]


def test_a_line_is_paid_by_a_debit_and_a_credit() -> None:
    plan = plan_of(line("ann", "100"), line("bob", "0"), line("bob", "7", "funding"))
    ledger = venue().given(approve(plan))
    first, second = pays(plan)
    assert (first.line, second.line) == (1, 3)
    ledger.when(second).then(
        like(
            TransferSent,
            account="lv",
            transfer_kind="REFUND",
            counterparty="bob",
            amount_e8=e8("7"),
            incident_id=INCIDENT,
        ),
        like(
            RefundPaid,
            account="bob",
            refund_id=second.refund_id,
            plan_digest=plan.digest,
            line=3,
            reason="funding",
            method="C",
            payer="lv",
            amount_e8=e8("7"),
            paid_before_e8=0,
            paid_after_e8=e8("7"),
            balance_after_e8=e8("7"),
        ),
    )
    assert ledger.state.accounts["lv"].balance_e8 == e8("993")


def test_a_line_is_paid_once_and_a_second_plan_pays_the_difference() -> None:
    plan, more = plan_of(line("ann", "100")), plan_of(line("ann", "130"), line("bob", "1"))
    (first,), (again, _) = pays(plan), pays(more)
    ledger = venue().given(approve(plan), first)
    ledger.when(first).then(refused(Code.REFUND_SETTLED, "10000000000e-8"))
    ledger.given(approve(more)).when(again).then(
        like(TransferSent, amount_e8=e8("30")),
        like(RefundPaid, paid_before_e8=e8("100"), paid_after_e8=e8("130"), balance_after_e8=e8("130")),
    )
    ledger.when(first).then(refused(Code.REFUND_SETTLED))


def test_a_shortfall_is_refused_with_the_amount_that_is_missing() -> None:
    plan = plan_of(line("ann", "1200.5"))
    ledger = venue().given(approve(plan))
    ledger.when(*pays(plan)).then(refused(Code.REFUND_SHORTFALL, "20050000000e-8 is missing"))


def test_only_lines_of_an_approved_plan_are_paid() -> None:
    plan = plan_of(line("ann", "100"), line("bob", "7"))
    first, second = pays(plan)
    ledger = venue().when(first).then(refused(Code.PLAN_NOT_APPROVED))
    ledger.given(approve(plan))
    for wrong in (
        changed(first, owed_e8=e8("101")),
        changed(first, line=2),
        changed(first, line=9),
        changed(first, method="D"),
        changed(first, payer="bob"),
        changed(first, proof=""),
        changed(first, proof=second.proof),
        changed(first, report_digest="ab" * 32),
    ):
        ledger.when(wrong).then(refused(Code.PLAN_MISMATCH))
    other = plan_of(line("ann", "101"), line("bob", "7"))
    ledger.when(changed(pays(other)[0], plan_digest=plan.digest)).then(refused(Code.PLAN_MISMATCH))
    ledger.given(first, second)


@pytest.mark.parametrize(
    "values",
    [
        {"refund_id": "ab" * 32},
        {"reason": ""},
        {"method": "E"},
        {"owed_e8": 0},
        {"line": 0},
        {"proof": "ab"},
        {"proof": "AB" * 32},
        {"plan_digest": "x"},
        {"incident_id": "\n"},
    ],
)
def test_what_can_never_be_right_is_refused(values: dict[str, object]) -> None:
    plan = plan_of(line("ann", "100"))
    ledger = venue().given(approve(plan))
    ledger.when(changed(pays(plan)[0], **values)).then(refused(Code.INVALID_VALUE))


def test_payer_and_payee_are_the_liquidator_and_another_open_account() -> None:
    for payer, name, code in (
        ("lv", "nobody", Code.ACCOUNT_NOT_FOUND),
        ("lv", "lv", Code.SAME_ACCOUNT),
        ("ann", "bob", Code.LIQUIDATOR_MISSING),
    ):
        plan = plan_of(line(name, "1"), payer=payer)
        venue().given(approve(plan)).when(*pays(plan)).then(refused(code))


def test_a_cap_on_the_sum_cuts_every_line_in_proportion() -> None:
    plan = plan_of(line("ann", "30"), line("bob", "10"), cap="20")
    ledger = venue().given(approve(plan), *pays(plan))
    assert ledger.state.accounts["ann"].balance_e8 == e8("15")
    assert ledger.state.accounts["bob"].balance_e8 == e8("5")
    assert plan.head.total_e8 == e8("20")
