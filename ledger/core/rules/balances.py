"""Balances of an account, and what speaks against moving money in or out of it.

The balance of the settlement asset has a field of its own, since every fill changes it;
all other assets are in a dictionary. Rules go through these functions for amounts in an
asset that the command names.
"""

from typing import Final

from ledger.core.decision import Decision, refused
from ledger.core.refusals import RefusalCode
from ledger.core.rules.margin import withdrawable_e8
from ledger.core.rules.modes import refuse_mode
from ledger.core.rules.words import ACCOUNT_CLOSED, ACCOUNT_IS_RESTRICTED, STATUS_OK
from ledger.core.state import Account, State
from ledger.core.values import AMOUNT_MAX_E8

ALWAYS: Final = -1
"""In place of a capability: allowed in every mode."""

RESTRICTED: Final = ACCOUNT_IS_RESTRICTED


def balance_e8(state: State, account: Account, asset: str) -> int:
    """Balance of ``account`` in ``asset``."""
    if asset == state.settlement_asset:
        return account.balance_e8
    return account.other_balances.get(asset, 0)


def put_balance(state: State, account: Account, asset: str, after_e8: int) -> None:
    """Set the balance of ``account`` in ``asset``; for evolve functions only."""
    if asset == state.settlement_asset:
        account.balance_e8 = after_e8
        account.has_balance = 1
        if after_e8 < 0 or account.bankrupt_e8:
            recount_bankruptcy(state, account)
    else:
        account.other_balances = {**account.other_balances, asset: after_e8}


def recount_bankruptcy(state: State, account: Account) -> None:
    """Count anew what an account without positions owes; for evolve functions only.

    To be called after a change of balance or position by which that may have changed: when the
    balance is negative, or was counted before. Margin-exempt accounts (the Liquidator Vault, the
    other side of imports) are no users.
    """
    owed = 0
    if account.balance_e8 < 0 and not account.margin_exempt and not has_position(account):
        owed = -account.balance_e8
    state.bankruptcy_e8 += owed - account.bankrupt_e8
    account.bankrupt_e8 = owed


def has_position(account: Account) -> bool:
    """Whether the account has a position in any market."""
    for holding in account.holdings.values():  # noqa: SIM110
        if holding.size_e8:
            return True
    return False


def payable_e8(state: State, account: Account, asset: str) -> int:
    """How much of ``asset`` may leave ``account``.

    Of the settlement asset that is the lesser of balance and free collateral (decisions.md 13),
    of any other asset the balance, since other assets are no collateral.
    """
    if asset == state.settlement_asset:
        return withdrawable_e8(account)
    return max(0, account.other_balances.get(asset, 0))


def refuse_movement(state: State, asset: str, amount_e8: int, capability: int) -> Decision | None:
    """Why ``amount_e8`` of ``asset`` may not be moved by anybody, or None.

    ``capability`` is what the mode must allow, or ``ALWAYS``.
    """
    if amount_e8 <= 0:
        return refused(RefusalCode.INVALID_VALUE, f"amount {amount_e8}e-8 is not positive")
    if amount_e8 > AMOUNT_MAX_E8:
        return refused(RefusalCode.OUT_OF_RANGE, f"amount {amount_e8}e-8 is above {AMOUNT_MAX_E8}e-8")
    if capability != ALWAYS:
        refusal = refuse_mode(state, capability)
        if refusal is not None:
            return refusal
    known = state.assets.get(asset)
    if known is None:
        return refused(RefusalCode.ASSET_NOT_FOUND, f"asset {asset!r}")
    if known.status != STATUS_OK:
        return refused(RefusalCode.ASSET_HALTED, f"asset {asset} is {known.status}")
    return None


def refuse_account(state: State, name: str) -> Decision | None:
    """Why nothing may be booked on the account ``name``, or None: it must exist and be open."""
    account = state.accounts.get(name)
    if account is None:
        return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"account {name!r}")
    if account.status == ACCOUNT_CLOSED:
        return refused(RefusalCode.ACCOUNT_CLOSED, f"account {name}")
    return None


def refuse_accounts(state: State, first: str, second: str) -> Decision | None:
    """``refuse_account`` of two accounts: one that is missing comes before one that is closed."""
    refusal = refuse_account(state, first)
    if refusal is None or (refusal.code == RefusalCode.ACCOUNT_CLOSED and second not in state.accounts):
        return refuse_account(state, second)
    return refusal


def refuse_payment(state: State, account: Account, asset: str, amount_e8: int) -> Decision | None:
    """Why ``account`` cannot pay ``amount_e8`` of ``asset``, or None."""
    balance = balance_e8(state, account, asset)
    if amount_e8 > balance:
        return refused(
            RefusalCode.INSUFFICIENT_BALANCE, f"amount {amount_e8}e-8 is above the balance {balance}e-8"
        )
    payable = payable_e8(state, account, asset)
    if amount_e8 > payable:
        return refused(
            RefusalCode.INSUFFICIENT_FREE_COLLATERAL,
            f"amount {amount_e8}e-8 is above the free collateral {payable}e-8",
        )
    return None
