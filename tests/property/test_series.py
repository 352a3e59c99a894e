"""The portfolio series says what the writer says of the value of every account, at any block."""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.core.messages import (
    DepositCredited,
    FillSettled,
    TradeBusted,
    TransferReceived,
    TransferSent,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.rules.margin import account_value_e8
from ledger.edge.decimals import format_decimal
from ledger.log.memory import MemoryLog
from ledger.log.port import LogReader
from ledger.writer.recovery import state_at
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.past.moments import Moment, MomentKind
from projectors.past.question import ask
from projectors.reading.answers import Answers
from projectors.reading.series import series
from projectors.stores.memory import MemoryStore
from projectors.views import portfolio
from tests.branching import Branching, Habits, head_of, live_chain_of
from tests.projecting import LEDGER


def answers_at(log: LogReader, height: int) -> Answers:
    """The portfolio view as it is at a block, in memory."""
    question = ask(log, Moment(MomentKind.BLOCK, height), None)
    state = ViewState(portfolio.VIEW, {number: MemoryStore() for number in range(2)}, 2)
    runner = Runner(log, [state], chain=question.chain)
    runner.run_to_head()
    assert runner.stops == {}
    return Answers(Path(), [state], height, question=question)


FLOWS = ("TRANSFER", "VAULT_DEPOSIT", "VAULT_WITHDRAWAL", "UNWINDING")


def worth_of_move(event: FillSettled) -> int:
    """Unrealised profit that a moved part of a position takes along."""
    size = event.size_after_e8 - event.size_before_e8
    return size * event.mark_price_e8 // 10**8 - (event.cost_after_e8 - event.cost_before_e8)


def decimal(amount_e8: int) -> str:
    return format_decimal(amount_e8, 8)


@pytest.mark.parametrize("seed", [1, 6])
@pytest.mark.parametrize("bucket_s", [60, 3_600])
def test_values_are_the_writers_at_every_block_with_rollbacks(seed: int, bucket_s: int) -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), seed, Habits(rollbacks=10))
    ledger.write(60)
    valued = 0
    for height in range(1, head_of(ledger.log).height + 1, 4):
        answers = answers_at(ledger.log, height)
        for name, account in state_at(ledger.log, height).accounts.items():
            rows = series(answers, name, bucket_s, 0)
            expected = account_value_e8(account)
            assert (rows[-1]["value"] if rows else "0") == decimal(expected)
            valued += any(holding.size_e8 for holding in account.holdings.values())
    assert valued > 20


@pytest.mark.parametrize("seed", [3, 4])
def test_profit_volume_and_funding_add_up_to_what_the_events_say(seed: int) -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), seed, Habits(rollbacks=10))
    ledger.write(80)
    height = head_of(ledger.log).height
    flows: dict[str, int] = defaultdict(int)
    volumes: dict[str, int] = defaultdict(int)
    chain = live_chain_of(ledger.log)
    for block in (one for one in range(1, height + 1) if chain.is_on_chain(one)):
        for event in ledger.block(block):
            match event:
                case DepositCredited(asset="USDC") | WithdrawalFailed(asset="USDC"):
                    flows[event.account] += event.amount_e8
                case WithdrawalRequested(asset="USDC"):
                    flows[event.account] -= event.amount_e8
                case WithdrawalReleased(asset="USDC"):
                    flows[event.account] += event.loss_e8
                case TransferSent(asset="USDC") if event.transfer_kind in FLOWS:
                    flows[event.account] -= event.amount_e8
                case TransferReceived(asset="USDC") if event.transfer_kind in FLOWS:
                    flows[event.account] += event.amount_e8
                case FillSettled():
                    volumes[event.account] += event.value_e8
                    if event.fill_type == "UNWIND_TRANSFER":
                        flows[event.account] += worth_of_move(event)
                case TradeBusted():
                    volumes[event.account] -= event.value_e8
                case _:
                    pass
    answers = answers_at(ledger.log, height)
    state = state_at(ledger.log, height)
    for name, account in state.accounts.items():
        rows = series(answers, name, 60, 0)
        sums = {name: sum(Decimal(row[name]) for row in rows) for name in ("flow", "volume", "pnl")}
        pnl = account_value_e8(account) - flows[name]
        assert sums == {
            "flow": Decimal(decimal(flows[name])),
            "volume": Decimal(decimal(volumes[name])),
            "pnl": Decimal(decimal(pnl)),
        }
        assert (rows[-1]["total_pnl"] if rows else "0") == decimal(pnl)


def test_buckets_are_those_of_the_width_asked_for_and_the_newest_come_last() -> None:
    ledger = Branching(MemoryLog(LEDGER, 2), 5, Habits(rollbacks=0))
    ledger.write(60)
    answers = answers_at(ledger.log, head_of(ledger.log).height)
    every = series(answers, "trader-0", 60, 0)
    assert series(answers, "trader-0", 60, 3) == every[-3:]
    starts = [row["start_at_us"] for row in every]
    assert starts == list(range(starts[0], starts[-1] + 1, 60_000_000))
    hours = series(answers, "trader-0", 3_600, 0)
    assert hours[-1]["value"] == every[-1]["value"]
    assert hours[-1]["total_pnl"] == every[-1]["total_pnl"]
    assert series(answers, "nobody", 60, 0) == []
