"""The operator of the exchange: statuses, withdrawals, and the housekeeping of every month."""

from collections.abc import Callable
from typing import Final, final

from ledger.core.messages import ChangeStatus, MarkCheckpoint, SettleFunding, SweepRounding, UpdateMarket
from ledger.core.rules.markets import RULE_FIELDS
from ledger.core.rules.words import (
    STATUS_CANCEL_ONLY,
    STATUS_MAINTENANCE,
    STATUS_OK,
    STATUS_POST_ONLY,
    SWITCH_CLOSED,
    SWITCH_OPEN,
)
from ledger.core.values import E8
from scenarios.day.crowd import Crowd
from scenarios.day.rules import MARKETS
from scenarios.day.world import World
from scenarios.draws import Draws
from scenarios.listing import OPERATOR

UPWARDS: Final = (STATUS_MAINTENANCE, STATUS_CANCEL_ONLY, STATUS_POST_ONLY, STATUS_OK)
SETTLEMENTS: Final = 5


@final
class Operator:
    """Queues what the operator does; ``heard`` is told every status that was accepted, as it is accepted."""

    def __init__(self, world: World, crowd: Crowd, heard: Callable[[str], None]) -> None:
        self._world = world
        self._crowd = crowd
        self._heard = heard
        self._draws = Draws(world.seed, OPERATOR)

    @property
    def status(self) -> str:
        """The status of the exchange."""
        return self._world.gateway.state.control.status

    def change(self, status: str, reason: str) -> None:
        """Ask for a status; withdrawals open again with ``ok``."""
        control = self._world.gateway.state.control
        opens = status == STATUS_OK and control.withdrawals == SWITCH_CLOSED
        header = self._world.gateway.header(OPERATOR)
        command = ChangeStatus(*header, status, SWITCH_OPEN if opens else "", reason)
        self._world.gateway.send(command, lambda accepted: self._heard(status) if accepted else None)

    def step_up(self, reason: str) -> None:
        """Ask for the next status upwards; refused by a gate, it is asked for again."""
        if self.status != STATUS_OK:
            self.change(UPWARDS[UPWARDS.index(self.status) + 1], reason)

    def open_markets(self) -> None:
        """Ask for the next status of every market that was left behind or closed by a guard."""
        if self.status != STATUS_OK:
            return
        for name in MARKETS:
            market = self._world.market(name)
            if market.status in (STATUS_POST_ONLY, STATUS_CANCEL_ONLY):
                fields = {field: getattr(market, field) for field in RULE_FIELDS}
                up = UPWARDS[UPWARDS.index(market.status) + 1]
                header = self._world.gateway.header(OPERATOR)
                command = UpdateMarket(
                    *header, market=name, **(fields | {"status": up}), revision_before=market.revision
                )
                self._world.gateway.send(command)

    def keep_house(self) -> None:
        """Every 30 days: settle some funding, sweep the dust, mark a checkpoint."""
        gateway, arrived = self._world.gateway, self._crowd.arrived
        for market in MARKETS:
            holders = [person.name for person in arrived if self._world.size_e8(person.name, market)]
            for _ in range(SETTLEMENTS if holders else 0):
                name = holders[self._draws.below("settles", len(holders))]
                gateway.send(SettleFunding(*gateway.header(OPERATOR), name, market))
            if self._world.market(market).dust_e16 >= E8:
                gateway.send(SweepRounding(*gateway.header(OPERATOR), market))
        self.mark("every 30 days")

    def mark(self, reason: str) -> None:
        """Mark a checkpoint."""
        gateway = self._world.gateway
        gateway.send(MarkCheckpoint(*gateway.header(OPERATOR), reason))
