"""``decide``: what a command does to a state, as events or as a refusal.

Purely a dispatcher: every command has one function in ``ledger.core.rules``. The answer
depends on nothing but the arguments, and the state is never changed.
"""

from ledger.core.decision import Decision, command_id
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
    Command,
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
from ledger.core.proof import UNSIGNED, Proof
from ledger.core.rules import (
    accounts,
    assets,
    busts,
    checkpoint,
    corrections,
    deleveraging,
    engine_book,
    funding,
    funding_ticks,
    liquidation,
    markets,
    modes,
    money,
    operators,
    orders,
    plans,
    prices,
    redemption,
    refunds,
    reinstated,
    rollback,
    trades,
    triggers,
    vaults,
    withdrawals,
)
from ledger.core.rules.ticks import observed_us
from ledger.core.state import State


def decide(  # noqa: C901, PLR0912, PLR0915
    state: State, command: AnyCommand, now_us: int, proof: Proof = UNSIGNED
) -> Decision:
    """Events of ``command`` on ``state``, or why it is refused.

    ``now_us`` is the time at which the command is recorded, in microseconds: the later of
    the previous event's and of the command's arrival. ``proof`` says who signed it.
    The events are stamped: ``seq`` goes on from the state's, ``occurred_at_us`` is what the
    command says of the outside, or when it was issued. One case per command, the most
    frequent ones first: long, but a table.
    """
    match command:
        case SettleTrade():
            decision = trades.decide_settle_trade(state, command, now_us)
            return _stamp(decision, state.seq, command, command.matched_at_us, now_us)
        case PlaceOrder():
            decision = orders.decide_place_order(state, command, now_us)
        case CancelOrder():
            decision = orders.decide_cancel_order(state, command, now_us)
        case Transfer():
            decision = money.decide_transfer(state, command, now_us)
        case UpdatePrices():
            decision = prices.decide_update_prices(state, command, now_us)
            return _stamp(decision, state.seq, command, observed_us(command.observed_at_ms), now_us)
        case AdvanceFunding():
            decision = funding_ticks.decide_advance_funding(state, command, now_us)
            return _stamp(decision, state.seq, command, observed_us(command.observed_at_ms), now_us)
        case CreditDeposit():
            decision = money.decide_credit_deposit(state, command, now_us)
            return _stamp(decision, state.seq, command, command.occurred_at_us, now_us)
        case RequestWithdrawal():
            decision = withdrawals.decide_request_withdrawal(state, command, now_us)
        case ReleaseWithdrawal():
            decision = withdrawals.decide_release_withdrawal(state, command, now_us)
            return _stamp(decision, state.seq, command, command.occurred_at_us, now_us)
        case FailWithdrawal():
            decision = withdrawals.decide_fail_withdrawal(state, command, now_us)
        case SettleOffBookTrade():
            decision = trades.decide_settle_off_book_trade(state, command, now_us)
            if state.control.signing:
                decision = operators.authorised(state, command, proof, decision)
            return _stamp(decision, state.seq, command, command.matched_at_us, now_us)
        case TriggerOrder():
            decision = triggers.decide_trigger_order(state, command, now_us)
        case CancelAllOrders():
            decision = orders.decide_cancel_all_orders(state, command, now_us)
        case DeleverageAccount():
            decision = deleveraging.decide_deleverage_account(state, command, now_us)
        case LiquidateAccount():
            decision = liquidation.decide_liquidate_account(state, command, now_us)
        case DepositToVault():
            decision = vaults.decide_deposit_to_vault(state, command, now_us)
        case RedeemShares():
            decision = redemption.decide_redeem_shares(state, command, now_us)
        case CompleteUnwind():
            decision = redemption.decide_complete_unwind(state, command, now_us)
        case SettleVaultFees():
            decision = vaults.decide_settle_vault_fees(state, command, now_us)
        case CreateVault():
            decision = vaults.decide_create_vault(state, command, now_us)
        case UpdateVault():
            decision = vaults.decide_update_vault(state, command, now_us)
        case BustTrade():
            decision = busts.decide_bust_trade(state, command, now_us)
        case OpenAccount():
            decision = accounts.decide_open_account(state, command, now_us)
        case ChangeAccount():
            decision = accounts.decide_change_account(state, command, now_us)
        case PayRefund():
            decision = refunds.decide_pay_refund(state, command, now_us)
        case ApplyCorrection():
            decision = corrections.decide_apply_correction(state, command, now_us)
        case PostAdjustment():
            decision = money.decide_post_adjustment(state, command, proof)
        case SettleFunding():
            decision = funding.decide_settle_funding(state, command, now_us)
        case SweepRounding():
            decision = funding.decide_sweep_rounding(state, command, now_us)
        case ListAsset():
            decision = assets.decide_list_asset(state, command, now_us)
        case UpdateAsset():
            decision = assets.decide_update_asset(state, command, now_us)
        case ListMarket():
            decision = markets.decide_list_market(state, command, now_us)
        case UpdateMarket():
            decision = markets.decide_update_market(state, command, now_us)
        case CancelOutsideBand():
            decision = orders.decide_cancel_outside_band(state, command, now_us)
        case ChangeStatus():
            decision = modes.decide_change_status(state, command, proof, now_us)
        case ChangeRule():
            decision = operators.decide_change_rule(state, command, proof, now_us)
        case RegisterKey():
            decision = operators.decide_register_key(state, command, proof)
        case RevokeKey():
            decision = operators.decide_revoke_key(state, command, proof)
        case ApprovePlan():
            decision = plans.decide_approve_plan(state, command, proof, now_us)
        case ApplyRollback():
            decision = rollback.decide_apply_rollback(state, command, now_us)
        case ReinstateWithdrawal():
            decision = reinstated.decide_reinstate_withdrawal(state, command, now_us)
            if state.control.signing:
                decision = operators.authorised(state, command, proof, decision)
            return _stamp(decision, state.seq, command, command.occurred_at_us, now_us)
        case ConfirmBook():
            decision = engine_book.decide_confirm_book(state, command)
        case MarkCheckpoint():
            decision = checkpoint.decide_mark_checkpoint(state, command, now_us)
    if state.control.signing:
        decision = operators.authorised(state, command, proof, decision)
    return _stamp(decision, state.seq, command, 0, now_us)


def _stamp(decision: Decision, seq: int, command: Command, occurred_at_us: int, now_us: int) -> Decision:
    """Fill in the header of the events of ``decision``; a rule may have set ``cause_seq``.

    ``occurred_at_us`` 0 means that the command names no outside time, or one that no event can carry.
    """
    events = decision.events
    if events:
        name = command_id(command)
        if occurred_at_us == 0:
            occurred_at_us = command.issued_at_us
        for event in events:
            seq += 1
            event.seq = seq
            event.recorded_at_us = now_us
            event.occurred_at_us = occurred_at_us
            event.command_id = name
    return decision
