"""What operators decide of a correction: who ends below nothing, and who was spared a liquidation."""

import pytest

from ledger.core.messages import ReleaseWithdrawal, RequestWithdrawal, SettleFunding, TransferSent
from ledger.errors import PlanInvalid
from ledger.incident.correction.parts import Asked
from ledger.incident.correction.plans import correction_of
from ledger.incident.counterfactual.run import Counterfactual
from ledger.incident.plan import Plan
from ledger.writer.recovery import recover
from tests.incidents import BTC, Town, corrected_from, crowded
from tests.remedies import Operators, value_e8
from tests.spec import ask, e8
from tests.undoing import all_events


class Gain:
    """``long`` gained ten thousand by an index of nothing, and took nine thousand out of the ledger."""

    def __init__(self) -> None:
        self.town: Town = crowded()
        self.operators = Operators(self.town)
        self.last_good = self.town.head.height
        self.town.tick("0")
        self.town.take(ask(SettleFunding, account="long", market=BTC))
        (asked,) = self.town.take(
            ask(RequestWithdrawal, account="long", asset="USDC", amount_e8=e8("9000"), destination="0x")
        )
        self.town.take(ask(ReleaseWithdrawal, account="long", withdrawal_id=asked, external_ref="0x1"))

    def planned(self, **choices: tuple[str, ...]) -> tuple[Plan, Counterfactual]:
        """A plan of now with these choices."""
        asked = Asked("it", "index was wrong", **choices)
        return correction_of(self.town.log, corrected_from(3), self.last_good, asked)

    def corrected(self, **choices: tuple[str, ...]) -> Plan:
        """The correction applied."""
        self.operators.status("maintenance")
        plan, _ = self.planned(**choices)
        self.operators.approve(plan)
        answer = self.operators.apply(plan)
        assert answer.outcome.code == 0, answer.outcome.detail
        return plan


def test_an_account_that_ends_negative_owes_it_unless_operators_choose_otherwise() -> None:
    gain = Gain()
    plan = gain.corrected()
    state = gain.town.writer.state
    assert value_e8(state, "long") == -e8("6001")
    assert state.accounts["long"].status == "restricted"
    row = {"account": "long", "value_e8": -e8("6001"), "treatment": "receivable"}
    assert plan.report["negative"] == [row]
    assert (plan.head.payer, plan.head.total_e8) == ("", 0)


def test_a_negative_account_is_covered_by_the_liquidator_who_has_a_claim_then() -> None:
    gain = Gain()
    fund = gain.town.writer.state.accounts["LV"].balance_e8
    plan = gain.corrected(cover=("long",))
    state = gain.town.writer.state
    assert value_e8(state, "long") == 0
    assert state.accounts["long"].status == "restricted"
    assert state.accounts["LV"].balance_e8 == fund - e8("6001")
    assert (plan.head.payer, plan.head.total_e8) == ("LV", e8("6001"))
    sent = [event for event in all_events(gain.town.log) if isinstance(event, TransferSent)][-1]
    assert (sent.transfer_kind, sent.counterparty, sent.incident_id) == ("BANKRUPTCY_COVER", "long", "it")
    assert recover(gain.town.log, None).state.accounts["long"].balance_e8 == state.accounts["long"].balance_e8


def test_the_positions_of_a_negative_account_are_taken_over_at_the_mark() -> None:
    gain = Gain()
    gain.corrected(close=("long",))
    state = gain.town.writer.state
    assert state.accounts["long"].holdings[BTC].size_e8 == 0
    assert state.accounts["long"].balance_e8 == value_e8(state, "long") == -e8("6001")
    assert state.accounts["LV"].holdings[BTC].size_e8 == e8("1")
    assert state.accounts["long"].status == "restricted"
    assert state.bankruptcy_e8 == e8("6001")


@pytest.mark.parametrize("choice", ["cover", "close"])
def test_nothing_is_chosen_for_an_account_that_does_not_end_negative(choice: str) -> None:
    with pytest.raises(PlanInvalid, match=r"rich does not end negative.*These do: long"):
        Gain().planned(**{choice: ("rich",)})


def spared_by_a_gain() -> Gain:
    """``long`` would have been taken over when the mark fell, had it not had a false gain."""
    gain = Gain.__new__(Gain)
    gain.town = crowded()
    gain.operators = Operators(gain.town)
    gain.last_good = gain.town.head.height
    gain.town.tick("0")
    for index in range(1, 7):
        gain.town.tick(str(index), "97100")
    gain.town.tick("7", "100000")
    return gain


def test_who_a_false_gain_spared_a_liquidation_is_charged_only_if_operators_say_so() -> None:
    gain = spared_by_a_gain()
    plan, done = gain.planned()
    assert plan.report["should_have_been_liquidated"] == ["long"]
    assert plan.body["payments"] == []
    gain.corrected(charge=("long",))
    state = gain.town.writer.state
    assert value_e8(state, "long") == value_e8(done.state, "long")
    assert value_e8(state, "LV") == value_e8(done.state, "LV")


def test_nobody_is_charged_who_was_spared_nothing() -> None:
    with pytest.raises(PlanInvalid, match=r"no wrong gain spared rich.*Charge none but long"):
        spared_by_a_gain().planned(charge=("rich",))
