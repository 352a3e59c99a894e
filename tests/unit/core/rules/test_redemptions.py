"""Redemptions from vaults: parts of positions, auxiliary accounts, and what they pay."""

import pytest

from ledger.core.messages import (
    AccountChanged,
    AccountOpened,
    ChangeAccount,
    FillSettled,
    FundingSettled,
    RequestWithdrawal,
    Transfer,
    TransferReceived,
    TransferSent,
    VaultSharesBurned,
    VaultUnwindCompleted,
    VaultUnwindStarted,
)
from ledger.core.refusals import RefusalCode as Code
from tests.fields import changed
from tests.spec import START_US, USDC, Scenario, account, ask, deposit, e8, given, like, marks, refused
from tests.unit.core.rules.desk import BTC, off_book, order
from tests.unit.core.rules.vaulting import (
    adjust,
    check_lots,
    complete,
    create,
    fees,
    put,
    redeem,
    value,
    vault_desk,
)


@pytest.fixture
def ledger() -> Scenario:
    return vault_desk()


def positioned(ledger: Scenario, fall: str = "59000") -> Scenario:
    """The vault has 10,000 USDC of ann and ben, is long 0.3 BTC from 60,000, and the mark moved."""
    ledger.given(create(profit_share_ppm=0), put("ann", "4000"), put("ben", "6000"))
    ledger.given(off_book(50, "op", "maker", "0.3", "60000"), marks(2, BTC=fall))
    ledger.state.markets[BTC].index_e8 = e8("1")
    return ledger


def test_a_part_of_every_position_moves_to_an_auxiliary_account_worth_the_part(ledger: Scenario) -> None:
    positioned(ledger)
    first = ledger.state.seq + 1
    ledger.when(changed(redeem("ann", "1000"), number=70)).then(
        like(FundingSettled, account="op", size_e8=e8("0.3"), realized_funding_e8=e8("-0.3")),
        like(
            VaultSharesBurned,
            equity_before_e8=e8("9699.7"),
            shares_e8=e8("1000"),
            pay_e8=e8("969.97"),
            aux_account="aux-1",
        ),
        AccountOpened("aux-1", "AUXILIARY", "ann", "", 0, "PRO", 0),
        VaultUnwindStarted(
            account="op",
            vault="hlp",
            holder="ann",
            aux_account="aux-1",
            unwind_id="test/70",
            shares_e8=e8("1000"),
            supply_e8=e8("10000"),
            equity_e8=e8("9699.7"),
            pay_e8=e8("969.97"),
            cash_e8=e8("999.97"),
            positions=1,
            notional_e8=e8("1770"),
        ),
        like(
            FillSettled,
            account="op",
            fill_type="UNWIND_TRANSFER",
            side="SELL",
            fill_size_e8=e8("0.03"),
            price_e8=e8("60000"),
            value_e8=e8("1800"),
            cost_after_e8=e8("16200"),
            realized_pnl_e8=0,
            realized_funding_e8=0,
            fee_e8=0,
            vault="hlp",
            cause_seq=first + 1,
        ),
        like(
            FillSettled,
            account="aux-1",
            side="BUY",
            size_after_e8=e8("0.03"),
            cost_after_e8=e8("1800"),
            position_id_after=first + 5,
            funding_index_e8=e8("1"),
            vault="hlp",
        ),
        like(TransferSent, account="op", transfer_kind="UNWINDING", amount_e8=e8("999.97")),
        like(TransferReceived, account="aux-1", balance_before_e8=0),
    )
    assert value(ledger, "aux-1") == e8("969.97")
    assert value(ledger, "op") == e8("9699.7") - e8("969.97")
    check_lots(ledger)


def test_the_money_of_an_unwound_account_goes_to_the_holder_and_the_account_is_closed(
    ledger: Scenario,
) -> None:
    positioned(ledger).given(changed(redeem("ann", "1000"), number=70))
    ledger.when(complete("test/70")).then(refused(Code.UNWIND_RUNNING))
    ledger.when(complete("test/71")).then(refused(Code.UNWIND_NOT_FOUND))
    ledger.when(changed(complete("test/70"), vault="none")).then(refused(Code.VAULT_NOT_FOUND))
    ledger.given(off_book(71, "maker", "aux-1", "0.03", "58000"))
    ledger.when(changed(complete("test/70"), number=72)).then(
        VaultUnwindCompleted("op", "hlp", "ann", "aux-1", "test/70", e8("939.97"), e8("-30")),
        like(TransferSent, account="aux-1", transfer_kind="VAULT_WITHDRAWAL", balance_after_e8=0),
        like(TransferReceived, account="ann", transfer_id="test/72", amount_e8=e8("939.97")),
        AccountChanged("aux-1", "status", "", "active", "closed", "UNWOUND"),
    )
    ledger.when(complete("test/70")).then(refused(Code.UNWIND_NOT_FOUND))


def test_an_auxiliary_account_with_orders_is_not_done(ledger: Scenario) -> None:
    positioned(ledger).given(changed(redeem("ann", "1000"), number=70))
    ledger.given(order(71, "aux-1", "SELL", "0.01", "60000"), off_book(72, "maker", "aux-1", "0.03", "59000"))
    ledger.when(complete("test/70")).then(refused(Code.UNWIND_RUNNING))


def test_one_that_lost_everything_pays_nothing(ledger: Scenario) -> None:
    positioned(ledger).given(changed(redeem("ann", "1000"), number=70))
    ledger.given(off_book(71, "maker", "aux-1", "0.03", "59000"))
    ledger.state.accounts["aux-1"].balance_e8 = -1
    ledger.when(complete("test/70")).then(refused(Code.UNWIND_RUNNING, "owes -1e-8"))
    ledger.state.accounts["aux-1"].balance_e8 = 0
    ledger.when(complete("test/70")).then(
        like(VaultUnwindCompleted, paid_e8=0, unwind_pnl_e8=e8("-969.97")), like(AccountChanged)
    )


def test_an_auxiliary_account_that_was_given_something_else_stays_open(ledger: Scenario) -> None:
    positioned(ledger).given(changed(redeem("ann", "1000"), number=70))
    ledger.given(off_book(71, "maker", "aux-1", "0.03", "59000"))
    ledger.state.accounts["aux-1"].other_balances = {"GOLD": 1}
    ledger.when(complete("test/70"))
    assert not [event for event in ledger.events if isinstance(event, AccountChanged)]


def test_when_the_profit_of_the_positions_exceeds_the_part_the_cash_flows_back(ledger: Scenario) -> None:
    ledger.given(create(profit_share_ppm=0), put("ann", "1000"), put("olga", "1000"))
    ledger.given(off_book(50, "op", "maker", "1", "60000"), marks(2, BTC="62000"), adjust("op", "-2100"))
    ledger.when(redeem("ann", "1000"))
    assert ledger.only(VaultUnwindStarted).cash_e8 == e8("-50")
    sent = ledger.only(TransferSent)
    assert (sent.account, sent.counterparty, sent.balance_after_e8) == ("aux-1", "op", e8("-50"))
    assert value(ledger, "aux-1") == value(ledger, "op") == e8("950")


def test_a_short_position_moves_at_its_cost_too(ledger: Scenario) -> None:
    ledger.given(create(profit_share_ppm=0), put("ann", "4000"), put("ben", "6000"))
    ledger.given(off_book(50, "maker", "op", "0.30001", "60000.1"), marks(2, BTC="59000"))
    before = value(ledger, "op")
    ledger.when(redeem("ann", "3333.33333333"))
    aux = ledger.state.accounts["aux-1"].holdings[BTC]
    assert (aux.size_e8, aux.cost_e8) == (e8("-0.1"), e8("-6000.01"))
    pay = ledger.only(VaultSharesBurned).pay_e8
    assert value(ledger, "aux-1") == pay
    assert value(ledger, "op") == before - pay


def test_parts_smaller_than_a_step_stay_and_the_cash_is_paid_at_once(ledger: Scenario) -> None:
    positioned(ledger)
    ledger.when(redeem("ann", "0.1", aux=""))
    assert ledger.only(TransferSent).transfer_kind == "VAULT_WITHDRAWAL"
    assert ledger.state.accounts["op"].holdings[BTC].size_e8 == e8("0.3")


def test_an_unwinding_needs_a_new_account(ledger: Scenario) -> None:
    positioned(ledger)
    ledger.when(redeem("ann", "100", aux="")).then(refused(Code.INVALID_VALUE, "aux_account"))
    ledger.when(redeem("ann", "100", aux="ben")).then(refused(Code.ACCOUNT_EXISTS))
    ledger.when(redeem("ann", "100", aux="transit:x")).then(refused(Code.ACCOUNT_RESERVED))


def test_the_auxiliary_account_of_a_sub_account_belongs_to_its_parent(ledger: Scenario) -> None:
    ledger.given(account("ann-2", kind="SUBACCOUNT", parent="ann"), deposit("ann-2", "50"))
    positioned(ledger).given(put("ann-2", "50"))
    ledger.when(redeem("ann-2", "51"))
    assert ledger.only(AccountOpened).parent == "ann"


def test_reduce_only_orders_that_no_longer_fit_the_vault_are_cancelled(ledger: Scenario) -> None:
    positioned(ledger).given(order(60, "op", "SELL", "0.3", "60000", reduce_only=1))
    ledger.when(redeem("ann", "1000"))
    assert ledger.state.accounts["op"].orders == {}


def test_vault_flows_wait_for_an_open_market_and_a_fresh_mark(ledger: Scenario) -> None:
    positioned(ledger)
    ledger.state.markets[BTC].status = "post_only"
    for command in (put("ann", "1"), redeem("ann", "1"), fees(31)):
        ledger.when(command).then(refused(Code.MARKET_CLOSED))
    ledger.state.markets[BTC].status = "ok"
    ledger.state.markets[BTC].price_age_max_ms = 60_000
    late = {"issued_at_us": START_US + 71_000_000}
    for command in (changed(put("ann", "1"), **late), redeem("ann", "1"), fees(31)):
        ledger.when(command).then(refused(Code.PRICE_STALE))


def test_the_money_of_a_vault_leaves_only_by_redemptions(ledger: Scenario) -> None:
    positioned(ledger).given(changed(redeem("ann", "1000"), number=70))
    for name in ("op", "aux-1"):
        pay = ask(Transfer, account=name, counterparty="maker", asset="USDC", amount_e8=1)
        ledger.when(pay).then(refused(Code.VAULT_MONEY))
        out = ask(RequestWithdrawal, account=name, asset="USDC", amount_e8=1, destination="0x1")
        ledger.when(out).then(refused(Code.VAULT_MONEY))


def test_accounts_with_a_claim_are_not_closed(ledger: Scenario) -> None:
    positioned(ledger).given(changed(redeem("ann", "4000"), number=70))
    for name in ("ann", "ben"):
        balance = ledger.state.accounts[name].balance_e8
        ledger.given(ask(Transfer, account=name, counterparty="maker", asset="USDC", amount_e8=balance))
        close = ask(ChangeAccount, account=name, field="status", value="closed")
        ledger.when(close).then(refused(Code.ACCOUNT_NOT_EMPTY))
    ledger.given(off_book(71, "maker", "aux-1", "0.12", "59000"), complete("test/70"))
    balance = ledger.state.accounts["ann"].balance_e8
    ledger.given(ask(Transfer, account="ann", counterparty="maker", asset="USDC", amount_e8=balance))
    ledger.given(ask(ChangeAccount, account="ann", field="status", value="closed"))


def test_nobody_enters_or_leaves_the_liquidator_vault_while_a_bankruptcy_is_open() -> None:
    ledger = given(USDC, account("olga"), account("ann"), account("lv", kind="LIQUIDATOR"))
    ledger.given(deposit("ann", "2000"), create(account="lv", vault_kind="protocol"), put("ann", "1000"))
    ledger.given(account("bad"))
    ledger.state.accounts["bad"].balance_e8 = e8("-1000.00000001")
    ledger.state.bankruptcy_e8 = e8("1000.00000001")
    ledger.when(put("ann", "1")).then(refused(Code.LOSS_OPEN, "1e-8"))
    ledger.when(redeem("ann", "1")).then(refused(Code.LOSS_OPEN))
    ledger.state.bankruptcy_e8 = e8("1000")
    ledger.given(put("ann", "1"), redeem("ann", "1", aux=""))


def test_results_beyond_the_range_are_refused(ledger: Scenario) -> None:
    ledger.given(create(), put("ann", "1"))
    ledger.state.accounts["op"].balance_e8 = 2**63 - 1
    ledger.state.vaults["hlp"].supply_e8 = 2**60
    ledger.when(put("ben", "100000")).then(refused(Code.OUT_OF_RANGE))
    ledger.state.vaults["hlp"].supply_e8 = 1
    ledger.state.vaults["hlp"].stakes["ann"].shares_e8 = 1
    ledger.when(redeem("ann", "0.00000001")).then(refused(Code.OUT_OF_RANGE))
    ledger.when(fees(31)).then(refused(Code.OUT_OF_RANGE))
    ledger.state.accounts["op"].balance_e8 = e8("100000000")
    ledger.state.accounts["ann"].balance_e8 = 2**63 - 1
    ledger.when(redeem("ann", "0.00000001")).then(refused(Code.OUT_OF_RANGE))
