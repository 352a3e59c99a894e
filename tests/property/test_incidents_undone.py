"""Random incidents taken back by a rollback: vaults, money in and out, a wrong index in one market or two."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.digest import view_digests, writer_digest
from ledger.core.values import E8
from ledger.incident.audit import audit, suspect
from ledger.incident.propose import corrections_of
from ledger.incident.refunds.inputs import lines_of
from ledger.incident.rollback.planner import Wanted, apply_command, plan_rollback
from ledger.incident.rollback.proof import find_rollback, prove
from ledger.log.codec import encode_command
from ledger.writer.recovery import recover, state_at
from tests.incidents_at_random import MARKETS, Incident
from tests.remedies import Operators


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), markets=st.integers(1, 2), vault=st.booleans())
def test_nothing_of_an_incident_is_left_after_a_rollback(seed: int, markets: int, *, vault: bool) -> None:
    incident = Incident(seed, markets=MARKETS[:markets], vault=vault)
    town = incident.town
    operators = Operators(town)
    operators.status("maintenance")
    good = state_at(town.log, incident.last_good)
    before = town.writer.state
    plan = plan_rollback(town.log, None, Wanted(incident.last_good, "it", "index was wrong"))
    operators.approve(plan)
    apply = encode_command(apply_command(plan, 1, town.now_us))
    (answer,) = town.writer.submit([apply], town.now_us)
    assert answer.outcome.code == 0, answer.outcome.detail
    state = town.writer.state
    proof = prove(town.log, find_rollback(town.log))
    assert (proof["findings"], proof["target"]["replayed"]) == ([], writer_digest(good))
    assert {name: market.index_e8 for name, market in state.markets.items()} == {
        name: market.index_e8 for name, market in good.markets.items()
    }
    assert {name: amount for name, amount in state.custody.items() if amount} == {
        name: amount for name, amount in before.custody.items() if amount
    }
    for name in good.vaults:
        held = {holder: stake.shares_e8 for holder, stake in state.vaults[name].stakes.items()}
        assert held == {holder: stake.shares_e8 for holder, stake in good.vaults[name].stakes.items()}
    cash_e16 = sum(one.balance_e8 + sum(one.pending.values()) for one in state.accounts.values()) * E8
    positions_e16 = 0
    for name, market in state.markets.items():
        held_in = [one.holdings[name] for one in state.accounts.values() if name in one.holdings]
        assert sum(one.size_e8 for one in held_in) == 0
        positions_e16 += sum(
            -one.cost_e8 * E8 - one.size_e8 * (market.index_e8 - one.cached_index_e8) for one in held_in
        )
        positions_e16 += market.dust_e16
    assert cash_e16 + positions_e16 == state.custody["USDC"] * E8
    recovered = recover(town.log, None).state
    assert (writer_digest(recovered), view_digests(recovered)) == (writer_digest(state), view_digests(state))
    again = apply_command(plan, 2, town.now_us)
    (refused,) = town.writer.submit([encode_command(again)], town.now_us)
    assert refused.outcome.code != 0
    assert writer_digest(town.writer.state) == writer_digest(state)


@pytest.mark.parametrize("seed", range(3))
def test_the_audit_of_an_incident_with_vaults_adds_up(seed: int) -> None:
    incident = Incident(seed, markets=MARKETS[:1], vault=True)
    head = incident.town.head.height
    evidence, before = suspect(incident.town.log, incident.last_good, head)
    assert incident.last_good <= before < head
    found = audit(incident.town.log, corrections_of(evidence), incident.last_good, head)
    for effect in found.effects:
        assert effect.difference_e8 == sum(part.amount_e8 for part in effect.parts.values())
    lines = {line.account: line for line in lines_of(found.inputs, "C", found.excluded)}
    unwinding = [name for name, one in found.done.recorded.accounts.items() if one.kind == "AUXILIARY"]
    assert all(lines[name].amount_e8 == 0 for name in unwinding if name in lines)
