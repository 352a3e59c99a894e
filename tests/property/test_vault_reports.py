"""What ``projectors show vault`` says is what the writer's state says, at any block."""

from fractions import Fraction
from math import floor
from pathlib import Path

import pytest

from ledger.core.rules.margin import account_value_e8
from ledger.core.state import State
from ledger.edge.decimals import format_decimal
from ledger.log.memory import MemoryLog
from ledger.log.port import LogReader
from ledger.writer.recovery import state_at
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.past.moments import Moment, MomentKind
from projectors.past.question import ask
from projectors.reading import vaults as vault_reports
from projectors.reading.answers import Answers
from projectors.stores.memory import MemoryStore
from projectors.views import portfolio, vaults
from tests.branching import Branching, Habits, head_of
from tests.projecting import LEDGER

E8 = 10**8


def answers_at(log: LogReader, height: int) -> Answers:
    """Both views as they are at a block, in memory."""
    question = ask(log, Moment(MomentKind.BLOCK, height), None)
    states = [
        ViewState(view.VIEW, {number: MemoryStore() for number in range(2)}, 2)
        for view in (vaults, portfolio)
    ]
    runner = Runner(log, states, chain=question.chain)
    runner.run_to_head()
    assert runner.stops == {}
    return Answers(Path(), states, height, question=question)


def decimal(amount_e8: int) -> str:
    return format_decimal(amount_e8, 8)


def check(answers: Answers, state: State) -> int:
    """Compare every vault; how many have holders."""
    assert [row["vault"] for row in vault_reports.vaults(answers)] == sorted(state.vaults)
    held = 0
    for name, vault in state.vaults.items():
        found = vault_reports.vault(answers, name, 0)
        equity, supply = account_value_e8(state.accounts[vault.account]), vault.supply_e8
        (worth,) = found["worth"]
        price = equity * E8 // supply if supply else 0
        assert worth["equity"] == decimal(equity)
        assert (worth["supply"], worth["price"]) == (decimal(supply), decimal(price))
        assert worth["total_pnl"] == decimal(equity - vault.net_deposits_e8)
        owner = vault.stakes.get(vault.owner)
        share = Fraction(owner.shares_e8, supply) if owner and supply else Fraction(0)
        assert worth["owner_equity"] == decimal(floor(share * equity))
        holders = {row["holder"]: (row["shares"], row["hwm"], row["deposited"]) for row in found["holders"]}
        assert holders == {
            stake.holder: (decimal(stake.shares_e8), decimal(stake.hwm_e8), decimal(stake.deposited_e8))
            for stake in vault.stakes.values()
        }
        running = {row["unwind_id"] for row in found["unwinds"] if row["status"] == "RUNNING"}
        assert running == {one.unwind_id for one in state.unwinds.values() if one.vault == name}
        if supply:
            assert vault_reports.prices(answers, name, 60, 1)[-1]["price"] == decimal(price)
        held += len(holders)
    return held


@pytest.mark.parametrize("seed", [1, 2])
def test_vaults_are_worth_what_the_writer_says_at_any_block_with_rollbacks(seed: int) -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), seed, Habits(rollbacks=10))
    ledger.write(60)
    held = 0
    for height in range(1, head_of(ledger.log).height + 1, 6):
        held += check(answers_at(ledger.log, height), state_at(ledger.log, height))
    assert held > 5


def test_prices_come_in_buckets_with_the_fall_from_the_highest() -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), 5, Habits(rollbacks=0))
    ledger.write(80)
    answers = answers_at(ledger.log, head_of(ledger.log).height)
    rows = vault_reports.prices(answers, "HLP", 60, 0)
    starts = [row["start_at_us"] for row in rows]
    assert starts == list(range(starts[0], starts[-1] + 1, 60_000_000))
    assert vault_reports.prices(answers, "HLP", 60, 2) == rows[-2:]
    peak = 0.0
    for row in rows:
        peak = max(peak, float(row["price"]))
        assert row["draw_down_ppm"] == pytest.approx(1e6 * (1 - float(row["price"]) / peak), abs=2)
    assert vault_reports.prices(answers, "NONE", 60, 0) == []
    assert vault_reports.vault(answers, "NONE", 0) == {}
