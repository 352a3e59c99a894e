"""What each refusal means and what to do: of corrections and refunds. See ``ledger.core.refusal_texts``."""

from typing import Final

from ledger.core.refusals import RefusalCode, RefusalText

REMEDY_REFUSALS: Final[dict[RefusalCode, RefusalText]] = {
    RefusalCode.CORRECTION_MISMATCH: RefusalText(
        "A line of the correction is not about the ledger as it is: a position settled at another index, "
        "shares that are not held, an order that is there or protects nothing.",
        "Make the plan again from this ledger, and have it approved.",
        transient=False,
    ),
    RefusalCode.CORRECTION_UNBALANCED: RefusalText(
        "The lines of a market do not cancel out: corrections of funding with the dust, or the two sides "
        "of reversed fills.",
        "Make the plan again with this version of the program, and have it approved.",
        transient=False,
    ),
    RefusalCode.CORRECTION_UNHEALTHY: RefusalText(
        "An account would get back a position that it cannot carry: it would be below maintenance, or "
        "above the position limit.",
        "Make the plan again at the marks in force: such accounts are paid instead.",
        transient=True,
    ),
    RefusalCode.REFUND_SETTLED: RefusalText(
        "Under this refund id as much was paid before as the line says is owed.",
        "Nothing needs to be done.",
        transient=False,
    ),
    RefusalCode.REFUND_SHORTFALL: RefusalText(
        "The Liquidator Vault cannot pay the line: the detail says how much is missing.",
        "Bring money into the Liquidator Vault, then send the payment again.",
        transient=True,
    ),
}
