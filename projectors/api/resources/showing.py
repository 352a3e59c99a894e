"""Accounts by their names, and what happened to the exchange as a whole, from rows."""

from typing import Final

from projectors.api.models import showing as shapes
from projectors.api.resources.values import ms, number, text
from projectors.api.served import Asked
from projectors.reading.answers import Row

PUBLIC_EVENTS: Final = frozenset(
    {
        "CheckpointMarked",
        "FundingIndexAdvanced",
        "FundingIndexRestated",
        "MarketListed",
        "MarketUpdated",
        "PricesUpdated",
        "RollbackCompleted",
        "RollbackDeclared",
        "SystemStatusChanged",
    }
)
"""Events that everybody may read: those that the public resources are made of."""


def accounts(asked: Asked, search: str, size: int) -> list[shapes.AccountFound]:
    """Accounts whose name holds a text, those that begin with it first, in order of their names."""
    wanted = search.casefold()
    rows = [row for row in asked.rows("account", "accounts") if wanted in text(row, "account").casefold()]
    rows.sort(key=lambda row: (not text(row, "account").casefold().startswith(wanted), text(row, "account")))
    return [
        shapes.AccountFound(
            account=text(row, "account"),
            kind=text(row, "kind"),
            status=text(row, "status"),
            opened_at=ms(row, "opened_at_us"),
            seq_no=number(row, "opened_seq"),
        )
        for row in rows[:size]
    ]


def occasions(asked: Asked) -> list[shapes.Occasion]:
    """Rollbacks, guard trips and changes of the mode, those of void blocks too, oldest first."""
    found = [
        *(_rollback(row) for row in asked.rows("exchange", "rollbacks")),
        *(_guard(row) for row in asked.control("GuardTripped")),
        *(_status(row) for row in asked.control("SystemStatusChanged")),
    ]
    return sorted(found, key=lambda one: one.seq)


def _rollback(row: Row) -> shapes.Occasion:
    return shapes.Occasion(
        kind="rollback",
        seq=number(row, "rollback_seq"),
        title=f"Rollback to block {number(row, 'target_height')}",
        market="",
        void_from_seq=number(row, "void_from_seq"),
        void_to_seq=number(row, "void_to_seq"),
        created_at=ms(row, "declared_at_us"),
    )


def _guard(row: Row) -> shapes.Occasion:
    where = text(row, "market")
    return shapes.Occasion(
        kind="guard",
        seq=number(row, "seq"),
        title=f"Guard {text(row, 'guard')}{f' on {where}' if where else ''}: {text(row, 'action').lower()}",
        market=where,
        void_from_seq=0,
        void_to_seq=0,
        created_at=ms(row, "recorded_at_us"),
    )


def _status(row: Row) -> shapes.Occasion:
    before, after = text(row, "status_before"), text(row, "status_after")
    withdrawals = text(row, "withdrawals_after")
    return shapes.Occasion(
        kind="status",
        seq=number(row, "seq"),
        title=f"Mode {before} to {after}" if before != after else f"Withdrawals {withdrawals}",
        market="",
        void_from_seq=0,
        void_to_seq=0,
        created_at=ms(row, "recorded_at_us"),
    )
