"""Assets, accounts and money: everything that moves no position."""

from ledger.core.messages import (
    ChangeAccount,
    CreditDeposit,
    FailWithdrawal,
    ListAsset,
    OpenAccount,
    PostAdjustment,
    ReleaseWithdrawal,
    RequestWithdrawal,
    Transfer,
    UpdateAsset,
)
from ledger.core.refusals import RefusalCode as Code
from tests.model.books import (
    AMOUNT_MAX,
    PPM,
    Account,
    Asset,
    Objections,
    Withdrawal,
    World,
    fits,
    is_name,
    refuse_if,
)
from tests.model.control import against_mode, number
from tests.model.liquidation import socialized_loss
from tests.model.margin import account_value, free_collateral, requirement

ACCOUNT_KINDS = frozenset({"TRADER", "SUBACCOUNT", "VAULT_OPERATOR", "AUXILIARY", "LIQUIDATOR", "EXTERNAL"})

COUNTER_ACCOUNTS = frozenset(
    {
        "custody",
        "withdrawal_pending",
        "pnl_clearing",
        "funding_clearing",
        "fee",
        "transit",
        "adjustment",
        "vault_issue",
        "rounding",
    }
)


def list_asset(world: World, command: ListAsset) -> None:
    """A new asset; at most one settles."""
    against = Objections()
    against.add(not command.asset or not 0 <= command.decimals <= 18, Code.INVALID_VALUE)
    against.add(command.settlement not in (0, 1), Code.INVALID_VALUE)
    against.add(command.asset in world.assets, Code.ASSET_EXISTS)
    against.add(command.settlement == 1 and bool(world.settlement), Code.SETTLEMENT_ASSET_TAKEN)
    against.stop()
    world.assets[command.asset] = Asset(command.decimals, command.settlement == 1)
    if command.settlement:
        world.settlement = command.asset
    world.record("AssetListed")


def update_asset(world: World, command: UpdateAsset) -> None:
    """Halt an asset or let it move again."""
    against = Objections()
    against.add(command.status not in ("ok", "halted"), Code.INVALID_VALUE)
    against.add(command.asset not in world.assets, Code.ASSET_NOT_FOUND)
    against.stop()
    asset = world.assets[command.asset]
    refuse_if(asset.status == command.status, Code.NOTHING_TO_CHANGE)
    asset.status = command.status
    asset.revision += 1
    world.record("AssetUpdated")


def open_account(world: World, command: OpenAccount) -> None:
    """A new account; a sub-account and an auxiliary account name their parent."""
    against = Objections()
    against.add(not command.account or command.kind not in ACCOUNT_KINDS, Code.INVALID_VALUE)
    against.add(command.margin_exempt not in (0, 1), Code.INVALID_VALUE)
    against.add(command.fee_tier not in ("", "PRO", "RETAIL"), Code.INVALID_VALUE)
    against.add(command.account in world.accounts, Code.ACCOUNT_EXISTS)
    needs_parent = command.kind in ("SUBACCOUNT", "AUXILIARY")
    parent = world.accounts.get(command.parent)
    orphan = parent is None or parent.status == "closed" or parent.kind in ("SUBACCOUNT", "AUXILIARY")
    against.add(orphan if needs_parent else bool(command.parent), Code.PARENT_INVALID)
    against.add(command.account in COUNTER_ACCOUNTS or ":" in command.account, Code.ACCOUNT_RESERVED)
    liquidates = command.kind == "LIQUIDATOR"
    against.add(liquidates and bool(world.liquidator), Code.LIQUIDATOR_EXISTS)
    against.stop()
    if liquidates:
        world.liquidator = command.account
    world.accounts[command.account] = Account(
        command.kind,
        command.parent,
        command.margin_exempt == 1 or liquidates,
        command.signer_key,
        command.fee_tier or "PRO",
    )
    world.record("AccountOpened", command.account)


def is_empty(world: World, name: str) -> bool:
    """Whether nothing is left that closing would lose."""
    account = world.account(name)
    claims = any(name in v.stakes or (v.operator == name and v.supply) for v in world.vaults.values())
    claims = claims or any(name in (u.holder, u.aux) for u in world.unwinds.values())
    return not claims and not (
        any(account.balances.values())
        or any(account.pending.values())
        or any(p.size for p in account.positions.values())
        or account.orders
    )


def change_account(world: World, command: ChangeAccount) -> None:
    """One field of an account: status, signer, fee tier, or leverage in one market."""
    against = Objections()
    against.add(command.field not in ("status", "signer", "fee_tier", "leverage"), Code.INVALID_VALUE)
    against.add(
        command.field == "status" and command.value not in ("active", "restricted", "closed"),
        Code.INVALID_VALUE,
    )
    against.add((command.field == "leverage") != bool(command.market), Code.INVALID_VALUE)
    leverage = int(command.value) if command.field == "leverage" and command.value.isdecimal() else 0
    against.add(command.field == "leverage" and not 1 <= leverage <= 500, Code.INVALID_VALUE)
    against.add(bool(command.market) and command.market not in world.markets, Code.MARKET_NOT_FOUND)
    against.add(command.account not in world.accounts, Code.ACCOUNT_NOT_FOUND)
    against.stop()
    account = world.account(command.account)
    against.add(account.status == "closed", Code.ACCOUNT_CLOSED)
    against.add(
        command.field == "status" and command.value == "closed" and not is_empty(world, command.account),
        Code.ACCOUNT_NOT_EMPTY,
    )
    if command.field == "leverage":
        _change_leverage(world, account, command.market, leverage, against)
    else:
        attribute = {"status": "status", "signer": "signer", "fee_tier": "fee_tier"}[command.field]
        against.add(getattr(account, attribute) == command.value, Code.NOTHING_TO_CHANGE)
        against.stop()
        setattr(account, attribute, command.value)
    world.record("AccountChanged", command.account)


def _change_leverage(world: World, account: Account, name: str, leverage: int, against: Objections) -> None:
    """Lower (or restore) the leverage of one market: a factor of at least the market's own."""
    factor = -(-PPM // leverage)
    base = world.markets[name].rule("imf_base_ppm")
    against.add(factor < base, Code.INVALID_VALUE)
    before = account.imf.get(name, 0)
    against.add(factor == before, Code.NOTHING_TO_CHANGE)
    against.stop()
    required = requirement(account, world.markets)
    account.imf[name] = factor
    rises = requirement(account, world.markets) > required
    spare = account_value(account, world.markets, world.settlement) - requirement(account, world.markets)
    if rises and spare < 0:
        account.imf[name] = before
        refuse_if(applies=True, code=Code.INSUFFICIENT_MARGIN)


def movement(world: World, amount: int, asset: str, against: Objections) -> None:
    """What every command that moves an amount of an asset is checked for."""
    against.add(amount <= 0, Code.INVALID_VALUE)
    against.add(amount > AMOUNT_MAX, Code.OUT_OF_RANGE)
    against.add(asset not in world.assets, Code.ASSET_NOT_FOUND)
    against.add(asset in world.assets and world.assets[asset].status != "ok", Code.ASSET_HALTED)


def standing(world: World, name: str, against: Objections, *, pays: bool) -> None:
    """The account exists and is not closed; one that pays is not restricted either."""
    account = world.accounts.get(name)
    against.add(account is None, Code.ACCOUNT_NOT_FOUND)
    against.add(account is not None and account.status == "closed", Code.ACCOUNT_CLOSED)
    against.add(pays and account is not None and account.status == "restricted", Code.ACCOUNT_RESTRICTED)


def may_pay(world: World, account: Account, asset: str, amount: int, against: Objections) -> None:
    """Enough balance, and for the settlement asset enough free collateral."""
    against.add(amount > account.balances.get(asset, 0), Code.INSUFFICIENT_BALANCE)
    if asset == world.settlement:
        free = free_collateral(account, world.markets, world.settlement)
        against.add(amount > free, Code.INSUFFICIENT_FREE_COLLATERAL)


def credit_deposit(world: World, command: CreditDeposit) -> None:
    """Money that arrived outside; one external reference is credited once."""
    against = Objections()
    reference = f"{command.external_chain}/{command.external_ref}"
    against.add(not command.external_ref or not is_name(command.external_chain), Code.INVALID_VALUE)
    against.add("/" in command.external_chain, Code.INVALID_VALUE)
    movement(world, command.amount_e8, command.asset, against)
    standing(world, command.account, against, pays=False)
    against.add(reference in world.external_refs, Code.EXTERNAL_REF_USED)
    against.stop()
    balances = world.account(command.account).balances
    after = balances.get(command.asset, 0) + command.amount_e8
    refuse_if(not fits(after), Code.OUT_OF_RANGE)
    balances[command.asset] = after
    world.external_refs.add(reference)
    world.post("custody", command.asset, -command.amount_e8)
    world.record("DepositCredited", command.account)


def outflow_left(world: World, hours: int, name: str) -> int:
    """How much of the settlement asset may still be requested within some hours, by tens of minutes."""
    custody = max(0, -world.counters.get(("custody", world.settlement), 0))
    part = custody * number(world, f"outflow_{name}_ppm") // PPM
    since_us = world.now_us - hours * 3_600_000_000
    asked = sum(
        amount for at_us, amount in world.requested if (at_us // 600_000_000 + 1) * 600_000_000 > since_us
    )
    return max(number(world, f"outflow_{name}_least_e8"), part) - asked


def request_withdrawal(world: World, command: RequestWithdrawal, command_id: str) -> None:
    """The amount leaves the balance at the request and waits."""
    against = Objections()
    against_mode(world, "withdrawals", against)
    against.add(not command.destination, Code.INVALID_VALUE)
    movement(world, command.amount_e8, command.asset, against)
    standing(world, command.account, against, pays=True)
    against.stop()
    account = world.account(command.account)
    may_pay(world, account, command.asset, command.amount_e8, against)
    against.add(bool(account.vault), Code.VAULT_MONEY)
    against.add(world.switch == "closed", Code.WITHDRAWALS_CLOSED)
    if command.asset == world.settlement:
        left = min(outflow_left(world, 1, "hour"), outflow_left(world, 24, "day"))
        against.add(command.amount_e8 > left, Code.OUTFLOW_LIMIT)
    against.stop()
    if command.asset == world.settlement:
        world.requested.append((world.now_us, command.amount_e8))
    account.balances[command.asset] = account.balances.get(command.asset, 0) - command.amount_e8
    account.pending[command.asset] = account.pending.get(command.asset, 0) + command.amount_e8
    world.withdrawals[command_id] = Withdrawal(command.account, command.asset, command.amount_e8)
    world.post("withdrawal_pending", command.asset, command.amount_e8)
    world.record("WithdrawalRequested", command.account)


def _waiting(world: World, account: str, withdrawal_id: str) -> Withdrawal:
    """The pending withdrawal of this account with this id."""
    refuse_if(account not in world.accounts, Code.ACCOUNT_NOT_FOUND)
    waiting = world.withdrawals.get(withdrawal_id)
    if waiting is None or waiting.account != account:
        refuse_if(applies=True, code=Code.WITHDRAWAL_NOT_FOUND)
    assert waiting is not None
    return waiting


def release_withdrawal(world: World, command: ReleaseWithdrawal) -> None:
    """The money left, less what is kept back for bankruptcies."""
    refuse_if(not command.external_ref, Code.INVALID_VALUE)
    refuse_if(world.waits, Code.PRICES_RESTORED)
    waiting = _waiting(world, command.account, command.withdrawal_id)
    refuse_if(world.switch == "held", Code.WITHDRAWALS_HELD)
    refuse_if(world.switch == "closed", Code.WITHDRAWALS_CLOSED)
    loss = socialized_loss(world, waiting.asset, waiting.amount)
    world.account(command.account).pending[waiting.asset] -= waiting.amount
    del world.withdrawals[command.withdrawal_id]
    world.post("withdrawal_pending", waiting.asset, -waiting.amount)
    world.post("custody", waiting.asset, waiting.amount - loss)
    world.record("WithdrawalReleased", command.account)
    if loss:
        fund = world.account(world.liquidator).balances
        fund[waiting.asset] = fund.get(waiting.asset, 0) + loss
        world.record("LossSocialized", world.liquidator)


def fail_withdrawal(world: World, command: FailWithdrawal) -> None:
    """The money did not leave and is back in the balance."""
    waiting = _waiting(world, command.account, command.withdrawal_id)
    account = world.account(command.account)
    after = account.balances.get(waiting.asset, 0) + waiting.amount
    refuse_if(not fits(after), Code.OUT_OF_RANGE)
    account.pending[waiting.asset] -= waiting.amount
    account.balances[waiting.asset] = after
    del world.withdrawals[command.withdrawal_id]
    world.post("withdrawal_pending", waiting.asset, -waiting.amount)
    world.record("WithdrawalFailed", command.account)


def transfer(world: World, command: Transfer) -> None:
    """A debit of one account and a credit of another, through transit."""
    against = Objections()
    against_mode(world, "transfers", against)
    movement(world, command.amount_e8, command.asset, against)
    standing(world, command.account, against, pays=True)
    standing(world, command.counterparty, against, pays=False)
    against.add(command.account == command.counterparty, Code.SAME_ACCOUNT)
    against.stop()
    sender, receiver = world.account(command.account), world.account(command.counterparty)
    may_pay(world, sender, command.asset, command.amount_e8, against)
    against.add(bool(sender.vault), Code.VAULT_MONEY)
    after = receiver.balances.get(command.asset, 0) + command.amount_e8
    against.add(not fits(after), Code.OUT_OF_RANGE)
    against.stop()
    sender.balances[command.asset] = sender.balances.get(command.asset, 0) - command.amount_e8
    receiver.balances[command.asset] = after
    world.record("TransferSent", command.account)
    world.record("TransferReceived", command.counterparty)


def post_adjustment(world: World, command: PostAdjustment) -> None:
    """An operator's correction: signed, with a reason.

    A debit below zero needs a margin that bears it; another asset never goes below zero.
    """
    against = Objections()
    against.add(command.amount_e8 == 0 or not is_name(command.reason_code), Code.INVALID_VALUE)
    against.add(abs(command.amount_e8) > AMOUNT_MAX, Code.OUT_OF_RANGE)
    against.add(command.asset not in world.assets, Code.ASSET_NOT_FOUND)
    standing(world, command.account, against, pays=False)
    against.stop()
    balances = world.account(command.account).balances
    after = balances.get(command.asset, 0) + command.amount_e8
    refuse_if(not fits(after), Code.OUT_OF_RANGE)
    if command.amount_e8 < 0 and after < 0:
        refuse_if(world.waits, Code.PRICES_RESTORED)
        account = world.account(command.account)
        value = account_value(account, world.markets, world.settlement) + command.amount_e8
        borne = account.exempt or value >= requirement(account, world.markets)
        refuse_if(command.asset != world.settlement or not borne, Code.INSUFFICIENT_BALANCE)
    balances[command.asset] = after
    world.post(f"adjustment:{command.reason_code}", command.asset, -command.amount_e8)
    world.record("AdjustmentPosted", command.account)
