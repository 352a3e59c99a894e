"""Health of an account: its value against its maintenance margin, exactly.

A requirement carries the maintenance factor of its market, so both sides are compared as
products of 1e-28. The same sums are taken at other marks or indices
to say what made an account unhealthy (decisions.md 25, events.md 4).
"""

from typing import Final, final

from ledger.core.rules.margin import E22_PER_E8, maintenance_factor_e12
from ledger.core.state import Account, Holding, Market
from ledger.core.values import E8, PPM

E28_PER_E8: Final = E22_PER_E8 * PPM

IN_FORCE: Final = 0
FAIR: Final = 1
MARK_BEFORE: Final = 2
INDEX_BEFORE: Final = 3
"""Which prices an account is valued at: those in force; external fair prices instead of marks;
the marks before the last tick; the indices before the last tick."""


@final
class Health:
    """Value and requirement of an account's positions, both in 1e-28."""

    __slots__ = ("required_e28", "value_e28")

    def __init__(self, value_e28: int, required_e28: int) -> None:
        self.value_e28 = value_e28
        self.required_e28 = required_e28

    def value_e8(self) -> int:
        """Account value, rounded down."""
        return self.value_e28 // E28_PER_E8

    def required_e8(self) -> int:
        """Maintenance margin requirement, rounded up."""
        return -(-self.required_e28 // E28_PER_E8)

    def healthy(self) -> bool:
        """Whether the value is positive and covers the requirement."""
        return self.value_e28 > 0 and self.value_e28 >= self.required_e28


def health_of(account: Account, valuation: int) -> Health:
    """Health at the prices that ``valuation`` names."""
    money = account.balance_e8
    value_e16 = 0
    required_e28 = 0
    for holding in account.holdings.values():
        size = holding.size_e8
        if size != 0:
            market = holding.market
            mark = _price(market, valuation)
            index = market.index_before_e8 if valuation == INDEX_BEFORE else market.index_e8
            money -= holding.cost_e8
            value_e16 += size * (mark - index + holding.cached_index_e8)
            required_e28 += abs(size) * mark * maintenance_factor_e12(market)
    return Health((money * E8 + value_e16) * PPM * PPM, required_e28)


def _price(market: Market, valuation: int) -> int:
    if valuation == FAIR:
        return market.external_fair_e8
    if valuation == MARK_BEFORE and market.mark_before_e8:
        return market.mark_before_e8
    return market.mark_e8


def positions_of(account: Account) -> list[Holding]:
    """Holdings with a position, in market order."""
    held: list[Holding] = []
    for name in sorted(account.holdings):
        holding = account.holdings[name]
        if holding.size_e8:
            held.append(holding)
    return held
