"""A rollback from plan to proof, on every log."""

from collections.abc import Callable

from ledger.core.image import state_rows
from ledger.core.messages import ReleaseWithdrawal, RequestWithdrawal
from ledger.core.refusals import RefusalCode as Code
from ledger.incident.rollback.proof import find_rollback, prove
from ledger.log.port import EventLog
from ledger.log.verify import verify_log
from ledger.writer.recovery import recover
from tests.spec import USDC, account, ask, deposit, e8
from tests.undoing import AFTERWARDS, Desk, wanted

Reopen = Callable[[EventLog], EventLog]


def with_money_out(desk: Desk) -> int:
    """Ann gets money in void blocks and takes it out; the last block before that."""
    desk.block(USDC, account("ann"), account("bob"), deposit("bob", "100"))
    desk.register()
    good = desk.block(deposit("ann", "5"))
    desk.block(deposit("ann", "90"))
    request = ask(RequestWithdrawal, account="ann", asset="USDC", amount_e8=e8("60"), destination="0x")
    desk.block(request)
    name = f"test/{desk.number - AFTERWARDS}"
    desk.block(ask(ReleaseWithdrawal, account="ann", withdrawal_id=name, external_ref="0xout"))
    desk.maintenance()
    return good


def test_a_rollback_in_several_blocks_and_one_over_it_are_read_back_and_proved(
    log: EventLog, reopen: Reopen
) -> None:
    desk = Desk(log, rollback_events=2)
    good = with_money_out(desk)
    desk.roll_back(wanted(good))
    assert desk.writer.state.accounts["ann"].balance_e8 == e8("35")
    desk.block(deposit("ann", "7", ref="late"))
    plan = desk.roll_back(wanted(good))
    assert desk.writer.state.accounts["ann"].balance_e8 == e8("42")
    assert desk.apply(plan).outcome.code == Code.PLAN_APPLIED
    rows = state_rows(desk.writer.state)
    again = reopen(log)
    assert state_rows(recover(again, None).state) == rows
    assert prove(again, find_rollback(again))["findings"] == []
    assert [str(finding) for finding in verify_log(again)] == []
