"""Vaults (domain.md 2.10, decisions 26 to 28): every price an exact fraction of equity and supply."""

from fractions import Fraction
from math import ceil, floor

from ledger.core.messages import (
    CompleteUnwind,
    CreateVault,
    DepositToVault,
    RedeemShares,
    SettleVaultFees,
    UpdateVault,
)
from ledger.core.refusals import RefusalCode as Code
from tests.model.books import (
    AMOUNT_MAX,
    E8,
    PPM,
    Account,
    Objections,
    Position,
    Stake,
    Unwind,
    Vault,
    World,
    fits,
    is_name,
    refuse_if,
)
from tests.model.control import against_mode
from tests.model.liquidation import bankruptcy, not_open, stale
from tests.model.margin import account_value
from tests.model.money import COUNTER_ACCOUNTS, is_empty, may_pay, movement, standing
from tests.model.orders import after_change
from tests.model.positions import accrued


def create_vault(world: World, command: CreateVault) -> None:
    """A vault over an account of the kind, with nothing in it."""
    against = Objections()
    against.add(not is_name(command.vault) or ":" in command.vault or not command.name, Code.INVALID_VALUE)
    against.add(command.vault_kind not in ("user", "protocol"), Code.INVALID_VALUE)
    against.add(not 0 <= command.profit_share_ppm <= 500_000, Code.INVALID_VALUE)
    against.add(not 0 <= command.profit_share_period_s <= 366 * 86_400, Code.INVALID_VALUE)
    against.add(not 0 <= command.lockup_s <= 30 * 86_400, Code.INVALID_VALUE)
    amounts = (command.tvl_max_e8, command.owner_minimum_e8)
    against.add(not all(0 <= amount <= AMOUNT_MAX for amount in amounts), Code.INVALID_VALUE)
    for name in (command.account, command.owner_account):
        standing(world, name, against, pays=False)
    against.add(command.vault in world.vaults, Code.VAULT_EXISTS)
    against.stop()
    operator = world.account(command.account)
    protocol = operator.kind == "LIQUIDATOR" and command.vault_kind == "protocol"
    taken = operator.vault or command.account == command.owner_account or not is_empty(world, command.account)
    refuse_if(bool(taken) or not (operator.kind == "VAULT_OPERATOR" or protocol), Code.OPERATOR_INVALID)
    operator.vault = command.vault
    world.vaults[command.vault] = Vault(
        command.account,
        command.owner_account,
        command.profit_share_ppm,
        command.profit_share_period_s,
        command.lockup_s,
        command.tvl_max_e8,
        command.owner_minimum_e8,
        world.now_us,
    )
    world.record("VaultCreated", command.account)


def update_vault(world: World, command: UpdateVault) -> None:
    """Another status, another largest value, another profit share."""
    against = Objections()
    number = int(command.value) if command.value.isascii() and command.value.isdecimal() else -1
    plain = str(number) == command.value
    bounds = {"tvl_max_e8": AMOUNT_MAX, "profit_share_ppm": 500_000}
    good = command.field == "status" and command.value in ("ACTIVE", "CLOSED")
    good = good or (command.field in bounds and plain and 0 <= number <= bounds[command.field])
    against.add(not good, Code.INVALID_VALUE)
    against.add(command.vault not in world.vaults, Code.VAULT_NOT_FOUND)
    against.stop()
    vault = world.vaults[command.vault]
    name = {"status": "status", "tvl_max_e8": "tvl_max", "profit_share_ppm": "profit_share"}[command.field]
    refuse_if(str(getattr(vault, name)) == command.value, Code.NOTHING_TO_CHANGE)
    setattr(vault, name, command.value if name == "status" else number)
    world.record("VaultUpdated", vault.operator)


def _open_for_flows(world: World, vault: Vault, against: Objections) -> None:
    """The operator's markets are open and their marks fresh."""
    not_open(world, world.account(vault.operator), "vault_flows", against)
    stale(world, world.account(vault.operator), against)


def _equity(world: World, vault: Vault) -> Fraction:
    return account_value(world.account(vault.operator), world.markets, world.settlement)


def _money(world: World, account: Account, change: int) -> None:
    account.balances[world.settlement] = account.balances.get(world.settlement, 0) + change


def deposit_to_vault(world: World, command: DepositToVault, command_id: str) -> None:
    """Shares at ``equity / supply``, rounded down; the first ones at one."""
    against = Objections()
    amount = command.amount_e8
    against_mode(world, "vault_flows", against)
    movement(world, amount, world.settlement, against)
    standing(world, command.account, against, pays=True)
    against.stop()
    refuse_if(command.vault not in world.vaults, Code.VAULT_NOT_FOUND)
    vault, payer = world.vaults[command.vault], world.account(command.account)
    _open_for_flows(world, vault, against)
    may_pay(world, payer, world.settlement, amount, against)
    against.add(vault.status != "ACTIVE", Code.VAULT_CLOSED)
    equity = ceil(_equity(world, vault))
    supply = vault.supply
    against.add(equity < 0 or (supply > 0 and equity == 0), Code.VAULT_INSOLVENT)
    against.add(vault.operator == world.liquidator and bankruptcy(world) > 0, Code.LOSS_OPEN)
    against.add(equity > 0 and not supply and command.account != vault.owner, Code.VAULT_OWNER_FIRST)
    against.add(0 < vault.tvl_max < equity + amount, Code.VAULT_FULL)
    against.add(bool(payer.vault), Code.VAULT_MONEY)
    if supply and equity > 0:
        exact = Fraction(amount * supply, equity)
        against.add(exact - floor(exact) > exact / PPM, Code.VAULT_AMOUNT_TOO_SMALL)
    against.stop()
    shares = floor(Fraction(amount * supply, equity)) if supply else amount
    price = floor(Fraction(equity * E8, supply)) if supply else E8
    deposited = vault.stakes[command.account].deposited if command.account in vault.stakes else 0
    balance = world.account(vault.operator).balances.get(world.settlement, 0)
    sums = (supply + shares, deposited + amount, vault.net_deposits + amount, balance + amount)
    refuse_if(not all(fits(number) for number in (price, *sums)), Code.OUT_OF_RANGE)
    _money(world, payer, -amount)
    world.record("TransferSent", command.account)
    _money(world, world.account(vault.operator), amount)
    world.record("TransferReceived", vault.operator)
    stake = vault.stakes.setdefault(command.account, Stake())
    held = stake.shares
    stake.hwm = ceil(Fraction(held * stake.hwm + shares * price, held + shares)) if held else price
    stake.deposited += amount
    stake.lots.append((command_id, shares, world.now_us + vault.lockup_s * 10**6))
    vault.net_deposits += amount
    world.post(f"vault_issue:{command.vault}", f"share:{command.vault}", -shares)
    world.record("VaultSharesMinted", vault.operator)


def _fee(vault: Vault, holder: str, shares: int, price: int) -> int:
    """Shares that go to the owner for the gain of ``shares`` above the high-water mark."""
    gain = price - vault.stakes[holder].hwm
    if holder == vault.owner or gain <= 0:
        return 0
    return floor(Fraction(vault.profit_share * gain * shares, PPM * price))


def _charge(vault: Vault, holder: str, fee: int) -> None:
    """Move shares from the holder's oldest lots to the front of the owner's."""
    vault.stakes[holder].take(fee)
    lots = vault.stakes.setdefault(vault.owner, Stake()).lots
    earlier = lots.pop(0)[1] if lots and lots[0][0] == "fee" else 0
    lots.insert(0, ("fee", earlier + fee, 0))


def settle_vault_fees(world: World, command: SettleVaultFees) -> None:
    """The profit share of everybody, once a period."""
    against = Objections()
    against_mode(world, "vault_flows", against)
    against.add(command.vault not in world.vaults, Code.VAULT_NOT_FOUND)
    against.stop()
    vault = world.vaults[command.vault]
    _open_for_flows(world, vault, against)
    equity = floor(_equity(world, vault))
    against.add(equity <= 0 or not vault.supply, Code.VAULT_INSOLVENT)
    over = vault.period_s > 0 and world.now_us >= vault.period_start_us + vault.period_s * 10**6
    against.add(not over, Code.PERIOD_RUNNING)
    against.stop()
    price = floor(Fraction(equity * E8, vault.supply))
    refuse_if(not fits(price), Code.OUT_OF_RANGE)
    fees = {name: _fee(vault, name, stake.shares, price) for name, stake in sorted(vault.stakes.items())}
    refuse_if(not any(fees.values()), Code.PERIOD_RUNNING)
    for name, fee in fees.items():
        if fee:
            _charge(vault, name, fee)
            vault.stakes[name].hwm = price
            world.record("VaultFeeSettled", vault.operator)
    vault.period_start_us = world.now_us


def _settled_equity(world: World, operator: Account) -> Fraction:
    """Equity once every position's funding is whole units of balance."""
    value = Fraction(operator.balances.get(world.settlement, 0))
    for name, position in operator.positions.items():
        market = world.markets[name]
        whole, _ = accrued(position.size, market.index, position.cached_index)
        value += whole + Fraction(position.size * market.mark, E8) - position.cost
    return value


def redeem_shares(world: World, command: RedeemShares, command_id: str) -> None:
    """A part of everything for the shares, paid at once when no position has to move."""
    against = Objections()
    against.add(command.shares_e8 <= 0, Code.INVALID_VALUE)
    against.add(bool(command.aux_account) and not is_name(command.aux_account), Code.INVALID_VALUE)
    against_mode(world, "vault_flows", against)
    standing(world, command.account, against, pays=True)
    against.stop()
    refuse_if(command.vault not in world.vaults, Code.VAULT_NOT_FOUND)
    vault = world.vaults[command.vault]
    _open_for_flows(world, vault, against)
    stake = vault.stakes.get(command.account, Stake())
    against.add(stake.shares < command.shares_e8, Code.SHARES_NOT_HELD)
    against.stop()
    operator = world.account(vault.operator)
    equity = floor(_settled_equity(world, operator))
    supply = vault.supply
    against.add(equity <= 0, Code.VAULT_INSOLVENT)
    against.add(vault.operator == world.liquidator and bankruptcy(world) > 0, Code.LOSS_OPEN)
    against.stop()
    price = floor(Fraction(equity * E8, supply))
    fee = _fee(vault, command.account, command.shares_e8, price)
    burned = command.shares_e8 - fee
    pay = floor(Fraction(equity * burned, supply))
    against.add(pay == 0, Code.VAULT_AMOUNT_TOO_SMALL)
    unlocked = sum(shares for _, shares, unlock_us in stake.lots if unlock_us <= world.now_us)
    against.add(unlocked < command.shares_e8, Code.SHARES_LOCKED)
    left = floor(Fraction((stake.shares - command.shares_e8) * equity, supply))
    kept = command.account == vault.owner and vault.status != "CLOSED"
    against.add(kept and left < vault.owner_minimum, Code.OWNER_MINIMUM)
    against.stop()
    parts = _parts(world, operator, Fraction(burned, supply))
    if parts:
        name = command.aux_account
        against.add(not name, Code.INVALID_VALUE)
        against.add(name in world.accounts, Code.ACCOUNT_EXISTS)
        against.add(":" in name or name in COUNTER_ACCOUNTS, Code.ACCOUNT_RESERVED)
        against.stop()
    refuse_if(not fits(price), Code.OUT_OF_RANGE)
    _settle_all(world, operator, vault.operator)
    if fee:
        _charge(vault, command.account, fee)
        world.record("VaultFeeSettled", vault.operator)
    _burn(world, command, vault, burned, pay)
    if parts:
        _unwind(world, command, vault, parts, pay, command_id)
        return
    _money(world, operator, -pay)
    world.record("TransferSent", vault.operator)
    _money(world, world.account(command.account), pay)
    world.record("TransferReceived", command.account)


def _parts(world: World, operator: Account, part: Fraction) -> dict[str, int]:
    """Of each position the part, down to the size step; markets in order."""
    parts = {}
    for name in sorted(operator.positions):
        step = world.markets[name].rule("size_step_e8")
        moved = floor(abs(operator.positions[name].size) * part / step) * step
        if moved:
            parts[name] = moved
    return parts


def _settle_all(world: World, operator: Account, operator_name: str) -> None:
    """Funding of every position whose index moved."""
    for name in sorted(operator.positions):
        position, market = operator.positions[name], world.markets[name]
        if position.size and position.cached_index != market.index:
            whole, dust = accrued(position.size, market.index, position.cached_index)
            _money(world, operator, whole)
            position.cached_index = market.index
            market.dust += dust
            world.post(f"funding_clearing:{name}", world.settlement, -whole)
            world.record("FundingSettled", operator_name)


def _burn(world: World, command: RedeemShares, vault: Vault, burned: int, pay: int) -> None:
    stake = vault.stakes[command.account]
    before = stake.shares
    stake.take(burned)
    stake.deposited = floor(Fraction(stake.deposited * stake.shares, before))
    if not stake.shares:
        del vault.stakes[command.account]
    vault.net_deposits -= pay
    world.post(f"vault_issue:{command.vault}", f"share:{command.vault}", burned)
    world.record("VaultSharesBurned", vault.operator)


def _unwind(
    world: World, command: RedeemShares, vault: Vault, parts: dict[str, int], pay: int, command_id: str
) -> None:
    """Positions at cost and the rest of the part in cash, in an account of their own."""
    holder, operator = world.account(command.account), world.account(vault.operator)
    child = holder.kind in ("SUBACCOUNT", "AUXILIARY")
    parent = holder.parent if child else command.account
    aux = Account("AUXILIARY", parent, exempt=False, signer=holder.signer, fee_tier=holder.fee_tier)
    aux.vault = command.vault
    world.accounts[command.aux_account] = aux
    world.record("AccountOpened", command.aux_account)
    world.unwinds[command_id] = Unwind(command.vault, command.account, command.aux_account, pay)
    world.record("VaultUnwindStarted", vault.operator)
    profit = Fraction(0)
    for name, part in parts.items():
        position, market = operator.positions[name], world.markets[name]
        signed = part if position.size > 0 else -part
        cost = ceil(Fraction(position.cost * part, abs(position.size)))
        profit += Fraction(signed * market.mark, E8) - cost
        seq = world.record("FillSettled", vault.operator)
        position.size -= signed
        position.cost -= cost
        position.changed = seq
        if not position.size:
            position.position_id = 0
        seq = world.record("FillSettled", command.aux_account)
        aux.positions[name] = Position(signed, cost, market.index, seq, seq)
    cash = pay - ceil(profit)
    if cash:
        _money(world, operator, -cash)
        _money(world, aux, cash)
        pair = [vault.operator, command.aux_account]
        payer, payee = pair if cash > 0 else reversed(pair)
        world.record("TransferSent", payer)
        world.record("TransferReceived", payee)
    else:
        _money(world, aux, 0)
    for name in parts:
        after_change(world, operator, name)


def complete_unwind(world: World, command: CompleteUnwind) -> None:
    """The holder gets what is left, once nothing is open."""
    against = Objections()
    against_mode(world, "vault_flows", against)
    against.add(command.vault not in world.vaults, Code.VAULT_NOT_FOUND)
    against.stop()
    unwind = world.unwinds.get(command.unwind_id)
    if unwind is None or unwind.vault != command.vault:
        refuse_if(applies=True, code=Code.UNWIND_NOT_FOUND)
    assert unwind is not None
    aux, holder = world.account(unwind.aux), world.account(unwind.holder)
    paid = aux.balances.get(world.settlement, 0)
    busy = any(p.size for p in aux.positions.values()) or bool(aux.orders) or paid < 0
    refuse_if(busy, Code.UNWIND_RUNNING)
    refuse_if(not fits(holder.balances.get(world.settlement, 0) + paid), Code.OUT_OF_RANGE)
    world.record("VaultUnwindCompleted", world.vaults[command.vault].operator)
    del world.unwinds[command.unwind_id]
    aux.vault = ""
    if paid:
        _money(world, aux, -paid)
        world.record("TransferSent", unwind.aux)
        _money(world, holder, paid)
        world.record("TransferReceived", unwind.holder)
    if not any(aux.balances.values()):
        aux.status = "closed"
        world.record("AccountChanged", unwind.aux)
