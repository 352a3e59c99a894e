"""How many accounts each corruption would harm where guards only observe, out of a drawn population."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from ledger.core.messages import FundingIndexAdvanced
from tests.corruptions.population import INDICES, PRICES, Error, population
from tests.corruptions.rows import ROWS, Row
from tests.corruptions.stream import BTC, MARKETS, PAXG, Stream, formula

MINUTES: Final = 34
"""How long it took on 2026-01-19 until the exchange was closed."""
DRIFT_MINUTES: Final = 5
PERIOD_MINUTES: Final = 480
E8: Final = 10**8

THIN_BOOK: Final = -0.062
"""Lowest basis of the mark in the second wave (tape.md 8)."""
DRIFTED: Final = (1 - 0.001) ** (DRIFT_MINUTES * 12) - 1
DRIFTS: Final = frozenset({34, 35, 36})
READ_AS_ZERO: Final = {4: 1, 5: 1, 6: 1, 24: 16, 28: 26, 29: 26}
"""What the schema stops, and the row that it would be if absent or unreadable were zero."""
NOBODY: Final = frozenset({30, 57, 59})
"""No account has a position that depends on it: an order's band, a block that is not in the chain, a market
in which nobody trades yet."""


@cache
def harms() -> Mapping[int, int]:
    """Accounts harmed, by row."""
    holders = population()

    def count(error: Error) -> int:
        return sum(holder.is_harmed(error) for holder in holders)

    found = {row.number: max(map(count, _errors(row)), default=0) for row in ROWS if row.number not in DRIFTS}
    found |= dict.fromkeys(DRIFTS, count(Error(marks={PAXG: DRIFTED})))
    found |= {number: found[other] for number, other in READ_AS_ZERO.items()}
    found |= dict.fromkeys(NOBODY, 0)
    found[54] = count(Error(indices={BTC: -INDICES[BTC]}))
    found[55] = count(Error(indices={name: -_rate(name) * _accrual(name) for name in MARKETS}))
    found[56] = count(Error(caches_lost=True))
    found[58] = count(Error(indices={name: 7 * _rate(name) * _accrual(name) for name in MARKETS}))
    found[60] = count(Error(marks={PAXG: THIN_BOOK}))
    return found


def _rate(name: str) -> float:
    stream = Stream(observing=False)
    return formula(stream.mark(name), stream.spot(name)) / 10**12


def _accrual(name: str) -> float:
    """What a rate of 1 adds to an index until the exchange is closed."""
    return PRICES[name] * MINUTES / PERIOD_MINUTES


def _errors(row: Row) -> Iterator[Error]:
    """What is wrong after each input of a row, and what wrong premiums add until the exchange is closed."""
    stream = Stream(observing=True).ready()
    lawful = {name: stream.state.markets[name].index_e8 for name in MARKETS}
    seen = len(stream.events)
    for command in row.inputs(stream):
        stream.send(command)
        for event in stream.events[seen:]:
            if isinstance(event, FundingIndexAdvanced):
                lawful[event.market] += event.step_e8
        seen = len(stream.events)
        markets = stream.state.markets
        later = MINUTES / PERIOD_MINUTES
        indices = {
            name: (markets[name].index_e8 - lawful[name]) / E8
            + (markets[name].premium_e8 - stream.premium[name]) / E8 * later
            for name in MARKETS
        }
        marks = {name: markets[name].mark_e8 / stream.mark(name) - 1 for name in MARKETS}
        yield Error(indices, marks)
