"""Takeovers that both histories have: what was taken over too much goes back, penalties are put right."""

import pytest

from ledger.core.messages import LiquidateAccount
from ledger.incident.correction.parts import Asked
from ledger.incident.correction.plans import correction_of
from ledger.incident.counterfactual.run import Counterfactual
from ledger.incident.effects import ONLY_RECORDED, OTHER_SIZE, flags_of
from ledger.incident.plan import Plan
from tests.incidents import BTC, Town, corrected_from, crowded
from tests.remedies import Operators, value_e8
from tests.spec import ask, e8

UNITS = 20


class Fall:
    """The mark falls, and a wrong index takes or gives ``long`` something: it is taken over anyway."""

    def __init__(self, claim: str, mark: str) -> None:
        self.town: Town = crowded()
        self.operators = Operators(self.town)
        self.last_good = self.town.head.height
        self.town.tick("10001")
        self.town.tick(claim, mark)
        self.town.take(ask(LiquidateAccount, account="long"))
        self.town.tick(str(int(claim) + 1), "99000")
        asked = Asked("it", "index was wrong")
        made = correction_of(self.town.log, corrected_from(4), self.last_good, asked)
        self.plan: Plan = made[0]
        self.done: Counterfactual = made[1]

    def size(self) -> int:
        """What ``long`` has."""
        return self.town.writer.state.accounts["long"].holdings[BTC].size_e8

    def correct(self) -> None:
        """Apply the plan."""
        self.operators.status("maintenance")
        self.operators.approve(self.plan)
        answer = self.operators.apply(self.plan)
        assert answer.outcome.code == 0, answer.outcome.detail


@pytest.mark.parametrize(
    ("claim", "mark"),
    [
        ("10200", "97700"),
        ("9900", "97700"),
        ("10100", "97800"),
        ("10400", "96500"),
    ],
)
def test_a_takeover_of_another_size_becomes_what_it_should_have_been(claim: str, mark: str) -> None:
    fall = Fall(claim, mark)
    ((recorded,), (should,)) = fall.done.replay.liquidations_recorded, fall.done.replay.liquidations
    assert recorded.liquidation_id == should.liquidation_id
    flags = flags_of(fall.done).get("long", {})
    assert (OTHER_SIZE in flags) == (recorded.sizes != should.sizes)
    assert ONLY_RECORDED not in flags
    fall.correct()
    state, expected = fall.town.writer.state, fall.done.state
    assert fall.size() == expected.accounts["long"].holdings[BTC].size_e8
    for name in ("long", "LV", "short"):
        assert abs(value_e8(state, name) - value_e8(expected, name)) <= UNITS, name
    assert fall.size() == e8("1") + should.sizes[BTC]
