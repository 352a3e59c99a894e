import pytest

from ledger.core.image import KEY_LENGTHS, load_state, state_rows
from ledger.core.messages import (
    AdvanceFunding,
    ApprovePlan,
    CreateVault,
    DepositToVault,
    ListAsset,
    MarketRate,
    PlaceOrder,
    RedeemShares,
    RefundPaid,
    RegisterKey,
    RequestWithdrawal,
    SettleTrade,
)
from ledger.core.state import Account, Holding, Market, State
from ledger.core.vault_state import Breaker, Stake, Vault
from ledger.errors import InvariantError
from tests.spec import (
    START_MS,
    START_US,
    USDC,
    Scenario,
    account,
    ask,
    deposit,
    e8,
    given,
    market,
    marks,
    rule,
    trade,
)

BTC = "BTC-USD-PERP"


def order(name: str, side: str, size: str, price: str) -> PlaceOrder:
    return ask(
        PlaceOrder,
        account=name,
        market=BTC,
        side=side,
        order_type="LIMIT",
        instruction="GTC",
        size_e8=e8(size),
        has_price=1,
        price_e8=e8(price),
        stp="EXPIRE_TAKER",
    )


@pytest.fixture
def busy() -> Scenario:
    """Something of every kind that a state can hold."""
    ledger = given(
        USDC,
        ask(ListAsset, asset="ETH", decimals=18),
        market(),
        account("alice", signer_key="k"),
        account("bob"),
        deposit("alice", "100000"),
        deposit("bob", "100000"),
        deposit("alice", "2", "ETH"),
        marks(1, BTC="60000"),
        trade(BTC, "alice", "bob", "0.1", "60000"),
        order("alice", "BUY", "0.5", "60000"),
        order("bob", "SELL", "0.2", "60000"),
    )
    ledger.given(
        ask(
            SettleTrade,
            market=BTC,
            price_e8=e8("60000"),
            size_e8=e8("0.2"),
            buy_account="alice",
            buy_order_id="test/11",
            sell_account="bob",
            sell_order_id="test/12",
            taker="SELL",
        ),
        order("bob", "SELL", "0.3", "61000"),
        ask(RequestWithdrawal, account="alice", asset="ETH", amount_e8=5, destination="0xa"),
        ask(
            AdvanceFunding,
            tick_id=1,
            source="f",
            source_epoch=3,
            observed_at_ms=START_MS,
            rates=[MarketRate(BTC, 10**8, e8("60000"), 0, 0, 0, 0)],
        ),
        account("op", kind="VAULT_OPERATOR"),
        ask(CreateVault, vault="v", account="op", name="v", vault_kind="user", owner_account="alice"),
        ask(DepositToVault, vault="v", account="bob", amount_e8=e8("5000")),
        trade(BTC, "op", "bob", "0.1", "60000"),
        ask(RedeemShares, vault="v", account="bob", shares_e8=e8("1000"), aux_account="aux"),
    )
    ledger.given(
        rule("stale_ticks_max", "9"),
        ask(RegisterKey, key_id="ops-1", public_key="ab" * 32, role="operator", operator="Ada"),
    )
    ledger.signed("ops-1").given(
        ask(RegisterKey, key_id="ops-2", public_key="cd" * 32, role="operator", operator="Ben")
    )
    ledger.signed("ops-1", "ops-2").given(
        ask(ApprovePlan, plan_kind="REFUND", plan_digest="ef" * 32, expires_at_us=START_US + 10**9),
        RefundPaid("bob", "aa" * 32, "i", "ef" * 32, 1, "funding", "C", "lv", 5, 0, 5, 0, 5),
    )
    return ledger


def test_a_loaded_state_gives_the_same_rows_in_the_same_order(busy: Scenario) -> None:
    rows = state_rows(busy.state)
    assert state_rows(load_state(rows)) == rows


def test_the_busy_state_has_rows_of_every_kind(busy: Scenario) -> None:
    assert {row[0] for row in state_rows(busy.state)} == set(KEY_LENGTHS)


def test_no_two_rows_have_the_same_key(busy: Scenario) -> None:
    keys = [tuple(row[: KEY_LENGTHS[str(row[0])]]) for row in state_rows(busy.state)]
    assert len(keys) == len(set(keys))


def test_a_fill_and_its_account_share_the_open_order_after_loading(busy: Scenario) -> None:
    loaded = load_state(state_rows(busy.state))
    buy, sell = loaded.trades["test/13"].fills
    assert buy.order is loaded.accounts["alice"].orders["test/11"]
    assert sell.order is not None
    assert sell.order.remaining_e8 == 0
    assert "test/12" not in loaded.accounts["bob"].orders


def test_a_loaded_state_goes_on_as_the_first_would(busy: Scenario) -> None:
    loaded = Scenario()
    loaded.state, loaded.asked = load_state(state_rows(busy.state)), busy.asked
    for command in (trade(BTC, "bob", "alice", "0.05", "60100"), order("alice", "SELL", "0.01", "60500")):
        busy.when(command)
        loaded.when(command)
        assert state_rows(loaded.state) == state_rows(busy.state)


def slots_of(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_no_field_of_the_state_is_forgotten() -> None:
    """A field that is set in one state and not in the other makes their rows differ."""
    for kind, make in (
        (State, fill_state),
        (Account, fill_account),
        (Market, fill_market),
        (Holding, fill_holding),
        (Breaker, fill_breaker),
        (Vault, fill_vault),
        (Stake, fill_stake),
    ):
        for name in sorted(slots_of(kind)):
            plain, other = base_state(), base_state()
            if make(other, name):
                assert state_rows(other) != state_rows(plain), f"{kind.__name__}.{name}"


def base_state() -> State:
    state = State()
    state.markets["M"] = Market("M")
    state.accounts["a"] = Account("a", "TRADER", "", "", 0, "PRO")
    state.accounts["a"].holdings["M"] = Holding(state.markets["M"])
    state.vaults["v"] = Vault("v", "op", "", "user", "a", 0, 0, 0, 0, 0, "ACTIVE", 0)
    state.vaults["v"].stakes["a"] = Stake("a")
    return state


def fill_state(state: State, name: str) -> bool:
    return _bump(state, name)


def fill_account(state: State, name: str) -> bool:
    return name != "name" and _bump(state.accounts["a"], name)


def fill_market(state: State, name: str) -> bool:
    return name != "market" and _bump(state.markets["M"], name)


def fill_holding(state: State, name: str) -> bool:
    return name != "market" and _bump(state.accounts["a"].holdings["M"], name)


def fill_breaker(state: State, name: str) -> bool:
    return _bump(state.breaker, name)


def fill_vault(state: State, name: str) -> bool:
    return name != "vault" and _bump(state.vaults["v"], name)


def fill_stake(state: State, name: str) -> bool:
    return name != "holder" and _bump(state.vaults["v"].stakes["a"], name)


def _bump(target: object, name: str) -> bool:
    """Change one plain field; False for a collection, which has rows of its own."""
    value = getattr(target, name)
    if not isinstance(value, int | str):
        return False
    setattr(target, name, value + 1 if isinstance(value, int) else value + "x")
    return True


def test_a_row_of_an_unknown_kind_is_a_bug() -> None:
    with pytest.raises(InvariantError):
        load_state([["ghost", 1]])


def test_a_row_with_a_text_for_a_number_is_a_bug() -> None:
    with pytest.raises(InvariantError):
        load_state([["clock", "now", 1]])
    with pytest.raises(InvariantError):
        load_state([["custody", 5, 1]])
