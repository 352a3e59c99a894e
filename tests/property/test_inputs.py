"""What the funding view remembers of the feeds is what its second derivation makes of the same events."""

from typing import Any

import pytest

from ledger.core.messages import AnyCommand, AnyEvent
from projectors.define.view import View
from projectors.rederive.funding import FundingBook
from projectors.views.feed_guards import INPUTS
from tests import playing
from tests.projecting import frames_of, memory_state, rows_of
from tests.strategies import seeded_history, wild_history

VIEW = View("inputs", 1, (INPUTS,))
"""Without the checks and laws of the whole view, which stop it at what guards only observed."""


def events_of(commands: list[AnyCommand]) -> list[AnyEvent]:
    return playing.events_of(playing.play(playing.opened_state(), commands))


def in_columns(events: list[AnyEvent]) -> dict[str, dict[str, Any]]:
    """The rows of the view, folded some events at a time."""
    state = memory_state(VIEW)
    for first in range(0, len(events), 150):
        state.fold(frames_of(events[first : first + 150], VIEW.plan))
    return {row["market"]: row for row in rows_of(state, "inputs")}


def one_by_one(events: list[AnyEvent]) -> dict[str, dict[str, Any]]:
    """The rows of the second derivation."""
    book = FundingBook(whole=True)
    for event in events:
        book.take(event)
    return {
        str(market): {"market": market, **row} for (market,), row in book.tables["inputs"].shown().items()
    }


@pytest.mark.parametrize("seed", [0, 2])
def test_inputs_of_a_history_in_which_guards_observe_are_derived_alike(seed: int) -> None:
    events = events_of(list(seeded_history(seed, 900, observing=True)))
    columns = in_columns(events)
    assert columns == one_by_one(events)
    assert any(row["finding"] for row in columns.values())


@pytest.mark.parametrize("seed", range(3))
def test_inputs_with_extreme_values_are_derived_alike(seed: int) -> None:
    events = events_of(list(wild_history(seed, 500, observing=True)))
    columns = in_columns(events)
    assert columns == one_by_one(events)
    assert any(row["finding"] for row in columns.values())
