"""Withdrawals in two phases: the request locks the money, then it is released or fails.

No state of the account can bring the locked money back but a failure, so a release needs
no check of margin (decisions.md 18).

Withdrawals have a switch of their own: ``open``; ``held``: they may be requested and are not released;
``closed``: neither. What is requested of the settlement asset within an hour and within a day is
limited, as a part of custody. A withdrawal that fails still counts until it is out of the window.
"""

from typing import Final

from ledger.core.decision import Decision, accepted, command_id, refused
from ledger.core.messages import (
    AnyEvent,
    FailWithdrawal,
    LossSocialized,
    ReleaseWithdrawal,
    RequestWithdrawal,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.money_state import Withdrawal
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import WITHDRAWALS
from ledger.core.rules.balances import (
    RESTRICTED,
    balance_e8,
    payable_e8,
    put_balance,
    refuse_account,
    refuse_movement,
    refuse_payment,
)
from ledger.core.rules.losses import Loss, loss_of
from ledger.core.rules.money import refuse_operator
from ledger.core.rules.restored import refuse_restored
from ledger.core.rules.words import SWITCH_CLOSED, SWITCH_HELD
from ledger.core.state import Account, State
from ledger.core.values import PPM, is_long, is_text

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
BUCKET_US: Final = 600_000_000
"""Requests are counted in ten minutes together; one that is partly in the window counts in full."""


def decide_request_withdrawal(state: State, command: RequestWithdrawal, now_us: int) -> Decision:
    """Lock money that shall leave; the withdrawal's id is the id of the command."""
    if not command.destination or not is_text(command.destination):
        return refused(RefusalCode.INVALID_VALUE, "destination is empty, too long or not printable")
    refusal = refuse_movement(state, command.asset, command.amount_e8, WITHDRAWALS)
    if refusal is None:
        refusal = refuse_account(state, command.account)
    if refusal is not None:
        return refusal
    account = state.accounts[command.account]
    if account.status == RESTRICTED:
        return refused(RefusalCode.ACCOUNT_RESTRICTED, f"account {account.name}")
    refusal = refuse_payment(state, account, command.asset, command.amount_e8)
    if refusal is None and state.control.withdrawals == SWITCH_CLOSED:
        refusal = refused(RefusalCode.WITHDRAWALS_CLOSED, "no withdrawal may be requested")
    if refusal is None and command.asset == state.settlement_asset:
        refusal = _refuse_outflow(state, command.amount_e8, now_us)
    if refusal is not None:
        return refusal
    balance = balance_e8(state, account, command.asset)
    pending = account.pending.get(command.asset, 0)
    pending_after = pending + command.amount_e8
    if not is_long(pending_after):
        return refused(RefusalCode.OUT_OF_RANGE, f"pending would be {pending_after}e-8")
    refusal = refuse_operator(account)
    if refusal is not None:
        return refusal
    return accepted(
        [
            WithdrawalRequested(
                account=account.name,
                withdrawal_id=command_id(command),
                asset=command.asset,
                amount_e8=command.amount_e8,
                balance_before_e8=balance,
                balance_after_e8=balance - command.amount_e8,
                pending_before_e8=pending,
                pending_after_e8=pending_after,
                withdrawable_before_e8=payable_e8(state, account, command.asset),
                destination=command.destination,
                reinstates_seq=0,
            )
        ]
    )


def decide_release_withdrawal(state: State, command: ReleaseWithdrawal, now_us: int) -> Decision:  # noqa: ARG001
    """Record that the money left, less the loss that is socialised at this moment.

    One transaction outside may pay several withdrawals, so ``external_ref`` may come again.
    """
    if not command.external_ref or not is_text(command.external_ref):
        return refused(RefusalCode.INVALID_VALUE, "external_ref is empty, too long or not printable")
    if command.occurred_at_us < 0:
        return refused(RefusalCode.INVALID_VALUE, f"occurred_at_us {command.occurred_at_us} is negative")
    if state.waits:
        return refuse_restored(state)
    refusal = _refuse_unknown(state, command.account, command.withdrawal_id)
    if refusal is not None:
        return refusal
    switch = state.control.withdrawals
    if switch == SWITCH_HELD:
        return refused(RefusalCode.WITHDRAWALS_HELD, "no withdrawal may be released")
    if switch == SWITCH_CLOSED:
        return refused(RefusalCode.WITHDRAWALS_CLOSED, "no withdrawal may be released")
    withdrawal = state.withdrawals[command.withdrawal_id]
    amount = withdrawal.amount_e8
    pending = state.accounts[command.account].pending[withdrawal.asset]
    loss = loss_of(state, withdrawal.asset, amount)
    events: list[AnyEvent] = [
        WithdrawalReleased(
            account=command.account,
            withdrawal_id=command.withdrawal_id,
            asset=withdrawal.asset,
            amount_e8=amount,
            socialized_loss_factor_e8=loss.factor_e8,
            loss_e8=loss.amount_e8,
            paid_e8=amount - loss.amount_e8,
            pending_before_e8=pending,
            pending_after_e8=pending - amount,
            external_ref=command.external_ref,
            reinstates_seq=0,
        )
    ]
    if loss.amount_e8:
        credit = _credit_of(state, command, loss)
        if not (is_long(credit.balance_after_e8) and is_long(credit.bankruptcy_e8)):
            return refused(RefusalCode.OUT_OF_RANGE, "a number of the socialised loss")
        credit.cause_seq = state.seq + 1
        events.append(credit)
    return accepted(events)


def _credit_of(state: State, command: ReleaseWithdrawal, loss: Loss) -> LossSocialized:
    """The loss as income of the Liquidator Vault."""
    before = state.accounts[state.liquidator].balance_e8
    return LossSocialized(
        account=state.liquidator,
        withdrawal_id=command.withdrawal_id,
        from_account=command.account,
        amount_e8=loss.amount_e8,
        bankruptcy_e8=loss.bankruptcy_e8,
        custody_e8=loss.custody_e8,
        balance_before_e8=before,
        balance_after_e8=before + loss.amount_e8,
    )


def decide_fail_withdrawal(state: State, command: FailWithdrawal, now_us: int) -> Decision:  # noqa: ARG001
    """Record that the money did not leave, and give it back."""
    if not is_text(command.reason):
        return refused(RefusalCode.INVALID_VALUE, "reason is too long or not printable")
    refusal = _refuse_unknown(state, command.account, command.withdrawal_id)
    if refusal is not None:
        return refusal
    account = state.accounts[command.account]
    withdrawal = state.withdrawals[command.withdrawal_id]
    pending = account.pending[withdrawal.asset]
    balance = balance_e8(state, account, withdrawal.asset)
    balance_after = balance + withdrawal.amount_e8
    if not is_long(balance_after):
        return refused(RefusalCode.OUT_OF_RANGE, f"the balance would be {balance_after}e-8")
    return accepted(
        [
            WithdrawalFailed(
                account=account.name,
                withdrawal_id=command.withdrawal_id,
                asset=withdrawal.asset,
                amount_e8=withdrawal.amount_e8,
                pending_before_e8=pending,
                pending_after_e8=pending - withdrawal.amount_e8,
                balance_before_e8=balance,
                balance_after_e8=balance_after,
                reason=command.reason,
                reinstates_seq=0,
            )
        ]
    )


def _refuse_outflow(state: State, amount_e8: int, now_us: int) -> Decision | None:
    """Why more than the outflow limits would be requested, or None."""
    numbers = state.control.numbers
    custody = max(0, state.custody.get(state.settlement_asset, 0))
    for name, period_us in (("hour", HOUR_US), ("day", DAY_US)):
        limit = max(numbers[f"outflow_{name}_least_e8"], custody * numbers[f"outflow_{name}_ppm"] // PPM)
        total = amount_e8 + _requested_e8(state.outflow, now_us - period_us)
        if total > limit:
            return refused(
                RefusalCode.OUTFLOW_LIMIT,
                f"{total}e-8 would be requested within a {name}, at most {limit}e-8",
            )
    return None


def _requested_e8(outflow: list[int], since_us: int) -> int:
    """Sum of the buckets that end after a moment."""
    total = 0
    for place in range(0, len(outflow), 2):
        if outflow[place] + BUCKET_US > since_us:
            total += outflow[place + 1]
    return total


def _note_outflow(state: State, amount_e8: int, recorded_at_us: int) -> None:
    """Count a request in its bucket, and drop what is older than a day."""
    start = recorded_at_us - recorded_at_us % BUCKET_US
    outflow = state.outflow
    if outflow and outflow[-2] == start:
        outflow[-1] += amount_e8
        return
    first = 0
    while first < len(outflow) and outflow[first] + BUCKET_US <= recorded_at_us - DAY_US:
        first += 2
    state.outflow = [*outflow[first:], start, amount_e8]


def _refuse_unknown(state: State, account: str, withdrawal_id: str) -> Decision | None:
    """Why there is no open withdrawal ``withdrawal_id`` of ``account``, or None."""
    if account not in state.accounts:
        return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"account {account!r}")
    withdrawal = state.withdrawals.get(withdrawal_id)
    if withdrawal is None or withdrawal.account != account:
        return refused(RefusalCode.WITHDRAWAL_NOT_FOUND, f"no open withdrawal {withdrawal_id!r} of {account}")
    return None


def _put_pending(state: State, account: Account, asset: str, after_e8: int) -> None:
    """Set what ``account`` has on its way out, and with it what all accounts have."""
    change = after_e8 - account.pending.get(asset, 0)
    account.pending = {**account.pending, asset: after_e8}
    state.pending[asset] = state.pending.get(asset, 0) + change


def evolve_withdrawal_requested(state: State, event: WithdrawalRequested) -> None:
    """From the balance to pending."""
    account = state.accounts[event.account]
    put_balance(state, account, event.asset, event.balance_after_e8)
    _put_pending(state, account, event.asset, event.pending_after_e8)
    if event.asset == state.settlement_asset:
        _note_outflow(state, event.amount_e8, event.recorded_at_us)
    state.withdrawals[event.withdrawal_id] = Withdrawal(
        event.withdrawal_id, event.account, event.asset, event.amount_e8
    )


def evolve_withdrawal_released(state: State, event: WithdrawalReleased) -> None:
    """From pending to the outside."""
    account = state.accounts[event.account]
    _put_pending(state, account, event.asset, event.pending_after_e8)
    state.custody[event.asset] = state.custody.get(event.asset, 0) - event.paid_e8
    del state.withdrawals[event.withdrawal_id]
    if event.reinstates_seq:
        state.external_refs.add(sent_reference(event.withdrawal_id))


def evolve_withdrawal_failed(state: State, event: WithdrawalFailed) -> None:
    """From pending back to the balance."""
    account = state.accounts[event.account]
    _put_pending(state, account, event.asset, event.pending_after_e8)
    put_balance(state, account, event.asset, event.balance_after_e8)
    del state.withdrawals[event.withdrawal_id]


def sent_reference(withdrawal_id: str) -> str:
    """Key in ``State.external_refs`` of a withdrawal that was reinstated; no deposit's key begins so."""
    return "/" + withdrawal_id
