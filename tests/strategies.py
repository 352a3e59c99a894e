"""The only inventor of valid values: whole histories of commands, drawn or seeded.

``histories()`` is a Hypothesis strategy and shrinks; ``seeded_history`` writes thousands of
commands from a seed. Both write with the same author (``tests.histories``), so what the one
finds the other can look at for longer. ``issued_at_us`` of each command is its arrival.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from hypothesis import strategies as st

from ledger.core.messages import AnyCommand
from tests.fields import changed
from tests.histories import control, feeds, money, orders, trades, vaults
from tests.histories.author import START_US, Author, Deed
from tests.histories.chooser import Chooser, Drawn, Seeded
from tests.histories.spoil import spoil
from tests.histories.wild import wild

WEIGHTS: Final[tuple[tuple[Deed, int], ...]] = (
    (trades.match, 22),
    (orders.place, 18),
    (feeds.prices, 9),
    (feeds.funding, 8),
    (trades.off_book, 7),
    (orders.protect, 5),
    (money.deposit, 5),
    (orders.trigger, 6),
    (trades.bust, 6),
    (orders.cancel, 5),
    (money.request_withdrawal, 5),
    (money.transfer, 5),
    (orders.place_stop, 4),
    (orders.deleverage, 3),
    (feeds.settle_funding, 3),
    (money.release_withdrawal, 2),
    (money.fail_withdrawal, 1),
    (money.adjust, 2),
    (feeds.sweep, 2),
    (money.change_account, 2),
    (feeds.update_market, 2),
    (orders.cancel_all, 1),
    (money.update_asset, 1),
    (money.mark_checkpoint, 1),
    (money.nonsense, 2),
    (money.leave, 1),
    (trades.mismatch, 3),
    (vaults.liquidate, 9),
    (vaults.deposit, 4),
    (vaults.redeem, 6),
    (vaults.unwind, 5),
    (vaults.settle_fees, 2),
    (vaults.update, 1),
    (vaults.late, 1),
    (control.reopen, 30),
    (control.change_rule, 2),
    (control.change_policy, 2),
    (control.change_status, 1),
    (control.cancel_outside_band, 2),
    (control.bad_key, 1),
)
"""What is written how often, out of the sum of the weights."""

DEEDS: Final[tuple[Deed, ...]] = tuple(deed for deed, weight in WEIGHTS for _ in range(weight))


def opening(author: Author) -> Sequence[Deed]:
    """How every history begins: assets, markets, accounts, money, the first ticks."""
    deeds: list[Deed] = [money.list_usdc, money.list_gold]
    for rule, value in (("gate_hold_ms", "0"), ("gate_quiet_ms", "0"), ("outflow_hour_ppm", "1000000000")):
        deeds.append(partial(control.set_rule, rule=rule, value=value))
    deeds.append(partial(control.set_rule, rule="outflow_day_ppm", value="1000000000"))
    deeds += [partial(feeds.list_shape, shape=shape) for shape in author.shapes]
    for name in author.traders:
        deeds.append(partial(money.open_named, name=name))
        deeds.append(partial(money.credit, name=name, asset="USDC", amount_e8=50_000 * 10**8))
    deeds += vaults.begin(author)
    return [*deeds, partial(money.open_named, name="EXTERNAL"), feeds.prices, feeds.funding]


def author_of(chooser: Chooser, *, markets: int, accounts: int, observing: bool = False) -> Author:
    """An author with everything it needs to know how to do."""
    return Author(chooser, opening, DEEDS, spoil, markets=markets, accounts=accounts, observing=observing)


def seeded_history(
    seed: int, commands: int, *, markets: int = 3, accounts: int = 12, observing: bool = False
) -> Iterator[AnyCommand]:
    """``commands`` commands of one seed; the same seed writes the same bytes on any machine."""
    author = author_of(Seeded(seed), markets=markets, accounts=accounts, observing=observing)
    for _ in range(commands):
        yield author.write()[0]


def wild_history(seed: int, commands: int, *, observing: bool) -> Iterator[AnyCommand]:
    """A history in which each command comes twice more, with values that only their types allow.

    ``observing``: every guard is told to observe only, so that such values are taken.
    """
    author = author_of(Seeded(seed), markets=2, accounts=6)
    if observing:
        yield from control.all_observed(START_US)
    for number in range(1, commands + 1):
        command = author.write()[0]
        yield command
        for producer in ("wild-1", "wild-2"):
            yield changed(wild(author, command), producer=producer, number=number)


@st.composite
def histories(draw: st.DrawFn, *, longest: int = 40, observing: bool = False) -> list[AnyCommand]:
    """A short history: up to ``longest`` commands after the opening."""
    markets, accounts = draw(st.integers(1, 2)), draw(st.integers(2, 3))
    author = author_of(Drawn(draw), markets=markets, accounts=accounts, observing=observing)
    count = len(opening(author)) + draw(st.integers(1, longest))
    return [author.write()[0] for _ in range(count)]


@st.composite
def wild_histories(draw: st.DrawFn, *, longest: int = 40) -> list[AnyCommand]:
    """A history in which every other command has values that only their types allow."""
    chooser = Drawn(draw)
    author = author_of(chooser, markets=1, accounts=3)
    commands = [author.write()[0] for _ in opening(author)]
    for number in range(1, draw(st.integers(1, longest))):
        command = author.write()[0]
        commands.append(command)
        commands.append(changed(wild(author, command), producer="wild", number=number))
    return commands
