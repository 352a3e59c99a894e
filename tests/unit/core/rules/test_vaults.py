"""Vaults (domain.md 2.10, decisions.md 26 to 28): shares, lock-up, profit share, unwinding."""

import pytest

from ledger.core.messages import (
    ChangeAccount,
    SettleVaultFees,
    TransferReceived,
    TransferSent,
    UpdateVault,
    VaultCreated,
    VaultFeeSettled,
    VaultSharesBurned,
    VaultSharesMinted,
    VaultUpdated,
)
from ledger.core.refusals import RefusalCode as Code
from ledger.core.values import E8
from tests.fields import changed
from tests.spec import START_US, Scenario, account, ask, deposit, e8, like, refused
from tests.unit.core.rules.desk import off_book
from tests.unit.core.rules.vaulting import (
    DAY_US,
    adjust,
    check_lots,
    create,
    fees,
    put,
    redeem,
    stake,
    vault_desk,
)


@pytest.fixture
def ledger() -> Scenario:
    return vault_desk()


def test_a_vault_is_created_over_an_empty_operator_account(ledger: Scenario) -> None:
    ledger.when(create(tvl_max_e8=e8("5000"), owner_minimum_e8=e8("100"))).then(
        VaultCreated(
            account="op",
            vault="hlp",
            name="Market making",
            vault_kind="user",
            owner_account="olga",
            profit_share_ppm=200_000,
            profit_share_period_s=2_592_000,
            lockup_s=86_400,
            tvl_max_e8=e8("5000"),
            owner_minimum_e8=e8("100"),
            status="ACTIVE",
        )
    )
    ledger.when(create()).then(refused(Code.VAULT_EXISTS))
    ledger.when(create(vault="other")).then(refused(Code.OPERATOR_INVALID))


@pytest.mark.parametrize(
    "fields",
    [
        {"vault": "a:b"},
        {"vault": ""},
        {"name": ""},
        {"name": "\x00"},
        {"vault_kind": "secret"},
        {"profit_share_ppm": 500_001},
        {"profit_share_ppm": -1},
        {"profit_share_period_s": 366 * 86_400 + 1},
        {"lockup_s": 30 * 86_400 + 1},
        {"tvl_max_e8": -1},
        {"owner_minimum_e8": 10**17 + 1},
    ],
)
def test_a_vault_with_impossible_values_is_refused(ledger: Scenario, fields: dict[str, object]) -> None:
    ledger.when(create(**fields)).then(refused(Code.INVALID_VALUE))


def test_an_operator_account_must_be_of_the_kind_empty_and_not_the_owner(ledger: Scenario) -> None:
    ledger.when(create(account="nobody")).then(refused(Code.ACCOUNT_NOT_FOUND))
    ledger.when(create(owner_account="nobody")).then(refused(Code.ACCOUNT_NOT_FOUND))
    ledger.when(create(account="ann")).then(refused(Code.OPERATOR_INVALID, "TRADER"))
    ledger.when(create(owner_account="op")).then(refused(Code.OPERATOR_INVALID))
    ledger.given(account("lv", kind="LIQUIDATOR"))
    ledger.when(create(account="lv")).then(refused(Code.OPERATOR_INVALID, "LIQUIDATOR"))
    ledger.given(create(account="lv", vault="lv", vault_kind="protocol"))
    ledger.given(deposit("op", "1"))
    ledger.when(create()).then(refused(Code.OPERATOR_INVALID))


def test_the_first_deposit_pays_one_a_share(ledger: Scenario) -> None:
    ledger.given(create()).when(changed(put("ann", "1000"), number=40))
    at = START_US + 5_000_000
    ledger.then(
        TransferSent(
            "ann", "test/40", "VAULT_DEPOSIT", "op", "USDC", e8("1000"), e8("100000"), e8("99000"),
            "hlp", "", "", 0,
        ),
        TransferReceived(
            "op", "test/40", "VAULT_DEPOSIT", "ann", "USDC", e8("1000"), 0, e8("1000"), "hlp", "", "", 0
        ),
        VaultSharesMinted(
            account="op",
            vault="hlp",
            holder="ann",
            mint_kind="DEPOSIT",
            transfer_id="test/40",
            amount_e8=e8("1000"),
            equity_before_e8=0,
            price_e8=E8,
            shares_e8=e8("1000"),
            supply_before_e8=0,
            supply_after_e8=e8("1000"),
            holder_shares_before_e8=0,
            holder_shares_after_e8=e8("1000"),
            hwm_before_e8=0,
            hwm_after_e8=E8,
            holder_deposited_before_e8=0,
            holder_deposited_after_e8=e8("1000"),
            net_deposits_before_e8=0,
            net_deposits_after_e8=e8("1000"),
            lot_id="test/40",
            unlock_at_us=at + DAY_US,
            corrects_seq=0,
        ),
    )  # fmt: skip
    check_lots(ledger)


def test_a_deposit_mints_at_the_share_price_as_in_the_published_example(ledger: Scenario) -> None:
    ledger.given(create(), put("ann", "5000"), adjust("op", "-1000")).when(put("ben", "1000"))
    minted = ledger.only(VaultSharesMinted)
    assert (minted.shares_e8, minted.price_e8) == (e8("1250"), e8("0.8"))
    assert (minted.equity_before_e8, minted.net_deposits_after_e8) == (e8("4000"), e8("6000"))


def test_a_second_deposit_has_a_mark_weighted_by_shares_and_rounded_up(ledger: Scenario) -> None:
    ledger.given(create(), put("ann", "1000"), adjust("op", "1000"), put("ann", "1000"))
    assert stake(ledger, "ann") == (e8("1500"), e8("1.33333334"), e8("2000"))
    check_lots(ledger)


def test_who_cannot_pay_cannot_deposit(ledger: Scenario) -> None:
    ledger.given(create())
    ledger.when(put("nobody", "1")).then(refused(Code.ACCOUNT_NOT_FOUND))
    ledger.when(put("ann", "0")).then(refused(Code.INVALID_VALUE))
    ledger.when(put("ann", "100000.00000001")).then(refused(Code.INSUFFICIENT_BALANCE))
    ledger.given(off_book(50, "ann", "maker", "10", "60000"))
    ledger.when(put("ann", "99999")).then(refused(Code.INSUFFICIENT_FREE_COLLATERAL))
    ledger.given(ask(ChangeAccount, account="ann", field="status", value="restricted"))
    ledger.when(put("ann", "1")).then(refused(Code.ACCOUNT_RESTRICTED))
    ledger.when(changed(put("ben", "1"), vault="none")).then(refused(Code.VAULT_NOT_FOUND))
    ledger.given(put("ben", "10"))
    ledger.when(put("op", "1")).then(refused(Code.VAULT_MONEY))


def test_a_vault_takes_no_more_than_its_largest_value(ledger: Scenario) -> None:
    ledger.given(create(tvl_max_e8=e8("1500")), put("ann", "1000"), adjust("op", "400"))
    ledger.when(put("ben", "100.00000001")).then(refused(Code.VAULT_FULL))
    ledger.given(put("ben", "100"))


def test_a_closed_vault_takes_no_deposits_and_pays(ledger: Scenario) -> None:
    update = ask(UpdateVault, vault="hlp", field="status", value="CLOSED")
    ledger.given(create(), put("ann", "1000")).when(update)
    ledger.then(VaultUpdated("op", "hlp", "status", "ACTIVE", "CLOSED"))
    ledger.when(put("ann", "1")).then(refused(Code.VAULT_CLOSED))
    ledger.given(redeem("ann", "1000"))
    ledger.given(changed(update, value="ACTIVE"), put("ann", "1"))


def test_fields_of_a_vault_are_changed_within_bounds(ledger: Scenario) -> None:
    ledger.given(create())
    for field, good, bad in (
        ("tvl_max_e8", "5", "100000000000000001"),
        ("profit_share_ppm", "500000", "500001"),
        ("status", "CLOSED", "FAILED"),
    ):
        update = ask(UpdateVault, vault="hlp", field=field, value=good)
        ledger.when(changed(update, value=bad)).then(refused(Code.INVALID_VALUE))
        ledger.when(changed(update, vault="none")).then(refused(Code.VAULT_NOT_FOUND))
        ledger.given(update).when(update).then(refused(Code.NOTHING_TO_CHANGE))
    for value_given in ("", "07", "-1", "1.5", "9" * 19, "²"):
        update = ask(UpdateVault, vault="hlp", field="tvl_max_e8", value=value_given)
        ledger.when(update).then(refused(Code.INVALID_VALUE))
    ledger.when(ask(UpdateVault, vault="hlp", field="owner", value="ann")).then(refused(Code.INVALID_VALUE))
    vault = ledger.state.vaults["hlp"]
    assert (vault.tvl_max_e8, vault.profit_share_ppm, vault.status) == (5, 500_000, "CLOSED")


def test_nothing_is_minted_or_burned_while_equity_is_not_positive(ledger: Scenario) -> None:
    ledger.given(create(), put("ann", "1000"), adjust("op", "-1000"))
    ledger.when(put("ben", "1")).then(refused(Code.VAULT_INSOLVENT))
    ledger.when(redeem("ann", "1")).then(refused(Code.VAULT_INSOLVENT))
    ledger.when(fees(31)).then(refused(Code.VAULT_INSOLVENT))
    ledger.state.accounts["op"].balance_e8 = -1
    ledger.when(put("ben", "1")).then(refused(Code.VAULT_INSOLVENT))
    ledger.when(redeem("ann", "1")).then(refused(Code.VAULT_INSOLVENT))


def test_what_a_vault_has_before_it_has_shares_falls_to_its_owner(ledger: Scenario) -> None:
    ledger.given(create(), adjust("op", "50"))
    ledger.when(put("ben", "1")).then(refused(Code.VAULT_OWNER_FIRST))
    ledger.given(put("olga", "100"), put("ben", "150"))
    assert stake(ledger, "olga")[0] == stake(ledger, "ben")[0] == e8("100")


def test_a_first_deposit_into_debt_is_refused(ledger: Scenario) -> None:
    ledger.given(create())
    ledger.state.accounts["op"].balance_e8 = -1
    ledger.when(put("ben", "1")).then(refused(Code.VAULT_INSOLVENT))


def test_a_deposit_of_which_rounding_would_take_a_part_is_refused(ledger: Scenario) -> None:
    ledger.given(create(), put("ann", "0.00001"), adjust("op", "9999.99999"))
    ledger.when(put("ben", "10001.5")).then(refused(Code.VAULT_AMOUNT_TOO_SMALL))
    ledger.given(put("ben", "20000"))
    assert stake(ledger, "ben")[0] == 2000
    ledger.when(put("ben", "0.00000001")).then(refused(Code.VAULT_AMOUNT_TOO_SMALL))


def test_shares_are_locked_up_by_lot_and_redeemed_first_in_first_out(ledger: Scenario) -> None:
    ledger.given(create(), put("ann", "100", number=30))
    ledger.given(put("ann", "50", number=31, issued_at_us=START_US + DAY_US))
    ledger.when(redeem("ann", "10", day=0)).then(refused(Code.SHARES_LOCKED, "0e-8"))
    almost = changed(redeem("ann", "120"), issued_at_us=START_US + 2 * DAY_US - 1)
    ledger.when(almost).then(refused(Code.SHARES_LOCKED, f"{e8('100')}e-8"))
    ledger.when(redeem("ann", "120"))
    assert ledger.only(VaultSharesBurned).lots == f"test/30={e8('100')},test/31={e8('20')}"
    assert [(lot.lot_id, lot.shares_e8) for lot in ledger.state.vaults["hlp"].stakes["ann"].lots] == [
        ("test/31", e8("30"))
    ]
    check_lots(ledger)


def test_without_positions_a_redemption_is_paid_at_once(ledger: Scenario) -> None:
    ledger.given(create(), put("ann", "1000", number=30), put("ben", "500"), adjust("op", "-300"))
    ledger.when(changed(redeem("ann", "250", aux=""), number=60)).then(
        VaultSharesBurned(
            account="op",
            vault="hlp",
            holder="ann",
            burn_kind="WITHDRAWAL",
            transfer_id="test/60",
            equity_before_e8=e8("1200"),
            price_e8=e8("0.8"),
            shares_e8=e8("250"),
            pay_e8=e8("200"),
            aux_account="",
            lots=f"test/30={e8('250')}",
            supply_before_e8=e8("1500"),
            supply_after_e8=e8("1250"),
            holder_shares_before_e8=e8("1000"),
            holder_shares_after_e8=e8("750"),
            hwm_before_e8=E8,
            hwm_after_e8=E8,
            holder_deposited_before_e8=e8("1000"),
            holder_deposited_after_e8=e8("750"),
            net_deposits_before_e8=e8("1500"),
            net_deposits_after_e8=e8("1300"),
            corrects_seq=0,
        ),
        like(TransferSent, account="op", transfer_kind="VAULT_WITHDRAWAL", amount_e8=e8("200"), vault="hlp"),
        like(TransferReceived, account="ann", counterparty="op", balance_after_e8=e8("99200")),
    )


def test_a_redemption_of_more_than_is_held_or_of_nothing_is_refused(ledger: Scenario) -> None:
    ledger.given(create(), put("ann", "1000"))
    ledger.when(redeem("ann", "1000.00000001")).then(refused(Code.SHARES_NOT_HELD))
    ledger.when(redeem("ben", "1")).then(refused(Code.SHARES_NOT_HELD, "0e-8"))
    ledger.when(redeem("ann", "0")).then(refused(Code.INVALID_VALUE))
    ledger.when(redeem("nobody", "1")).then(refused(Code.ACCOUNT_NOT_FOUND))
    ledger.when(redeem("ann", "1", aux="a b")).then(refused(Code.INVALID_VALUE))
    ledger.when(changed(redeem("ann", "1"), vault="none")).then(refused(Code.VAULT_NOT_FOUND))
    ledger.given(adjust("op", "-999.99999999"))
    ledger.when(redeem("ann", "999")).then(refused(Code.VAULT_AMOUNT_TOO_SMALL))
    ledger.given(ask(ChangeAccount, account="ann", field="status", value="restricted"))
    ledger.when(redeem("ann", "1")).then(refused(Code.ACCOUNT_RESTRICTED))


def test_the_profit_share_comes_out_of_what_is_redeemed(ledger: Scenario) -> None:
    ledger.given(create(), put("olga", "1000"), put("ann", "1000"), adjust("op", "2000"))
    ledger.when(redeem("ann", "500", aux=""))
    fee = ledger.only(VaultFeeSettled)
    assert (fee.fee_shares_e8, fee.fee_value_e8) == (e8("50"), e8("100"))
    assert (fee.hwm_before_e8, fee.hwm_after_e8, fee.settle_reason) == (E8, E8, "WITHDRAWAL")
    burned = ledger.only(VaultSharesBurned)
    assert (burned.shares_e8, burned.pay_e8) == (e8("450"), e8("900"))
    assert stake(ledger, "ann") == (e8("500"), E8, e8("526.31578947"))
    assert stake(ledger, "olga")[0] == e8("1050")
    check_lots(ledger)
    ledger.when(redeem("olga", "500", aux=""))
    assert not [event for event in ledger.events if isinstance(event, VaultFeeSettled)]
    assert ledger.only(VaultSharesBurned).lots.startswith(f"fee={e8('50')},")


def test_at_the_end_of_a_period_every_gain_is_shared_and_the_mark_rises(ledger: Scenario) -> None:
    ledger.given(create(), put("ben", "1000"), put("ann", "1000"), adjust("op", "1000"))
    ledger.when(changed(fees(30), issued_at_us=START_US + 30 * DAY_US)).then(refused(Code.PERIOD_RUNNING))
    first = ledger.state.seq
    ledger.when(fees(31)).then(
        like(
            VaultFeeSettled,
            holder="ann",
            owner="olga",
            price_e8=e8("1.5"),
            fee_shares_e8=e8("66.66666666"),
            hwm_after_e8=e8("1.5"),
            owner_shares_before_e8=0,
            settle_reason="PERIOD",
        ),
        like(
            VaultFeeSettled,
            holder="ben",
            owner_shares_before_e8=e8("66.66666666"),
            owner_shares_after_e8=e8("133.33333332"),
            period_start_us=START_US + 5_000_000,
        ),
    )
    assert ledger.state.seq == first + 2
    assert ledger.state.vaults["hlp"].supply_e8 == e8("2000")
    check_lots(ledger)
    ledger.when(fees(32)).then(refused(Code.PERIOD_RUNNING))
    ledger.when(fees(62)).then(refused(Code.PERIOD_RUNNING, "nobody has a gain"))
    ledger.given(adjust("op", "300"))
    ledger.when(fees(62))
    assert {event.hwm_before_e8 for event in ledger.events if isinstance(event, VaultFeeSettled)} == {
        e8("1.5")
    }


def test_without_a_period_only_redemptions_are_charged(ledger: Scenario) -> None:
    ledger.given(create(profit_share_period_s=0), put("ann", "10"), adjust("op", "10"))
    ledger.when(fees(360)).then(refused(Code.PERIOD_RUNNING))
    ledger.when(ask(SettleVaultFees, vault="none")).then(refused(Code.VAULT_NOT_FOUND))


def test_the_owner_keeps_the_minimum_until_the_vault_is_closed(ledger: Scenario) -> None:
    ledger.given(create(owner_minimum_e8=e8("100")), put("olga", "300"), adjust("op", "300"))
    ledger.when(redeem("olga", "250.00000001")).then(refused(Code.OWNER_MINIMUM))
    ledger.given(redeem("olga", "250", aux=""))
    ledger.when(redeem("olga", "50")).then(refused(Code.OWNER_MINIMUM, "0e-8"))
    ledger.given(ask(UpdateVault, vault="hlp", field="status", value="CLOSED"), redeem("olga", "50"))
    assert ledger.state.vaults["hlp"].stakes == {}
