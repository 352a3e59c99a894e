"""Rows 4 to 6, 24, 28 to 30: what never becomes a command, or says that something is absent."""

import json
from typing import Any

import pytest

from ledger.core.messages import PlaceOrder, PricesUpdated
from ledger.core.refusals import RefusalCode as Code
from ledger.edge.commands import Rejected, read_line
from tests.corruptions.stream import BTC, Stream
from tests.fields import changed, changed_entry
from tests.spec import START_US, ask, e8, rule

RATE: dict[str, Any] = {"market": BTC, "rate": "0.0001", "spot": "95520", "index_claimed": "13686"}
PRICE: dict[str, Any] = {"market": BTC, "mark": "95520", "spot": "95520", "bid_depth": "1", "ask_depth": "1"}
HEAD = {
    "producer": "feed",
    "number": 1,
    "tick_id": 1,
    "previous_tick_id": 0,
    "source": "f",
    "source_epoch": 1,
}


def line(name: str, entries: str, entry: dict[str, Any]) -> bytes:
    tick = {"command": name, **HEAD, "observed_at_ms": START_US // 1000, entries: [entry]}
    return json.dumps(tick).encode()


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "", "1e4", 13686, 13686.0, True, "NaN"])
def test_rows_4_to_6_an_index_that_is_no_decimal_is_no_command(value: object) -> None:
    found = read_line(line("AdvanceFunding", "rates", RATE | {"index_claimed": value}), START_US)
    assert isinstance(found, Rejected)
    assert found.code is Code.MALFORMED_COMMAND


def test_an_index_in_a_scale_past_all_bounds_is_out_of_range() -> None:
    found = read_line(line("AdvanceFunding", "rates", RATE | {"index_claimed": "13686" + "0" * 18}), START_US)
    assert isinstance(found, Rejected)
    assert found.code is Code.OUT_OF_RANGE


@pytest.mark.parametrize("name", ["rate", "spot", "market"])
def test_row_24_a_rate_that_is_null_or_missing_is_no_command(name: str) -> None:
    without = {key: value for key, value in RATE.items() if key != name}
    for entry in (RATE | {name: None}, without):
        assert isinstance(read_line(line("AdvanceFunding", "rates", entry), START_US), Rejected)


@pytest.mark.parametrize("name", ["mark", "spot", "external_fair", "bid", "last"])
def test_rows_29_and_30_a_price_that_is_null_is_no_command(name: str) -> None:
    assert isinstance(read_line(line("UpdatePrices", "prices", PRICE | {name: None}), START_US), Rejected)


def test_row_28_a_negative_price_is_refused_whatever_the_guards_do() -> None:
    for observing in (False, True):
        stream = Stream(observing=observing).ready()
        stream.next()
        tick = stream.prices()
        bad = changed_entry(tick.prices[0], mark_e8=-1)
        decision = stream.send(changed(tick, prices=[bad]))
        assert decision.code == Code.PRICE_NOT_POSITIVE
        assert not any(isinstance(event, PricesUpdated) for event in decision.events)


def test_row_30_without_an_external_fair_price_restricted_modes_take_no_order() -> None:
    stream = Stream(observing=False).ready()
    stream.next()
    tick = stream.prices()
    bare = [changed_entry(entry, has_external_fair=0, external_fair_e8=0) for entry in tick.prices]
    decision = stream.send(changed(tick, prices=bare))
    assert {event.has_external_fair for event in decision.events if isinstance(event, PricesUpdated)} == {0}
    stream.take(rule("mode.resting_orders", "cancel_only,post_only,ok"))
    stream.state.control.put_status("cancel_only")
    order = ask(
        PlaceOrder,
        account="ann",
        market=BTC,
        side="BUY",
        order_type="LIMIT",
        instruction="POST_ONLY",
        size_e8=e8("1"),
        has_price=1,
        price_e8=e8("90000"),
    )
    assert stream.send(order).code == Code.FAIR_PRICE_MISSING
