"""Random histories with money in and out, taken back by plans: laws, digests, and who ends with what."""

from collections import Counter

import pytest

from ledger.core.control_image import CONTROL_ROWS
from ledger.core.digest import writer_digest
from ledger.core.image import state_rows
from ledger.core.messages import (
    AnyEvent,
    DepositCredited,
    RollbackDeclared,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.state import State
from ledger.errors import PlanInvalid
from ledger.incident.rollback.proof import find_rollback, prove
from ledger.log.codec import encode_signed
from ledger.log.memory import MemoryLog
from ledger.log.port import EventLog
from ledger.log.verify import verify_log
from ledger.signing import signed_command
from ledger.writer.recovery import recover, state_at
from projectors.folding.runner import Runner
from projectors.views import VIEWS
from tests.branching import head_of, live_chain_of
from tests.histories.chooser import Seeded
from tests.projecting import memory_state
from tests.strategies import seeded_history
from tests.undoing import ADA, BEN, Desk, events_of, wanted

LEDGER = "test-ledger"
SEEDS = range(3)
PARTITIONS = 2
Money = dict[tuple[str, str], int]


class Undoing:
    """A desk with a history that goes on at random, and goes back at random."""

    def __init__(self, seed: int, rollback_events: int = 50_000) -> None:
        self.desk = Desk(MemoryLog(LEDGER, PARTITIONS), rollback_events=rollback_events)
        self.desk.register()
        self.chooser = Seeded(seed)
        self.history = seeded_history(seed, 10_000, markets=2, accounts=6)
        self.write(12)

    def write(self, blocks: int) -> None:
        """More blocks; what is refused since a rollback took its ground away is refused."""
        for _ in range(blocks):
            for _ in range(self.chooser.integer(1, 9)):
                command = next(self.history)
                data = encode_signed(signed_command(command, LEDGER, ADA, BEN))
                self.desk.log.append_commands([data], command.issued_at_us)
            self.desk.writer.run_block()

    def target(self) -> int:
        """A live block that is in the middle of nothing."""
        newest = head_of(self.desk.log).height
        chain = live_chain_of(self.desk.log)
        return chain.newest_at(self.chooser.integer(max(3, newest - 25), newest))

    def go_back(self) -> int:
        """Close the exchange and go back to a block of the dice; its height."""
        if self.desk.writer.state.control.status != "maintenance":
            self.desk.maintenance()
        while True:
            target = self.target()
            try:
                self.desk.roll_back(wanted(target))
            except PlanInvalid as fault:
                assert "was listed after the target" in fault.what  # noqa: PT017
                self.write(1)
                continue
            return target


def on_chain(log: EventLog, tip: int, after: int = 0) -> list[AnyEvent]:
    """Events of the chain of a block, above a height."""
    chain = live_chain_of(log, tip)
    return [e for h in range(after + 1, tip + 1) if chain.is_on_chain(h) for e in events_of(log, h)]


def money(state: State) -> Money:
    """(account, asset) -> balance and what is pending of it together."""
    total: Counter[tuple[str, str]] = Counter()
    for account in state.accounts.values():
        total[account.name, state.settlement_asset] += account.balance_e8
        for asset, amount in account.other_balances.items():
            total[account.name, asset] += amount
        for asset, amount in account.pending.items():
            total[account.name, asset] += amount
    return {key: amount for key, amount in total.items() if amount}


def expected(at_target: State, void: list[AnyEvent]) -> Money:
    """What everybody has after going back: what they had, what came in since, less what left since."""
    result: Counter[tuple[str, str]] = Counter(money(at_target))
    for event in void:
        if isinstance(event, DepositCredited):
            result[event.account, event.asset] += event.amount_e8
        elif isinstance(event, WithdrawalReleased):
            result[event.account, event.asset] -= event.paid_e8
    return {key: amount for key, amount in result.items() if amount}


def references(events: list[AnyEvent]) -> Counter[tuple[str, int]]:
    """Deposits and payments, each by what the outside calls it."""
    found: Counter[tuple[str, int]] = Counter()
    for event in events:
        if isinstance(event, DepositCredited):
            found[f"{event.external_chain}/{event.external_ref}", event.amount_e8] += 1
        elif isinstance(event, WithdrawalReleased):
            found[event.withdrawal_id, -event.paid_e8] += 1
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_going_back_keeps_what_happened_outside_and_nothing_else(seed: int) -> None:
    ledger = Undoing(seed)
    log = ledger.desk.log
    for _ in range(5):
        ledger.write(9)
        before = recover(log, None)
        target = ledger.go_back()
        rolled = find_rollback(log)
        at_target = state_at(log, target)
        void = on_chain(log, rolled.height - 1, target)
        state = ledger.desk.writer.state
        assert money(state) == expected(at_target, void)
        assert {k: v for k, v in state.custody.items() if v} == {
            k: v for k, v in before.state.custody.items() if v
        }
        live = references(on_chain(log, rolled.height))
        assert live == references(on_chain(log, rolled.height - 1))
        assert set(live.values()) <= {1}
        (declared, *_) = events_of(log, rolled.height)
        assert isinstance(declared, RollbackDeclared)
        assert declared.state_digest_target == writer_digest(at_target)
        pending = {event.withdrawal_id for event in void if isinstance(event, WithdrawalRequested)}
        assert pending.isdisjoint(state.withdrawals)
        failed = {event.withdrawal_id for event in void if isinstance(event, WithdrawalFailed)}
        assert failed.isdisjoint(state.withdrawals)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_writer_goes_on_with_what_the_log_gives_and_views_and_proof_agree(seed: int) -> None:
    ledger = Undoing(seed, rollback_events=3 if seed % 2 else 50_000)
    log = ledger.desk.log
    for _ in range(3):
        ledger.write(9)
        control = [row for row in state_rows(ledger.desk.writer.state) if row[0] in CONTROL_ROWS]
        ledger.go_back()
        state = ledger.desk.writer.state
        assert state_rows(recover(log, None).state) == state_rows(state)
        kept = [row for row in state_rows(state) if row[0] in CONTROL_ROWS]
        assert [row for row in control if row[0] not in ("control", "void")] == [
            row for row in kept if row in control and row[0] not in ("control", "void")
        ]
        assert state.control.status == "maintenance"
        ledger.desk.mark()
        assert prove(log, find_rollback(log))["findings"] == []
    ledger.write(5)
    ledger.desk.mark()
    assert [str(finding) for finding in verify_log(log)] == []
    runner = Runner(log, [memory_state(view, PARTITIONS) for view in VIEWS.values()])
    runner.run_to_head()
    assert {
        name: str(stop.fault) for name, stop in runner.stops.items() if "guard" not in str(stop.fault)
    } == {}
