"""The core and the second ledger take the same commands and must say the same, command by command."""

import pytest
from hypothesis import given

from ledger.core.messages import AnyCommand
from ledger.core.refusals import RefusalCode
from tests import playing
from tests.fields import record_of
from tests.model.ledger import Model
from tests.strategies import histories, seeded_history


def agree(commands: list[AnyCommand]) -> None:
    """Play ``commands`` through both ledgers and compare after each."""
    state = playing.opened_state()
    model = Model(seq=1)
    for command in commands:
        step = playing.play_one(state, command)
        verdict = model.apply(command)
        said = f"{type(command).__name__} {record_of(command)}: {step.code} {step.detail!r}"
        assert (step.code == 0) == verdict.accepted, f"{said}; model: {verdict}"
        if step.code:
            assert RefusalCode(step.code) == min(verdict.codes), f"{said}; model: {verdict}"
        told = [(type(event).__name__, getattr(event, "account", "")) for event in step.events]
        assert told == list(verdict.events), said
        assert playing.balances(state) == model.balances(), said
        assert playing.stakes(state) == model.stakes(), said
        assert playing.positions(state) == model.positions(), said
        assert playing.open_orders(state) == model.open_orders(), said
        assert playing.funding(state) == model.funding(), said
        assert playing.status(state) == model.status(), said


@given(histories(observing=True))
def test_the_core_agrees_with_the_model_on_every_command(commands: list[AnyCommand]) -> None:
    agree(commands)


@pytest.mark.parametrize("seed", range(6))
def test_the_core_agrees_with_the_model_on_long_seeded_histories(seed: int) -> None:
    agree(list(seeded_history(seed, 700, observing=True)))
