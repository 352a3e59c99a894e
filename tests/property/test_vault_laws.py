"""Laws of vaults over generated histories (domain.md 4.3 law 5; decisions.md 27, 28).

Equity is taken from the state with exact fractions, never from what an event says of it.
"""

from fractions import Fraction

import pytest
from hypothesis import given

from ledger.core.messages import (
    AnyCommand,
    FundingSettled,
    VaultFeeSettled,
    VaultSharesBurned,
    VaultSharesMinted,
    VaultUnwindStarted,
)
from ledger.core.postings import postings
from ledger.core.state import State
from ledger.core.vault_state import Vault
from tests import playing
from tests.strategies import histories, seeded_history

E8 = 10**8


def value_of(state: State, name: str) -> Fraction:
    """Account value, exactly."""
    account = state.accounts[name]
    value = Fraction(account.balance_e8)
    for holding in account.holdings.values():
        market = holding.market
        way = market.mark_e8 - market.index_e8 + holding.cached_index_e8
        value += Fraction(holding.size_e8 * way, E8) - holding.cost_e8
    return value


def price_of(state: State, vault: Vault) -> Fraction | None:
    """Value of one share, if there are any and they are worth something."""
    equity = value_of(state, vault.account)
    return equity / vault.supply_e8 if vault.supply_e8 and equity > 0 else None


def check_stakes(state: State) -> None:
    """Supply is what the holders have, and a stake is what its lots are."""
    for vault in state.vaults.values():
        assert vault.supply_e8 == sum(stake.shares_e8 for stake in vault.stakes.values())
        for stake in vault.stakes.values():
            assert stake.shares_e8 == sum(lot.shares_e8 for lot in stake.lots) > 0
            assert all(lot.shares_e8 > 0 for lot in stake.lots)
            assert stake.deposited_e8 >= 0


def check_flow(state: State, step: playing.Step, before: dict[str, Fraction | None]) -> None:
    """What a deposit, a redemption or a fee did to the price, and what was paid for the shares."""
    settled = sum(1 for event in step.events if isinstance(event, FundingSettled))
    for event in step.events:
        match event:
            case VaultSharesMinted():
                vault = state.vaults[event.vault]
                assert event.shares_e8 * max(event.equity_before_e8, 1) <= event.amount_e8 * max(
                    event.supply_before_e8, event.equity_before_e8, 1
                )
                price = before[event.vault]
                assert price is None or price_of_after(state, vault) >= price
            case VaultSharesBurned():
                vault = state.vaults[event.vault]
                assert event.pay_e8 == event.equity_before_e8 * event.shares_e8 // event.supply_before_e8
                price = before[event.vault]
                if price is not None and vault.supply_e8:
                    assert price_of_after(state, vault) >= price - Fraction(settled, event.supply_before_e8)
            case VaultFeeSettled():
                assert event.price_e8 > event.hwm_before_e8
                assert event.holder != event.owner
                gain = Fraction(event.price_e8 - event.hwm_before_e8, event.price_e8)
                assert event.fee_shares_e8 <= gain * event.holder_shares_before_e8 / 2
            case VaultUnwindStarted():
                worth = value_of(state, event.aux_account)
                assert event.pay_e8 - 1 < worth <= event.pay_e8
            case _:
                pass


def price_of_after(state: State, vault: Vault) -> Fraction:
    return value_of(state, vault.account) / vault.supply_e8


def check(commands: list[AnyCommand]) -> set[str]:
    """All laws after every command; the kinds of events that were seen."""
    state = playing.opened_state()
    seen: set[str] = set()
    for command in commands:
        before = {name: price_of(state, vault) for name, vault in state.vaults.items()}
        step = playing.play_one(state, command)
        check_stakes(state)
        check_flow(state, step, before)
        seen |= {type(event).__name__ for event in step.events}
        for event in step.events:
            legs = postings(event, "USDC")
            assert sum(leg.amount_e8 for leg in legs if leg.asset.startswith("share:")) == 0
    return seen


@given(histories())
def test_supply_equals_holders_and_flows_move_the_price_only_in_favour_of_the_vault(
    commands: list[AnyCommand],
) -> None:
    check(commands)


@pytest.mark.parametrize("seed", range(4))
def test_vault_laws_hold_over_long_histories(seed: int) -> None:
    assert {"VaultSharesMinted", "VaultSharesBurned"} <= check(list(seeded_history(seed, 700)))


def test_long_histories_see_every_kind_of_flow() -> None:
    wanted = {"VaultFeeSettled", "VaultUnwindStarted", "VaultUnwindCompleted"}
    wanted |= {"LiquidationStarted", "PenaltyCharged", "LossSocialized"}
    for seed in range(4, 40):
        wanted -= check(list(seeded_history(seed, 700)))
        if not wanted:
            return
    assert wanted == set()
