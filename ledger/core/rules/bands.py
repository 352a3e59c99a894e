"""Price bands around the mark: how far an aggressive price may go.

Only the aggressive side is bound: a buy above the upper limit, a sell below the lower one.
"""

from ledger.core.state import Market
from ledger.core.values import PPM


def outside_band(market: Market, sign: int, price_e8: int) -> bool:
    """Whether a price is too aggressive for a side, compared without rounding."""
    if sign > 0:
        return price_e8 * PPM > market.mark_e8 * (PPM + market.price_band_ppm)
    return price_e8 * PPM < market.mark_e8 * (PPM - market.price_band_ppm)


def band_limit_e8(market: Market, sign: int) -> int:
    """The most aggressive price on tick inside the band; 0 when no tick lies inside it."""
    tick = market.price_tick_e8
    if sign > 0:
        return market.mark_e8 * (PPM + market.price_band_ppm) // (PPM * tick) * tick
    limit = -(-market.mark_e8 * (PPM - market.price_band_ppm) // (PPM * tick)) * tick
    return limit if limit > 0 else tick
