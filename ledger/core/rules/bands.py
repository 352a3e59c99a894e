"""Price bands: how far an aggressive price may go.

Only the aggressive side is bound: a buy above the upper limit, a sell below the lower one. The
market's own band lies around the mark. Around the external fair price lies another one, much
narrower, which binds as well while exchange or market are restricted (``maintenance_band``), and for
a while after they opened (``reopen_band``).
"""

from typing import Final

from ledger.core.control import OK_BIT
from ledger.core.rules.words import STATUS_CANCEL_ONLY, STATUS_OK, STATUS_POST_ONLY
from ledger.core.state import Market, State
from ledger.core.values import PPM

RESTRICTED: Final = (STATUS_POST_ONLY, STATUS_CANCEL_ONLY)
UNBOUND: Final = -1
"""In place of a width: there is no band around the external fair price now."""


def outside_band(market: Market, sign: int, price_e8: int) -> bool:
    """Whether a price is too aggressive for a side, compared without rounding."""
    return _beyond(market.mark_e8, market.price_band_ppm, sign, price_e8)


def band_limit_e8(market: Market, sign: int) -> int:
    """The most aggressive price on tick inside the band; 0 when no tick lies inside it."""
    return _limit_e8(market.mark_e8, market.price_band_ppm, market.price_tick_e8, sign)


def fair_width_ppm(state: State, market: Market, now_us: int) -> int:
    """Width of the band around the external fair price, or ``UNBOUND``."""
    control = state.control
    if control.bit == OK_BIT and market.status == STATUS_OK:
        opened_us = max(control.opened_us, market.opened_us)
        if opened_us and now_us < opened_us + control.reopen_us and market.has_external_fair:
            return control.numbers["reopen_band_ppm"]
        return UNBOUND
    return market.maintenance_band_ppm if is_restricted(state, market) else UNBOUND


def is_restricted(state: State, market: Market) -> bool:
    """Whether the maintenance band binds: exchange or market are in cancel_only or post_only."""
    control = state.control
    return control.bands == 1 and (control.status in RESTRICTED or market.status in RESTRICTED)


def outside_fair_band(market: Market, width_ppm: int, sign: int, price_e8: int) -> bool:
    """Whether a price is too aggressive for the band around the external fair price, if there is one."""
    return width_ppm != UNBOUND and _beyond(market.external_fair_e8, width_ppm, sign, price_e8)


def limit_e8(market: Market, width_ppm: int, sign: int) -> int:
    """The most aggressive price on tick inside both bands; 0 when no tick lies inside them."""
    limit = band_limit_e8(market, sign)
    if width_ppm == UNBOUND:
        return limit
    fair = _limit_e8(market.external_fair_e8, width_ppm, market.price_tick_e8, sign)
    return min(limit, fair) if sign > 0 else max(limit, fair)


def _beyond(center_e8: int, width_ppm: int, sign: int, price_e8: int) -> bool:
    if sign > 0:
        return price_e8 * PPM > center_e8 * (PPM + width_ppm)
    return price_e8 * PPM < center_e8 * (PPM - width_ppm)


def _limit_e8(center_e8: int, width_ppm: int, tick: int, sign: int) -> int:
    if sign > 0:
        return center_e8 * (PPM + width_ppm) // (PPM * tick) * tick
    limit = -(-center_e8 * (PPM - width_ppm) // (PPM * tick)) * tick
    return limit if limit > 0 else tick
