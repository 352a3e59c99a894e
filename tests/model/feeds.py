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
from tests.model.books import (
    AMOUNT_MAX,
    E8,
    PPM,
    Market,
    Objections,
    RefusedError,
    World,
    fits,
    is_name,
    refuse_if,
)
from tests.model.control import (
    Trips,
    close,
    close_market,
    may_open,
    note_book,
    number,
    policy,
    record_trips,
    rule,
)
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
    opens = command.status == "ok" != market.status
    closed = opens and rule(world, "gates") == "enforce" and not may_open(world, market)
    against.add(closed, Code.GATE_CLOSED)
    against.stop()
    if opens:
        market.opened_us = world.now_us
    if command.price_window_ms == 0:
        market.marks = []
    market.rules = rules
    market.revision += 1
    world.record("MarketUpdated")


def _price_is_good(world: World, entry: MarketPrice, names: list[str]) -> Code | None:
    """Why one market's prices are not taken, whatever the guards say, or nothing."""
    others = [entry.external_fair_e8] if entry.has_external_fair else []
    others += [entry.bid_e8] if entry.has_bid else []
    others += [entry.ask_e8] if entry.has_ask else []
    others += [entry.last_e8] if entry.has_last else []
    given = [entry.mark_e8, entry.spot_e8, *others]
    flags = {entry.has_external_fair, entry.has_bid, entry.has_ask, entry.has_last}
    settled = entry.market in world.markets and world.markets[entry.market].status == "settled"
    reasons = (
        (not flags <= {0, 1} or min(entry.bid_depth_e8, entry.ask_depth_e8) < 0, Code.INVALID_VALUE),
        (max(*given, entry.bid_depth_e8, entry.ask_depth_e8) > AMOUNT_MAX, Code.OUT_OF_RANGE),
        (entry.market not in world.markets, Code.MARKET_NOT_FOUND),
        (settled, Code.MARKET_CLOSED),
        (names.count(entry.market) > 1, Code.TICK_INCOMPLETE),
        (min(given) < 0 or 0 in others, Code.PRICE_NOT_POSITIVE),
    )
    return min((code for applies, code in reasons if applies), default=None)


def _far(value: int, center: int, ppm: int) -> bool:
    """Whether a value is further from a center than a part of it; no part: never."""
    return ppm != 0 and abs(value - center) > Fraction(center * ppm, PPM)


def _trips_of(world: World, market: Market, entry: MarketPrice, observed_at_ms: int) -> Trips:
    """Guards on the prices of one market."""
    trips = Trips(world)
    for value, before in ((entry.mark_e8, market.mark), (entry.spot_e8, market.spot)):
        trips.trip(value == 0, "G5", Code.PRICE_NOT_POSITIVE)
        moved = value > 0 and before > 0 and _far(value, before, market.rule("price_move_max_ppm"))
        trips.trip(moved, "G5", Code.PRICE_JUMP)
        apart = _far(value, entry.external_fair_e8, market.rule("fair_divergence_max_ppm"))
        trips.trip(bool(entry.has_external_fair) and value > 0 and apart, "G5x", Code.FAIR_DIVERGENCE)
    since_ms = max([observed_at_ms, *(began_ms for began_ms, _ in market.marks)])
    since_ms -= market.rule("price_window_ms")
    seen = [mark for began_ms, mark in market.marks if began_ms >= since_ms]
    most = market.rule("price_window_move_max_ppm")
    left = any(_far(entry.mark_e8, mark, most) for mark in seen)
    if entry.mark_e8 > 0 and left:
        refused = bool(trips.codes)
        trips.trip(applies=True, guard="G5w", code=Code.PRICE_JUMP)
        if not refused and policy(world, "G5w") == "enforce":
            trips.codes.clear()
    return trips


def _take_prices(world: World, command: UpdatePrices, entry: MarketPrice) -> None:
    """The prices of one market from now on."""
    market = world.markets[entry.market]
    market.mark, market.spot = entry.mark_e8, entry.spot_e8
    market.old_price = False
    market.fair = entry.external_fair_e8 if entry.has_external_fair else None
    market.bid = entry.bid_e8 if entry.has_bid else None
    market.ask = entry.ask_e8 if entry.has_ask else None
    market.depths = (entry.bid_depth_e8, entry.ask_depth_e8)
    note_book(market, command.observed_at_ms)
    market.price_time_ms = command.observed_at_ms
    length_ms = market.rule("price_window_ms")
    if length_ms and entry.mark_e8 > 0:
        began_ms = command.observed_at_ms
        if market.marks and began_ms - market.marks[-1][0] <= length_ms // 8:
            began_ms = market.marks[-1][0]
        market.marks.append((began_ms, entry.mark_e8))
    world.record("PricesUpdated")


def _order_of_ticks(
    world: World, command: UpdatePrices | AdvanceFunding, last: tuple[int, int, str, int], trips: Trips
) -> None:
    """G4a and G4 against (tick, epoch, source, time) of the last accepted tick."""
    tick, epoch, source, time_ms = last
    other = command.source_epoch == epoch and tick != 0 and command.source != source
    trips.trip(command.previous_tick_id != tick, "G4a", Code.TICK_OUT_OF_ORDER)
    trips.trip(command.source_epoch < epoch, "G4a", Code.TICK_OUT_OF_ORDER)
    trips.trip(other, "G4a", Code.TICK_OUT_OF_ORDER)
    trips.trip(command.tick_id <= tick, "G4", Code.TICK_OUT_OF_ORDER)
    trips.trip(command.observed_at_ms <= time_ms, "G4", Code.TICK_TIME_INVALID)
    behind_ms = Fraction(world.now_us, 1000) - command.observed_at_ms
    ahead = -behind_ms > number(world, "tick_ahead_max_ms")
    trips.trip(ahead or behind_ms > number(world, "tick_age_max_ms"), "G4", Code.TICK_TIME_INVALID)
    if not fits(command.observed_at_ms * 1000):
        trips.codes.add(Code.TICK_TIME_INVALID)


def update_prices(world: World, command: UpdatePrices) -> None:
    """A price tick: each good market is taken, the tick is refused when none is."""
    refuse_if(not is_name(command.source), Code.INVALID_VALUE)
    trips = Trips(world)
    last = (world.price_tick, world.price_epoch, world.price_source, world.price_time_ms)
    _order_of_ticks(world, command, last, trips)
    known = {n: (m.mark, m.spot) for n, m in world.markets.items()}
    same = all(known.get(entry.market) == (entry.mark_e8, entry.spot_e8) for entry in command.prices)
    most = number(world, "stale_ticks_max")
    stale = bool(command.prices) and same and 0 < most <= world.price_equal + 1
    trips.trip(stale, "G4f", Code.TICK_STALE)
    trips.stop()
    refuse_if(not command.prices, Code.TICK_INCOMPLETE)
    _take_by_market(world, command, trips.found)


def _take_by_market(world: World, command: UpdatePrices, observed: list[str]) -> None:
    """Take each market by itself; then the records, and what they close."""
    names = [entry.market for entry in command.prices]
    codes: list[Code] = []
    tripped: list[list[str]] = [observed]
    closing: list[Market] = []
    good: list[MarketPrice] = []
    equal = True
    for entry in command.prices:
        reason = _price_is_good(world, entry, names)
        if reason is None:
            market = world.markets[entry.market]
            trips = _trips_of(world, market, entry, command.observed_at_ms)
            tripped.append(trips.found)
            if any(policy(world, guard) == "enforce" for guard in trips.found):
                closing.append(market)
            reason = min(trips.codes, default=None)
        if reason is not None:
            codes.append(reason)
            continue
        good.append(entry)
        equal = equal and (market.mark, market.spot) == (entry.mark_e8, entry.spot_e8)
    for entry in good:
        _take_prices(world, command, entry)
    for guards in tripped:
        record_trips(world, guards)
    for market in closing:
        close_market(world, market)
    if closing:
        close(world, world.status)
    if not good:
        raise RefusedError(frozenset({codes[0]}))
    world.price_equal = world.price_equal + 1 if equal else 0
    world.price_tick, world.price_source = command.tick_id, command.source
    world.price_epoch = command.source_epoch
    world.price_time_ms = command.observed_at_ms


def funding_step(world: World, market: Market, observed_at_ms: int) -> tuple[int, int]:
    """Index step and new remainder: the previous premium over the time since the previous tick."""
    period_ms = market.rule("funding_period_s") * 1000
    exact = Fraction(
        market.premium * _applied_ms(world, market, observed_at_ms) + market.remainder, period_ms
    )
    step = floor(exact)
    return step, int((exact - step) * period_ms)


def _applied_ms(world: World, market: Market, observed_at_ms: int) -> int:
    """Time that counts: none through a gap, a halt or a maintenance."""
    elapsed = 0 if market.funding_time_ms is None else observed_at_ms - market.funding_time_ms
    gap = market.old_rate or elapsed > market.rule("funding_gap_max_ms")
    paused = market.status == "halted" or world.status == "maintenance"
    return 0 if gap or paused else max(0, elapsed)


def formula_rate(market: Market) -> int:
    """Funding rate by domain.md 2.2 e on the last mark and spot."""
    basis = floor(Fraction((market.mark - market.spot) * 10**12, market.spot))
    limit, widest = market.rule("clamp_rate_e12"), market.rule("funding_rate_max_e12")
    rate = basis + max(-limit, min(limit, market.rule("interest_rate_e12") - basis))
    return max(-widest, min(widest, rate))


def _rate_trips(market: Market, entry: MarketRate, trips: Trips) -> None:
    """Guards on spot, rate and premium of one market."""
    trips.trip(entry.spot_e8 <= 0, "G5", Code.PRICE_NOT_POSITIVE)
    allowed = market.rule("price_move_max_ppm")
    far = entry.spot_e8 > 0 and market.spot > 0 and _far(entry.spot_e8, market.spot, allowed)
    trips.trip(far, "G5", Code.SPOT_MISMATCH)
    rate = entry.rate_e12
    trips.trip(abs(rate) > market.rule("funding_rate_max_e12"), "G1", Code.RATE_OUT_OF_BOUNDS)
    most = market.rule("funding_rate_change_max_e12")
    jumps = market.funding_time_ms is not None and most > 0 and abs(rate - market.rate) > most
    trips.trip(jumps, "G1r", Code.RATE_JUMP)
    most = market.rule("funding_rate_tolerance_e12")
    known = most > 0 and market.mark > 0 and market.spot > 0
    trips.trip(known and abs(rate - formula_rate(market)) > most, "G2r", Code.RATE_UNEXPLAINED)
    off = abs(entry.premium_e8 - _premium(entry)) > 1
    trips.trip(bool(entry.has_premium) and off, "G2p", Code.PREMIUM_MISMATCH)


def _premium(entry: MarketRate) -> int:
    """Rate times spot."""
    return floor(Fraction(entry.rate_e12 * entry.spot_e8, 10**12))


def _premium_taken(world: World, entry: MarketRate) -> int:
    """The premium that comes into force: what was sent, where its guard only observes."""
    given = entry.has_premium and policy(world, "G2p") == "observe"
    return entry.premium_e8 if given else _premium(entry)


def _claim_trips(
    world: World, market: Market, entry: MarketRate, observed_at_ms: int, trips: Trips, *, begins: bool
) -> int:
    """Guards on the index that one market's feed claims; the index that comes of it."""
    step, _ = funding_step(world, market, observed_at_ms)
    computed, claim = market.index + step, entry.index_claimed_e8
    near = min(abs(claim - market.index), abs(claim - computed)) <= CLAIM_TOLERANCE
    trips.trip(begins and not (entry.has_claim and near), "G6", Code.INDEX_NOT_CONTINUED)
    if not entry.has_claim or (begins and claim == market.index):
        return computed
    premium = max(
        floor(Fraction(market.rule("funding_rate_max_e12") * max(market.spot, entry.spot_e8), 10**12)),
        abs(market.premium),
    )
    time = Fraction(_applied_ms(world, market, observed_at_ms), market.rule("funding_period_s") * 1000)
    bound = floor(premium * time) + CLAIM_TOLERANCE
    trips.trip(abs(claim - market.index) > bound, "G1", Code.INDEX_JUMP)
    differs = abs(claim - computed) > CLAIM_TOLERANCE
    trips.trip(differs, "G2", Code.INDEX_CLAIM_MISMATCH)
    return claim if differs and policy(world, "G2") == "observe" else computed


def _long(world: World, name: str) -> int:
    """Sizes of the long positions."""
    return sum(max(0, a.positions[name].size) for a in world.accounts.values() if name in a.positions)


def _change_trips(
    world: World, entries: list[MarketRate], observed_at_ms: int, trips: Trips, *, begins: bool
) -> None:
    """G7a: what the tick would do to accrued funding, against the value of the positions."""
    change, allowed = 0, Fraction(0)
    part = Fraction(number(world, "funding_change_max_ppm"), PPM)
    for entry in entries:
        market = world.markets[entry.market]
        claims = entry.has_claim and not (begins and entry.index_claimed_e8 == market.index)
        step, _ = funding_step(world, market, observed_at_ms)
        wanted = entry.index_claimed_e8 if claims else market.index + step
        size = _long(world, entry.market)
        change += size * abs(wanted - market.index)
        ticks = max(Fraction(_applied_ms(world, market, observed_at_ms), 5_000), Fraction(1))
        allowed += part * size * market.mark * ticks
    trips.trip(change > allowed, "G7a", Code.FUNDING_CHANGE)


def _complete(world: World, command: AdvanceFunding, trips: Trips) -> list[MarketRate]:
    """G3: the entries that count, one of each listed market."""
    listed = [name for name, market in world.markets.items() if market.status != "settled"]
    counted: dict[str, MarketRate] = {}
    for entry in command.rates:
        odd = entry.market not in listed or entry.market in counted
        trips.trip(odd, "G3", Code.TICK_INCOMPLETE)
        if not odd:
            counted[entry.market] = entry
    for name in listed:
        trips.trip(name not in counted, "G3", Code.TICK_INCOMPLETE)
    trips.trip(not command.rates and not listed, "G3", Code.TICK_INCOMPLETE)
    return list(counted.values())


def advance_funding(world: World, command: AdvanceFunding) -> None:
    """A funding tick: exactly the listed markets, refused whole."""
    against = Objections()
    flags = {flag for entry in command.rates for flag in (entry.has_claim, entry.has_premium)}
    against.add(not is_name(command.source) or not flags <= {0, 1}, Code.INVALID_VALUE)
    against.add(any(entry.spot_e8 > AMOUNT_MAX for entry in command.rates), Code.OUT_OF_RANGE)
    against.stop()
    trips = Trips(world)
    last = (world.funding_tick, world.funding_epoch, world.funding_source, world.funding_time_ms)
    _order_of_ticks(world, command, last, trips)
    begins = world.funding_tick > 0 and command.source_epoch > world.funding_epoch
    if not begins:
        trips.stop()
    entries = _complete(world, command, trips)
    news = {e.market: (e.rate_e12, _premium(e)) for e in entries}
    most = number(world, "stale_ticks_max")
    same = all(
        rate != 0 and (rate, premium) == (world.markets[name].rate, world.markets[name].premium)
        for name, (rate, premium) in news.items()
    )
    trips.trip(bool(news) and same and 0 < most <= world.funding_equal + 1, "G4f", Code.TICK_STALE)
    for entry in entries:
        _rate_trips(world.markets[entry.market], entry, trips)
    now_ms = command.observed_at_ms
    after = {
        e.market: _claim_trips(world, world.markets[e.market], e, now_ms, trips, begins=begins)
        for e in entries
    }
    _change_trips(world, entries, now_ms, trips, begins=begins)
    if any(entry.spot_e8 < 0 for entry in entries):
        trips.codes.add(Code.PRICE_NOT_POSITIVE)
    trips.stop()
    steps = {e.market: funding_step(world, world.markets[e.market], now_ms) for e in entries}
    for entry in entries:
        step = steps[entry.market][0]
        computed = world.markets[entry.market].index + step
        numbers = (after[entry.market], step, computed, _premium_taken(world, entry))
        against.add(not all(fits(number) for number in numbers), Code.OUT_OF_RANGE)
    against.stop()
    _take_rates(world, command, entries, after)
    record_trips(world, trips.found)


def _take_rates(
    world: World, command: AdvanceFunding, entries: list[MarketRate], after: dict[str, int]
) -> None:
    """Indices, rates and premiums from now on."""
    equal = True
    for entry in entries:
        market = world.markets[entry.market]
        before = (market.rate, market.premium)
        _, market.remainder = funding_step(world, market, command.observed_at_ms)
        market.index = after[entry.market]
        market.rate = entry.rate_e12
        market.premium = _premium_taken(world, entry)
        equal = equal and entry.rate_e12 != 0 and before == (market.rate, market.premium)
        market.funding_time_ms = command.observed_at_ms
        market.old_rate = False
        world.record("FundingIndexAdvanced")
    if entries:
        world.funding_equal = world.funding_equal + 1 if equal else 0
        world.funding_tick, world.funding_source = command.tick_id, command.source
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
