"""Trades in the counterfactual: facts about two willing parties, each side tested alone.

A side is feasible if its order is open, or could be: it was accepted in reality, was not refused here,
and is gone only because of the correction; if the size fits, reduce-only still reduces, and the account
passes the trade check. One feasible side trades with the margin-exempt account HOUSE at the recorded
price, so that the fill is in both histories and adds nothing to the difference.
"""

from typing import Final, final

from ledger.core.decision import Decision, accepted, command_id
from ledger.core.messages import AccountOpened, AnyEvent, FillSettled, SettleOffBookTrade, SettleTrade
from ledger.core.rules.margin import carries_positions
from ledger.core.rules.positions import reduces
from ledger.core.rules.trades import Terms, cancel_misfits, fill_fits, settled_fill
from ledger.core.rules.words import ACCOUNT_ACTIVE, ACCOUNT_CLOSED, BLOCK_TRADE, FILL, ORDER_OPEN, RETAIL
from ledger.core.state import Account, Holding, Market, Order, State
from ledger.core.values import BUY, MAKER, SELL, TAKER

HOUSE: Final = "HOUSE"
"""The account on the other side of a fill whose counterparty existed only because of the corruption."""


@final
class Side:
    """One side of a recorded trade on the counterfactual state; ``order`` is ``None`` where it has none."""

    __slots__ = ("account", "feasible", "liquidity", "name", "order", "sign")

    def __init__(self, name: str, sign: int, liquidity: str) -> None:
        self.name = name
        self.sign = sign
        self.liquidity = liquidity
        self.account: Account | None = None
        self.order: Order | None = None
        self.feasible = False


@final
class Parties:
    """Both sides of a trade and its terms."""

    __slots__ = ("buy", "sell", "terms")

    def __init__(self, terms: Terms, buy: Side, sell: Side) -> None:
        self.terms = terms
        self.buy = buy
        self.sell = sell


def house_name(state: State) -> str:
    """A name for HOUSE that no account has: underscores are added to it until it is free."""
    name = HOUSE
    while name in state.accounts:
        name += "_"
    return name


def is_unwinder(state: State, name: str) -> bool:
    """Whether an account trades only to get rid of what it took over or was given to unwind."""
    if name == state.liquidator:
        return True
    account = state.accounts.get(name)
    return account is not None and account.kind == "AUXILIARY"


def opens_here(state: State, recorded: State, name: str, market: str, quantity_e8: int) -> bool:
    """Whether a signed quantity reduced the account's position in reality and does not here."""
    return reduces(_size(recorded, name, market), quantity_e8) and not reduces(
        _size(state, name, market), quantity_e8
    )


def _size(state: State, name: str, market: str) -> int:
    account = state.accounts.get(name)
    held = None if account is None else account.holdings.get(market)
    return 0 if held is None else held.size_e8


def parties_of(
    state: State, recorded: State, command: SettleTrade | SettleOffBookTrade, refused_orders: set[str]
) -> Parties | None:
    """Both sides of a trade that was recorded, each tested alone; ``None`` if there is no such market."""
    market = state.markets.get(command.market)
    if market is None:
        return None
    kind = FILL if isinstance(command, SettleTrade) else BLOCK_TRADE
    terms = Terms(market, command_id(command), kind, command.price_e8, command.size_e8, command.matched_at_us)
    buys, sells = (TAKER, MAKER) if command.taker == BUY else (MAKER, TAKER)
    if isinstance(command, SettleTrade):
        buy = Side(command.buy_account, 1, buys)
        sell = Side(command.sell_account, -1, sells)
        ids = (command.buy_order_id, command.sell_order_id)
    else:
        sells = TAKER if command.taker == SELL else MAKER
        buy, sell = Side(command.buyer, 1, buys), Side(command.seller, -1, sells)
        ids = ("", "")
    for side, order_id in ((buy, ids[0]), (sell, ids[1])):
        side.account = state.accounts.get(side.name)
        quantity = command.size_e8 * side.sign
        gone = is_unwinder(state, side.name) and opens_here(
            state, recorded, side.name, command.market, quantity
        )
        side.feasible = (
            not gone and _has_order(side, recorded, order_id, refused_orders, terms) and _bears(side, terms)
        )
    return Parties(terms, buy, sell)


def _has_order(side: Side, recorded: State, order_id: str, refused_orders: set[str], terms: Terms) -> bool:
    """Whether the side's order is open with room for the trade, or could be; off-book sides need none."""
    account = side.account
    if account is None or account.status == ACCOUNT_CLOSED:
        return False
    held = account.holdings.get(terms.market.market)
    size = 0 if held is None else held.size_e8
    shrinks = reduces(size, terms.size_e8 * side.sign)
    if account.status != ACCOUNT_ACTIVE and not shrinks:
        return False
    if not order_id:
        return True
    order = account.orders.get(order_id)
    if order is not None:
        side.order = order
        return _takes(order, side, terms) and (shrinks or not order.reduce_only)
    if order_id in refused_orders:
        return False
    really = recorded.accounts[side.name].orders.get(order_id)
    return really is not None and _takes(really, side, terms) and (shrinks or not really.reduce_only)


def _takes(order: Order, side: Side, terms: Terms) -> bool:
    """Whether an order is open for this trade at this price and size."""
    return (
        order.status == ORDER_OPEN
        and order.market == terms.market.market
        and order.sign == side.sign
        and terms.size_e8 <= order.remaining_e8
        and (order.price_e8 - terms.price_e8) * side.sign >= 0
    )


def _bears(side: Side, terms: Terms) -> bool:
    """The trade check: position limit, and the margin of positions unless the trade reduces."""
    account = side.account
    if account is None:
        return False
    fill = _fill(side, terms, "", 0)
    if not fill_fits(fill):
        return False
    if account.margin_exempt or reduces(fill.size_before_e8, terms.size_e8 * side.sign):
        return True
    if fill.size_after_e8 * side.sign > terms.market.position_limit_e8:
        return False
    return carries_positions(
        account, terms.market, fill.balance_after_e8, fill.size_after_e8, fill.cost_after_e8
    )


def _fill(side: Side, terms: Terms, counterparty: str, seq: int) -> FillSettled:
    account = side.account
    if account is None:
        account = Account(side.name, "EXTERNAL", "", "", 1, RETAIL)
    holding = account.holdings.get(terms.market.market)
    if holding is None:
        holding = Holding(terms.market)
    return settled_fill(
        terms,
        account,
        holding,
        account.balance_e8,
        side.order,
        side.sign,
        side.liquidity,
        counterparty,
        seq,
    )


def settled_between(state: State, parties: Parties, house: str) -> Decision:
    """The trade of the feasible sides: with each other, or of the one with HOUSE."""
    events: list[AnyEvent] = []
    buy, sell = parties.buy, parties.sell
    if not buy.feasible:
        buy = _house(state, events, buy, house)
    if not sell.feasible:
        sell = _house(state, events, sell, house)
    seq = state.seq + len(events) + 1
    fills = [_fill(buy, parties.terms, sell.name, seq), _fill(sell, parties.terms, buy.name, seq + 1)]
    events.extend(fills)
    for side, fill in zip((buy, sell), fills, strict=True):
        held = None if side.account is None else side.account.holdings.get(fill.market)
        if side.account is not None and held is not None and held.reduce_only_orders:
            cancel_misfits(events, side.account, fill, seq if fill is fills[0] else seq + 1)
    return accepted(events)


def filled_by_house(  # noqa: PLR0913
    state: State, market: Market, account: Account, order: Order, price_e8: int, now_us: int, house: str
) -> Decision | None:
    """The fill with HOUSE of all that an open order has left; ``None`` if the account cannot bear it."""
    trade_id = "house/" + order.order_id
    terms = Terms(market, trade_id, FILL, price_e8, order.remaining_e8, now_us)
    own = Side(account.name, order.sign, TAKER)
    other = Side(house, -order.sign, MAKER)
    own.account, own.order = account, order
    own.feasible = _bears(own, terms)
    if not own.feasible:
        return None
    parties = Parties(terms, own, other) if order.sign > 0 else Parties(terms, other, own)
    return settled_between(state, parties, house)


def _house(state: State, events: list[AnyEvent], side: Side, house: str) -> Side:
    """HOUSE in place of a side that is not feasible; it is opened where it is first needed."""
    taker = Side(house, side.sign, side.liquidity)
    taker.account = state.accounts.get(house)
    if taker.account is None:
        events.append(AccountOpened(house, "EXTERNAL", "", "", 1, RETAIL, 0))
    return taker
