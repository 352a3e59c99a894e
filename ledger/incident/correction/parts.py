"""The lists of a correction, in the making and in its plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.core.messages import (
    FIELDS,
    ApplyCorrection,
    CorrectionPayment,
    FillReversal,
    FundingCorrection,
    IndexRestatement,
    NegativeTreatment,
    OrderReinstatement,
    ShareCorrection,
)
from ledger.core.rules.corrections import PARTS, RECORDS
from ledger.core.state import State
from ledger.errors import invariant
from ledger.incident.plan import Plan

_NO_DIGEST: Final = "0" * 64
_NOW_US: Final = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What operators say of a correction.

    ``cover`` and ``close`` are accounts that end negative and are not left as receivables; ``charge`` are
    accounts that a wrong gain spared a liquidation, and that are to pay what it spared them.
    """

    incident_id: str
    reason: str
    cover: Sequence[str] = ()
    close: Sequence[str] = ()
    charge: Sequence[str] = ()


@dataclass(slots=True)
class Parts:
    """The lists of a correction, and what people should know besides.

    ``fills`` are of takeovers, ``unwinds`` of what redemptions moved.
    """

    indices: list[IndexRestatement] = field(default_factory=list)
    funding: list[FundingCorrection] = field(default_factory=list)
    fills: list[FillReversal] = field(default_factory=list)
    payments: list[CorrectionPayment] = field(default_factory=list)
    shares: list[ShareCorrection] = field(default_factory=list)
    orders: list[OrderReinstatement] = field(default_factory=list)
    unwinds: list[FillReversal] = field(default_factory=list)
    negatives: list[NegativeTreatment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def drop_unwinds(self, recorded: State, accounts: Iterable[str]) -> None:
        """Leave as they are the unwindings with one of these accounts on a side, and note it."""
        named = frozenset(accounts)
        for unwind in recorded.unwinds.values():
            if unwind.aux_account in named or recorded.vaults[unwind.vault].account in named:
                kept = [line for line in self.unwinds if line.liquidation_id != unwind.unwind_id]
                if len(kept) < len(self.unwinds):
                    self.notes.append(
                        f"unwinding {unwind.unwind_id} keeps the positions that it has: "
                        "one of its sides could not carry those that it should have"
                    )
                self.unwinds = kept

    def command(self, recorded: State, asked: Asked) -> ApplyCorrection:
        """The command that does all of it, with no digests yet."""
        return ApplyCorrection(
            "plan",
            1,
            _NOW_US,
            asked.incident_id,
            asked.reason,
            _NO_DIGEST,
            _NO_DIGEST,
            recorded.seq,
            self.indices,
            self.funding,
            [*self.fills, *self.unwinds],
            self.payments,
            self.shares,
            self.orders,
            self.negatives,
        )


def command_of(plan: Plan, producer: str, number: int, issued_at_us: int) -> ApplyCorrection:
    """The command that applies a correction plan."""
    body: Mapping[str, Any] = plan.body
    made: list[list[Any]] = []
    for part, record in zip(PARTS, RECORDS, strict=True):
        kind = _KINDS[record]
        width = len(FIELDS[record])
        rows = body[part]
        invariant(all(len(row) == width for row in rows), f"{part} of the plan has rows of another width")
        made.append([kind(*row) for row in rows])
    return ApplyCorrection(
        producer,
        number,
        issued_at_us,
        plan.head.incident_id,
        body["reason"],
        plan.digest,
        plan.report_digest,
        body["head_seq"],
        *made,
    )


_KINDS: Final[dict[str, Any]] = {
    "IndexRestatement": IndexRestatement,
    "FundingCorrection": FundingCorrection,
    "FillReversal": FillReversal,
    "CorrectionPayment": CorrectionPayment,
    "ShareCorrection": ShareCorrection,
    "OrderReinstatement": OrderReinstatement,
    "NegativeTreatment": NegativeTreatment,
}
