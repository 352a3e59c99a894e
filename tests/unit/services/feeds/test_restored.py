"""Feeds over a ledger in memory: what they fold is what the ledger has, whatever was refused."""

import pytest

from ledger.core.evolve import evolve
from ledger.core.messages import AnyCommand, ChangeStatus, FundingIndexRestated, ListMarket
from ledger.core.refusals import RefusalCode
from ledger.core.rules.words import STATUS_MAINTENANCE
from ledger.core.values import PPM
from ledger.errors import NotVerified
from ledger.market_data.series import PERIOD_MS, candles
from ledger.restart.feed import Header, funding_place_of, price_place_of
from services.feeds.restored import Restored
from services.feeds.series import STEP_MAX_PPM, Generated, Recorded, Timetable, last_recorded_e8
from services.feeds.ticks import Observation, prices_at, rates_at
from tests.spec import START_MS, USDC, Scenario, ask, e8, event, given, market, refused, rule

FIRST = {"BTC-USD-PERP": e8("60000"), "ETH-USD-PERP": e8("3000")}
BTC, ETH = FIRST
DAY_MS = 24 * 3600 * 1000


def strict(name: str) -> ListMarket:
    """A market whose guards leave no room."""
    return market(
        name,
        funding_rate_tolerance_e12=1,
        price_move_max_ppm=50_000,
        fair_divergence_max_ppm=50_000,
        price_window_move_max_ppm=50_000,
    )


class Exchange:
    """A ledger with both feeds beside it, ticking every 5 s."""

    def __init__(self) -> None:
        self.scenario: Scenario = given(USDC)
        self.restored = Restored()
        self.series = Generated(Timetable(5_000, live=False), 7, FIRST)
        self.at_ms = START_MS
        self.take(strict(BTC))
        self.take(strict(ETH))
        self.prices = self.restored.price_publisher("pricer")
        self.funding = self.restored.funding_publisher("funder")

    def take(self, command: AnyCommand) -> None:
        """A command, accepted or refused, and its events."""
        self.scenario.when(command)
        for row in self.scenario.events:
            self.restored.fold(row)
        self._compare()

    def tick(self, spoil: int = 0) -> None:
        """A moment of the series; ``spoil`` is added to every claimed index."""
        restored = self.restored
        moment = self.series.after(self.at_ms, self.at_ms, restored.listed())
        self.at_ms = moment.observed_at_ms
        self.prices.goes_on_from(restored.price_place())
        self.take(self.prices.tick(self.header(), self.at_ms, prices_at(restored, moment.observed)))
        self.funding.goes_on_from(restored.funding_place())
        rates = rates_at(restored, self.at_ms, {})
        for rate in rates:
            rate.index_claimed_e8 += spoil
        self.take(self.funding.tick(self.header(), self.at_ms, rates))

    def header(self) -> Header:
        return ("test", 0, self.at_ms * 1000)

    def _compare(self) -> None:
        state = self.scenario.state
        funding, prices = self.restored.funding_place(), self.restored.price_place()
        for mine, ledgers in ((funding, funding_place_of(state)), (prices, price_place_of(state))):
            assert (mine.tick_id, mine.epoch, mine.values_e8) == (
                ledgers.tick_id,
                ledgers.epoch,
                ledgers.values_e8,
            )
        for name, known in self.restored.markets.items():
            listed = state.markets[name]
            assert (known.accrual.index_e8, known.accrual.remainder) == (listed.index_e8, listed.remainder)
            assert known.accrual.premium_e8 == listed.premium_e8


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


def accepted(exchange: Exchange) -> bool:
    decision = exchange.scenario.decision
    assert decision is not None
    return decision.code == 0


def test_every_tick_of_both_feeds_is_accepted_by_guards_without_tolerance(exchange: Exchange) -> None:
    for _ in range(60):
        exchange.tick()
        assert accepted(exchange), exchange.scenario.decision
    assert exchange.restored.funding.tick_id == 60
    assert exchange.restored.markets[BTC].index_e8 != 0


def test_a_refused_tick_leaves_no_trace_and_the_next_is_accepted(exchange: Exchange) -> None:
    exchange.take(rule("guard.G2", "refuse"))
    exchange.tick()
    exchange.tick(spoil=1_000_000)
    exchange.scenario.then(refused(RefusalCode.INDEX_CLAIM_MISMATCH))
    exchange.tick()
    assert accepted(exchange)
    assert exchange.restored.funding.tick_id == 2


def test_a_market_left_out_of_a_tick_keeps_its_averages(exchange: Exchange) -> None:
    exchange.tick()
    averages = exchange.restored.markets[ETH].averages
    observed = {BTC: Observation(e8("60001")), ETH: Observation(e8("9000"))}
    prices = prices_at(exchange.restored, observed)
    exchange.at_ms += 5_000
    exchange.prices.goes_on_from(exchange.restored.price_place())
    exchange.take(exchange.prices.tick(exchange.header(), exchange.at_ms, prices))
    assert exchange.restored.markets[ETH].averages is averages
    assert exchange.restored.markets[BTC].spot_e8 == e8("60001")


def test_an_index_that_does_not_follow_from_its_rates_is_not_built_upon(exchange: Exchange) -> None:
    for guard in ("G1", "G2", "G7a"):
        exchange.take(rule(f"guard.{guard}", "observe:3600"))
    exchange.tick()
    wrong = rates_at(exchange.restored, exchange.at_ms + 5_000, {})
    wrong[0].index_claimed_e8 = 77
    exchange.at_ms += 5_000
    exchange.funding.goes_on_from(exchange.restored.funding_place())
    exchange.scenario.when(exchange.funding.tick(exchange.header(), exchange.at_ms, wrong))
    for row in exchange.scenario.events:
        exchange.restored.fold(row)
    with pytest.raises(NotVerified, match=f"{BTC}: its index was restored as .*, the ledger has 77e-8"):
        exchange.restored.funding_publisher("funder")


def test_a_restated_index_is_gone_on_from(exchange: Exchange) -> None:
    exchange.tick()
    exchange.tick()
    restated = event(FundingIndexRestated, market=BTC, index_after_e8=e8("3"), remainder_after=17)
    evolve(exchange.scenario.state, restated)
    exchange.restored.fold(restated)
    exchange.tick()
    assert accepted(exchange), exchange.scenario.decision
    assert exchange.restored.markets[BTC].index_e8 > e8("2.9")


def test_nothing_accrues_in_maintenance_and_the_claim_knows(exchange: Exchange) -> None:
    exchange.tick()
    exchange.take(ask(ChangeStatus, status=STATUS_MAINTENANCE, issued_at_us=exchange.at_ms * 1000))
    before = exchange.restored.markets[BTC].index_e8
    exchange.tick()
    assert accepted(exchange)
    assert exchange.restored.markets[BTC].index_e8 == before


def test_a_new_market_has_no_price_until_its_first_tick(exchange: Exchange) -> None:
    assert exchange.restored.unpriced() == [BTC, ETH]
    exchange.tick()
    assert exchange.restored.unpriced() == []


def test_a_settled_market_is_in_no_tick(exchange: Exchange) -> None:
    exchange.tick()
    exchange.scenario.state.markets[ETH].status = "settled"
    exchange.restored.markets[ETH].status = "settled"
    exchange.tick()
    assert accepted(exchange)
    assert exchange.restored.funding_place().values_e8.keys() == {BTC}


def test_a_market_that_a_series_knows_nothing_of_is_named_and_left_out(exchange: Exchange) -> None:
    exchange.take(strict("PAXG-USD-PERP"))
    markets = exchange.restored.listed()
    for series in (Recorded(), Generated(Timetable(5_000, live=True), 7, last_recorded_e8())):
        assert series.unknown(markets) == ["PAXG-USD-PERP"]
        moment = series.after(0, 0, markets)
        assert moment is not None
        assert moment.observed.keys() == {BTC, ETH}


def test_a_recorded_series_goes_on_after_any_time_and_ends(exchange: Exchange) -> None:
    series, markets = Recorded(shift_ms=65 * DAY_MS), exchange.restored.listed()
    first = series.after(0, 0, markets)
    assert first is not None
    second = series.after(first.observed_at_ms, 0, markets)
    assert second is not None
    assert second.observed_at_ms - first.observed_at_ms == PERIOD_MS
    assert (first.observed_at_ms - 65 * DAY_MS, first.observed[BTC].rate_e12 is None) == (
        min(candle.observed_at_ms for candle in candles("BTC")),
        False,
    )
    assert series.after(10**14, 0, markets) is None


def test_a_generated_series_is_the_same_for_the_same_seed(exchange: Exchange) -> None:
    markets = exchange.restored.listed()
    series = Generated(Timetable(5_000, live=False), 7, FIRST)
    one, two = (series.after(10_000, 0, markets).observed[BTC] for _ in range(2))
    assert (one.spot_e8, one.outside_e8) == (two.spot_e8, two.outside_e8)
    assert abs(one.spot_e8 - FIRST[BTC]) * PPM <= STEP_MAX_PPM * FIRST[BTC]


def test_a_timetable_passes_over_times_only_when_it_is_live() -> None:
    replayed, live = (Timetable(5_000, live=live) for live in (False, True))
    assert replayed.after(10_000, 99_999, {}).observed_at_ms == 15_000
    assert live.after(10_000, 99_999, {}).observed_at_ms == 95_000
    assert live.after(98_000, 99_999, {}).observed_at_ms == 100_000
    assert replayed.after(0, 99_999, {}).observed_at_ms == live.after(0, 99_999, {}).observed_at_ms == 95_000


def test_the_newest_recorded_price_is_that_of_the_last_candle() -> None:
    assert last_recorded_e8()["BTC"] == candles("BTC")[-1].close_e8
