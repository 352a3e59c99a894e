"""Prices outside: the shift, the bridge inside a candle, the generated market."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.values import E8
from ledger.market_data.series import Candle, ticks
from scenarios.day.series import GENERATED, PAXG_FROM_E8, SHIFT_MS, STEP_MS, Outside, at_ms, bridge

DAY = at_ms("2026-01-19 00:00:00")


def test_the_shift_puts_the_middle_of_november_on_the_day() -> None:
    assert at_ms("2025-11-15 00:00:00") == DAY - SHIFT_MS
    outside = Outside(1, DAY)
    assert outside.times_ms[0] == at_ms("2024-02-04 00:00:00")
    recorded = next(tick for tick in ticks() if tick.observed_at_ms == DAY - SHIFT_MS)
    assert outside.spot_e8("BTC", DAY) == recorded.quotes[0].candle.open_e8
    assert outside.rate_e12("ETH", DAY) == recorded.quotes[1].rate_e12
    assert outside.rate_e12(GENERATED, DAY) is None


def test_the_same_seed_gives_the_same_path_and_another_seed_another() -> None:
    moments = [DAY + 4_000 + step * STEP_MS for step in range(200)]
    one, same, other = (
        [outside.spot_e8(symbol, moment) for symbol in ("BTC", GENERATED) for moment in moments]
        for outside in (Outside(1, DAY), Outside(1, DAY), Outside(2, DAY))
    )
    assert one == same != other


def test_the_generated_market_goes_from_its_first_price_to_its_last_and_on() -> None:
    outside = Outside(3, DAY)
    assert outside.spot_e8(GENERATED, outside.times_ms[0]) == PAXG_FROM_E8
    assert abs(outside.spot_e8(GENERATED, DAY) - 4_662 * E8) < E8
    steps = [outside.spot_e8(GENERATED, DAY + step * STEP_MS) for step in range(12_000)]
    assert all(abs(after - before) * 10_000 < before for before, after in pairwise(steps))


@given(
    low=st.integers(10**8, 10**12),
    heights=st.tuples(*[st.integers(0, 10**11)] * 3),
    normals=st.lists(st.integers(-3_300_000, 3_300_000), min_size=1, max_size=60),
)
def test_a_bridge_begins_and_ends_where_the_candle_does_and_stays_inside(
    low: int, heights: tuple[int, int, int], normals: list[int]
) -> None:
    opens, closes = low + heights[0], low + heights[1]
    candle = Candle(0, opens, max(opens, closes) + heights[2], low, closes)
    path = bridge(candle, normals)
    assert (path[0], path[-1]) == (opens, closes)
    assert min(path) >= candle.low_e8
    assert max(path) <= candle.high_e8
