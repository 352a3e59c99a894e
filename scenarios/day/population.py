"""Who is there: generated accounts, their money, their leverage and their habits. All of it is drawn.

Nothing here is real. The numbers are those of the tape: 90% general accounts in BTC and ETH, 10% gold
accounts in PAXG with more leverage; 7 in 36 of the general ones are veterans who trade through the
history, the others arrive in the last days before 2026-01-19.
"""

from typing import Final, final

from ledger.core.values import E8
from scenarios.day.rules import MARKETS, PAXG
from scenarios.draws import E6, Draws

BTC, ETH = MARKETS[:2]
GOLD_EVERY: Final = 10
VETERANS: Final = (7, 36)
CENT_E8: Final = 10**6


@final
class Group:
    """How a group is drawn: medians, sigmas and limits; shares in parts per million."""

    __slots__ = (
        "equity_e8", "equity_limits_e8", "equity_sigma_e6", "leverage_e6", "leverage_limits_e6",
        "leverage_sigma_e6", "long_ppm",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913
        self,
        equity: int,
        equity_sigma_e6: int,
        equity_limits: tuple[int, int],
        leverage_e6: int,
        leverage_sigma_e6: int,
        leverage_limits_e6: tuple[int, int],
        long_ppm: int,
    ) -> None:
        self.equity_e8 = equity * E8
        self.equity_sigma_e6 = equity_sigma_e6
        self.equity_limits_e8 = (equity_limits[0] * E8, equity_limits[1] * E8)
        self.leverage_e6 = leverage_e6
        self.leverage_sigma_e6 = leverage_sigma_e6
        self.leverage_limits_e6 = leverage_limits_e6
        self.long_ppm = long_ppm


GENERAL: Final = Group(1_100, 1_650_000, (25, 1_500_000), 6_500_000, 750_000, (200_000, 35_000_000), 530_000)
GOLD: Final = Group(1_450, 1_350_000, (25, 120_000), 12_000_000, 650_000, (300_000, 45_000_000), 620_000)
REVERSED_PPM: Final = 150_000
MARKET_PPM: Final = {BTC: 580_000, ETH: 480_000}
GOLD_BTC_PPM: Final = 200_000
GOLD_BTC_SHARE_E6: Final = 300_000
PROTECTS_PPM: Final = 300_000
RESTS_PPM: Final = 400_000


@final
class Leg:
    """A market of an account's position, with its sign and its share of the whole in 1e-6."""

    __slots__ = ("market", "share_e6", "sign")

    def __init__(self, market: str, share_e6: int, sign: int) -> None:
        self.market = market
        self.share_e6 = share_e6
        self.sign = sign


@final
class Person:
    """A generated account."""

    __slots__ = (
        "draws",
        "equity_e8",
        "gold",
        "legs",
        "leverage_e6",
        "name",
        "parent",
        "protects",
        "rests",
        "veteran",
    )

    def __init__(self, number: int, seed: int) -> None:
        self.name = f"trader-{number:05d}"
        draws = self.draws = Draws(seed, self.name)
        self.gold = number % GOLD_EVERY == 0
        self.veteran = not self.gold and number % VETERANS[1] < VETERANS[0]
        self.parent = ""
        """Main account of a subaccount."""
        group = GOLD if self.gold else GENERAL
        low, high = group.equity_limits_e8
        drawn = draws.lognormal("equity", group.equity_e8, group.equity_sigma_e6)
        self.equity_e8 = min(high, max(low, drawn)) // CENT_E8 * CENT_E8
        low, high = group.leverage_limits_e6
        drawn = draws.lognormal("leverage", group.leverage_e6, group.leverage_sigma_e6)
        self.leverage_e6 = min(high, max(low, drawn))
        bias = 1 if draws.chance("long", group.long_ppm) else -1
        self.legs = self._gold_legs(bias) if self.gold else self._general_legs(bias)
        self.protects = draws.chance("protects", PROTECTS_PPM)
        self.rests = draws.chance("rests", RESTS_PPM)

    def _general_legs(self, bias: int) -> list[Leg]:
        """BTC, ETH, or both, by weights that are exponential."""
        draws = self.draws
        markets = [market for market, ppm in MARKET_PPM.items() if draws.chance(f"in {market}", ppm)]
        if not markets:
            markets = [BTC if draws.chance("only", MARKET_PPM[BTC]) else ETH]
        weights = [draws.exponential("weight", E6) + 1 for _ in markets]
        return [
            Leg(
                market, weight * E6 // sum(weights), -bias if draws.chance("reversed", REVERSED_PPM) else bias
            )
            for market, weight in zip(markets, weights, strict=True)
        ]

    def _gold_legs(self, bias: int) -> list[Leg]:
        if not self.draws.chance("btc too", GOLD_BTC_PPM):
            return [Leg(PAXG, E6, bias)]
        sign = 1 if self.draws.chance("btc long", GENERAL.long_ppm) else -1
        return [Leg(PAXG, E6 - GOLD_BTC_SHARE_E6, bias), Leg(BTC, GOLD_BTC_SHARE_E6, sign)]


def people(accounts: int, seed: int) -> list[Person]:
    """The population, by name. Every tenth veteran is a subaccount of the one before it."""
    found = [Person(number, seed) for number in range(1, accounts + 1)]
    veterans = [person for person in found if person.veteran]
    for number in range(9, len(veterans), 10):
        veterans[number].parent = veterans[number - 1].name
    return found
