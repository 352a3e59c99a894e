"""What the exchange of the tape lists, and its two rule sets. Both are commands, so the log has them.

The exchange opens with the rules of January. At the beginning of 2026-01-19 the markets get the bounds
that belong to 5-second ticks, and the run gets its rule set:

``january``  no bands in restricted modes, gates and guards only observed, no breaker on liquidations, no
             bound on a mark's distance from the price outside or on its way within a minute, and
             accounts are liquidated and orders triggered in post_only
``current``  the defaults of the ledger: everything enforced

The two runs differ in nothing else.
"""

from collections.abc import Callable
from typing import Any, Final

from ledger.core.control import default_value
from ledger.core.messages import ChangeRule, ListMarket, UpdateMarket
from ledger.core.rulebook import GUARD_PREFIX, GUARDS, NO_LIMIT_PPM, OBSERVE_MAX_S
from ledger.core.rules.markets import RULE_FIELDS
from ledger.core.state import Market
from ledger.core.values import AMOUNT_MAX_E8, E8, E12
from scenarios.day.series import GENERATED, SYMBOLS
from scenarios.gateway import Header
from scenarios.listing import BAND_WIDE_PPM, OPERATOR, list_markets, market_of

AS_IT_WAS: Final = "january"
AS_IT_IS: Final = "current"
RULE_SETS: Final = (AS_IT_WAS, AS_IT_IS)

JANUARY: Final = {
    "bands": "off",
    "gates": "observe",
    "mode.liquidations": "post_only,ok",
    "mode.triggers": "post_only,ok",
    "reopen_band_ms": "0",
    "liquidation_accounts_max": "0",
    "liquidation_notional_max_e8": "0",
    "liquidation_loss_max_e8": "0",
    "liquidator_value_min_e8": str(-AMOUNT_MAX_E8),
    "outflow_hour_ppm": str(NO_LIMIT_PPM),
    "outflow_day_ppm": str(NO_LIMIT_PPM),
}
ALWAYS_ENFORCED: Final = ("G4", "G4a")
"""The order of ticks was checked in January too."""

DAY_FIELDS: Final = {
    "funding_gap_max_ms": 30_000,
    "price_move_max_ppm": 50_000,
    "price_window_ms": 60_000,
    "price_age_max_ms": 30_000,
}
"""Bounds of a market with ticks every 5 seconds."""
BOUNDS: Final = {"fair_divergence_max_ppm": 50_000, "price_window_move_max_ppm": 50_000}
"""Bounds on a mark that there were not in January: 0 there. With a guard that only observes them, the first
mark beyond them would stop the funding view for good."""
PAXG_FIELDS: Final = {
    "funding_period_s": 4 * 3600,
    "oracle_ewma_ppm": 150_000,
    "price_band_ppm": BAND_WIDE_PPM,
    "interest_rate_e12": E12 // 20_000,
}
OPEN_INTEREST_MAX_E8: Final = 10**7 * E8


def tape_markets(header: Callable[[str], Header]) -> list[ListMarket]:
    """BTC, ETH, PAXG, with rules that fit ticks of 8 hours."""
    listed = list_markets(header, SYMBOLS)
    for market in listed:
        market.position_limit_e8 = OPEN_INTEREST_MAX_E8
        market.order_size_max_e8 = OPEN_INTEREST_MAX_E8
        if market.base == GENERATED:
            for name, value in PAXG_FIELDS.items():
                setattr(market, name, value)
    return listed


def day_market(header: Header, market: Market, rule_set: str) -> UpdateMarket:
    """The same market with the bounds of a day of 5-second ticks."""
    fields: dict[str, Any] = {name: getattr(market, name) for name in RULE_FIELDS}
    fields |= DAY_FIELDS | (dict.fromkeys(BOUNDS, 0) if rule_set == AS_IT_WAS else BOUNDS)
    return UpdateMarket(*header, market=market.market, **fields, revision_before=market.revision)


def opening_rules(header: Callable[[str], Header]) -> list[ChangeRule]:
    """The rules of January, as far as they hold until somebody changes them."""
    return [ChangeRule(*header(OPERATOR), rule, "system", value) for rule, value in JANUARY.items()]


def day_rules(header: Callable[[str], Header], rule_set: str) -> list[ChangeRule]:
    """What makes the rule set of the day out of the rules in force."""
    if rule_set == AS_IT_IS:
        values = {rule: default_value(rule) for rule in JANUARY}
    else:
        observed = [guard for guard in GUARDS if guard not in ALWAYS_ENFORCED]
        values = {f"{GUARD_PREFIX}{guard}": f"observe:{OBSERVE_MAX_S}" for guard in observed}
    return [ChangeRule(*header(OPERATOR), rule, "system", value) for rule, value in values.items()]


MARKETS: Final = tuple(market_of(symbol) for symbol in SYMBOLS)
PAXG: Final = market_of(GENERATED)
SYMBOL_OF: Final = {market_of(symbol): symbol for symbol in SYMBOLS}
