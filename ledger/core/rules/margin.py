"""Cross margin of one account: its value, its requirements, and what may leave it.

Everything is exact. A value is a sum of products of two e8 numbers (1e-16); a requirement
carries a factor in parts per million as well (1e-22). Comparisons are made on these products;
only what is recorded is rounded, values down and requirements up. The settlement asset is
taken at 1 USD, other assets count for nothing.

An account that is margin-exempt has no requirement.
"""

from typing import Final

from ledger.core.rules.words import ORDER_OPEN
from ledger.core.state import Account, Holding, Market
from ledger.core.values import E8, PPM

E22_PER_E8: Final = E8 * PPM


def value_and_initial_e22(account: Account) -> tuple[int, int]:
    """Account value and initial margin requirement, orders included, both in 1e-22.

    Value: ``balance + sum(S*mark - cost - S*(I - cached))``. Requirement per market:
    ``max(open sizes) * mark * (IMF + taker fee)`` plus the open loss of its orders, where the
    open sizes are ``orders to buy + S`` and ``orders to sell - S``. One of the two is never
    negative. One pass over the holdings; orders are looked at only where some price is on the
    losing side of the mark.
    """
    money = account.balance_e8
    value_e16 = 0
    initial_e22 = 0
    for holding in account.holdings.values():
        market = holding.market
        mark = market.mark_e8
        size = holding.size_e8
        buy = holding.open_buy_e8 + size
        sell = holding.open_sell_e8 - size
        larger = max(sell, buy)
        if size != 0:
            money -= holding.cost_e8
            value_e16 += size * (mark - market.index_e8 + holding.cached_index_e8)
        if larger != 0:
            imf = max(market.imf_base_ppm, holding.imf_ppm)
            initial_e22 += larger * mark * (imf + market.taker_fee_ppm)
        if holding.buy_price_max_e8 > mark or 0 < holding.sell_price_min_e8 < mark:
            initial_e22 += open_loss_e22(account, holding)
    if account.margin_exempt:
        initial_e22 = 0
    return (money * E8 + value_e16) * PPM, initial_e22


def open_loss_e22(account: Account, holding: Holding) -> int:
    """What the open orders of one market would lose at once if they filled at their limits."""
    name = holding.market.market
    mark = holding.market.mark_e8
    loss_e16 = 0
    for order in account.orders.values():
        if order.market == name and order.status == ORDER_OPEN and not order.reduce_only:
            loss = (order.price_e8 - mark) * order.sign
            if loss > 0:
                loss_e16 += loss * order.remaining_e8
    return loss_e16 * PPM


def account_value_e8(account: Account) -> int:
    """Value of the account at the marks and indices in force, rounded down."""
    value_e22, _ = value_and_initial_e22(account)
    return value_e22 // E22_PER_E8


def initial_margin_e8(account: Account) -> int:
    """Initial margin requirement, open orders included, rounded up; 0 for a margin-exempt account."""
    _, initial_e22 = value_and_initial_e22(account)
    return rounded_up_e8(initial_e22)


def maintenance_margin_e8(account: Account) -> int:
    """Maintenance margin requirement of the positions, rounded up; 0 for a margin-exempt account.

    ``|S| * mark * (imf_base * mmf_factor + taker fee)``, summed over markets: the factor is the
    market's, never the one the account chose, and orders do not count.
    """
    if account.margin_exempt:
        return 0
    required = 0
    for holding in account.holdings.values():
        if holding.size_e8 != 0:
            market = holding.market
            required += abs(holding.size_e8) * market.mark_e8 * maintenance_factor_e12(market)
    return -(-required // (E22_PER_E8 * PPM))


def maintenance_factor_e12(market: Market) -> int:
    """Maintenance factor of a market, its fee provision included."""
    return market.imf_base_ppm * market.mmf_factor_ppm + market.taker_fee_ppm * PPM


def withdrawable_e8(account: Account) -> int:
    """What may leave the account: ``min(balance, AV - IMR)``, rounded down, never below zero."""
    value_e22, initial_e22 = value_and_initial_e22(account)
    return max(0, min(account.balance_e8, (value_e22 - initial_e22) // E22_PER_E8))


def rounded_up_e8(required_e22: int) -> int:
    """A requirement in e8, as events record it."""
    return -(-required_e22 // E22_PER_E8)


def order_rise(holding: Holding, sign: int, size_e8: int, price_e8: int) -> tuple[int, int]:
    """By how much one more open order raises the open size (e8) and the requirement (1e-22).

    The open size is the larger of the two sides; while it does not rise, the net requirement
    of the market does not rise either.
    """
    market = holding.market
    mark = market.mark_e8
    buy = holding.open_buy_e8 + holding.size_e8
    sell = holding.open_sell_e8 - holding.size_e8
    before = max(buy, sell)
    after = max(before, buy + size_e8) if sign > 0 else max(before, sell + size_e8)
    rise_e22 = (after - before) * mark * (max(market.imf_base_ppm, holding.imf_ppm) + market.taker_fee_ppm)
    loss = (price_e8 - mark) * sign
    if loss > 0:
        rise_e22 += loss * size_e8 * PPM
    return after - before, rise_e22


def limit_use_e8(holding: Holding, sign: int, size_e8: int) -> int:
    """How much of the position limit an order would use, with the open orders of its side."""
    if sign > 0:
        return holding.open_buy_e8 + holding.size_e8 + size_e8
    return holding.open_sell_e8 - holding.size_e8 + size_e8


def carries_positions(
    account: Account, market: Market, balance_after_e8: int, size_after_e8: int, cost_after_e8: int
) -> bool:
    """Whether the account would carry its positions alone after a trade in ``market``.

    The check of a settled trade: ``AV' >= sum(|S| * mark * (IMF + taker fee))``, orders left
    out. Funding of the traded market counts as settled, since a fill settles it.
    """
    money = balance_after_e8 - cost_after_e8
    value_e16 = size_after_e8 * market.mark_e8
    own_imf = market.imf_base_ppm
    required_e22 = 0
    for holding in account.holdings.values():
        other = holding.market
        if other is market:
            own_imf = max(own_imf, holding.imf_ppm)
        elif holding.size_e8 != 0:
            size = holding.size_e8
            mark = other.mark_e8
            money -= holding.cost_e8
            value_e16 += size * (mark - other.index_e8 + holding.cached_index_e8)
            imf = max(other.imf_base_ppm, holding.imf_ppm)
            required_e22 += abs(size) * mark * (imf + other.taker_fee_ppm)
    required_e22 += abs(size_after_e8) * market.mark_e8 * (own_imf + market.taker_fee_ppm)
    return (money * E8 + value_e16) * PPM >= required_e22
