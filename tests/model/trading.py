"""Trades, off-book trades and busts (domain.md 2.5, 2.9; decisions 1, 2, 14, 15)."""

from copy import deepcopy
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from ledger.core.messages import BustTrade, SettleOffBookTrade, SettleTrade
from ledger.core.refusals import RefusalCode as Code
from tests.model.books import (
    AMOUNT_MAX,
    E8,
    PPM,
    Account,
    Market,
    Objections,
    Order,
    Side,
    Trade,
    World,
    fits,
    refuse_if,
)
from tests.model.control import against_mode, allows
from tests.model.margin import account_value, position_requirement
from tests.model.orders import after_change, too_aggressive, too_close
from tests.model.positions import Change, trade_value, traded


def fee_of(size: int, price: int, ppm: int) -> int:
    """``|q| * p * rate``, rounded up once."""
    return ceil(Fraction(size * price * ppm, E8 * PPM))


def fee_ppm(world: World, account: str, market: Market, *, takes: bool) -> int:
    """Retail pays nothing, everybody else the rate of the side they take."""
    if world.account(account).fee_tier == "RETAIL":
        return 0
    return market.rule("taker_fee_ppm" if takes else "maker_fee_ppm")


@dataclass
class Leg:
    """One side of a trade that is about to be settled."""

    account: str
    sign: int
    fee_ppm: int
    order_id: str


def apply_leg(
    world: World, account: Account, name: str, leg: Leg, size: int, price: int, seq: int
) -> tuple[Change, int]:
    """Change position and balance of ``account`` (which may be a copy); the change and the fee."""
    market = world.markets[name]
    value = trade_value(size, price)
    change = traded(account.position(name), leg.sign * size, price, value, market.index, seq)
    fee = fee_of(size, price, leg.fee_ppm)
    account.positions[name] = change.after
    balance = account.balances.get(world.settlement, 0)
    account.balances[world.settlement] = balance + change.pnl + change.funding - fee
    if leg.order_id:
        order = account.orders[leg.order_id]
        order.remaining -= size
        if order.remaining == 0:
            order.status = "FILLED"
            del account.orders[leg.order_id]
    return change, fee


def _terms(price: int, size: int, against: Objections) -> None:
    """Price, size and value of any trade."""
    against.add(price <= 0 or size <= 0, Code.INVALID_VALUE)
    against.add(max(price, size) > AMOUNT_MAX or not fits(trade_value(size, price)), Code.OUT_OF_RANGE)


def _parties(world: World, name: str, accounts: tuple[str, str], against: Objections) -> None:
    """The market is open and the accounts exist."""
    against.add(name not in world.markets, Code.MARKET_NOT_FOUND)
    against_mode(world, "trades", against)
    open_to = name in world.markets and allows(world, "trades", world.markets[name].status)
    against.add(name in world.markets and not open_to, Code.MARKET_CLOSED)
    for account in accounts:
        against.add(account not in world.accounts, Code.ACCOUNT_NOT_FOUND)


def _reduces(size: int, quantity: int) -> bool:
    """Whether a signed quantity makes a position smaller, down to nothing at most."""
    return size * quantity < 0 and abs(quantity) <= abs(size)


def _standing(world: World, name: str, leg: Leg, size: int, against: Objections) -> None:
    """A closed account trades nothing, a restricted one only down."""
    account = world.account(leg.account)
    against.add(account.status == "closed", Code.ACCOUNT_CLOSED)
    down = _reduces(account.position(name).size, leg.sign * size)
    against.add(account.status not in ("active", "closed") and not down, Code.ACCOUNT_RESTRICTED)


def _limit(account: Account, market: Market, size_after: int, sign: int, against: Objections) -> None:
    """The position limit on the side that is traded."""
    against.add(
        sign * size_after > market.rule("position_limit_e8") and not account.exempt, Code.POSITION_LIMIT
    )


def _after_legs(world: World, name: str, legs: list[Leg], size: int, price: int, against: Objections) -> None:
    """Range, limit and margin of both sides as they would be after the trade, leg by leg."""
    afters: dict[str, Account] = {}
    heavy: set[bool] = set()
    for leg in legs:
        after = afters.setdefault(leg.account, deepcopy(world.account(leg.account)))
        size_before = after.position(name).size
        change, _ = apply_leg(world, after, name, leg, size, price, 0)
        results = (change.pnl, change.funding, change.after.size, change.after.cost)
        against.add(not all(fits(n) for n in (*results, after.balances[world.settlement])), Code.OUT_OF_RANGE)
        _limit(after, world.markets[name], change.after.size, leg.sign, against)
        if not after.exempt and not _reduces(size_before, leg.sign * size):
            value = account_value(after, world.markets, world.settlement)
            heavy.add(value < position_requirement(after, world.markets))
    against.stop()
    against.add(True in heavy, Code.TRADE_INSUFFICIENT_MARGIN)
    against.stop()


def _against_order(order: Order, leg: Leg, command: SettleTrade, world: World, against: Objections) -> None:
    """The order of one side must be open and allow this trade."""
    against.add(
        order.market != command.market or order.sign != leg.sign or order.status != "OPEN",
        Code.ORDERS_MISMATCH,
    )
    against.add(leg.sign * (command.price_e8 - order.limit) > 0, Code.PRICE_BEYOND_LIMIT)
    against.add(command.size_e8 > order.remaining, Code.SIZE_BEYOND_REMAINING)
    account = world.account(leg.account)
    size = account.position(command.market).size
    quantity = leg.sign * command.size_e8
    against.add(order.reduce_only and not _reduces(size, quantity), Code.NOT_REDUCING)
    _limit(account, world.markets[command.market], size + quantity, leg.sign, against)
    takes = command.taker == ("BUY" if leg.sign > 0 else "SELL")
    against.add(takes and order.instruction in ("POST_ONLY", "RPI"), Code.POST_ONLY_WOULD_TAKE)


def settle_trade(world: World, command: SettleTrade, command_id: str) -> None:
    """A match of two resting orders."""
    against = Objections()
    against.add(command.taker not in ("BUY", "SELL"), Code.INVALID_VALUE)
    _terms(command.price_e8, command.size_e8, against)
    _parties(world, command.market, (command.buy_account, command.sell_account), against)
    against.stop()
    market = world.markets[command.market]
    legs = []
    for name, order_id, side in (
        (command.buy_account, command.buy_order_id, "BUY"),
        (command.sell_account, command.sell_order_id, "SELL"),
    ):
        rate = fee_ppm(world, name, market, takes=command.taker == side)
        legs.append(Leg(name, 1 if side == "BUY" else -1, rate, order_id))
        _standing(world, command.market, legs[-1], command.size_e8, against)
        against.add(order_id not in world.account(name).orders, Code.ORDER_NOT_FOUND)
    against.add(command.buy_account == command.sell_account, Code.SAME_ACCOUNT)
    against.stop()
    against.add(command.price_e8 % market.rule("price_tick_e8") != 0, Code.PRICE_OFF_TICK)
    against.add(command.size_e8 % market.rule("size_step_e8") != 0, Code.SIZE_OFF_STEP)
    for leg in legs:
        _against_order(world.account(leg.account).orders[leg.order_id], leg, command, world, against)
    against.stop()
    _after_legs(world, command.market, legs, command.size_e8, command.price_e8, against)
    settle(world, command.market, legs, command.size_e8, command.price_e8, command_id)


def settle_off_book_trade(world: World, command: SettleOffBookTrade, command_id: str) -> None:
    """A trade without orders: the band applies, any tick does, and both sides must be good for it.

    One account on both sides buys first and then sells.
    """
    against = Objections()
    against.add(command.taker not in ("BUY", "SELL", "NONE"), Code.INVALID_VALUE)
    _terms(command.price_e8, command.size_e8, against)
    _parties(world, command.market, (command.buyer, command.seller), against)
    against.stop()
    market = world.markets[command.market]
    legs = []
    for name, side in ((command.buyer, "BUY"), (command.seller, "SELL")):
        rate = fee_ppm(world, name, market, takes=command.taker == side)
        legs.append(Leg(name, 1 if side == "BUY" else -1, rate, ""))
        _standing(world, command.market, legs[-1], command.size_e8, against)
    against.add(market.mark == 0, Code.NO_MARK_PRICE)
    against.stop()
    against.add(command.size_e8 % market.rule("size_step_e8") != 0, Code.SIZE_OFF_STEP)
    for sign in (1, -1):
        outside = too_aggressive(market, sign, command.price_e8)
        outside = outside or too_close(world, market, sign, command.price_e8)
        against.add(outside, Code.PRICE_OUTSIDE_BAND)
    against.stop()
    _after_legs(world, command.market, legs, command.size_e8, command.price_e8, against)
    settle(world, command.market, legs, command.size_e8, command.price_e8, command_id)


def settle(world: World, name: str, legs: list[Leg], size: int, price: int, trade_id: str) -> None:
    """Both sides in turn, then the orders that no longer make sense."""
    market = world.markets[name]
    trade = Trade(name, price, trade_value(size, price), [])
    for leg in legs:
        account = world.account(leg.account)
        before = account.position(name)
        order = account.orders.get(leg.order_id)
        seq = world.record("FillSettled", leg.account)
        change, fee = apply_leg(world, account, name, leg, size, price, seq)
        market.dust += change.dust
        world.post(f"pnl_clearing:{name}", world.settlement, -change.pnl)
        world.post(f"funding_clearing:{name}", world.settlement, -change.funding)
        world.post("fee", world.settlement, fee)
        trade.sides.append(Side(leg.account, leg.sign, size, fee, market.index, before, seq, order))
    world.trades[trade_id] = trade
    for account_name in dict.fromkeys(leg.account for leg in legs):
        after_change(world, world.account(account_name), name)


def bust_trade(world: World, command: BustTrade) -> None:
    """A trade is reversed at its original price, the last side first; margin is not asked."""
    refuse_if(command.trade_id not in world.trades, Code.TRADE_NOT_FOUND)
    trade = world.trades[command.trade_id]
    against = Objections()
    against.add(world.markets[trade.market].status == "settled", Code.MARKET_CLOSED)
    against.add(any(world.account(s.account).status == "closed" for s in trade.sides), Code.ACCOUNT_CLOSED)
    against.add(trade.busted, Code.TRADE_ALREADY_BUSTED)
    against.stop()
    trade.busted = True
    last_exact = False
    for side in reversed(trade.sides):
        account = world.account(side.account)
        if last_exact and trade.sides[0].account == trade.sides[1].account:
            account.position(trade.market).changed = side.seq
        last_exact = _reverse(world, trade, side, account)
    for name in dict.fromkeys(side.account for side in reversed(trade.sides)):
        after_change(world, world.account(name), trade.market)


def _reverse(world: World, trade: Trade, side: Side, account: Account) -> bool:
    """One side: position, profit by the algebra, funding since the fill, fee, and its order.

    Whether the fill was still the last change, so that its cost came back exactly.
    """
    market = world.markets[trade.market]
    before = account.position(trade.market)
    seq = world.record("TradeBusted", side.account)
    change = traded(before, -side.sign * side.size, trade.price, trade.value, market.index, seq)
    last_change = before.changed == side.seq
    if last_change:
        change.pnl += side.before.cost - change.after.cost
        change.after.cost = side.before.cost
        change.after.position_id = side.before.position_id
    exact = side.sign * side.size * (market.index - side.index)
    returned = floor(Fraction(exact, E8))
    market.dust += change.dust + exact - returned * E8
    account.positions[trade.market] = change.after
    balance = account.balances.get(world.settlement, 0)
    account.balances[world.settlement] = balance + change.pnl + change.funding + returned + side.fee
    world.post(f"pnl_clearing:{trade.market}", world.settlement, -change.pnl)
    world.post(f"funding_clearing:{trade.market}", world.settlement, -change.funding - returned)
    world.post("fee", world.settlement, -side.fee)
    if side.order is not None and _returns(side.order, side.size, change.after.size):
        side.order.remaining += side.size
        side.order.status = "OPEN"
        account.orders[side.order.order_id] = side.order
    return last_change


def _returns(order: Order, size: int, position_size: int) -> bool:
    """Whether an order gets back what the trade took: not when cancelled, immediate or misfitting."""
    if order.status == "CANCELLED" or order.instruction == "IOC" or order.order_type.endswith("MARKET"):
        return False
    return not order.reduce_only or (
        order.offsets(position_size) and order.remaining + size <= abs(position_size)
    )
