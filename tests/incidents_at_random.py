"""Random incidents: two markets, an index that goes wrong, liquidations, unwinds, trades and money after it.

Every command that is refused is part of the history too. The keeper looks at all accounts after each tick,
so what should be liquidated is, in both histories, at once.
"""

from collections.abc import Callable
from random import Random

from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    CreateVault,
    DepositToVault,
    LiquidateAccount,
    MarketRate,
    RedeemShares,
    ReleaseWithdrawal,
    RequestWithdrawal,
    SettleOffBookTrade,
    Transfer,
)
from ledger.core.rules.health import IN_FORCE, health_of, positions_of
from tests.incidents import Town, observed
from tests.spec import USDC, account, ask, deposit, e8, market, rule

MARKETS = ("BTC-USD-PERP", "ETH-USD-PERP")
TRADERS = tuple(f"trader-{letter}" for letter in "abcdefgh")
INDEX = e8("10000")
RATE = 10**7
RATE_MAX = 2 * 10**10
"""With a period of one tick: one unit of index a tick, and two thousand."""

NEW_MARKET_AT = 2
"""Tick of the incident before which a third market is listed."""
TERMS: dict[str, object] = {
    "maker_fee_ppm": 0,
    "taker_fee_ppm": 0,
    "funding_period_s": 5,
    "funding_gap_max_ms": 600_000,
    "position_limit_e8": e8("1000"),
}

Claim = Callable[[int], int]
CORRUPTIONS: dict[str, Claim] = {
    "zeroed": lambda index: 0 * index,
    "scaled": lambda index: 3 * index // 2,
    "shifted": lambda index: index - e8("2500"),
    "frozen": lambda index: INDEX + 0 * index,
}


class Incident:
    """A ledger on which the index of some markets goes wrong after ``last_good``."""

    def __init__(self, seed: int, *, markets: tuple[str, ...], vault: bool) -> None:
        self.random = Random(seed)  # noqa: S311  no secret
        self.town = Town()
        self.marks = {"BTC": e8("100000"), "ETH": e8("50000")}
        self.wrong = markets
        self.vault = vault
        self._open()
        for _ in range(6):
            self.tick({}, RATE_MAX)
        for _ in range(4):
            self.tick({})
            self.trade_some(6)
        self.last_good = self.town.head.height
        kind = self.random.choice(tuple(CORRUPTIONS))
        wrong_ticks = self.random.randint(1, 3)
        for number in range(7):
            if number == NEW_MARKET_AT:
                self.town.take(market("SOL-USD-PERP", **TERMS))
                self.marks["SOL"] = e8("200")
            claims = {}
            if number < wrong_ticks:
                state = self.town.writer.state
                claims = {name: CORRUPTIONS[kind](state.markets[name].index_e8) for name in markets}
            self.tick(claims)
            self.trade_some(self.random.randint(0, 4))
            self.move_money()

    def _open(self) -> None:
        town = self.town
        town.take(*observed(), rule("stale_ticks_max", "0"), rule("outflow_hour_ppm", "1000000000"))
        town.take(rule("outflow_day_ppm", "1000000000"))
        town.take(
            USDC,
            *(market(name, **TERMS) for name in MARKETS),
            account("lv", kind="LIQUIDATOR"),
            *(account(name) for name in TRADERS),
            deposit("lv", "500000"),
            *(deposit(name, str(self.random.randint(4, 30) * 500)) for name in TRADERS),
        )
        if self.vault:
            town.take(
                account("fund", kind="VAULT_OPERATOR"),
                account("owner"),
                deposit("owner", "50000"),
                ask(
                    CreateVault,
                    vault="fund",
                    account="fund",
                    name="A fund",
                    vault_kind="user",
                    owner_account="owner",
                ),
            )

    def tick(self, claims: dict[str, int], rate_e12: int = RATE) -> None:
        """Prices, funding with the claims given, and what the keeper makes of it."""
        town = self.town
        town.wait(5)
        for base in self.marks:
            self.marks[base] = self.marks[base] * self.random.randint(990, 1010) // 1000
            self.marks[base] -= self.marks[base] % e8("0.1")
        town.ask(town.prices(**{base: str(mark / 10**8) for base, mark in self.marks.items()}))
        number = town.ticks["funding"] = town.ticks.get("funding", 0) + 1
        rates = [
            MarketRate(name, rate_e12, e8("100000"), 1 if name in claims else 0, claims.get(name, 0), 0, 0)
            for name in town.writer.state.markets
        ]
        if number == 2 and self.vault:
            town.ask(ask(DepositToVault, account="owner", vault="fund", amount_e8=e8("20000")))
        town.take(
            ask(
                AdvanceFunding,
                tick_id=number,
                previous_tick_id=number - 1,
                source="funding",
                source_epoch=1,
                observed_at_ms=town.now_us // 1000,
                rates=rates,
            )
        )
        self.keep()

    def keep(self) -> None:
        """Liquidate until everybody is healthy."""
        state = self.town.writer.state
        for _ in range(6):
            weak = [
                name
                for name in sorted(state.accounts)
                if name != "lv"
                and positions_of(state.accounts[name])
                and not health_of(state.accounts[name], IN_FORCE).healthy()
            ]
            if not weak:
                return
            self.town.ask(*(ask(LiquidateAccount, account=name) for name in weak))

    def trade_some(self, count: int) -> None:
        """Off-book trades between any two, the Liquidator Vault now and then one of them."""
        parties = [*TRADERS, "lv"] + (["fund"] if self.vault else [])
        for _ in range(count):
            buyer, seller = self.random.sample(parties, 2)
            base = self.random.choice(tuple(self.marks))
            self.town.ask(
                ask(
                    SettleOffBookTrade,
                    market=f"{base}-USD-PERP",
                    buyer=buyer,
                    seller=seller,
                    size_e8=e8(f"0.{self.random.randint(5, 60):02}"),
                    price_e8=self.marks[base],
                    taker="NONE",
                )
            )

    def move_money(self) -> None:
        """A deposit, a withdrawal, a transfer, or a flow of the vault."""
        name, other = self.random.sample(TRADERS, 2)
        amount = e8(str(self.random.randint(1, 4000)))
        doings: list[AnyCommand] = [
            deposit(name, str(amount // 10**8), ref=f"tx-{self.town.head.height}"),
            ask(RequestWithdrawal, account=name, asset="USDC", amount_e8=amount, destination="0x1"),
            ask(Transfer, account=name, counterparty=other, asset="USDC", amount_e8=amount),
        ]
        if self.vault:
            doings = [
                ask(DepositToVault, account=name, vault="fund", amount_e8=amount),
                ask(
                    RedeemShares,
                    account="owner",
                    vault="fund",
                    shares_e8=amount,
                    aux_account=f"aux-{self.town.head.height}",
                ),
            ]
        (answer,) = self.town.ask(self.random.choice(doings))
        asked = f"{answer.outcome.producer}/{answer.outcome.number}"
        if asked in self.town.writer.state.withdrawals and self.town.head.height % 2:
            self.town.ask(
                ask(ReleaseWithdrawal, account=name, withdrawal_id=asked, external_ref=f"out-{asked}")
            )
