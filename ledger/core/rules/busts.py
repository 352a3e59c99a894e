"""Trade busts: both sides of a trade are reversed at its own price.

A reversal is a trade of the opposite quantity at the original price and value, with the fee back,
and with the funding back that the quantity paid or earned since: ``quantity * (I_now - I_fill)``,
rounded down. If the fill is still the last change of the position, its cost comes back exactly
as it was; else by the algebra of a fill. Margin is not checked.

What a resting order has lost to the trade comes back to it, unless it was cancelled since; a
market or IOC order is past. A reduce-only order comes back where it still fits the position.

Events: the sides newest first, so that a trade of an account with itself unwinds in order, then
the cancellation of what the positions no longer fit, in the same order.
"""

from ledger.core.decision import Decision, accepted, refused
from ledger.core.messages import AnyEvent, BustTrade, TradeBusted
from ledger.core.refusals import RefusalCode
from ledger.core.rules import book
from ledger.core.rules.balances import recount_bankruptcy
from ledger.core.rules.cancels import Cancels
from ledger.core.rules.positions import accrued_e16, cost_after_e8, offsets, position_id_after
from ledger.core.rules.trades import holding_after
from ledger.core.rules.words import (
    ACCOUNT_CLOSED,
    IOC,
    ORDER_CANCELLED,
    ORDER_CLOSED,
    ORDER_KINDS,
    ORDER_OPEN,
    STATUS_SETTLED,
)
from ledger.core.state import Account, Holding, Order, SettledFill, State, Trade
from ledger.core.values import BUY, E8, LONG_MAX, SELL, is_long, is_text


def decide_bust_trade(state: State, command: BustTrade, now_us: int) -> Decision:  # noqa: ARG001
    """Reverse a remembered trade, once."""
    if not is_text(command.reason):
        return refused(RefusalCode.INVALID_VALUE, "reason is too long or not printable")
    trade = state.trades.get(command.trade_id)
    if trade is None:
        return refused(RefusalCode.TRADE_NOT_FOUND, f"trade {command.trade_id!r} is unknown or too old")
    market = state.markets[trade.market]
    if market.status == STATUS_SETTLED:
        return refused(RefusalCode.MARKET_CLOSED, f"market {market.market} is settled")
    for fill in trade.fills:
        if state.accounts[fill.account].status == ACCOUNT_CLOSED:
            return refused(RefusalCode.ACCOUNT_CLOSED, f"account {fill.account}")
    if trade.busted:
        return refused(RefusalCode.TRADE_ALREADY_BUSTED, f"trade {trade.trade_id!r}")
    first, second = trade.fills
    events = _reversals(state, trade, first, second, command.reason)
    for event in events:
        if not reversal_fits(event):
            return refused(RefusalCode.OUT_OF_RANGE, f"a result of the reversal for {event.account}")
    recorded: list[AnyEvent] = []
    recorded.extend(events)
    for number, event in enumerate(events, 1):
        if number == len(events) or first.account != second.account:
            cancel_misfits_of(recorded, state.accounts[event.account], event, state.seq + number)
    return accepted(recorded)


def _reversals(
    state: State, trade: Trade, first: SettledFill, second: SettledFill, reason: str
) -> list[TradeBusted]:
    """The reversal of the second fill, then of the first."""
    account = state.accounts[second.account]
    holding = account.holdings[trade.market]
    latest = reversal(account.balance_e8, holding, trade, second, state.seq + 1)
    latest.counterparty = first.account
    latest.reason = reason
    if first.account == second.account:
        holding = holding_after(holding, latest)
        if latest.exact:
            holding.changed_seq = first.seq
        balance = latest.balance_after_e8
    else:
        account = state.accounts[first.account]
        holding = account.holdings[trade.market]
        balance = account.balance_e8
    earlier = reversal(balance, holding, trade, first, state.seq + 2)
    earlier.counterparty = second.account
    earlier.reason = reason
    return [latest, earlier]


def reversal(balance_e8: int, holding: Holding, trade: Trade, fill: SettledFill, seq: int) -> TradeBusted:
    """One side reversed, given the holding and balance before it; without counterparty and reason."""
    market = holding.market
    index = market.index_e8
    size = holding.size_e8
    cost = holding.cost_e8
    quantity = fill.fill_size_e8 * fill.sign
    size_after = size - quantity
    exact = holding.changed_seq == fill.seq
    if exact:
        cost_after = fill.cost_before_e8
        position_id = fill.position_id_before
    else:
        cost_after = cost_after_e8(size, cost, -quantity, trade.price_e8, trade.value_e8)
        position_id = position_id_after(holding.position_id, size, size_after, seq)
    pnl = cost_after - cost + trade.value_e8 * fill.sign
    accrued = accrued_e16(size, index, holding.cached_index_e8)
    funding = accrued // E8
    since = quantity * (index - fill.index_e8)
    returned = since // E8
    remaining, remaining_after = _remaining(fill, size_after)
    order = fill.order
    reserved = 0
    status_after = ""
    if order is not None:
        status_after = ORDER_OPEN if remaining_after else ORDER_CLOSED
        if not order.reduce_only:
            reserved = remaining_after - remaining
    return TradeBusted(
        fill.account,
        trade.market,
        trade.trade_id,
        fill.seq,
        "",
        BUY if fill.sign > 0 else SELL,
        "",
        fill.fill_size_e8,
        trade.price_e8,
        trade.value_e8,
        "" if order is None else order.order_id,
        "" if order is None else order.client_id,
        status_after,
        remaining,
        remaining_after,
        holding.position_id,
        position_id,
        size,
        size_after,
        cost,
        cost_after,
        holding.cached_index_e8,
        index,
        pnl,
        funding,
        accrued - funding * E8 + since - returned * E8,
        returned,
        fill.fee_e8,
        balance_e8,
        balance_e8 + funding + pnl + returned + fill.fee_e8,
        market.mark_e8,
        holding.open_buy_e8,
        holding.open_buy_e8 + (reserved if fill.sign > 0 else 0),
        holding.open_sell_e8,
        holding.open_sell_e8 + (reserved if fill.sign < 0 else 0),
        1 if exact else 0,
    )


def _remaining(fill: SettledFill, size_after_e8: int) -> tuple[int, int]:
    """What is left of the order of a fill before and after the reversal; 0 for a closed order."""
    order = fill.order
    if order is None or order.status == ORDER_CANCELLED:
        return 0, 0
    remaining = order.remaining_e8
    if not ORDER_KINDS[order.order_type].limit or order.instruction == IOC:
        return remaining, remaining
    after = remaining + fill.fill_size_e8
    if order.reduce_only and not (offsets(size_after_e8, order.sign) and after <= abs(size_after_e8)):
        return remaining, remaining
    return remaining, after


def reversal_fits(event: TradeBusted) -> bool:
    """Whether everything that a reversal records fits its field."""
    return (
        is_long(event.balance_after_e8)
        and is_long(event.cost_after_e8)
        and is_long(event.realized_pnl_e8)
        and is_long(event.realized_funding_e8)
        and is_long(event.funding_returned_e8)
        and is_long(event.size_after_e8)
        and event.open_buy_after_e8 <= LONG_MAX
        and event.open_sell_after_e8 <= LONG_MAX
    )


def cancel_misfits_of(events: list[AnyEvent], account: Account, event: TradeBusted, cause_seq: int) -> None:
    """Append the cancellation of the orders that the position after ``event`` no longer fits."""
    if account.holdings[event.market].reduce_only_orders:
        sums = (event.open_buy_after_e8, event.open_sell_after_e8)
        Cancels(account, event.market, sums, events).cancel_misfits(
            event.size_after_e8, event.order_id, event.remaining_after_e8, cause_seq
        )


def evolve_trade_busted(state: State, event: TradeBusted) -> None:
    """Put position, balance and order back, and mark the trade as busted."""
    account = state.accounts[event.account]
    holding = account.holdings[event.market]
    holding.market.long_e8 += max(event.size_after_e8, 0) - max(event.size_before_e8, 0)
    holding.size_e8 = event.size_after_e8
    holding.cost_e8 = event.cost_after_e8
    holding.cached_index_e8 = event.funding_index_e8
    holding.position_id = event.position_id_after
    holding.changed_seq = event.seq
    holding.market.dust_e16 += event.dust_e16
    account.balance_e8 = event.balance_after_e8
    account.has_balance = 1
    if event.balance_after_e8 < 0 or account.bankrupt_e8:
        recount_bankruptcy(state, account)
    trade = state.trades.get(event.trade_id)
    if trade is None:
        return  # one side of a takeover, which is not remembered
    trade.busted = 1
    if event.remaining_after_e8 > event.remaining_before_e8:
        for fill in trade.fills:
            if fill.seq == event.reverses_seq and fill.order is not None:
                _bring_back(account, holding, fill.order, event)


def _bring_back(account: Account, holding: Holding, order: Order, event: TradeBusted) -> None:
    """Give an order back what the trade took from it, among the open ones if it had been closed."""
    order.remaining_e8 = event.remaining_after_e8
    if order.order_id not in account.orders:
        order.status = ORDER_OPEN
        book.enter(account, holding, order)
    if not order.reduce_only:
        book.reserve(account, holding, order, event.open_buy_after_e8, event.open_sell_after_e8)
