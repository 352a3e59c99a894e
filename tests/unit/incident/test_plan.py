"""Plan files: their digest, their signatures, and what the ledger takes of them."""

import json
from pathlib import Path

import pytest

from ledger.core.messages import ApprovePlan, PlanApproved, RegisterKey
from ledger.core.plan_digest import REFUND, ROLLBACK, PlanHead
from ledger.core.refusals import RefusalCode as Code
from ledger.core.rules.plans import moved_seq, refuse_moved, refuse_plan
from ledger.errors import InvariantError, PlanInvalid
from ledger.incident.plan import Plan, approval_command, approval_in, approved, read_plan, write_plan
from ledger.incident.rollback.planner import apply_command
from ledger.log.codec import encode_command, encode_signed
from ledger.log.memory import MemoryLog
from ledger.signing import holds, new_private_key, public_key, signed_command
from ledger.writer.apply import block_events
from ledger.writer.recovery import recover
from ledger.writer.writer import Writer
from tests.fields import changed
from tests.spec import START_US, USDC, account, ask, deposit, given, rule

ADA, BEN, EVE = (new_private_key() for _ in range(3))
HOUR_US = 3_600_000_000
PLAN = Plan(
    PlanHead(REFUND, "main", "incident-1", 7, 1, 500, "liquidator", 0),
    {"lines": [{"account": "ann", "amount_e8": 500}]},
    {"why": "penalty"},
)


def signed(plan: Plan = PLAN, now_us: int = START_US) -> Plan:
    once = approved(plan, ("ada", ADA), now_us, now_us + HOUR_US)
    return approved(once, ("ben", BEN), now_us, 0)


def test_a_plan_is_read_back_with_its_digest_and_signatures(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", signed())
    plan = read_plan(tmp_path / "plan.json")
    assert (plan.digest, plan.approval) == (PLAN.digest, signed().approval)
    assert approval_command(plan) == approval_command(signed())


@pytest.mark.parametrize(
    "part", ["kind", "incident_id", "head_height", "total_e8", "cap_e8", "body", "report"]
)
def test_an_edited_plan_is_refused(tmp_path: Path, part: str) -> None:
    write_plan(tmp_path / "plan.json", PLAN)
    content = json.loads((tmp_path / "plan.json").read_text())
    was = content[part]
    content[part] = (
        {**was, "x": 1}
        if isinstance(was, dict)
        else "CORRECTION"
        if part == "kind"
        else was * 2 + type(was)(1)
    )
    (tmp_path / "plan.json").write_text(json.dumps(content))
    with pytest.raises(PlanInvalid, match="edited"):
        read_plan(tmp_path / "plan.json")


def test_a_file_that_is_no_plan_is_refused(tmp_path: Path) -> None:
    for text in ("", "[]", "{}", '{"kind": 1}'):
        (tmp_path / "plan.json").write_text(text)
        with pytest.raises(PlanInvalid, match="no plan"):
            read_plan(tmp_path / "plan.json")


def test_a_plan_with_an_approval_that_nobody_can_have_given_is_refused(tmp_path: Path) -> None:
    write_plan(tmp_path / "plan.json", signed())
    content = json.loads((tmp_path / "plan.json").read_text())
    approval = content["approval"]
    for wrong in ({"signatures": approval["signatures"] * 2}, {"expires_at_us": 2**63}):
        content["approval"] = {**approval, **wrong}
        (tmp_path / "plan.json").write_text(json.dumps(content))
        with pytest.raises(PlanInvalid, match="no plan"):
            read_plan(tmp_path / "plan.json")


def test_a_plan_of_another_kind_is_no_rollback() -> None:
    with pytest.raises(PlanInvalid, match="REFUND plan"):
        apply_command(PLAN, 1, START_US)
    empty = Plan(PlanHead(ROLLBACK, "main", "incident-1", 7, 0, 0, "", 0), {"reason": "x"}, {})
    with pytest.raises(PlanInvalid, match="no rollback"):
        apply_command(empty, 1, START_US)


def test_a_plan_holds_nothing_that_has_two_forms() -> None:
    for content in (1.5, None, True, {1: 2}):
        with pytest.raises(InvariantError):
            _ = Plan(PLAN.head, {"x": content}, {}).digest


def test_one_key_signs_once_and_two_are_needed() -> None:
    once = approved(PLAN, ("ada", ADA), START_US, START_US + HOUR_US)
    with pytest.raises(PlanInvalid, match="two operators have to"):
        approval_command(once)
    with pytest.raises(PlanInvalid, match="signed it before"):
        approved(once, ("ada", ADA), START_US, 0)
    with pytest.raises(PlanInvalid, match="two operators have signed"):
        approved(signed(), ("eve", ADA), START_US, 0)


class Desk:
    """A writer with two operators' keys."""

    def __init__(self) -> None:
        self.log = MemoryLog("main", 2)
        self.writer = Writer(self.log)
        self.writer.open_ledger(START_US)
        for number, (name, private) in enumerate((("ada", ADA), ("ben", BEN), ("ada2", EVE)), 1):
            operator = name.removesuffix("2")
            key = ask(
                RegisterKey, key_id=name, public_key=public_key(private), role="operator", operator=operator
            )
            command = changed(key, number=number)
            keys = [("ada", ADA), ("ben", BEN)][: max(number - 1, 1)]
            data = (
                encode_command(command)
                if number == 1
                else encode_signed(signed_command(command, "main", *keys))
            )
            assert self.send(data) == 0

    def send(self, data: bytes) -> int:
        (answer,) = self.writer.submit([data], START_US)
        return answer.outcome.code

    def newest(self) -> object:
        head = self.log.head()
        assert head is not None
        return block_events([self.log.read_partition(0, head.height, 1)[0].blob])[-1]


def test_the_ledger_records_who_approved_and_anybody_can_check_it() -> None:
    desk = Desk()
    assert desk.send(encode_signed(approval_command(signed()))) == 0
    event = desk.newest()
    assert isinstance(event, PlanApproved)
    assert (event.plan_digest, event.total_e8, event.payer) == (PLAN.digest, 500, "liquidator")
    content, signers = approval_in(event)
    keys = {"ada": public_key(ADA), "ben": public_key(BEN)}
    assert [key for key, _ in signers] == ["ada", "ben"]
    assert all(holds(keys[key], signature, "main", content) for key, signature in signers)
    state = desk.writer.state
    assert refuse_plan(state, REFUND, PLAN.digest, START_US) is None
    again = recover(desk.log, None).state
    assert refuse_plan(again, REFUND, PLAN.digest, START_US) is None
    expired = refuse_plan(again, REFUND, PLAN.digest, START_US + HOUR_US)
    assert expired is not None
    assert expired.code == Code.PLAN_EXPIRED


def test_an_approval_needs_two_people_even_for_the_same_digest() -> None:
    desk = Desk()
    same = approved(approved(PLAN, ("ada", ADA), START_US, START_US + HOUR_US), ("ada2", EVE), START_US, 0)
    assert desk.send(encode_signed(approval_command(same))) == Code.SECOND_SIGNATURE_REQUIRED
    other = Plan(PLAN.head, {"lines": []}, {})
    mixed = approval_command(signed(other, START_US + 1))
    mixed.content = approval_command(signed(PLAN, START_US + 1)).content
    assert desk.send(encode_signed(mixed)) == Code.SIGNATURE_INVALID


def test_without_registered_keys_nobody_can_approve() -> None:
    approve = ask(ApprovePlan, plan_kind=REFUND, plan_digest=PLAN.digest, expires_at_us=START_US + HOUR_US)
    decision = given().when(approve).decision
    assert decision is not None
    assert decision.code == Code.SIGNATURE_REQUIRED


def test_market_wide_events_make_no_plan_stale_and_those_of_accounts_do() -> None:
    ledger = given(USDC, account("ann"))
    head = ledger.state.seq
    ledger.given(rule("bands", "off"), rule("bands", "on"))
    assert moved_seq(ledger.state) == head
    assert refuse_moved(ledger.state, head) is None
    ledger.given(deposit("ann", "5"))
    assert moved_seq(ledger.state) == head + 3
    ledger.given(rule("bands", "off"))
    stale = refuse_moved(ledger.state, head)
    assert stale is not None
    assert stale.code == Code.PLAN_STALE
