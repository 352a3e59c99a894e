"""The methods of compensation as pure functions (incident specification, section 4).

``W`` are the wrongful takeovers of an account; ``a`` is the moment before the first of them, that is
before the event that it followed from; ``b`` is the cut. Money on its way out is the account's until it
has left, so it counts in every value here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core.values import E8

EQUITY: Final = "A"
REFERENCE: Final = "B"
REFERENCE_FUNDING: Final = "B+"
COUNTERFACTUAL: Final = "C"
PENALTY: Final = "D"
METHODS: Final = (EQUITY, REFERENCE, REFERENCE_FUNDING, COUNTERFACTUAL, PENALTY)

TITLES: Final[Mapping[str, str]] = {
    EQUITY: "restore equity: value before + flows - value after",
    REFERENCE: "reference price: takeovers at the external fair price, and penalties",
    REFERENCE_FUNDING: "reference price, and the funding corrections",
    COUNTERFACTUAL: "counterfactual: value had the input been right - value",
    PENALTY: "penalties and socialised losses alone",
}

LIQUIDATED: Final = "liquidated"
FUNDING: Final = "funding"
LOSS: Final = "loss"
REASONS: Final = (LIQUIDATED, FUNDING, LOSS)
"""Why an account is on the list: a wrongful takeover, a settlement at a wrong index, a socialised loss or
any other difference."""


@dataclass(frozen=True, slots=True)
class TakenFill:
    """A fill of a wrongful takeover: the sign of the position, the external fair price of its tick."""

    seq: int
    size_e8: int
    price_e8: int
    sign: int
    has_reference: bool
    reference_e8: int


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount and the seq of the event that it is from."""

    seq: int
    amount_e8: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that the formulas ask of one account.

    ``value_before_e8`` is ``AV(a)`` at the external fair prices of ``a`` and the corrected index,
    ``value_after_e8`` ``AV(b)`` at those of ``b`` and the index in force; ``flow_e8`` what came in less what
    left after ``a``. ``difference_e8`` is ``AV_cf(b) - AV(b)``, ``correction_e8`` what its settlements should
    have realised more. ``covered_e8``: what the Liquidator Vault paid for it.
    """

    account: str
    reason: str
    fills: tuple[TakenFill, ...]
    penalties: tuple[Amount, ...]
    losses: tuple[Amount, ...]
    settlements: tuple[int, ...]
    before_seq: int
    value_before_e8: int
    flow_e8: int
    flow_seqs: tuple[int, ...]
    value_after_e8: int
    difference_e8: int
    correction_e8: int
    covered_e8: int


@dataclass(frozen=True, slots=True)
class Line:
    """What one account gets by one method. A line of zero says why."""

    account: str
    reason: str
    method: str
    formula_e8: int
    cap_e8: int
    amount_e8: int
    seqs: tuple[int, ...]
    note: str


def restore_equity(value_before_e8: int, flow_e8: int, value_after_e8: int) -> int:
    """Method A."""
    return max(0, value_before_e8 + flow_e8 - value_after_e8)


def reference_price(fills: Sequence[TakenFill], penalties: Sequence[Amount]) -> int:
    """Method B: what the takeovers were below the reference price, rounded up, and the penalties."""
    total = 0
    for fill in fills:
        if fill.has_reference:
            short = max(0, fill.sign * (fill.reference_e8 - fill.price_e8))
            total += -(-fill.size_e8 * short // E8)
    return total + sum(penalty.amount_e8 for penalty in penalties)


def counterfactual_value(difference_e8: int) -> int:
    """Method C."""
    return max(0, difference_e8)


def penalty_only(penalties: Sequence[Amount], losses: Sequence[Amount]) -> int:
    """Method D."""
    return sum(one.amount_e8 for one in (*penalties, *losses))


def loss_borne(value_before_e8: int, flow_e8: int, value_after_e8: int, covered_e8: int) -> int:
    """What the account itself lost; a bankruptcy that was covered is the loss of who covered it."""
    owed = max(0, -value_after_e8)
    uncovered = 0 if covered_e8 else owed
    return max(0, value_before_e8 + flow_e8 - max(0, value_after_e8) + uncovered)


def formula(inputs: Inputs, method: str) -> int:
    """The amount of a method before any cap. B and A ask of wrongful takeovers alone."""
    if method == EQUITY:
        if inputs.reason != LIQUIDATED:
            return 0
        return restore_equity(inputs.value_before_e8, inputs.flow_e8, inputs.value_after_e8)
    if method == REFERENCE:
        return reference_price(inputs.fills, inputs.penalties)
    if method == REFERENCE_FUNDING:
        return max(0, reference_price(inputs.fills, inputs.penalties) + inputs.correction_e8)
    if method == COUNTERFACTUAL:
        return counterfactual_value(inputs.difference_e8)
    return penalty_only(inputs.penalties, inputs.losses)


def line_of(inputs: Inputs, method: str, excluded: str = "", cap_e8: int | None = None) -> Line:
    """The line of one account: the formula, at most the loss really borne and at most ``cap_e8``.

    ``excluded`` says why the account gets nothing; a line of zero is kept and says why.
    """
    wanted = formula(inputs, method)
    borne = loss_borne(inputs.value_before_e8, inputs.flow_e8, inputs.value_after_e8, inputs.covered_e8)
    most = borne if cap_e8 is None else min(borne, cap_e8)
    amount = 0 if excluded else min(wanted, most)
    return Line(
        inputs.account,
        inputs.reason,
        method,
        wanted,
        most,
        amount,
        seqs_of(inputs, method),
        excluded or _note(inputs, method, wanted, most),
    )


def seqs_of(inputs: Inputs, method: str) -> tuple[int, ...]:
    """Seqs of the events that a method computes with."""
    seqs: set[int] = {one.seq for one in inputs.penalties}
    if method == PENALTY:
        seqs |= {one.seq for one in inputs.losses}
    else:
        seqs |= {fill.seq for fill in inputs.fills}
    if method == EQUITY:
        seqs |= set(inputs.flow_seqs)
    if method in (REFERENCE_FUNDING, COUNTERFACTUAL):
        seqs |= set(inputs.settlements)
    return tuple(sorted(seqs))


def _note(inputs: Inputs, method: str, wanted_e8: int, most_e8: int) -> str:
    """Why a line is zero, or smaller than its formula; else empty."""
    if wanted_e8 == 0:
        if method in (EQUITY, REFERENCE, PENALTY) and not inputs.fills:
            return "checked, nothing owed, because no takeover of it was wrong"
        return "checked, nothing owed, because the method finds no loss"
    if most_e8 == 0:
        return "checked, nothing owed, because the account itself bore no loss"
    return "cut to the loss really borne" if wanted_e8 > most_e8 else ""


def pro_rata(lines: Sequence[Line], total_e8: int) -> list[Line]:
    """The lines cut in proportion to a cap on their sum, each rounded down."""
    wanted = sum(line.amount_e8 for line in lines)
    if wanted <= total_e8:
        return list(lines)
    return [
        Line(
            line.account,
            line.reason,
            line.method,
            line.formula_e8,
            line.cap_e8,
            line.amount_e8 * total_e8 // wanted,
            line.seqs,
            line.note or f"cut in proportion: the total is capped at {total_e8}e-8",
        )
        for line in lines
    ]


def payable_now(balance_e8: int, value_e8: int, initial_margin_e8: int) -> int:
    """What the payer can pay at once."""
    return max(0, min(balance_e8, max(0, value_e8 - initial_margin_e8)))
