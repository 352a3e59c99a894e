"""Withdrawals that left outside although nothing in the live history asks for them.

They are debited whatever the account can bear: the money is gone. A rollback does it for what left in
its void blocks; ``ReinstateWithdrawal`` does it for what the bridge reports later. The amount is what
really left: the loss that was kept back then came from books that are void.
"""

from ledger.core.control import voided_by
from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import (
    AccountChanged,
    AnyEvent,
    ReinstateWithdrawal,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.refusals import RefusalCode
from ledger.core.rules.balances import ALWAYS, RESTRICTED, balance_e8, payable_e8, refuse_movement
from ledger.core.rules.withdrawals import sent_reference
from ledger.core.rules.words import ACCOUNT_CLOSED
from ledger.core.state import State
from ledger.core.values import is_long, is_text


def decide_reinstate_withdrawal(state: State, command: ReinstateWithdrawal, now_us: int) -> Decision:  # noqa: ARG001
    """Debit what left for a void withdrawal, once; an account that ends negative is restricted."""
    for text in (command.withdrawal_id, command.destination, command.external_ref, command.incident_id):
        if not text or not is_text(text):
            return refused(RefusalCode.INVALID_VALUE, "a text is empty, too long or not printable")
    if command.occurred_at_us < 0 or not voided_by(state.control, command.void_seq):
        return refused(RefusalCode.INVALID_VALUE, "occurred_at_us is negative, or void_seq no void event")
    if command.withdrawal_id in state.withdrawals:
        return refused(
            RefusalCode.INVALID_VALUE, f"withdrawal {command.withdrawal_id} is pending: release it instead"
        )
    refusal = refuse_movement(state, command.asset, command.paid_e8, ALWAYS)
    if refusal is not None:
        return refusal
    account = state.accounts.get(command.account)
    if account is None or account.status == ACCOUNT_CLOSED:
        return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"no open account {command.account!r}")
    if sent_reference(command.withdrawal_id) in state.external_refs:
        return refused(RefusalCode.EXTERNAL_REF_USED, f"withdrawal {command.withdrawal_id} left before")
    before = balance_e8(state, account, command.asset)
    if not is_long(before - command.paid_e8):
        return refused(RefusalCode.OUT_OF_RANGE, f"the balance would be {before - command.paid_e8}e-8")
    events = withdrawn(
        state,
        command.account,
        command.withdrawal_id,
        command.asset,
        command.paid_e8,
        command.destination,
        command.external_ref,
        command.void_seq,
        command.void_seq,
    )
    if before - command.paid_e8 < 0 and account.status != RESTRICTED:
        events.append(restricted(account.name, account.status, command.incident_id))
    return accepted(events)


def withdrawn(  # noqa: PLR0913
    state: State,
    name: str,
    withdrawal_id: str,
    asset: str,
    paid_e8: int,
    destination: str,
    external_ref: str,
    requested_seq: int,
    released_seq: int,
) -> list[AnyEvent]:
    """Request and release of what really left, forced: the balance may go below zero."""
    account = state.accounts[name]
    balance = balance_e8(state, account, asset)
    pending = account.pending.get(asset, 0)
    return [
        WithdrawalRequested(
            account=name,
            withdrawal_id=withdrawal_id,
            asset=asset,
            amount_e8=paid_e8,
            balance_before_e8=balance,
            balance_after_e8=balance - paid_e8,
            pending_before_e8=pending,
            pending_after_e8=pending + paid_e8,
            withdrawable_before_e8=payable_e8(state, account, asset),
            destination=destination,
            reinstates_seq=requested_seq,
        ),
        released(name, withdrawal_id, asset, paid_e8, pending + paid_e8, external_ref, released_seq),
    ]


def released(  # noqa: PLR0913
    name: str,
    withdrawal_id: str,
    asset: str,
    paid_e8: int,
    pending_e8: int,
    external_ref: str,
    reinstates_seq: int,
) -> WithdrawalReleased:
    """The release of what really left, without a loss."""
    return WithdrawalReleased(
        account=name,
        withdrawal_id=withdrawal_id,
        asset=asset,
        amount_e8=paid_e8,
        socialized_loss_factor_e8=0,
        loss_e8=0,
        paid_e8=paid_e8,
        pending_before_e8=pending_e8,
        pending_after_e8=pending_e8 - paid_e8,
        external_ref=external_ref,
        reinstates_seq=reinstates_seq,
    )


def restricted(name: str, status_before: str, incident_id: str) -> AccountChanged:
    """The account may only reduce and repay from here on."""
    return AccountChanged(
        account=name,
        field="status",
        market="",
        value_before=status_before,
        value_after=RESTRICTED,
        reason=f"negative after the rollback of {incident_id}"[:256],
    )
