"""What an account is worth, split so that the parts add up exactly."""

from typing import final

from ledger.core.state import Account, State
from ledger.core.values import E8


@final
class Worth:
    """Account value in three parts: the balance, the price result not realised, the funding not settled.

    The whole is rounded down once, and what rounding takes is in the funding; so
    ``value_e8 == balance_e8 + price_e8 + accrued_e8``.
    """

    __slots__ = ("accrued_e8", "balance_e8", "price_e8")

    def __init__(self, balance_e8: int, price_e8: int, accrued_e8: int) -> None:
        self.balance_e8 = balance_e8
        self.price_e8 = price_e8
        self.accrued_e8 = accrued_e8

    @property
    def value_e8(self) -> int:
        """The account value."""
        return self.balance_e8 + self.price_e8 + self.accrued_e8


def worth_of(account: Account | None, marks: State, indices: State) -> Worth:
    """Worth of an account at the marks of one state and the funding indices of another.

    An account that there is not is worth nothing.
    """
    if account is None:
        return Worth(0, 0, 0)
    price_e16 = 0
    cost_e8 = 0
    accrued_e16 = 0
    for name, holding in account.holdings.items():
        size = holding.size_e8
        if size:
            price_e16 += size * marks.markets[name].mark_e8
            cost_e8 += holding.cost_e8
            accrued_e16 -= size * (indices.markets[name].index_e8 - holding.cached_index_e8)
    price_e8 = price_e16 // E8 - cost_e8
    whole_e8 = (price_e16 + accrued_e16) // E8 - cost_e8
    return Worth(account.balance_e8, price_e8, whole_e8 - price_e8)
