"""Playing commands through the core: what every property test starts from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.core.decide import decide
from ledger.core.evolve import evolve
from ledger.core.messages import AnyCommand, AnyEvent, LedgerOpened
from ledger.core.state import State

START_US = 1_750_000_000_000_000
PARTITIONS = 4


@dataclass
class Step:
    """One command and what the core made of it; ``code`` is 0 when it was accepted."""

    command: AnyCommand
    code: int
    detail: str
    events: list[AnyEvent]


def ledger_opened(partitions: int = PARTITIONS) -> LedgerOpened:
    """The first event of every ledger, stamped."""
    event = LedgerOpened("test-ledger", partitions, "1", "")
    event.seq = 1
    event.recorded_at_us = START_US
    event.occurred_at_us = START_US
    return event


def opened_state(partitions: int = PARTITIONS) -> State:
    """The state of a ledger that was opened and nothing else."""
    state = State()
    evolve(state, ledger_opened(partitions))
    return state


def play_one(state: State, command: AnyCommand) -> Step:
    """Decide one command and take its events into ``state``."""
    decision = decide(state, command, max(state.recorded_at_us, command.issued_at_us))
    for event in decision.events:
        evolve(state, event)
    return Step(command, decision.code, decision.detail, decision.events)


def play(state: State, commands: Iterable[AnyCommand]) -> list[Step]:
    """Decide commands one after the other."""
    return [play_one(state, command) for command in commands]


def events_of(steps: Sequence[Step]) -> list[AnyEvent]:
    """All events of some steps in order of seq."""
    return [event for step in steps for event in step.events]


def balances(state: State) -> dict[tuple[str, str], tuple[int, int]]:
    """(account, asset) -> (balance, pending), wherever either is not zero."""
    rows = {}
    for name, account in state.accounts.items():
        held = {state.settlement_asset: account.balance_e8, **account.other_balances}
        for asset in held.keys() | account.pending.keys():
            pair = (held.get(asset, 0), account.pending.get(asset, 0))
            if pair != (0, 0):
                rows[name, asset] = pair
    return rows


def stakes(state: State) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(vault, holder) -> (shares, high-water mark, deposited)."""
    return {
        (vault.vault, stake.holder): (stake.shares_e8, stake.hwm_e8, stake.deposited_e8)
        for vault in state.vaults.values()
        for stake in vault.stakes.values()
    }


def positions(state: State) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """(account, market) -> (position_id, size, cost, cached index) of the open positions."""
    return {
        (name, market): (h.position_id, h.size_e8, h.cost_e8, h.cached_index_e8)
        for name, account in state.accounts.items()
        for market, h in account.holdings.items()
        if h.size_e8
    }


def open_orders(state: State) -> dict[tuple[str, str], tuple[str, str, str, str, int]]:
    """(account, order_id) -> (market, side, type, status, remaining)."""
    return {
        (name, o.order_id): (
            o.market,
            "BUY" if o.sign > 0 else "SELL",
            o.order_type,
            o.status,
            o.remaining_e8,
        )
        for name, account in state.accounts.items()
        for o in account.orders.values()
    }


def status(state: State) -> tuple[str, str, dict[str, str]]:
    """Status of the exchange, switch of withdrawals, status of every market."""
    control = state.control
    return control.status, control.withdrawals, {n: m.status for n, m in state.markets.items()}


def funding(state: State) -> dict[str, tuple[int, int, int, int]]:
    """market -> (index, remainder, rate, premium)."""
    return {n: (m.index_e8, m.remainder, m.rate_e12, m.premium_e8) for n, m in state.markets.items()}
