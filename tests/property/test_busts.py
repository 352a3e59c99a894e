"""A busted trade leaves the accounts as if it had never been (decisions.md 15).

Account values then differ only by what funding cut off below one unit, and that is known: value
plus the account's dust is equal to the last 1e-16.
"""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    BustTrade,
    MarketPrice,
    MarketRate,
    SettleOffBookTrade,
    UpdatePrices,
)
from tests import playing
from tests.fields import record_of
from tests.histories.shapes import SHAPES, Shape, market_rules
from tests.spec import USDC, account, market

E8 = 10**8
NAMES = "ABC"

Trade = tuple[int, str, str]
Tick = tuple[int, int]
PAIRS = [a + b for a in NAMES for b in NAMES]

trades = st.tuples(st.integers(1, 10**6), st.sampled_from(PAIRS), st.sampled_from(["NONE", "BUY", "SELL"]))
ticks = st.tuples(st.integers(990, 1010), st.integers(-2 * 10**10, 2 * 10**10))


def commands_of(shape: Shape, steps: Sequence[Trade | Tick], left_out: int) -> list[AnyCommand]:
    """A history of ticks (price in 1/1000 of the last, rate) and trades (steps of size, sides, taker).

    The trade at place ``left_out`` is not made.
    """
    rules = market_rules(shape, price_band_ppm=10**6, price_move_max_ppm=0, position_limit_e8=10**17)
    commands: list[AnyCommand] = [USDC, market(shape.name, **rules)]
    commands += [account(name, kind="EXTERNAL", margin_exempt=1) for name in NAMES]
    price, tick = shape.price_e8, 0
    for place, step in enumerate([(1000, 10**8), *steps]):
        now_us = playing.START_US + place * 1_000_000
        now_ms = now_us // 1000
        if len(step) == 2:
            change, rate = step
            price, tick = max(1, price * change // 1000), tick + 1
            marks = [MarketPrice(shape.name, price, price, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]
            rates = [MarketRate(shape.name, rate, price, 0, 0, 0, 0)]
            commands.append(UpdatePrices("p", tick, now_us, tick, tick - 1, "p", 1, now_ms, marks))
            commands.append(AdvanceFunding("f", tick, now_us, tick, tick - 1, "f", 1, now_ms, rates))
        elif place != left_out:
            size, pair, taker = step
            size_e8 = size * shape.step_e8
            commands.append(
                SettleOffBookTrade(
                    "t", place, now_us, shape.name, price, size_e8, pair[0], pair[1], taker, now_us
                )
            )
    return commands


def worth_e16(shape: Shape, commands: Sequence[AnyCommand]) -> dict[str, tuple[int, int]]:
    """Account value plus dust, in 1e-16, and position size of every account after ``commands``."""
    state = playing.opened_state()
    # The least step of an index is much of the value of a cheap coin.
    state.control.numbers["funding_change_max_ppm"] = 10**12
    dust: Counter[str] = Counter()
    for step in playing.play(state, commands):
        assert step.code == 0, step.detail
        for event in step.events:
            row = record_of(event)
            dust[row.get("account", "")] += row.get("dust_e16", 0)
    worth = {}
    listed = state.markets[shape.name]
    for name in NAMES:
        holding = state.accounts[name].holdings.get(shape.name)
        value, size = state.accounts[name].balance_e8 * E8 + dust[name], 0
        if holding is not None:
            size = holding.size_e8
            value += (
                size * (listed.mark_e8 - listed.index_e8 + holding.cached_index_e8) - holding.cost_e8 * E8
            )
        worth[name] = (value, size)
    return worth


@given(
    st.sampled_from(SHAPES),
    st.lists(trades | ticks, max_size=12),
    trades,
    st.lists(trades | ticks, max_size=12),
)
def test_after_a_bust_accounts_are_worth_what_they_would_be_without_the_trade(
    shape: Shape, before: list[Trade | Tick], trade: Trade, after: list[Trade | Tick]
) -> None:
    steps = [*before, trade, *after]
    place = len(before) + 1
    busted: list[AnyCommand] = [BustTrade("b", 1, playing.START_US, f"t/{place}", "error")]
    reversed_later = worth_e16(shape, commands_of(shape, steps, -1) + busted)
    assert reversed_later == worth_e16(shape, commands_of(shape, steps, place))


@given(st.sampled_from(SHAPES), st.lists(trades | ticks, max_size=8), trades)
def test_a_bust_of_the_last_change_brings_cost_and_position_back_exactly(
    shape: Shape, before: list[Trade | Tick], trade: Trade
) -> None:
    state = playing.opened_state()
    place = len(before) + 1
    playing.play(state, commands_of(shape, before, -1))
    was = {key: row[:3] for key, row in playing.positions(state).items()}
    playing.play(state, commands_of(shape, [*before, trade], -1)[-1:])
    (step,) = playing.play(state, [BustTrade("b", 1, playing.START_US, f"t/{place}", "error")])
    assert step.code == 0
    assert {key: row[:3] for key, row in playing.positions(state).items()} == was
    assert [record_of(event)["exact"] for event in step.events] == [1, 1]
