"""Shares of a vault: equity and price, the profit share, and the lots that a stake is made of.

Equity is the account value of the operator account. Whatever is rounded is rounded in favour of
the vault: equity up where shares are minted, down where they are redeemed.
"""

from typing import Final

from ledger.core.decision import Decision, refused
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import VAULT_FLOWS
from ledger.core.rules.health import positions_of
from ledger.core.rules.liquidation import refuse_closed, refuse_stale
from ledger.core.rules.losses import exchange_bankruptcy_e8
from ledger.core.state import Account, State
from ledger.core.values import E8, PPM, div_up
from ledger.core.vault_state import Lot, Stake, Vault

VAULT_ACTIVE: Final = "ACTIVE"
VAULT_CLOSED: Final = "CLOSED"
PROTOCOL: Final = "protocol"

FEE_LOT: Final = "fee"
"""Lot of the shares that an owner received as profit share; never locked, and always the first."""

PARTS_LOST_MAX: Final = PPM
"""Rounding may take up to one part in this many of an amount."""


def refuse_flow(state: State, vault: Vault, now_us: int) -> Decision | None:
    """``MARKET_CLOSED`` or ``PRICE_STALE``: why the vault's equity is not known well enough, or None."""
    held = positions_of(state.accounts[vault.account])
    refusal = refuse_closed(state, held, VAULT_FLOWS)
    return refuse_stale(held, now_us) if refusal is None else refusal


def refuse_loss(state: State, vault: Vault) -> Decision | None:
    """``LOSS_OPEN`` for the Liquidator Vault while the exchange is bankrupt, or None."""
    if vault.account == state.liquidator:
        bankruptcy = exchange_bankruptcy_e8(state)
        if bankruptcy:
            return refused(RefusalCode.LOSS_OPEN, f"a bankruptcy of {bankruptcy}e-8 is not covered")
    return None


def settled_equity_e16(operator: Account) -> int:
    """Account value once the funding of every position is realised, in 1e-16."""
    value_e16 = operator.balance_e8 * E8
    for holding in operator.holdings.values():
        size = holding.size_e8
        if size:
            market = holding.market
            accrued = -size * (market.index_e8 - holding.cached_index_e8)
            value_e16 += accrued // E8 * E8 + size * market.mark_e8 - holding.cost_e8 * E8
    return value_e16


def price_of(equity_e8: int, supply_e8: int) -> int:
    """Value of one share, rounded down."""
    return equity_e8 * E8 // supply_e8


def fee_shares_of(vault: Vault, stake: Stake, shares_e8: int, price_e8: int) -> int:
    """Profit share on ``shares_e8`` of a stake, in shares; the owner pays none."""
    if stake.holder == vault.owner or price_e8 <= stake.hwm_e8:
        return 0
    gain = price_e8 - stake.hwm_e8
    return vault.profit_share_ppm * gain * shares_e8 // (PPM * price_e8)


def mean_hwm_e8(stake: Stake | None, shares_e8: int, price_e8: int) -> int:
    """High-water mark of a stake once ``shares_e8`` more were bought at ``price_e8``."""
    if stake is None:
        return price_e8
    whole = stake.shares_e8 + shares_e8
    return div_up(stake.shares_e8 * stake.hwm_e8 + shares_e8 * price_e8, whole)


def unlocked_e8(stake: Stake, now_us: int) -> int:
    """Shares of a stake that may be redeemed."""
    free = 0
    for lot in stake.lots:
        if lot.unlock_at_us <= now_us:
            free += lot.shares_e8
    return free


def lots_text(stake: Stake, skipped_e8: int, shares_e8: int) -> str:
    """Lots that ``shares_e8`` come from when ``skipped_e8`` went before: ``id=shares``, comma-joined."""
    parts: list[str] = []
    for lot in stake.lots:
        there = lot.shares_e8
        gone = min(there, skipped_e8)
        skipped_e8 -= gone
        taken = min(there - gone, shares_e8)
        shares_e8 -= taken
        if taken:
            parts.append(f"{lot.lot_id}={taken}")
    return ",".join(parts)


def take_lots(stake: Stake, shares_e8: int) -> None:
    """Take shares out of the oldest lots; for evolve functions only."""
    left: list[Lot] = []
    for lot in stake.lots:
        taken = min(lot.shares_e8, shares_e8)
        shares_e8 -= taken
        lot.shares_e8 -= taken
        if lot.shares_e8:
            left.append(lot)
    stake.lots = left


def take_from_lot(stake: Stake, lot_id: str, shares_e8: int) -> None:
    """Take shares out of the lot ``lot_id``, and what it does not have out of the oldest; for evolve only."""
    for lot in stake.lots:
        if lot.lot_id == lot_id:
            taken = min(lot.shares_e8, shares_e8)
            shares_e8 -= taken
            lot.shares_e8 -= taken
    take_lots(stake, shares_e8)


def put_fee_lot(stake: Stake, shares_e8: int) -> None:
    """Add profit share to the owner's stake; for evolve functions only."""
    if stake.lots and stake.lots[0].lot_id == FEE_LOT:
        stake.lots[0].shares_e8 += shares_e8
    else:
        stake.lots = [Lot(FEE_LOT, shares_e8, 0), *stake.lots]


def has_claim(state: State, account: Account) -> bool:
    """Whether the account has shares, a part in an unwinding, or a vault with shares."""
    for vault in state.vaults.values():
        if account.name in vault.stakes or (vault.account == account.name and vault.supply_e8):
            return True
    for unwind in state.unwinds.values():  # noqa: SIM110
        if account.name in (unwind.holder, unwind.aux_account):
            return True
    return False
