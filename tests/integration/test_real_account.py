"""Five and a half minutes of a real account, imported as off-book trades.

Traps of the file (its licence lies beside it): it is newest first, but fills of the same
millisecond are in order; 83 trades are of the account with itself, and both of their legs
carry the position before the trade; the other leg of the oldest fill is outside the file; and
``closedPnl`` follows the venue's own running entry price, which trades that close a position
move as well, with the sign turned where a short becomes a long.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from ledger.core.messages import (
    AnyCommand,
    FillSettled,
    ListMarket,
    MarketPrice,
    SettleOffBookTrade,
    UpdatePrices,
)
from ledger.core.rules.margin import account_value_e8
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.writer.writer import Writer
from tests.blocks import events_in
from tests.fields import changed
from tests.spec import E8, USDC, account, ask, deposit, e8, market, rule

FILLS = Path(__file__).parent.parent / "data" / "hyperliquid" / "userFills_0xb7b6.json"
ACCOUNT = "0xb7b6"
EXTERNAL = "EXTERNAL"
DEPOSIT = "10000000"
DEPOSIT_E8 = e8(DEPOSIT)
VENUE_SLACK = Fraction(3, 100_000)
"""The venue rounds its entry price to five digits or so."""


@dataclass
class Fill:
    """One line of the file. ``start_e8`` and ``size_e8`` are coins, ``size_e8`` is signed."""

    coin: str
    price_e8: int
    size_e8: int
    start_e8: int
    at_us: int
    direction: str
    closed_pnl_e8: int
    trade: tuple[str, str, str, str, str]


@dataclass
class Import:
    """What was imported, and the ledger it went into; ``trades`` are fills of the same trade."""

    trades: list[list[Fill]]
    settled: list[FillSettled]
    writer: Writer


@pytest.fixture(scope="module")
def fills() -> list[Fill]:
    """The fills in the order in which they happened: Python sorts stably."""
    lines = json.loads(FILLS.read_text())
    return [
        Fill(
            line["coin"],
            e8(line["px"]),
            e8(line["sz"]) if line["side"] == "B" else -e8(line["sz"]),
            e8(line["startPosition"]),
            line["time"] * 1000,
            line["dir"],
            e8(line["closedPnl"]),
            (line["hash"], line["coin"], line["px"], line["sz"], line["startPosition"]),
        )
        for line in sorted(lines, key=lambda line: line["time"])
    ]


def trades_of(fills: list[Fill]) -> list[list[Fill]]:
    """Fills put together by trade: two legs where the account met itself."""
    trades: list[list[Fill]] = []
    for fill in fills:
        if trades and len(trades[-1]) == 1 and trades[-1][0].trade == fill.trade:
            assert trades[-1][0].size_e8 == -fill.size_e8
            trades[-1].append(fill)
        else:
            trades.append([fill])
    return trades


def is_half_known(trades: list[list[Fill]], place: int) -> bool:
    """Whether a single fill left the position as it was: its other leg is outside the file."""
    fill = trades[place][0]
    later = next((t[0] for t in trades[place + 1 :] if t[0].coin == fill.coin), None)
    return len(trades[place]) == 1 and later is not None and later.start_e8 == fill.start_e8


def opening(trades: list[list[Fill]]) -> list[AnyCommand]:
    """Assets, markets at the first price of each coin, accounts, and the positions held before."""
    first: dict[str, Fill] = {}
    for trade in trades:
        first.setdefault(trade[0].coin, trade[0])
    at_us = trades[0][0].at_us
    prices = [
        MarketPrice(coin, fill.price_e8, fill.price_e8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        for coin, fill in sorted(first.items())
    ]
    return [
        USDC,
        rule("tick_age_max_ms", str(10 * 365 * 24 * 3_600_000)),
        *(wide_market(coin) for coin in sorted(first)),
        account(ACCOUNT, fee_tier="RETAIL"),
        account(EXTERNAL, kind="EXTERNAL", margin_exempt=1, fee_tier="RETAIL"),
        deposit(ACCOUNT, DEPOSIT),
        ask(
            UpdatePrices,
            tick_id=1,
            source="import",
            source_epoch=1,
            observed_at_ms=at_us // 1000,
            prices=prices,
        ),
        *(
            off_book(fill.coin, fill.price_e8, fill.start_e8, fill.at_us)
            for fill in first.values()
            if fill.start_e8
        ),
    ]


def wide_market(coin: str) -> ListMarket:
    """A market with rules wide enough for any trade that really happened."""
    return market(
        coin,
        price_tick_e8=100,
        size_step_e8=1000,
        order_size_max_e8=10**6 * E8,
        position_limit_e8=10**6 * E8,
        price_band_ppm=200_000,
    )


def off_book(
    coin: str, price_e8: int, size_e8: int, at_us: int, *, with_itself: bool = False
) -> SettleOffBookTrade:
    """A trade of signed ``size_e8`` against EXTERNAL, or of the account with itself."""
    buys = size_e8 > 0
    return ask(
        SettleOffBookTrade,
        market=coin,
        price_e8=price_e8,
        size_e8=abs(size_e8),
        buyer=ACCOUNT if buys or with_itself else EXTERNAL,
        seller=EXTERNAL if buys and not with_itself else ACCOUNT,
        taker="NONE",
        matched_at_us=at_us,
    )


@pytest.fixture(scope="module")
def imported(fills: list[Fill]) -> Import:
    """The file in a ledger; every command was accepted."""
    trades = trades_of(fills)
    commands = opening(trades)
    held_before = sum(1 for command in commands if isinstance(command, SettleOffBookTrade))
    for place, trade in enumerate(trades):
        fill = trade[0]
        alone = len(trade) == 1 and not is_half_known(trades, place)
        commands.append(off_book(fill.coin, fill.price_e8, fill.size_e8, fill.at_us, with_itself=not alone))
    numbered = [
        changed(command, number=number, issued_at_us=fills[0].at_us)
        for number, command in enumerate(commands, 1)
    ]
    log = MemoryLog("real-account", 4)
    writer = Writer(log)
    writer.open_ledger(fills[0].at_us)
    answers = writer.submit([encode_command(command) for command in numbered], fills[-1].at_us)
    assert [answer.outcome.detail for answer in answers if answer.outcome.code] == []
    settled = [event for event in events_in(log) if isinstance(event, FillSettled)]
    return Import(trades, settled[2 * held_before :], writer)


def legs_of(settled: list[FillSettled]) -> dict[str, list[FillSettled]]:
    """The account's own legs by trade, in order of seq."""
    legs: dict[str, list[FillSettled]] = defaultdict(list)
    for event in settled:
        if event.account == ACCOUNT:
            legs[event.trade_id].append(event)
    return legs


def test_the_file_is_what_its_description_says(fills: list[Fill]) -> None:
    trades = trades_of(fills)
    assert len(fills) == 500
    assert sum(len(trade) == 2 for trade in trades) == 83
    assert [place for place in range(len(trades)) if is_half_known(trades, place)] == [0]


def test_every_fill_starts_where_the_file_says_the_position_was(imported: Import) -> None:
    legs = list(legs_of(imported.settled).values())
    assert len(legs) == len(imported.trades)
    for trade, own in zip(imported.trades, legs, strict=True):
        assert own[0].size_before_e8 == trade[0].start_e8
        if len(own) == 1:
            assert own[0].size_after_e8 == trade[0].start_e8 + trade[0].size_e8
        else:
            assert own[1].size_before_e8 == own[0].size_after_e8
            assert own[1].size_after_e8 == trade[0].start_e8, "a trade with oneself moves no position"


def test_positions_and_the_other_side_mirror_each_other(imported: Import) -> None:
    state = imported.writer.state
    own, external = state.accounts[ACCOUNT], state.accounts[EXTERNAL]
    for coin, holding in own.holdings.items():
        assert holding.size_e8 == -external.holdings[coin].size_e8
    last = {trade[0].coin: trade[0] for trade in imported.trades if len(trade) == 1}
    assert {c: h.size_e8 for c, h in own.holdings.items()} == {
        coin: fill.start_e8 + fill.size_e8 for coin, fill in last.items()
    }


def test_profit_is_realised_exactly_where_the_file_says_a_position_was_closed(imported: Import) -> None:
    for trade, own in zip(imported.trades, legs_of(imported.settled).values(), strict=True):
        if len(own) == 2:
            continue
        opens = trade[0].direction.startswith("Open")
        assert own[0].realized_pnl_e8 == 0 or not opens
        signed_value = own[0].value_e8 if own[0].side == "BUY" else -own[0].value_e8
        assert own[0].realized_pnl_e8 == own[0].cost_after_e8 - own[0].cost_before_e8 - signed_value


def test_the_account_is_worth_what_its_trades_at_their_prices_make_it_worth(imported: Import) -> None:
    state = imported.writer.state
    worth = Fraction(DEPOSIT_E8)
    position: dict[str, int] = defaultdict(int)
    for place, trade in enumerate(imported.trades):
        fill = trade[0]
        mark = state.markets[fill.coin].mark_e8
        if fill.coin not in position:
            position[fill.coin] = fill.start_e8
        if len(trade) == 1 and not is_half_known(imported.trades, place):
            worth += Fraction(fill.size_e8 * (mark - fill.price_e8), E8)
    roundings = 2 * len(imported.trades)
    assert abs(account_value_e8(state.accounts[ACCOUNT]) - worth) <= roundings
    assert (
        account_value_e8(state.accounts[ACCOUNT]) + account_value_e8(state.accounts[EXTERNAL]) <= DEPOSIT_E8
    )


def test_closed_pnl_follows_the_running_entry_price_of_the_venue(imported: Import) -> None:
    entry: dict[str, Fraction] = {}
    unexplained = []
    for trade in imported.trades:
        for fill in trade:
            start, size, price = fill.start_e8, fill.size_e8, Fraction(fill.price_e8)
            if start * size < 0:
                closed = min(abs(start), abs(size)) * (1 if start > 0 else -1)
                pnl = fill.closed_pnl_e8 * (-1 if fill.direction == "Short > Long" else 1)
                said = price - Fraction(pnl * E8, closed)
                if fill.coin in entry and abs(said - entry[fill.coin]) > price * VENUE_SLACK:
                    unexplained.append((fill.coin, fill.start_e8, fill.size_e8))
                entry[fill.coin] = said
            if start == 0 or start * (start + size) < 0:
                entry[fill.coin] = price
            elif fill.coin in entry:
                weight = abs(start) + abs(size)
                entry[fill.coin] = (abs(start) * entry[fill.coin] + abs(size) * price) / weight
    assert unexplained == [("SUI", e8("-1839.2"), e8("124.4")), ("SUI", e8("-1842.2"), e8("813.3"))]
