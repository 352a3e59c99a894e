"""The generated accounts: who they are, and what each of them remembers of its own trading.

Nothing here is real. Equity, leverage, taste and habits are drawn from the seed; a
``Notebook`` is the rough picture an account has of itself, from the answers it got, and never the
ledger's truth.
"""

from typing import Final, final

from ledger.core.values import E8
from ledger.market_data.series import SYMBOLS
from scenarios.draws import E6, Draws
from scenarios.listing import market_of

MAKERS_PER_MARKET: Final = 2
MAKER_DEPOSIT_E8: Final = 20_000_000 * E8
EQUITY_MEDIAN_E8: Final = 12_000 * E8
EQUITY_SIGMA_E6: Final = 1_200_000
EQUITY_MIN_E8: Final = 500 * E8
EQUITY_MAX_E8: Final = 1_500_000 * E8
LEVERAGE_LISTED: Final = 50
"""Highest leverage of the markets; an account may choose a lower one for itself."""
LEVERAGE_MEDIAN_E6: Final = 1_800_000
LEVERAGE_SIGMA_E6: Final = 500_000
LEVERAGE_MAX_E6: Final = 4_000_000


@final
class Stake:
    """What an account believes it holds in one market: signed size, cost, funding index paid up to."""

    __slots__ = ("cost_e8", "index_e8", "size_e8")

    def __init__(self) -> None:
        self.size_e8 = 0
        self.cost_e8 = 0
        self.index_e8 = 0


@final
class Notebook:
    """Cash and stakes of one account as it believes them to be; good to a few units."""

    __slots__ = ("cash_e8", "stakes")

    def __init__(self) -> None:
        self.cash_e8 = 0
        self.stakes = {market_of(symbol): Stake() for symbol in SYMBOLS}

    def trade(self, market: str, quantity_e8: int, price_e8: int, index_e8: int) -> None:
        """Note a fill of signed ``quantity_e8``: pay funding, then move size, cost and profit."""
        stake = self.stakes[market]
        self.cash_e8 -= stake.size_e8 * (index_e8 - stake.index_e8) // E8
        stake.index_e8 = index_e8
        value = quantity_e8 * price_e8 // E8
        before = stake.size_e8
        after = before + quantity_e8
        if before * quantity_e8 >= 0:
            cost = stake.cost_e8 + value
        elif before * after >= 0:
            cost = stake.cost_e8 * after // before
        else:
            cost = after * price_e8 // E8
        self.cash_e8 += cost - stake.cost_e8 - value
        stake.size_e8 = after
        stake.cost_e8 = cost

    def equity_e8(self, marks: dict[str, int], indices: dict[str, int]) -> int:
        """Cash and unrealised profit, funding included."""
        total = self.cash_e8
        for market, stake in self.stakes.items():
            if stake.size_e8:
                move = marks[market] - indices[market] + stake.index_e8
                total += stake.size_e8 * move // E8 - stake.cost_e8
        return total

    def notional_e8(self, marks: dict[str, int]) -> int:
        """Unsigned value of the stakes."""
        return sum(abs(stake.size_e8) * marks[market] // E8 for market, stake in self.stakes.items())


@final
class Trader:
    """A generated account. ``arrives`` is the tick of its first deposit; ratios are in 1e-6."""

    __slots__ = (
        "activity_ppm",
        "arrives",
        "deposit_e8",
        "draws",
        "favourite",
        "leverage_e6",
        "leverage_max",
        "long_ppm",
        "name",
        "notebook",
        "opened",
        "parent",
        "protects",
    )

    def __init__(self, name: str, parent: str, seed: int, ticks: int) -> None:
        draws = Draws(seed, name)
        self.name = name
        self.parent = parent
        """Main account of a subaccount; empty for a main account."""
        self.draws = draws
        self.notebook = Notebook()
        self.opened = False
        self.arrives = (
            0 if draws.chance("early", 300_000) else draws.below("arrives", max(1, ticks * 9 // 10))
        )
        self.deposit_e8 = (
            min(
                EQUITY_MAX_E8,
                max(EQUITY_MIN_E8, draws.lognormal("equity", EQUITY_MEDIAN_E8, EQUITY_SIGMA_E6)),
            )
            // E6
            * E6
        )
        self.leverage_e6 = min(
            LEVERAGE_MAX_E6, draws.lognormal("leverage", LEVERAGE_MEDIAN_E6, LEVERAGE_SIGMA_E6)
        )
        self.leverage_max = LEVERAGE_LISTED
        self.long_ppm = draws.between("bias", 300_000, 760_000)
        self.favourite = market_of(SYMBOLS[0] if draws.chance("market", 580_000) else SYMBOLS[1])
        self.activity_ppm = draws.between("activity", 15_000, 60_000)
        self.protects = draws.chance("protects", 300_000)


@final
class Maker:
    """A market maker of one market; it has a large deposit and quotes both sides at every tick."""

    __slots__ = ("market", "name", "notebook")

    def __init__(self, name: str, market: str) -> None:
        self.name = name
        self.market = market
        self.notebook = Notebook()


def makers() -> list[Maker]:
    """The makers of every market."""
    return [
        Maker(f"maker-{symbol.lower()}-{number}", market_of(symbol))
        for symbol in SYMBOLS
        for number in range(1, MAKERS_PER_MARKET + 1)
    ]


def traders(accounts: int, seed: int, ticks: int) -> list[Trader]:
    """``accounts`` traders; every tenth is a subaccount of the one before it."""
    people: list[Trader] = []
    for number in range(1, accounts + 1):
        parent = people[-1] if number % 10 == 0 and people else None
        trader = Trader(f"trader-{number:04d}", parent.name if parent else "", seed, ticks)
        if parent:
            trader.arrives = max(trader.arrives, parent.arrives)
        people.append(trader)
    return people
