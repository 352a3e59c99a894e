"""Every corruption that a tick can carry: refused where guards enforce, seen where they observe."""

import pytest

from ledger.core.decision import Decision
from ledger.core.messages import (
    AnyEvent,
    FundingIndexAdvanced,
    GuardTripped,
    LiquidateAccount,
    LiquidationStarted,
    MarketUpdated,
    PricesUpdated,
    SystemStatusChanged,
)
from ledger.core.refusals import RefusalCode
from ledger.core.rules.margin import account_value_e8, maintenance_margin_e8
from tests.corruptions.rows import ROWS, Row
from tests.corruptions.stream import MARKETS, Stream
from tests.spec import account, ask, deposit

PRICE_GUARDS = {"G5", "G5x", "G5w"}
"""They leave one market out of a tick and close it; the tick is accepted for the others."""

IDS = [f"{row.number:02d}" for row in ROWS]


def run(row: Row, *, observing: bool) -> tuple[Stream, list[Decision]]:
    """A stream after the inputs of a row, and what became of each."""
    stream = Stream(observing=observing).ready()
    return stream, [stream.send(command) for command in row.inputs(stream)]


NOT_LIQUIDATED = {RefusalCode.HEALTHY, RefusalCode.SYSTEM_CANCEL_ONLY, RefusalCode.MARKET_CLOSED}
"""The account is sound, or nobody is liquidated while the exchange or its market is closed."""


@pytest.mark.parametrize("number", [1, 2, 3])
def test_observed_a_zeroed_index_liquidates_who_was_sound(number: int) -> None:
    """What happened that day: accrued funding of years turns round, and one side fails its margin."""
    row = next(row for row in ROWS if row.number == number)
    stream = Stream(observing=True, money="130000").ready()
    stream.take(account("LV", kind="LIQUIDATOR", margin_exempt=1), deposit("LV", "8000000"))
    assert [stream.send(ask(LiquidateAccount, account=name)).code for name in ("ann", "bob")] == [
        RefusalCode.HEALTHY,
        RefusalCode.HEALTHY,
    ]
    for command in row.inputs(stream):
        stream.send(command)
    codes = [stream.send(ask(LiquidateAccount, account=name)).code for name in ("ann", "bob")]
    assert codes == [RefusalCode.HEALTHY, 0]
    assert any(isinstance(event, LiquidationStarted) for event in stream.events)


def trips(events: list[AnyEvent]) -> list[GuardTripped]:
    return [event for event in events if isinstance(event, GuardTripped)]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_enforced_the_input_becomes_no_event_and_nobody_is_harmed(row: Row) -> None:
    stream, decisions = run(row, observing=False)
    tripped = trips(stream.events)
    assert row.guards <= {event.guard for event in tripped}
    bad = [decision for decision in decisions if trips(decision.events)]
    for decision in bad:
        tripping = {event.market for event in trips(decision.events)}
        priced = {event.market for event in decision.events if isinstance(event, PricesUpdated)}
        assert tripping <= priced if row.taken else not tripping & priced
        assert not any(isinstance(event, FundingIndexAdvanced) for event in decision.events)
    assert bad[0].code == row.code or bad[0].code == 0 < len(row.guards & PRICE_GUARDS)
    assert any(isinstance(event, MarketUpdated) for event in bad[0].events) == (bad[0].code == 0)
    for name in MARKETS:
        assert abs(stream.state.markets[name].index_e8 - lawful_index(stream, name)) <= 2
    for name, holder in stream.state.accounts.items():
        assert account_value_e8(holder) > maintenance_margin_e8(holder)
        assert stream.send(ask(LiquidateAccount, account=name)).code in NOT_LIQUIDATED


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_what_closes_withdrawals_and_what_does_not(row: Row) -> None:
    stream, _ = run(row, observing=False)
    closes = any(event.policy == "enforce" for event in trips(stream.events))
    control = stream.state.control
    assert (control.withdrawals == "closed") == closes
    whole = any(
        event.policy == "enforce" and event.guard not in PRICE_GUARDS for event in trips(stream.events)
    )
    assert (control.status == "cancel_only") == whole
    changes = [event for event in stream.events if isinstance(event, SystemStatusChanged)]
    seqs = {event.seq for event in trips(stream.events)}
    assert all(event.guard_seq in seqs for event in changes)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_observed_the_input_is_taken_recorded_and_stops_the_funding_view(row: Row) -> None:
    stream, decisions = run(row, observing=True)
    assert all(decision.code == 0 for decision in decisions)
    assert row.guards <= {event.guard for event in trips(stream.events)}
    assert {event.action for event in trips(stream.events)} == {"recorded"}
    assert (stream.state.control.status, stream.state.control.withdrawals) == ("ok", "open")
    assert stream.view_stops(stream.events)


ONLY_RECORDED = {49, 50, 51}
"""Rows that leave no trace in events but the guard's own: what a tick had too much is dropped."""


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r.number not in ONLY_RECORDED], ids=lambda r: f"{r.number:02d}"
)
def test_the_funding_view_finds_it_without_the_guards_records(row: Row) -> None:
    stream, _ = run(row, observing=True)
    events = [event for event in stream.events if not isinstance(event, GuardTripped)]
    assert stream.view_stops(events)


def test_a_good_stream_trips_nothing_and_stops_no_view() -> None:
    stream = Stream(observing=False).ready(40)
    assert trips(stream.events) == []
    assert stream.view_stops(stream.events) == ""


def lawful_index(stream: Stream, name: str) -> int:
    """The index by the events' own premiums and times."""
    index = 0
    for event in stream.events:
        if isinstance(event, FundingIndexAdvanced) and event.market == name:
            assert event.index_source == "COMPUTED"
            index += (
                event.premium_applied_e8 * event.elapsed_applied_ms + event.remainder_before
            ) // 28_800_000
    return index
