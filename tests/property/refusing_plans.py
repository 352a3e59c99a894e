"""Plans and rollbacks for the table of refusals: what two operators sign."""

from collections.abc import Sequence
from typing import Final

from ledger.core.messages import (
    AnyCommand,
    AnyEvent,
    ApplyRollback,
    ApprovePlan,
    ChangeAccount,
    ChangeStatus,
    LiquidateAccount,
    RegisterKey,
    RollbackDeclared,
    Transfer,
)
from ledger.core.refusals import RefusalCode as Code
from ledger.incident.rollback.planner import apply_command
from ledger.log.memory import MemoryLog
from tests.fields import changed
from tests.property.remedies_refused import remedies
from tests.spec import START_US, USDC, account, ask, deposit, event, market, marks, rule, trade
from tests.undoing import Desk, wanted

KEYS: Final[tuple[AnyCommand, ...]] = tuple(
    ask(RegisterKey, key_id=f"ops-{n}", public_key=f"{n}a" * 32, role="operator", operator=f"person {n}")
    for n in (1, 2)
)
PRICED: Final[tuple[AnyCommand, ...]] = (
    USDC,
    market(),
    account("ann"),
    account("bob"),
    deposit("ann", "10000"),
    deposit("bob", "10000"),
    marks(BTC="60000"),
)
DIGEST: Final = "ab" * 32
APPROVE: Final = ask(
    ApprovePlan,
    plan_kind="ROLLBACK",
    plan_digest=DIGEST,
    incident_id="drill",
    head_height=9,
    expires_at_us=START_US + 60_000_000,
)
APPLY: Final = ask(
    ApplyRollback, plan_digest=DIGEST, report_digest=DIGEST, target_height=2, head_height=9, head_seq=10**9
)
APPROVED: Final[tuple[AnyCommand, ...]] = (*KEYS, APPROVE, ask(ChangeStatus, status="maintenance"))
DECLARED: Final = event(RollbackDeclared, seq=9, recorded_at_us=START_US, plan_digest=DIGEST)

RESTORED: Final = event(RollbackDeclared, seq=30, recorded_at_us=START_US)

TWICE_SIGNED: Final[dict[Code, tuple[Sequence[AnyCommand | AnyEvent], AnyCommand]]] = {
    Code.PRICES_RESTORED: (
        (*KEYS, *PRICED, RESTORED),
        ask(Transfer, account="ann", counterparty="bob", asset="USDC", amount_e8=1),
    ),
    Code.UNDER_GRACE: (
        (
            *KEYS,
            *PRICED,
            trade("BTC-USD-PERP", "ann", "bob", "5", "60000"),
            rule("rollback_grace_ms", "60000"),
            ask(ChangeAccount, account="ann", field="status", value="restricted"),
            RESTORED,
            changed(marks(2, BTC="57000"), issued_at_us=START_US + 10_000_000),
        ),
        ask(LiquidateAccount, account="ann", issued_at_us=START_US + 11_000_000),
    ),
    Code.PLAN_EXISTS: (APPROVED, APPROVE),
    Code.PLAN_NOT_APPROVED: (APPROVED, changed(APPLY, plan_digest="cd" * 32)),
    Code.PLAN_APPLIED: ((*APPROVED, DECLARED), changed(APPROVE, expires_at_us=START_US + 70_000_000)),
    Code.PLAN_EXPIRED: (APPROVED, changed(APPLY, issued_at_us=START_US + 100_000_000)),
    Code.PLAN_STALE: ((*APPROVED, USDC), changed(APPLY, head_seq=4)),
    **remedies(
        (
            *KEYS,
            *PRICED,
            account("lv", kind="LIQUIDATOR"),
            trade("BTC-USD-PERP", "ann", "bob", "0.01", "60000"),
        ),
        deposit("lv", "1000"),
    ),
}
"""The same where two operators have signed every command."""


def undoing(*, void: bool) -> int:
    """Code that an approved rollback gets which is another than its plan, or goes to a void block."""
    desk = Desk(MemoryLog("main", 1))
    target = desk.block(USDC)
    desk.register()
    desk.maintenance()
    if void:
        target += 1
        desk.roll_back(wanted(target - 1))
    plan = desk.plan(wanted(target - void))
    assert desk.approve(plan).outcome.code == 0
    command = apply_command(plan, 1, desk.writer.time_us)
    return desk.give(changed(command, target_height=target, reason="another")).outcome.code
