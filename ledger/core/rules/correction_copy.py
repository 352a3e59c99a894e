"""The copy on which a correction is worked out: what it holds, and how events are taken into it."""

from ledger.core.messages import (
    AccountChanged,
    AnyEvent,
    ApplyCorrection,
    FillSettled,
    FundingIndexRestated,
    FundingSettled,
    OrderCancelled,
    OrderPlaced,
    RefundPaid,
    TradeBusted,
    TransferReceived,
    TransferSent,
    VaultSharesBurned,
    VaultSharesMinted,
)
from ledger.core.money_state import Refund
from ledger.core.rules.accounts import evolve_account_changed
from ledger.core.rules.balances import put_balance
from ledger.core.rules.busts import evolve_trade_busted
from ledger.core.rules.funding import evolve_funding_settled
from ledger.core.rules.orders import evolve_order_cancelled, evolve_order_placed
from ledger.core.rules.redemption import evolve_vault_shares_burned
from ledger.core.rules.trades import evolve_fill_settled
from ledger.core.rules.vaults import evolve_vault_shares_minted
from ledger.core.state import State
from ledger.core.values import BUY, SELL


def sign_of_side(side: str) -> int:
    """+1 for BUY, -1 for SELL, 0 for anything else."""
    return 1 if side == BUY else -1 if side == SELL else 0


def touched(state: State, command: ApplyCorrection) -> list[str]:
    """Accounts that a correction changes, in order of their names."""
    names: set[str] = set()
    for line in command.funding:
        names.add(line.account)
    for fill in command.fills:
        names.add(fill.account)
    for payment in command.payments:
        names.add(payment.payer)
        names.add(payment.payee)
    for order in command.orders:
        names.add(order.account)
    for negative in command.negatives:
        names.add(negative.account)
        if state.liquidator:
            names.add(state.liquidator)
    return sorted(names)


def take(scratch: State, event: AnyEvent) -> None:
    """Take an event of a correction into the copy."""
    match event:
        case FundingIndexRestated():
            market = scratch.markets[event.market]
            market.index_e8 = event.index_after_e8
            market.remainder = event.remainder_after
        case FundingSettled():
            evolve_funding_settled(scratch, event)
        case TradeBusted():
            evolve_trade_busted(scratch, event)
        case FillSettled():
            evolve_fill_settled(scratch, event)
        case TransferSent() | TransferReceived():
            put_balance(scratch, scratch.accounts[event.account], event.asset, event.balance_after_e8)
        case RefundPaid():
            account = scratch.accounts[event.account]
            put_balance(scratch, account, scratch.settlement_asset, event.balance_after_e8)
            scratch.refunds[event.refund_id] = Refund(event.refund_id, event.account, event.paid_after_e8)
        case VaultSharesMinted():
            evolve_vault_shares_minted(scratch, event)
        case VaultSharesBurned():
            evolve_vault_shares_burned(scratch, event)
        case OrderPlaced():
            evolve_order_placed(scratch, event)
        case OrderCancelled():
            evolve_order_cancelled(scratch, event)
        case AccountChanged():
            evolve_account_changed(scratch, event)
        case _:
            pass
