"""The body of a rollback plan: everything that will happen, as texts, whole numbers, lists and objects.

The planner writes it into the plan; the writer makes it again from the log before it applies the plan,
so an edited plan, and a log that is not the planner's, have another digest.
"""

from typing import Final, final

from ledger.core.messages import ApplyRollback
from ledger.core.plan_digest import ROLLBACK, PlanHead, plan_digest
from ledger.core.rollback.rebuilt import Rebuilt
from ledger.core.rules.balances import balance_e8
from ledger.core.rules.rollback import COVER

Content = dict[str, object]

FORMAT: Final = 1


@final
class Place:
    """A block of the log: its height, its newest seq, and the digest of its seal."""

    __slots__ = ("digest", "height", "seq")

    def __init__(self, height: int, seq: int, digest: str) -> None:
        self.height = height
        self.seq = seq
        self.digest = digest

    def content(self) -> Content:
        """As the plan has it."""
        return {"height": self.height, "seq": self.seq, "digest": self.digest}


def body_of(rebuilt: Rebuilt, target: Place, head: Place) -> Content:
    """The body of the plan that ``rebuilt`` carries out."""
    command = rebuilt.command
    return {
        "format": FORMAT,
        "reason": command.reason,
        "target": {**target.content(), "state_digest": rebuilt.state_digest},
        "head": head.content(),
        "choices": [[choice.subject, choice.treatment] for choice in command.choices],
        "reinstated": [
            {
                "what": line.what,
                "account": line.account,
                "asset": line.asset,
                "amount_e8": line.amount_e8,
                "reference": line.reference,
                "seq": line.seq,
                "balance_e8": line.balance_e8,
            }
            for line in rebuilt.lines
        ],
        "cancelled": [[account, order, reason] for account, order, reason in rebuilt.cancelled],
        "kept": [[account, order] for account, order in rebuilt.kept],
        "negative": [
            {
                "account": negative.account,
                "asset": negative.asset,
                "balance_e8": negative.balance_e8,
                "treatment": negative.treatment,
                "after_e8": negative.after_e8,
            }
            for negative in rebuilt.negatives
        ],
        "do_not_send": _do_not_send(rebuilt),
        "balances": _balances(rebuilt),
        "custody": {asset: amount for asset, amount in rebuilt.state.custody.items() if amount},
    }


def _do_not_send(rebuilt: Rebuilt) -> list[Content]:
    """Withdrawals that void blocks requested and that have not left: the bridge must not pay them."""
    facts = rebuilt.facts
    return [
        {
            "withdrawal_id": withdrawal_id,
            "account": asked.account,
            "asset": asked.asset,
            "amount_e8": asked.amount_e8,
            "destination": asked.destination,
            "seq": asked.seq,
        }
        for withdrawal_id, asked in facts.requested.items()
        if withdrawal_id not in facts.released and withdrawal_id not in facts.failed
    ]


def _balances(rebuilt: Rebuilt) -> list[list[object]]:
    """(account, asset, balance, pending) after the rollback, wherever it moved money."""
    state = rebuilt.state
    touched = {(line.account, line.asset) for line in rebuilt.lines}
    touched |= {(negative.account, negative.asset) for negative in rebuilt.negatives}
    result: list[list[object]] = []
    for name, asset in sorted(touched):
        account = state.accounts[name]
        result.append([name, asset, balance_e8(state, account, asset), account.pending.get(asset, 0)])
    return result


def head_of_plan(rebuilt: Rebuilt, ledger_id: str, head_height: int) -> PlanHead:
    """What the approval of the plan names; what a rollback pays is what it covers."""
    total = 0
    for negative in rebuilt.negatives:
        if negative.treatment == COVER:
            total -= negative.balance_e8
    payer = rebuilt.state.liquidator if total else ""
    command = rebuilt.command
    lines = len(rebuilt.lines)
    return PlanHead(ROLLBACK, ledger_id, command.incident_id, head_height, lines, total, payer, total)


def digest_of(head: PlanHead, body: Content, command: ApplyRollback) -> str:
    """Digest of the plan with this body, given the digest of its report."""
    return plan_digest(head, body, command.report_digest)
