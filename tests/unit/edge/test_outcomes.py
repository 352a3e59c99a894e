"""Answers as JSON."""

from ledger.core.messages import Outcome
from ledger.core.refusal_texts import REFUSALS
from ledger.core.refusals import RefusalCode
from ledger.edge.commands import Rejected
from ledger.edge.outcomes import outcome_object, rejected_object
from ledger.edge.records import refusal_name


def test_an_accepted_command_names_its_events() -> None:
    answer = outcome_object(3, Outcome("gateway", 17, 5, 99, "accepted", 0, "", 10, 11, 0), duplicate=True)
    assert answer == {
        "line": 3,
        "command_id": "gateway/17",
        "status": "accepted",
        "duplicate": True,
        "recorded_at_us": 99,
        "first_seq": 10,
        "last_seq": 11,
    }


def test_a_refused_command_names_code_reason_and_detail() -> None:
    code = RefusalCode.INSUFFICIENT_MARGIN
    answer = outcome_object(
        1, Outcome("g", 1, 5, 99, "refused", int(code), "alice", 0, 0, 0), duplicate=False
    )
    assert (answer["code"], answer["reason"], answer["detail"]) == (611, "INSUFFICIENT_MARGIN", "alice")
    assert answer["transient"] is REFUSALS[code].transient
    assert "first_seq" not in answer


def test_a_line_that_is_no_command_is_refused_without_a_time() -> None:
    answer = rejected_object(2, Rejected(RefusalCode.MALFORMED_COMMAND, "empty line"))
    assert (answer["command_id"], answer["status"], answer["reason"]) == (
        None,
        "refused",
        "MALFORMED_COMMAND",
    )
    assert "recorded_at_us" not in answer


def test_a_code_of_a_later_version_is_printed_as_its_number() -> None:
    assert refusal_name(999) == "999"
