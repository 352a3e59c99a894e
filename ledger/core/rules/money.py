"""Deposits, transfers and adjustments.

Money moves between two accounts as two events through ``transit:<kind>``: the debit first,
the credit following from it.
"""

from typing import Final

from ledger.core.decision import Decision, accepted, command_id, refused
from ledger.core.messages import (
    AdjustmentPosted,
    CreditDeposit,
    DepositCredited,
    PostAdjustment,
    Transfer,
    TransferReceived,
    TransferSent,
)
from ledger.core.proof import Proof
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import TRANSFERS
from ledger.core.rules.balances import (
    ALWAYS,
    RESTRICTED,
    balance_e8,
    put_balance,
    refuse_account,
    refuse_movement,
    refuse_payment,
)
from ledger.core.rules.margin import E22_PER_E8, value_and_initial_e22
from ledger.core.state import Account, State
from ledger.core.values import AMOUNT_MAX_E8, is_long, is_name, is_text

TRANSFER: Final = "TRANSFER"
"""Transfer kind of a movement that an account holder asked for."""


def decide_credit_deposit(state: State, command: CreditDeposit, now_us: int) -> Decision:  # noqa: ARG001
    """Credit money that arrived outside; one reference of one chain is credited once."""
    if not is_name(command.external_chain) or "/" in command.external_chain:
        return refused(RefusalCode.INVALID_VALUE, f"external_chain {command.external_chain!r} is not a name")
    if not command.external_ref or not is_text(command.external_ref):
        return refused(RefusalCode.INVALID_VALUE, "external_ref is empty, too long or not printable")
    if not is_text(command.bridge):
        return refused(RefusalCode.INVALID_VALUE, "bridge is too long or not printable")
    if command.occurred_at_us < 0:
        return refused(RefusalCode.INVALID_VALUE, f"occurred_at_us {command.occurred_at_us} is negative")
    refusal = refuse_movement(state, command.asset, command.amount_e8, ALWAYS)
    if refusal is None:
        refusal = refuse_account(state, command.account)
    if refusal is not None:
        return refusal
    reference = external_reference(command.external_chain, command.external_ref)
    if reference in state.external_refs:
        return refused(RefusalCode.EXTERNAL_REF_USED, f"deposit {reference}")
    before = balance_e8(state, state.accounts[command.account], command.asset)
    after = before + command.amount_e8
    if not is_long(after):
        return refused(RefusalCode.OUT_OF_RANGE, f"the balance would be {after}e-8")
    return accepted(
        [
            DepositCredited(
                account=command.account,
                asset=command.asset,
                amount_e8=command.amount_e8,
                balance_before_e8=before,
                balance_after_e8=after,
                external_ref=command.external_ref,
                bridge=command.bridge,
                external_chain=command.external_chain,
                reinstates_seq=0,
            )
        ]
    )


def external_reference(external_chain: str, external_ref: str) -> str:
    """Key under which a deposit is remembered; a chain's name has no slash, so keys never meet."""
    return external_chain + "/" + external_ref


def decide_transfer(state: State, command: Transfer, now_us: int) -> Decision:  # noqa: ARG001
    """Move money to another account; the transfer's id is the id of the command."""
    asset = command.asset
    amount = command.amount_e8
    refusal = refuse_movement(state, asset, amount, TRANSFERS)
    if refusal is None:
        refusal = refuse_account(state, command.account)
    if refusal is None:
        refusal = refuse_account(state, command.counterparty)
    if refusal is not None:
        return refusal
    sender = state.accounts[command.account]
    receiver = state.accounts[command.counterparty]
    if sender.status == RESTRICTED:
        return refused(RefusalCode.ACCOUNT_RESTRICTED, f"account {sender.name}")
    if sender is receiver:
        return refused(RefusalCode.SAME_ACCOUNT, f"account {sender.name} on both sides")
    refusal = refuse_payment(state, sender, asset, amount)
    if refusal is not None:
        return refusal
    sent_before = balance_e8(state, sender, asset)
    received_before = balance_e8(state, receiver, asset)
    received_after = received_before + amount
    if not is_long(received_after):
        return refused(RefusalCode.OUT_OF_RANGE, f"the receiver's balance would be {received_after}e-8")
    transfer_id = command_id(command)
    sent = TransferSent(
        sender.name,
        transfer_id,
        TRANSFER,
        receiver.name,
        asset,
        amount,
        sent_before,
        sent_before - amount,
        "",
        "",
        "",
        0,
    )
    received = TransferReceived(
        receiver.name,
        transfer_id,
        TRANSFER,
        sender.name,
        asset,
        amount,
        received_before,
        received_after,
        "",
        "",
        "",
        0,
    )
    received.cause_seq = state.seq + 1
    return accepted([sent, received])


def decide_post_adjustment(state: State, command: PostAdjustment, proof: Proof) -> Decision:
    """Correct a balance by a signed amount, against ``adjustment:<reason_code>``.

    A debit may take the settlement balance below zero only while the account still meets its
    initial margin afterwards (profit not yet realised covers it), or is exempt from margin;
    another asset never goes below zero.
    """
    if command.amount_e8 == 0:
        return refused(RefusalCode.INVALID_VALUE, "amount is zero")
    if not is_name(command.reason_code) or ":" in command.reason_code:
        return refused(RefusalCode.INVALID_VALUE, f"reason_code {command.reason_code!r} is not a name")
    if not is_text(command.incident_id) or not is_text(command.note):
        return refused(RefusalCode.INVALID_VALUE, "incident_id or note is too long or not printable")
    if not 0 <= command.corrects_seq <= state.seq:
        return refused(RefusalCode.INVALID_VALUE, f"corrects_seq {command.corrects_seq} is no recorded event")
    if abs(command.amount_e8) > AMOUNT_MAX_E8:
        return refused(RefusalCode.OUT_OF_RANGE, f"amount {command.amount_e8}e-8 is above {AMOUNT_MAX_E8}e-8")
    if command.asset not in state.assets:
        return refused(RefusalCode.ASSET_NOT_FOUND, f"asset {command.asset!r}")
    refusal = refuse_account(state, command.account)
    if refusal is not None:
        return refusal
    account = state.accounts[command.account]
    before = balance_e8(state, account, command.asset)
    after = before + command.amount_e8
    if not is_long(after):
        return refused(RefusalCode.OUT_OF_RANGE, f"the balance would be {after}e-8")
    if command.amount_e8 < 0 and after < 0 and not _covered(state, account, command):
        return refused(RefusalCode.INSUFFICIENT_BALANCE, f"the balance would be {after}e-8")
    return accepted(
        [
            AdjustmentPosted(
                account=command.account,
                asset=command.asset,
                amount_e8=command.amount_e8,
                reason_code=command.reason_code,
                incident_id=command.incident_id,
                corrects_seq=command.corrects_seq,
                note=command.note,
                balance_before_e8=before,
                balance_after_e8=after,
                key_1=proof.key_1,
                key_2=proof.key_2,
            )
        ]
    )


def _covered(state: State, account: Account, command: PostAdjustment) -> bool:
    """Whether the margin of ``account`` bears a debit that takes its balance below zero."""
    if command.asset != state.settlement_asset:
        return False
    if account.margin_exempt:
        return True
    value_e22, initial_e22 = value_and_initial_e22(account)
    return value_e22 + command.amount_e8 * E22_PER_E8 >= initial_e22


def evolve_deposit_credited(state: State, event: DepositCredited) -> None:
    """Money in: balance and custody grow, the reference is spent."""
    put_balance(state, state.accounts[event.account], event.asset, event.balance_after_e8)
    state.custody[event.asset] = state.custody.get(event.asset, 0) + event.amount_e8
    state.external_refs.add(external_reference(event.external_chain, event.external_ref))


def evolve_transfer_sent(state: State, event: TransferSent) -> None:
    """The payer's side."""
    put_balance(state, state.accounts[event.account], event.asset, event.balance_after_e8)


def evolve_transfer_received(state: State, event: TransferReceived) -> None:
    """The payee's side."""
    put_balance(state, state.accounts[event.account], event.asset, event.balance_after_e8)


def evolve_adjustment_posted(state: State, event: AdjustmentPosted) -> None:
    """The corrected balance."""
    put_balance(state, state.accounts[event.account], event.asset, event.balance_after_e8)
