"""Prices: a tick of the price feed is accepted market by market.

The order of ticks is checked for the whole tick: it names the last accepted one, its number
and its time rise, and its epoch (the number of the feed instance) does not fall. A market
whose prices cannot be taken is left out, so that one bad market does not make all others
stale; the outcome's detail says which and why. A tick of which nothing can be taken is
refused with the first market's reason. What guards find wrong is recorded and closes the market
(``ledger.core.rules.guards``).
"""

from typing import Final

from ledger.core.decision import ACCEPTED, Decision, command_id, refused
from ledger.core.messages import AnyEvent, MarketPrice, PricesUpdated, UpdatePrices
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import ENFORCE
from ledger.core.rules.gates import note_calm
from ledger.core.rules.guards import STATUS_ACTION, Trips, bounds, closed_by_guard, market_closed_by_guard
from ledger.core.rules.restored import note_restored
from ledger.core.rules.ticks import Feed, check_order, refuse_source
from ledger.core.rules.words import STATUS_OK, STATUS_SETTLED
from ledger.core.state import Market, State
from ledger.core.values import AMOUNT_MAX_E8, PPM

SKIPPED_SHOWN: Final = 5
"""Markets left out of a tick that the outcome names; the rest is counted."""
BUCKETS: Final = 8
"""Parts of a price window of which low and high are kept."""


def decide_update_prices(state: State, command: UpdatePrices, now_us: int) -> Decision:
    """New prices of every market of the tick that can be taken."""
    refusal = refuse_source(command.source)
    if refusal is not None:
        return refusal
    trips = _trips(state, command, now_us)
    check_order(
        state,
        trips,
        Feed(state.price_tick_id, state.price_source, state.price_epoch, state.price_observed_ms),
        Feed(command.tick_id, command.source, command.source_epoch, command.observed_at_ms),
        command.previous_tick_id,
        now_us,
    )
    _check_stale(state, trips, command)
    refusal = trips.refusal()
    if refusal is not None:
        return refusal
    if not command.prices:
        return refused(RefusalCode.TICK_INCOMPLETE, "the tick has no market")
    return _by_market(state, command, trips, now_us)


def _trips(state: State, command: UpdatePrices, now_us: int) -> Trips:
    return Trips(state, command_id(command), command.tick_id, command.source, command.source_epoch, now_us)


def _check_stale(state: State, trips: Trips, command: UpdatePrices) -> None:
    """G4f: whether every market has been as it was for too many ticks."""
    most = state.control.numbers["stale_ticks_max"]
    if most == 0 or not command.prices or state.price_equal + 1 < most:
        return
    for price in command.prices:
        market = state.markets.get(price.market)
        if market is None or price.mark_e8 != market.mark_e8 or price.spot_e8 != market.spot_e8:
            return
    detail = f"all prices are as they were {state.price_equal + 1} ticks ago"
    trips.trip("G4f", RefusalCode.TICK_STALE, detail, "prices", state.price_equal + 1)


def _by_market(state: State, command: UpdatePrices, trips: Trips, now_us: int) -> Decision:
    """The prices that can be taken, what tripped, and what that closes."""
    events: list[AnyEvent] = []
    skipped: list[Decision] = []
    tripped: list[AnyEvent] = list(trips.events)
    closing: list[tuple[Market, int]] = []
    times = _times_named(command)
    for price in command.prices:
        reason = _refuse_price(state, price, times)
        if reason is None:
            market = state.markets[price.market]
            own = _trips(state, command, now_us)
            _check_prices(own, market, price, command.observed_at_ms)
            if own.closing:
                closing.append((market, len(tripped) + own.closing))
            tripped.extend(own.events)
            if own.code:
                reason = Decision(own.code, own.detail, [])
            else:
                events.append(_event(market, command, price))
        if reason is not None:
            skipped.append(reason)
    taken = len(events)
    events.extend(tripped)
    for market, place in closing:
        closed = market_closed_by_guard(state, market, taken + place)
        if closed is not None:
            events.append(closed)
    if closing:
        place = taken + closing[0][1]
        switched = closed_by_guard(state, events[place - 1], place, STATUS_OK)
        if switched is not None:
            events.append(switched)
    if not taken:
        return Decision(skipped[0].code, skipped[0].detail, events)
    return Decision(ACCEPTED, _skipped_text(skipped) if skipped else "", events)


def _check_prices(trips: Trips, market: Market, price: MarketPrice, observed_at_ms: int) -> None:
    """G5, G5x and G5w on the prices of one market, each value by itself."""
    for name, value, before in (
        ("mark", price.mark_e8, market.mark_e8),
        ("spot", price.spot_e8, market.spot_e8),
    ):
        if value <= 0:
            event = trips.trip(
                "G5",
                RefusalCode.PRICE_NOT_POSITIVE,
                f"{name} of {market.market} is {value}e-8",
                name,
                value,
                market,
                market.price_seq,
            )
            bounds(event, value, before, 1, AMOUNT_MAX_E8)
        elif before and market.price_move_max_ppm:
            _check_distance(trips, "G5", market, name, value, before, market.price_move_max_ppm)
        fair = price.external_fair_e8
        if price.has_external_fair and market.fair_divergence_max_ppm and value > 0:
            _check_distance(trips, "G5x", market, name, value, fair, market.fair_divergence_max_ppm)
    if market.price_window_move_max_ppm and price.mark_e8 > 0:
        _check_window(trips, market, price.mark_e8, observed_at_ms)


def _check_distance(  # noqa: PLR0913
    trips: Trips, guard: str, market: Market, name: str, value: int, center: int, most_ppm: int
) -> None:
    """Trip ``guard`` if ``value`` is further from ``center`` than ``most_ppm`` of it."""
    if abs(value - center) * PPM <= most_ppm * center:
        return
    moves = guard == "G5"
    code = RefusalCode.PRICE_JUMP if moves else RefusalCode.FAIR_DIVERGENCE
    what = "last accepted" if moves else "external fair price"
    detail = f"{name} of {market.market} is {value}e-8, {what} {center}e-8, bound {most_ppm} ppm"
    event = trips.trip(guard, code, detail, name, value, market, market.price_seq)
    width = most_ppm * center // PPM
    bounds(event, value, center, center - width, center + width)


def _check_window(trips: Trips, market: Market, mark_e8: int, observed_at_ms: int) -> None:
    """G5w: the mark moved too far within the window. Enforced, the price is taken and the market closed."""
    most_ppm = market.price_window_move_max_ppm
    window = market.window
    since_ms = _window_time_ms(market, observed_at_ms) - market.price_window_ms
    for place in range(0, len(window), 3):
        if window[place] < since_ms:
            continue
        low, high = window[place + 1], window[place + 2]
        if (mark_e8 - low) * PPM <= most_ppm * low and (high - mark_e8) * PPM <= most_ppm * high:
            continue
        from_e8 = low if (mark_e8 - low) * PPM > most_ppm * low else high
        detail = (
            f"mark of {market.market} is {mark_e8}e-8, {from_e8}e-8 within {market.price_window_ms} ms,"
            f" bound {most_ppm} ppm"
        )
        code, why = trips.code, trips.detail
        event = trips.trip("G5w", RefusalCode.PRICE_JUMP, detail, "mark", mark_e8, market, market.price_seq)
        width = most_ppm * from_e8 // PPM
        bounds(event, mark_e8, from_e8, from_e8 - width, from_e8 + width)
        if trips.policy("G5w") == ENFORCE and code == 0:
            event.action = STATUS_ACTION
            trips.code, trips.detail = code, why
        return


def _window_time_ms(market: Market, observed_at_ms: int) -> int:
    """The time of a tick in the price window, which never goes back, not even where G4 only observes."""
    window = market.window
    return max(observed_at_ms, window[-3]) if window else observed_at_ms


def _times_named(command: UpdatePrices) -> dict[str, int]:
    times: dict[str, int] = {}
    for price in command.prices:
        times[price.market] = times.get(price.market, 0) + 1
    return times


def _refuse_price(state: State, price: MarketPrice, times: dict[str, int]) -> Decision | None:
    """Why the prices of one market cannot be taken, or None."""
    for name, has in (
        ("external_fair", price.has_external_fair),
        ("bid", price.has_bid),
        ("ask", price.has_ask),
        ("last", price.has_last),
    ):
        if has not in (0, 1):
            return refused(RefusalCode.INVALID_VALUE, f"has_{name} of {price.market} is neither 0 nor 1")
    if price.bid_depth_e8 < 0 or price.ask_depth_e8 < 0:
        return refused(RefusalCode.INVALID_VALUE, f"a depth of {price.market} is negative")
    numbers = _numbers(price)
    for name, number in numbers:
        if number > AMOUNT_MAX_E8:
            return refused(
                RefusalCode.OUT_OF_RANGE, f"{name} of {price.market} is {number}e-8, above {AMOUNT_MAX_E8}e-8"
            )
    market = state.markets.get(price.market)
    if market is None:
        return refused(RefusalCode.MARKET_NOT_FOUND, f"market {price.market!r}")
    if market.status == STATUS_SETTLED:
        return refused(RefusalCode.MARKET_CLOSED, f"market {price.market} is settled")
    if times[price.market] > 1:
        return refused(RefusalCode.TICK_INCOMPLETE, f"market {price.market} is named more than once")
    for name, number in numbers:
        if number < 0 or (number == 0 and name not in ("mark", "spot")):
            return refused(RefusalCode.PRICE_NOT_POSITIVE, f"{name} of {price.market} is {number}e-8")
    return None


def _numbers(price: MarketPrice) -> list[tuple[str, int]]:
    """The prices that are present, with their names."""
    numbers = [("mark", price.mark_e8), ("spot", price.spot_e8)]
    if price.has_external_fair:
        numbers.append(("external_fair", price.external_fair_e8))
    if price.has_bid:
        numbers.append(("bid", price.bid_e8))
    if price.has_ask:
        numbers.append(("ask", price.ask_e8))
    if price.has_last:
        numbers.append(("last", price.last_e8))
    return numbers


def _event(market: Market, command: UpdatePrices, price: MarketPrice) -> PricesUpdated:
    return PricesUpdated(
        tick_id=command.tick_id,
        previous_tick_id=command.previous_tick_id,
        tick_markets=len(command.prices),
        market=market.market,
        mark_before_e8=market.mark_e8,
        mark_e8=price.mark_e8,
        spot_e8=price.spot_e8,
        has_external_fair=price.has_external_fair,
        external_fair_e8=price.external_fair_e8 if price.has_external_fair else 0,
        has_bid=price.has_bid,
        bid_e8=price.bid_e8 if price.has_bid else 0,
        has_ask=price.has_ask,
        ask_e8=price.ask_e8 if price.has_ask else 0,
        has_last=price.has_last,
        last_e8=price.last_e8 if price.has_last else 0,
        bid_depth_e8=price.bid_depth_e8,
        ask_depth_e8=price.ask_depth_e8,
        source=command.source,
        source_epoch=command.source_epoch,
        observed_before_ms=market.price_observed_ms,
        observed_at_ms=command.observed_at_ms,
    )


def _skipped_text(skipped: list[Decision]) -> str:
    shown = "; ".join(reason.detail for reason in skipped[:SKIPPED_SHOWN])
    more = len(skipped) - SKIPPED_SHOWN
    return f"left out: {shown}" + (f"; and {more} more" if more > 0 else "")


def evolve_prices_updated(state: State, event: PricesUpdated) -> None:
    """The market's prices, and the feed's place."""
    market = state.markets[event.market]
    if event.tick_id != state.price_tick_id:
        state.price_equal += 1
    if event.mark_e8 != market.mark_e8 or event.spot_e8 != market.spot_e8:
        state.price_equal = 0
    observed_before_ms = market.price_observed_ms
    market.mark_before_e8 = event.mark_before_e8
    market.mark_e8 = event.mark_e8
    market.spot_e8 = event.spot_e8
    market.has_external_fair = event.has_external_fair
    market.external_fair_e8 = event.external_fair_e8
    market.has_bid = event.has_bid
    market.bid_e8 = event.bid_e8
    market.has_ask = event.has_ask
    market.ask_e8 = event.ask_e8
    market.has_last = event.has_last
    market.last_e8 = event.last_e8
    market.bid_depth_e8 = event.bid_depth_e8
    market.ask_depth_e8 = event.ask_depth_e8
    market.price_observed_ms = event.observed_at_ms
    market.price_seq = event.seq
    state.price_tick_id = event.tick_id
    state.price_source = event.source
    state.price_epoch = event.source_epoch
    state.price_observed_ms = event.observed_at_ms
    note_calm(market, observed_before_ms)
    if market.price_window_ms and event.mark_e8 > 0:
        _note_window(market, event.mark_e8, event.observed_at_ms)
    if state.waits:
        note_restored(state)


def _note_window(market: Market, mark_e8: int, observed_at_ms: int) -> None:
    """Low and high of the newest part of the window; parts that are past are dropped."""
    window = market.window
    observed_at_ms = _window_time_ms(market, observed_at_ms)
    since_ms = observed_at_ms - market.price_window_ms
    if window and observed_at_ms - window[-3] < market.price_window_ms // BUCKETS + 1:
        window[-2] = min(window[-2], mark_e8)
        window[-1] = max(window[-1], mark_e8)
        return
    first = 0
    while first < len(window) and window[first] < since_ms:
        first += 3
    market.window = [*window[first:], observed_at_ms, mark_e8, mark_e8]
