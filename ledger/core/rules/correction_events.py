"""Events of a correction that follow from one line and the account or vault as it is."""

from ledger.core.messages import (
    OrderPlaced,
    OrderReinstatement,
    ShareCorrection,
    VaultSharesBurned,
    VaultSharesMinted,
)
from ledger.core.rules.funding import CORRECTION
from ledger.core.rules.margin import E22_PER_E8, rounded_up_e8, value_and_initial_e22
from ledger.core.rules.words import ORDER_UNTRIGGERED
from ledger.core.state import Account, Holding
from ledger.core.vault_state import Stake, Vault


def shares_minted(vault: Vault, line: ShareCorrection, transfer_id: str) -> VaultSharesMinted:
    """Shares that a flow should have given besides; no money moves."""
    stake = vault.stakes.get(line.holder, Stake(line.holder))
    return VaultSharesMinted(
        account=vault.account,
        vault=vault.vault,
        holder=line.holder,
        mint_kind=CORRECTION,
        transfer_id=transfer_id,
        amount_e8=0,
        equity_before_e8=line.equity_e8,
        price_e8=line.price_e8,
        shares_e8=line.shares_e8,
        supply_before_e8=vault.supply_e8,
        supply_after_e8=vault.supply_e8 + line.shares_e8,
        holder_shares_before_e8=stake.shares_e8,
        holder_shares_after_e8=stake.shares_e8 + line.shares_e8,
        hwm_before_e8=stake.hwm_e8,
        hwm_after_e8=line.hwm_after_e8,
        holder_deposited_before_e8=stake.deposited_e8,
        holder_deposited_after_e8=stake.deposited_e8,
        net_deposits_before_e8=vault.net_deposits_e8,
        net_deposits_after_e8=vault.net_deposits_e8,
        lot_id=line.lot_id,
        unlock_at_us=line.unlock_at_us,
        corrects_seq=line.corrects_seq,
    )


def shares_burned(vault: Vault, line: ShareCorrection, transfer_id: str) -> VaultSharesBurned:
    """Shares that a flow should not have given; no money moves."""
    stake = vault.stakes[line.holder]
    after = stake.shares_e8 + line.shares_e8
    return VaultSharesBurned(
        account=vault.account,
        vault=vault.vault,
        holder=line.holder,
        burn_kind=CORRECTION,
        transfer_id=transfer_id,
        equity_before_e8=line.equity_e8,
        price_e8=line.price_e8,
        shares_e8=-line.shares_e8,
        pay_e8=0,
        aux_account="",
        lots=f"{line.lot_id}={-line.shares_e8}",
        supply_before_e8=vault.supply_e8,
        supply_after_e8=vault.supply_e8 + line.shares_e8,
        holder_shares_before_e8=stake.shares_e8,
        holder_shares_after_e8=after,
        hwm_before_e8=stake.hwm_e8,
        hwm_after_e8=line.hwm_after_e8 if after else 0,
        holder_deposited_before_e8=stake.deposited_e8,
        holder_deposited_after_e8=stake.deposited_e8 if after else 0,
        net_deposits_before_e8=vault.net_deposits_e8,
        net_deposits_after_e8=vault.net_deposits_e8,
        corrects_seq=line.corrects_seq,
    )


def order_again(account: Account, holding: Holding, line: OrderReinstatement) -> OrderPlaced:
    """A take-profit or stop-loss order with the id that its owner knows."""
    value_e22, initial_e22 = value_and_initial_e22(account)
    required = rounded_up_e8(initial_e22)
    return OrderPlaced(
        account.name,
        line.order_id,
        line.client_id,
        line.market,
        line.side,
        line.order_type,
        line.instruction,
        1,
        line.size_e8,
        line.has_price,
        line.price_e8,
        1,
        line.trigger_price_e8,
        line.trigger_condition,
        line.oco_group,
        "",
        line.stp,
        ORDER_UNTRIGGERED,
        line.size_e8,
        holding.open_buy_e8,
        holding.open_buy_e8,
        holding.open_sell_e8,
        holding.open_sell_e8,
        holding.market.mark_e8,
        value_e22 // E22_PER_E8,
        required,
        required,
        line.reinstates_seq,
    )
