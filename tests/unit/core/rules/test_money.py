import pytest

from ledger.core.messages import (
    AdjustmentPosted,
    ChangeAccount,
    DepositCredited,
    ListAsset,
    PostAdjustment,
    Transfer,
    TransferReceived,
    TransferSent,
)
from ledger.core.refusals import RefusalCode
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
    trade,
)

BTC = ask(ListAsset, asset="BTC", decimals=8)


def transfer(sender: str, receiver: str, amount: str, asset: str = "USDC") -> Transfer:
    return ask(Transfer, account=sender, counterparty=receiver, asset=asset, amount_e8=e8(amount))


def adjust(name: str, amount: str, asset: str = "USDC", /, **fields: object) -> PostAdjustment:
    return ask(
        PostAdjustment,
        **({"account": name, "asset": asset, "amount_e8": e8(amount), "reason_code": "goodwill"} | fields),
    )


def status(name: str, value: str) -> ChangeAccount:
    return ask(ChangeAccount, account=name, field="status", value=value)


@pytest.fixture
def ledger() -> Scenario:
    """Alice and Bob with 100 USDC each; Alice also has 2 BTC."""
    return given(
        USDC,
        BTC,
        account("alice"),
        account("bob"),
        deposit("alice", "100"),
        deposit("bob", "100"),
        deposit("alice", "2", "BTC"),
    )


@pytest.fixture
def trading() -> Scenario:
    """Alice, long 1 BTC at 60,000 with 2,000 USDC; the mark is there: 1,212 are needed for margin."""
    return given(
        USDC,
        market(maker_fee_ppm=0),
        account("alice"),
        account("bob"),
        deposit("alice", "2000"),
        deposit("bob", "9000"),
        marks(1, BTC="60000"),
        trade("BTC-USD-PERP", "alice", "bob", "1", "60000"),
    )


def test_a_deposit_is_credited_once_for_its_reference(ledger: Scenario) -> None:
    command = deposit("alice", "7", ref="0xabc")
    ledger.when(command).then(
        DepositCredited("alice", "USDC", e8("7"), e8("100"), e8("107"), "0xabc", "starkgate", "ethereum", 0)
    )
    ledger.when(command).then(refused(RefusalCode.EXTERNAL_REF_USED, "ethereum/0xabc"))
    assert ledger.state.custody == {"USDC": e8("207"), "BTC": e8("2")}


def test_the_same_reference_on_two_chains_is_two_deposits(ledger: Scenario) -> None:
    ledger.given(deposit("alice", "7", ref="0xabc"))
    other = deposit("alice", "7", ref="0xabc")
    other.external_chain = "base"
    ledger.given(other)


def test_a_deposit_happened_when_it_says() -> None:
    command = deposit("alice", "7")
    command.occurred_at_us = START_US - 5
    ledger = given(USDC, account("alice")).when(command)
    assert [event.occurred_at_us for event in ledger.events] == [START_US - 5]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("external_chain", ""),
        ("external_chain", "a/b"),
        ("external_ref", ""),
        ("external_ref", "x" * 257),
        ("bridge", "\t"),
        ("occurred_at_us", -1),
        ("amount_e8", 0),
        ("amount_e8", -1),
    ],
)
def test_a_deposit_with_an_impossible_value_is_refused(ledger: Scenario, field: str, value: object) -> None:
    command = deposit("alice", "1")
    setattr(command, field, value)
    ledger.when(command).then(refused(RefusalCode.INVALID_VALUE))


def test_a_deposit_past_the_largest_amount_is_refused(ledger: Scenario) -> None:
    command = deposit("alice", "1")
    command.amount_e8 = AMOUNT_MAX_E8 + 1
    ledger.when(command).then(refused(RefusalCode.OUT_OF_RANGE))


def test_a_balance_past_the_range_is_refused_and_not_wrapped(ledger: Scenario) -> None:
    for number in range(92):
        ledger.given(deposit("alice", "1000000000", ref=str(number)))
    ledger.when(deposit("alice", "1000000000", ref="last")).then(refused(RefusalCode.OUT_OF_RANGE))
    ledger.given(deposit("bob", "1000000000", ref="bob"))
    ledger.when(transfer("bob", "alice", "1000000000")).then(refused(RefusalCode.OUT_OF_RANGE))
    ledger.when(adjust("alice", "1000000000")).then(refused(RefusalCode.OUT_OF_RANGE))


def test_a_deposit_needs_asset_and_account(ledger: Scenario) -> None:
    ledger.when(deposit("alice", "1", "ETH")).then(refused(RefusalCode.ASSET_NOT_FOUND))
    ledger.when(deposit("carol", "1")).then(refused(RefusalCode.ACCOUNT_NOT_FOUND))
    ledger.given(account("carol"), status("carol", "closed"))
    ledger.when(deposit("carol", "1")).then(refused(RefusalCode.ACCOUNT_CLOSED))


def test_a_transfer_is_a_debit_and_a_credit_that_follows_from_it(ledger: Scenario) -> None:
    debit_seq = ledger.state.seq + 1
    ledger.when(transfer("alice", "bob", "40")).then(
        TransferSent(
            "alice", "test/8", "TRANSFER", "bob", "USDC", e8("40"), e8("100"), e8("60"), "", "", "", 0
        ),
        TransferReceived(
            "bob", "test/8", "TRANSFER", "alice", "USDC", e8("40"), e8("100"), e8("140"), "", "", "", 0
        ),
    )
    assert [event.cause_seq for event in ledger.events] == [0, debit_seq]


def test_another_asset_moves_down_to_zero(trading: Scenario) -> None:
    trading.given(BTC, deposit("alice", "2", "BTC"))
    trading.when(transfer("alice", "bob", "2", "BTC")).then(
        like(TransferSent, balance_after_e8=0), like(TransferReceived, balance_before_e8=0)
    )


def test_a_transfer_needs_both_accounts_open(ledger: Scenario) -> None:
    ledger.when(transfer("alice", "carol", "1")).then(refused(RefusalCode.ACCOUNT_NOT_FOUND, "carol"))
    ledger.when(transfer("carol", "alice", "1")).then(refused(RefusalCode.ACCOUNT_NOT_FOUND, "carol"))
    ledger.given(account("carol"), status("carol", "closed"))
    ledger.when(transfer("alice", "carol", "1")).then(refused(RefusalCode.ACCOUNT_CLOSED))


def test_an_account_that_is_not_there_comes_before_one_that_is_closed(ledger: Scenario) -> None:
    ledger.given(account("gone"), status("gone", "closed"))
    for sender, receiver in (("gone", "nobody"), ("nobody", "gone")):
        ledger.when(transfer(sender, receiver, "1")).then(refused(RefusalCode.ACCOUNT_NOT_FOUND, "nobody"))
    ledger.when(transfer("gone", "alice", "1")).then(refused(RefusalCode.ACCOUNT_CLOSED, "gone"))


def test_a_restricted_account_receives_but_does_not_pay(ledger: Scenario) -> None:
    ledger.given(status("alice", "restricted"))
    ledger.when(transfer("alice", "bob", "1")).then(refused(RefusalCode.ACCOUNT_RESTRICTED))
    ledger.given(transfer("bob", "alice", "1"), deposit("alice", "1"))


def test_nobody_transfers_to_himself(ledger: Scenario) -> None:
    ledger.when(transfer("alice", "alice", "1")).then(refused(RefusalCode.SAME_ACCOUNT))


def test_a_transfer_is_bounded_by_the_balance(ledger: Scenario) -> None:
    ledger.when(transfer("alice", "bob", "100.00000001")).then(refused(RefusalCode.INSUFFICIENT_BALANCE))
    ledger.given(transfer("alice", "bob", "100"))


def test_a_transfer_is_bounded_by_the_free_collateral(trading: Scenario) -> None:
    # 60,000 * (2% + 0.02% fee provision) = 1,212 of 2,000 stay
    trading.when(transfer("alice", "bob", "788.00000001")).then(
        refused(RefusalCode.INSUFFICIENT_FREE_COLLATERAL)
    )
    trading.given(transfer("alice", "bob", "788"))


def test_profit_that_is_not_realised_does_not_leave(trading: Scenario) -> None:
    trading.given(marks(2, BTC="66000"))
    trading.when(transfer("alice", "bob", "2000.00000001")).then(refused(RefusalCode.INSUFFICIENT_BALANCE))
    trading.given(transfer("alice", "bob", "2000"))


def test_an_adjustment_says_why_and_what_it_corrects(ledger: Scenario) -> None:
    ledger.when(adjust("alice", "-30", incident_id="inc-1", corrects_seq=4, note="paid twice")).then(
        AdjustmentPosted(
            "alice", "USDC", e8("-30"), "goodwill", "inc-1", 4, "paid twice", e8("100"), e8("70"), "", ""
        )
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount_e8", 0),
        ("reason_code", ""),
        ("reason_code", "a:b"),
        ("incident_id", "\n"),
        ("note", "x" * 257),
        ("corrects_seq", -1),
        ("corrects_seq", 9_999),
    ],
)
def test_an_adjustment_with_an_impossible_value_is_refused(
    ledger: Scenario, field: str, value: object
) -> None:
    ledger.when(adjust("alice", "1", **{field: value})).then(refused(RefusalCode.INVALID_VALUE))


def test_an_adjustment_needs_range_asset_and_account(ledger: Scenario) -> None:
    ledger.when(adjust("alice", "-1000000000.00000001")).then(refused(RefusalCode.OUT_OF_RANGE))
    ledger.when(adjust("alice", "1", "ETH")).then(refused(RefusalCode.ASSET_NOT_FOUND))
    ledger.when(adjust("carol", "1")).then(refused(RefusalCode.ACCOUNT_NOT_FOUND))
    ledger.given(account("carol"), status("carol", "closed"))
    ledger.when(adjust("carol", "1")).then(refused(RefusalCode.ACCOUNT_CLOSED))


def test_an_adjustment_takes_no_balance_below_zero(ledger: Scenario) -> None:
    ledger.when(adjust("alice", "-100.00000001")).then(refused(RefusalCode.INSUFFICIENT_BALANCE))
    ledger.when(adjust("alice", "-2.00000001", "BTC")).then(refused(RefusalCode.INSUFFICIENT_BALANCE))
    ledger.given(adjust("alice", "-100"), adjust("alice", "-2", "BTC"))


def test_an_adjustment_below_zero_is_borne_by_profit_that_covers_the_margin(trading: Scenario) -> None:
    # at 66,000: value 8,000, requirement 66,000 * 2.02% = 1,333.20
    trading.given(marks(2, BTC="66000"))
    trading.when(adjust("alice", "-6666.80000001")).then(refused(RefusalCode.INSUFFICIENT_BALANCE))
    trading.when(adjust("alice", "-6666.8")).then(like(AdjustmentPosted, balance_after_e8=e8("-4666.8")))


def test_a_margin_exempt_account_may_be_adjusted_below_zero(ledger: Scenario) -> None:
    ledger.given(account("outside", kind="EXTERNAL", margin_exempt=1), adjust("outside", "-5"))
    ledger.when(adjust("outside", "-5", "BTC")).then(refused(RefusalCode.INSUFFICIENT_BALANCE))
