"""The race of 2026-01-19: a thread that restores, another that publishes from the same table."""

import threading

import pytest

from ledger.core.messages import MarketRate
from ledger.errors import Fenced, InvariantError, NotVerified
from ledger.restart.feed import (
    FundingPlace,
    FundingPublisher,
    PricePlace,
    PricePublisher,
    Restoring,
    funding_place_of,
    price_place_of,
)
from tests.spec import USDC, e8, given, market, marks

INDICES = {"BTC": e8("13686"), "ETH": e8("605.6"), "PAXG": e8("-41.2")}
PLACE = FundingPlace(7, 1, INDICES)


def test_a_feed_that_restored_everything_publishes_the_next_tick_of_the_next_instance() -> None:
    feed = Restoring()
    for name, index in INDICES.items():
        feed.restore(name, index)
    publisher = feed.verified_funding(PLACE, "funder")
    rates = [MarketRate(name, 0, 1, 1, index, 0, 0) for name, index in publisher.values_e8.items()]
    first, second = (publisher.tick(("funding", number, 0), number, rates) for number in (1, 2))
    assert (first.tick_id, first.previous_tick_id, first.source_epoch) == (8, 7, 2)
    assert (second.tick_id, second.previous_tick_id) == (9, 8)


def test_a_market_that_is_missing_or_differs_is_named() -> None:
    feed = Restoring()
    feed.restore("PAXG", INDICES["PAXG"])
    feed.restore("BTC", 0)
    with pytest.raises(NotVerified, match=r"BTC: .* restored as 0e-8, the ledger has 1368600000000e-8"):
        feed.verified_funding(PLACE, "funder")
    feed.restore("BTC", INDICES["BTC"])
    with pytest.raises(NotVerified, match=r"ETH: its index was not restored yet"):
        feed.verified_funding(PLACE, "funder")


def test_a_feed_that_restores_has_no_way_to_publish_and_a_publisher_cannot_be_made_up() -> None:
    assert not hasattr(Restoring(), "tick")
    with pytest.raises(InvariantError, match="Restoring"):
        FundingPublisher(None, PLACE, "funder")  # type: ignore[arg-type]
    with pytest.raises(InvariantError, match="Restoring"):
        PricePublisher(None, PricePlace(7, 1, {}), "pricer")  # type: ignore[arg-type]


def test_the_race_of_that_day_cannot_publish_a_zero() -> None:
    """Thread P asks from the first moment, thread R restores market by market."""
    feed = Restoring()
    step = threading.Barrier(2)
    published: list[dict[str, int]] = []
    refusals: list[str] = []

    def publish() -> None:
        for _ in range(len(INDICES) + 1):
            step.wait()
            try:
                published.append(feed.verified_funding(PLACE, "funder").values_e8)
            except NotVerified as fault:
                refusals.append(fault.where)
            step.wait()

    thread = threading.Thread(target=publish)
    thread.start()
    for name in (*INDICES, ""):
        step.wait()
        step.wait()
        if name:
            feed.restore(name, INDICES[name])
    thread.join()
    assert refusals == ["BTC", "ETH", "PAXG"]
    assert published == [INDICES]


def test_the_place_of_a_feed_is_what_the_ledger_has() -> None:
    scenario = given(USDC, market())
    place = funding_place_of(scenario.state)
    assert (place.tick_id, place.epoch, place.values_e8) == (0, 0, {"BTC-USD-PERP": 0})
    prices = price_place_of(scenario.given(marks(1, BTC="60000")).state)
    assert (prices.tick_id, prices.epoch, prices.values_e8) == (1, 1, {"BTC-USD-PERP": e8("60000")})


def test_after_a_tick_that_was_refused_the_next_follows_the_last_accepted_one() -> None:
    feed = Restoring()
    feed.restore("BTC", e8("60000"))
    publisher = feed.verified_prices(PricePlace(7, 1, {"BTC": e8("60000")}), "pricer")
    lost = publisher.tick(("prices", 1, 0), 1, [])
    publisher.goes_on_from(PricePlace(7, 1, {}))
    again = publisher.tick(("prices", 2, 0), 2, [])
    assert (lost.tick_id, again.tick_id, again.previous_tick_id, again.source_epoch) == (8, 8, 7, 2)


def test_a_feed_ends_when_a_later_instance_took_over() -> None:
    feed = Restoring()
    publisher = feed.verified_funding(FundingPlace(7, 1, {}), "funder")
    publisher.goes_on_from(FundingPlace(8, 2, {}))
    with pytest.raises(Fenced, match="instance 3 of this feed took over from 2"):
        publisher.goes_on_from(FundingPlace(9, 3, {}))
