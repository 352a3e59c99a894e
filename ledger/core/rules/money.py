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
    refuse_accounts,
    refuse_movement,
    refuse_payment,
)
from ledger.core.rules.margin import E22_PER_E8, value_and_initial_e22
from ledger.core.rules.restored import refuse_restored
from ledger.core.state import Account, State
from ledger.core.values import AMOUNT_MAX_E8, is_long, is_name, is_text

TRANSFER: Final = "TRANSFER"
"""Transfer kind of a movement that an account holder asked for."""
PENALTY: Final = "PENALTY"
BANKRUPTCY_COVER: Final = "BANKRUPTCY_COVER"
VAULT_DEPOSIT: Final = "VAULT_DEPOSIT"
VAULT_WITHDRAWAL: Final = "VAULT_WITHDRAWAL"
UNWINDING: Final = "UNWINDING"
REFUND: Final = "REFUND"
REPAYMENT: Final = "REPAYMENT"


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
        refusal = refuse_accounts(state, command.account, command.counterparty)
    if refusal is not None:
        return refusal
    sender = state.accounts[command.account]
    receiver = state.accounts[command.counterparty]
    if sender.status == RESTRICTED:
        return refused(RefusalCode.ACCOUNT_RESTRICTED, f"account {sender.name}")
    if sender is receiver:
        return refused(RefusalCode.SAME_ACCOUNT, f"account {sender.name} on both sides")
    received_before = balance_e8(state, receiver, asset)
    if not is_long(received_before + amount):
        return refused(
            RefusalCode.OUT_OF_RANGE, f"the receiver's balance would be {received_before + amount}e-8"
        )
    refusal = refuse_payment(state, sender, asset, amount)
    if refusal is None:
        refusal = refuse_operator(sender)
    if refusal is not None:
        return refusal
    sent_before = balance_e8(state, sender, asset)
    transfer_id = command_id(command)
    sent = transfer_sent(transfer_id, TRANSFER, sender.name, receiver.name, asset, amount, sent_before)
    received = transfer_received(
        transfer_id, TRANSFER, receiver.name, sender.name, asset, amount, received_before
    )
    received.cause_seq = state.seq + 1
    return accepted([sent, received])


def refuse_operator(account: Account) -> Decision | None:
    """Why money of an account that belongs to a vault does not leave at anybody's word, or None."""
    if account.vault:
        return refused(RefusalCode.VAULT_MONEY, f"account {account.name} belongs to vault {account.vault}")
    return None


def transfer_sent(  # noqa: PLR0913
    transfer_id: str, kind: str, payer: str, payee: str, asset: str, amount_e8: int, before_e8: int
) -> TransferSent:
    """The debit of a movement from ``payer`` to ``payee``, given the payer's balance before it."""
    after_e8 = before_e8 - amount_e8
    return TransferSent(payer, transfer_id, kind, payee, asset, amount_e8, before_e8, after_e8, "", "", "", 0)


def transfer_received(  # noqa: PLR0913
    transfer_id: str, kind: str, payee: str, payer: str, asset: str, amount_e8: int, before_e8: int
) -> TransferReceived:
    """The credit of a movement from ``payer`` to ``payee``, given the payee's balance before it."""
    after_e8 = before_e8 + amount_e8
    return TransferReceived(
        payee, transfer_id, kind, payer, asset, amount_e8, before_e8, after_e8, "", "", "", 0
    )


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
    if command.amount_e8 < 0 and after < 0 and state.waits:
        return refuse_restored(state)
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
    """The payer's side; what the Liquidator Vault covers counts in the window of its liquidation."""
    if event.transfer_kind == BANKRUPTCY_COVER and event.account == state.liquidator:
        state.breaker.loss_e8 += event.amount_e8
    put_balance(state, state.accounts[event.account], event.asset, event.balance_after_e8)


def evolve_transfer_received(state: State, event: TransferReceived) -> None:
    """The payee's side."""
    put_balance(state, state.accounts[event.account], event.asset, event.balance_after_e8)


def evolve_adjustment_posted(state: State, event: AdjustmentPosted) -> None:
    """The corrected balance."""
    put_balance(state, state.accounts[event.account], event.asset, event.balance_after_e8)
