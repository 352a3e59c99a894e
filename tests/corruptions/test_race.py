"""The restart race of 2026-01-19, with traders of the tape's population and a keeper's liquidations.

A second instance of the funding feed publishes before it restored: it begins at zero, and names its
place and the next tick rightly. Guards enforced, nobody notices; where they only observe, it is what
happened that day.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest

from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    FundingIndexAdvanced,
    GuardTripped,
    LiquidateAccount,
    LiquidationStarted,
    SettleOffBookTrade,
    SystemStatusChanged,
)
from ledger.core.postings import postings
from ledger.core.refusals import RefusalCode
from ledger.core.rules.health import IN_FORCE, health_of, positions_of
from ledger.core.rules.margin import account_value_e8
from tests.corruptions.population import PRICES, Holder, population
from tests.corruptions.stream import MARKETS, Stream
from tests.fields import changed_entry
from tests.spec import account, ask, deposit, rule

E8: Final = 10**8
EACH: Final = 40
"""One in so many of the 8,000 accounts of the tape trades here."""
TICKS: Final = 3
"""Ticks of the instance that did not restore."""


@cache
def traders() -> dict[str, Holder]:
    """Some accounts of the population that can carry their positions with a bit to spare."""
    drawn = {f"trader-{n:03}": holder for n, holder in enumerate(population()[::EACH])}
    return {name: holder for name, holder in drawn.items() if _leverage(holder) < 30}


def _leverage(holder: Holder) -> float:
    return sum(abs(size) * PRICES[market] for market, size, _ in holder.positions) / holder.equity


def opening(stream: Stream) -> Iterator[AnyCommand]:
    """A Liquidator Vault, a market maker without margin, and the traders' positions at the mark."""
    yield account("LV", kind="LIQUIDATOR")
    yield deposit("LV", "8000000")
    yield account("maker", margin_exempt=1)
    yield rule("liquidation_accounts_max", "0")
    for name, holder in traders().items():
        yield account(name)
        yield deposit(name, f"{holder.equity:.2f}")
        for market, size, _ in holder.positions:
            grain = int(abs(size) * E8) // 1000 * 1000
            if grain:
                yield _trade(name, market, grain if size > 0 else -grain, stream.mark(market))


def _trade(name: str, market: str, size_e8: int, mark_e8: int) -> AnyCommand:

    buyer, seller = (name, "maker") if size_e8 > 0 else ("maker", name)
    return ask(
        SettleOffBookTrade,
        market=market,
        price_e8=mark_e8 // 10**6 * 10**6,
        size_e8=abs(size_e8),
        buyer=buyer,
        seller=seller,
        taker="NONE",
    )


def raced(stream: Stream) -> AdvanceFunding:
    """The next tick of an instance that publishes from a table that is still empty."""
    tick = stream.funding(source_epoch=2, previous_tick_id=stream.state.funding_tick_id)
    entries = [changed_entry(entry, index_claimed_e8=0) for entry in tick.rates]
    tick.rates = entries
    return tick


def day(*, observing: bool) -> tuple[Stream, dict[str, int]]:
    """The stream after the race and what a keeper asked for, and what the traders were worth before."""
    stream = Stream(observing=False).ready()
    stream.take(*opening(stream))
    if observing:
        guards = ("G1", "G2", "G6", "G7a", "G7b")
        stream.take(*(rule(f"guard.{guard}", "observe:3600") for guard in guards))
    stream.next()
    stream.take(stream.prices(), stream.funding())
    before = {name: account_value_e8(stream.state.accounts[name]) for name in traders()}
    for _ in range(TICKS):
        stream.next()
        stream.take(stream.prices())
        stream.send(raced(stream))
        for name in below(stream):
            stream.send(ask(LiquidateAccount, account=name))
    return stream, before


def below(stream: Stream) -> list[str]:
    """Whom the keeper asks for: everybody below maintenance, in order of names."""
    return sorted(
        name
        for name, books in stream.state.accounts.items()
        if positions_of(books) and not books.margin_exempt and not health_of(books, IN_FORCE).healthy()
    )


def liquidated(stream: Stream) -> set[str]:
    return {event.account for event in stream.events if isinstance(event, LiquidationStarted)}


def test_enforced_the_race_is_refused_and_no_account_is_harmed() -> None:
    stream, before = day(observing=False)
    tripped = {event.guard for event in stream.events if isinstance(event, GuardTripped)}
    assert {"G1", "G2", "G6", "G7a"} <= tripped
    assert liquidated(stream) == set()
    assert below(stream) == []
    for name, value in before.items():
        drift = abs(account_value_e8(stream.state.accounts[name]) - value)
        held = sum(abs(size) * PRICES[market] for market, size, _ in traders()[name].positions)
        assert drift <= held * E8 / 1000, "prices moved a little, and nothing else"
    control = stream.state.control
    assert (control.status, control.withdrawals) == ("cancel_only", "closed")
    assert not any(
        event.index_source == "FEED" for event in stream.events if isinstance(event, FundingIndexAdvanced)
    )
    for name in traders():
        answer = stream.send(ask(LiquidateAccount, account=name))
        assert answer.code == RefusalCode.SYSTEM_CANCEL_ONLY


def test_observed_it_does_what_happened_that_day() -> None:
    stream, before = day(observing=True)
    hit = liquidated(stream)
    assert 0.15 < len(hit) / len(traders()) < 0.30, "a quarter of all accounts"
    started = [event for event in stream.events if isinstance(event, LiquidationStarted)]
    assert {event.trigger for event in started if event.account in before} == {"FUNDING"}
    assert all(event.account_value_fair_e8 < event.mmr_fair_e8 for event in started)
    short = {name for name, holder in traders().items() if holder.positions[0][1] < 0}
    assert len(hit & short) > 0.9 * len(hit), "a positive index at zero takes from those who are short"
    after = {name: account_value_e8(stream.state.accounts[name]) for name in before}
    gainers = [name for name in before if after[name] > before[name] * 1.05]
    assert len(gainers) > len(traders()) // 4, "and gives to those who are long"
    assert stream.state.control.status == "ok"
    assert not any(isinstance(event, SystemStatusChanged) for event in stream.events)


def test_observed_the_books_balance_all_the_same() -> None:
    stream, _ = day(observing=True)
    sums: dict[str, int] = {}
    for event in stream.events:
        for leg in postings(event, "USDC"):
            sums[leg.account] = sums.get(leg.account, 0) + leg.amount_e8
    assert sum(sums.values()) == 0
    for name in MARKETS:
        held = [books.holdings[name] for books in stream.state.accounts.values() if name in books.holdings]
        assert sum(holding.size_e8 for holding in held) == 0
        assert sums.get(f"pnl_clearing:{name}", 0) == -sum(holding.cost_e8 for holding in held)


@pytest.mark.parametrize("observing", [False, True])
def test_the_funding_view_stands_still_where_the_writer_let_it_through(observing: bool) -> None:  # noqa: FBT001
    stream, _ = day(observing=observing)
    events = [event for event in stream.events if not isinstance(event, GuardTripped)]
    assert bool(stream.view_stops(events)) == observing
