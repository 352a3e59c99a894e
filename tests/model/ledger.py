"""The second ledger: takes the same commands, written from the texts alone.

It shares no rule with ``ledger.core``: only the command classes that go in and the numbers
of the refusals that come out. It is slow on purpose: every sum is taken again over every
order and position, every margin is an exact fraction. Where it and the core disagree, one
of them has misread ``domain.md`` or ``decisions.md``.
"""

from dataclasses import dataclass

from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    ApplyCorrection,
    ApplyRollback,
    ApprovePlan,
    BustTrade,
    CancelAllOrders,
    CancelOrder,
    CancelOutsideBand,
    ChangeAccount,
    ChangeRule,
    ChangeStatus,
    CompleteUnwind,
    ConfirmBook,
    CreateVault,
    CreditDeposit,
    DeleverageAccount,
    DepositToVault,
    FailWithdrawal,
    LiquidateAccount,
    ListAsset,
    ListMarket,
    MarkCheckpoint,
    OpenAccount,
    PayRefund,
    PlaceOrder,
    PostAdjustment,
    RedeemShares,
    RegisterKey,
    ReinstateWithdrawal,
    ReleaseWithdrawal,
    RequestWithdrawal,
    RevokeKey,
    SettleFunding,
    SettleOffBookTrade,
    SettleTrade,
    SettleVaultFees,
    SweepRounding,
    Transfer,
    TriggerOrder,
    UpdateAsset,
    UpdateMarket,
    UpdatePrices,
    UpdateVault,
)
from ledger.core.refusals import RefusalCode
from tests.model import control, feeds, liquidation, money, orders, trading, vaults
from tests.model.books import RefusedError, World


@dataclass(frozen=True)
class Verdict:
    """What the model says of a command: events as (type, account), or the codes that apply."""

    events: tuple[tuple[str, str], ...]
    codes: frozenset[RefusalCode]

    @property
    def accepted(self) -> bool:
        """Whether the command was taken."""
        return not self.codes


class Model:
    """A ledger to compare with."""

    def __init__(self, seq: int = 0) -> None:
        self.world = World(seq=seq)

    def apply(self, command: AnyCommand) -> Verdict:
        """Take one command; a refused one leaves everything as it was, but for what guards record."""
        world = self.world
        world.happened = []
        world.now_us = max(world.recorded_us, command.issued_at_us)
        codes: frozenset[RefusalCode] = frozenset()
        try:
            self._dispatch(world, command, f"{command.producer}/{command.number}")
        except RefusedError as refused:
            codes = refused.codes
        if world.happened:
            world.recorded_us = world.now_us
        return Verdict(tuple(world.happened), codes)

    def _dispatch(  # noqa: C901, PLR0912, PLR0915
        self, world: World, command: AnyCommand, command_id: str
    ) -> None:
        match command:
            case ListAsset():
                money.list_asset(world, command)
            case UpdateAsset():
                money.update_asset(world, command)
            case OpenAccount():
                money.open_account(world, command)
            case ChangeAccount():
                money.change_account(world, command)
            case CreditDeposit():
                money.credit_deposit(world, command)
            case RequestWithdrawal():
                money.request_withdrawal(world, command, command_id)
            case ReleaseWithdrawal():
                money.release_withdrawal(world, command)
            case FailWithdrawal():
                money.fail_withdrawal(world, command)
            case Transfer():
                money.transfer(world, command)
            case PostAdjustment():
                money.post_adjustment(world, command)
            case ListMarket():
                feeds.list_market(world, command)
            case UpdateMarket():
                feeds.update_market(world, command)
            case UpdatePrices():
                feeds.update_prices(world, command)
            case AdvanceFunding():
                feeds.advance_funding(world, command)
            case SettleFunding():
                feeds.settle_funding(world, command)
            case SweepRounding():
                feeds.sweep_rounding(world, command)
            case PlaceOrder():
                orders.place_order(world, command, command_id)
            case TriggerOrder():
                orders.trigger_order(world, command)
            case CancelOrder():
                orders.cancel_order(world, command)
            case CancelAllOrders():
                orders.cancel_all_orders(world, command)
            case DeleverageAccount():
                orders.deleverage_account(world, command)
            case LiquidateAccount():
                liquidation.liquidate_account(world, command)
            case CreateVault():
                vaults.create_vault(world, command)
            case UpdateVault():
                vaults.update_vault(world, command)
            case DepositToVault():
                vaults.deposit_to_vault(world, command, command_id)
            case RedeemShares():
                vaults.redeem_shares(world, command, command_id)
            case CompleteUnwind():
                vaults.complete_unwind(world, command)
            case SettleVaultFees():
                vaults.settle_vault_fees(world, command)
            case SettleTrade():
                trading.settle_trade(world, command, command_id)
            case SettleOffBookTrade():
                trading.settle_off_book_trade(world, command, command_id)
            case BustTrade():
                trading.bust_trade(world, command)
            case CancelOutsideBand():
                orders.cancel_outside_band(world, command)
            case ChangeStatus():
                control.change_status(world, command)
            case ChangeRule():
                control.change_rule(world, command)
            case RegisterKey():
                control.register_key(world, command)
            case RevokeKey():
                control.revoke_key(world, command)
            case MarkCheckpoint():
                world.record("CheckpointMarked")
            case (
                ApprovePlan()
                | ApplyRollback()
                | ConfirmBook()
                | ReinstateWithdrawal()
                | ApplyCorrection()
                | PayRefund()
            ):
                raise AssertionError("the histories that are compared with this ledger have no plans")

    def balances(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(account, asset) -> (balance, pending), wherever either is not zero."""
        found = {}
        for name, account in self.world.accounts.items():
            for asset in sorted(set(account.balances) | set(account.pending)):
                pair = (account.balances.get(asset, 0), account.pending.get(asset, 0))
                if pair != (0, 0):
                    found[name, asset] = pair
        return found

    def stakes(self) -> dict[tuple[str, str], tuple[int, int, int]]:
        """(vault, holder) -> (shares, high-water mark, deposited)."""
        return {
            (vault, holder): (stake.shares, stake.hwm, stake.deposited)
            for vault, books in self.world.vaults.items()
            for holder, stake in books.stakes.items()
        }

    def positions(self) -> dict[tuple[str, str], tuple[int, int, int, int]]:
        """(account, market) -> (position_id, size, cost, cached index) of the open positions."""
        return {
            (name, market): (p.position_id, p.size, p.cost, p.cached_index)
            for name, account in self.world.accounts.items()
            for market, p in account.positions.items()
            if p.size
        }

    def open_orders(self) -> dict[tuple[str, str], tuple[str, str, str, str, int]]:
        """(account, order_id) -> (market, side, type, status, remaining)."""
        return {
            (name, o.order_id): (
                o.market,
                "BUY" if o.sign > 0 else "SELL",
                o.order_type,
                o.status,
                o.remaining,
            )
            for name, account in self.world.accounts.items()
            for o in account.orders.values()
        }

    def status(self) -> tuple[str, str, dict[str, str]]:
        """Status of the exchange, switch of withdrawals, status of every market."""
        return self.world.status, self.world.switch, {n: m.status for n, m in self.world.markets.items()}

    def funding(self) -> dict[str, tuple[int, int, int, int]]:
        """market -> (index, remainder, rate, premium)."""
        return {n: (m.index, m.remainder, m.rate, m.premium) for n, m in self.world.markets.items()}

    def counters(self) -> dict[tuple[str, str], int]:
        """(counter-account, asset) -> balance, wherever it is not zero."""
        return {key: amount for key, amount in self.world.counters.items() if amount}
