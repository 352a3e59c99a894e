"""The tables of spec/events.md 3 and 4, event by event."""

import pytest

from ledger.core.messages import (
    AnyEvent,
    CreateVault,
    DepositToVault,
    FailWithdrawal,
    FillSettled,
    ListAsset,
    LossSocialized,
    PenaltyCharged,
    PostAdjustment,
    RedeemShares,
    ReleaseWithdrawal,
    RequestWithdrawal,
    RoundingSwept,
    SettleFunding,
    Transfer,
    VaultFeeSettled,
    WithdrawalReleased,
)
from ledger.core.postings import postings
from tests.spec import USDC, Scenario, account, ask, deposit, e8, given, market, marks, trade

BTC = "BTC-USD-PERP"


def legs(event: AnyEvent) -> list[tuple[str, str, int]]:
    return [(leg.account, leg.asset, leg.amount_e8) for leg in postings(event, "USDC")]


@pytest.fixture
def ledger() -> Scenario:
    return given(
        USDC,
        ask(ListAsset, asset="BTC", decimals=8),
        market(),
        account("alice"),
        account("bob"),
        deposit("alice", "100"),
        deposit("bob", "5000"),
        marks(1, BTC="60000"),
    )


def test_a_deposit_comes_out_of_custody(ledger: Scenario) -> None:
    ledger.when(deposit("alice", "2", "BTC"))
    assert legs(ledger.events[0]) == [("alice", "BTC", e8("2")), ("custody", "BTC", e8("-2"))]


def test_a_withdrawal_waits_and_then_goes_to_custody_or_back(ledger: Scenario) -> None:
    request = ask(RequestWithdrawal, account="alice", asset="USDC", amount_e8=e8("30"), destination="0xa")
    waiting = ("withdrawal_pending", "USDC", e8("30"))
    ledger.when(request)
    assert legs(ledger.events[0]) == [("alice", "USDC", e8("-30")), waiting]
    ledger.when(ask(ReleaseWithdrawal, account="alice", withdrawal_id="test/9", external_ref="0x1"))
    assert legs(ledger.events[0]) == [
        ("withdrawal_pending", "USDC", e8("-30")),
        ("custody", "USDC", e8("30")),
    ]
    ledger.when(request)
    ledger.when(ask(FailWithdrawal, account="alice", withdrawal_id="test/11"))
    assert legs(ledger.events[0]) == [
        ("alice", "USDC", e8("30")),
        ("withdrawal_pending", "USDC", e8("-30")),
    ]


def test_a_socialised_loss_stays_in_transit() -> None:
    event = WithdrawalReleased("alice", "w", "USDC", 100, 20_000_000, 20, 80, 100, 0, "0x1", 0)
    assert legs(event) == [
        ("withdrawal_pending", "USDC", -100),
        ("custody", "USDC", 80),
        ("transit:socialized_loss", "USDC", 20),
    ]


def test_a_transfer_passes_through_transit(ledger: Scenario) -> None:
    ledger.when(ask(Transfer, account="alice", counterparty="bob", asset="USDC", amount_e8=5))
    sent, received = ledger.events
    assert legs(sent) == [("alice", "USDC", -5), ("transit:transfer", "USDC", 5)]
    assert legs(received) == [("bob", "USDC", 5), ("transit:transfer", "USDC", -5)]


def test_an_adjustment_is_against_its_reason(ledger: Scenario) -> None:
    ledger.when(ask(PostAdjustment, account="alice", asset="USDC", amount_e8=-7, reason_code="goodwill"))
    assert legs(ledger.events[0]) == [("alice", "USDC", -7), ("adjustment:goodwill", "USDC", 7)]


def test_an_opening_fill_pays_only_its_fee(ledger: Scenario) -> None:
    ledger.when(trade(BTC, "bob", "alice", "0.01", "60000"))
    assert legs(ledger.events[0]) == [("bob", "USDC", e8("-0.018")), ("fee", "USDC", e8("0.018"))]


def test_a_closing_fill_realises_against_the_clearing_account(ledger: Scenario) -> None:
    ledger.given(trade(BTC, "bob", "alice", "0.01", "60000"))
    ledger.when(trade(BTC, "alice", "bob", "0.01", "61000"))
    fills = {fill.account: fill for fill in ledger.events if isinstance(fill, FillSettled)}
    assert legs(fills["bob"]) == [
        ("bob", "USDC", e8("10") - e8("0.0183")),
        (f"pnl_clearing:{BTC}", "USDC", e8("-10")),
        ("fee", "USDC", e8("0.0183")),
    ]


def test_settled_funding_is_against_the_funding_clearing_account(ledger: Scenario) -> None:
    ledger.given(trade(BTC, "bob", "alice", "0.01", "60000"))
    ledger.state.markets[BTC].index_e8 = e8("-300")
    ledger.when(ask(SettleFunding, account="bob", market=BTC))
    assert legs(ledger.events[0]) == [("bob", "USDC", e8("3")), (f"funding_clearing:{BTC}", "USDC", e8("-3"))]


def test_swept_dust_goes_to_rounding() -> None:
    assert legs(RoundingSwept("rounding", "funding", BTC, 3, 300_000_000)) == [
        ("rounding", "USDC", 3),
        (f"funding_clearing:{BTC}", "USDC", -3),
    ]


def test_a_penalty_and_a_socialised_loss_pass_through_transit() -> None:
    assert legs(PenaltyCharged("alice", "l", 10**6, 100, 700_000, 70, 100, 30)) == [
        ("alice", "USDC", -70),
        ("transit:penalty", "USDC", 70),
    ]
    assert legs(LossSocialized("lv", "w", "alice", 20, 30, 100, 0, 20)) == [
        ("lv", "USDC", 20),
        ("transit:socialized_loss", "USDC", -20),
    ]


def test_shares_of_a_vault_are_an_asset_of_their_own(ledger: Scenario) -> None:
    ledger.given(
        account("op", kind="VAULT_OPERATOR"),
        ask(CreateVault, vault="v", account="op", name="v", vault_kind="user", owner_account="bob"),
    )
    ledger.when(ask(DepositToVault, vault="v", account="alice", amount_e8=7))
    minted = ledger.events[2]
    assert legs(minted) == [("alice", "share:v", 7), ("vault_issue:v", "share:v", -7)]
    ledger.when(ask(RedeemShares, vault="v", account="alice", shares_e8=2))
    assert legs(ledger.events[0]) == [("alice", "share:v", -2), ("vault_issue:v", "share:v", 2)]
    fee = VaultFeeSettled("op", "v", "alice", "bob", 3, 1, 3, 5, 4, 0, 1, 1, 0, 0, "PERIOD")
    assert legs(fee) == [("bob", "share:v", 1), ("alice", "share:v", -1)]


def test_what_moves_nothing_has_no_legs(ledger: Scenario) -> None:
    for command in (account("carol"), market("ETH-USD-PERP"), marks(2, BTC="60001")):
        ledger.when(command)
        assert legs(ledger.events[0]) == []
