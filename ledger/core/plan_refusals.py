"""What each refusal means and what to do: of plans. See ``ledger.core.refusal_texts``."""

from typing import Final

from ledger.core.refusals import RefusalCode, RefusalText

PLAN_REFUSALS: Final[dict[RefusalCode, RefusalText]] = {
    RefusalCode.PLAN_EXISTS: RefusalText(
        "The plan was approved, and the approval has not ended.",
        "Apply it.",
        transient=True,
    ),
    RefusalCode.PLAN_NOT_APPROVED: RefusalText(
        "No plan of this kind and digest was approved, or a key that approved it was revoked since.",
        "Have two operators approve the plan.",
        transient=True,
    ),
    RefusalCode.PLAN_APPLIED: RefusalText(
        "The plan was applied before, by the event that the detail names.",
        "Nothing needs to be done; `ledger log show` has the event.",
        transient=False,
    ),
    RefusalCode.PLAN_EXPIRED: RefusalText(
        "The approval has ended.",
        "Look at the plan again and have two operators approve it again.",
        transient=True,
    ),
    RefusalCode.PLAN_STALE: RefusalText(
        "The log went on after the plan was made: an event that the detail names touched an account, a "
        "market's rules or an asset, or another rollback was applied.",
        "Make the plan again, and have it approved.",
        transient=False,
    ),
    RefusalCode.PLAN_MISMATCH: RefusalText(
        "What the ledger makes of the log and the choices, or what the command brings, has another digest "
        "than the plan that it names: edited, without that line, or another ledger's.",
        "Send what the plan's file says, or make it again with this version of the program and have it "
        "approved.",
        transient=False,
    ),
    RefusalCode.TARGET_VOID: RefusalText(
        "The block to go back to is void itself, or lies in the middle of a rollback.",
        "Name a block of the live history.",
        transient=False,
    ),
}
