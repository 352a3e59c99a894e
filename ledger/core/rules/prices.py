"""Prices: a tick of the price feed is accepted market by market.

The order of ticks is checked for the whole tick: it names the last accepted one, its number
and its time rise, and its epoch (the number of the feed instance) does not fall. A market
whose prices cannot be taken is left out, so that one bad market does not make all others
stale; the outcome's detail says which and why. A tick of which nothing can be taken is
refused with the first market's reason.
"""

from typing import Final

from ledger.core.decision import ACCEPTED, Decision, refused
from ledger.core.messages import AnyEvent, MarketPrice, PricesUpdated, UpdatePrices
from ledger.core.refusals import RefusalCode
from ledger.core.rules.ticks import Feed, refuse_tick
from ledger.core.rules.words import STATUS_SETTLED
from ledger.core.state import Market, State
from ledger.core.values import AMOUNT_MAX_E8

SKIPPED_SHOWN: Final = 5
"""Markets left out of a tick that the outcome names; the rest is counted."""


def decide_update_prices(state: State, command: UpdatePrices, now_us: int) -> Decision:
    """New prices of every market of the tick that can be taken."""
    feed = Feed(state.price_tick_id, state.price_source, state.price_epoch, state.price_observed_ms)
    refusal = refuse_tick(
        feed,
        Feed(command.tick_id, command.source, command.source_epoch, command.observed_at_ms),
        command.previous_tick_id,
        now_us,
    )
    if refusal is not None:
        return refusal
    if not command.prices:
        return refused(RefusalCode.TICK_INCOMPLETE, "the tick has no market")
    events: list[AnyEvent] = []
    skipped: list[Decision] = []
    times = _times_named(command)
    for price in command.prices:
        reason = _refuse_price(state, price, times)
        if reason is None:
            events.append(_event(state.markets[price.market], command, price))
        else:
            skipped.append(reason)
    if not events:
        return skipped[0]
    return Decision(ACCEPTED, _skipped_text(skipped) if skipped else "", events)


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
        if number <= 0:
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
