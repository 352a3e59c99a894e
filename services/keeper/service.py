"""The keeper as a service: its turns, and what it tells the outside."""

import time
from typing import Final, final

from services.keeper.follower import ColumnFollower
from services.keeper.keeper import Keeper
from services.metrics import KeeperMetrics
from services.running import Audience

POLL_S: Final = 0.01
"""How long it waits at the head of the log before it looks again: a look costs some 30 µs."""


@final
class KeeperService:
    """Keeps the risk of one ledger. Ready once the whole log was read."""

    def __init__(
        self, keeper: Keeper, follower: ColumnFollower, metrics: KeeperMetrics, audience: Audience
    ) -> None:
        self._keeper = keeper
        self._follower = follower
        self._metrics = metrics
        self._audience = audience

    def turn(self) -> float:
        """Catch up, ask if there was a tick, and say how long to wait. Raises what reading the log raises."""
        checks, height, began_s = self._keeper.checks, self._follower.height, time.perf_counter()
        self._keeper.turn()
        if self._keeper.checks != checks:
            self._metrics.checked(time.perf_counter() - began_s)
        self._metrics.counts(self._keeper.counts)
        if self._follower.height != height:
            columns = self._follower.columns
            self._metrics.stands(self._follower.height, len(columns.names), columns.positions.height)
            self._audience.pulse.height = self._follower.height
        self._audience.become("keeping", ready=True)
        return POLL_S
