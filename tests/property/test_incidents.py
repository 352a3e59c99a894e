"""Random incidents: an index zeroed, scaled, shifted or frozen, in the middle of trading and takeovers."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.core.messages import (
    CreditDeposit,
    LiquidateAccount,
    ReleaseWithdrawal,
    RequestWithdrawal,
    SettleOffBookTrade,
    SettleTrade,
)
from ledger.core.rules.health import IN_FORCE, health_of, positions_of
from ledger.incident.audit import Audit, audit, suspect
from ledger.incident.propose import corrections_of
from ledger.incident.refunds.formulas import METHODS
from ledger.incident.refunds.inputs import lines_of
from ledger.incident.remedies import remedies_of
from ledger.incident.report import differences, report_of
from tests.incidents import BTC, Town, free_market, observed, order
from tests.spec import USDC, account, ask, deposit, e8, trade

NAMES = tuple("abcdefgh")
KINDS = ("zero", "scaled", "shifted", "frozen")


@dataclass(frozen=True)
class Plan:
    """What happens in a random incident; ``deeds`` are (tick, kind, account, other, hundredths)."""

    kind: str
    at: int
    ticks: int
    deeds: tuple[tuple[int, int, int, int, int], ...]
    positions: tuple[int, ...]


plans = st.builds(
    Plan,
    kind=st.sampled_from(KINDS),
    at=st.integers(1, 3),
    ticks=st.integers(4, 7),
    deeds=st.lists(
        st.tuples(
            st.integers(0, 7), st.integers(0, 3), st.integers(0, 7), st.integers(0, 7), st.integers(1, 90)
        ),
        max_size=14,
    ).map(tuple),
    positions=st.lists(st.integers(-9, 9), min_size=8, max_size=8).map(tuple),
)


def claimed(kind: str, right: int, frozen: int) -> int:
    """What the broken feed says in place of the right index."""
    return {"zero": 0, "scaled": right // 100, "shifted": right + 3_333, "frozen": frozen}[kind]


def play(plan: Plan) -> tuple[Town, int]:
    """A town in which the plan happens; the height of its last good block."""
    town = Town()
    town.take(*observed(), USDC, free_market(), account("LV", kind="LIQUIDATOR"))
    town.take(account("X", kind="EXTERNAL", margin_exempt=1), deposit("LV", "50000"))
    town.take(*(account(name) for name in NAMES), *(deposit(name, "4000") for name in NAMES))
    town.tick("5000")
    for name, tenths in zip(NAMES, plan.positions, strict=True):
        if tenths:
            buyer, seller = (name, "X") if tenths > 0 else ("X", name)
            town.ask(trade(BTC, buyer, seller, f"0.{abs(tenths)}", "100000"))
    town.tick("5001")
    last_good = town.head.height
    index = 5001
    bad = 0
    for tick in range(plan.ticks):
        right = 5002 + tick
        if tick == plan.at:
            index = claimed(plan.kind, right, index)
            bad = 1
        else:
            index += 1
        if bad and plan.kind == "frozen":
            index = 5001 + plan.at
        mark = f"{100_000 + (tick * 37) % 5 * 100}"
        town.tick(str(index), mark)
        keep(town)
        for deed in plan.deeds:
            if deed[0] == tick:
                act(town, deed, mark)
    return town, last_good


def keep(town: Town) -> None:
    """Ask for the takeover of everybody below maintenance."""
    state = town.writer.state
    for name in NAMES:
        own = state.accounts[name]
        if positions_of(own) and not health_of(own, IN_FORCE).healthy():
            town.ask(ask(LiquidateAccount, account=name))


def act(town: Town, deed: tuple[int, int, int, int, int], mark: str) -> None:
    """One deed, which may be refused."""
    _, kind, first, second, hundredths = deed
    name, other = NAMES[first], NAMES[second]
    size = e8(f"0.{hundredths:02}")
    if kind == 0:
        town.ask(
            ask(
                SettleOffBookTrade,
                market=BTC,
                buyer=name,
                seller=other,
                size_e8=size,
                price_e8=e8(mark),
                taker="NONE",
            )
        )
    elif kind == 1:
        reference = f"late-{town.head.height}"
        town.ask(
            ask(
                CreditDeposit,
                account=name,
                asset="USDC",
                amount_e8=size * 1000,
                external_chain="ethereum",
                external_ref=reference,
                bridge="b",
            )
        )
    elif kind == 2:
        (answer,) = town.ask(
            ask(RequestWithdrawal, account=name, asset="USDC", amount_e8=size * 3000, destination="x")
        )
        if answer.outcome.code == 0:
            withdrawal = f"{answer.outcome.producer}/{answer.outcome.number}"
            town.ask(ask(ReleaseWithdrawal, account=name, withdrawal_id=withdrawal, external_ref="tx"))
    elif name != other:
        bid, offer = town.ask(
            order(name, "BUY", "1", mark, size_e8=size), order(other, "SELL", "1", mark, size_e8=size)
        )
        if bid.outcome.code == 0 and offer.outcome.code == 0:
            town.ask(
                ask(
                    SettleTrade,
                    market=BTC,
                    price_e8=e8(mark),
                    size_e8=size,
                    taker="BUY",
                    buy_account=name,
                    buy_order_id=f"test/{bid.outcome.number}",
                    sell_account=other,
                    sell_order_id=f"test/{offer.outcome.number}",
                )
            )


def audited(plan: Plan) -> Audit:
    """The audit under the corrections that the log itself suggests."""
    town, last_good = play(plan)
    evidence, _ = suspect(town.log, last_good, town.head.height)
    return audit(town.log, corrections_of(evidence), last_good, town.head.height)


@settings(max_examples=25, deadline=None)
@given(plan=plans)
def test_what_differs_adds_up_and_nothing_is_made_or_lost(plan: Plan) -> None:
    found = audited(plan)
    done = found.done
    assert done.state.markets[BTC].index_e8 == e8(f"{5001 + plan.ticks}")
    assert done.state.custody == done.recorded.custody
    for effect in found.effects:
        assert effect.difference_e8 == sum(part.amount_e8 for part in effect.parts.values())
        assert "outside_e8" not in effect.parts
    settled = sum(len(one.seqs) for one in found.settlements.by_position.values())
    total = sum(effect.difference_e8 for effect in found.effects)
    assert abs(total) <= 4 * (settled + 2 * len(done.recorded.accounts))
    assert not done.replay.impossible


@settings(max_examples=10, deadline=None)
@given(plan=plans)
def test_who_only_settled_differs_by_the_corrections_of_its_settlements(plan: Plan) -> None:
    found = audited(plan)
    for effect in found.effects:
        if set(effect.parts) <= {"realized_funding_e8", "accrued_funding_e8"} and not effect.flags:
            realized = effect.parts.get("realized_funding_e8")
            settled = found.settlements.by_position.items()
            correction = sum(one.correction_e8 for (name, _), one in settled if name == effect.account)
            assert correction == (0 if realized is None else realized.amount_e8)


@settings(max_examples=10, deadline=None)
@given(plan=plans)
def test_lines_stay_within_their_caps_and_the_report_can_be_made_again(plan: Plan) -> None:
    found = audited(plan)
    for method in METHODS:
        for line in lines_of(found.inputs, method, found.excluded):
            assert 0 <= line.amount_e8 <= max(line.cap_e8, 0)
            assert line.amount_e8 or line.note
    assert len(remedies_of(found)) == len(found.targets) + 1 + len(METHODS)
    again = audited(plan)
    assert differences(report_of(found), report_of(again)) == []
