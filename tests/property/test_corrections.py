"""Surgical corrections of random incidents: who traded freely ends as if nothing had gone wrong."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.digest import table_digests, view_digests, writer_digest
from ledger.core.messages import (
    AnyEvent,
    DepositToVault,
    FillSettled,
    FundingSettled,
    RedeemShares,
    TradeBusted,
)
from ledger.core.postings import postings
from ledger.core.values import E8
from ledger.incident.audit import audit
from ledger.incident.correction.parts import Asked
from ledger.incident.correction.plans import correction_of
from ledger.incident.counterfactual.corrections import COMPUTED, Corrections, TickCorrection
from ledger.incident.counterfactual.run import Counterfactual
from ledger.incident.effects import MIGHT_HAVE_FILLED, ONLY_RECORDED, effects_of, flags_of
from ledger.incident.plan import Plan
from ledger.incident.refunds.inputs import lines_of
from ledger.incident.refunds.plan import Terms, payments, refund_plan
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.writer.apply import block_events, read_command
from ledger.writer.recovery import recover
from tests.chains import broken_links
from tests.incidents_at_random import MARKETS, Incident
from tests.remedies import Operators, value_e8
from tests.tables import Tables

SEEDS = range(12)
ALLOWED = {ONLY_RECORDED, MIGHT_HAVE_FILLED}
UNITS = 2
"""Units of 1e-8 that rounding may take per settlement and reversal."""


class Corrected:
    """A random incident that was corrected on its own ledger."""

    def __init__(self, seed: int, *, vault: bool = False, incident: Incident | None = None) -> None:
        markets = MARKETS[: 1 + seed % 2] if incident is None else MARKETS
        self.incident = incident or Incident(seed, markets=markets, vault=vault)
        self.town = self.incident.town
        self.operators = Operators(self.town)
        self.operators.status("maintenance")
        self.plan: Plan
        self.done: Counterfactual
        wrong = Corrections([], [TickCorrection(name, 0, 10**9, COMPUTED) for name in markets])
        self.plan, self.done = correction_of(
            self.town.log, wrong, self.incident.last_good, Asked("it", "index was wrong")
        )
        self.operators.approve(self.plan)
        answer = self.operators.apply(self.plan)
        assert answer.outcome.code == 0, answer.outcome.detail

    def events(self) -> list[AnyEvent]:
        """Every event of the ledger."""
        return events_of(self.town.log)


def events_of(log: MemoryLog) -> list[AnyEvent]:
    """Every event of a log, in order."""
    head = log.head()
    assert head is not None
    parts = [log.read_partition(number, 1, head.height) for number in range(log.partitions)]
    return [event for row in zip(*parts, strict=True) for event in block_events([part.blob for part in row])]


def roundings(events: list[AnyEvent]) -> Counter[str]:
    """How often each account was settled or had a fill reversed."""
    kinds = (FillSettled, FundingSettled, TradeBusted)
    return Counter(event.account for event in events if isinstance(event, kinds))


def not_free(corrected: Corrected) -> set[str]:
    """Accounts that did something of their own will that the corrected inputs would not have let them.

    And those that both histories took over, or that keep a gain that no remedy takes away.
    """
    done = corrected.done
    found = {name for name, flags in flags_of(done).items() if flags.keys() - ALLOWED}
    found |= {effect.account for effect in effects_of(done) if "transfers_e8" in effect.parts}
    paid = {payee for _, payee, kind, *_ in corrected.plan.body["payments"] if kind == "REFUND"}
    return found | (set(corrected.plan.report["cash_in_place_of_a_position"]) - paid)


def moved_apart(corrected: Corrected) -> tuple[Counter[str], set[str]]:
    """What vault deposits of one history alone moved, by account, and who had such a redemption.

    An account has so much more than in the counterfactual, as the correction leaves such money where it is.
    """
    town, moved, odd = corrected.town, Counter[str](), set[str]()
    flows = [note.split()[2] for note in corrected.plan.report["notes"] if note.startswith("vault flow")]
    for stored in town.log.read_commands(0, 10_000):
        command = read_command(stored.data)
        if not isinstance(command, DepositToVault | RedeemShares):
            continue
        flow = f"{command.producer}/{command.number}"
        if flow in flows and isinstance(command, DepositToVault):
            sign = 1 if flow in corrected.done.replay.flows_apart else -1
            moved[command.account] -= sign * command.amount_e8
            moved["fund"] += sign * command.amount_e8
        elif flow in flows and isinstance(command, RedeemShares):
            odd |= {command.account, command.aux_account, "fund"}
    return moved, odd


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), vault=st.booleans())
def test_accounts_whose_trades_were_feasible_end_as_in_the_counterfactual(seed: int, *, vault: bool) -> None:
    corrected = Corrected(seed, vault=vault)
    state, should = corrected.town.writer.state, corrected.done.state
    count = roundings(corrected.events())
    moved, redeemed = moved_apart(corrected)
    odd = not_free(corrected) | redeemed
    for name in state.accounts.keys() - odd - {"lv"}:
        more = value_e8(state, name) - value_e8(should, name) - moved[name]
        assert abs(more) <= UNITS * max(1, count[name]), name
    total = sum(value_e8(state, name) for name in state.accounts)
    assert abs(total - sum(value_e8(should, name) for name in should.accounts)) <= UNITS * count.total()
    if not odd:
        house = value_e8(should, corrected.done.replay.house)
        assert abs(value_e8(state, "lv") - value_e8(should, "lv") - house) <= UNITS * count.total()


@pytest.mark.parametrize("seed", SEEDS)
def test_laws_hold_after_a_correction_and_a_restart_finds_the_same(seed: int) -> None:
    corrected = Corrected(seed, vault=seed % 3 == 0)
    state = corrected.town.writer.state
    events = corrected.events()
    assert broken_links(events) == []
    sums: Counter[tuple[str, str]] = Counter()
    for event in events:
        for leg in postings(event, "USDC"):
            sums[leg.account, leg.asset] += leg.amount_e8
    assert not any(amount for key, amount in sums.items() if key[0].startswith("transit:"))
    for name, market in state.markets.items():
        held = [one.holdings[name] for one in state.accounts.values() if name in one.holdings]
        assert sum(holding.size_e8 for holding in held) == 0
        assert sums[f"pnl_clearing:{name}", "USDC"] == -sum(holding.cost_e8 for holding in held)
        accrued = sum(-one.size_e8 * (market.index_e8 - one.cached_index_e8) for one in held)
        assert E8 * sums[f"funding_clearing:{name}", "USDC"] == accrued + market.dust_e16
    stated = {name: digest.hexdigest() for name, digest in table_digests(state).items()}
    assert Tables(events).digests() == stated
    recovered = recover(corrected.town.log, None).state
    assert writer_digest(recovered) == writer_digest(state)
    assert view_digests(recovered) == view_digests(state)


@pytest.mark.parametrize("seed", [0, 5, 14])
def test_shares_of_a_vault_are_those_of_the_counterfactual(seed: int) -> None:
    corrected = Corrected(seed, vault=True)
    assert corrected.plan.body["shares"]
    assert any(not row[6] for row in corrected.plan.body["fills"])
    stakes = [state.vaults["fund"].stakes for state in (corrected.town.writer.state, corrected.done.state)]
    held = [{name: stake.shares_e8 for name, stake in one.items()} for one in stakes]
    assert held[0] == held[1]


def test_the_seeds_reverse_takeovers_and_correct_two_markets_in_one_plan() -> None:
    plans = [Corrected(seed).plan for seed in SEEDS]
    assert sum(plan.report["takeovers_reversed"] for plan in plans) > len(SEEDS) // 2
    assert any(len(plan.body["indices"]) == 2 for plan in plans)


@pytest.mark.parametrize("seed", [0, 1, 3, 6])
@pytest.mark.parametrize("method", ["A", "B+", "C"])
def test_refunds_sum_to_their_lines_and_paying_twice_changes_nothing(seed: int, method: str) -> None:
    incident = Incident(seed, markets=MARKETS, vault=False)
    town = incident.town
    operators = Operators(town)
    wrong = Corrections([], [TickCorrection(name, 0, 10**9, COMPUTED) for name in MARKETS])
    found = audit(town.log, wrong, incident.last_good, town.head.height)
    lines = lines_of(found.inputs, method, found.excluded)
    plan = refund_plan(Terms(town.log.ledger_id, "it", town.head.height, town.head.last_seq, "lv"), lines, {})
    operators.approve(plan)
    before = {name: one.balance_e8 for name, one in town.writer.state.accounts.items()}
    for producer in ("one", "two"):
        for command in payments(plan, town.writer.state, producer, town.now_us):
            (answer,) = town.writer.submit([encode_command(command)], town.now_us)
            assert answer.outcome.code == 0, answer.outcome.detail
    after = town.writer.state
    total = sum(line.amount_e8 for line in lines)
    assert total == plan.head.total_e8 == sum(one.paid_e8 for one in after.refunds.values())
    assert total > 0 or not found.wrongful
    owed = {line.account: line.amount_e8 for line in lines} | {"lv": -total}
    for name, was_e8 in before.items():
        assert after.accounts[name].balance_e8 - was_e8 == owed.get(name, 0)
