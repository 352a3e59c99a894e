"""04:00: refunds of the second wave, planned from its audit, signed by two, paid by the Liquidator Vault."""

from typing import Any, Final, final

from ledger.core.rules.margin import withdrawable_e8
from ledger.errors import RefundShortfall
from ledger.incident.audit import Audit
from ledger.incident.plan import Plan, approval_command, approved
from ledger.incident.refunds.inputs import lines_of
from ledger.incident.refunds.plan import Terms, payments, refund_plan, refuse_shortfall
from scenarios.day.auditing import METHOD
from scenarios.day.undoing import HOUR_US, INCIDENT
from scenarios.day.world import World

PRODUCER: Final = "refunds"


@final
class Refunding:
    """The refunds of one run. ``plan`` is there once it was made; ``shortfall`` says why nothing is paid."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.plan: Plan | None = None
        self.shortfall = ""
        self.paid = 0

    def make_plan(self, found: Audit) -> None:
        """One line per account that the audit found, zero lines too, and two signatures over all of them."""
        gateway = self._world.gateway
        state, window = gateway.state, found.done.window
        terms = Terms(state.ledger_id, INCIDENT, window.last.height, window.last.last_seq, state.liquidator)
        lines = lines_of(found.inputs, METHOD, found.excluded)
        plan = refund_plan(terms, lines, {"method": METHOD, "from_height": window.first.height})
        for key in gateway.keys:
            plan = approved(plan, key, gateway.now_us, gateway.now_us + HOUR_US)
        gateway.send_signed(approval_command(plan))
        self.plan = plan

    def pay(self) -> None:
        """Queue every line of which something is left, if the vault can pay all of them."""
        if self.plan is None:
            return
        gateway = self._world.gateway
        state = gateway.state
        try:
            refuse_shortfall(self.plan, state, withdrawable_e8(state.accounts[self.plan.head.payer]))
        except RefundShortfall as fault:
            self.shortfall = str(fault)
            return
        for command in payments(self.plan, state, PRODUCER, gateway.now_us):
            gateway.send(command, self._heard)

    def _heard(self, accepted: bool) -> None:  # noqa: FBT001
        self.paid += accepted

    def report(self) -> dict[str, Any]:
        """What the page shows."""
        plan = self.plan
        return {
            "plan": "" if plan is None else plan.digest,
            "lines": 0 if plan is None else plan.head.lines,
            "total_e8": 0 if plan is None else plan.head.total_e8,
            "paid_lines": self.paid,
            "shortfall": self.shortfall,
        }
