"""The bridge: money comes in at once, and goes out some minutes after it was asked for."""

from functools import partial
from typing import Final, final

from ledger.core.messages import CreditDeposit, FailWithdrawal, ReleaseWithdrawal, RequestWithdrawal
from scenarios.day.world import World
from scenarios.draws import Draws
from scenarios.listing import SETTLEMENT_ASSET

BRIDGE: Final = "bridge"
CHAIN: Final = "ethereum"
MINUTE_MS: Final = 60_000
DELAY_MS: Final = (8 * MINUTE_MS, 25 * MINUTE_MS)
AGAIN_MS: Final = 5 * MINUTE_MS
"""A release that was refused is tried again."""
FAILS_PPM: Final = 30_000


@final
class Bridge:
    """Money of accounts, in and out."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._draws = Draws(world.seed, BRIDGE)

    def deposit(self, name: str, amount_e8: int, asset: str = SETTLEMENT_ASSET) -> None:
        """Money that arrived outside is credited."""
        gateway = self._world.gateway
        producer, number, now_us = gateway.header(BRIDGE)
        reference = f"deposit-{number}"
        self._world.engine.touched.add(name)
        gateway.send(
            CreditDeposit(producer, number, now_us, name, asset, amount_e8, reference, BRIDGE, CHAIN, now_us)
        )

    def withdraw(self, name: str, amount_e8: int) -> None:
        """An account asks for money; what is accepted leaves some minutes later, or fails and comes back."""
        gateway = self._world.gateway
        header = gateway.header(name)
        command = RequestWithdrawal(*header, name, SETTLEMENT_ASSET, amount_e8, f"0x{name}")
        self._world.engine.touched.add(name)
        gateway.send(command, partial(self._requested, name, f"{header[0]}/{header[1]}"))

    def _requested(self, name: str, withdrawal_id: str, accepted: bool) -> None:  # noqa: FBT001
        if accepted:
            due = self._world.now_ms + self._draws.between("delay", *DELAY_MS)
            fails = self._draws.chance("fails", FAILS_PPM)
            self._world.at(due, BRIDGE, partial(self._finish, name, withdrawal_id, fails=fails))

    def _finish(self, name: str, withdrawal_id: str, *, fails: bool) -> None:
        """Release or fail what is still on its way: a rollback may have undone the request."""
        gateway = self._world.gateway
        if withdrawal_id not in gateway.state.withdrawals:
            return
        producer, number, now_us = gateway.header(BRIDGE)
        if fails:
            gateway.send(FailWithdrawal(producer, number, now_us, name, withdrawal_id, "BRIDGE_TIMEOUT"))
            return
        release = ReleaseWithdrawal(producer, number, now_us, name, withdrawal_id, f"out-{number}", now_us)
        gateway.send(release, partial(self._released, name, withdrawal_id))

    def _released(self, name: str, withdrawal_id: str, accepted: bool) -> None:  # noqa: FBT001
        if not accepted:
            again = partial(self._finish, name, withdrawal_id, fails=False)
            self._world.at(self._world.now_ms + AGAIN_MS, BRIDGE, again)
