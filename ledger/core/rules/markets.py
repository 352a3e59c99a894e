"""Markets: listed and updated with their whole rule set, checked field by field."""

from typing import Any, Final

from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import ListMarket, MarketListed, MarketUpdated, UpdateMarket
from ledger.core.refusals import RefusalCode
from ledger.core.rules.gates import market_gate
from ledger.core.rules.restored import note_restored
from ledger.core.rules.words import STATUS_OK, STATUS_SETTLED
from ledger.core.state import Market, State
from ledger.core.values import AMOUNT_MAX_E8, E12, PPM, is_symbol

MARKET_STATUSES: Final = frozenset(("ok", "post_only", "cancel_only", "halted", STATUS_SETTLED))
MARKET_KINDS: Final = frozenset(("cross",))

TEXT_FIELDS: Final = ("base", "quote", "settlement_asset", "market_kind", "status")
"""Fields of the rule set that are texts, in schema order; the numbers follow them."""

FIXED_FIELDS: Final = frozenset(
    ("base", "quote", "settlement_asset", "market_kind", "price_tick_e8", "size_step_e8", "index_start_e8")
)
"""Fields that hold for the life of a market: open positions and orders are counted in them."""

WEEK_S: Final = 7 * 24 * 3600
DAY_MS: Final = 24 * 3600 * 1000

NUMBER_FIELDS: Final = (
    ("price_tick_e8", 1, AMOUNT_MAX_E8),
    ("size_step_e8", 1, AMOUNT_MAX_E8),
    ("notional_min_e8", 0, AMOUNT_MAX_E8),
    ("order_size_max_e8", 1, AMOUNT_MAX_E8),
    ("position_limit_e8", 1, AMOUNT_MAX_E8),
    ("open_orders_max", 1, 10_000),
    ("imf_base_ppm", 1, PPM),
    ("mmf_factor_ppm", 1, PPM),
    ("taker_fee_ppm", 0, PPM // 10),
    ("maker_fee_ppm", 0, PPM // 10),
    ("price_band_ppm", 1, PPM),
    ("maintenance_band_ppm", 0, PPM),
    ("spread_max_ppm", 0, PPM),
    ("depth_min_e8", 0, AMOUNT_MAX_E8),
    ("liquidation_fee_ppm", 0, PPM),
    ("liquidation_step_ppm", 1, PPM),
    ("liquidation_target_ppm", 1, PPM),
    ("funding_period_s", 1, WEEK_S),
    ("funding_gap_max_ms", 1, 7 * DAY_MS),
    ("funding_rate_max_e12", 0, E12),
    ("funding_rate_change_max_e12", 0, 2 * E12),
    ("funding_rate_tolerance_e12", 0, E12),
    ("interest_rate_e12", -E12, E12),
    ("clamp_rate_e12", 0, E12),
    ("price_move_max_ppm", 0, PPM),
    ("price_window_ms", 0, DAY_MS),
    ("price_window_move_max_ppm", 0, PPM),
    ("fair_divergence_max_ppm", 0, PPM),
    ("price_age_max_ms", 0, 7 * DAY_MS),
    ("oracle_ewma_ppm", 0, PPM),
    ("index_start_e8", 0, 0),
)
"""Numeric fields of the rule set in schema order, each with its least and greatest value.

A limit on a move, a change or a divergence that is 0 does not limit. The funding index of a
market starts at 0 (corruptions.md 59). There are no rebates, so no fee is negative.
"""

RULE_FIELDS: Final = TEXT_FIELDS + tuple(name for name, _, _ in NUMBER_FIELDS)


def decide_list_market(state: State, command: ListMarket, now_us: int) -> Decision:  # noqa: ARG001
    """A new market, at revision 1."""
    if not is_symbol(command.market):
        return refused(RefusalCode.INVALID_VALUE, f"market {command.market!r} is not a symbol")
    if command.settlement_asset not in state.assets:
        return refused(RefusalCode.ASSET_NOT_FOUND, f"settlement_asset {command.settlement_asset!r}")
    if command.market in state.markets:
        return refused(RefusalCode.MARKET_EXISTS, f"market {command.market}")
    fault = _fault_of(state, command)
    if not fault and command.status == STATUS_SETTLED:
        fault = "status: a market is not listed as settled"
    if fault:
        return refused(RefusalCode.INVALID_RULES, fault)
    values: list[Any] = [command.market]
    values += [getattr(command, name) for name in TEXT_FIELDS]
    values.append(1)
    values += [getattr(command, name) for name, _, _ in NUMBER_FIELDS]
    return accepted([MarketListed(*values)])


def decide_update_market(state: State, command: UpdateMarket, now_us: int) -> Decision:
    """Replace the rule set, status included, if the sender knew the present one.

    A market becomes ok only while its gate holds (``ledger.core.rules.gates``).
    """
    market = state.markets.get(command.market)
    if market is None:
        return refused(RefusalCode.MARKET_NOT_FOUND, f"market {command.market!r}")
    if market.status == STATUS_SETTLED:
        return refused(RefusalCode.MARKET_CLOSED, f"market {market.market} is settled")
    if command.revision_before != market.revision:
        return refused(
            RefusalCode.REVISION_MISMATCH, f"revision {command.revision_before}, in force {market.revision}"
        )
    changed = [name for name in RULE_FIELDS if getattr(command, name) != getattr(market, name)]
    for name in changed:
        if name in FIXED_FIELDS:
            return refused(RefusalCode.FIELD_NOT_CHANGEABLE, f"{name} of {market.market} is fixed")
    fault = _fault_of(state, command)
    if not fault and command.status == STATUS_SETTLED and _is_in_use(state, market.market):
        fault = "status: a market with positions or orders cannot be settled"
    if fault:
        return refused(RefusalCode.INVALID_RULES, fault)
    if not changed:
        return refused(RefusalCode.NOTHING_TO_CHANGE, f"market {market.market} has these rules already")
    if command.status == STATUS_OK and market.status != STATUS_OK and state.control.gates:
        gate = market_gate(state, market, now_us)
        if not gate.holds:
            return refused(RefusalCode.GATE_CLOSED, gate.text())
    rules = [getattr(command, name) for name in RULE_FIELDS]
    revision = market.revision
    return accepted([MarketUpdated(market.market, ",".join(changed), revision, revision + 1, *rules)])


def market_closed_to(market: Market, status: str) -> MarketUpdated:
    """The event that changes the status of a market and nothing else."""
    rules = [getattr(market, name) for name in RULE_FIELDS]
    event = MarketUpdated(market.market, "status", market.revision, market.revision + 1, *rules)
    event.status = status
    return event


def _fault_of(state: State, command: ListMarket | UpdateMarket) -> str:
    """The first field of the rule set that cannot hold, with its bound; empty if all can."""
    for name, text in (("base", command.base), ("quote", command.quote)):
        if not is_symbol(text):
            return f"{name}: {text!r} is not a symbol"
    if command.settlement_asset != state.settlement_asset:
        return f"settlement_asset: {state.settlement_asset!r} settles, not {command.settlement_asset!r}"
    if command.market_kind not in MARKET_KINDS:
        return f"market_kind: {command.market_kind!r} is not one of {', '.join(sorted(MARKET_KINDS))}"
    if command.status not in MARKET_STATUSES:
        return f"status: {command.status!r} is not one of {', '.join(sorted(MARKET_STATUSES))}"
    for name, low, high in NUMBER_FIELDS:
        number: int = getattr(command, name)
        if not low <= number <= high:
            return f"{name}: {number} is not in {low}..{high}"
    return ""


def _is_in_use(state: State, name: str) -> bool:
    """Whether any account has a position or an order in the market."""
    for account in state.accounts.values():
        holding = account.holdings.get(name)
        if holding is not None and (holding.size_e8 or holding.orders):
            return True
    return False


def evolve_market_listed(state: State, event: MarketListed) -> None:
    """A new market without prices, its index at the start."""
    market = Market(event.market)
    state.markets[event.market] = market
    _take_over(market, event)
    market.revision = event.revision
    market.index_e8 = event.index_start_e8


def evolve_market_updated(state: State, event: MarketUpdated) -> None:
    """The rule set as it is now; prices and index stay."""
    market = state.markets[event.market]
    if event.status == STATUS_OK and market.status != STATUS_OK:
        market.opened_us = event.recorded_at_us
    if event.price_window_ms == 0:
        market.window = []
    _take_over(market, event)
    market.revision = event.revision_after
    if state.restored_seq:
        note_restored(state)


def _take_over(market: Market, event: MarketListed | MarketUpdated) -> None:
    for name in RULE_FIELDS:
        setattr(market, name, getattr(event, name))
