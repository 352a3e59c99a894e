"""What the benchmark measures must be what it says: that mix, and nothing refused."""

from collections import Counter

from benchmarks.load import START_US, Load
from benchmarks.measures import play
from ledger.core.evolve import evolve
from ledger.core.messages import LedgerOpened
from ledger.core.state import State

ACCOUNTS = 40


def opened() -> State:
    state = State()
    event = LedgerOpened("benchmark", 4, "", "")
    event.seq = 1
    event.recorded_at_us = START_US
    evolve(state, event)
    return state


def test_every_command_of_the_mix_is_accepted_and_the_shares_are_those_promised() -> None:
    load, state = Load(ACCOUNTS), opened()
    play(state, load.opening())
    commands = list(load.commands(2000))
    play(state, commands)
    counts = Counter(type(command).__name__ for command in commands)
    assert counts["Transfer"] == 100
    assert abs(counts["PlaceOrder"] - 1000) < 40
    assert abs(counts["SettleTrade"] - 600) < 20
    assert abs(counts["CancelOrder"] - 300) < 20


def test_every_account_gets_two_positions_and_three_open_orders() -> None:
    load, state = Load(ACCOUNTS), opened()
    play(state, load.opening())
    play(state, load.holdings())
    for account in state.accounts.values():
        assert sum(1 for holding in account.holdings.values() if holding.size_e8) == 2
        assert len(account.orders) == 3
