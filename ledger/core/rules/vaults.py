"""Vaults: created, changed, deposited into, and the profit share at the end of a period.

A vault is an operator account whose value belongs to the holders of shares. Its money leaves it
only through its trades and by redemptions (``redemption.py``). Shares are minted at the share
price, rounded down; the first deposit pays one unit of the settlement asset a share. What a vault has
before it has shares (the Liquidator Vault earns penalties from the first day) falls to whoever goes first,
so that is the owner then. The profit share is paid in shares that go from a holder to the owner, so that
supply and price stay; the high-water mark of a holder then rises to the price (decisions.md 26 to 28).
"""

from typing import Final

from ledger.core.decision import Decision, accepted, command_id, refused
from ledger.core.messages import (
    AnyEvent,
    CreateVault,
    DepositToVault,
    SettleVaultFees,
    UpdateVault,
    VaultCreated,
    VaultFeeSettled,
    VaultSharesMinted,
    VaultUpdated,
)
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import VAULT_FLOWS
from ledger.core.rules.accounts import is_empty
from ledger.core.rules.balances import (
    RESTRICTED,
    refuse_account,
    refuse_accounts,
    refuse_movement,
    refuse_payment,
)
from ledger.core.rules.health import positions_of
from ledger.core.rules.liquidation import refuse_closed, refuse_stale
from ledger.core.rules.margin import E22_PER_E8, account_value_e8, value_and_initial_e22
from ledger.core.rules.modes import refuse_mode
from ledger.core.rules.money import VAULT_DEPOSIT, refuse_operator, transfer_received, transfer_sent
from ledger.core.rules.shares import (
    PARTS_LOST_MAX,
    PROTOCOL,
    VAULT_ACTIVE,
    VAULT_CLOSED,
    fee_shares_of,
    mean_hwm_e8,
    price_of,
    put_fee_lot,
    refuse_flow,
    refuse_loss,
    take_lots,
)
from ledger.core.state import Account, State
from ledger.core.values import AMOUNT_MAX_E8, E8, PPM, is_long, is_symbol, is_text
from ledger.core.vault_state import Lot, Stake, Vault

VAULT_KINDS: Final = ("user", PROTOCOL)
VAULT_STATUSES: Final = (VAULT_ACTIVE, VAULT_CLOSED)
PROFIT_SHARE_MAX_PPM: Final = PPM // 2
PERIOD_MAX_S: Final = 366 * 24 * 3600
LOCKUP_MAX_S: Final = 30 * 24 * 3600
NUMBER_DIGITS_MAX: Final = 18

DEPOSIT: Final = "DEPOSIT"
PERIOD: Final = "PERIOD"


def decide_create_vault(state: State, command: CreateVault, now_us: int) -> Decision:  # noqa: ARG001
    """A vault without shares over an account with nothing in it."""
    refusal = _refuse_values(command)
    if refusal is None:
        refusal = refuse_accounts(state, command.account, command.owner_account)
    if refusal is not None:
        return refusal
    if command.vault in state.vaults:
        return refused(RefusalCode.VAULT_EXISTS, f"vault {command.vault}")
    operator = state.accounts[command.account]
    kinds = ("VAULT_OPERATOR", "LIQUIDATOR") if command.vault_kind == PROTOCOL else ("VAULT_OPERATOR",)
    if operator.kind not in kinds:
        return refused(RefusalCode.OPERATOR_INVALID, f"account {operator.name} is a {operator.kind}")
    if operator.vault or operator.name == command.owner_account or not is_empty(state, operator):
        return refused(
            RefusalCode.OPERATOR_INVALID,
            f"account {operator.name} has a vault, is the owner, or is not empty",
        )
    return accepted(
        [
            VaultCreated(
                account=command.account,
                vault=command.vault,
                name=command.name,
                vault_kind=command.vault_kind,
                owner_account=command.owner_account,
                profit_share_ppm=command.profit_share_ppm,
                profit_share_period_s=command.profit_share_period_s,
                lockup_s=command.lockup_s,
                tvl_max_e8=command.tvl_max_e8,
                owner_minimum_e8=command.owner_minimum_e8,
                status=VAULT_ACTIVE,
            )
        ]
    )


def _refuse_values(command: CreateVault) -> Decision | None:
    if not is_symbol(command.vault):
        return refused(RefusalCode.INVALID_VALUE, f"vault {command.vault!r} is not a symbol")
    if not command.name or not is_text(command.name):
        return refused(RefusalCode.INVALID_VALUE, "name is empty, too long or not printable")
    if command.vault_kind not in VAULT_KINDS:
        return refused(
            RefusalCode.INVALID_VALUE, f"vault_kind {command.vault_kind!r} is not user or protocol"
        )
    for name, value, most in (
        ("profit_share_ppm", command.profit_share_ppm, PROFIT_SHARE_MAX_PPM),
        ("profit_share_period_s", command.profit_share_period_s, PERIOD_MAX_S),
        ("lockup_s", command.lockup_s, LOCKUP_MAX_S),
        ("tvl_max_e8", command.tvl_max_e8, AMOUNT_MAX_E8),
        ("owner_minimum_e8", command.owner_minimum_e8, AMOUNT_MAX_E8),
    ):
        if not 0 <= value <= most:
            return refused(RefusalCode.INVALID_VALUE, f"{name} {value} is not in 0..{most}")
    return None


def decide_update_vault(state: State, command: UpdateVault, now_us: int) -> Decision:  # noqa: ARG001
    """Change status, largest equity or profit share; a closed vault may open again."""
    if command.field == "status":
        valid = command.value in VAULT_STATUSES
    elif command.field in ("tvl_max_e8", "profit_share_ppm"):
        most = AMOUNT_MAX_E8 if command.field == "tvl_max_e8" else PROFIT_SHARE_MAX_PPM
        valid = _is_number(command.value) and int(command.value) <= most
    else:
        return refused(RefusalCode.INVALID_VALUE, f"field {command.field!r} cannot be changed")
    if not valid:
        return refused(RefusalCode.INVALID_VALUE, f"{command.field} cannot be {command.value[:64]!r}")
    vault = state.vaults.get(command.vault)
    if vault is None:
        return refused(RefusalCode.VAULT_NOT_FOUND, f"vault {command.vault!r}")
    before = _value_of(vault, command.field)
    if before == command.value:
        return refused(RefusalCode.NOTHING_TO_CHANGE, f"{command.field} is {before} already")
    return accepted([VaultUpdated(vault.account, vault.vault, command.field, before, command.value)])


def _is_number(text: str) -> bool:
    """Whether ``text`` is a whole number without leading zeros."""
    return (
        0 < len(text) <= NUMBER_DIGITS_MAX
        and text.isascii()
        and text.isdecimal()
        and (text == "0" or text[0] != "0")
    )


def _value_of(vault: Vault, field: str) -> str:
    if field == "status":
        return vault.status
    return str(vault.tvl_max_e8 if field == "tvl_max_e8" else vault.profit_share_ppm)


def decide_deposit_to_vault(state: State, command: DepositToVault, now_us: int) -> Decision:
    """Take a deposit, and mint shares for it at the share price."""
    amount = command.amount_e8
    asset = state.settlement_asset
    refusal = refuse_movement(state, asset, amount, VAULT_FLOWS)
    if refusal is None:
        refusal = refuse_account(state, command.account)
    if refusal is not None:
        return refusal
    payer = state.accounts[command.account]
    if payer.status == RESTRICTED:
        return refused(RefusalCode.ACCOUNT_RESTRICTED, f"account {payer.name}")
    vault = state.vaults.get(command.vault)
    if vault is None:
        return refused(RefusalCode.VAULT_NOT_FOUND, f"vault {command.vault!r}")
    held = positions_of(state.accounts[vault.account])
    refusal = refuse_closed(state, held, VAULT_FLOWS)
    if refusal is None:
        refusal = refuse_payment(state, payer, asset, amount)
    if refusal is None:
        refusal = refuse_stale(held, now_us)
    if refusal is None and vault.status != VAULT_ACTIVE:
        refusal = refused(RefusalCode.VAULT_CLOSED, f"vault {vault.vault} is {vault.status}")
    if refusal is not None:
        return refusal
    return _deposit(state, vault, payer, amount, command_id(command), now_us)


def _deposit(
    state: State, vault: Vault, payer: Account, amount: int, transfer_id: str, now_us: int
) -> Decision:
    """The deposit of an account that can pay it, if the vault can take it."""
    operator = state.accounts[vault.account]
    value_e22, _ = value_and_initial_e22(operator)
    equity = -(-value_e22 // E22_PER_E8)
    supply = vault.supply_e8
    if equity < 0 or (supply and equity == 0):
        return refused(RefusalCode.VAULT_INSOLVENT, f"equity of {vault.vault} is {equity}e-8")
    refusal = refuse_loss(state, vault)
    if refusal is None and equity and not supply and payer.name != vault.owner:
        refusal = refused(
            RefusalCode.VAULT_OWNER_FIRST, f"{vault.vault} has {equity}e-8 and no shares: {vault.owner} first"
        )
    if refusal is not None:
        return refusal
    if vault.tvl_max_e8 and equity + amount > vault.tvl_max_e8:
        return refused(
            RefusalCode.VAULT_FULL, f"equity would be {equity + amount}e-8, above {vault.tvl_max_e8}e-8"
        )
    shares, price = amount, E8
    if supply:
        shares = amount * supply // equity
        price = price_of(equity, supply)
        if (amount * supply - shares * equity) * PARTS_LOST_MAX > amount * supply:
            return refused(
                RefusalCode.VAULT_AMOUNT_TOO_SMALL,
                f"{amount}e-8 at a price of {price}e-8 is {shares}e-8 shares",
            )
    refusal = refuse_operator(payer)
    if refusal is not None:
        return refusal
    asset = state.settlement_asset
    sent = transfer_sent(
        transfer_id, VAULT_DEPOSIT, payer.name, operator.name, asset, amount, payer.balance_e8
    )
    received = transfer_received(
        transfer_id, VAULT_DEPOSIT, operator.name, payer.name, asset, amount, operator.balance_e8
    )
    minted = _minted(vault, payer.name, transfer_id, amount, equity if supply else 0, price, shares)
    minted.unlock_at_us = now_us + vault.lockup_s * 1_000_000
    if not (_fits(minted) and is_long(received.balance_after_e8)):
        return refused(RefusalCode.OUT_OF_RANGE, f"a result of the deposit into {vault.vault}")
    sent.vault = received.vault = vault.vault
    received.cause_seq = minted.cause_seq = state.seq + 1
    return accepted([sent, received, minted])


def _minted(  # noqa: PLR0913
    vault: Vault, holder: str, transfer_id: str, amount: int, equity: int, price: int, shares: int
) -> VaultSharesMinted:
    stake = vault.stakes.get(holder)
    held = 0 if stake is None else stake.shares_e8
    deposited = 0 if stake is None else stake.deposited_e8
    return VaultSharesMinted(
        account=vault.account,
        vault=vault.vault,
        holder=holder,
        mint_kind=DEPOSIT,
        transfer_id=transfer_id,
        amount_e8=amount,
        equity_before_e8=equity,
        price_e8=price,
        shares_e8=shares,
        supply_before_e8=vault.supply_e8,
        supply_after_e8=vault.supply_e8 + shares,
        holder_shares_before_e8=held,
        holder_shares_after_e8=held + shares,
        hwm_before_e8=0 if stake is None else stake.hwm_e8,
        hwm_after_e8=mean_hwm_e8(stake, shares, price),
        holder_deposited_before_e8=deposited,
        holder_deposited_after_e8=deposited + amount,
        net_deposits_before_e8=vault.net_deposits_e8,
        net_deposits_after_e8=vault.net_deposits_e8 + amount,
        lot_id=transfer_id,
        unlock_at_us=0,
        corrects_seq=0,
    )


def _fits(event: VaultSharesMinted) -> bool:
    return (
        is_long(event.equity_before_e8)
        and is_long(event.price_e8)
        and is_long(event.supply_after_e8)
        and is_long(event.holder_deposited_after_e8)
        and is_long(event.net_deposits_after_e8)
    )


def decide_settle_vault_fees(state: State, command: SettleVaultFees, now_us: int) -> Decision:
    """At the end of a period, the profit share of every holder with a gain, in order of their names."""
    refusal = refuse_mode(state, VAULT_FLOWS)
    if refusal is not None:
        return refusal
    vault = state.vaults.get(command.vault)
    if vault is None:
        return refused(RefusalCode.VAULT_NOT_FOUND, f"vault {command.vault!r}")
    refusal = refuse_flow(state, vault, now_us)
    if refusal is not None:
        return refusal
    equity = account_value_e8(state.accounts[vault.account])
    if equity <= 0 or vault.supply_e8 == 0:
        return refused(RefusalCode.VAULT_INSOLVENT, f"equity of {vault.vault} is {equity}e-8")
    end_us = vault.period_start_us + vault.profit_share_period_s * 1_000_000
    if vault.profit_share_period_s == 0 or now_us < end_us:
        return refused(RefusalCode.PERIOD_RUNNING, f"the period of {vault.vault} ends at {end_us} us")
    price = price_of(equity, vault.supply_e8)
    if not is_long(price):
        return refused(RefusalCode.OUT_OF_RANGE, f"the price of {vault.vault}")
    owner = vault.stakes.get(vault.owner)
    owner_shares = 0 if owner is None else owner.shares_e8
    events: list[AnyEvent] = []
    for name in sorted(vault.stakes):
        stake = vault.stakes[name]
        fee = fee_shares_of(vault, stake, stake.shares_e8, price)
        if fee:
            events.append(fee_settled(vault, stake, owner_shares, price, fee, PERIOD))
            owner_shares += fee
    if not events:
        return refused(RefusalCode.PERIOD_RUNNING, f"nobody has a gain at the price {price}e-8")
    return accepted(events)


def fee_settled(
    vault: Vault, stake: Stake, owner_shares_e8: int, price_e8: int, fee_e8: int, reason: str
) -> VaultFeeSettled:
    """Profit share of one holder; the mark rises where it was paid on all that is held."""
    return VaultFeeSettled(
        account=vault.account,
        vault=vault.vault,
        holder=stake.holder,
        owner=vault.owner,
        price_e8=price_e8,
        hwm_before_e8=stake.hwm_e8,
        hwm_after_e8=price_e8 if reason == PERIOD else stake.hwm_e8,
        holder_shares_before_e8=stake.shares_e8,
        holder_shares_after_e8=stake.shares_e8 - fee_e8,
        owner_shares_before_e8=owner_shares_e8,
        owner_shares_after_e8=owner_shares_e8 + fee_e8,
        fee_shares_e8=fee_e8,
        fee_value_e8=fee_e8 * price_e8 // E8,
        period_start_us=vault.period_start_us,
        settle_reason=reason,
    )


def evolve_vault_created(state: State, event: VaultCreated) -> None:
    """A vault without shares; its first period begins."""
    state.vaults[event.vault] = Vault(
        event.vault,
        event.account,
        event.name,
        event.vault_kind,
        event.owner_account,
        event.profit_share_ppm,
        event.profit_share_period_s,
        event.lockup_s,
        event.tvl_max_e8,
        event.owner_minimum_e8,
        event.status,
        event.recorded_at_us,
    )
    state.accounts[event.account].vault = event.vault


def evolve_vault_updated(state: State, event: VaultUpdated) -> None:
    """The field as it is now."""
    vault = state.vaults[event.vault]
    match event.field:
        case "status":
            vault.status = event.value_after
        case "tvl_max_e8":
            vault.tvl_max_e8 = int(event.value_after)
        case _:
            vault.profit_share_ppm = int(event.value_after)


def evolve_vault_shares_minted(state: State, event: VaultSharesMinted) -> None:
    """More shares, in a lot of their own."""
    vault = state.vaults[event.vault]
    vault.supply_e8 = event.supply_after_e8
    vault.net_deposits_e8 = event.net_deposits_after_e8
    stake = vault.stakes.get(event.holder)
    if stake is None:
        stake = Stake(event.holder)
        vault.stakes[event.holder] = stake
    stake.shares_e8 = event.holder_shares_after_e8
    stake.hwm_e8 = event.hwm_after_e8
    stake.deposited_e8 = event.holder_deposited_after_e8
    stake.lots.append(Lot(event.lot_id, event.shares_e8, event.unlock_at_us))


def evolve_vault_fee_settled(state: State, event: VaultFeeSettled) -> None:
    """Shares from the holder's oldest lots to the owner; after a period the next one begins."""
    vault = state.vaults[event.vault]
    stake = vault.stakes[event.holder]
    stake.shares_e8 = event.holder_shares_after_e8
    stake.hwm_e8 = event.hwm_after_e8
    take_lots(stake, event.fee_shares_e8)
    owner = vault.stakes.get(event.owner)
    if owner is None:
        owner = Stake(event.owner)
        vault.stakes[event.owner] = owner
    owner.shares_e8 = event.owner_shares_after_e8
    put_fee_lot(owner, event.fee_shares_e8)
    if event.settle_reason == PERIOD:
        vault.period_start_us = event.recorded_at_us
