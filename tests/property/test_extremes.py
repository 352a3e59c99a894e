"""No values that a command can carry stop the writer: they are refused, or what they make can be recorded."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest

from ledger.core.decide import decide
from ledger.core.messages import AdvanceFunding, AnyCommand, Event, UpdatePrices
from ledger.log.codec import encode_event
from tests import playing
from tests.fields import changed, changed_entry, entry_record, record_of
from tests.histories.control import all_observed
from tests.histories.wild import any_values
from tests.strategies import seeded_history, wild_history

EACH: Final = 2
"""Commands of one kind, accepted and refused ones, of which every field is tried with every value."""
KINDS: Final = 35


def spoilt(command: AnyCommand) -> Iterator[AnyCommand]:
    """The command with each field set to each extreme value, and so with the first entry of a tick."""
    for name, values in any_values(record_of(command)).items():
        for value in values:
            yield changed(command, **{name: value})
    match command:
        case UpdatePrices() if command.prices:
            first, *others = command.prices
            for name, values in any_values(entry_record(first)).items():
                for value in values:
                    yield changed(command, prices=[changed_entry(first, **{name: value}), *others])
        case AdvanceFunding() if command.rates:
            rate, *rest = command.rates
            for name, values in any_values(entry_record(rate)).items():
                for value in values:
                    yield changed(command, rates=[changed_entry(rate, **{name: value}), *rest])
        case _:
            pass


def recorded(events: list[Event]) -> None:
    """Every event can be written to the log."""
    for event in events:
        encode_event(event)


@pytest.mark.parametrize("observing", [False, True])
def test_every_field_of_every_command_may_have_any_value(observing: bool) -> None:  # noqa: FBT001
    state = playing.opened_state()
    if observing:
        assert not any(step.code for step in playing.play(state, all_observed(playing.START_US)))
    tried: Counter[tuple[str, bool]] = Counter()
    for command in seeded_history(11, 700):
        kind = type(command).__name__
        refused = bool(decide(state, command, max(state.recorded_at_us, command.issued_at_us)).code)
        if tried[kind, refused] < EACH:
            tried[kind, refused] += 1
            for other in spoilt(command):
                recorded(list(decide(state, other, max(state.recorded_at_us, other.issued_at_us)).events))
        playing.play_one(state, command)
    assert len({kind for kind, _ in tried}) >= KINDS


@pytest.mark.parametrize("seed", range(6))
def test_what_extreme_values_leave_behind_lets_the_ledger_go_on(seed: int) -> None:
    state = playing.opened_state()
    for command in wild_history(seed, 500, observing=bool(seed % 2)):
        recorded(list(playing.play_one(state, command).events))
