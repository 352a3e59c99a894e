"""Markets, prices and the funding index (domain.md 2.2, decisions 4 to 9)."""

from fractions import Fraction
from math import floor
from typing import Final

from ledger.core.messages import (
    AdvanceFunding,
    ListMarket,
    MarketPrice,
    MarketRate,
    SettleFunding,
    SweepRounding,
    UpdateMarket,
    UpdatePrices,
)
from ledger.core.refusals import RefusalCode as Code
from tests.fields import record_of
from tests.model.books import AMOUNT_MAX, E8, Market, Objections, World, fits, refuse_if
from tests.model.positions import accrued

FIXED: Final = (
    "base",
    "quote",
    "settlement_asset",
    "market_kind",
    "price_tick_e8",
    "size_step_e8",
    "index_start_e8",
)
STATUSES: Final = frozenset({"ok", "post_only", "cancel_only", "halted", "settled"})
CLAIM_TOLERANCE: Final = 2
HEADER: Final = frozenset({"producer", "number", "issued_at_us", "market", "revision_before"})


def rules_of(command: ListMarket | UpdateMarket) -> dict[str, object]:
    """The rule set that a command carries, by field name."""
    return {name: value for name, value in record_of(command).items() if name not in HEADER}


def list_market(world: World, command: ListMarket) -> None:
    """A new market, revision 1, its index at the start that was asked for."""
    against = Objections()
    against.add(not command.market, Code.INVALID_VALUE)
    against.add(command.market in world.markets, Code.MARKET_EXISTS)
    against.add(command.settlement_asset not in world.assets, Code.ASSET_NOT_FOUND)
    _check_rules(world, command, against)
    against.add(command.status == "settled", Code.INVALID_RULES)
    against.stop()
    world.markets[command.market] = Market(rules_of(command), index=command.index_start_e8)
    world.record("MarketListed")


def _check_rules(world: World, command: ListMarket | UpdateMarket, against: Objections) -> None:
    """The rules that make no sense whatever the market."""
    positive = ("price_tick_e8", "size_step_e8", "order_size_max_e8", "position_limit_e8", "funding_period_s")
    against.add(any(getattr(command, name) <= 0 for name in positive), Code.INVALID_RULES)
    against.add(command.status not in STATUSES, Code.INVALID_RULES)
    against.add(not 0 < command.imf_base_ppm <= 10**6, Code.INVALID_RULES)
    against.add(not 0 < command.mmf_factor_ppm <= 10**6, Code.INVALID_RULES)
    against.add(command.settlement_asset != world.settlement, Code.INVALID_RULES)
    against.add(command.order_size_max_e8 > command.position_limit_e8, Code.INVALID_RULES)
    against.add(command.index_start_e8 != 0, Code.INVALID_RULES)


def _in_use(world: World, name: str) -> bool:
    """Whether anybody has a position or an order in the market."""
    return any(
        account.orders_in(name) or (name in account.positions and account.positions[name].size)
        for account in world.accounts.values()
    )


def update_market(world: World, command: UpdateMarket) -> None:
    """The whole rule set anew, against the revision that the sender saw."""
    refuse_if(command.market not in world.markets, Code.MARKET_NOT_FOUND)
    market = world.markets[command.market]
    rules = rules_of(command)
    against = Objections()
    against.add(market.status == "settled", Code.MARKET_CLOSED)
    against.add(command.revision_before != market.revision, Code.REVISION_MISMATCH)
    against.add(any(rules[name] != market.rules[name] for name in FIXED), Code.FIELD_NOT_CHANGEABLE)
    _check_rules(world, command, against)
    against.add(command.status == "settled" and _in_use(world, command.market), Code.INVALID_RULES)
    against.add(rules == market.rules, Code.NOTHING_TO_CHANGE)
    against.stop()
    market.rules = rules
    market.revision += 1
    world.record("MarketUpdated")


def _price_is_good(world: World, entry: MarketPrice, names: list[str]) -> Code | None:
    """Why one market's prices are not taken, or nothing."""
    given = [entry.mark_e8, entry.spot_e8]
    given += [entry.external_fair_e8] if entry.has_external_fair else []
    given += [entry.bid_e8] if entry.has_bid else []
    given += [entry.ask_e8] if entry.has_ask else []
    given += [entry.last_e8] if entry.has_last else []
    flags = {entry.has_external_fair, entry.has_bid, entry.has_ask, entry.has_last}
    settled = entry.market in world.markets and world.markets[entry.market].status == "settled"
    reasons = (
        (not flags <= {0, 1} or min(entry.bid_depth_e8, entry.ask_depth_e8) < 0, Code.INVALID_VALUE),
        (max(*given, entry.bid_depth_e8, entry.ask_depth_e8) > AMOUNT_MAX, Code.OUT_OF_RANGE),
        (entry.market not in world.markets, Code.MARKET_NOT_FOUND),
        (settled, Code.MARKET_CLOSED),
        (names.count(entry.market) > 1, Code.TICK_INCOMPLETE),
        (min(given) <= 0, Code.PRICE_NOT_POSITIVE),
    )
    return min((code for applies, code in reasons if applies), default=None)


def update_prices(world: World, command: UpdatePrices) -> None:
    """A price tick: each good market is taken, the tick is refused when none is."""
    against = Objections()
    against.add(not command.prices, Code.TICK_INCOMPLETE)
    against.add(
        command.tick_id <= world.price_tick or command.previous_tick_id != world.price_tick,
        Code.TICK_OUT_OF_ORDER,
    )
    against.add(command.source_epoch < world.price_epoch, Code.TICK_OUT_OF_ORDER)
    against.add(command.observed_at_ms <= world.price_time_ms, Code.TICK_TIME_INVALID)
    against.stop()
    names = [entry.market for entry in command.prices]
    reasons = {entry.market: _price_is_good(world, entry, names) for entry in command.prices}
    if all(reasons.values()):
        for reason in reasons.values():
            if reason is not None:
                against.add(applies=True, code=reason)
        against.stop()
    for entry in command.prices:
        if reasons[entry.market] is None:
            market = world.markets[entry.market]
            market.mark, market.spot = entry.mark_e8, entry.spot_e8
            market.price_time_ms = command.observed_at_ms
            market.fair = entry.external_fair_e8 if entry.has_external_fair else None
            world.record("PricesUpdated")
    world.price_tick = command.tick_id
    world.price_epoch = command.source_epoch
    world.price_time_ms = command.observed_at_ms


def funding_step(market: Market, observed_at_ms: int) -> tuple[int, int]:
    """Index step and new remainder: the previous premium over the time since the previous tick."""
    elapsed = 0 if market.funding_time_ms is None else observed_at_ms - market.funding_time_ms
    gap = elapsed > market.rule("funding_gap_max_ms")
    paused = market.status == "halted"
    applied = 0 if gap or paused else elapsed
    period_ms = market.rule("funding_period_s") * 1000
    exact = Fraction(market.premium * applied + market.remainder, period_ms)
    step = floor(exact)
    return step, int((exact - step) * period_ms)


def _rate_objections(market: Market, entry: MarketRate, observed_at_ms: int, against: Objections) -> None:
    """What speaks against one market of a funding tick."""
    step, _ = funding_step(market, observed_at_ms)
    after = market.index + step
    against.add(entry.spot_e8 <= 0, Code.PRICE_NOT_POSITIVE)
    against.add(abs(entry.rate_e12) > market.rule("funding_rate_max_e12"), Code.RATE_OUT_OF_BOUNDS)
    allowed = Fraction(market.rule("price_move_max_ppm") * market.spot, 10**6)
    limited = market.rule("price_move_max_ppm") > 0 and market.spot > 0
    against.add(limited and abs(entry.spot_e8 - market.spot) > allowed, Code.SPOT_MISMATCH)
    claim = entry.index_claimed_e8
    against.add(entry.has_claim == 1 and abs(claim - after) > CLAIM_TOLERANCE, Code.INDEX_CLAIM_MISMATCH)
    against.add(not fits(after) or not fits(step), Code.OUT_OF_RANGE)


def advance_funding(world: World, command: AdvanceFunding) -> None:
    """A funding tick: exactly the listed markets, refused whole."""
    against = Objections()
    against.add(
        command.tick_id <= world.funding_tick or command.previous_tick_id != world.funding_tick,
        Code.TICK_OUT_OF_ORDER,
    )
    against.add(command.source_epoch < world.funding_epoch, Code.TICK_OUT_OF_ORDER)
    against.add(command.observed_at_ms <= world.funding_time_ms, Code.TICK_TIME_INVALID)
    listed = sorted(name for name, market in world.markets.items() if market.status != "settled")
    against.add(any(entry.has_claim not in (0, 1) for entry in command.rates), Code.INVALID_VALUE)
    against.add(any(entry.spot_e8 > AMOUNT_MAX for entry in command.rates), Code.OUT_OF_RANGE)
    against.add(sorted(entry.market for entry in command.rates) != listed, Code.TICK_INCOMPLETE)
    against.stop()
    for entry in command.rates:
        _rate_objections(world.markets[entry.market], entry, command.observed_at_ms, against)
    against.stop()
    for entry in command.rates:
        market = world.markets[entry.market]
        step, market.remainder = funding_step(market, command.observed_at_ms)
        market.index += step
        market.rate = entry.rate_e12
        market.premium = floor(Fraction(entry.rate_e12 * entry.spot_e8, 10**12))
        market.funding_time_ms = command.observed_at_ms
        world.record("FundingIndexAdvanced")
    world.funding_tick = command.tick_id
    world.funding_epoch = command.source_epoch
    world.funding_time_ms = command.observed_at_ms


def settle_funding(world: World, command: SettleFunding) -> None:
    """Accrued funding of one position becomes balance."""
    against = Objections()
    against.add(command.market not in world.markets, Code.MARKET_NOT_FOUND)
    known = world.accounts.get(command.account)
    against.add(known is None, Code.ACCOUNT_NOT_FOUND)
    against.add(known is not None and known.status == "closed", Code.ACCOUNT_CLOSED)
    against.stop()
    market, account = world.markets[command.market], world.account(command.account)
    position = account.positions.get(command.market)
    if position is None or position.size == 0:
        refuse_if(applies=True, code=Code.NO_POSITION)
    assert position is not None
    whole, dust = accrued(position.size, market.index, position.cached_index)
    after = account.balances.get(world.settlement, 0) + whole
    refuse_if(not fits(after), Code.OUT_OF_RANGE)
    account.balances[world.settlement] = after
    position.cached_index = market.index
    market.dust += dust
    world.post(f"funding_clearing:{command.market}", world.settlement, -whole)
    world.record("FundingSettled", command.account)


def sweep_rounding(world: World, command: SweepRounding) -> None:
    """Whole units of dust move from the clearing account to ``rounding``."""
    refuse_if(command.market not in world.markets, Code.MARKET_NOT_FOUND)
    market = world.markets[command.market]
    whole = market.dust // E8
    refuse_if(whole == 0, Code.NOTHING_TO_SWEEP)
    market.dust -= whole * E8
    world.post(f"funding_clearing:{command.market}", world.settlement, -whole)
    world.post("rounding", world.settlement, whole)
    world.record("RoundingSwept", "rounding")
