"""Laws of orders, fills and busts over random histories in which orders have parents and pairs.

The histories look at the state to name orders and trades that exist, and ask for much that is
refused. After every command the laws are checked from the events alone or by walking all
orders, never with the sums that the core keeps.
"""

from collections import defaultdict
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.decide import decide
from ledger.core.evolve import evolve
from ledger.core.image import load_state, state_rows
from ledger.core.messages import (
    AnyCommand,
    AnyEvent,
    BustTrade,
    CancelAllOrders,
    ChangeAccount,
    DeleverageAccount,
    FillSettled,
    FundingSettled,
    OrderCancelled,
    OrderPlaced,
    OrderTriggered,
    SettleFunding,
    SettleOffBookTrade,
    SettleTrade,
    TradeBusted,
)
from ledger.core.rules.words import PROTECTING
from ledger.core.state import Order, State
from tests.fields import changed
from tests.spec import E8, account, ask, deposit, marks
from tests.unit.core.rules.desk import BTC, cancel, desk, funding, off_book, order, trade, trigger, waiting

NAMES = ("alice", "bob", "carol", "ext")
STEP = 10**7
CHANGES = (FillSettled, TradeBusted, OrderPlaced, OrderTriggered, OrderCancelled, FundingSettled)

SEEDS = st.integers(0, 2**32)


class Desk:
    """A random trading day: picks commands by looking at the state, and takes them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311
        self.number = 1000
        self.scenario = desk(*NAMES[:-1], mark="60000", money="30000", price_move_max_ppm=400_000)
        self.scenario.given(account("ext", kind="EXTERNAL", margin_exempt=1), deposit("ext", "1"))
        self.ticks = 1

    @property
    def state(self) -> State:
        return self.scenario.state

    def play(self) -> tuple[AnyCommand, list[AnyEvent]]:
        """Ask for one thing."""
        pick = self.random.choice((self.place,) * 6 + (self.match,) * 6 + (self.other,) * 6 + (self.move,))
        self.number += 1
        command = changed(pick(), number=self.number)
        now_us = max(self.state.recorded_at_us, command.issued_at_us)
        decision = decide(self.state, command, now_us)
        for event in decision.events:
            evolve(self.state, event)
        return command, decision.events

    def some_order(self, *, sign: int = 0, status: str = "") -> tuple[str, Order] | None:
        """Some order of some account."""
        found = [
            (name, o)
            for name in NAMES
            for o in self.state.accounts[name].orders.values()
            if sign in (0, o.sign) and status in ("", o.status)
        ]
        return self.random.choice(found) if found else None

    def place(self) -> AnyCommand:
        """A plain, reduce-only, waiting or protecting order, sometimes with a parent or in a pair."""
        name, side = self.random.choice(NAMES), self.random.choice(("BUY", "SELL"))
        mark = self.state.markets[BTC].mark_e8
        price_e8 = (mark + self.random.randint(-300, 300) * E8) // STEP * STEP
        size_e8 = self.random.randint(1, 30) * STEP
        fields: dict[str, Any] = {"size_e8": size_e8, "reduce_only": int(self.random.random() < 0.2)}
        choice = self.random.random()
        if choice < 0.5:
            fields["instruction"] = self.random.choice(("GTC", "GTC", "IOC", "POST_ONLY"))
            return order(0, name, side, "1", "1", price_e8=price_e8, **fields)
        if choice < 0.6:
            return order(0, name, side, "1", **fields)
        order_type = self.random.choice(
            ("STOP_MARKET", "TAKE_PROFIT_MARKET", "TAKE_PROFIT_LIMIT", "STOP_LOSS_MARKET", "STOP_LOSS_LIMIT")
        )
        if order_type.endswith("LIMIT"):
            fields |= {"has_price": 1, "price_e8": price_e8}
        parent = self.some_order()
        if parent and self.random.random() < 0.6:
            name, side = parent[0], "SELL" if parent[1].sign > 0 else "BUY"
            fields["parent_order_id"] = parent[1].order_id
        if self.random.random() < 0.5:
            fields["oco_group"] = self.random.choice("pq")
        return waiting(0, name, side, "1", order_type, "1", trigger_price_e8=price_e8, **fields)

    def match(self) -> AnyCommand:
        """Two orders that may cross, or a trade off the book."""
        buy, sell = self.some_order(sign=1, status="OPEN"), self.some_order(sign=-1, status="OPEN")
        size_e8 = self.random.randint(1, 10) * STEP
        if buy is None or sell is None or self.random.random() < 0.3:
            pair = self.random.choices(NAMES, k=2)
            return off_book(
                0, pair[0], pair[1], "1", "1", size_e8=size_e8, price_e8=self.state.markets[BTC].mark_e8
            )
        whole = min(buy[1].remaining_e8, sell[1].remaining_e8)
        return changed(
            trade(0, (buy[0], 0), (sell[0], 0), "1", "1", taker=self.random.choice(("BUY", "SELL"))),
            buy_order_id=buy[1].order_id,
            sell_order_id=sell[1].order_id,
            size_e8=self.random.choice((whole, min(whole, size_e8))),
            price_e8=self.random.choice((buy[1].price_e8, sell[1].price_e8)),
        )

    def other(self) -> AnyCommand:
        """Cancels, triggers, busts, deleveraging."""
        name = self.random.choice(NAMES)
        choice = self.random.random()
        found = self.some_order(status="UNTRIGGERED" if choice < 0.5 else "")
        if found and choice < 0.5:
            return changed(trigger(name, 0), account=found[0], order_id=found[1].order_id)
        if found and choice < 0.65:
            return changed(cancel(name, 0), account=found[0], order_id=found[1].order_id)
        trades = list(self.state.trades)[-6:]
        if trades and choice < 0.9:
            return ask(BustTrade, trade_id=self.random.choice(trades))
        if choice < 0.93:
            return ask(SettleFunding, account=name, market=BTC)
        if choice < 0.95:
            return ask(ChangeAccount, account=name, field="leverage", market=BTC, value="10")
        if choice < 0.99:
            return ask(DeleverageAccount, account=name)
        return ask(CancelAllOrders, account=name)

    def move(self) -> AnyCommand:
        """The mark moves, and funding with it."""
        self.ticks += 1
        mark = self.state.markets[BTC].mark_e8 + self.random.randint(-2000, 2000) * E8
        rate = self.random.randint(-(10**10), 10**10)
        self.scenario.given(changed(funding(self.ticks - 1, rate), number=self.number + 10**6))
        return mark_tick(self.ticks, mark)


def mark_tick(tick_id: int, mark_e8: int) -> AnyCommand:
    """A price tick of the one market."""
    tick = marks(tick_id, BTC="1")
    tick.prices[0].mark_e8 = mark_e8
    tick.prices[0].spot_e8 = mark_e8
    return tick


class Books:
    """What the events alone say: clearing accounts, dust, and the last value of every chain."""

    def __init__(self) -> None:
        self.pnl = 0
        self.funding = 0
        self.dust = 0
        self.chains: dict[tuple[str, ...], object] = {}

    def take(self, event: AnyEvent) -> None:
        """Check that the event goes on where the one before stopped, and count its money."""
        if not isinstance(event, CHANGES):
            return
        for column, key in CHAINS.items():
            before = getattr(event, column.format("before"), None)
            if before is not None:
                where = (column, event.account, *(getattr(event, name) for name in key))
                assert self.chains.get(where, before) == before, (column, event)
                self.chains[where] = getattr(event, column.format("after"))
        if isinstance(event, FillSettled | TradeBusted):
            returned = event.funding_returned_e8 if isinstance(event, TradeBusted) else 0
            fee = -event.fee_returned_e8 if isinstance(event, TradeBusted) else event.fee_e8
            money = event.realized_pnl_e8 + event.realized_funding_e8 + returned - fee
            assert event.balance_after_e8 - event.balance_before_e8 == money
            self.pnl -= event.realized_pnl_e8
            self.funding -= event.realized_funding_e8 + returned
            self.dust += event.dust_e16
        elif isinstance(event, FundingSettled):
            self.funding -= event.realized_funding_e8
            self.dust += event.dust_e16

    def balance(self, state: State) -> None:
        """The clearing laws, exactly."""
        market = state.markets[BTC]
        holdings = [a.holdings[BTC] for a in state.accounts.values() if BTC in a.holdings]
        assert sum(h.size_e8 for h in holdings) == 0
        assert self.pnl == -sum(h.cost_e8 for h in holdings)
        accrued = sum(-h.size_e8 * (market.index_e8 - h.cached_index_e8) for h in holdings)
        assert E8 * self.funding == accrued + self.dust
        assert market.dust_e16 == self.dust


CHAINS = {
    "balance_{}_e8": (),
    "size_{}_e8": ("market",),
    "cost_{}_e8": ("market",),
    "position_id_{}": ("market",),
    "open_buy_{}_e8": ("market",),
    "open_sell_{}_e8": ("market",),
    "remaining_{}_e8": ("order_id",),
}
"""Column with a before and an after -> what else than the account its chain belongs to."""


def check_orders(state: State) -> None:
    """What holdings say of their orders is true, and every order still makes sense."""
    for owner in state.accounts.values():
        by_market: dict[str, list[Order]] = defaultdict(list)
        for each in owner.orders.values():
            by_market[each.market].append(each)
            assert 0 < each.remaining_e8 <= each.size_e8
        for name, holding in owner.holdings.items():
            resting = [o for o in by_market[name] if o.status == "OPEN" and not o.reduce_only]
            buys, sells = [o for o in resting if o.sign > 0], [o for o in resting if o.sign < 0]
            assert holding.open_buy_e8 == sum(o.remaining_e8 for o in buys)
            assert holding.open_sell_e8 == sum(o.remaining_e8 for o in sells)
            assert holding.buy_price_max_e8 >= max((o.price_e8 for o in buys), default=0)
            assert all(0 < holding.sell_price_min_e8 <= o.price_e8 for o in sells)
            assert holding.orders == len(by_market[name])
            assert holding.reduce_only_orders == sum(o.reduce_only for o in by_market[name])
            for each in by_market[name]:
                if each.reduce_only:
                    against = each.sign * holding.size_e8 < 0
                    fits = against and (
                        each.order_type in PROTECTING or each.remaining_e8 <= abs(holding.size_e8)
                    )
                    assert fits or each.parent_order_id in owner.orders


@given(SEEDS)
def test_clearing_chains_and_orders_hold_after_every_command(seed: int) -> None:
    day, books = Desk(seed), Books()
    for _ in range(150):
        _, events = day.play()
        for event in events:
            books.take(event)
        books.balance(day.state)
        check_orders(day.state)


@given(SEEDS)
def test_deciding_changes_nothing(seed: int) -> None:
    day = Desk(seed)
    for _ in range(40):
        command, _ = day.play()
        before = state_rows(day.state)
        decide(day.state, changed(command, number=day.number + 1), day.state.recorded_at_us)
        assert state_rows(day.state) == before


@given(SEEDS)
def test_a_bust_right_after_its_trade_leaves_no_trace_in_money_and_positions(seed: int) -> None:
    day = Desk(seed)
    for _ in range(60):
        before = load_state(state_rows(day.state))
        command, events = day.play()
        if not events or not isinstance(command, SettleTrade | SettleOffBookTrade):
            continue
        after = load_state(state_rows(day.state))
        decision = decide(after, ask(BustTrade, trade_id=f"test/{command.number}", number=1), 0)
        assert decision.code == 0
        for event in decision.events:
            evolve(after, event)
            assert not isinstance(event, TradeBusted) or event.exact
        for name, owner in before.accounts.items():
            for market, holding in owner.holdings.items():
                now = after.accounts[name].holdings[market]
                assert (now.size_e8, now.cost_e8) == (holding.size_e8, holding.cost_e8)
                assert now.position_id == holding.position_id
            paid = sum(
                -f.realized_funding_e8 for f in events if isinstance(f, FillSettled) and f.account == name
            )
            assert after.accounts[name].balance_e8 == owner.balance_e8 - paid
