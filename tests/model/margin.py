"""Cross margin, written out from domain.md 2.4 and decisions 11 to 14 with exact fractions."""

from fractions import Fraction

from tests.model.books import E8, PPM, Account, Market, Order


def account_value(account: Account, markets: dict[str, Market], settlement: str) -> Fraction:
    """``USDC + sum(S*mark - cost - S*(I - c))``; other assets count for nothing."""
    value = Fraction(account.balances.get(settlement, 0))
    for name, position in account.positions.items():
        market = markets[name]
        value += Fraction(position.size * market.mark, E8) - position.cost
        value -= Fraction(position.size * (market.index - position.cached_index), E8)
    return value


def imf(account: Account, name: str, market: Market) -> Fraction:
    """Initial margin factor: the market's, or more where the user lowered the leverage."""
    return Fraction(max(account.imf.get(name, 0), market.rule("imf_base_ppm")), PPM)


def open_sizes(account: Account, name: str, orders: list[Order]) -> tuple[int, int]:
    """``buy_open_size`` and ``sell_open_size`` of one market, from the orders given."""
    position = account.positions.get(name)
    size = position.size if position else 0
    buys = sum(o.remaining for o in orders if o.reserves and o.sign > 0)
    sells = sum(o.remaining for o in orders if o.reserves and o.sign < 0)
    return max(0, buys + size), max(0, sells - size)


def net_requirement(account: Account, name: str, market: Market, orders: list[Order]) -> Fraction:
    """``max(open sizes) * IMF * mark`` of one market."""
    return imf(account, name, market) * Fraction(max(open_sizes(account, name, orders)) * market.mark, E8)


def market_requirement(account: Account, name: str, market: Market, orders: list[Order]) -> Fraction:
    """IMR of one market: net requirement, provision for the taker fee, open loss of its orders."""
    size = max(open_sizes(account, name, orders))
    provision = Fraction(market.rule("taker_fee_ppm"), PPM) * Fraction(size * market.mark, E8)
    loss = sum(
        (Fraction(max(0, o.sign * (o.limit - market.mark)) * o.remaining, E8) for o in orders if o.reserves),
        Fraction(0),
    )
    return net_requirement(account, name, market, orders) + provision + loss


def requirement(account: Account, markets: dict[str, Market], extra: Order | None = None) -> Fraction:
    """IMR of the account over all markets, as if ``extra`` rested too; an exempt account has none."""
    if account.exempt:
        return Fraction(0)
    orders = [o for o in account.orders.values() if extra is None or o.order_id != extra.order_id]
    orders += [extra] if extra else []
    names = set(account.positions) | {o.market for o in orders}
    return sum(
        (
            market_requirement(account, n, markets[n], [o for o in orders if o.market == n])
            for n in sorted(names)
        ),
        Fraction(0),
    )


def position_requirement(account: Account, markets: dict[str, Market]) -> Fraction:
    """IMR of the positions alone: what a settled trade is checked against."""
    return sum(
        (market_requirement(account, n, markets[n], []) for n in sorted(account.positions)),
        Fraction(0),
    )


def free_collateral(account: Account, markets: dict[str, Market], settlement: str) -> Fraction:
    """``min(balance, max(0, AV - IMR))``: what may leave the account."""
    balance = Fraction(account.balances.get(settlement, 0))
    spare = account_value(account, markets, settlement) - requirement(account, markets)
    return min(balance, max(Fraction(0), spare))
