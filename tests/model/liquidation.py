"""Liquidation and socialised loss (domain.md 2.6, 2.7; decisions 18 to 24), with exact fractions."""

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from ledger.core.messages import LiquidateAccount
from ledger.core.refusals import RefusalCode as Code
from tests.model.books import (
    E8,
    PPM,
    Account,
    Breaker,
    Market,
    Objections,
    RefusedError,
    World,
    fits,
    refuse_if,
)
from tests.model.control import against_mode, allows, close, number, policy
from tests.model.margin import account_value
from tests.model.orders import after_change, cancel
from tests.model.positions import trade_value, traded


def maintenance(account: Account, markets: dict[str, Market]) -> dict[str, Fraction]:
    """Maintenance requirement per market, the fee provision included."""
    found = {}
    for name in sorted(account.positions):
        market, size = markets[name], account.positions[name].size
        if size:
            factor = Fraction(market.rule("imf_base_ppm") * market.rule("mmf_factor_ppm"), PPM * PPM)
            factor += Fraction(market.rule("taker_fee_ppm"), PPM)
            found[name] = factor * Fraction(abs(size) * market.mark, E8)
    return found


def unhealthy(world: World, account: Account) -> bool:
    """Whether the account has positions and is worth less than they require."""
    required = maintenance(account, world.markets)
    value = account_value(account, world.markets, world.settlement)
    return bool(required) and not account.exempt and (value <= 0 or value < sum(required.values()))


def share_of(value: Fraction, required: Fraction, terms: Market) -> Fraction:
    """Smallest multiple of the step that brings the ratio below the target; else everything."""
    fee = Fraction(terms.rule("liquidation_fee_ppm"), PPM)
    target = Fraction(terms.rule("liquidation_target_ppm"), PPM)
    step = Fraction(terms.rule("liquidation_step_ppm"), PPM)
    share = step
    while share < 1:
        after = value - share * fee * required
        if after > 0 and (1 - share) * required / after < target:
            return share
        share += step
    return Fraction(1)


def not_open(world: World, account: Account, what: str, against: Objections) -> None:
    """Every market of the account's positions must be open for it."""
    held = [world.markets[n] for n, p in account.positions.items() if p.size]
    against.add(not all(allows(world, what, market.status) for market in held), Code.MARKET_CLOSED)


def stale(world: World, account: Account, against: Objections) -> None:
    """No mark of the account's positions may be too old."""
    for name, position in account.positions.items():
        market = world.markets[name]
        bound = market.rule("price_age_max_ms")
        old = world.now_us // 1000 - market.price_time_ms > bound
        against.add(position.size != 0 and bound > 0 and old, Code.PRICE_STALE)


def liquidate_account(world: World, command: LiquidateAccount) -> None:
    """The Liquidator Vault takes over a share of everything, if that is due and allowed."""
    against = Objections()
    against_mode(world, "liquidations", against)
    against.add(command.account not in world.accounts, Code.ACCOUNT_NOT_FOUND)
    against.stop()
    account = world.account(command.account)
    refuse_if(account.status == "closed", Code.ACCOUNT_CLOSED)
    required = maintenance(account, world.markets)
    refuse_if(not required, Code.NO_POSITION)
    not_open(world, account, "liquidations", against)
    against.add(not unhealthy(world, account), Code.HEALTHY)
    ends_us = world.restored_us + number(world, "rollback_grace_ms") * 1000
    graced = world.restored_us > 0 and account.status == "restricted" and world.now_us < ends_us
    against.add(graced, Code.UNDER_GRACE)
    against.add(not world.liquidator, Code.LIQUIDATOR_MISSING)
    against.stop()
    stale(world, account, against)
    against.stop()
    _take_over(world, account, command.account, required)


def _take_over(world: World, account: Account, name: str, required: dict[str, Fraction]) -> None:
    """Work everything out first, ask the breaker, and only then change anything."""
    fund = world.account(world.liquidator)
    value = account_value(account, world.markets, world.settlement)
    whole = sum(required.values(), Fraction(0))
    terms = world.markets[max(sorted(required), key=lambda market: required[market])]
    share = share_of(value, whole, terms)
    parts = {market: _part(world, account, market, share) for market in required}
    flat = all(parts[market] == abs(account.positions[market].size) for market in required)
    balance = account.balances.get(world.settlement, 0)
    for market, part in parts.items():
        before = account.positions[market]
        mark = world.markets[market].mark
        quantity = -part if before.size > 0 else part
        change = traded(before, quantity, mark, trade_value(part, mark), world.markets[market].index, 0)
        balance += change.pnl + change.funding
    penalty = ceil(share * Fraction(terms.rule("liquidation_fee_ppm"), PPM) * whole)
    if flat:
        penalty = min(penalty, max(0, balance))
    loss = max(0, penalty - balance) if flat else 0
    notional = floor(sum(Fraction(part * world.markets[m].mark, E8) for m, part in parts.items()))
    fund_value = floor(account_value(fund, world.markets, world.settlement))
    refuse_if(not (fits(balance) and fits(fund_value) and fits(notional)), Code.OUT_OF_RANGE)
    recorded = _ask_breaker(world, account, notional, loss, fund_value + penalty - loss)
    _count(world, notional, loss)
    world.record("LiquidationStarted", name)
    for market, part in parts.items():
        sign = -1 if account.positions[market].size > 0 else 1
        _fill(world, account, name, market, sign * part)
        _fill(world, fund, world.liquidator, market, -sign * part)
    if penalty:
        account.balances[world.settlement] -= penalty
        world.record("PenaltyCharged", name)
        fund.balances[world.settlement] += penalty
        world.record("TransferReceived", world.liquidator)
    if loss:
        fund.balances[world.settlement] -= loss
        world.record("TransferSent", world.liquidator)
        account.balances[world.settlement] += loss
        world.record("TransferReceived", name)
    _cancel_orders(world, account)
    for market in parts:
        after_change(world, fund, market)
    if recorded:
        world.record("GuardTripped")


def _window_runs(world: World, begun_us: int) -> bool:
    return world.now_us < begun_us + number(world, "liquidation_window_ms") * 1000


def _ask_breaker(world: World, account: Account, notional: int, loss: int, fund_value: int) -> bool:
    """Refuse what passes a limit; whether it goes on and is recorded beside it (``observe``)."""
    breaker = world.breaker
    if not _window_runs(world, breaker.begun_us):
        breaker = Breaker()
    sums = (breaker.accounts + 1, breaker.notional + notional, breaker.loss + loss)
    names = ("liquidation_accounts_max", "liquidation_notional_max_e8", "liquidation_loss_max_e8")
    limits = [number(world, name) for name in names]
    beyond = any(limit and value > limit for value, limit in zip(sums, limits, strict=True))
    if not beyond and fund_value >= number(world, "liquidator_value_min_e8"):
        return False
    word = policy(world, "G7b")
    first = not _window_runs(world, world.breaker.tripped_us)
    if first:
        world.breaker.tripped_us = world.now_us
        world.tripped_us = world.now_us if word == "enforce" else world.tripped_us
    if word == "observe":
        return first
    if first:
        world.record("GuardTripped")
        if word == "enforce" and not _explained(world, account):
            close(world, "cancel_only")
    raise RefusedError(frozenset({Code.LIQUIDATION_BREAKER}))


def _explained(world: World, account: Account) -> bool:
    """Whether the account is below maintenance at the external fair prices too."""
    fair = {}
    for name, market in world.markets.items():
        fair[name] = replace(market, mark=0 if market.fair is None else market.fair)
        held = account.positions.get(name)
        if market.fair is None and held is not None and held.size:
            return False
    value = account_value(account, fair, world.settlement)
    return floor(value) < ceil(sum(maintenance(account, fair).values(), Fraction(0)))


def _count(world: World, notional: int, loss: int) -> None:
    """Count a liquidation."""
    breaker = world.breaker
    if not _window_runs(world, breaker.begun_us):
        breaker.begun_us, breaker.accounts, breaker.notional, breaker.loss = world.now_us, 0, 0, 0
    breaker.accounts += 1
    breaker.notional += notional
    breaker.loss += loss


def _part(world: World, account: Account, name: str, share: Fraction) -> int:
    """A share of a position, up to the size step."""
    size = abs(account.positions[name].size)
    step = world.markets[name].rule("size_step_e8")
    return min(size, ceil(Fraction(size) * share / step) * step)


def _fill(world: World, account: Account, name: str, market_name: str, quantity: int) -> None:
    """One side of the takeover at the mark, without a fee."""
    market = world.markets[market_name]
    seq = world.record("FillSettled", name)
    value = trade_value(abs(quantity), market.mark)
    change = traded(account.position(market_name), quantity, market.mark, value, market.index, seq)
    account.positions[market_name] = change.after
    balance = account.balances.get(world.settlement, 0)
    account.balances[world.settlement] = balance + change.pnl + change.funding
    market.dust += change.dust
    world.post(f"pnl_clearing:{market_name}", world.settlement, -change.pnl)
    world.post(f"funding_clearing:{market_name}", world.settlement, -change.funding)


def _cancel_orders(world: World, account: Account) -> None:
    """All orders go but take-profit and stop-loss orders that protect what is left."""
    partly_filled = {o.order_id: o.remaining != o.size for o in account.orders.values()}
    for name in sorted({o.market for o in account.orders.values()}):
        size = account.position(name).size
        for order in account.orders_in(name):
            kept = order.protects and order.offsets(size) and partly_filled.get(order.parent, True)
            if not kept:
                cancel(world, account, order)


def bankruptcy(world: World) -> int:
    """What accounts without positions owe, beyond what the Liquidator Vault is worth."""
    owed = 0
    for account in world.accounts.values():
        balance = account.balances.get(world.settlement, 0)
        if not account.exempt and not any(p.size for p in account.positions.values()):
            owed += max(0, -balance)
        elif not account.exempt and account.status == "restricted":
            owed += max(0, -floor(account_value(account, world.markets, world.settlement)))
    if not world.liquidator:
        return 0
    fund = account_value(world.account(world.liquidator), world.markets, world.settlement)
    return max(0, owed - floor(fund))


def socialized_loss(world: World, asset: str, amount: int) -> int:
    """``ceil(a * B / (T + B))``, ``T`` being custody less the other withdrawals on their way."""
    missing = bankruptcy(world)
    if asset != world.settlement or not missing:
        return 0
    custody = -world.counters.get(("custody", asset), 0)
    waiting = sum(w.amount for w in world.withdrawals.values() if w.asset == asset)
    total = custody - waiting + amount
    return amount if total <= 0 else ceil(Fraction(amount * missing, total + missing))
