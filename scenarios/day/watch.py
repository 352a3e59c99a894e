"""The risk keeper of the tape: after each tick, who is below maintenance or below initial margin.

Below maintenance an account is liquidated; below initial margin it gives up the orders that add to its risk.

The product's keeper (``services.keeper``) follows the log in columns and checks everybody at once, which
pays for a million positions and not for eight thousand every five simulated seconds. This one reads the
ledger's state, by the same rule, and only those accounts that can have come near: it checks everybody
when prices have moved by ``DRIFT_PPM`` since it last did, and until then those that were near and those
that traded. A test compares the two.
"""

from typing import Final, final

from ledger.core.messages import DeleverageAccount, LiquidateAccount
from ledger.core.rulebook import LIQUIDATIONS
from ledger.core.rules.deleveraging import surplus_orders
from ledger.core.rules.health import IN_FORCE, health_of
from ledger.core.rules.margin import value_and_initial_e22
from ledger.core.state import State
from ledger.core.values import PPM
from scenarios.day.world import World
from scenarios.engine.engine import KEEPER

PER_TICK: Final = 100
DRIFT_PPM: Final = 3_000
NEAR_E1: Final = 24
"""An account is near at 2.4 times its requirement in maintenance. The initial requirement is twice that, and
at least 2% of the value of the positions: prices would have to move by more than ``DRIFT_PPM`` before
another falls below."""


@final
class Watch:
    """Asks for liquidations and deleveraging, in order of names, at most ``PER_TICK`` of each at a tick."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._near: set[str] = set()
        self._seen: dict[str, tuple[int, int]] = {}
        self.asked = 0

    def restore(self) -> None:
        """Check everybody at the next look."""
        self._near, self._seen = set(), {}

    def ask(self) -> None:
        """Queue a command for each account that was found, if the mode allows liquidations at all."""
        gateway = self._world.gateway
        control = gateway.state.control
        if not control.modes[LIQUIDATIONS] & control.bit:
            return
        below = self.below()
        for name in below[:PER_TICK]:
            self.asked += 1
            gateway.send(LiquidateAccount(*gateway.header(KEEPER), name))
        for name in self._with_surplus(frozenset(below))[:PER_TICK]:
            gateway.send(DeleverageAccount(*gateway.header(KEEPER), name))

    def below(self) -> list[str]:
        """Accounts below maintenance, by name."""
        state = self._world.gateway.state
        touched = self._world.engine.touched
        if self._drifted(state):
            self._seen = {name: (m.mark_e8, m.index_e8) for name, m in state.markets.items()}
            self._near = {name for name in state.accounts if self._is_near(state, name)}
        else:
            self._near |= touched
        touched.clear()
        return sorted(name for name in self._near if self._is_below(state, name))

    def _with_surplus(self, below: frozenset[str]) -> list[str]:
        """Accounts between the two margins, with orders that add to their risk."""
        accounts = self._world.gateway.state.accounts
        return sorted(
            name for name in self._near if name not in below and accounts[name].orders and self._is_over(name)
        )

    def _is_over(self, name: str) -> bool:
        account = self._world.gateway.state.accounts[name]
        if account.margin_exempt or not any(
            surplus_orders(account, holding) for holding in account.holdings.values()
        ):
            return False
        value_e22, initial_e22 = value_and_initial_e22(account)
        return value_e22 < initial_e22

    def _drifted(self, state: State) -> bool:
        for name, market in state.markets.items():
            mark, index = self._seen.get(name, (0, 0))
            if (abs(market.mark_e8 - mark) + abs(market.index_e8 - index)) * PPM > DRIFT_PPM * mark:
                return True
        return False

    def _is_near(self, state: State, name: str) -> bool:
        account = state.accounts[name]
        if account.margin_exempt or name == state.liquidator or not account.holdings:
            return False
        health = health_of(account, IN_FORCE)
        return health.required_e28 > 0 and health.value_e28 * 10 < health.required_e28 * NEAR_E1

    def _is_below(self, state: State, name: str) -> bool:
        account = state.accounts[name]
        if account.margin_exempt or name == state.liquidator:
            return False
        health = health_of(account, IN_FORCE)
        return health.required_e28 > 0 and not health.healthy()
