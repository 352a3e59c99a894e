"""Applying a rollback: who may, when, and what a death in the middle leaves."""

from typing import cast

import pytest

from ledger.core.image import state_rows
from ledger.core.messages import CancelOrder, ChangeStatus, ConfirmBook, OpenAccount, PlaceOrder, RevokeKey
from ledger.core.refusals import RefusalCode as Code
from ledger.core.rules.engine_book import book_digest, book_rows
from ledger.errors import LogUnavailable, PlanInvalid
from ledger.incident.plan import approval_command, approval_of
from ledger.incident.rollback.book import book_image
from ledger.incident.rollback.planner import apply_command, compare, last_block_before, plan_rollback
from ledger.log.codec import encode_command, encode_signed
from ledger.log.memory import MemoryLog
from ledger.log.port import Block, EventLog
from ledger.writer.recovery import recover
from tests.branching import head_of
from tests.fields import changed
from tests.spec import START_US, USDC, account, ask, deposit, e8, market, marks, rule, trade
from tests.undoing import ADA, AFTERWARDS, BEN, HOUR_US, Desk, business, wanted

BTC = "BTC-USD-PERP"


class BrokenLog:
    """A log that fails at one commit, before or after it is durable."""

    def __init__(self, log: MemoryLog, commit: int, *, durable: bool) -> None:
        self._log = log
        self._left = commit
        self._durable = durable

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def commit(self, block: Block) -> None:
        self._left -= 1
        if self._left == 0 and not self._durable:
            raise LogUnavailable("broken before the commit")
        self._log.commit(block)
        if self._left == 0:
            raise LogUnavailable("broken after the commit")


def order(name: str, side: str, **fields: object) -> PlaceOrder:
    placed: dict[str, object] = {
        "account": name,
        "market": BTC,
        "side": side,
        "order_type": "LIMIT",
        "instruction": "GTC",
        "size_e8": e8("0.1"),
        "has_price": 1,
        "price_e8": e8("60000"),
        "stp": "EXPIRE_TAKER",
    }
    return ask(PlaceOrder, **(placed | fields))


def stop(name: str, trigger: str) -> PlaceOrder:
    """A stop-loss order of a long position."""
    return order(
        name,
        "SELL",
        order_type="STOP_LOSS_MARKET",
        reduce_only=1,
        has_price=0,
        price_e8=0,
        has_trigger=1,
        trigger_price_e8=e8(trigger),
    )


def named(desk: Desk, back: int = 0) -> str:
    """Id of the order that was placed last, or of one before it."""
    return f"test/{desk.number - AFTERWARDS - back}"


class Traded:
    """A ledger with a position, orders, and void blocks that change them; the exchange is closed."""

    def __init__(self, log: EventLog | None = None, rollback_events: int = 50_000) -> None:
        self.desk = desk = Desk(log or MemoryLog("main", 2), rollback_events=rollback_events)
        desk.block(
            USDC,
            market(BTC),
            account("ann"),
            account("bob"),
            deposit("ann", "10000"),
            deposit("bob", "10000"),
            marks(1, BTC="60000"),
            trade(BTC, "ann", "bob", "0.1", "60000"),
        )
        desk.register()
        self.good = desk.block(
            stop("ann", "50000"),
            stop("ann", "51000"),
            order("ann", "BUY", price_e8=e8("59000")),
            order("bob", "SELL", price_e8=e8("61000")),
        )
        self.stops = [named(desk, 3), named(desk, 2)]
        self.bid, self.ask = named(desk, 1), named(desk)
        desk.block(ask(CancelOrder, account="ann", order_id=self.stops[0]))
        desk.block(deposit("ann", "77", ref="void"), marks(2, BTC="59999"))
        desk.maintenance()


def test_orders_are_cancelled_but_stops_that_their_owner_still_wants() -> None:
    traded = Traded()
    desk = traded.desk
    plan = desk.roll_back(wanted(traded.good))
    state = desk.writer.state
    assert list(state.accounts["ann"].orders) == [traded.stops[1]]
    assert not state.accounts["bob"].orders
    assert sorted(plan.body["cancelled"]) == sorted(
        [
            ["ann", traded.stops[0], "USER_CANCELED"],
            ["ann", traded.bid, "ROLLED_BACK"],
            ["bob", traded.ask, "ROLLED_BACK"],
        ]
    )
    assert plan.body["kept"] == [["ann", traded.stops[1]]]
    assert state.accounts["ann"].balance_e8 == e8("10077") - e8("0.18")


def test_a_stop_that_would_trigger_at_once_is_named() -> None:
    traded = Traded()
    desk = traded.desk
    desk.block(marks(3, BTC="50500"))
    plan = plan_rollback(desk.log, None, wanted(traded.good))
    (found,) = plan.report["triggered_at_once"]
    assert (found["order_id"], found["price_e8"]) == (traded.stops[1], e8("50500"))


def test_only_in_maintenance_with_approval_and_while_the_log_is_as_the_plan_says() -> None:
    traded = Traded()
    desk = traded.desk
    plan = desk.plan(wanted(traded.good))
    assert desk.apply(plan).outcome.code == Code.PLAN_NOT_APPROVED
    assert desk.approve(plan).outcome.code == 0
    assert desk.ask(ask(ChangeStatus, status="cancel_only"), ADA).outcome.code == Code.GATE_CLOSED
    desk.ask(rule("gates", "observe"), ADA, BEN)
    desk.ask(ask(ChangeStatus, status="cancel_only"), ADA)
    assert desk.apply(plan).outcome.code == Code.SYSTEM_MODE
    desk.maintenance()
    desk.writer.heartbeat()
    desk.block(marks(3, BTC="59998"))
    edited = changed(apply_command(plan, 2 * AFTERWARDS, desk.writer.time_us), target_height=traded.good - 1)
    assert desk.give(edited).outcome.code == Code.PLAN_MISMATCH
    desk.number = 2 * AFTERWARDS
    assert desk.ask(ask(OpenAccount, account="eve", kind="TRADER")).outcome.code == 0
    assert desk.apply(plan).outcome.code == Code.PLAN_STALE


def test_an_approval_that_names_other_sums_than_its_plan_applies_nothing() -> None:
    traded = Traded()
    desk = traded.desk
    plan = desk.plan(wanted(traded.good))
    false = changed(approval_of(plan), total_e8=5)
    assert desk.give(false, ADA, BEN).outcome.code == 0
    outcome = desk.apply(plan).outcome
    assert (outcome.code, "names other" in outcome.detail) == (Code.PLAN_MISMATCH, True)


def test_prices_and_approvals_may_follow_the_plan() -> None:
    traded = Traded()
    desk = traded.desk
    plan = desk.plan(wanted(traded.good))
    desk.writer.heartbeat()
    desk.block(marks(3, BTC="59998"))
    assert desk.approve(plan).outcome.code == 0
    assert desk.apply(plan).outcome.code == 0
    assert desk.writer.state.markets[BTC].mark_e8 == e8("60000")


def test_an_approval_ends_and_goes_with_a_key() -> None:
    traded = Traded()
    desk = traded.desk
    plan = desk.plan(wanted(traded.good))
    desk.approve(plan)
    late = changed(apply_command(plan, 1, START_US), issued_at_us=desk.writer.time_us + HOUR_US)
    (answer,) = desk.writer.submit([encode_command(late)], late.issued_at_us)
    assert answer.outcome.code == Code.PLAN_EXPIRED
    traded = Traded()
    desk = traded.desk
    plan = desk.plan(wanted(traded.good))
    desk.approve(plan)
    assert desk.ask(ask(RevokeKey, key_id="ben"), ADA, BEN).outcome.code == 0
    assert desk.apply(plan).outcome.code == Code.PLAN_NOT_APPROVED


def test_of_two_operators_who_apply_at_once_one_wins_and_the_other_is_told() -> None:
    traded = Traded()
    desk = traded.desk
    plan = desk.plan(wanted(traded.good))
    desk.approve(plan)
    both = [
        encode_command(changed(apply_command(plan, 1, desk.writer.time_us), producer=name))
        for name in ("ada", "ben")
    ]
    first, second = desk.writer.submit(both, desk.writer.time_us)
    assert (first.outcome.code, second.outcome.code) == (0, Code.PLAN_APPLIED)
    assert str(first.outcome.first_seq) in second.outcome.detail


def test_a_void_command_stays_answered_and_says_what_made_it_void() -> None:
    log = MemoryLog("main", 2)
    traded = Traded(log)
    desk = traded.desk
    head = head_of(log)
    void = log.read_commands(head.command_cursor - 3, 1)[0]
    plan = desk.roll_back(wanted(traded.good))
    declared = next(r for r in state_rows(desk.writer.state) if r[0] == "rollback")[3]
    balances = business(desk.writer.state)
    for writer in (desk.writer, desk.started()):
        (answer,) = writer.submit([void.data], writer.time_us)
        assert answer.duplicate
        assert answer.outcome.voided_by == declared
    (again,) = desk.writer.submit([encode_signed(approval_command(plan))], desk.writer.time_us)
    assert (again.duplicate, again.outcome.voided_by) == (True, declared)
    assert business(desk.writer.state) == balances


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("commit", [1, 2, 3])
def test_a_death_at_any_step_is_gone_on_from(commit: int, durable: bool) -> None:  # noqa: FBT001
    clean = Traded(rollback_events=2)
    clean.desk.roll_back(wanted(clean.good))
    log = MemoryLog("main", 2)
    traded = Traded(log, rollback_events=2)
    desk = traded.desk
    plan = desk.plan(wanted(traded.good))
    desk.approve(plan)
    desk.log = cast("EventLog", BrokenLog(log, commit, durable=durable))
    desk.writer = desk.started()
    with pytest.raises(LogUnavailable):
        desk.apply(plan)
    desk.log = log
    desk.writer = desk.started()
    desk.writer.heartbeat()
    desk.writer.catch_up()
    assert business(desk.writer.state) == business(clean.desk.writer.state)
    assert state_rows(recover(log, None).state) == state_rows(desk.writer.state)
    assert desk.writer.state.rollback_seq == 0
    assert desk.apply(plan).outcome.code == Code.PLAN_APPLIED


def test_nothing_is_decided_on_restored_marks_and_the_engine_loads_its_book_first() -> None:
    traded = Traded()
    desk = traded.desk
    desk.ask(rule("gate_hold_ms", "0"), ADA, BEN)
    desk.roll_back(wanted(traded.good))
    assert desk.ask(ask(ChangeStatus, status="cancel_only"), ADA).outcome.code == Code.PRICES_RESTORED
    desk.block(marks(2, BTC="60000"))
    assert desk.writer.state.waits == 0
    rows = book_rows(desk.writer.state)
    image = book_image(desk.writer.state, 1, ADA)
    assert (image.orders, image.problem(desk.writer.state)) == (1, "")
    wrong = ask(ConfirmBook, source="engine", book_digest="ab" * 32, orders=1)
    assert desk.ask(wrong).outcome.code == Code.BOOK_MISMATCH
    assert (
        desk.ask(ask(ConfirmBook, source="engine", book_digest=book_digest(rows), orders=1)).outcome.code == 0
    )
    assert desk.writer.state.book_seq > desk.writer.state.restored_seq


def test_a_book_image_that_was_changed_is_found() -> None:
    traded = Traded()
    state = traded.desk.writer.state
    image = book_image(state, 1, ADA)
    image.rows[0][9] = 1
    assert "digest" in image.problem(state)
    assert "signature" in book_image(state, 1, ("ada", BEN[1])).problem(state)
    assert "not registered" in book_image(state, 1, ("eve", BEN[1])).problem(state)


def test_void_targets_and_choices_that_there_are_not_are_refused_by_the_planner() -> None:
    traded = Traded()
    desk = traded.desk
    with pytest.raises(PlanInvalid, match="does not end negative"):
        plan_rollback(desk.log, None, wanted(traded.good, cover=["ann"]))
    with pytest.raises(PlanInvalid, match="no void transfer"):
        plan_rollback(desk.log, None, wanted(traded.good, transfers=["x/1"]))
    desk.roll_back(wanted(traded.good))
    with pytest.raises(PlanInvalid, match="is void"):
        plan_rollback(desk.log, None, wanted(traded.good + 1))


def test_candidates_are_compared_newest_first() -> None:
    traded = Traded()
    desk = traded.desk
    bad = desk.log.seal(traded.good + 2).last_seq
    assert last_block_before(desk.log, bad) == traded.good + 1
    newer, older = compare(desk.log, None, [traded.good, traded.good + 1], "incident-1")
    assert (newer["target_height"], newer["reinstated"], newer["void_events"]) == (traded.good + 1, 1, 3)
    assert (older["target_height"], older["void_events"]) == (traded.good, 4)
