import pytest

from ledger.core.messages import AccountChanged, AccountOpened, ChangeAccount, OpenAccount, RequestWithdrawal
from ledger.core.refusals import RefusalCode
from tests.spec import USDC, Scenario, account, ask, deposit, e8, given, like, market, marks, refused, trade


def change(name: str, field: str, value: str, market_name: str = "") -> ChangeAccount:
    return ask(ChangeAccount, account=name, field=field, value=value, market=market_name, reason="asked")


@pytest.fixture
def ledger() -> Scenario:
    """Alice is long 1 BTC at 60,000 with 2,000 USDC; Bob is the other side."""
    return given(
        USDC,
        market(),
        account("alice"),
        account("bob"),
        deposit("alice", "2000"),
        deposit("bob", "5000"),
        marks(1, BTC="60000"),
        trade("BTC-USD-PERP", "alice", "bob", "1", "60000"),
    )


def test_an_account_is_opened_active() -> None:
    ledger = given().when(account("alice", signer_key="k1", fee_tier="RETAIL"))
    ledger.then(AccountOpened("alice", "TRADER", "", "k1", 0, "RETAIL", 0))
    assert ledger.state.accounts["alice"].status == "active"


def test_an_account_that_names_no_fee_tier_is_of_the_tier_that_pays() -> None:
    given().when(account("alice")).then(like(AccountOpened, fee_tier="PRO"))


@pytest.mark.parametrize("kind", ["SUBACCOUNT", "AUXILIARY"])
def test_a_child_has_a_parent(kind: str) -> None:
    given(account("alice")).when(account("alice/1", kind=kind, parent="alice")).then(
        like(AccountOpened, parent="alice")
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"account": ""},
        {"account": "al ice"},
        {"account": "*"},
        {"account": "a" * 65},
        {"kind": "USER"},
        {"margin_exempt": 2},
        {"fee_tier": "VIP"},
        {"signer_key": "\n"},
    ],
)
def test_an_account_with_an_impossible_value_is_refused(fields: dict[str, object]) -> None:
    command = ask(OpenAccount, **({"account": "alice", "kind": "TRADER"} | fields))
    given().when(command).then(refused(RefusalCode.INVALID_VALUE))


def test_an_account_is_opened_once() -> None:
    given(account("alice")).when(account("alice")).then(refused(RefusalCode.ACCOUNT_EXISTS))


@pytest.mark.parametrize(
    ("kind", "parent"),
    [("SUBACCOUNT", ""), ("SUBACCOUNT", "nobody"), ("SUBACCOUNT", "child"), ("TRADER", "alice")],
)
def test_a_parent_must_fit_the_kind(kind: str, parent: str) -> None:
    ledger = given(account("alice"), account("child", kind="SUBACCOUNT", parent="alice"))
    ledger.when(account("new", kind=kind, parent=parent)).then(refused(RefusalCode.PARENT_INVALID))


def test_a_closed_account_is_no_parent() -> None:
    ledger = given(account("alice"), change("alice", "status", "closed"))
    ledger.when(account("child", kind="SUBACCOUNT", parent="alice")).then(refused(RefusalCode.PARENT_INVALID))


@pytest.mark.parametrize("name", ["rounding", "custody", "fee", "pnl_clearing:BTC-USD-PERP", "x:y"])
def test_the_names_of_counter_accounts_are_reserved(name: str) -> None:
    given().when(account(name)).then(refused(RefusalCode.ACCOUNT_RESERVED))


def test_each_field_changes_from_what_it_was() -> None:
    ledger = given(account("alice", signer_key="k1"))
    ledger.when(change("alice", "signer", "k2")).then(
        AccountChanged("alice", "signer", "", "k1", "k2", "asked")
    )
    ledger.when(change("alice", "fee_tier", "RETAIL")).then(
        like(AccountChanged, value_before="PRO", value_after="RETAIL")
    )
    ledger.when(change("alice", "status", "restricted")).then(
        like(AccountChanged, value_before="active", value_after="restricted")
    )
    alice = ledger.state.accounts["alice"]
    assert (alice.signer_key, alice.fee_tier, alice.status) == ("k2", "RETAIL", "restricted")


def test_a_lower_leverage_raises_the_margin_factor(ledger: Scenario) -> None:
    ledger.given(deposit("alice", "20000"))
    ledger.when(change("alice", "leverage", "3", "BTC-USD-PERP")).then(
        like(AccountChanged, value_before="", value_after="3", market="BTC-USD-PERP")
    )
    assert ledger.state.accounts["alice"].holdings["BTC-USD-PERP"].imf_ppm == 333_334
    ledger.when(change("alice", "leverage", "7", "BTC-USD-PERP")).then(
        like(AccountChanged, value_before="3", value_after="7")
    )


def test_every_leverage_that_may_be_chosen_is_named_back() -> None:
    ledger = given(USDC, market(imf_base_ppm=2_000), account("alice"))
    before = ""
    for leverage in range(1, 501):
        ledger.when(change("alice", "leverage", str(leverage), "BTC-USD-PERP")).then(
            like(AccountChanged, value_before=before)
        )
        before = str(leverage)


def test_a_leverage_that_the_positions_cannot_bear_is_refused(ledger: Scenario) -> None:
    ledger.when(change("alice", "leverage", "25", "BTC-USD-PERP")).then(
        refused(RefusalCode.INSUFFICIENT_MARGIN)
    )
    ledger.given(change("alice", "leverage", "31", "BTC-USD-PERP"))


@pytest.mark.parametrize(
    ("field", "value", "market_name"),
    [
        ("name", "bob", ""),
        ("status", "liquidation", ""),
        ("fee_tier", "", ""),
        ("signer", "\n", ""),
        ("leverage", "", "BTC-USD-PERP"),
        ("leverage", "0", "BTC-USD-PERP"),
        ("leverage", "07", "BTC-USD-PERP"),
        ("leverage", "-3", "BTC-USD-PERP"),
        ("leverage", "2.5", "BTC-USD-PERP"),
        ("leverage", "501", "BTC-USD-PERP"),
        ("leverage", "51", "BTC-USD-PERP"),
        ("leverage", "²", "BTC-USD-PERP"),
        ("leverage", "3", ""),
        ("signer", "k", "BTC-USD-PERP"),
    ],
)
def test_a_change_to_an_impossible_value_is_refused(field: str, value: str, market_name: str) -> None:
    given(USDC, market(), account("alice")).when(change("alice", field, value, market_name)).then(
        refused(RefusalCode.INVALID_VALUE)
    )


def test_leverage_is_chosen_in_a_listed_market() -> None:
    given(account("alice")).when(change("alice", "leverage", "3", "BTC-USD-PERP")).then(
        refused(RefusalCode.MARKET_NOT_FOUND)
    )


def test_an_unknown_account_is_not_changed() -> None:
    given().when(change("alice", "signer", "k")).then(refused(RefusalCode.ACCOUNT_NOT_FOUND))


def test_a_change_to_what_is_there_is_refused() -> None:
    given(account("alice")).when(change("alice", "status", "active")).then(
        refused(RefusalCode.NOTHING_TO_CHANGE)
    )


def test_a_closed_account_stays_closed() -> None:
    ledger = given(account("alice"), change("alice", "status", "closed"))
    ledger.when(change("alice", "status", "active")).then(refused(RefusalCode.ACCOUNT_CLOSED))


def test_an_account_with_money_a_withdrawal_or_a_position_is_not_closed(ledger: Scenario) -> None:
    ledger.when(change("alice", "status", "closed")).then(refused(RefusalCode.ACCOUNT_NOT_EMPTY))
    ledger.given(account("carol"), deposit("carol", "5"))
    ledger.when(change("carol", "status", "closed")).then(refused(RefusalCode.ACCOUNT_NOT_EMPTY))
    ledger.given(ask(RequestWithdrawal, account="carol", asset="USDC", amount_e8=e8("5"), destination="0xc"))
    ledger.when(change("carol", "status", "closed")).then(refused(RefusalCode.ACCOUNT_NOT_EMPTY))
