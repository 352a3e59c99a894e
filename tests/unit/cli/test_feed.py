"""``ledger feed``: series played into an embedded ledger, killed, and played on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.bootstrap import create_ledger, open_writer
from ledger.log.codec import encode_command
from ledger.market_data.series import FUNDING_GAP_MAX_MS, candles
from ledger.settings import load_settings
from tests.fields import changed
from tests.spec import USDC, market

Ledger = Callable[..., Any]

BTC, ETH = "BTC-USD-PERP", "ETH-USD-PERP"
WIDE = {"funding_gap_max_ms": FUNDING_GAP_MAX_MS, "price_move_max_ppm": 400_000}


@pytest.fixture
def past(data: Path) -> Path:
    """A ledger that was opened when the recorded series begin, with both markets."""
    settings = load_settings(data=data)
    began_us = (candles("BTC")[0].observed_at_ms - 1000) * 1000
    create_ledger(settings, "past", began_us)
    writer = open_writer(settings)
    for number, command in enumerate((USDC, market(BTC, **WIDE), market(ETH, **WIDE)), 1):
        framed = encode_command(changed(command, number=number, issued_at_us=0))
        (answer,) = writer.submit([framed], began_us)
        assert answer.outcome.code == 0, answer.outcome.detail
    writer.close()
    return data


def feed(ledger: Ledger, data: Path, *options: str) -> tuple[list[dict[str, Any]], Any]:
    """The ticks that ``ledger feed both`` printed, and what it left."""
    finished = ledger("feed", "both", "--data", data, "--json", *options)
    return finished.lines(), finished


def test_the_recorded_series_is_played_in_order_and_played_on(ledger: Ledger, past: Path) -> None:
    options = ("--series", "recorded", "--speed", "max", "--ticks", "20")
    first, finished = feed(ledger, past, *options)
    assert finished.code == 0
    assert "40 ticks accepted, 0 refused" in finished.err
    assert [(row["feed"], row["tick_id"]) for row in first[:4]] == [
        ("prices", 1),
        ("funding", 1),
        ("prices", 2),
        ("funding", 2),
    ]
    second, _ = feed(ledger, past, *options)
    rows = first + second
    times = [row["observed_at_ms"] for row in rows if row["feed"] == "funding"]
    assert times == [candle.observed_at_ms for candle in candles("BTC")[: len(times)]]
    assert {row["status"] for row in rows} == {"accepted"}
    assert {row["source_epoch"] for row in second} == {2}
    state = open_writer(load_settings(data=past)).state
    assert (state.price_tick_id, state.funding_tick_id) == (40, 40)
    assert state.markets[BTC].index_e8 != 0
    assert state.control.status == "ok"


def test_a_series_of_another_time_is_refused_with_what_to_do(ledger: Ledger, data: Path) -> None:
    assert ledger("submit", "docs/feeds.ndjson", "--data", data).code == 0
    finished = ledger("feed", "both", "--data", data, "--series", "recorded", "--speed", "max")
    assert finished.code == 2
    assert "tick_age_max_ms" in finished.err


def test_a_generated_series_runs_now_with_a_book_and_a_funding_rate(ledger: Ledger, data: Path) -> None:
    assert ledger("submit", "docs/feeds.ndjson", "--data", data).code == 0
    rows, finished = feed(ledger, data, "--every", "1", "--ticks", "2")
    assert finished.code == 0, finished.err
    assert [row["status"] for row in rows] == ["accepted"] * 4
    state = open_writer(load_settings(data=data)).state
    assert state.markets[BTC].has_bid == state.markets[ETH].has_ask == 1
    assert state.markets[BTC].rate_e12 != 0


def test_prices_of_chosen_markets_start_where_it_is_said(ledger: Ledger, data: Path) -> None:
    assert ledger("submit", "docs/feeds.ndjson", "--data", data).code == 0
    options = ("--speed", "max", "--ticks", "1", "--markets", BTC, "--first", f"{BTC}=1000", "--json")
    finished = ledger("feed", "prices", "--data", data, *options)
    assert [row["markets"] for row in finished.lines()] == [1]
    state = open_writer(load_settings(data=data)).state
    assert abs(state.markets[BTC].spot_e8 - 1000 * 10**8) < 10**8
    assert state.markets[ETH].spot_e8 == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--speed", "0"), "a whole number above 0, or max"),
        (("--first", f"{BTC}=1e5"), "not a decimal"),
        (("--first", f"{BTC}=0"), "a price is above 0"),
        (("--markets", "DOGE-USD-PERP"), "the ledger lists no such market"),
    ],
)
def test_what_cannot_be_played_is_said_before_anything_is(
    ledger: Ledger, data: Path, options: tuple[str, ...], said: str
) -> None:
    assert ledger("submit", "docs/feeds.ndjson", "--data", data).code == 0
    finished = ledger("feed", "prices", "--data", data, *options)
    assert finished.code in (2, 3)
    assert said in " ".join(finished.err.replace("│", " ").split())


def test_the_help_of_every_feed_names_its_options(ledger: Ledger) -> None:
    for name in ("prices", "funding", "both"):
        assert "--series" in ledger("feed", name, "--help").out
