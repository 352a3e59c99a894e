"""Ledgers on which something goes wrong: commands in blocks of one tick, guards that only observe."""

from itertools import count

from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    BlockSealed,
    ListMarket,
    MarketPrice,
    MarketRate,
    PlaceOrder,
    SettleTrade,
    UpdatePrices,
)
from ledger.incident.counterfactual.corrections import COMPUTED, Corrections, TickCorrection
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.writer.apply import Answer
from ledger.writer.writer import Writer
from tests.fields import changed
from tests.spec import START_MS, START_US, USDC, account, ask, deposit, e8, market, rule, trade

BTC = "BTC-USD-PERP"
RATE = 1_000_000_000
"""With a spot of 100,000 and a period of 500 s: one unit of index per tick of five seconds."""
OBSERVED = ("G1", "G1r", "G2", "G2p", "G2r", "G4f", "G5", "G5x", "G5w", "G6", "G7a", "G7b")


def observed() -> list[AnyCommand]:
    """Rules under which no guard refuses anything, as on an exchange that has none."""
    return [rule(f"guard.{guard}", "observe:86400") for guard in OBSERVED]


class Town:
    """A ledger on a log in memory. Every command is numbered by its place; each call is a block."""

    def __init__(self, partitions: int = 2, writer: Writer | None = None) -> None:
        self.log = MemoryLog("town", partitions)
        self.writer = writer or Writer(self.log)
        self.writer.open_ledger(START_US)
        self.numbers = count(1)
        self.ticks: dict[str, int] = {}
        self.now_us = START_US

    def take(self, *commands: AnyCommand) -> list[str]:
        """Commands that are accepted, as one block; their ids."""
        answers = self.ask(*commands)
        for answer in answers:
            assert answer.outcome.code == 0, answer.outcome.detail
        return [f"{answer.outcome.producer}/{answer.outcome.number}" for answer in answers]

    def ask(self, *commands: AnyCommand) -> list[Answer]:
        """Commands as one block, whatever becomes of them."""
        numbered = [
            changed(command, number=command.number or next(self.numbers), issued_at_us=self.now_us)
            for command in commands
        ]
        return self.writer.submit([encode_command(command) for command in numbered], self.now_us)

    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.now_us += seconds * 1_000_000

    def prices(self, **marks: str | tuple[str, str]) -> UpdatePrices:
        """The next price tick: a mark, which is the external fair price too, or both."""
        tick = self.ticks["price"] = self.ticks.get("price", 0) + 1
        entries = []
        for base, given in marks.items():
            mark, fair = (given, given) if isinstance(given, str) else given
            entries.append(
                MarketPrice(f"{base}-USD-PERP", e8(mark), e8(fair), 1, e8(fair), 0, 0, 0, 0, 0, 0, 0, 0)
            )
        return ask(
            UpdatePrices,
            tick_id=tick,
            previous_tick_id=tick - 1,
            source="prices",
            source_epoch=1,
            observed_at_ms=self.now_us // 1000,
            prices=entries,
        )

    def funding(self, rate_e12: int, spot: str, claim: str = "") -> AdvanceFunding:
        """The next funding tick of BTC, with an index claimed or none."""
        tick = self.ticks["funding"] = self.ticks.get("funding", 0) + 1
        entry = MarketRate(BTC, rate_e12, e8(spot), 1 if claim else 0, e8(claim or "0"), 0, 0)
        return ask(
            AdvanceFunding,
            tick_id=tick,
            previous_tick_id=tick - 1,
            source="funding",
            source_epoch=1,
            observed_at_ms=self.now_us // 1000,
            rates=[entry],
        )

    def order(self, name: str, side: str, size: str, price: str, **fields: object) -> str:
        """Place an order for BTC that is accepted; its id."""
        return self.take(order(name, side, size, price, **fields))[0]

    def match(self, buy: tuple[str, str], sell: tuple[str, str], size: str, price: str) -> str:
        """A trade of two orders, each given as (account, id); its id."""
        return self.take(
            ask(
                SettleTrade,
                market=BTC,
                price_e8=e8(price),
                size_e8=e8(size),
                buy_account=buy[0],
                buy_order_id=buy[1],
                sell_account=sell[0],
                sell_order_id=sell[1],
                taker="BUY",
            )
        )[0]

    def tick(self, claim: str, mark: str = "100000") -> None:
        """Five seconds later: a price tick and a funding tick that claims an index."""
        self.wait(5)
        self.take(self.prices(BTC=mark), self.funding(RATE, "100000", claim))

    @property
    def head(self) -> BlockSealed:
        """Seal of the newest block."""
        head = self.writer.head
        assert head is not None
        return head


def order(name: str, side: str, size: str, price: str, **fields: object) -> PlaceOrder:
    """A limit order for BTC, good till cancelled."""
    base: dict[str, object] = {
        "account": name,
        "market": BTC,
        "side": side,
        "order_type": "LIMIT",
        "instruction": "GTC",
        "size_e8": e8(size),
        "has_price": 1 if price else 0,
        "price_e8": e8(price or "0"),
        "stp": "EXPIRE_TAKER",
    }
    return ask(PlaceOrder, **(base | fields))


def stop(name: str, side: str, size: str, trigger: str) -> PlaceOrder:
    """A stop-loss order at the market."""
    return order(
        name, side, size, "", order_type="STOP_LOSS_MARKET", has_trigger=1, trigger_price_e8=e8(trigger)
    )


def free_market() -> ListMarket:
    """BTC without fees, in which an index of one unit a tick is the right one at ``RATE``."""
    return market(maker_fee_ppm=0, taker_fee_ppm=0, funding_period_s=500, funding_gap_max_ms=600_000)


def crowded(writer: Writer | None = None) -> Town:
    """A town at its last good block: mark 100,000, index 10,000, everybody there with positions.

    ``short`` has -1 and 4,000; ``long`` has 1 and 3,000; ``rich`` has plenty and no position; ``LV`` 50,000.
    """
    town = Town(writer=writer)
    town.take(*observed())
    names = {"short": "4000", "long": "3000", "rich": "1000000", "poor": "1", "LV": "50000"}
    town.take(USDC, free_market(), account("LV", kind="LIQUIDATOR"))
    town.take(account("X", kind="EXTERNAL", margin_exempt=1))
    town.take(*(account(name) for name in names if name != "LV"))
    town.take(*(deposit(name, money) for name, money in names.items()))
    town.tick("9999")
    town.tick("10000")
    town.take(trade(BTC, "long", "X", "1", "100000"), trade(BTC, "X", "short", "1", "100000"))
    return town


def corrected_from(tick: int) -> Corrections:
    """The index of BTC computed from a funding tick on."""
    return Corrections([], [TickCorrection(BTC, tick, 10**6, COMPUTED)])


assert START_US // 1000 == START_MS
