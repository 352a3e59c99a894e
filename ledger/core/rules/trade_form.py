"""Whether a trade that somebody reports is possible, before anything about margin.

Each function answers the first refusal that applies, in the order of ``RefusalCode``, or
``None``; both sides are asked for one code before either is asked for the next.
"""

from ledger.core.decision import Decision, refused
from ledger.core.messages import SettleTrade
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import TRADES
from ledger.core.rules.modes import market_allows
from ledger.core.rules.positions import reduces, trade_value_e8
from ledger.core.rules.words import (
    ACCOUNT_ACTIVE,
    ACCOUNT_CLOSED,
    ORDER_OPEN,
    POST_ONLY,
    RPI,
    STATUS_OK,
)
from ledger.core.state import Account, Market, Order, State
from ledger.core.values import AMOUNT_MAX_E8, BUY, LONG_MAX


def unreadable_terms(price_e8: int, size_e8: int) -> Decision | None:
    """``INVALID_VALUE`` or ``OUT_OF_RANGE`` for price, size, or the value that they give."""
    if price_e8 <= 0 or size_e8 <= 0:
        return refused(RefusalCode.INVALID_VALUE, f"price_e8 {price_e8} or size_e8 {size_e8} is not positive")
    if price_e8 > AMOUNT_MAX_E8 or size_e8 > AMOUNT_MAX_E8:
        return refused(
            RefusalCode.OUT_OF_RANGE, f"price_e8 {price_e8} or size_e8 {size_e8} is above {AMOUNT_MAX_E8}"
        )
    if trade_value_e8(size_e8, price_e8) > LONG_MAX:
        return refused(RefusalCode.OUT_OF_RANGE, f"value of {size_e8} at {price_e8}")
    return None


def missing_party(
    state: State, market: Market | None, buyer: Account | None, market_name: str, names: str
) -> Decision:
    """The refusal of a trade whose market or one of whose accounts is not there."""
    if market is None:
        return refused(RefusalCode.MARKET_NOT_FOUND, f"market {market_name!r}")
    if market.status != STATUS_OK and not market_allows(state, market, TRADES):
        return refused(RefusalCode.MARKET_CLOSED, f"market {market.market} is {market.status}")
    side = "buyer" if buyer is None else "seller"
    return refused(RefusalCode.ACCOUNT_NOT_FOUND, f"{side} of {names}")


def bad_standing(
    state: State, market: Market, buyer: Account, seller: Account, size_e8: int
) -> Decision | None:
    """``MARKET_CLOSED``, ``ACCOUNT_CLOSED``, or ``ACCOUNT_RESTRICTED`` for a side that does not reduce."""
    if market.status != STATUS_OK and not market_allows(state, market, TRADES):
        return refused(RefusalCode.MARKET_CLOSED, f"market {market.market} is {market.status}")
    if buyer.status == ACCOUNT_ACTIVE and seller.status == ACCOUNT_ACTIVE:
        return None
    for account in (buyer, seller):
        if account.status == ACCOUNT_CLOSED:
            return refused(RefusalCode.ACCOUNT_CLOSED, f"account {account.name}")
    if buyer.status != ACCOUNT_ACTIVE and not reduces(size_in(buyer, market), size_e8):
        return refused(RefusalCode.ACCOUNT_RESTRICTED, f"account {buyer.name} is {buyer.status}")
    if seller.status != ACCOUNT_ACTIVE and not reduces(size_in(seller, market), -size_e8):
        return refused(RefusalCode.ACCOUNT_RESTRICTED, f"account {seller.name} is {seller.status}")
    return None


def size_in(account: Account, market: Market) -> int:
    """Signed size of the account's position in a market, in e8."""
    holding = account.holdings.get(market.market)
    return 0 if holding is None else holding.size_e8


def bad_match(
    market: Market, command: SettleTrade, buyer: Account, seller: Account, buy: Order, sell: Order
) -> Decision | None:
    """The first refusal from ``PRICE_OFF_TICK`` to ``POST_ONLY_WOULD_TAKE``."""
    price = command.price_e8
    size = command.size_e8
    if price % market.price_tick_e8:
        return refused(RefusalCode.PRICE_OFF_TICK, f"price_e8 {price} with tick {market.price_tick_e8}")
    if size % market.size_step_e8:
        return refused(RefusalCode.SIZE_OFF_STEP, f"size_e8 {size} with step {market.size_step_e8}")
    problem = _bad_positions(market, buyer, seller, buy, sell, size)
    if problem is not None:
        return problem
    name = market.market
    if buy.market != name or buy.sign < 0 or buy.status != ORDER_OPEN:
        return refused(RefusalCode.ORDERS_MISMATCH, f"order {buy.order_id!r} is no open order to buy {name}")
    if sell.market != name or sell.sign > 0 or sell.status != ORDER_OPEN:
        return refused(
            RefusalCode.ORDERS_MISMATCH, f"order {sell.order_id!r} is no open order to sell {name}"
        )
    if price > buy.price_e8 or price < sell.price_e8:
        return refused(
            RefusalCode.PRICE_BEYOND_LIMIT,
            f"{price} with limits {buy.price_e8} to buy and {sell.price_e8} to sell",
        )
    if size > buy.remaining_e8 or size > sell.remaining_e8:
        return refused(
            RefusalCode.SIZE_BEYOND_REMAINING,
            f"{size} with {buy.remaining_e8} left to buy and {sell.remaining_e8} to sell",
        )
    instruction = buy.instruction if command.taker == BUY else sell.instruction
    if instruction in (POST_ONLY, RPI):
        return refused(RefusalCode.POST_ONLY_WOULD_TAKE, f"taker {command.taker} is {instruction}")
    return None


def _bad_positions(
    market: Market, buyer: Account, seller: Account, buy: Order, sell: Order, size_e8: int
) -> Decision | None:
    """``NOT_REDUCING`` or ``POSITION_LIMIT``; a margin-exempt account has no position limit."""
    bought = size_in(buyer, market)
    sold = size_in(seller, market)
    if buy.reduce_only and not reduces(bought, size_e8):
        return refused(RefusalCode.NOT_REDUCING, f"order {buy.order_id!r} with a position of {bought}")
    if sell.reduce_only and not reduces(sold, -size_e8):
        return refused(RefusalCode.NOT_REDUCING, f"order {sell.order_id!r} with a position of {sold}")
    limit = market.position_limit_e8
    if bought + size_e8 > limit and not buyer.margin_exempt:
        return refused(RefusalCode.POSITION_LIMIT, f"buyer's {bought + size_e8} is above {limit}")
    if size_e8 - sold > limit and not seller.margin_exempt:
        return refused(RefusalCode.POSITION_LIMIT, f"seller's {size_e8 - sold} is above {limit}")
    return None
