"""Socialised loss on withdrawals (domain.md 2.7 and 7.7; decisions.md 18, 19)."""

import pytest

from ledger.core.messages import (
    ListAsset,
    LossSocialized,
    ReleaseWithdrawal,
    RequestWithdrawal,
    WithdrawalReleased,
)
from ledger.core.refusals import RefusalCode as Code
from ledger.core.rules.balances import put_balance
from ledger.core.rules.losses import exchange_bankruptcy_e8
from tests.spec import USDC, Scenario, account, ask, deposit, e8, given, like, market, marks, refused, trade

BTC = "BTC-USD-PERP"


def owes(scenario: Scenario, name: str, amount: str) -> None:
    """An account without positions that came to owe ``amount``, by the way that every balance changes."""
    put_balance(scenario.state, scenario.state.accounts[name], "USDC", -e8(amount))


def request(name: str, amount: str, number: int) -> RequestWithdrawal:
    return ask(
        RequestWithdrawal, account=name, asset="USDC", amount_e8=e8(amount), destination="0xa", number=number
    )


def release(name: str, number: int) -> ReleaseWithdrawal:
    return ask(ReleaseWithdrawal, account=name, withdrawal_id=f"test/{number}", external_ref="0xout")


@pytest.fixture
def ledger() -> Scenario:
    """4,000 USDC came in, 1,000 of them to the fund; users owe 2,000."""
    scenario = given(USDC, account("ann"), account("ben"), account("dot"), account("lv", kind="LIQUIDATOR"))
    scenario.given(deposit("ann", "2000"), deposit("ben", "1000"), deposit("lv", "1000"))
    owes(scenario, "dot", "2000")
    return scenario


def test_the_published_example(ledger: Scenario) -> None:
    assert exchange_bankruptcy_e8(ledger.state) == e8("1000")
    first = ledger.given(request("ann", "500", 70)).state.seq + 1
    ledger.when(release("ann", 70)).then(
        WithdrawalReleased(
            "ann", "test/70", "USDC", e8("500"), e8("0.2"), e8("100"), e8("400"), e8("500"), 0, "0xout", 0
        ),
        like(
            LossSocialized,
            account="lv",
            withdrawal_id="test/70",
            from_account="ann",
            amount_e8=e8("100"),
            bankruptcy_e8=e8("1000"),
            custody_e8=e8("4000"),
            balance_before_e8=e8("1000"),
            balance_after_e8=e8("1100"),
            cause_seq=first,
        ),
    )
    assert ledger.state.custody["USDC"] == e8("3600")


def test_withdrawals_at_the_factor_leave_the_factor_as_it_is(ledger: Scenario) -> None:
    for number in range(70, 75):
        ledger.given(request("ann", "100", number)).when(release("ann", number))
        assert ledger.only(WithdrawalReleased).socialized_loss_factor_e8 == e8("0.2")


def test_the_loss_is_rounded_up(ledger: Scenario) -> None:
    ledger.given(request("ann", "0.00000001", 70)).when(release("ann", 70))
    assert ledger.only(WithdrawalReleased).paid_e8 == 0


def test_there_is_no_loss_once_nothing_is_missing(ledger: Scenario) -> None:
    ledger.given(request("ann", "500", 70), deposit("dot", "1000"))
    assert exchange_bankruptcy_e8(ledger.state) == 0
    ledger.when(release("ann", 70)).then(like(WithdrawalReleased, paid_e8=e8("500"), loss_e8=0))


def test_a_fund_below_nothing_is_missing_money_too(ledger: Scenario) -> None:
    ledger.given(deposit("dot", "2000"))
    owes(ledger, "lv", "500")
    assert exchange_bankruptcy_e8(ledger.state) == e8("500")


def test_without_a_fund_nothing_is_kept_back() -> None:
    ledger = given(USDC, account("ann"), account("dot"), deposit("ann", "100"))
    owes(ledger, "dot", "50")
    ledger.given(request("ann", "10", 70)).when(release("ann", 70)).then(like(WithdrawalReleased, loss_e8=0))


def test_other_assets_bear_no_loss(ledger: Scenario) -> None:
    ledger.given(ask(ListAsset, asset="GOLD", decimals=8), deposit("ann", "5", "GOLD"))
    ledger.given(
        ask(RequestWithdrawal, account="ann", asset="GOLD", amount_e8=5, destination="0xa", number=70)
    )
    ledger.when(release("ann", 70)).then(like(WithdrawalReleased, loss_e8=0, paid_e8=5))


def test_an_account_with_a_position_or_exempt_is_not_bankrupt() -> None:
    ledger = given(USDC, market(), account("ann"), account("ben"), account("x", margin_exempt=1))
    ledger.given(deposit("ann", "1000"), deposit("ben", "1000"), marks(1, BTC="60000"))
    ledger.given(trade(BTC, "ann", "ben", "0.1", "60000"))
    for name in ("ann", "x"):
        owes(ledger, name, "1")
    assert ledger.state.bankruptcy_e8 == 0
    ledger.given(trade(BTC, "ben", "ann", "0.1", "60000"))
    assert ledger.state.bankruptcy_e8 == e8("1") + e8("0.18")


def test_when_everything_is_missing_everything_is_kept_back(ledger: Scenario) -> None:
    ledger.given(request("ann", "500", 70))
    ledger.state.custody["USDC"] = 0
    ledger.when(release("ann", 70)).then(
        like(WithdrawalReleased, paid_e8=0, socialized_loss_factor_e8=e8("1")), like(LossSocialized)
    )


def test_a_result_beyond_the_range_is_refused(ledger: Scenario) -> None:
    ledger.given(request("ann", "500", 70))
    ledger.state.bankruptcy_e8 = 2**64
    ledger.when(release("ann", 70)).then(refused(Code.OUT_OF_RANGE))
