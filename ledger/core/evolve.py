"""``evolve``: the state after an event.

Purely a dispatcher: every event has one function in ``ledger.core.rules``. It is total on a
valid log, and the only way in which a state changes.
"""

from ledger.core.messages import (
    AccountChanged,
    AccountOpened,
    AdjustmentPosted,
    AnyEvent,
    AssetListed,
    AssetUpdated,
    BookConfirmed,
    CheckpointMarked,
    DepositCredited,
    FillSettled,
    FundingIndexAdvanced,
    FundingIndexRestated,
    FundingSettled,
    GuardTripped,
    KeyRegistered,
    KeyRevoked,
    LedgerOpened,
    LiquidationStarted,
    LossSocialized,
    MarketListed,
    MarketUpdated,
    OrderCancelled,
    OrderPlaced,
    OrderTriggered,
    PenaltyCharged,
    PlanApproved,
    PricesUpdated,
    RefundPaid,
    RollbackCompleted,
    RollbackDeclared,
    RoundingSwept,
    RuleChanged,
    SystemStatusChanged,
    TradeBusted,
    TransferReceived,
    TransferSent,
    VaultCreated,
    VaultFeeSettled,
    VaultSharesBurned,
    VaultSharesMinted,
    VaultUnwindCompleted,
    VaultUnwindStarted,
    VaultUpdated,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.rules import (
    accounts,
    assets,
    busts,
    checkpoint,
    corrections,
    engine_book,
    funding,
    funding_ticks,
    guards,
    liquidation,
    losses,
    markets,
    modes,
    money,
    operators,
    orders,
    plans,
    prices,
    redemption,
    refunds,
    rollback,
    trades,
    triggers,
    vaults,
    withdrawals,
)
from ledger.core.state import State


def evolve_control(state: State, event: AnyEvent) -> None:
    """Apply what an event of a void block still says: status, rules, keys, approvals and guard trips count.

    Everything else of a void block, its seq and its time included, never was.
    """
    match event:
        case GuardTripped():
            guards.evolve_guard_tripped(state, event)
        case SystemStatusChanged():
            modes.evolve_system_status_changed(state, event)
        case RuleChanged():
            operators.evolve_rule_changed(state, event)
        case KeyRegistered():
            operators.evolve_key_registered(state, event)
        case KeyRevoked():
            operators.evolve_key_revoked(state, event)
        case PlanApproved():
            plans.evolve_plan_approved(state, event)
        case RollbackDeclared():
            rollback.evolve_declared_control(state, event)
        case _:
            pass


def evolve(state: State, event: AnyEvent) -> None:  # noqa: C901, PLR0912, PLR0915
    """Apply a stamped ``event`` to ``state``, in place.

    One case per event, the most frequent ones first: long, but a table.
    """
    state.seq = event.seq
    state.recorded_at_us = event.recorded_at_us
    match event:
        case FillSettled():
            trades.evolve_fill_settled(state, event)
        case OrderPlaced():
            orders.evolve_order_placed(state, event)
        case OrderCancelled():
            orders.evolve_order_cancelled(state, event)
        case TransferSent():
            money.evolve_transfer_sent(state, event)
        case TransferReceived():
            money.evolve_transfer_received(state, event)
        case PricesUpdated():
            prices.evolve_prices_updated(state, event)
            plans.note_passing(state, event.seq)
        case FundingIndexAdvanced():
            funding_ticks.evolve_funding_index_advanced(state, event)
            plans.note_passing(state, event.seq)
        case DepositCredited():
            money.evolve_deposit_credited(state, event)
        case WithdrawalRequested():
            withdrawals.evolve_withdrawal_requested(state, event)
        case WithdrawalReleased():
            withdrawals.evolve_withdrawal_released(state, event)
        case WithdrawalFailed():
            withdrawals.evolve_withdrawal_failed(state, event)
        case OrderTriggered():
            triggers.evolve_order_triggered(state, event)
        case LiquidationStarted():
            liquidation.evolve_liquidation_started(state, event)
        case PenaltyCharged():
            liquidation.evolve_penalty_charged(state, event)
        case LossSocialized():
            losses.evolve_loss_socialized(state, event)
        case VaultSharesMinted():
            vaults.evolve_vault_shares_minted(state, event)
        case VaultSharesBurned():
            redemption.evolve_vault_shares_burned(state, event)
        case VaultFeeSettled():
            vaults.evolve_vault_fee_settled(state, event)
        case VaultUnwindStarted():
            redemption.evolve_vault_unwind_started(state, event)
        case VaultUnwindCompleted():
            redemption.evolve_vault_unwind_completed(state, event)
        case VaultCreated():
            vaults.evolve_vault_created(state, event)
        case VaultUpdated():
            vaults.evolve_vault_updated(state, event)
        case TradeBusted():
            busts.evolve_trade_busted(state, event)
        case FundingSettled():
            funding.evolve_funding_settled(state, event)
        case RefundPaid():
            refunds.evolve_refund_paid(state, event)
        case FundingIndexRestated():
            corrections.evolve_funding_index_restated(state, event)
        case AccountOpened():
            accounts.evolve_account_opened(state, event)
        case AccountChanged():
            accounts.evolve_account_changed(state, event)
        case AdjustmentPosted():
            money.evolve_adjustment_posted(state, event)
        case RoundingSwept():
            funding.evolve_rounding_swept(state, event)
        case AssetListed():
            assets.evolve_asset_listed(state, event)
        case AssetUpdated():
            assets.evolve_asset_updated(state, event)
        case MarketListed():
            markets.evolve_market_listed(state, event)
        case MarketUpdated():
            markets.evolve_market_updated(state, event)
        case GuardTripped():
            guards.evolve_guard_tripped(state, event)
            plans.note_passing(state, event.seq)
        case SystemStatusChanged():
            modes.evolve_system_status_changed(state, event)
            plans.note_passing(state, event.seq)
        case RuleChanged():
            operators.evolve_rule_changed(state, event)
            plans.note_passing(state, event.seq)
        case KeyRegistered():
            operators.evolve_key_registered(state, event)
            plans.note_passing(state, event.seq)
        case KeyRevoked():
            operators.evolve_key_revoked(state, event)
            plans.note_passing(state, event.seq)
        case PlanApproved():
            plans.evolve_plan_approved(state, event)
            plans.note_passing(state, event.seq)
        case BookConfirmed():
            engine_book.evolve_book_confirmed(state, event)
            plans.note_passing(state, event.seq)
        case LedgerOpened():
            checkpoint.evolve_ledger_opened(state, event)
        case CheckpointMarked():
            checkpoint.evolve_checkpoint_marked(state, event)
            plans.note_passing(state, event.seq)
        case RollbackDeclared():
            rollback.evolve_rollback_declared(state, event)
        case RollbackCompleted():
            rollback.evolve_rollback_completed(state, event)
