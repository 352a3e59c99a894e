"""A cascade: ten thousand accounts fall below maintenance in one tick, and a keeper asks for all of them.

They are taken over in the order in which they are asked for, never more in a window than the breaker
allows, and in the end every unit is where it belongs.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import count

from ledger.core.messages import (
    AnyCommand,
    AnyEvent,
    LiquidateAccount,
    LiquidationStarted,
    PenaltyCharged,
    TransferSent,
)
from ledger.core.postings import postings
from ledger.core.refusals import RefusalCode
from ledger.core.rules.health import IN_FORCE, health_of, positions_of
from tests import playing
from tests.fields import changed
from tests.spec import START_US, USDC, account, ask, deposit, e8, market, marks, trade

BTC = "BTC-USD-PERP"
ACCOUNTS = 10_000
PER_WINDOW = 1_000
WINDOW_US = 60_000_000
"""What the breaker allows when nothing was changed."""


def victims() -> list[str]:
    return [f"trader-{number:05}" for number in range(ACCOUNTS)]


def opening() -> Iterator[AnyCommand]:
    """Everybody is long 0.01 to 0.05 BTC from 60,000 with little more than the initial margin."""
    yield USDC
    rules = {"position_limit_e8": e8("100000"), "order_size_max_e8": e8("100000"), "maker_fee_ppm": 0}
    yield market(notional_min_e8=0, price_age_max_ms=0, taker_fee_ppm=0, **rules)
    yield account("fund", kind="LIQUIDATOR")
    yield deposit("fund", "1000000")
    yield account("maker")
    yield deposit("maker", "100000000")
    yield marks(1, BTC="60000")
    for number, name in enumerate(victims()):
        size = 1 + number % 5
        yield account(name)
        yield deposit(name, f"{size * 12 + number % 3}.{number % 7}")
        yield trade(BTC, name, "maker", f"0.0{size}", "60000")


def test_ten_thousand_accounts_are_liquidated_in_order_within_the_breaker_and_to_the_last_unit() -> None:
    numbers = count(1)
    state = playing.opened_state()
    events: list[AnyEvent] = []

    def play(command: AnyCommand) -> playing.Step:
        step = playing.play_one(state, changed(command, number=next(numbers)))
        events.extend(step.events)
        return step

    for command in opening():
        step = play(command)
        assert step.code == 0, step.detail
    play(marks(2, BTC="59100"))
    left = [name for name in victims() if not health_of(state.accounts[name], IN_FORCE).healthy()]
    assert len(left) == ACCOUNTS
    order: list[str] = []
    times: list[int] = []
    refusals = Counter[int]()
    asked_at = START_US + 10_000_000
    while left:
        again = []
        for name in left:
            step = play(ask(LiquidateAccount, account=name, issued_at_us=asked_at))
            if step.code:
                refusals[step.code] += 1
                again.append(name)
            else:
                order.append(name)
                times.append(asked_at)
        assert len(left) - len(again) <= PER_WINDOW
        left, asked_at = again, asked_at + WINDOW_US
    assert order == victims()
    assert set(refusals) == {RefusalCode.LIQUIDATION_BREAKER}
    assert max(Counter(times).values()) == PER_WINDOW
    started = [event.account for event in events if isinstance(event, LiquidationStarted)]
    assert started == order
    sums = Counter[tuple[str, str]]()
    for event in events:
        for leg in postings(event, "USDC"):
            sums[leg.account, leg.asset] += leg.amount_e8
    assert sum(sums.values()) == 0
    assert not any(amount for (name, _), amount in sums.items() if name.startswith("transit:"))
    held = [books.holdings[BTC] for books in state.accounts.values() if BTC in books.holdings]
    assert sum(holding.size_e8 for holding in held) == 0
    assert sums[f"pnl_clearing:{BTC}", "USDC"] == -sum(holding.cost_e8 for holding in held)
    for name, books in state.accounts.items():
        assert books.balance_e8 == sums[name, "USDC"]
        flat = not positions_of(books)
        assert books.margin_exempt or flat or health_of(books, IN_FORCE).healthy()
    penalties = sum(event.amount_e8 for event in events if isinstance(event, PenaltyCharged))
    assert state.accounts["fund"].balance_e8 == e8("1000000") + penalties - covers(events)


def covers(events: list[AnyEvent]) -> int:
    """What the fund paid for accounts that were worth less than nothing."""
    return sum(
        event.amount_e8
        for event in events
        if isinstance(event, TransferSent) and event.transfer_kind == "BANKRUPTCY_COVER"
    )
