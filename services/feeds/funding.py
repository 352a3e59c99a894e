"""Funding rate, premium and index, computed apart from the ledger's own rules.

    basis   = mark / spot - 1
    rate    = basis + interest, the difference clamped: what longs pay shorts in a period, of notional
    premium = rate * spot: the same per unit of size
    index  += premium of the tick before * elapsed / period, the rest of the division carried

The index is absolute: everything since the market was listed. The ledger computes it too and accepts a
tick only when both agree, so this is a second place, with code of its own.
"""

from typing import Final, final

from ledger.core.values import E12

MS_PER_S: Final = 1000


@final
class FundingRules:
    """What funding needs of a market's rules. Rates are fractions of a period in 1e-12."""

    __slots__ = ("clamp_rate_e12", "gap_max_ms", "interest_rate_e12", "period_s", "rate_max_e12")

    def __init__(
        self, period_s: int, gap_max_ms: int, rate_max_e12: int, clamp_rate_e12: int, interest_rate_e12: int
    ) -> None:
        self.period_s = period_s
        self.gap_max_ms = gap_max_ms
        self.rate_max_e12 = rate_max_e12
        self.clamp_rate_e12 = clamp_rate_e12
        self.interest_rate_e12 = interest_rate_e12


def rate_e12(mark_e8: int, spot_e8: int, rules: FundingRules) -> int:
    """The published formula: basis plus clamped interest, kept within the highest rate."""
    basis = mark_e8 * E12 // spot_e8 - E12
    interest = min(max(rules.interest_rate_e12 - basis, -rules.clamp_rate_e12), rules.clamp_rate_e12)
    return min(max(basis + interest, -rules.rate_max_e12), rules.rate_max_e12)


def premium_e8(rate_e12: int, spot_e8: int) -> int:
    """What a long pays per unit of size in one period."""
    return rate_e12 * spot_e8 // E12


@final
class Accrual:
    """Index and carried remainder of one market, and the premium that has been in force since a time.

    ``observed_at_ms`` is 0 before the market's first tick: nothing accrues up to it.
    """

    __slots__ = ("index_e8", "observed_at_ms", "premium_e8", "remainder")

    def __init__(
        self, index_e8: int, remainder: int = 0, premium_e8: int = 0, observed_at_ms: int = 0
    ) -> None:
        self.index_e8 = index_e8
        self.remainder = remainder
        self.premium_e8 = premium_e8
        self.observed_at_ms = observed_at_ms

    def interrupted(self) -> "Accrual":
        """The same without a premium in force: nothing accrues across a rollback, up to the next tick."""
        return Accrual(self.index_e8, self.remainder, 0, self.observed_at_ms)

    def after(
        self, observed_at_ms: int, premium_e8: int, rules: FundingRules, *, paused: bool = False
    ) -> "Accrual":
        """The index at a time, and the premium in force from then on; ``self`` stays as it was.

        The premium in force until then is what accrues. Nothing does while ``paused`` (the market is
        halted, or the exchange in maintenance), nor through a gap longer than the rules allow, nor across a
        rollback (``interrupted``).
        """
        elapsed_ms = max(0, observed_at_ms - self.observed_at_ms) if self.observed_at_ms else 0
        if paused or elapsed_ms > rules.gap_max_ms:
            elapsed_ms = 0
        total = self.premium_e8 * elapsed_ms + self.remainder
        step_e8, remainder = divmod(total, rules.period_s * MS_PER_S)
        return Accrual(self.index_e8 + step_e8, remainder, premium_e8, observed_at_ms)
