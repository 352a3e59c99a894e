"""07:10 to 07:30: the operators go back to the block of the database export, with the ledger's own tools.

Plan from the log, two signatures over its digest, apply in maintenance. Then everything outside the
ledger begins anew from what the ledger says: the engine's books (whose digest it confirms), both feeds, the
keeper, and whatever was on its way.
"""

from typing import Any, Final, final

from ledger.core.messages import ConfirmBook, MarkCheckpoint
from ledger.errors import invariant
from ledger.incident.plan import Plan, approval_command, approved
from ledger.incident.rollback.book import book_image
from ledger.incident.rollback.planner import Wanted, apply_command, compare, last_block_before, plan_rollback
from ledger.log.port import LogReader
from scenarios.day.site import Site
from scenarios.day.world import World
from scenarios.engine.engine import ENGINE
from scenarios.listing import OPERATOR

INCIDENT: Final = "2026-01-19"
REASON: Final = "a funding service published before it had restored its indices"
HOUR_US: Final = 3_600_000_000


@final
class Undoing:
    """The rollback of one run. ``candidates`` and ``plan`` are there once it was planned."""

    def __init__(self, world: World, site: Site) -> None:
        self._world = world
        self._log = site.log
        self._checkpoints = site.checkpoints
        self.candidates: list[dict[str, Any]] = []
        self.plan: Plan | None = None
        self.applied = False

    def make_plan(self, export_us: int, bad_seq: int) -> None:
        """Compare the block of the export with the last before the first bad tick, and plan the former."""
        target = block_at(self._log, export_us)
        targets = [target, last_block_before(self._log, bad_seq)]
        self.candidates = compare(self._log, self._checkpoints, targets, INCIDENT)
        self.plan = plan_rollback(self._log, self._checkpoints, Wanted(target, INCIDENT, REASON))

    def approve(self) -> None:
        """Both operators sign the digest, and the ledger is told."""
        if self.plan is None:
            return
        gateway = self._world.gateway
        for key in gateway.keys:
            self.plan = approved(self.plan, key, gateway.now_us, gateway.now_us + HOUR_US)
        gateway.send_signed(approval_command(self.plan))

    def apply(self) -> None:
        """Queue the command; the log may not have moved since the approval."""
        if self.plan is not None:
            gateway = self._world.gateway
            gateway.send(apply_command(self.plan, 1, gateway.now_us), self._done)

    def _done(self, accepted: bool) -> None:  # noqa: FBT001
        self.applied = accepted

    def load_book(self) -> None:
        """The engine takes the orders of a signed image, if that is whole, and says which orders it has."""
        gateway = self._world.gateway
        state, head = gateway.state, self._log.head()
        image = book_image(state, 0 if head is None else head.height, gateway.keys[0])
        invariant(not image.problem(state), "an image that was just signed is whole")
        self._world.engine.rebuild()
        command = ConfirmBook(*gateway.header(ENGINE), ENGINE, image.digest, image.orders)
        gateway.send(command)
        gateway.send(MarkCheckpoint(*gateway.header(OPERATOR), "rollback"))


def block_at(log: LogReader, recorded_at_us: int) -> int:
    """Height of the last block recorded at or before a time."""
    head = log.head()
    low, high = 0, 0 if head is None else head.height
    while low < high:
        middle = (low + high + 1) // 2
        if log.seal(middle).recorded_at_us <= recorded_at_us:
            low = middle
        else:
            high = middle - 1
    return low
