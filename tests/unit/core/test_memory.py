import gc
import tracemalloc

from ledger.core.decide import decide
from ledger.core.evolve import evolve
from ledger.core.messages import AnyCommand, PlaceOrder
from ledger.core.state import State
from tests.fields import changed
from tests.spec import USDC, account, ask, deposit, e8, given, market, marks, trade

ACCOUNTS = 200
BYTES_MAX = 2_500
MARKETS = ("BTC-USD-PERP", "ETH-USD-PERP")


def order(name: str, market_name: str, side: str, price: str) -> PlaceOrder:
    return ask(
        PlaceOrder,
        account=name,
        market=market_name,
        client_id=f"client-{name}",
        side=side,
        order_type="LIMIT",
        instruction="GTC",
        size_e8=e8("0.01234"),
        has_price=1,
        price_e8=e8(price),
    )


def take(state: State, command: AnyCommand) -> None:
    decision = decide(state, changed(command, number=state.seq + 1), state.recorded_at_us)
    assert decision.code == 0, decision.detail
    for event in decision.events:
        evolve(state, event)


def test_an_account_with_two_positions_and_three_orders_takes_less_than_two_and_a_half_kilobytes() -> None:
    rules = {"position_limit_e8": e8("1000000"), "price_tick_e8": e8("0.01")}
    state = (
        given(USDC, *[market(name, **rules) for name in MARKETS], account("maker", margin_exempt=1))
        .given(deposit("maker", "1"), marks(1, BTC="60000", ETH="3000"))
        .state
    )
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(ACCOUNTS):
        name = f"account-{number:04}"
        for command in (
            account(name),
            deposit(name, f"{5000 + number}.12345678"),
            trade(MARKETS[0], name, "maker", f"0.0{number + 10}", "60000"),
            trade(MARKETS[1], "maker", name, f"0.{number + 100}", "3000"),
            order(name, MARKETS[0], "BUY", f"{59_000 + number}.1"),
            order(name, MARKETS[0], "SELL", f"{61_000 + number}.1"),
            order(name, MARKETS[1], "BUY", f"{2_900 + number % 90}.01"),
        ):
            take(state, command)
        # What remembers trades and deposits is bounded or per deposit, not per account.
        state.trades.clear()
        state.external_refs.clear()
    gc.collect()
    used = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert used / ACCOUNTS < BYTES_MAX
