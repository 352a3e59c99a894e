"""Answers as JSON: one object per line read, in the order of the lines.

An accepted command names its first and last event; a refused one its code, the code's name, and
a detail for a person. ``duplicate`` says that this command was answered before and that this is
what it was answered then. ``transient`` says that the same request could succeed later.
"""

from typing import Any, Final

from ledger.core.messages import Outcome
from ledger.core.refusal_texts import REFUSALS
from ledger.core.refusals import RefusalCode
from ledger.edge.commands import Rejected
from ledger.edge.records import refusal_name

_CODES: Final = frozenset(int(code) for code in RefusalCode)


def outcome_object(line: int, outcome: Outcome, *, duplicate: bool) -> dict[str, Any]:
    """The answer to the command in ``line`` (from 1)."""
    answer: dict[str, Any] = {
        "line": line,
        "command_id": f"{outcome.producer}/{outcome.number}" if outcome.producer else None,
        "status": outcome.status,
        "duplicate": duplicate,
        "recorded_at_us": outcome.recorded_at_us,
    }
    if outcome.first_seq:
        answer["first_seq"] = outcome.first_seq
        answer["last_seq"] = outcome.last_seq
    if outcome.voided_by:
        answer["voided_by"] = outcome.voided_by
    if outcome.code:
        answer.update(_refusal(outcome.code, outcome.detail))
    return answer


def rejected_object(line: int, rejected: Rejected) -> dict[str, Any]:
    """The answer to a line that is no command; nothing was recorded."""
    return {
        "line": line,
        "command_id": rejected.command_id or None,
        "status": "refused",
        "duplicate": False,
        **_refusal(int(rejected.code), rejected.detail),
    }


def _refusal(code: int, detail: str) -> dict[str, Any]:
    known = REFUSALS.get(RefusalCode(code)) if code in _CODES else None
    return {
        "code": code,
        "reason": refusal_name(code),
        "detail": detail,
        "transient": known is not None and known.transient,
    }
