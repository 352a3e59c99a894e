"""Rows 58 to 60: parameters, listings, and a book that is too thin to open."""

import pytest

from ledger.core.messages import (
    ChangeStatus,
    GuardTripped,
    MarketUpdated,
    RegisterKey,
    SystemStatusChanged,
    UpdateMarket,
)
from ledger.core.refusals import RefusalCode as Code
from tests.corruptions.stream import BTC, LIMITS, MARKETS, PAXG, Stream
from tests.fields import changed, changed_entry, record_of
from tests.spec import ask, given, market, refused, rule


def test_row_58_observing_ends_by_itself() -> None:
    stream = Stream(observing=False).ready()
    stream.take(rule("guard.G2", "observe:60"))
    for place in range(20):  # noqa: B007
        stream.next()
        stream.take(stream.prices())
        tick = stream.funding()
        first = changed_entry(tick.rates[0], index_claimed_e8=tick.rates[0].index_claimed_e8 + 100)
        decision = stream.send(changed(tick, rates=[first, *tick.rates[1:]]))
        stream.index[BTC] = stream.state.markets[BTC].index_e8
        stream.premium[BTC] = stream.state.markets[BTC].premium_e8
        stream.remainder[BTC] = stream.state.markets[BTC].remainder
        if decision.code:
            break
    assert decision.code == Code.INDEX_CLAIM_MISMATCH
    assert place == 11, "after a minute of ledger time"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("funding_period_s", 0),
        ("funding_gap_max_ms", 8 * 24 * 3_600_000),
        ("funding_rate_max_e12", 10**12 + 1),
        ("price_move_max_ppm", 1_000_001),
    ],
)
def test_row_58_a_parameter_has_bounds(name: str, value: int) -> None:
    stream = Stream(observing=False).ready()
    rules = record_of(market(BTC, **(LIMITS | {name: value})))
    command = ask(UpdateMarket, **(rules | {"revision_before": 3, "number": 0}))
    assert stream.send(command).code == Code.INVALID_RULES


def test_row_58_a_parameter_needs_two_keys_when_there_are_two() -> None:
    keys = [
        ask(RegisterKey, key_id=name, public_key=digits * 32, role="operator", operator=person)
        for name, digits, person in (("ops-1", "ab", "Ada"), ("ops-2", "cd", "Ben"))
    ]
    ledger = given().signed("ops-1").given(*keys)
    ledger.when(rule("guard.G2", "observe:60")).then(refused(Code.SECOND_SIGNATURE_REQUIRED))
    ledger.signed("ops-1", "ops-2").given(rule("guard.G2", "observe:60"))


def test_row_59_an_index_starts_at_zero() -> None:
    stream = Stream(observing=False).ready()
    assert stream.send(market("DOGE-USD-PERP", index_start_e8=1)).code == Code.INVALID_RULES


def opening(stream: Stream, bid_ppm: int) -> None:
    """Post-only for a minute, the best bid of PAXG below its mark by a part of it."""
    stream.state.control.put_status("post_only")
    for _ in range(12):
        stream.next()
        tick = stream.prices()
        entries = [
            changed_entry(e, bid_e8=e.mark_e8 - e.mark_e8 * bid_ppm // 10**6) if e.market == PAXG else e
            for e in tick.prices
        ]
        stream.take(changed(tick, prices=entries), stream.funding())


def test_row_60_a_market_with_a_thin_book_stays_in_post_only_while_the_others_open() -> None:
    stream = Stream(observing=False).ready()
    opening(stream, 60_000)
    decision = stream.send(ask(ChangeStatus, status="ok"))
    assert decision.code == 0
    changes = [event for event in decision.events if isinstance(event, SystemStatusChanged)]
    assert "market PAXG-USD-PERP fails: spread" in changes[0].gates
    closed = [event for event in decision.events if isinstance(event, MarketUpdated)]
    assert [(event.market, event.status) for event in closed] == [(PAXG, "post_only")]
    assert [stream.state.markets[name].status for name in MARKETS] == ["ok", "ok", "post_only"]
    assert not any(isinstance(event, GuardTripped) for event in stream.events)


def test_row_60_with_a_fair_book_all_open() -> None:
    stream = Stream(observing=False).ready()
    opening(stream, 100)
    assert stream.send(ask(ChangeStatus, status="ok")).code == 0
    assert {stream.state.markets[name].status for name in MARKETS} == {"ok"}
