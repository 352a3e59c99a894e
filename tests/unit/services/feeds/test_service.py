"""Feeds in turn: what a service tells of them, and when it ends; and when a moment is due."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from ledger.core.messages import Outcome, UpdatePrices
from ledger.errors import SettingsFault
from ledger.writer.apply import Answer
from services.feeds.feeds import FundingFeed, PriceFeed
from services.feeds.follower import FeedFollower
from services.feeds.pace import PacedClock
from services.feeds.player import Turn
from services.feeds.service import FeedService
from services.metrics import FeedMetrics
from services.running import Audience
from tests.projecting import written_log
from tests.spec import USDC

HOUR_MS = 3_600_000


class Scripted:
    """A player whose turns are written down."""

    def __init__(self, feed: PriceFeed | FundingFeed, *turns: Turn) -> None:
        self.feed = feed
        self._turns = list(turns)

    def turn(self) -> Turn:
        return self._turns.pop(0) if self._turns else Turn(ended=True)


def ticked(code: int = 0, *, duplicate: bool = False) -> Turn:
    """A tick that was answered."""
    tick = UpdatePrices("price-feed", 70, 0, 7, 6, "test", 2, 7_000, [])
    detail = "too late" if code else ""
    status = "refused" if code else "accepted"
    outcome = Outcome("price-feed", 70, 3, 0, status, code, detail, 0, 0, 0)
    return Turn(tick=tick, answer=Answer(outcome, duplicate=duplicate))


@pytest.fixture
def audience() -> Iterator[Audience]:
    with closing(Audience("feed", FeedMetrics(), "127.0.0.1:0")) as audience:
        yield audience


def service_of(audience: Audience, *players: Scripted, live: bool = True) -> tuple[FeedService, list[Any]]:
    rows: list[Any] = []
    follower = FeedFollower(written_log([USDC]), lambda _: None)
    service = FeedService(players, follower, FeedMetrics(), audience, rows.append, live=live)  # type: ignore[arg-type]
    return service, rows


def test_every_tick_is_reported_and_counted(audience: Audience) -> None:
    service, rows = service_of(audience, Scripted(PriceFeed("test"), ticked(), ticked(504)))
    assert [service.turn(), service.turn(), service.turn()] == [0.0, 0.0, None]
    assert (service.accepted, service.refused) == ({"prices": 1}, {"prices": 1})
    assert rows[0] == {
        "feed": "prices",
        "tick_id": 7,
        "source_epoch": 2,
        "observed_at_ms": 7_000,
        "markets": 0,
        "command_id": "price-feed/70",
        "status": "accepted",
        "duplicate": False,
    }
    assert (rows[1]["code"], rows[1]["reason"], rows[1]["detail"]) == (504, "PRICE_NOT_POSITIVE", "too late")
    assert audience.pulse.ready


def test_a_feed_that_waits_for_long_is_not_ready_and_says_for_what(
    audience: Audience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.feeds.service.READY_LAG_S", 0.0)
    service, _ = service_of(audience, Scripted(FundingFeed("test"), Turn(0.5, why="no market is listed")))
    assert service.turn() == 0.5
    assert (audience.pulse.ready, audience.pulse.role) == (False, "waiting: no market is listed")


def test_a_funding_feed_whose_prices_have_ended_ends_too(audience: Audience) -> None:
    waits = Turn(0.5, why="the prices of its time are not there yet")
    service, _ = service_of(audience, Scripted(PriceFeed("test")), Scripted(FundingFeed("test"), waits))
    assert service.turn() is None


def test_a_series_of_another_time_is_not_played_to_its_end(audience: Audience) -> None:
    service, _ = service_of(audience, Scripted(PriceFeed("test"), ticked(502), ticked(502)), live=False)
    with pytest.raises(SettingsFault, match="tick_age_max_ms"):
        service.turn()
    live, _ = service_of(audience, Scripted(PriceFeed("test"), ticked(502)))
    assert live.turn() == 0.0


def test_a_moment_is_due_at_its_time_or_as_much_later_as_the_speed_says() -> None:
    assert PacedClock(1, live=True).due_ms(7_000) == 7_000
    assert PacedClock(0, live=False).due_ms(7_000) == 0
    paced = PacedClock(3600, live=False)
    first = paced.due_ms(HOUR_MS)
    assert abs(first - paced.now_ms()) < 10_000
    assert paced.due_ms(3 * HOUR_MS) == first + 2_000


def test_a_series_that_is_still_to_come_begins_at_its_time() -> None:
    paced = PacedClock(1, live=False)
    later = paced.now_ms() + HOUR_MS
    assert paced.due_ms(later) == later
