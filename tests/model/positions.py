"""Position algebra of domain.md 2.5, decisions 1, 2 and 15, written out case by case."""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from tests.model.books import E8, Position


@dataclass
class Change:
    """What a trade does to one position and to the money of its account."""

    after: Position
    pnl: int
    funding: int
    dust: int


def trade_value(size: int, price: int) -> int:
    """``floor(|q| * p)``, once per trade and the same for both sides."""
    return floor(Fraction(size * price, E8))


def accrued(size: int, index: int, cached: int) -> tuple[int, int]:
    """Whole units of funding of ``size`` over the way of the index, and the dust cut off (1e-16)."""
    exact = -size * (index - cached)
    whole = floor(Fraction(exact, E8))
    return whole, exact - whole * E8


def traded(before: Position, quantity: int, price: int, value: int, index: int, seq: int) -> Change:
    """The position after a trade of signed ``quantity``; funding is settled on the old size."""
    funding, dust = accrued(before.size, index, before.cached_index)
    size = before.size + quantity
    signed_value = value if quantity > 0 else -value
    same_way = before.size == 0 or (before.size > 0) == (quantity > 0)
    if same_way:
        cost = before.cost + signed_value
        position_id = before.position_id or seq
    elif abs(quantity) <= abs(before.size):
        cost = floor(Fraction(before.cost * size, before.size))
        position_id = before.position_id if size else 0
    else:
        cost = floor(Fraction(size * price, E8))
        position_id = seq
    after = replace(
        before,
        size=size,
        cost=cost,
        cached_index=index,
        position_id=position_id,
        changed=seq,
    )
    return Change(after, cost - before.cost - signed_value, funding, dust)
