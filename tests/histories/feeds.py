"""Ticks and rule changes of a history."""

from typing import Final

from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    ListMarket,
    MarketPrice,
    MarketRate,
    SettleFunding,
    SweepRounding,
    UpdateMarket,
    UpdatePrices,
)
from tests.histories.author import Author
from tests.histories.shapes import Shape, market_rules
from tests.model.feeds import funding_step

MOVES_PPM: Final = (0, 1_000, -1_000, 15_000, -15_000, 120_000, -100_000)
RATES_E12: Final = (100_000_000, -250_000_000, 0, 1, -1, 20_000_000_000, -20_000_000_000)
STATUSES: Final = ("post_only", "cancel_only", "halted")


def list_shape(author: Author, shape: Shape) -> AnyCommand:
    """One of the history's markets."""
    return ListMarket(*author.head("operator"), market=shape.name, **market_rules(shape))


def prices(author: Author) -> AnyCommand | None:
    """A price tick: quiet, lively or violent, sometimes without one market."""
    world = author.world
    entries = []
    for shape in author.shapes:
        if shape.name not in world.markets:
            continue
        market = world.markets[shape.name]
        before = market.mark or shape.price_e8
        mark = max(1, before + before * author.chooser.pick(MOVES_PPM) // 10**6)
        entries.append(_entry(author, shape.name, mark))
    if not entries:
        return None
    if len(entries) > 1 and author.chooser.integer(0, 9) == 9:
        entries.pop()
    return _tick(author, entries)


def fair_prices(author: Author) -> AnyCommand | None:
    """A price tick with which every market could open: marks as they are, a deep book around them."""
    known = author.world.markets.items()
    entries = [
        _book(name, market.mark) for name, market in known if market.mark and market.status != "settled"
    ]
    return _tick(author, entries) if entries else None


def _book(name: str, mark: int) -> MarketPrice:
    return MarketPrice(name, mark, mark, 1, mark, 1, mark, 1, mark, 1, mark, 10**9, 10**9)


def _entry(author: Author, name: str, mark: int) -> MarketPrice:
    """Prices of one market around a mark: with a book, without one, or without a fair price."""
    what = author.chooser.integer(0, 3)
    if what == 0:
        return _book(name, mark)
    spot = max(1, mark + mark * author.chooser.pick((0, 0, 300, -2_000)) // 10**6)
    fair = max(1, mark + mark * author.chooser.pick((0, 400, -3_000)) // 10**6) if what < 3 else 0
    return MarketPrice(name, mark, spot, int(what < 3), fair, 0, 0, 0, 0, 1, mark, 0, 0)


def _tick(author: Author, entries: list[MarketPrice]) -> AnyCommand:
    """The price tick of these entries, by the feed instance that is in force."""
    world = author.world
    feed = (world.price_source or "pricer", max(1, world.price_epoch))
    head = author.head("prices")
    tick_id = world.price_tick + author.chooser.pick((1, 1, 3))
    return UpdatePrices(*head, tick_id, world.price_tick, *feed, author.now_us // 1_000, entries)


def funding(author: Author) -> AnyCommand | None:
    """A funding tick, with and without a claim of the index, at times exactly as late as is no gap."""
    world = author.world
    first = world.markets.get(author.shapes[0].name)
    if first is not None and first.funding_time_ms is not None and author.chooser.integer(0, 5) == 5:
        longest_ms = first.funding_time_ms + first.rule("funding_gap_max_ms")
        author.now_us = max(author.now_us, longest_ms * 1_000)
    now_ms = author.now_us // 1_000
    begins = author.chooser.integer(0, 19) == 19
    entries = []
    for shape in author.shapes:
        market = world.markets.get(shape.name)
        if market is None or not market.spot:
            return None
        claims = 1 if begins else author.chooser.pick((0, 1, 0))
        step, _ = funding_step(author.world, market, now_ms)
        claim = market.index + step + author.chooser.pick((0, 2, -2)) if claims else 0
        rate = author.chooser.pick(RATES_E12)
        has_premium = author.chooser.pick((0, 1))
        premium = (rate * market.spot // 10**12 + author.chooser.pick((0, 1))) * has_premium
        entries.append(MarketRate(shape.name, rate, market.spot, claims, claim, has_premium, premium))
    head = author.head("funding")
    epoch = max(1, world.funding_epoch) + int(begins)
    tick_id, source = world.funding_tick + 1, world.funding_source or "funder"
    return AdvanceFunding(*head, tick_id, world.funding_tick, source, epoch, now_ms, entries)


def settle_funding(author: Author) -> AnyCommand | None:
    """Accrued funding of some position."""
    found, market = author.trader(), author.market()
    if found is None or market is None:
        return None
    return SettleFunding(*author.head("gateway"), found[0], market[0])


def sweep(author: Author) -> AnyCommand | None:
    """Whole units of dust of some market."""
    market = author.market()
    return None if market is None else SweepRounding(*author.head("operator"), market[0])


def update_market(author: Author) -> AnyCommand | None:
    """Another status, margin, fee, gap, limit or band."""
    market = author.market()
    if market is None:
        return None
    name, known = market
    if known.status != "ok":
        return update_of(author, name, {"status": "ok"})
    if author.chooser.integer(0, 3) == 3:
        author.plan(*(author.a_deed for _ in range(author.chooser.integer(0, 4))))
        author.plan(lambda later: update_of(later, name, {"status": "ok"}))
        return update_of(author, name, {"status": author.chooser.pick(STATUSES)})
    change: dict[str, object] = author.chooser.pick(
        (
            {"imf_base_ppm": author.chooser.pick((20_000, 100_000, 10_000))},
            {"taker_fee_ppm": author.chooser.pick((200, 0, 999))},
            {"maker_fee_ppm": author.chooser.pick((30, 0, 7))},
            {"funding_gap_max_ms": author.chooser.pick((30_000, 36_000_000))},
            {"price_band_ppm": author.chooser.pick((50_000, 10_000, 200_000))},
            {"open_orders_max": author.chooser.pick((12, 2))},
            lowered(author, name),
            {"funding_period_s": author.chooser.pick((28_800, 3_600, 7))},
        )
    )
    return update_of(author, name, change)


def lowered(author: Author, name: str) -> dict[str, object]:
    """Limits below some position that is there, or far above all."""
    sizes = [abs(a.positions[name].size) for a in author.world.accounts.values() if name in a.positions]
    limit = author.chooser.pick((10**16, max([2, *sizes]) // 2, max([1, *sizes])))
    return {"position_limit_e8": limit, "order_size_max_e8": limit}


def update_of(author: Author, name: str, change: dict[str, object]) -> AnyCommand | None:
    """The rules of a market as they are, but for ``change``; nothing when a rollback has taken it away."""
    known = author.world.markets.get(name)
    if known is None:
        return None
    return UpdateMarket(
        *author.head("operator"), market=name, **(known.rules | change), revision_before=known.revision
    )
