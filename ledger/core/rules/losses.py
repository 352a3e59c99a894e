"""Socialised loss: while users are bankrupt beyond what the Liquidator Vault is worth, withdrawals pay.

``B = max(0, users' bankruptcy - value of the Liquidator Vault)``, where users' bankruptcy is what
accounts without positions, and restricted ones with positions, are worth less than nothing. A withdrawal
of ``a`` keeps back ``ceil(a * f)``, ``f = B / (T + B)``, for the Liquidator Vault; ``T`` is custody less
the other withdrawals on their way, so that withdrawals at ``f`` leave ``f`` as it is (decisions.md 18, 19).
"""

from typing import final

from ledger.core.messages import LossSocialized
from ledger.core.rules.balances import has_position, put_balance
from ledger.core.rules.margin import account_value_e8
from ledger.core.state import State
from ledger.core.values import E8, div_up


@final
class Loss:
    """What one withdrawal loses: the amount, the factor, and what they were computed from."""

    __slots__ = ("amount_e8", "bankruptcy_e8", "custody_e8", "factor_e8")

    def __init__(self, amount_e8: int, factor_e8: int, bankruptcy_e8: int, custody_e8: int) -> None:
        self.amount_e8 = amount_e8
        self.factor_e8 = factor_e8
        self.bankruptcy_e8 = bankruptcy_e8
        self.custody_e8 = custody_e8


def exchange_bankruptcy_e8(state: State) -> int:
    """Bankruptcy that the Liquidator Vault does not cover; 0 while there is no Liquidator Vault."""
    liquidator = state.accounts.get(state.liquidator)
    if liquidator is None:
        return 0
    owed = state.bankruptcy_e8
    for name in state.restricted:
        account = state.accounts[name]
        if has_position(account) and not account.margin_exempt:
            owed += max(0, -account_value_e8(account))
    return max(0, owed - account_value_e8(liquidator))


def loss_of(state: State, asset: str, amount_e8: int) -> Loss:
    """What a withdrawal of ``amount_e8`` that is on its way loses when it is released now."""
    if asset != state.settlement_asset:
        return Loss(0, 0, 0, 0)
    bankruptcy = exchange_bankruptcy_e8(state)
    if bankruptcy == 0:
        return Loss(0, 0, 0, 0)
    custody = state.custody.get(asset, 0) - state.pending.get(asset, 0) + amount_e8
    if custody <= 0:
        return Loss(amount_e8, E8, bankruptcy, custody)
    whole = custody + bankruptcy
    return Loss(div_up(amount_e8 * bankruptcy, whole), div_up(E8 * bankruptcy, whole), bankruptcy, custody)


def evolve_loss_socialized(state: State, event: LossSocialized) -> None:
    """The loss is the Liquidator Vault's."""
    put_balance(state, state.accounts[event.account], state.settlement_asset, event.balance_after_e8)
