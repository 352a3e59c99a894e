import pytest

from ledger.core.rules.margin import (
    account_value_e8,
    carries_positions,
    initial_margin_e8,
    limit_use_e8,
    maintenance_margin_e8,
    order_rise,
    withdrawable_e8,
)
from ledger.core.state import Account, Holding, Market, Order
from tests.spec import e8


@pytest.fixture
def market() -> Market:
    listed = Market("BTC-USD-PERP")
    listed.mark_e8 = e8("90000")
    listed.imf_base_ppm = 20_000
    listed.mmf_factor_ppm = 500_000
    return listed


@pytest.fixture
def account() -> Account:
    return Account("alice", "TRADER", "", "", 0, "PRO")


def hold(account: Account, market: Market, size: str, entry: str) -> Holding:
    """Give the account a position."""
    holding = Holding(market)
    holding.size_e8 = e8(size)
    holding.cost_e8 = e8(size) * e8(entry) // 10**8
    account.holdings[market.market] = holding
    return holding


def rest(account: Account, holding: Holding, sign: int, size: str, price: str) -> Order:
    """Put an open order next to a position."""
    name = f"test/{len(account.orders) + 1}"
    order = Order(
        name, "", holding.market.market, sign, "LIMIT", "GTC", 0, e8(size), e8(size), 1, e8(price),
        0, "", "", "", "OPEN", len(account.orders) + 1,
    )  # fmt: skip
    account.orders[name] = order
    if sign > 0:
        holding.open_buy_e8 += order.size_e8
        holding.buy_price_max_e8 = max(holding.buy_price_max_e8, order.price_e8)
    else:
        holding.open_sell_e8 += order.size_e8
        lowest = holding.sell_price_min_e8 or order.price_e8
        holding.sell_price_min_e8 = min(lowest, order.price_e8)
    return order


def test_the_larger_of_the_two_open_sizes_needs_margin(account: Account, market: Market) -> None:
    holding = hold(account, market, "-1", "90000")
    rest(account, holding, 1, "3", "80000")
    rest(account, holding, -1, "2", "95000")
    assert initial_margin_e8(account) == e8("5400")


def test_the_fee_of_the_open_size_is_provided_for(account: Account, market: Market) -> None:
    market.taker_fee_ppm = 200
    hold(account, market, "1", "90000")
    assert initial_margin_e8(account) == e8("1818")
    assert maintenance_margin_e8(account) == e8("918")


def test_an_order_that_would_lose_at_once_needs_that_loss(account: Account, market: Market) -> None:
    holding = hold(account, market, "0", "0")
    rest(account, holding, 1, "1", "91000")
    rest(account, holding, 1, "1", "89000")
    rest(account, holding, -1, "1", "89500")
    assert initial_margin_e8(account) == e8("3600") + e8("1000") + e8("500")


def test_bounds_that_are_too_wide_change_nothing(account: Account, market: Market) -> None:
    holding = hold(account, market, "0", "0")
    rest(account, holding, 1, "1", "89000")
    holding.buy_price_max_e8 = e8("95000")
    holding.sell_price_min_e8 = e8("1")
    assert initial_margin_e8(account) == e8("1800")


def test_value_is_balance_plus_profit_minus_accrued_funding(account: Account, market: Market) -> None:
    account.balance_e8 = e8("1000")
    holding = hold(account, market, "0.5", "80000")
    holding.cached_index_e8 = e8("10")
    market.index_e8 = e8("14")
    assert account_value_e8(account) == e8("1000") + e8("5000") - e8("2")


def test_value_is_rounded_down_and_requirements_up(account: Account, market: Market) -> None:
    market.mark_e8 = 1
    holding = hold(account, market, "0", "0")
    holding.size_e8 = 1
    assert account_value_e8(account) == 0
    assert initial_margin_e8(account) == 1
    assert maintenance_margin_e8(account) == 1
    holding.size_e8 = -1
    assert account_value_e8(account) == -1


def test_other_assets_count_for_nothing(account: Account) -> None:
    account.other_balances = {"GOLD": e8("1000")}
    assert account_value_e8(account) == 0
    assert initial_margin_e8(account) == 0


def test_a_lower_leverage_raises_initial_margin_but_not_maintenance(account: Account, market: Market) -> None:
    hold(account, market, "1", "90000").imf_ppm = 200_000
    assert initial_margin_e8(account) == e8("18000")
    assert maintenance_margin_e8(account) == e8("900")


def test_the_market_binds_an_account_that_chose_a_lower_factor_before(
    account: Account, market: Market
) -> None:
    hold(account, market, "1", "90000").imf_ppm = 10_000
    assert initial_margin_e8(account) == e8("1800")


def test_requirements_add_up_over_markets(account: Account, market: Market) -> None:
    other = Market("ETH-USD-PERP")
    other.mark_e8 = e8("3000")
    other.imf_base_ppm = 100_000
    hold(account, market, "1", "90000")
    hold(account, other, "-2", "3000")
    assert initial_margin_e8(account) == e8("1800") + e8("600")


def test_a_margin_exempt_account_needs_nothing(account: Account, market: Market) -> None:
    account.margin_exempt = 1
    account.balance_e8 = e8("5")
    hold(account, market, "1", "90000")
    assert initial_margin_e8(account) == 0
    assert maintenance_margin_e8(account) == 0
    assert withdrawable_e8(account) == e8("5")


def test_free_collateral_may_be_withdrawn_up_to_the_balance(account: Account, market: Market) -> None:
    account.balance_e8 = e8("3000")
    hold(account, market, "1", "90000")
    assert withdrawable_e8(account) == e8("1200")
    market.mark_e8 = e8("99000")
    assert withdrawable_e8(account) == e8("3000")
    market.mark_e8 = e8("89000")
    assert withdrawable_e8(account) == e8("220")
    market.mark_e8 = e8("80000")
    assert withdrawable_e8(account) == 0


def test_a_negative_balance_lets_nothing_out(account: Account, market: Market) -> None:
    account.balance_e8 = e8("-1")
    hold(account, market, "1", "80000")
    assert withdrawable_e8(account) == 0


def test_an_order_raises_the_requirement_only_by_what_it_adds_to_the_larger_side(
    account: Account, market: Market
) -> None:
    holding = hold(account, market, "-3", "90000")
    assert order_rise(holding, 1, e8("6"), e8("90000")) == (0, 0)
    rise, rise_e22 = order_rise(holding, 1, e8("7"), e8("90000"))
    assert (rise, rise_e22) == (e8("1"), e8("1800") * 10**14)
    assert order_rise(holding, 1, e8("1"), e8("90010")) == (0, e8("10") * 10**14)


def test_the_position_limit_leaves_a_short_much_to_buy_and_little_to_sell(
    account: Account, market: Market
) -> None:
    holding = hold(account, market, "-900", "90000")
    assert limit_use_e8(holding, -1, e8("100")) == e8("1000")
    assert limit_use_e8(holding, 1, e8("1900")) == e8("1000")


def test_a_trade_is_carried_down_to_the_last_unit(account: Account, market: Market) -> None:
    hold(account, market, "0", "0")
    held = carries_positions(account, market, e8("1800"), e8("1"), e8("90000"))
    assert held
    assert not carries_positions(account, market, e8("1800") - 1, e8("1"), e8("90000"))


def test_a_trade_is_measured_with_all_other_positions_but_without_orders(
    account: Account, market: Market
) -> None:
    other = Market("ETH-USD-PERP")
    other.mark_e8 = e8("3000")
    other.imf_base_ppm = 100_000
    holding = hold(account, other, "1", "3000")
    rest(account, holding, 1, "100", "3000")
    assert carries_positions(account, market, e8("2100"), e8("1"), e8("90000"))
    assert not carries_positions(account, market, e8("2099"), e8("1"), e8("90000"))


def test_a_trade_is_measured_with_the_leverage_that_the_account_chose(
    account: Account, market: Market
) -> None:
    hold(account, market, "0", "0").imf_ppm = 40_000
    assert carries_positions(account, market, e8("3600"), e8("1"), e8("90000"))
    assert not carries_positions(account, market, e8("3599"), e8("1"), e8("90000"))
