"""Bounds belong to what they bound: exactly at one a command is taken, one unit past it refused.

Generated histories pass over single points, so these are set by hand, in round numbers.
"""

from typing import Final

from ledger.core.messages import (
    AccountChanged,
    AdjustmentPosted,
    ChangeAccount,
    OrderCancelled,
    OrderPlaced,
    OrderTriggered,
    PlaceOrder,
    PostAdjustment,
    RequestWithdrawal,
    TriggerOrder,
    WithdrawalRequested,
)
from ledger.core.refusals import RefusalCode as Code
from tests.fields import changed
from tests.spec import USDC, Scenario, account, ask, deposit, e8, given, like, market, marks, refused, trade

BTC: Final = "BTC-USD-PERP"


def desk(**rules: object) -> Scenario:
    """``ann`` with 1,000 USDC and ``EXTERNAL``, in a market without fees at 50,000."""
    free: dict[str, object] = {"taker_fee_ppm": 0, "maker_fee_ppm": 0, "notional_min_e8": e8("10")}
    external = account("EXTERNAL", kind="EXTERNAL", margin_exempt=1)
    listed = market(BTC, **(free | rules))
    return given(USDC, listed, account("ann"), external, deposit("ann", "1000"), marks(1, BTC="50000"))


def long_tenth() -> Scenario:
    """``ann`` long 0.1 at 50,000: account value 1,000, requirement 100."""
    return desk().given(trade(BTC, "ann", "EXTERNAL", "0.1", "50000"))


def order(size: str, **fields: object) -> PlaceOrder:
    """``gate/1``: ``ann`` buys at 50,000, unless ``fields`` say otherwise."""
    limit: dict[str, object] = {"order_type": "LIMIT", "has_price": 1, "price_e8": e8("50000")}
    placed = ask(PlaceOrder, account="ann", market=BTC, side="BUY", size_e8=e8(size), **(limit | fields))
    return changed(placed, producer="gate", number=1)


def stop(size: str) -> PlaceOrder:
    """``gate/1``: ``ann`` buys at the market once the mark is at 50,000."""
    waits = {"has_trigger": 1, "trigger_price_e8": e8("50000")}
    return order(size, order_type="STOP_MARKET", has_price=0, price_e8=0, **waits)


def leverage(value: str) -> ChangeAccount:
    """``ann`` chooses a leverage."""
    return ask(ChangeAccount, account="ann", field="leverage", market=BTC, value=value)


def debit(amount: str) -> PostAdjustment:
    """An adjustment of ``ann`` downwards."""
    return ask(PostAdjustment, account="ann", asset="USDC", amount_e8=-e8(amount), reason_code="ERROR")


def withdrawal(amount: str) -> RequestWithdrawal:
    """A withdrawal of ``ann``."""
    return ask(RequestWithdrawal, account="ann", asset="USDC", amount_e8=e8(amount), destination="0xfeed")


def test_an_order_may_be_worth_exactly_the_smallest_value() -> None:
    desk().when(order("0.0002")).then(like(OrderPlaced, size_e8=e8("0.0002")))
    desk().when(order("0.00019")).then(refused(Code.ORDER_TOO_SMALL))


def test_an_order_may_need_exactly_the_account_value() -> None:
    desk().when(order("1")).then(like(OrderPlaced, imr_after_e8=e8("1000")))
    desk().when(order("1.00001")).then(refused(Code.INSUFFICIENT_MARGIN))


def test_a_leverage_may_need_exactly_the_account_value() -> None:
    long_tenth().when(leverage("5")).then(like(AccountChanged, value_after="5"))
    long_tenth().given(marks(2, BTC="49999.9")).when(leverage("5")).then(refused(Code.INSUFFICIENT_MARGIN))


def test_everything_above_the_requirement_may_be_withdrawn() -> None:
    long_tenth().when(withdrawal("900")).then(like(WithdrawalRequested, balance_after_e8=e8("100")))
    long_tenth().when(withdrawal("900.00000001")).then(refused(Code.INSUFFICIENT_FREE_COLLATERAL))


def test_an_adjustment_may_take_all_that_profit_covers() -> None:
    rich = marks(2, BTC="60000")
    long_tenth().given(rich).when(debit("1880")).then(like(AdjustmentPosted, balance_after_e8=e8("-880")))
    long_tenth().given(rich).when(debit("1880.00000001")).then(refused(Code.INSUFFICIENT_BALANCE))


def test_a_triggered_order_may_use_the_whole_limit_and_the_whole_account_value() -> None:
    fired = ask(TriggerOrder, account="ann", order_id="gate/1")
    limits = {"position_limit_e8": e8("0.9"), "order_size_max_e8": e8("0.9"), "price_band_ppm": 1}
    desk(**limits).given(stop("0.9")).when(fired).then(like(OrderTriggered, remaining_after_e8=e8("0.9")))
    held = desk(**limits).given(trade(BTC, "ann", "EXTERNAL", "0.1", "50000"), stop("0.80001"))
    held.when(fired).then(like(OrderCancelled, cancel_reason="POSITION_LIMIT"))
    flat = {"price_band_ppm": 1}
    desk(**flat).given(stop("1")).when(fired).then(like(OrderTriggered, remaining_after_e8=e8("1")))
    desk(**flat).given(stop("1.00001")).when(fired).then(
        like(OrderCancelled, cancel_reason="NOT_ENOUGH_MARGIN")
    )
