"""The service of that day, and why the product cannot do the same."""

import pytest

from ledger.errors import NotVerified
from ledger.restart.feed import FundingPlace, Restoring
from scenarios.day.race import RacingService
from services.feeds.funding import Accrual

STORED = {"BTC": Accrual(13_686), "ETH": Accrual(605), "PAXG": Accrual(611)}


@pytest.mark.parametrize("attempt", range(3))
def test_the_interleaving_of_the_two_threads_is_the_same_every_time(attempt: int) -> None:
    race = RacingService(STORED)
    race.run()
    assert race.order == [
        "R PAXG restored",
        "P BTC publishes 0",
        "P ETH publishes 0",
        "P PAXG publishes 0.00000611",
        "R ETH keeps the newer row",
        "R BTC keeps the newer row",
    ], attempt


def test_what_was_not_restored_is_published_and_stored_as_nothing() -> None:
    race = RacingService(STORED)
    race.run()
    assert {symbol: row.index_e8 for symbol, row in race.table.items()} == {"BTC": 0, "ETH": 0, "PAXG": 611}
    assert race.published == race.table


def test_a_feed_of_the_product_has_nothing_to_publish_with_at_that_moment() -> None:
    restoring = Restoring()
    restoring.restore("PAXG", 611)
    place = FundingPlace(7, 1, {symbol: row.index_e8 for symbol, row in STORED.items()})
    with pytest.raises(NotVerified, match="was not restored yet"):
        restoring.verified_funding(place, "tape")
