"""Corrections of single fields, and what is wrong with a correction."""

import pytest

from ledger.errors import SettingsFault
from ledger.incident.counterfactual.corrections import Corrections, FieldCorrection
from ledger.incident.counterfactual.run import Counterfactual, counterfactual
from tests.incidents import BTC, Town, crowded
from tests.spec import deposit, e8


@pytest.fixture
def town() -> Town:
    return crowded()


def replayed(town: Town, command_id: str, field: str, replacement: int | str) -> Counterfactual:
    """The last block again, with one field corrected."""
    corrections = Corrections([FieldCorrection(command_id, field, replacement)], [])
    return counterfactual(town.log, corrections, town.head.height - 1, town.head.height)


def test_a_field_of_a_command_is_replaced(town: Town) -> None:
    (command,) = town.take(deposit("poor", "100"))
    done = replayed(town, command, "amount_e8", e8("70"))
    assert done.state.accounts["poor"].balance_e8 == e8("71")
    assert done.replay.lines.by_account["poor"].total_e8() == -e8("30")
    assert done.replay.counts["corrected"] == 1


def test_an_entry_of_a_tick_is_replaced(town: Town) -> None:
    town.wait(5)
    (command,) = town.take(town.prices(BTC="100700"))
    done = replayed(town, command, f"prices.{BTC}.mark_e8", e8("100200"))
    assert done.state.markets[BTC].mark_e8 == e8("100200")


@pytest.mark.parametrize(
    ("field", "replacement"), [("amounts_e8", 1), ("amount_e8", "1"), ("prices.X.mark_e8", 1), ("asset", 5)]
)
def test_a_field_that_there_is_not_or_of_another_type_is_refused(
    town: Town, field: str, replacement: int | str
) -> None:
    (command,) = town.take(deposit("poor", "100"))
    with pytest.raises(SettingsFault, match="CreditDeposit has no field"):
        replayed(town, command, field, replacement)


def test_a_command_that_is_not_in_the_window_is_named(town: Town) -> None:
    town.take(deposit("poor", "100"))
    with pytest.raises(SettingsFault, match="command feed/7 is to be corrected"):
        replayed(town, "feed/7", "amount_e8", 1)


def test_a_window_without_blocks_is_refused(town: Town) -> None:
    with pytest.raises(SettingsFault, match="there is no window"):
        counterfactual(town.log, Corrections([], []), town.head.height, town.head.height)
