"""Paying a plan on a ledger: once per line, whoever dies, however often, and again after a rollback."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core.digest import writer_digest
from ledger.core.messages import PayRefund
from ledger.core.refusals import RefusalCode as Code
from ledger.core.rules.refunds import refund_id_of
from ledger.errors import PlanInvalid, RefundShortfall
from ledger.incident.plan import Plan, approval_command, read_plan, write_plan
from ledger.incident.refunds.formulas import Line
from ledger.incident.refunds.plan import (
    Terms,
    left_e8,
    lines_of,
    payments,
    refund_plan,
    refuse_shortfall,
    refuse_void,
)
from ledger.log.codec import encode_command, encode_signed
from ledger.writer.apply import Answer
from ledger.writer.writer import Writer
from tests.branching import roll_back
from tests.incidents import Town
from tests.remedies import Operators
from tests.spec import USDC, account, deposit, e8

NAMES = ("ann", "bob", "cat", "dan", "eve")
INCIDENT = "2026-01-19"


class Bank:
    """A ledger whose Liquidator Vault owes five accounts something, by an approved plan."""

    def __init__(self, money: str = "1000") -> None:
        self.town = Town()
        self.town.take(
            USDC,
            account("lv", kind="LIQUIDATOR"),
            *(account(name) for name in NAMES),
            deposit("lv", money),
        )
        self.operators = Operators(self.town)
        self.plan = self.planned(10)

    def planned(self, each: int, seq: int = 3, incident: str = INCIDENT) -> Plan:
        """A plan of so much for the first account, twice for the second and so on, and a zero line."""
        lines = [replace(line(name, str(each * place)), seqs=(seq,)) for place, name in enumerate(NAMES, 1)]
        terms = Terms(self.town.log.ledger_id, incident, self.town.head.height, self.town.head.last_seq, "lv")
        return refund_plan(terms, [*lines, line("lv", "0", "excluded: the Liquidator Vault pays")], {})

    def pay(self, commands: Sequence[PayRefund]) -> list[Answer]:
        """Hand payments to the ledger, each a block of its own."""
        writer = self.town.writer
        return [writer.submit([encode_command(one)], self.town.now_us)[0] for one in commands]

    def due(self, producer: str, plan: Plan | None = None) -> list[PayRefund]:
        """The payments that are due now."""
        return payments(plan or self.plan, self.town.writer.state, producer, self.town.now_us)

    def balances(self) -> list[int]:
        """What the accounts have."""
        return [self.town.writer.state.accounts[name].balance_e8 for name in NAMES]


def line(name: str, amount: str, note: str = "") -> Line:
    """A line that nothing cuts."""
    return Line(name, "liquidated", "C", e8(amount), e8(amount), e8(amount), (3,), note)


PAID = [e8(str(10 * place)) for place in range(1, 6)]


@pytest.mark.parametrize("died_after", range(6))
def test_whoever_dies_between_two_payments_the_next_one_pays_the_rest(died_after: int) -> None:
    bank = Bank()
    bank.operators.approve(bank.plan)
    bank.pay(bank.due("one")[:died_after])
    bank.town.writer = Writer(bank.town.log)
    rest = bank.due("two")
    assert len(rest) == len(NAMES) - died_after
    assert [answer.outcome.code for answer in bank.pay(rest)] == [0] * len(rest)
    assert bank.balances() == PAID
    assert left_e8(bank.plan, bank.town.writer.state) == 0
    assert bank.due("three") == []


def test_two_operators_who_pay_at_once_pay_once() -> None:
    bank = Bank()
    bank.operators.approve(bank.plan)
    mine, theirs = bank.due("one"), bank.due("two")
    codes = [
        answer.outcome.code
        for pair in zip(mine, theirs, strict=True)
        for answer in bank.pay(pair if pair[0].line % 2 else pair[::-1])
    ]
    assert codes == [0, Code.REFUND_SETTLED] * len(NAMES)
    assert bank.balances() == PAID
    before = writer_digest(bank.town.writer.state)
    again = bank.pay([*mine, *theirs])
    assert all(answer.duplicate for answer in again)
    assert writer_digest(bank.town.writer.state) == before


def test_two_operators_who_approve_at_once_approve_once() -> None:
    bank = Bank()
    first = bank.operators.sign(bank.plan)
    bank.town.wait(1)
    second = bank.operators.sign(bank.plan)
    codes = []
    for plan in (first, second):
        (answer,) = bank.town.writer.submit([encode_signed(approval_command(plan))], bank.town.now_us)
        codes.append(answer.outcome.code)
    assert codes == [0, Code.PLAN_EXISTS]


def test_a_second_plan_of_the_incident_pays_the_difference_only() -> None:
    bank = Bank()
    bank.operators.approve(bank.plan)
    bank.pay(bank.due("one")[:3])
    more = bank.planned(12)
    bank.operators.approve(more)
    assert left_e8(more, bank.town.writer.state) == e8("180") - e8("60")
    assert {answer.outcome.code for answer in bank.pay(bank.due("two", more))} == {0}
    assert bank.balances() == [e8(str(12 * place)) for place in range(1, 6)]
    assert {answer.outcome.code for answer in bank.pay(bank.due("three"))} <= {0}
    assert bank.due("three") == []
    assert sum(one.paid_e8 for one in bank.town.writer.state.refunds.values()) == e8("180")


def test_a_shortfall_pays_nothing_and_names_the_amount() -> None:
    bank = Bank("149.99")
    with pytest.raises(RefundShortfall, match="1000000e-8 is missing"):
        refuse_shortfall(bank.plan, bank.town.writer.state, e8("149.99"))
    refuse_shortfall(bank.plan, bank.town.writer.state, e8("150"))


def test_the_file_of_a_plan_keeps_lines_and_refuses_edited_ones(tmp_path: Path) -> None:
    bank = Bank()
    path = tmp_path / "plan.json"
    write_plan(path, bank.plan)
    assert [one.amount_e8 for one in lines_of(read_plan(path))] == [*PAID, 0]
    assert lines_of(read_plan(path))[-1].note == "excluded: the Liquidator Vault pays"
    path.write_text(path.read_text().replace("1000000000,", "1000000001,", 1))
    with pytest.raises(PlanInvalid, match="edited"):
        read_plan(path)


def test_an_account_has_one_line_for_a_reason() -> None:
    bank = Bank()
    terms = Terms("town", INCIDENT, 1, 1, "lv")
    with pytest.raises(PlanInvalid, match="two lines"):
        refund_plan(terms, [line("ann", "1"), line("ann", "2")], {})
    assert refund_id_of("a", "b", "c") != refund_id_of("a", "bc", "")
    assert bank.plan.head.total_e8 == e8("150")


@pytest.mark.parametrize("blocks_back", [0, 1])
def test_a_refund_that_a_rollback_made_void_is_paid_again_under_the_same_plan(blocks_back: int) -> None:
    bank = Bank()
    bank.operators.approve(bank.plan)
    target = bank.town.head.height - blocks_back
    bank.pay(bank.due("one")[:3])
    roll_back(bank.town.log, target, bank.town.now_us)
    bank.town.writer = Writer(bank.town.log)
    assert bank.balances() == [0] * len(NAMES)
    assert bank.town.writer.state.refunds == {}
    assert [answer.outcome.code for answer in bank.pay(bank.due("two"))] == [0] * len(NAMES)
    assert bank.balances() == PAID


def test_signatures_over_another_plan_approve_nothing() -> None:
    bank = Bank()
    more = bank.planned(12)
    swapped = replace(more, approval=bank.operators.sign(bank.plan).approval)
    (answer,) = bank.town.writer.submit([encode_signed(approval_command(swapped))], bank.town.now_us)
    assert answer.outcome.code == Code.SIGNATURE_INVALID
    assert {one.outcome.code for one in bank.pay(bank.due("one", more))} == {Code.PLAN_NOT_APPROVED}
    assert bank.balances() == [0] * len(NAMES)


def test_a_plan_that_was_made_from_void_events_pays_nothing_and_names_them() -> None:
    bank = Bank()
    good = bank.town.head.height
    bank.town.take(deposit("lv", "1", ref="void"))
    void_seq = bank.town.head.last_seq
    stale = bank.planned(10, void_seq)
    bank.operators.approve(stale)
    roll_back(bank.town.log, good, bank.town.now_us)
    bank.town.writer = Writer(bank.town.log)
    state = bank.town.writer.state
    assert {answer.outcome.code for answer in bank.pay(bank.due("one", stale))} == {Code.PLAN_STALE}
    assert bank.balances() == [0] * len(NAMES)
    refund_id = refund_id_of(INCIDENT, "ann", "liquidated")
    with pytest.raises(PlanInvalid, match=rf"{refund_id} of ann \({void_seq}\).*make the plan again"):
        refuse_void(stale, state)
    again = bank.planned(10)
    bank.operators.approve(again)
    refuse_void(again, state)
    assert {answer.outcome.code for answer in bank.pay(bank.due("two", again))} == {0}
    assert bank.balances() == PAID


def test_two_incidents_of_one_account_are_paid_each_for_itself() -> None:
    bank = Bank()
    other = bank.planned(10, incident="2026-01-20")
    for plan in (bank.plan, other):
        bank.operators.approve(plan)
    first = bank.due("one") + bank.due("two", other)
    assert {answer.outcome.code for answer in bank.pay(first)} == {0}
    assert bank.balances() == [2 * amount for amount in PAID]
    assert bank.due("three") == bank.due("four", other) == []
