"""Refunds: lines of an approved plan, each paid by the Liquidator Vault once however often it is asked for.

A line has an identity: the digest of incident, account and reason. The ledger remembers what was paid under
it, so a payment that comes again changes nothing, and a later plan of the same incident pays the
difference only. What a rollback made void was never paid and may be paid again; but a plan that was made
from events which are void by now is worth nothing, and none of its lines is paid.

The plan's approval names a root over all lines; a command proves that its line is one of them.
"""

from hashlib import blake2b
from typing import Final

from ledger.core.control import voided_by
from ledger.core.decision import Decision, accepted, command_id, refused
from ledger.core.merkle import HASH_BYTES, HASH_DIGITS, leaf_of, root_from
from ledger.core.messages import AnyEvent, PayRefund, RefundPaid
from ledger.core.money_state import Refund
from ledger.core.plan_digest import REFUND as REFUND_PLAN
from ledger.core.refusals import RefusalCode
from ledger.core.rules.balances import put_balance, refuse_account
from ledger.core.rules.margin import withdrawable_e8
from ledger.core.rules.money import REFUND, transfer_sent
from ledger.core.rules.operators import HEX_DIGITS, is_digest
from ledger.core.rules.plan_content import refuse_content
from ledger.core.rules.plans import refuse_plan
from ledger.core.rules.restored import refuse_restored
from ledger.core.state import State
from ledger.core.values import AMOUNT_MAX_E8, is_long, is_text
from ledger.rows import encode_row

METHODS: Final = ("A", "B", "B+", "C", "D", "CORRECTION")


def refund_id_of(incident_id: str, account: str, reason: str) -> str:
    """Identity of what an account is owed for one reason after one incident, 64 hexadecimal digits."""
    row = encode_row(["refund", incident_id, account, reason])
    return blake2b(row, digest_size=HASH_BYTES).hexdigest()


def line_leaf(line: int, account: str, reason: str, method: str, owed_e8: int) -> bytes:
    """Leaf of one line of a plan, 32 bytes; lines count from 1."""
    return leaf_of([line, account, reason, method, owed_e8])


def refund_body(root: str, head_seq: int) -> dict[str, object]:
    """The part of a refund plan that binds the ledger: the root over its lines, and what it was made from."""
    return {"root": root, "head_seq": head_seq}


def paid_e8(state: State, refund_id: str) -> int:
    """What was paid under a refund id."""
    refund = state.refunds.get(refund_id)
    return 0 if refund is None else refund.paid_e8


def decide_pay_refund(state: State, command: PayRefund, now_us: int) -> Decision:
    """Pay what is left of one line."""
    refusal = _refuse_values(command)
    if refusal is None:
        refusal = _refuse_plan(state, command, now_us)
    if refusal is None:
        refusal = refuse_account(state, command.account)
    if refusal is None and state.waits:
        refusal = refuse_restored(state)
    if refusal is not None:
        return refusal
    if command.account == command.payer:
        return refused(RefusalCode.SAME_ACCOUNT, f"account {command.payer} on both sides")
    payer = state.accounts.get(state.liquidator)
    if payer is None or payer.name != command.payer:
        return refused(RefusalCode.LIQUIDATOR_MISSING, f"{command.payer!r} is not the LIQUIDATOR account")
    before = paid_e8(state, command.refund_id)
    amount = command.owed_e8 - before
    if amount <= 0:
        return refused(RefusalCode.REFUND_SETTLED, f"{before}e-8 of {command.owed_e8}e-8 was paid before")
    payable = withdrawable_e8(payer)
    if amount > payable:
        return refused(
            RefusalCode.REFUND_SHORTFALL,
            f"{payer.name} can pay {payable}e-8 of {amount}e-8: {amount - payable}e-8 is missing",
        )
    account = state.accounts[command.account]
    after = account.balance_e8 + amount
    if not is_long(after):
        return refused(RefusalCode.OUT_OF_RANGE, f"the balance would be {after}e-8")
    asset = state.settlement_asset
    sent = transfer_sent(
        command_id(command), REFUND, payer.name, account.name, asset, amount, payer.balance_e8
    )
    sent.incident_id = command.incident_id
    paid = RefundPaid(
        account=account.name,
        refund_id=command.refund_id,
        incident_id=command.incident_id,
        plan_digest=command.plan_digest,
        line=command.line,
        reason=command.reason,
        method=command.method,
        payer=payer.name,
        amount_e8=amount,
        paid_before_e8=before,
        paid_after_e8=command.owed_e8,
        balance_before_e8=account.balance_e8,
        balance_after_e8=after,
    )
    paid.cause_seq = state.seq + 1
    events: list[AnyEvent] = [sent, paid]
    return accepted(events)


def _refuse_values(command: PayRefund) -> Decision | None:
    if not is_text(command.incident_id) or not command.reason or not is_text(command.reason):
        return refused(RefusalCode.INVALID_VALUE, "incident_id or reason is too long or not printable")
    if command.method not in METHODS:
        return refused(RefusalCode.INVALID_VALUE, f"method {command.method[:64]!r} is none")
    if not (is_digest(command.plan_digest) and is_digest(command.report_digest)):
        return refused(RefusalCode.INVALID_VALUE, "plan_digest or report_digest is not 64 small digits")
    if command.refund_id != refund_id_of(command.incident_id, command.account, command.reason):
        return refused(RefusalCode.INVALID_VALUE, "refund_id is not that of incident, account and reason")
    if command.owed_e8 <= 0 or command.line <= 0:
        return refused(RefusalCode.INVALID_VALUE, f"line {command.line} or owed {command.owed_e8}e-8")
    if len(command.proof) % HASH_DIGITS or not HEX_DIGITS.issuperset(command.proof):
        return refused(RefusalCode.INVALID_VALUE, "proof is not of 64 small digits each")
    if command.owed_e8 > AMOUNT_MAX_E8:
        return refused(RefusalCode.OUT_OF_RANGE, f"owed {command.owed_e8}e-8 is above {AMOUNT_MAX_E8}e-8")
    return None


def _refuse_plan(state: State, command: PayRefund, now_us: int) -> Decision | None:
    """Why the line is none of an approved plan, or None."""
    refusal = refuse_plan(state, REFUND_PLAN, command.plan_digest, now_us)
    if refusal is not None:
        return refusal
    approval = state.control.approvals[command.plan_digest]
    digits = command.proof
    path = [
        bytes.fromhex(digits[place : place + HASH_DIGITS]) for place in range(0, len(digits), HASH_DIGITS)
    ]
    leaf = line_leaf(command.line, command.account, command.reason, command.method, command.owed_e8)
    root = None
    if command.line <= approval.lines:
        root = root_from(leaf, command.line - 1, approval.lines, path)
    if root is None or (command.incident_id, command.payer) != (approval.incident_id, approval.payer):
        return refused(
            RefusalCode.PLAN_MISMATCH, f"line {command.line} is none of the plan {command.plan_digest}"
        )
    body = refund_body(root.hex(), command.head_seq)
    refusal = refuse_content(state, command.plan_digest, body, command.report_digest)
    if refusal is not None:
        return refusal
    voided = voided_by(state.control, command.head_seq)
    if voided:
        return refused(
            RefusalCode.PLAN_STALE,
            f"the rollback of event {voided} made void event {command.head_seq} that the plan was made from",
        )
    return None


def evolve_refund_paid(state: State, event: RefundPaid) -> None:
    """The payee's side, and what was paid under the refund id."""
    put_balance(state, state.accounts[event.account], state.settlement_asset, event.balance_after_e8)
    state.refunds[event.refund_id] = Refund(event.refund_id, event.account, event.paid_after_e8)
