"""The worked example of the incident specification, section 2.1: an index that was set to zero."""

import pytest

from ledger.core.messages import LiquidateAccount, ReleaseWithdrawal, RequestWithdrawal
from ledger.incident.audit import Audit, audit
from ledger.incident.counterfactual.corrections import COMPUTED, Corrections, TickCorrection
from ledger.incident.counterfactual.run import Counterfactual
from ledger.incident.effects import ONLY_RECORDED, Effect, wrongful_takeovers
from ledger.incident.refunds.inputs import lines_of
from ledger.incident.remedies import remedies_of
from ledger.incident.report import differences, report_of
from tests.incidents import BTC, RATE, Town, free_market, observed
from tests.spec import USDC, account, ask, deposit, e8, trade

FIRST_BAD = 4
"""The funding tick that claims zero."""


def at_h() -> Town:
    """The ledger at the last good block: index 10,000, mark 100,000."""
    town = Town()
    town.take(*observed())
    town.take(
        USDC,
        free_market(),
        account("LV", kind="LIQUIDATOR"),
        account("X", kind="EXTERNAL", margin_exempt=1),
        *(account(name) for name in "ABCMN"),
        deposit("A", "10500"),
        deposit("B", "30000"),
        deposit("C", "5600"),
        deposit("M", "200020"),
        deposit("N", "200000"),
        deposit("LV", "50000"),
    )
    town.wait(5)
    town.take(town.prices(BTC="100000"), town.funding(RATE, "100000", "9980"))
    town.take(trade(BTC, "B", "X", "2", "100000"))
    town.wait(5)
    town.take(town.funding(RATE, "100000", "9990"))
    town.take(
        *(trade(BTC, "X", name, size, "100000") for name, size in (("A", "1"), ("C", "0.5"), ("M", "0.5")))
    )
    town.wait(5)
    town.take(town.prices(BTC="100000"), town.funding(RATE, "100000", "10000"))
    return town


@pytest.fixture(scope="module")
def found() -> Audit:
    """The window of the example, played and audited."""
    town = at_h()
    last_good = town.head.height
    town.wait(5)
    town.take(town.funding(RATE, "100000", "0"))
    town.take(ask(LiquidateAccount, account="A"))
    town.tick("1", "100100")
    bid = town.order("C", "BUY", "0.2", "100100")
    town.match(("C", bid), ("M", town.order("M", "SELL", "0.2", "100100")), "0.2", "100100")
    town.tick("2", "100200")
    unwind = town.order("LV", "BUY", "0.4", "100200", reduce_only=1, instruction="IOC")
    town.match(("LV", unwind), ("N", town.order("N", "SELL", "0.4", "100200")), "0.4", "100200")
    bid = town.order("N", "BUY", "0.5", "100200")
    town.match(("N", bid), ("B", town.order("B", "SELL", "0.5", "100200")), "0.5", "100200")
    (withdrawal,) = town.take(
        ask(RequestWithdrawal, account="B", asset="USDC", amount_e8=e8("15000"), destination="x")
    )
    town.take(ask(ReleaseWithdrawal, account="B", withdrawal_id=withdrawal, external_ref="tx"))
    town.tick("3", "100300")
    town.tick("4", "100300")
    corrections = Corrections([], [TickCorrection(BTC, FIRST_BAD, FIRST_BAD + 4, COMPUTED)])
    return audit(town.log, corrections, last_good, town.head.height)


@pytest.fixture
def done(found: Audit) -> Counterfactual:
    """The counterfactual of the example."""
    return found.done


@pytest.fixture
def effects(found: Audit) -> dict[str, Effect]:
    """The effects by account."""
    return {effect.account: effect for effect in found.effects}


def test_the_corrected_index_goes_on_where_it_was(done: Counterfactual) -> None:
    assert done.recorded.markets[BTC].index_e8 == e8("4")
    assert done.state.markets[BTC].index_e8 == e8("10005")


@pytest.mark.parametrize(
    ("name", "recorded", "counterfactual_value"),
    [
        ("A", "0", "10215"),
        ("B", "35503", "15501"),
        ("C", "496.40", "5496.90"),
        ("M", "194837.60", "199838.10"),
        ("LV", "50253.20", "50000"),
        ("HOUSE", "0", "39.20"),
    ],
)
def test_values_are_those_of_the_table(
    effects: dict[str, Effect], name: str, recorded: str, counterfactual_value: str
) -> None:
    effect = effects[name]
    assert effect.value_recorded_e8 == e8(recorded)
    assert effect.value_counterfactual_e8 == e8(counterfactual_value)
    assert effect.difference_e8 == sum(part.amount_e8 for part in effect.parts.values())


@pytest.mark.parametrize(
    ("name", "balance", "size", "cost"),
    [
        ("A", "10500", "-1", "-100000"),
        ("B", "15054", "1.5", "150000"),
        ("C", "5586", "-0.3", "-30000"),
        ("M", "200026", "-0.7", "-70020"),
        ("N", "200000", "0.1", "10020"),
        ("HOUSE", "0", "0.4", "40080"),
    ],
)
def test_books_in_the_counterfactual(
    done: Counterfactual, name: str, balance: str, size: str, cost: str
) -> None:
    books = done.state.accounts[name]
    held = books.holdings[BTC]
    assert (books.balance_e8, held.size_e8, held.cost_e8) == (e8(balance), e8(size), e8(cost))


def test_the_one_takeover_was_wrong_and_the_unwinding_lost_its_side(done: Counterfactual) -> None:
    assert [one.account for one in wrongful_takeovers(done)] == ["A"]
    assert [orphan.kept for orphan in done.replay.orphans] == ["N"]
    counts = {case: number for case, number in done.replay.counts.items() if number}
    assert counts == {
        "liquidations_not_repeated": 1,
        "orders_refused": 1,
        "trades_with_house": 1,
        "unwind_trades": 1,
        "corrected": 5,
    }


def test_who_was_hurt_is_flagged_with_the_event(effects: dict[str, Effect], done: Counterfactual) -> None:
    (seq,) = effects["A"].flags[ONLY_RECORDED]
    assert done.replay.liquidations_recorded[0].seq == seq
    assert effects["A"].parts["penalties_e8"].amount_e8 == e8("510")
    assert effects["A"].parts["realized_funding_e8"].amount_e8 == e8("9990")
    assert "N" not in effects


@pytest.mark.parametrize(
    ("name", "value"),
    [("A", "10210"), ("B", "15560"), ("C", "5455"), ("M", "199875"), ("N", "200000"), ("LV", "50000")],
)
def test_a_rollback_to_the_last_good_block_gives_the_values_of_the_example(
    found: Audit, name: str, value: str
) -> None:
    (target,) = found.targets
    marks = {BTC: found.done.state.markets[BTC].mark_e8}
    assert target.value_e8(name, marks) == e8(value)


@pytest.mark.parametrize(
    ("name", "correction"), [("A", "10001"), ("B", "-20002"), ("C", "5000.50"), ("M", "5000.50"), ("N", "0")]
)
def test_settlements_are_corrected_by_what_the_table_says(found: Audit, name: str, correction: str) -> None:
    assert found.settlements.by_position[name, BTC].correction_e8 == e8(correction)


def test_corrections_of_settlements_add_up_to_zero(found: Audit) -> None:
    assert sum(one.correction_e8 for one in found.settlements.by_position.values()) == 0


@pytest.mark.parametrize(
    ("method", "total", "accounts"),
    [
        ("A", "10510", "A"),
        ("B", "510", "A"),
        ("B+", "20511", "ACM"),
        ("C", "20216", "ACM"),
        ("D", "510", "A"),
    ],
)
def test_compensation_costs_what_the_example_says(
    found: Audit, method: str, total: str, accounts: str
) -> None:
    lines = lines_of(found.inputs, method, found.excluded)
    assert sum(line.amount_e8 for line in lines) == e8(total)
    assert "".join(line.account for line in lines if line.amount_e8) == accounts
    assert all(line.note for line in lines if not line.amount_e8)


def test_the_remedies_side_by_side(found: Audit) -> None:
    remedies = {one.remedy: one for one in remedies_of(found)}
    rollback = remedies[f"rollback {found.targets[0].height}"]
    assert (rollback.accounts_touched, rollback.honest_trades_voided) == (6, 2)
    assert (rollback.money_needed_e8, rollback.false_gains_kept_e8) == (0, 0)
    surgical = remedies["surgical"]
    assert (surgical.accounts_touched, surgical.honest_trades_voided) == (5, 0)
    assert (surgical.money_needed_e8, surgical.paid_by) == (e8("214"), "Liquidator Vault")
    by_c = remedies["compensation C"]
    assert (by_c.accounts_touched, by_c.money_needed_e8) == (3, e8("20216"))
    assert (by_c.false_gains_kept_e8, by_c.shortfall_e8) == (e8("20002"), 0)


def test_taint_follows_data_and_cause(found: Audit) -> None:
    kinds = found.taint.kinds
    assert kinds["direct"]["LiquidationStarted"] == 1
    assert kinds["direct"]["FundingIndexAdvanced"] == 5
    assert kinds["derived"] == {"FillSettled": 2, "PenaltyCharged": 1, "TransferReceived": 1}
    assert found.taint.accounts.keys() == set("ABCMN") | {"LV"}
    assert found.taint.touched["B"] == 2


def test_the_log_itself_shows_which_ticks_were_wrong(found: Audit) -> None:
    (evidence,) = found.evidence
    assert (evidence.correction.from_tick, evidence.correction.to_tick) == (FIRST_BAD, FIRST_BAD + 4)


def test_the_report_is_the_same_when_it_is_made_again_and_no_edit_goes_unseen(found: Audit) -> None:
    report = report_of(found)
    assert differences(report, report_of(found)) == []
    edited = {**report, "liquidations": []}
    assert differences(edited, report) == [
        "the digest is not that of the file's content: the file was changed",
        "liquidations is not what the log gives",
    ]
