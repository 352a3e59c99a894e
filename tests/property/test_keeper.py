"""The keeper, from the events alone, finds exactly the accounts that the writer would liquidate."""

from concurrent.futures import Future
from itertools import count

import pytest

from ledger.core.messages import AnyCommand, ChangeRule, ChangeStatus, LiquidateAccount
from ledger.core.refusals import RefusalCode
from ledger.core.rules.health import IN_FORCE, health_of, positions_of
from ledger.core.state import State
from ledger.errors import LogUnavailable
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.writer.apply import Answer
from ledger.writer.recovery import state_at
from ledger.writer.writer import Writer
from services.keeper.follower import ColumnFollower
from services.keeper.keeper import Keeper
from tests import playing
from tests.branching import Branching, Habits, head_of
from tests.fields import changed
from tests.projecting import LEDGER
from tests.spec import START_US, USDC, account, ask, deposit, market, marks, trade
from tests.strategies import seeded_history

BTC = "BTC-USD-PERP"


def below_maintenance(state: State) -> list[str]:
    """Accounts that the writer would liquidate, if markets and mode allow it."""
    return sorted(
        name
        for name, books in state.accounts.items()
        if positions_of(books) and not books.margin_exempt and not health_of(books, IN_FORCE).healthy()
    )


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_accounts_below_maintenance_are_found_at_every_block_of_a_history(seed: int) -> None:
    log = MemoryLog(LEDGER, playing.PARTITIONS)
    writer = Writer(log)
    writer.open_ledger(playing.START_US)
    follower = ColumnFollower(log)
    found = 0
    for number, command in enumerate(seeded_history(seed, 500)):
        writer.submit([encode_command(command)], command.issued_at_us)
        if number % 5 == 0:
            follower.catch_up()
            below = follower.columns.below()
            assert below == below_maintenance(writer.state)
            found += len(below)
    assert found


def test_after_a_rollback_the_columns_are_those_of_the_chain_that_counts() -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), 5, Habits(rollbacks=0))
    follower = ColumnFollower(ledger.log)
    ledger.write(40)
    follower.catch_up()
    ledger.roll_back(20, completed=True)
    ledger.write(3)
    assert follower.catch_up()
    state = state_at(ledger.log, head_of(ledger.log).height)
    assert follower.columns.below() == below_maintenance(state)
    held = {name for name, books in state.accounts.items() if positions_of(books)}
    numbers = follower.columns.positions.get_column("account").unique()
    assert {follower.columns.names[number] for number in numbers} == held
    assert not follower.catch_up()


class Desk:
    """A ledger on a log in memory that a keeper sends to; answers are ready at once unless ``slow``."""

    def __init__(self) -> None:
        self.log = MemoryLog(LEDGER, 2)
        self.writer = Writer(self.log)
        self.writer.open_ledger(START_US)
        self.now_us = START_US
        self.slow = False
        self.sent: list[str] = []
        self._numbers = count(1)

    def take(self, *commands: AnyCommand) -> None:
        """Commands that are accepted."""
        for command in commands:
            numbered = changed(command, number=next(self._numbers))
            self.now_us = max(self.now_us, command.issued_at_us)
            (answer,) = self.writer.submit([encode_command(numbered)], self.now_us)
            assert answer.outcome.code == 0, answer.outcome.detail

    def send(self, command: LiquidateAccount) -> "Future[Answer]":
        """Give the command to the writer."""
        self.sent.append(command.account)
        future: Future[Answer] = Future()
        if not self.slow:
            (answer,) = self.writer.submit([encode_command(command)], self.now_us)
            future.set_result(answer)
        return future

    def keeper(self, per_tick: int = 100) -> Keeper:
        return Keeper(ColumnFollower(self.log), self, lambda: self.now_us, "keeper-1", per_tick)


@pytest.fixture
def desk() -> Desk:
    """Three leveraged longs against a maker, and a fund."""
    desk = Desk()
    desk.take(USDC, market(maker_fee_ppm=0), account("fund", kind="LIQUIDATOR"), deposit("fund", "50000"))
    desk.take(account("maker"), deposit("maker", "500000"), marks(1, BTC="60000"))
    for name in ("ann", "ben", "cid"):
        desk.take(account(name), deposit(name, "1300"), trade(BTC, name, "maker", "1", "60000"))
    return desk


def test_who_is_below_after_a_tick_is_asked_for_in_order_of_names_and_taken_over(desk: Desk) -> None:
    keeper = desk.keeper()
    assert keeper.turn() == 0
    desk.take(marks(2, BTC="59200"))
    assert keeper.turn() == 3
    assert desk.sent == ["ann", "ben", "cid"]
    assert keeper.turn() == 0
    assert keeper.counts == {"asked": 3, "liquidated": 3}
    assert below_maintenance(desk.writer.state) == []


def test_at_most_so_many_are_asked_for_at_a_tick_and_the_rest_at_the_next(desk: Desk) -> None:
    keeper = desk.keeper(per_tick=2)
    desk.take(marks(2, BTC="59200"))
    assert (keeper.turn(), keeper.turn()) == (2, 0)
    desk.take(marks(3, BTC="59200"))
    assert keeper.turn() == 1
    assert desk.sent == ["ann", "ben", "cid"]


def test_nobody_is_asked_for_twice_before_the_ledger_answered(desk: Desk) -> None:
    keeper = desk.keeper()
    desk.slow = True
    desk.take(marks(2, BTC="59200"))
    assert keeper.turn() == 3
    desk.take(marks(3, BTC="59200"))
    assert keeper.turn() == 0
    for future in keeper.waiting.values():
        future.set_exception(LogUnavailable("no outcome", where="test"))
    desk.take(marks(4, BTC="59200"))
    desk.slow = False
    assert keeper.turn() == 3
    assert keeper.counts == {"asked": 6, "unanswered": 3}


def test_a_refusal_is_counted_and_the_account_asked_for_again_at_the_next_tick(desk: Desk) -> None:
    keeper = desk.keeper()
    desk.take(marks(2, BTC="59200"))
    desk.writer.state.control.numbers["liquidation_accounts_max"] = 1
    assert keeper.turn() == 3
    assert keeper.turn() == 0
    assert keeper.counts == {"asked": 3, "liquidated": 1, RefusalCode.LIQUIDATION_BREAKER.name: 2}
    desk.take(marks(3, BTC="59200"))
    assert keeper.turn() == 2


def test_a_mode_that_refuses_liquidations_is_asked_once_until_it_changes(desk: Desk) -> None:
    keeper = desk.keeper(per_tick=1)
    desk.take(ask(ChangeStatus, status="cancel_only", reason="maintenance"), marks(2, BTC="59200"))
    assert keeper.turn() == 1
    for number in (3, 4):
        desk.take(marks(number, BTC="59200"))
        assert keeper.turn() == 0
    desk.take(ask(ChangeStatus, status="maintenance", reason="maintenance"), marks(5, BTC="59200"))
    assert (keeper.turn(), keeper.turn()) == (1, 0)
    desk.take(ask(ChangeRule, rule="mode.liquidations", scope="system", value="maintenance,ok"))
    desk.take(marks(6, BTC="59200"))
    assert (keeper.turn(), keeper.turn()) == (1, 0)
    assert keeper.counts["liquidated"] == 1


def test_an_answer_that_is_older_than_the_mode_holds_nobody_back(desk: Desk) -> None:
    keeper = desk.keeper(per_tick=1)
    desk.slow = True
    desk.take(ask(ChangeStatus, status="cancel_only", reason="maintenance"), marks(2, BTC="59200"))
    assert keeper.turn() == 1
    command = LiquidateAccount("keeper-1", 1, desk.now_us, "ann")
    (answer,) = desk.writer.submit([encode_command(command)], desk.now_us)
    desk.slow = False
    desk.take(ask(ChangeStatus, status="maintenance", reason="maintenance"))
    desk.take(ask(ChangeRule, rule="mode.liquidations", scope="system", value="maintenance,ok"))
    assert keeper.turn() == 0
    keeper.waiting["ann"].set_result(answer)
    desk.take(marks(3, BTC="59200"))
    assert keeper.turn() == 1
    assert desk.sent == ["ann", "ann"]


def test_a_fault_that_does_not_pass_by_itself_ends_the_keeper(desk: Desk) -> None:
    keeper = desk.keeper()
    desk.slow = True
    desk.take(marks(2, BTC="59200"))
    keeper.turn()
    keeper.waiting["ann"].set_exception(ValueError("broken"))
    with pytest.raises(ValueError, match="broken"):
        keeper.turn()


def test_without_a_block_there_is_nobody_to_ask_for() -> None:
    follower = ColumnFollower(MemoryLog(LEDGER, 2))
    assert not follower.catch_up()
    assert follower.columns.below() == []


def test_an_exempt_account_is_never_asked_for(desk: Desk) -> None:
    desk.take(account("ext", kind="EXTERNAL", margin_exempt=1))
    desk.take(trade(BTC, "ext", "maker", "1", "60000"), marks(2, BTC="59900"))
    follower = ColumnFollower(desk.log)
    follower.catch_up()
    assert follower.columns.below() == []
