import pytest

from ledger.core.rules.bands import band_limit_e8, outside_band
from ledger.core.state import Market
from tests.spec import e8


@pytest.fixture
def market() -> Market:
    listed = Market("BTC-USD-PERP")
    listed.mark_e8 = e8("100")
    listed.price_band_ppm = 50_000
    listed.price_tick_e8 = e8("0.1")
    return listed


def test_only_the_aggressive_side_is_bound(market: Market) -> None:
    assert outside_band(market, -1, e8("94"))
    assert not outside_band(market, 1, e8("90"))
    assert not outside_band(market, -1, e8("200"))


def test_the_edges_of_the_band_are_inside(market: Market) -> None:
    assert not outside_band(market, 1, e8("105"))
    assert outside_band(market, 1, e8("105") + 1)
    assert not outside_band(market, -1, e8("95"))
    assert outside_band(market, -1, e8("95") - 1)


def test_the_limit_of_a_market_order_is_the_edge_of_the_band(market: Market) -> None:
    assert band_limit_e8(market, 1) == e8("105")
    assert band_limit_e8(market, -1) == e8("95")


def test_the_limit_is_on_tick_inside_the_band(market: Market) -> None:
    market.price_tick_e8 = e8("0.7")
    assert band_limit_e8(market, 1) == e8("105")
    assert band_limit_e8(market, -1) == e8("95.2")


def test_a_buy_has_no_limit_where_the_first_tick_is_above_the_band(market: Market) -> None:
    market.price_tick_e8 = e8("106")
    assert band_limit_e8(market, 1) == 0


def test_a_sell_has_a_positive_limit_however_wide_the_band(market: Market) -> None:
    market.price_band_ppm = 1_500_000
    assert band_limit_e8(market, -1) == e8("0.1")
