from dataclasses import dataclass, field

import pytest

from ledger.core.messages import MarketPrice, PricesUpdated, UpdateMarket, UpdatePrices
from ledger.core.refusals import RefusalCode
from ledger.core.rules.markets import RULE_FIELDS
from ledger.core.values import AMOUNT_MAX_E8
from tests.fields import record_of
from tests.spec import START_MS, START_US, USDC, Scenario, ask, e8, given, like, market, refused

BTC = "BTC-USD-PERP"
ETH = "ETH-USD-PERP"


@dataclass
class Quote:
    """Prices of a market, plausible but for ``changes``."""

    market: str
    mark: str
    changes: dict[str, int] = field(default_factory=dict)

    def entry(self) -> MarketPrice:
        mark = e8(self.mark)
        fields = {
            "mark_e8": mark,
            "spot_e8": mark - 5,
            "has_external_fair": 1,
            "external_fair_e8": mark + 5,
            "has_bid": 1,
            "bid_e8": mark - 10,
            "has_ask": 1,
            "ask_e8": mark + 10,
            "has_last": 1,
            "last_e8": mark + 1,
            "bid_depth_e8": e8("3"),
            "ask_depth_e8": e8("4"),
        } | self.changes
        return MarketPrice(self.market, **fields)


def tick(*quotes: Quote, **header: object) -> UpdatePrices:
    usual: dict[str, object] = {
        "tick_id": 1,
        "source": "prices",
        "source_epoch": 1,
        "observed_at_ms": START_MS,
    }
    return ask(UpdatePrices, prices=[quote.entry() for quote in quotes], **(usual | header))


@pytest.fixture
def ledger() -> Scenario:
    return given(USDC, market(BTC), market(ETH))


def test_a_tick_is_one_event_per_market(ledger: Scenario) -> None:
    ledger.when(tick(Quote(BTC, "60000"), Quote(ETH, "3000"))).then(
        PricesUpdated(
            tick_id=1,
            previous_tick_id=0,
            tick_markets=2,
            market=BTC,
            mark_before_e8=0,
            mark_e8=e8("60000"),
            spot_e8=e8("60000") - 5,
            has_external_fair=1,
            external_fair_e8=e8("60000") + 5,
            has_bid=1,
            bid_e8=e8("60000") - 10,
            has_ask=1,
            ask_e8=e8("60000") + 10,
            has_last=1,
            last_e8=e8("60000") + 1,
            bid_depth_e8=e8("3"),
            ask_depth_e8=e8("4"),
            source="prices",
            source_epoch=1,
            observed_before_ms=0,
            observed_at_ms=START_MS,
        ),
        like(PricesUpdated, market=ETH, tick_markets=2),
    )
    assert [event.occurred_at_us for event in ledger.events] == [START_US, START_US]


def test_the_next_tick_carries_what_was_before(ledger: Scenario) -> None:
    ledger.given(tick(Quote(BTC, "60000")))
    ledger.when(tick(Quote(BTC, "60001"), tick_id=5, previous_tick_id=1, observed_at_ms=START_MS + 1)).then(
        like(
            PricesUpdated,
            previous_tick_id=1,
            mark_before_e8=e8("60000"),
            observed_before_ms=START_MS,
            observed_at_ms=START_MS + 1,
        )
    )
    btc = ledger.state.markets[BTC]
    assert (btc.mark_e8, btc.price_seq, ledger.state.price_tick_id) == (e8("60001"), ledger.state.seq, 5)


def test_an_absent_price_is_recorded_as_absent(ledger: Scenario) -> None:
    quote = Quote(BTC, "60000", {"has_bid": 0, "bid_e8": 7})
    ledger.when(tick(quote)).then(like(PricesUpdated, has_bid=0, bid_e8=0))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"has_bid": 2}, RefusalCode.INVALID_VALUE),
        ({"bid_depth_e8": -1}, RefusalCode.INVALID_VALUE),
        ({"ask_depth_e8": -1}, RefusalCode.INVALID_VALUE),
        ({"mark_e8": AMOUNT_MAX_E8 + 1}, RefusalCode.OUT_OF_RANGE),
        ({"mark_e8": 0}, RefusalCode.PRICE_NOT_POSITIVE),
        ({"spot_e8": -1}, RefusalCode.PRICE_NOT_POSITIVE),
        ({"external_fair_e8": 0}, RefusalCode.PRICE_NOT_POSITIVE),
        ({"bid_e8": 0}, RefusalCode.PRICE_NOT_POSITIVE),
        ({"ask_e8": 0}, RefusalCode.PRICE_NOT_POSITIVE),
        ({"last_e8": 0}, RefusalCode.PRICE_NOT_POSITIVE),
    ],
)
def test_a_market_with_a_bad_price_is_left_out_and_the_others_are_taken(
    ledger: Scenario, changes: dict[str, int], code: RefusalCode
) -> None:
    ledger.when(tick(Quote(BTC, "60000", changes))).then(refused(code, BTC))
    ledger.when(tick(Quote(BTC, "60000", changes), Quote(ETH, "3000")))
    assert (ledger.only(PricesUpdated).market, ledger.only(PricesUpdated).tick_markets) == (ETH, 2)
    assert ledger.decision is not None
    assert ledger.decision.detail.startswith("left out: ")
    assert BTC in ledger.decision.detail


def test_unknown_and_settled_markets_are_left_out(ledger: Scenario) -> None:
    ledger.when(tick(Quote("XRP-USD-PERP", "2"))).then(refused(RefusalCode.MARKET_NOT_FOUND))
    listed = record_of(market(ETH))
    rules = {name: listed[name] for name in RULE_FIELDS} | {"status": "settled"}
    ledger.given(ask(UpdateMarket, market=ETH, revision_before=1, **rules))
    ledger.when(tick(Quote(ETH, "3000"))).then(refused(RefusalCode.MARKET_CLOSED))


def test_a_market_named_twice_is_not_taken_at_all(ledger: Scenario) -> None:
    ledger.when(tick(Quote(BTC, "60000"), Quote(BTC, "60001"))).then(refused(RefusalCode.TICK_INCOMPLETE))
    ledger.when(tick(Quote(BTC, "60000"), Quote(ETH, "3000"), Quote(BTC, "60001"))).then(
        like(PricesUpdated, market=ETH)
    )


def test_the_detail_counts_what_it_does_not_name(ledger: Scenario) -> None:
    unknown = [Quote(f"NO{number}", "1") for number in range(7)]
    ledger.when(tick(Quote(BTC, "60000"), *unknown)).then(like(PricesUpdated, market=BTC))
    assert ledger.decision is not None
    assert ledger.decision.detail.endswith("and 2 more")


def test_a_tick_without_markets_is_refused(ledger: Scenario) -> None:
    ledger.when(tick()).then(refused(RefusalCode.TICK_INCOMPLETE))


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({"source": ""}, RefusalCode.INVALID_VALUE),
        ({"previous_tick_id": 3}, RefusalCode.TICK_OUT_OF_ORDER),
        ({"tick_id": 4}, RefusalCode.TICK_OUT_OF_ORDER),
        ({"source_epoch": 1}, RefusalCode.TICK_OUT_OF_ORDER),
        ({"source": "other"}, RefusalCode.TICK_OUT_OF_ORDER),
        ({"observed_at_ms": START_MS}, RefusalCode.TICK_TIME_INVALID),
        ({"observed_at_ms": START_MS + 2_001}, RefusalCode.TICK_TIME_INVALID),
        ({"observed_at_ms": START_US}, RefusalCode.TICK_TIME_INVALID),
    ],
)
def test_a_tick_that_does_not_follow_the_last_one_is_refused(
    ledger: Scenario, header: dict[str, object], code: RefusalCode
) -> None:
    follows = {"tick_id": 5, "previous_tick_id": 4, "source_epoch": 2, "observed_at_ms": START_MS + 1}
    ledger.given(tick(Quote(BTC, "60000"), tick_id=4, source_epoch=2))
    ledger.when(tick(Quote(BTC, "60001"), **(follows | header))).then(refused(code))
    ledger.given(tick(Quote(BTC, "60001"), **follows))


def test_another_feed_takes_over_with_a_higher_epoch(ledger: Scenario) -> None:
    ledger.given(tick(Quote(BTC, "60000")))
    ledger.given(
        tick(
            Quote(BTC, "60001"),
            tick_id=2,
            previous_tick_id=1,
            source="standby",
            source_epoch=2,
            observed_at_ms=START_MS + 1,
        )
    )
