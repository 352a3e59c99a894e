"""Nine weeks of real hourly and 8-hourly funding rates, with a missing hour and a late tick.

A row says what was paid at its time, so the feed publishes row ``k + 1``'s rate at the time of row
``k``. There is no price series beside it: the spot price is held at 27,000.
"""

import json
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from ledger.core.messages import (
    AdvanceFunding,
    FundingIndexAdvanced,
    MarketPrice,
    MarketRate,
    UpdateMarket,
    UpdatePrices,
)
from ledger.core.state import State
from tests.fields import record_of
from tests.playing import Step, events_of, opened_state, play, play_one
from tests.spec import USDC, ask, e8, market, rule

ROWS = Path(__file__).parent.parent / "data" / "hyperliquid" / "fundingHistory_BTC.json"
NAME = "BTC-USD-PERP"
SPOT_E8 = e8("27000")
HOUR_MS = 3_600_000
RULES = {"price_move_max_ppm": 0, "funding_gap_max_ms": 36_000_000, "funding_rate_max_e12": 10**10}
HOURLY = RULES | {"funding_period_s": 3600, "funding_gap_max_ms": 5_400_000}


@dataclass
class Row:
    """One row of the file: what was paid at a time, in 1e-12 per interval."""

    at_ms: int
    rate_e12: int


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [Row(row["time"], e8(row["fundingRate"]) * 10**4) for row in json.loads(ROWS.read_text())]


def hourly_from(rows: list[Row]) -> int:
    """Place of the row from which on the venue paid every hour."""
    return next(
        place for place in range(len(rows)) if rows[place + 1].at_ms - rows[place].at_ms < 2 * HOUR_MS
    )


def tick(number: int, row: Row, rate_e12: int) -> AdvanceFunding:
    """The feed's tick at the time of a row."""
    return ask(
        AdvanceFunding,
        number=number,
        issued_at_us=row.at_ms * 1000,
        tick_id=number,
        previous_tick_id=number - 1,
        source="history",
        source_epoch=1,
        observed_at_ms=row.at_ms,
        rates=[MarketRate(NAME, rate_e12, SPOT_E8, 0, 0, 0, 0)],
    )


@pytest.fixture(scope="module")
def played(rows: list[Row]) -> tuple[State, list[FundingIndexAdvanced]]:
    """Every tick but the last row's, which has no successor to publish."""
    state = opened_state()
    price = MarketPrice(NAME, SPOT_E8, SPOT_E8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    at_ms = rows[0].at_ms
    prices = ask(
        UpdatePrices, tick_id=1, source="history", source_epoch=1, observed_at_ms=at_ms, prices=[price]
    )
    old_series = [rule("tick_age_max_ms", str(10 * 365 * 24 * HOUR_MS)), rule("stale_ticks_max", "0")]
    steps = play(state, [USDC, market(NAME, **RULES), *old_series, prices])
    change = hourly_from(rows)
    for place in range(len(rows) - 1):
        steps.append(play_one(state, tick(place + 1, rows[place], rows[place + 1].rate_e12)))
        if place == change:
            steps.append(play_one(state, hourly_rules()))
    assert [step.detail for step in steps if step.code] == []
    return state, [event for event in events_of(steps) if isinstance(event, FundingIndexAdvanced)]


def hourly_rules() -> UpdateMarket:
    """The same market, paid every hour."""
    header = {"producer", "number", "issued_at_us"}
    rules = {name: value for name, value in record_of(market(NAME, **HOURLY)).items() if name not in header}
    return ask(UpdateMarket, revision_before=1, **rules)


def test_the_file_has_a_missing_hour_and_a_late_tick(rows: list[Row]) -> None:
    steps_ms = [later.at_ms - row.at_ms for row, later in pairwise(rows)]
    odd = [ms for ms in steps_ms if min(abs(ms - HOUR_MS), abs(ms - 8 * HOUR_MS)) > 60_000]
    assert odd == [30_233_018, 27_367_039, 7_199_945]


def test_the_index_is_the_exact_integral_of_the_rates(
    rows: list[Row], played: tuple[State, list[FundingIndexAdvanced]]
) -> None:
    state, _ = played
    change = hourly_from(rows)
    integral = Fraction(0)
    for place in range(len(rows) - 2):
        elapsed_ms = rows[place + 1].at_ms - rows[place].at_ms
        period_ms = 8 * HOUR_MS if place < change else HOUR_MS
        premium_e8 = rows[place + 1].rate_e12 * SPOT_E8 // 10**12
        if elapsed_ms < 2 * HOUR_MS - 60_000 or place < change:
            integral += Fraction(premium_e8 * elapsed_ms, period_ms)
    held = state.markets[NAME]
    carried = Fraction(held.remainder, HOUR_MS)
    assert abs(integral - held.index_e8 - carried) < 1, "only the change of the period may round, once"


def test_the_missing_hour_accrues_nothing_and_is_flagged(
    played: tuple[State, list[FundingIndexAdvanced]],
) -> None:
    gaps = [event for event in played[1] if event.gap]
    assert [(event.elapsed_ms, event.elapsed_applied_ms, event.step_e8) for event in gaps] == [
        (7_199_945, 0, 0)
    ]
    assert gaps[0].premium_e8 != 0


def test_a_late_tick_pays_for_its_whole_interval_and_the_next_for_less(
    played: tuple[State, list[FundingIndexAdvanced]],
) -> None:
    late = next(place for place, event in enumerate(played[1]) if event.elapsed_ms == 30_233_018)
    first, second = played[1][late], played[1][late + 1]
    assert (first.gap, second.gap) == (0, 0)
    assert first.elapsed_applied_ms + second.elapsed_applied_ms == 57_600_057
    assert abs(Fraction(first.premium_applied_e8 * first.elapsed_ms, 8 * HOUR_MS) - first.step_e8) < 1


def test_the_rate_of_a_row_is_applied_to_the_interval_that_ends_at_it(
    rows: list[Row], played: tuple[State, list[FundingIndexAdvanced]]
) -> None:
    for place, event in enumerate(played[1][1:], 1):
        assert event.premium_applied_e8 == rows[place].rate_e12 * SPOT_E8 // 10**12
        assert event.observed_at_ms == rows[place].at_ms


def test_a_tick_that_comes_twice_is_refused(
    rows: list[Row], played: tuple[State, list[FundingIndexAdvanced]]
) -> None:
    state, events = played
    again: Step = play_one(state, tick(len(events), rows[len(events) - 1], 0))
    assert again.code == 501
