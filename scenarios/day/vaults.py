"""The Liquidator Vault, three user vaults, and everybody who has shares of them."""

from functools import partial
from typing import Final, final

from ledger.core.messages import CompleteUnwind, CreateVault, DepositToVault, RedeemShares, SettleVaultFees
from ledger.core.values import E8, PPM
from scenarios.day.bridge import Bridge
from scenarios.day.rules import MARKETS
from scenarios.day.world import CENT_E8, World
from scenarios.draws import Draws
from scenarios.listing import OPERATOR

LIQUIDATOR: Final = "liquidator-vault"
LIQUIDATOR_VAULT: Final = "LIQUIDATOR"
LIQUIDATOR_MONEY: Final = 8_000_000
LIQUIDATOR_HOLDERS: Final = 600
SPONSOR: Final = "insurance-sponsor"
SPONSOR_PPM: Final = 600_000
"""Share of the Liquidator Vault that the exchange itself has."""
DAY_S: Final = 24 * 3600
UNWIND_PPM: Final = 20_000
UNWIND_EVERY_MS: Final = 30_000
UNWIND_WITHIN_PPM: Final = 5_000
LOCKUP_S: Final = 4 * DAY_S
PROFIT_PPM: Final = PPM // 5
OWNER_PPM: Final = 100_000
"""Share of a user vault that its owner brings."""
DAY_MS: Final = 24 * 3_600_000
FEES_MS: Final = 31 * DAY_MS
"""A little more than the period of the profit share."""


@final
class UserVault:
    """A vault of a trader: its money, its holders, and how it is positioned (share of its money, signed)."""

    __slots__ = ("account", "holders", "money", "name", "owner", "positions_ppm")

    def __init__(self, name: str, money: int, holders: int, positions_ppm: dict[str, int]) -> None:
        self.name = name
        self.account = f"vault-{name.lower()}"
        self.owner = f"owner-{name.lower()}"
        self.money = money
        self.holders = holders
        self.positions_ppm = positions_ppm


BTC, ETH, PAXG = MARKETS
USER_VAULTS: Final = (
    UserVault("ALPINE", 400_000, 40, {BTC: 600_000, ETH: 300_000}),
    UserVault("BASALT", 900_000, 90, {BTC: -500_000, ETH: -300_000}),
    UserVault("CORDAGE", 2_200_000, 160, {BTC: -300_000, ETH: -500_000, PAXG: 200_000}),
)


@final
class Vaults:
    """Opens the vaults, trades for them, and lets holders in and out."""

    def __init__(self, world: World, bridge: Bridge) -> None:
        self._world = world
        self._bridge = bridge
        self._draws = Draws(world.seed, "vaults")
        self._unwinding: dict[str, tuple[str, str]] = {}
        """Vault and auxiliary account by id of the redemption."""
        self._unwound_ms = 0
        self.holders: list[tuple[str, str]] = []
        """Vault and account of everybody with shares who may want more or less of them."""

    def open(self) -> None:
        """The Liquidator Vault and the exchange's own share of it."""
        world = self._world
        world.open_account(SPONSOR)
        world.open_account(LIQUIDATOR, "LIQUIDATOR")
        self._create(LIQUIDATOR_VAULT, LIQUIDATOR, SPONSOR, "Liquidator Vault", "protocol", (0, 0, 0, 0, 0))
        money = world.scaled(LIQUIDATOR_MONEY) * E8 * SPONSOR_PPM // PPM
        self._join(LIQUIDATOR_VAULT, SPONSOR, money)

    def plan(self, from_ms: int, until_ms: int) -> None:
        """When user vaults open, when holders join, and when somebody leaves."""
        world, draws = self._world, self._draws
        for vault in USER_VAULTS:
            opens = from_ms + draws.below("opens", (until_ms - from_ms) // 2)
            world.at(opens, vault.account, partial(self._open_user_vault, vault))
            left = world.scaled(vault.money) * E8 * (PPM - OWNER_PPM) // PPM
            self._plan_holders(vault.name, world.scaled(vault.holders), left, (opens + DAY_MS, until_ms))
            for when in range(opens + FEES_MS, until_ms, FEES_MS):
                world.at(when, vault.account, partial(self._settle_fees, vault.name))
        left = world.scaled(LIQUIDATOR_MONEY) * E8 * (PPM - SPONSOR_PPM) // PPM
        holders = world.scaled(LIQUIDATOR_HOLDERS)
        self._plan_holders(LIQUIDATOR_VAULT, holders, left, (from_ms + DAY_MS, until_ms))

    def _plan_holders(self, vault: str, count: int, money_e8: int, between_ms: tuple[int, int]) -> None:
        """Holders with exponential shares of the money, at uniform times; some of them leave again."""
        draws = self._draws
        weights = [draws.exponential("weight", PPM) + 1 for _ in range(count)]
        total = sum(weights)
        for number, weight in enumerate(weights, start=1):
            name = f"saver-{vault.lower()}-{number:03d}"
            joins = between_ms[0] + draws.below("joins", between_ms[1] - between_ms[0])
            amount = max(20 * E8, money_e8 * weight // total // CENT_E8 * CENT_E8)
            self._world.at(joins, name, partial(self._first_deposit, vault, name, amount))
            if number == 1 or draws.chance("leaves", PPM // 10):
                leaves = joins + (LOCKUP_S + draws.below("stays", 200 * DAY_S)) * 1000
                if leaves < between_ms[1]:
                    self._world.at(leaves, name, partial(self.redeem, vault, name, 30))

    def _open_user_vault(self, vault: UserVault) -> None:
        world = self._world
        world.open_account(vault.owner)
        world.open_account(vault.account, "VAULT_OPERATOR")
        money = world.scaled(vault.money) * E8 * OWNER_PPM // PPM
        terms = (PROFIT_PPM, 30 * DAY_S, LOCKUP_S, 0, money // 2)
        self._create(vault.name, vault.account, vault.owner, vault.name.title(), "user", terms)
        self._join(vault.name, vault.owner, money)

    def _create(
        self,
        vault: str,
        account: str,
        owner: str,
        title: str,
        kind: str,
        terms: tuple[int, int, int, int, int],
    ) -> None:
        header = self._world.gateway.header(OPERATOR)
        self._world.gateway.send(CreateVault(*header, vault, account, title, kind, owner, *terms))

    def _first_deposit(self, vault: str, name: str, amount_e8: int) -> None:
        self._world.open_account(name)
        self._join(vault, name, amount_e8)
        self.holders.append((vault, name))

    def _join(self, vault: str, name: str, amount_e8: int) -> None:
        self._bridge.deposit(name, amount_e8)
        self.deposit(vault, name, amount_e8)

    def deposit(self, vault: str, name: str, amount_e8: int) -> None:
        """Money of an account into a vault."""
        header = self._world.gateway.header(name)
        self._world.engine.touched.add(name)
        self._world.gateway.send(DepositToVault(*header, vault, name, amount_e8))

    def redeem(self, vault: str, name: str, share: int) -> None:
        """Some hundredths of an account's shares back into money; positions go to an auxiliary account."""
        gateway = self._world.gateway
        known = gateway.state.vaults.get(vault)
        stake = None if known is None else known.stakes.get(name)
        if stake is None:
            return
        header = gateway.header(name)
        aux = f"{name}-unwinds-{header[1]}"
        shares = stake.shares_e8 * share // 100
        redemption = f"{header[0]}/{header[1]}"
        gateway.send(
            RedeemShares(*header, vault, name, shares, aux), partial(self._redeeming, redemption, vault, aux)
        )

    def _redeeming(self, unwind_id: str, vault: str, aux: str, accepted: bool) -> None:  # noqa: FBT001
        if accepted:
            self._unwinding[unwind_id] = (vault, aux)

    def _settle_fees(self, vault: str) -> None:
        self._world.gateway.send(SettleVaultFees(*self._world.gateway.header(OPERATOR), vault))

    def rebalance(self) -> None:
        """Bring the user vaults to their positions, where they are far from them."""
        world = self._world
        for vault in USER_VAULTS:
            value = world.value_e8(vault.account)
            for market, ppm in vault.positions_ppm.items():
                mark = world.market(market).mark_e8
                target = value * ppm // PPM * E8 // mark if mark else 0
                held = world.size_e8(vault.account, market)
                if abs(target - held) * 5 > abs(target):
                    world.take(vault.account, market, target - held)

    def unwind(self) -> None:
        """Redemptions are traded away and paid; the Liquidator Vault sells a little of what it took over."""
        world = self._world
        state = world.gateway.state
        for unwind_id, (vault, aux) in list(self._unwinding.items()):
            if unwind_id not in state.unwinds:
                del self._unwinding[unwind_id]
                continue
            for market in MARKETS:
                world.close(aux, market)
            header = world.gateway.header(OPERATOR)
            world.gateway.send(CompleteUnwind(*header, vault, unwind_id))
        if world.coarse or world.now_ms - self._unwound_ms >= UNWIND_EVERY_MS:
            self._unwound_ms = world.now_ms
            for market in MARKETS:
                self._unwind_liquidator(market)

    def _unwind_liquidator(self, market: str) -> None:
        """Everything in a coarse tick; else 2% by an IOC order within 50 bps of the mark."""
        world = self._world
        size = world.size_e8(LIQUIDATOR, market)
        if not size:
            return
        if world.coarse:
            world.close(LIQUIDATOR, market)
            return
        sign = -1 if size > 0 else 1
        step = world.market(market).size_step_e8
        part = min(abs(size), -(-abs(size) * UNWIND_PPM // (PPM * step)) * step)
        if not world.worth_it(market, part):
            part = abs(size) if not world.worth_it(market, abs(size)) else part
        price = world.away_e8(market, sign * UNWIND_WITHIN_PPM, sign)
        order = world.order(
            LIQUIDATOR, market, sign, part, price_e8=price, instruction="IOC", reduce_only=True
        )
        if world.worth_it(market, part) or part == abs(size):
            world.engine.place(order)
