import pytest

from ledger.core.messages import (
    ChangeAccount,
    FailWithdrawal,
    ListAsset,
    ReleaseWithdrawal,
    RequestWithdrawal,
    UpdateAsset,
    WithdrawalFailed,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.refusals import RefusalCode
from ledger.core.rulebook import NO_LIMIT_PPM
from ledger.core.values import AMOUNT_MAX_E8
from tests.spec import (
    START_US,
    USDC,
    Scenario,
    account,
    ask,
    deposit,
    e8,
    given,
    like,
    market,
    marks,
    refused,
    rule,
    trade,
)


def request(amount: str, asset: str = "USDC", name: str = "alice", to: str = "0xa") -> RequestWithdrawal:
    return ask(RequestWithdrawal, account=name, asset=asset, amount_e8=e8(amount), destination=to)


def release(withdrawal_id: str, name: str = "alice", ref: str = "0xout") -> ReleaseWithdrawal:
    return ask(ReleaseWithdrawal, account=name, withdrawal_id=withdrawal_id, external_ref=ref)


def fail(withdrawal_id: str, name: str = "alice") -> FailWithdrawal:
    return ask(FailWithdrawal, account=name, withdrawal_id=withdrawal_id, reason="bounced")


@pytest.fixture
def ledger() -> Scenario:
    """Alice with 100 USDC; the next command is test/4."""
    return given(USDC, account("alice"), deposit("alice", "100"))


def test_a_request_locks_the_money(ledger: Scenario) -> None:
    ledger.when(request("30")).then(
        WithdrawalRequested(
            "alice", "test/4", "USDC", e8("30"), e8("100"), e8("70"), 0, e8("30"), e8("100"), "0xa", 0
        )
    )
    ledger.when(request("80")).then(refused(RefusalCode.INSUFFICIENT_BALANCE))
    ledger.when(request("70")).then(like(WithdrawalRequested, pending_after_e8=e8("100")))


def test_a_release_pays_all_of_it_out_of_custody(ledger: Scenario) -> None:
    command = release("test/4")
    command.occurred_at_us = START_US + 9
    ledger.given(request("30")).when(command).then(
        WithdrawalReleased("alice", "test/4", "USDC", e8("30"), 0, 0, e8("30"), e8("30"), 0, "0xout", 0)
    )
    assert ledger.events[0].occurred_at_us == START_US + 9
    assert ledger.state.custody == {"USDC": e8("70")}
    ledger.when(release("test/4")).then(refused(RefusalCode.WITHDRAWAL_NOT_FOUND))
    ledger.when(fail("test/4")).then(refused(RefusalCode.WITHDRAWAL_NOT_FOUND))


def test_one_payment_outside_may_release_several_withdrawals(ledger: Scenario) -> None:
    ledger.given(request("30"), request("20"), release("test/4"), release("test/5"))


def test_a_failure_gives_the_money_back(ledger: Scenario) -> None:
    ledger.given(request("30")).when(fail("test/4")).then(
        WithdrawalFailed("alice", "test/4", "USDC", e8("30"), e8("30"), 0, e8("70"), e8("100"), "bounced", 0)
    )
    ledger.when(request("100")).then(like(WithdrawalRequested, amount_e8=e8("100")))


def test_the_withdrawal_of_another_account_is_not_found(ledger: Scenario) -> None:
    ledger.given(request("30"), account("bob"))
    ledger.when(release("test/4", "bob")).then(refused(RefusalCode.WITHDRAWAL_NOT_FOUND))
    ledger.when(release("test/4", "carol")).then(refused(RefusalCode.ACCOUNT_NOT_FOUND))


def test_a_restricted_account_does_not_withdraw_but_what_was_locked_goes_out(ledger: Scenario) -> None:
    ledger.given(request("30"))
    ledger.given(ask(ChangeAccount, account="alice", field="status", value="restricted"))
    ledger.when(request("1")).then(refused(RefusalCode.ACCOUNT_RESTRICTED))
    ledger.given(release("test/4"))


def test_a_closed_account_does_not_withdraw() -> None:
    ledger = given(USDC, account("alice"))
    ledger.given(ask(ChangeAccount, account="alice", field="status", value="closed"))
    ledger.when(request("1")).then(refused(RefusalCode.ACCOUNT_CLOSED))


def test_a_halted_asset_is_not_withdrawn(ledger: Scenario) -> None:
    ledger.given(request("30"), ask(UpdateAsset, asset="USDC", status="halted"))
    ledger.when(request("1")).then(refused(RefusalCode.ASSET_HALTED))
    ledger.given(fail("test/4"))


def test_requests_with_impossible_values_are_refused(ledger: Scenario) -> None:
    ledger.when(request("1", to="")).then(refused(RefusalCode.INVALID_VALUE, "destination"))
    ledger.when(request("0")).then(refused(RefusalCode.INVALID_VALUE, "amount"))
    ledger.when(request("1000000000.00000001")).then(refused(RefusalCode.OUT_OF_RANGE))
    ledger.when(request("1", "ETH")).then(refused(RefusalCode.ASSET_NOT_FOUND))
    ledger.when(request("1", name="bob")).then(refused(RefusalCode.ACCOUNT_NOT_FOUND))
    ledger.when(release("test/4", ref="")).then(refused(RefusalCode.INVALID_VALUE))
    before_time = release("test/4")
    before_time.occurred_at_us = -1
    ledger.when(before_time).then(refused(RefusalCode.INVALID_VALUE))
    unprintable = fail("test/4")
    unprintable.reason = "\x00"
    ledger.when(unprintable).then(refused(RefusalCode.INVALID_VALUE))


def test_pending_past_the_range_is_refused(ledger: Scenario) -> None:
    ledger.given(*[rule(f"outflow_{name}_ppm", str(NO_LIMIT_PPM)) for name in ("hour", "day")])
    for number in range(93):
        ledger.given(
            deposit("alice", "1000000000", ref=str(number)) if number < 92 else request("1000000000")
        )
    for number in range(91):
        ledger.given(request("1000000000"))
        ledger.given(deposit("alice", "1000000000", ref=f"again-{number}"))
    assert ledger.state.accounts["alice"].pending["USDC"] == 92 * AMOUNT_MAX_E8
    ledger.when(request("1000000000")).then(refused(RefusalCode.OUT_OF_RANGE, "pending"))
    ledger.given(deposit("alice", "1000000000", ref="more"))
    ledger.when(fail("test/98")).then(refused(RefusalCode.OUT_OF_RANGE, "balance"))


def test_what_the_margin_needs_does_not_leave() -> None:
    ledger = given(
        USDC,
        market(maker_fee_ppm=0),
        account("alice"),
        account("bob"),
        deposit("alice", "2000"),
        deposit("bob", "9000"),
        marks(1, BTC="60000"),
        trade("BTC-USD-PERP", "alice", "bob", "1", "60000"),
    )
    ledger.when(request("788.00000001")).then(refused(RefusalCode.INSUFFICIENT_FREE_COLLATERAL))
    ledger.when(request("788")).then(like(WithdrawalRequested, withdrawable_before_e8=e8("788")))


def test_another_asset_leaves_down_to_zero_whatever_the_margin() -> None:
    ledger = given(
        USDC, ask(ListAsset, asset="BTC", decimals=8), account("alice"), deposit("alice", "2", "BTC")
    )
    ledger.when(request("2", "BTC")).then(
        like(WithdrawalRequested, balance_after_e8=0, withdrawable_before_e8=e8("2"))
    )
