"""The worked example of going back: who withdrew what in the void blocks, and what is left of it."""

import pytest

from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    DepositCredited,
    MarketRate,
    ReinstateWithdrawal,
    ReleaseWithdrawal,
    RequestWithdrawal,
    RollbackCompleted,
    RollbackDeclared,
    Transfer,
    WithdrawalReleased,
)
from ledger.core.refusals import RefusalCode as Code
from ledger.core.rules.margin import account_value_e8
from ledger.log.memory import MemoryLog
from ledger.writer.recovery import recover, state_at
from projectors.folding.runner import Runner
from projectors.views import VIEWS
from tests.fields import changed
from tests.projecting import memory_state
from tests.spec import START_MS, START_US, USDC, account, ask, deposit, e8, market, marks, rule, trade
from tests.undoing import ADA, BEN, Desk, all_events, business, events_of, wanted

BTC, ETH = "BTC-USD-PERP", "ETH-USD-PERP"
PEOPLE = ("x", "y", "z", "w", "m")


def funding(tick: int, index: str) -> AdvanceFunding:
    """A tick whose feed claims an index of BTC."""
    return ask(
        AdvanceFunding,
        tick_id=tick,
        previous_tick_id=tick - 1,
        source="f",
        source_epoch=1,
        observed_at_ms=START_MS + tick * 5_000,
        issued_at_us=START_US + tick * 5_000_000,
        rates=[
            MarketRate(BTC, 0, e8("100000"), 1, e8(index), 0, 0),
            MarketRate(ETH, 0, e8("2000"), 0, 0, 0, 0),
        ],
    )


def withdrawal(name: str, amount: str) -> RequestWithdrawal:
    return ask(RequestWithdrawal, account=name, asset="USDC", amount_e8=e8(amount), destination=f"0x{name}")


def opening() -> list[AnyCommand]:
    observed = [rule(f"guard.{guard}", "observe:600000") for guard in ("G1", "G2", "G6", "G7a")]
    funds = {"x": "2000", "z": "100", "w": "100", "m": "44300"}
    return [
        USDC,
        market(BTC),
        market(ETH),
        account("fund", kind="LIQUIDATOR"),
        *(account(name, fee_tier="RETAIL") for name in PEOPLE),
        *(deposit(name, amount) for name, amount in funds.items()),
        *observed,
        marks(1, BTC="100000", ETH="2000"),
        funding(1, "9990"),
        trade(BTC, "x", "m", "0.5", "100000"),
        trade(ETH, "w", "m", "1", "2000"),
        funding(2, "10000"),
    ]


class Morning:
    """The ledger at its last good block, and after what followed."""

    def __init__(self, early: str = "") -> None:
        self.desk = desk = Desk(MemoryLog("main", 2))
        self.good = desk.block(*opening())
        if early:
            desk.block(withdrawal("m", early))
        asked = desk.number
        desk.register()
        self.good = desk.writer.head.height if desk.writer.head else 0
        desk.block(funding(3, "0"), marks(2, BTC="100200", ETH="900"))
        desk.block(trade(BTC, "m", "x", "0.5", "100200"), trade(ETH, "m", "w", "1", "900"))
        self.sold_e8 = desk.writer.state.accounts["x"].balance_e8
        desk.block(deposit("y", "2500"), withdrawal("x", "6000"))
        self.pay("x", desk.number)
        if early:
            self.pay("m", asked)
        desk.block(ask(Transfer, account="y", counterparty="z", asset="USDC", amount_e8=e8("2000")))
        self.sent = desk.number
        desk.block(withdrawal("z", "1800"))
        self.pay("z", desk.number)
        self.head = desk.block(withdrawal("y", "1"))

    def pay(self, name: str, number: int) -> None:
        self.desk.block(
            ask(
                ReleaseWithdrawal,
                account=name,
                withdrawal_id=f"test/{number - 10**9}",
                external_ref=f"0xpaid-{name}",
            )
        )

    def balance(self, name: str) -> int:
        return self.desk.writer.state.accounts[name].balance_e8


@pytest.fixture
def morning() -> Morning:
    """With the exchange closed."""
    morning = Morning()
    morning.desk.maintenance()
    return morning


def test_the_morning_is_that_of_the_example(morning: Morning) -> None:
    assert morning.sold_e8 == e8("7095")
    paid = [
        (event.account, event.paid_e8, event.loss_e8)
        for event in all_events(morning.desk.log)
        if isinstance(event, WithdrawalReleased)
    ]
    assert paid == [("x", e8("5880"), e8("120")), ("z", e8("1764"), e8("36"))]
    assert morning.balance("fund") == e8("156")


def test_going_back_leaves_everybody_with_what_the_example_says(morning: Morning) -> None:
    desk = morning.desk
    custody = dict(desk.writer.state.custody)
    at_target = state_at(desk.log, morning.good)
    desk.roll_back(wanted(morning.good))
    assert [morning.balance(name) for name in ("x", "y", "z", "fund")] == [
        e8("-3880"),
        e8("2500"),
        e8("-1664"),
        0,
    ]
    state = desk.writer.state
    assert state.accounts["x"].holdings[BTC].size_e8 == e8("0.5")
    assert state.accounts["x"].holdings[BTC].cached_index_e8 == e8("9990")
    assert state.markets[BTC].index_e8 == e8("10000")
    assert state.custody == custody
    assert state.custody["USDC"] == at_target.custody["USDC"] + e8("2500") - e8("5880") - e8("1764")
    assert {name: state.accounts[name].status for name in PEOPLE} == {
        "x": "restricted",
        "y": "active",
        "z": "restricted",
        "w": "active",
        "m": "active",
    }
    total = sum(account_value_e8(one) for one in state.accounts.values())
    assert total == state.custody["USDC"]


def test_the_plan_says_what_the_ledger_then_does(morning: Morning) -> None:
    desk = morning.desk
    plan = desk.roll_back(wanted(morning.good))
    assert [(line["what"], line["account"], line["amount_e8"]) for line in plan.body["reinstated"]] == [
        ("deposit", "y", e8("2500")),
        ("withdrawal", "x", -e8("5880")),
        ("withdrawal", "z", -e8("1764")),
    ]
    assert [(line["account"], line["balance_e8"]) for line in plan.body["negative"]] == [
        ("x", e8("-3880")),
        ("z", e8("-1664")),
    ]
    assert [(line["account"], line["amount_e8"]) for line in plan.body["do_not_send"]] == [("y", e8("1"))]
    for name, asset, balance, pending in plan.body["balances"]:
        one = desk.writer.state.accounts[name]
        assert (asset, balance, pending) == ("USDC", one.balance_e8, one.pending.get("USDC", 0))
    (chain,) = plan.report["chains"]
    assert (chain["deposit"]["account"], chain["withdrawal"]["account"]) == ("y", "z")
    assert [step["transfer_id"] for step in chain["transfers"]] == [f"test/{morning.sent - 10**9}"]
    risky = [(one["account"], one["market"]) for one in plan.report["liquidated_on_reopening"]]
    assert risky == [("w", ETH), ("x", BTC)]


def test_a_transfer_may_be_made_again(morning: Morning) -> None:
    morning.desk.roll_back(wanted(morning.good, transfers=[f"test/{morning.sent - 10**9}"]))
    assert (morning.balance("y"), morning.balance("z")) == (e8("500"), e8("336"))
    assert morning.desk.writer.state.accounts["z"].status == "active"


def test_a_negative_account_may_be_covered_or_closed(morning: Morning) -> None:
    desk = morning.desk
    desk.roll_back(wanted(morning.good, cover=["z"], close=["x"]))
    assert (morning.balance("z"), desk.writer.state.accounts["z"].status) == (0, "restricted")
    x = desk.writer.state.accounts["x"]
    assert (x.holdings[BTC].size_e8, x.balance_e8, x.status) == (0, e8("-3885"), "restricted")
    assert desk.writer.state.bankruptcy_e8 == e8("3885")
    assert morning.balance("fund") == e8("-1664")


def test_a_payment_that_the_bridge_reports_late_is_debited_once_and_kept_by_the_next_rollback(
    morning: Morning,
) -> None:
    desk = morning.desk
    plan = desk.roll_back(wanted(morning.good))
    (unsent,) = plan.body["do_not_send"]
    late = ask(
        ReinstateWithdrawal,
        account=unsent["account"],
        withdrawal_id=unsent["withdrawal_id"],
        asset="USDC",
        paid_e8=e8("2501"),
        destination="0xy",
        external_ref="0xlate",
        void_seq=unsent["seq"],
        incident_id="incident-1",
    )
    live = changed(late, void_seq=1)
    assert desk.ask(live, ADA, BEN).outcome.code == Code.INVALID_VALUE
    assert desk.ask(late, ADA).outcome.code == Code.SECOND_SIGNATURE_REQUIRED
    assert desk.ask(late, ADA, BEN).outcome.code == 0
    assert desk.ask(late, ADA, BEN).outcome.code == Code.EXTERNAL_REF_USED
    y = desk.writer.state.accounts["y"]
    assert (y.balance_e8, y.status) == (e8("-1"), "restricted")
    custody = dict(desk.writer.state.custody)
    desk.roll_back(wanted(morning.good))
    assert (morning.balance("y"), desk.writer.state.custody) == (e8("-1"), custody)
    assert desk.ask(late, ADA, BEN).outcome.code == Code.EXTERNAL_REF_USED


def test_a_withdrawal_that_was_pending_is_paid_with_what_left_and_the_loss_goes_back() -> None:
    morning = Morning(early="1000")
    desk = morning.desk
    desk.maintenance()
    at_target = state_at(desk.log, morning.good).accounts["m"]
    (paid,) = [
        event.paid_e8
        for event in all_events(desk.log)
        if isinstance(event, WithdrawalReleased) and event.account == "m"
    ]
    assert at_target.pending == {"USDC": e8("1000")}
    assert paid < e8("1000")
    desk.roll_back(wanted(morning.good))
    m = desk.writer.state.accounts["m"]
    assert (m.balance_e8, m.pending["USDC"], m.status) == (
        at_target.balance_e8 + e8("1000") - paid,
        0,
        "active",
    )
    desk.mark()
    runner = Runner(desk.log, [memory_state(VIEWS["account"], 2), memory_state(VIEWS["audit"], 2)])
    runner.run_to_head()
    assert not runner.stops


def test_the_blocks_of_a_rollback_are_what_the_log_gives_back(morning: Morning) -> None:
    desk = morning.desk
    height = desk.writer.head.height if desk.writer.head else 0
    desk.roll_back(wanted(morning.good))
    declared, *_, completed = events_of(desk.log, height + 2)
    assert isinstance(declared, RollbackDeclared)
    assert isinstance(completed, RollbackCompleted)
    assert (declared.target_height, declared.void_to_height) == (morning.good, height + 1)
    assert declared.custody_before_e8 == completed.custody_after_e8
    assert completed.negative_total_e8 == e8("5544")
    again = recover(desk.log, None).state
    assert business(again) == business(desk.writer.state)
    assert again.control.status == "maintenance"
    reinstated = [event for event in events_of(desk.log, height + 2) if isinstance(event, DepositCredited)]
    (original,) = [
        event for event in events_of(desk.log, morning.good + 3) if isinstance(event, DepositCredited)
    ]
    assert [(event.reinstates_seq, event.external_ref) for event in reinstated] == [
        (original.seq, original.external_ref)
    ]
