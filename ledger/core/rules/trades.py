"""Trades: two fills, and the orders that no longer fit the positions they leave.

A trade of the matching engine names two orders and is checked against them; the engine restores
its book when the ledger refuses it. An off-book trade names two accounts. Either way each side
must carry its positions after the trade, unless the trade only makes its position smaller.

Events: the buyer's fill, the seller's fill, then the buyer's cancellations, then the seller's. A
fill settles the funding of its position itself. What is left of a market or IOC order is
cancelled by the engine, with a command of its own.
"""

from typing import Final, final

from ledger.core.decision import Decision, accepted, command_id, refused
from ledger.core.messages import AnyEvent, FillSettled, SettleOffBookTrade, SettleTrade, TradeBusted
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import TRADES
from ledger.core.rules import book
from ledger.core.rules.balances import recount_bankruptcy
from ledger.core.rules.bands import fair_width_ppm, limit_e8, outside_band, outside_fair_band
from ledger.core.rules.cancels import Cancels
from ledger.core.rules.margin import carries_positions
from ledger.core.rules.modes import refuse_mode
from ledger.core.rules.positions import (
    accrued_e16,
    cost_after_e8,
    fee_e8,
    fee_ppm,
    position_id_after,
    reduces,
    trade_value_e8,
)
from ledger.core.rules.trade_form import bad_match, bad_standing, missing_party, unreadable_terms
from ledger.core.rules.words import (
    BLOCK_TRADE,
    FILL,
    LIQUIDATION,
    NONE,
    ORDER_CLOSED,
    ORDER_OPEN,
    UNWIND_TRANSFER,
)
from ledger.core.state import Account, Holding, Market, Order, SettledFill, State, Trade
from ledger.core.values import BUY, E8, LONG_MAX, LONG_MIN, MAKER, SELL, TAKER

FREE_OF_FEES: Final = frozenset((LIQUIDATION, UNWIND_TRANSFER))

TRADES_REMEMBERED: Final = 65_536
"""How many of the latest trades can certainly still be busted."""
TRADES_DROPPED: Final = 4_096
"""How many trades are forgotten at once.

The oldest keys of a ``dict`` leave holes that every look for the oldest key walks over;
dropping many at once makes that walk rare.
"""


@final
class Terms:
    """What both sides of a trade have in common."""

    __slots__ = ("fill_type", "market", "matched_at_us", "price_e8", "size_e8", "trade_id", "value_e8")

    def __init__(
        self, market: Market, trade_id: str, fill_type: str, price_e8: int, size_e8: int, matched_at_us: int
    ) -> None:
        self.market = market
        self.trade_id = trade_id
        self.fill_type = fill_type
        self.price_e8 = price_e8
        self.size_e8 = size_e8
        self.value_e8 = trade_value_e8(size_e8, price_e8)
        self.matched_at_us = matched_at_us


def decide_settle_trade(state: State, command: SettleTrade, now_us: int) -> Decision:  # noqa: ARG001
    """Settle a match of two orders, or refuse it whole."""
    taker = command.taker
    if taker not in (BUY, SELL):
        return refused(RefusalCode.INVALID_VALUE, f"taker is {taker!r}, not BUY or SELL")
    problem = unreadable_terms(command.price_e8, command.size_e8)
    if problem is not None:
        return problem
    problem = refuse_mode(state, TRADES)
    if problem is not None:
        return problem
    name = command.market
    market = state.markets.get(name)
    buyer = state.accounts.get(command.buy_account)
    seller = state.accounts.get(command.sell_account)
    if market is None or buyer is None or seller is None:
        return missing_party(
            state, market, buyer, name, f"{command.buy_account!r} and {command.sell_account!r}"
        )
    problem = bad_standing(state, market, buyer, seller, command.size_e8)
    if problem is not None:
        return problem
    if buyer is seller:
        return refused(RefusalCode.SAME_ACCOUNT, f"{buyer.name} on both sides")
    buy = buyer.orders.get(command.buy_order_id)
    sell = seller.orders.get(command.sell_order_id)
    if buy is None or sell is None:
        missing = command.buy_order_id if buy is None else command.sell_order_id
        return refused(RefusalCode.ORDER_NOT_FOUND, f"order {missing!r} is not open")
    problem = bad_match(market, command, buyer, seller, buy, sell)
    if problem is not None:
        return problem
    terms = Terms(market, command_id(command), FILL, command.price_e8, command.size_e8, command.matched_at_us)
    buy_liquidity, sell_liquidity = (TAKER, MAKER) if taker == BUY else (MAKER, TAKER)
    bought = buyer.holdings[name]
    sold = seller.holdings[name]
    seq = state.seq
    buy_fill = settled_fill(
        terms, buyer, bought, buyer.balance_e8, buy, 1, buy_liquidity, seller.name, seq + 1
    )
    sell_fill = settled_fill(
        terms, seller, sold, seller.balance_e8, sell, -1, sell_liquidity, buyer.name, seq + 2
    )
    problem = _unbearable(market, buyer, seller, buy_fill, sell_fill)
    if problem is not None:
        return problem
    events: list[AnyEvent] = [buy_fill, sell_fill]
    if bought.reduce_only_orders:
        cancel_misfits(events, buyer, buy_fill, seq + 1)
    if sold.reduce_only_orders:
        cancel_misfits(events, seller, sell_fill, seq + 2)
    return accepted(events)


def decide_settle_off_book_trade(state: State, command: SettleOffBookTrade, now_us: int) -> Decision:
    """Settle a trade agreed outside the book, or refuse it whole.

    The price band binds both sides, and any tick will do. The same account on both sides buys
    first and then sells.
    """
    price = command.price_e8
    size = command.size_e8
    taker = command.taker
    if taker not in (BUY, SELL, NONE):
        return refused(RefusalCode.INVALID_VALUE, f"taker is {taker!r}, not BUY, SELL or NONE")
    problem = unreadable_terms(price, size)
    if problem is not None:
        return problem
    problem = refuse_mode(state, TRADES)
    if problem is not None:
        return problem
    name = command.market
    market = state.markets.get(name)
    buyer = state.accounts.get(command.buyer)
    seller = state.accounts.get(command.seller)
    if market is None or buyer is None or seller is None:
        return missing_party(state, market, buyer, name, f"{command.buyer!r} and {command.seller!r}")
    problem = bad_standing(state, market, buyer, seller, size) or _bad_terms(
        market, price, size, fair_width_ppm(state, market, now_us)
    )
    if problem is not None:
        return problem
    terms = Terms(market, command_id(command), BLOCK_TRADE, price, size, command.matched_at_us)
    bought = buyer.holdings.get(name) or Holding(market)
    buy_liquidity = TAKER if taker == BUY else MAKER
    sell_liquidity = TAKER if taker == SELL else MAKER
    seq = state.seq
    buy_fill = settled_fill(
        terms, buyer, bought, buyer.balance_e8, None, 1, buy_liquidity, seller.name, seq + 1
    )
    if buyer is seller:
        sold = holding_after(bought, buy_fill)
        balance = buy_fill.balance_after_e8
    else:
        sold = seller.holdings.get(name) or Holding(market)
        balance = seller.balance_e8
    sell_fill = settled_fill(terms, seller, sold, balance, None, -1, sell_liquidity, buyer.name, seq + 2)
    problem = _beyond_limit(market, buyer, buy_fill) or _beyond_limit(market, seller, sell_fill)
    if problem is None:
        problem = _unbearable(market, buyer, seller, buy_fill, sell_fill)
    if problem is not None:
        return problem
    events: list[AnyEvent] = [buy_fill, sell_fill]
    if bought.reduce_only_orders and buyer is not seller:
        cancel_misfits(events, buyer, buy_fill, seq + 1)
    if sold.reduce_only_orders:
        cancel_misfits(events, seller, sell_fill, seq + 2)
    return accepted(events)


def _bad_terms(market: Market, price_e8: int, size_e8: int, width_ppm: int) -> Decision | None:
    """``NO_MARK_PRICE``, ``SIZE_OFF_STEP`` or ``PRICE_OUTSIDE_BAND`` of an off-book trade."""
    if market.mark_e8 == 0:
        return refused(RefusalCode.NO_MARK_PRICE, f"market {market.market} has no mark price yet")
    if size_e8 % market.size_step_e8:
        return refused(RefusalCode.SIZE_OFF_STEP, f"size_e8 {size_e8} with step {market.size_step_e8}")
    for sign in (1, -1):
        if outside_band(market, sign, price_e8) or outside_fair_band(market, width_ppm, sign, price_e8):
            return refused(
                RefusalCode.PRICE_OUTSIDE_BAND, f"{price_e8} is beyond {limit_e8(market, width_ppm, sign)}"
            )
    return None


def _beyond_limit(market: Market, account: Account, fill: FillSettled) -> Decision | None:
    """``POSITION_LIMIT`` of a side: as for orders, only what it trades towards counts."""
    size_after = fill.size_after_e8 if fill.side == BUY else -fill.size_after_e8
    if size_after <= market.position_limit_e8 or account.margin_exempt:
        return None
    return refused(
        RefusalCode.POSITION_LIMIT,
        f"{account.name}'s {fill.size_after_e8} is beyond {market.position_limit_e8}",
    )


def settled_fill(  # noqa: PLR0913
    terms: Terms,
    account: Account,
    holding: Holding,
    balance_e8: int,
    order: Order | None,
    sign: int,
    liquidity: str,
    counterparty: str,
    seq: int,
) -> FillSettled:
    """One side of a trade, given the holding and balance before it; takeovers are free of fees."""
    market = terms.market
    price = terms.price_e8
    fill_size = terms.size_e8
    value = terms.value_e8
    quantity = fill_size * sign
    size = holding.size_e8
    size_after = size + quantity
    cost = holding.cost_e8
    cost_after = cost_after_e8(size, cost, quantity, price, value)
    pnl = cost_after - cost - value * sign
    index = market.index_e8
    accrued = accrued_e16(size, index, holding.cached_index_e8)
    funding = accrued // E8
    rate = 0 if terms.fill_type in FREE_OF_FEES else fee_ppm(account, market, liquidity)
    fee = fee_e8(fill_size, price, rate) if rate else 0
    buy_after = holding.open_buy_e8
    sell_after = holding.open_sell_e8
    if order is None:
        order_id = ""
        client_id = ""
        status_after = ""
        remaining = 0
        remaining_after = 0
    else:
        order_id = order.order_id
        client_id = order.client_id
        remaining = order.remaining_e8
        remaining_after = remaining - fill_size
        status_after = ORDER_OPEN if remaining_after else ORDER_CLOSED
        if not order.reduce_only:
            if sign > 0:
                buy_after -= fill_size
            else:
                sell_after -= fill_size
    return FillSettled(
        account.name,
        market.market,
        terms.trade_id,
        terms.fill_type,
        BUY if sign > 0 else SELL,
        liquidity,
        counterparty,
        fill_size,
        price,
        value,
        order_id,
        client_id,
        status_after,
        remaining,
        remaining_after,
        holding.position_id,
        position_id_after(holding.position_id, size, size_after, seq),
        size,
        size_after,
        cost,
        cost_after,
        holding.cached_index_e8,
        index,
        pnl,
        funding,
        accrued - funding * E8,
        fee,
        rate,
        balance_e8,
        balance_e8 + funding + pnl - fee,
        market.mark_e8,
        market.spot_e8,
        market.has_external_fair,
        market.external_fair_e8,
        holding.open_buy_e8,
        buy_after,
        holding.open_sell_e8,
        sell_after,
        "",
        "",
        terms.matched_at_us,
        0,
    )


def _unbearable(
    market: Market, buyer: Account, seller: Account, buy: FillSettled, sell: FillSettled
) -> Decision | None:
    """``OUT_OF_RANGE`` or ``TRADE_INSUFFICIENT_MARGIN``."""
    if not (fill_fits(buy) and fill_fits(sell)):
        return refused(RefusalCode.OUT_OF_RANGE, "a result of the trade")
    quantity = buy.fill_size_e8
    for account, fill, signed in ((buyer, buy, quantity), (seller, sell, -quantity)):
        if account.margin_exempt or reduces(fill.size_before_e8, signed):
            continue
        if not carries_positions(
            account, market, fill.balance_after_e8, fill.size_after_e8, fill.cost_after_e8
        ):
            return refused(
                RefusalCode.TRADE_INSUFFICIENT_MARGIN,
                f"{account.name} would not carry {fill.size_after_e8} of {market.market}",
            )
    return None


def fill_fits(fill: FillSettled) -> bool:
    """Whether everything that a fill records fits its field."""
    return (
        LONG_MIN <= fill.balance_after_e8 <= LONG_MAX
        and LONG_MIN <= fill.cost_after_e8 <= LONG_MAX
        and LONG_MIN <= fill.realized_pnl_e8 <= LONG_MAX
        and LONG_MIN <= fill.realized_funding_e8 <= LONG_MAX
        and LONG_MIN <= fill.size_after_e8 <= LONG_MAX
        and fill.fee_e8 <= LONG_MAX
    )


def holding_after(holding: Holding, fill: FillSettled | TradeBusted) -> Holding:
    """A copy of a holding as a fill without an order leaves it, or the reversal of one."""
    after = Holding(holding.market)
    after.size_e8 = fill.size_after_e8
    after.cost_e8 = fill.cost_after_e8
    after.cached_index_e8 = fill.funding_index_e8
    after.position_id = fill.position_id_after
    after.open_buy_e8 = holding.open_buy_e8
    after.open_sell_e8 = holding.open_sell_e8
    after.reduce_only_orders = holding.reduce_only_orders
    return after


def cancel_misfits(events: list[AnyEvent], account: Account, fill: FillSettled, fill_seq: int) -> None:
    """Append the cancellation of the orders that the position after ``fill`` no longer fits."""
    sums = (fill.open_buy_after_e8, fill.open_sell_after_e8)
    Cancels(account, fill.market, sums, events).cancel_misfits(
        fill.size_after_e8, fill.order_id, fill.remaining_after_e8, fill_seq
    )


def evolve_fill_settled(state: State, event: FillSettled) -> None:
    """Change position, balance and order, and remember the fill of a trade that may be busted."""
    account = state.accounts[event.account]
    holding = account.holdings.get(event.market)
    if holding is None:
        holding = book.holding_of(state, account, event.market)
    size = event.size_after_e8
    before = event.size_before_e8
    if size > 0:
        holding.market.long_e8 += size
    if before > 0:
        holding.market.long_e8 -= before
    holding.size_e8 = size
    holding.cost_e8 = event.cost_after_e8
    holding.cached_index_e8 = event.funding_index_e8
    # One number object for both after a fill that opened the position: 32 bytes less per holding.
    seq = event.seq
    holding.position_id = seq if event.position_id_after == seq else event.position_id_after
    holding.changed_seq = seq
    holding.market.dust_e16 += event.dust_e16
    account.balance_e8 = event.balance_after_e8
    account.has_balance = 1
    if event.balance_after_e8 < 0 or account.bankrupt_e8:
        recount_bankruptcy(state, account)
    order: Order | None = None
    if event.order_id:
        order = account.orders[event.order_id]
        book.fill(account, holding, order, event.remaining_after_e8)
        book.release(holding, event.open_buy_after_e8, event.open_sell_after_e8)
    if event.fill_type in (FILL, BLOCK_TRADE):
        _remember(state, event, order)


def _remember(state: State, event: FillSettled, order: Order | None) -> None:
    """Add a side to its trade, and forget the oldest trades when there are too many."""
    trade = state.trades.get(event.trade_id)
    if trade is None:
        if len(state.trades) >= TRADES_REMEMBERED + TRADES_DROPPED:
            _forget(state)
        trade = Trade(event.trade_id, event.market, event.price_e8, event.value_e8)
        state.trades[event.trade_id] = trade
    trade.fills.append(
        SettledFill(
            event.seq,
            event.account,
            1 if event.side == BUY else -1,
            event.fill_size_e8,
            event.fee_e8,
            event.funding_index_e8,
            event.size_before_e8,
            event.cost_before_e8,
            event.cost_after_e8,
            event.position_id_before,
            order,
        )
    )


def _forget(state: State) -> None:
    """Drop the oldest ``TRADES_DROPPED`` trades."""
    oldest: list[str] = []
    for trade_id in state.trades:
        if len(oldest) == TRADES_DROPPED:
            break
        oldest.append(trade_id)
    for trade_id in oldest:
        del state.trades[trade_id]
