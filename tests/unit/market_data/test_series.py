from itertools import pairwise

import pytest

from ledger.core.values import E8, E12
from ledger.errors import SettingsFault
from ledger.market_data.series import PERIOD_MS, candles, exact, funding_rates, period_of, ticks

FIRST_MS = 1_701_388_800_000


def test_the_series_begin_with_december_2023_and_have_no_gap() -> None:
    for symbol in ("BTC", "ETH"):
        times = [candle.observed_at_ms for candle in candles(symbol)]
        assert times[0] == FIRST_MS
        assert {later - at for at, later in pairwise(times)} == {PERIOD_MS}
        assert sorted(funding_rates(symbol)) == times


def test_numbers_are_read_exactly() -> None:
    first = candles("BTC")[0]
    assert (first.open_e8, first.high_e8, first.low_e8, first.close_e8) == (
        3771680000000,
        3834340000000,
        3760450000000,
        3824208488652,
    )
    assert funding_rates("BTC")[FIRST_MS + 3 * PERIOD_MS] == 99_500_000


def test_a_candle_lies_within_its_high_and_low() -> None:
    for symbol in ("BTC", "ETH"):
        for candle in candles(symbol):
            assert 0 < candle.low_e8 <= min(candle.open_e8, candle.close_e8)
            assert candle.high_e8 >= max(candle.open_e8, candle.close_e8)


def test_the_rate_of_the_next_row_is_published_at_the_time_of_a_row() -> None:
    rates = funding_rates("ETH")
    for tick in ticks():
        assert tick.quotes[1].rate_e12 == rates[tick.observed_at_ms + PERIOD_MS]


def test_ticks_have_every_market_and_end_one_row_before_the_shorter_series() -> None:
    played = list(ticks())
    assert len(played) == len(candles("BTC")) - 1
    assert {tuple(quote.symbol for quote in tick.quotes) for tick in played} == {("BTC", "ETH")}


def test_a_late_row_belongs_to_its_period_and_a_stray_one_is_refused() -> None:
    assert period_of(FIRST_MS + 16) == FIRST_MS
    with pytest.raises(SettingsFault, match="away from its period"):
        period_of(FIRST_MS + 60_000)


def test_a_number_with_too_many_digits_is_refused() -> None:
    assert exact("9.95e-05", E12) == 99_500_000
    with pytest.raises(SettingsFault, match="more digits"):
        exact("0.000000001", E8)
