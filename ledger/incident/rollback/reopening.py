"""What would happen at once when the exchange opened after a rollback: triggers and liquidations.

Both are judged at the external fair prices of today, where there are some, on the state that the
rollback leaves; elsewhere at the restored mark.
"""

from collections.abc import Sequence
from typing import Any

from ledger.core.rules.margin import maintenance_factor_e12
from ledger.core.rules.words import ABOVE
from ledger.core.state import Account, Holding, State
from ledger.core.values import E8, E12, div_up


def triggered(after: State, kept: Sequence[tuple[str, str]], now: State) -> list[dict[str, Any]]:
    """The restored take-profit and stop-loss orders whose condition holds already."""
    found: list[dict[str, Any]] = []
    for name, order_id in kept:
        order = after.accounts[name].orders[order_id]
        price = _price(after, now, order.market)
        reached = (
            price >= order.trigger_price_e8
            if order.trigger_condition == ABOVE
            else price <= order.trigger_price_e8
        )
        if reached and price:
            found.append(
                {
                    "account": name,
                    "order_id": order_id,
                    "market": order.market,
                    "order_type": order.order_type,
                    "trigger_price_e8": order.trigger_price_e8,
                    "price_e8": price,
                }
            )
    return found


def liquidated(after: State, now: State) -> list[dict[str, Any]]:
    """The accounts with positions that are worth less than they require, and where each would be safe."""
    found: list[dict[str, Any]] = []
    for name in sorted(after.accounts):
        account = after.accounts[name]
        if account.margin_exempt:
            continue
        value, required = _health(account, after, now)
        if required and value < required:
            largest = max(_held(account), key=lambda held: abs(held.size_e8) * held.market.mark_e8)
            found.append(
                {
                    "account": name,
                    "value_e8": value,
                    "required_e8": required,
                    "market": largest.market.market,
                    "liquidation_price_e8": _safe_price(largest, value, required, after, now),
                }
            )
    return found


def _held(account: Account) -> list[Holding]:
    return [holding for holding in account.holdings.values() if holding.size_e8]


def _price(after: State, now: State, market: str) -> int:
    """Price of a market today: the external fair price, or the restored mark."""
    today = now.markets.get(market)
    if today is not None and today.has_external_fair:
        return today.external_fair_e8
    return after.markets[market].mark_e8


def _health(account: Account, after: State, now: State) -> tuple[int, int]:
    """Value and maintenance margin requirement, both in 1e-8."""
    value_e16 = account.balance_e8 * E8
    required = 0
    for holding in _held(account):
        market = holding.market
        price = _price(after, now, market.market)
        value_e16 += holding.size_e8 * (price - market.index_e8 + holding.cached_index_e8)
        value_e16 -= holding.cost_e8 * E8
        required += div_up(abs(holding.size_e8) * price * maintenance_factor_e12(market), E8 * E12)
    return value_e16 // E8, required


def _safe_price(holding: Holding, value_e8: int, required_e8: int, after: State, now: State) -> int:
    """Price of the market at which the account would just meet its requirement, the others as they are."""
    market = holding.market
    factor = maintenance_factor_e12(market)
    per_price_e12 = holding.size_e8 * E12 - abs(holding.size_e8) * factor
    missing = required_e8 - value_e8
    return max(0, _price(after, now, market.market) + missing * E8 * E12 // per_price_e12)
