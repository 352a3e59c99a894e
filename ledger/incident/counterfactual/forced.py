"""Pinned commands that the corrected state would not let through, applied as they happened.

What moved outside, moved: it has to be the same in both histories, so that it cancels in every
difference. Each function gives the events for the counterfactual state, not yet stamped.
"""

from typing import Final, cast, final

from ledger.core.decision import Decision, accepted, command_id
from ledger.core.messages import (
    AdjustmentPosted,
    AnyEvent,
    Command,
    DepositCredited,
    LossSocialized,
    ReleaseWithdrawal,
    RequestWithdrawal,
    SystemStatusChanged,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.rulebook import OBSERVE, OBSERVE_MAX_S
from ledger.core.rules.balances import balance_e8, payable_e8
from ledger.core.rules.losses import loss_of
from ledger.core.rules.money import transfer_received, transfer_sent
from ledger.core.state import State
from ledger.log.codec import decode_event, encode_event

REPAYMENT: Final = "REPAYMENT"
"""Kind of the transfer that gives back a socialised loss which the corrected books do not have."""


def stamped(state: State, command: Command, decision: Decision, occurred_at_us: int, now_us: int) -> Decision:
    """``decision`` with the header of its events filled in, as ``decide`` does it."""
    name = command_id(command)
    for seq, event in enumerate(decision.events, state.seq + 1):
        event.seq = seq
        event.recorded_at_us = now_us
        event.occurred_at_us = occurred_at_us or command.issued_at_us
        event.command_id = name
    return decision


def copied(event: AnyEvent) -> AnyEvent:
    """The same event once more."""
    return cast("AnyEvent", decode_event(encode_event(event)))


def as_recorded(state: State, recorded: list[AnyEvent], code: int, detail: str) -> Decision:
    """What was recorded, once more on this state: balances go on from its own, causes move along."""
    events: list[AnyEvent] = []
    shift = state.seq + 1 - recorded[0].seq if recorded else 0
    for original in recorded:
        event = copied(original)
        if event.cause_seq >= recorded[0].seq:
            event.cause_seq += shift
        if isinstance(event, SystemStatusChanged) and event.guard_seq >= recorded[0].seq:
            event.guard_seq += shift
        _rebase(state, event)
        events.append(event)
    return Decision(code, detail, events)


def _rebase(state: State, event: AnyEvent) -> None:
    """Balances before and after, of the events that a pinned command may give."""
    match event:
        case DepositCredited() | AdjustmentPosted():
            before = balance_e8(state, state.accounts[event.account], event.asset)
            event.balance_before_e8 = before
            event.balance_after_e8 = before + event.amount_e8
        case WithdrawalFailed():
            account = state.accounts[event.account]
            before = balance_e8(state, account, event.asset)
            pending = account.pending.get(event.asset, 0)
            event.balance_before_e8 = before
            event.balance_after_e8 = before + event.amount_e8
            event.pending_before_e8 = pending
            event.pending_after_e8 = pending - event.amount_e8
        case _:
            pass


def withdrawal_requested(state: State, command: RequestWithdrawal) -> Decision:
    """A withdrawal that was requested in reality, through balance and margin."""
    account = state.accounts[command.account]
    balance = balance_e8(state, account, command.asset)
    pending = account.pending.get(command.asset, 0)
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
                pending_after_e8=pending + command.amount_e8,
                withdrawable_before_e8=payable_e8(state, account, command.asset),
                destination=command.destination,
                reinstates_seq=0,
            )
        ]
    )


def withdrawal_released(state: State, command: ReleaseWithdrawal, recorded: list[AnyEvent]) -> Decision:
    """A release at the amount that was really paid.

    The loss that was kept back is socialised as it was; where the corrected books socialise less, the
    Liquidator Vault gives the rest back, where they socialise more, it gets it.
    """
    withdrawal = state.withdrawals[command.withdrawal_id]
    amount = withdrawal.amount_e8
    pending = state.accounts[command.account].pending[withdrawal.asset]
    owed = loss_of(state, withdrawal.asset, amount).amount_e8
    kept = 0
    events: list[AnyEvent] = []
    balances: dict[str, int] = {}
    for original in recorded:
        event = copied(original)
        if isinstance(event, WithdrawalReleased):
            kept = event.loss_e8
            event.pending_before_e8 = pending
            event.pending_after_e8 = pending - amount
            events.append(event)
        elif isinstance(event, LossSocialized):
            before = state.accounts[event.account].balance_e8
            event.balance_before_e8 = before
            event.balance_after_e8 = before + event.amount_e8
            balances[event.account] = event.balance_after_e8
            event.cause_seq = state.seq + 1
            events.append(event)
    if kept != owed:
        payer, payee = (
            (state.liquidator, command.account) if kept > owed else (command.account, state.liquidator)
        )
        asset = withdrawal.asset
        for name in (payer, payee):
            balances.setdefault(name, state.accounts[name].balance_e8)
        gap = abs(kept - owed)
        transfer_id = command_id(command)
        sent = transfer_sent(transfer_id, REPAYMENT, payer, payee, asset, gap, balances[payer])
        received = transfer_received(transfer_id, REPAYMENT, payee, payer, asset, gap, balances[payee])
        sent.cause_seq = received.cause_seq = state.seq + 1
        events.append(sent)
        events.append(received)
    return accepted(events)


@final
class Observing:
    """For as long as the block lasts, every guard only observes: a tick that was taken is taken again."""

    def __init__(self, state: State) -> None:
        self._control = state.control
        self._policies = state.control.policies
        self._until = state.control.observed_until_us

    def __enter__(self) -> None:
        control = self._control
        control.policies = dict.fromkeys(self._policies, OBSERVE)
        control.observed_until_us = dict.fromkeys(self._policies, OBSERVE_MAX_S * 10**12)

    def __exit__(self, *_: object) -> None:
        self._control.policies = self._policies
        self._control.observed_until_us = self._until
