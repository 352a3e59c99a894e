"""Rows of control state; see ``ledger.core.image``."""

from collections.abc import Sequence
from typing import Final

from ledger.core.cells import Row, number_at, text_at
from ledger.core.control import Approval, Control, Key

CONTROL: Final = "control"
RULE: Final = "rule"
KEY: Final = "key"
APPROVAL: Final = "approval"
VOID: Final = "void"

CONTROL_KEY_LENGTHS: Final = {CONTROL: 1, RULE: 2, KEY: 2, APPROVAL: 2, VOID: 1}

CONTROL_ROWS: Final = frozenset(CONTROL_KEY_LENGTHS)
"""Rows of ``State.control``."""

APPROVAL_FIELDS: Final = (
    "digest",
    "kind",
    "incident_id",
    "head_height",
    "lines",
    "total_e8",
    "payer",
    "cap_e8",
    "key_1",
    "key_2",
    "signature_1",
    "signature_2",
    "expires_at_us",
    "seq",
    "used_seq",
)


def control_rows(control: Control) -> list[Row]:
    """Status, the rules that were changed, keys, approvals, what is void."""
    rows: list[Row] = [
        [
            CONTROL,
            control.status,
            control.withdrawals,
            control.changed_us,
            control.opened_us,
            control.tripped_us,
        ]
    ]
    rows.extend([RULE, name, value] for name, value in control.values.items())
    rows.extend(
        [KEY, key.key_id, key.public_key, key.role, key.operator, key.revoked]
        for key in control.keys.values()
    )
    for approval in control.approvals.values():
        row: Row = [APPROVAL]
        row.extend([getattr(approval, name) for name in APPROVAL_FIELDS])
        rows.append(row)
    rows.append([VOID, *control.voids])
    return rows


def load_control_row(control: Control, row: Sequence[int | str]) -> None:
    """Take one row of ``control_rows`` into ``control``."""
    kind = row[0]
    if kind == CONTROL:
        control.put_status(text_at(row, 1))
        control.withdrawals = text_at(row, 2)
        control.changed_us, control.opened_us = number_at(row, 3), number_at(row, 4)
        control.tripped_us = number_at(row, 5)
    elif kind == RULE:
        control.put(text_at(row, 1), text_at(row, 2))
    elif kind == APPROVAL:
        approval = Approval(
            text_at(row, 1),
            text_at(row, 2),
            text_at(row, 3),
            number_at(row, 4),
            number_at(row, 5),
            number_at(row, 6),
            text_at(row, 7),
            number_at(row, 8),
            text_at(row, 9),
            text_at(row, 10),
            text_at(row, 11),
            text_at(row, 12),
            number_at(row, 13),
            number_at(row, 14),
        )
        approval.used_seq = number_at(row, 15)
        control.approvals[approval.digest] = approval
    elif kind == VOID:
        control.voids = [number_at(row, place) for place in range(1, len(row))]
    else:
        key = Key(text_at(row, 1), text_at(row, 2), text_at(row, 3), text_at(row, 4))
        key.revoked = number_at(row, 5)
        control.add_key(key)
