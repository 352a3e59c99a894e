"""How money that came in in void blocks moved on before it left.

A rollback takes back the transfers between, so the depositor is credited and who withdrew is debited.
Operators see the chain, and may make its transfers again.
"""

from typing import Any, Final

from ledger.core.messages import DepositCredited, TransferSent, WithdrawalReleased
from ledger.core.rollback.facts import VoidFacts

STEPS_MAX: Final = 4
"""Most transfers of a chain."""
CHAINS_MAX: Final = 1_000
"""Most chains that are listed."""


def money_chains(facts: VoidFacts) -> list[dict[str, Any]]:
    """Chains of a deposit, one or more transfers, and a payment to outside, each after the one before."""
    received: dict[str, list[TransferSent]] = {}
    for transfer in facts.transfers.values():
        received.setdefault(transfer.counterparty, []).append(transfer)
    deposits: dict[str, list[DepositCredited]] = {}
    for deposit in facts.deposits:
        deposits.setdefault(deposit.account, []).append(deposit)
    found: list[dict[str, Any]] = []
    for left in sorted(facts.released.values(), key=_seq_of):
        asked = facts.requested.get(left.withdrawal_id)
        before = left.seq if asked is None else asked.seq
        _walk(left, left.account, before, [], received, deposits, found)
    return found[:CHAINS_MAX]


def _walk(  # noqa: PLR0913
    left: WithdrawalReleased,
    account: str,
    before: int,
    path: list[TransferSent],
    received: dict[str, list[TransferSent]],
    deposits: dict[str, list[DepositCredited]],
    found: list[dict[str, Any]],
) -> None:
    """Go back from ``account`` along the transfers that it received before an event."""
    if path:
        found.extend(
            _chain(deposit, path, left)
            for deposit in deposits.get(account, ())
            if deposit.seq < before and deposit.asset == left.asset
        )
    if len(path) == STEPS_MAX or len(found) >= CHAINS_MAX:
        return
    for transfer in received.get(account, ()):
        if transfer.seq < before and transfer.asset == left.asset:
            _walk(left, transfer.account, transfer.seq, [transfer, *path], received, deposits, found)


def _chain(deposit: DepositCredited, path: list[TransferSent], left: WithdrawalReleased) -> dict[str, Any]:
    return {
        "asset": left.asset,
        "deposit": {"account": deposit.account, "amount_e8": deposit.amount_e8, "seq": deposit.seq},
        "transfers": [
            {
                "transfer_id": step.transfer_id,
                "account": step.account,
                "counterparty": step.counterparty,
                "amount_e8": step.amount_e8,
                "seq": step.seq,
            }
            for step in path
        ],
        "withdrawal": {
            "account": left.account,
            "withdrawal_id": left.withdrawal_id,
            "paid_e8": left.paid_e8,
            "seq": left.seq,
        },
    }


def _seq_of(event: WithdrawalReleased) -> int:
    return event.seq
