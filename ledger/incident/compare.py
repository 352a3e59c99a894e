"""The remedies side by side: what each touches, voids, erases, costs, and who pays.

Everything is computed from the log and the counterfactual; nothing is planned or written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, final

from ledger.core.messages import (
    AnyEvent,
    BlockSealed,
    DepositCredited,
    FillSettled,
    WithdrawalReleased,
    WithdrawalRequested,
)
from ledger.core.rules.margin import initial_margin_e8
from ledger.core.rules.words import BLOCK_TRADE, FILL, PROTECTING
from ledger.core.state import State
from ledger.core.values import E8
from ledger.incident.books import Books, Position
from ledger.incident.effects import Effect
from ledger.incident.refunds.formulas import METHODS, TITLES, Inputs, payable_now
from ledger.incident.refunds.inputs import NO_REFUND, lines_of
from ledger.incident.settlements import Settlements
from ledger.incident.valuation import worth_of

ROLLBACK: Final = "rollback"
SURGICAL: Final = "surgical"
COMPENSATION: Final = "compensation"


@final
class Target:
    """What came after one rollback target: ``books`` are as they were there.

    ``trades`` are ids of users' trades with their first seq, ``flows`` the money that crossed the border of
    the ledger after it, per account: deposits less withdrawals that were requested after it and paid.
    """

    __slots__ = (
        "accounts",
        "books",
        "custody_in_e8",
        "events",
        "flows",
        "height",
        "reinstated",
        "requested",
        "trades",
    )

    def __init__(self, height: int, books: Books) -> None:
        self.height = height
        self.books = books
        self.accounts: set[str] = set()
        self.trades: dict[str, int] = {}
        self.flows: dict[str, int] = {}
        self.requested: set[str] = set()
        self.events = 0
        self.reinstated = 0
        self.custody_in_e8 = 0

    def take(self, event: AnyEvent) -> None:
        """Fold in one event after the target."""
        self.events += 1
        account: str = getattr(event, "account", "")
        if not account:
            return
        self.accounts.add(account)
        match event:
            case FillSettled() if event.fill_type in (FILL, BLOCK_TRADE):
                self.trades.setdefault(event.trade_id, event.seq)
            case DepositCredited() if event.asset == self.books.asset:
                self._flow(account, event.amount_e8)
            case WithdrawalRequested():
                self.requested.add(event.withdrawal_id)
            case WithdrawalReleased() if event.asset == self.books.asset:
                self.custody_in_e8 -= event.paid_e8
                self.reinstated += 1
                if event.withdrawal_id in self.requested:
                    self.flows[account] = self.flows.get(account, 0) - event.paid_e8
            case _:
                pass

    def _flow(self, account: str, amount_e8: int) -> None:
        self.flows[account] = self.flows.get(account, 0) + amount_e8
        self.custody_in_e8 += amount_e8
        self.reinstated += 1

    def value_e8(self, account: str, marks: Mapping[str, int]) -> int:
        """Value of an account after a rollback to here: its books, what is reinstated, marks of now."""
        value = self.books.value_e16(account, marks, self.books.indices) // E8
        return value + self.flows.get(account, 0)


@final
class Targets:
    """Folds the events of a window for every target in it; ``heights`` begin with the window's start."""

    def __init__(self, start: Books, heights: Sequence[int]) -> None:
        self.found: list[Target] = [Target(heights[0], copied(start))]
        self._books = copied(start)
        self._heights = list(heights[1:])

    def begin_block(self, seal: BlockSealed) -> None:
        """The events of a block follow; a target is the block before it."""
        if self._heights and self._heights[0] == seal.height - 1:
            self.found.append(Target(self._heights.pop(0), copied(self._books)))

    def take(self, event: AnyEvent) -> None:
        """Fold one event in."""
        for target in self.found:
            target.take(event)
        self._books.take(event)


def copied(books: Books) -> Books:
    """Books that go their own way from here."""
    twin = Books(State())
    twin.asset = books.asset
    twin.balances = dict(books.balances)
    twin.pending = dict(books.pending)
    twin.positions = {
        name: {market: Position(held.size_e8, held.cost_e8, held.cached_e8) for market, held in own.items()}
        for name, own in books.positions.items()
    }
    twin.marks, twin.fairs, twin.indices = dict(books.marks), dict(books.fairs), dict(books.indices)
    twin.factors = dict(books.factors)
    return twin


@dataclass(frozen=True, slots=True)
class Remedy:
    """One column of the comparison; amounts in 1e-8, ``writes`` events that it would record."""

    remedy: str
    title: str
    accounts_touched: int
    honest_trades_voided: int
    profits_erased_e8: int
    money_needed_e8: int
    paid_by: str
    shortfall_e8: int
    false_gains_kept_e8: int
    writes: int


def users_of(state: State) -> list[str]:
    """Accounts that may be hurt or gain: all but the Liquidator Vault, auxiliary ones and EXTERNAL."""
    return [name for name, account in state.accounts.items() if account.kind not in NO_REFUND]


def rollback_remedy(
    target: Target,
    recorded: State,
    state: State,
    orphans: Iterable[str],
    values_cf: Mapping[str, int],
    title: str,
) -> Remedy:
    """A full rollback to a target: what honest users lose by it, and who ends below zero."""
    lost = frozenset(orphans)
    honest = sum(1 for trade in target.trades if trade not in lost)
    marks = {name: market.mark_e8 for name, market in state.markets.items()}
    erased = 0
    negative = 0
    debtors = 0
    for name in users_of(recorded):
        value = target.value_e8(name, marks)
        erased += max(0, values_cf.get(name, 0) - max(0, value))
        if value < 0:
            negative -= value
            debtors += 1
    cancelled = sum(
        1
        for account in recorded.accounts.values()
        for order in account.orders.values()
        if order.order_type not in PROTECTING
    )
    payer = f"{debtors} accounts owe it (receivable)" if debtors else "nobody"
    return Remedy(
        f"{ROLLBACK} {target.height}",
        title,
        len(target.accounts),
        honest,
        erased,
        negative,
        payer,
        0,
        0,
        2 + target.reinstated + cancelled,
    )


def surgical_remedy(
    recorded: State,
    state: State,
    effects: Sequence[Effect],
    settlements: Settlements,
    wrongful: int,
    house: str,
) -> Remedy:
    """The surgical correction, by its identity.

    Users end as in the counterfactual, the Liquidator Vault as there and with the result of HOUSE.
    """
    users = frozenset(users_of(recorded))
    by_name = {effect.account: effect for effect in effects}
    negative = sum(max(0, -effect.value_counterfactual_e8) for effect in effects if effect.account in users)
    fund, part = by_name.get(state.liquidator), by_name.get(house)
    change = (0 if fund is None else fund.difference_e8) + (0 if part is None else part.difference_e8)
    cost = max(0, -change)
    payers = ["Liquidator Vault"] * bool(cost) + ["accounts that end below zero"] * bool(negative)
    touched = {effect.account for effect in effects if effect.difference_e8 and effect.account != house}
    corrections = sum(1 for one in settlements.by_position.values() if one.differs)
    restated = sum(
        1
        for name, market in recorded.markets.items()
        if (market.index_e8, market.remainder)
        != (state.markets[name].index_e8, state.markets[name].remainder)
    )
    return Remedy(
        SURGICAL,
        "restate the index, correct settlements, reverse wrongful takeovers",
        len(touched),
        0,
        0,
        cost + negative,
        " and ".join(payers) or "nobody: what was gained falsely is taken back",
        0,
        0,
        restated + corrections + 4 * wrongful,
    )


def compensation_remedies(
    recorded: State, effects: Sequence[Effect], inputs: Sequence[Inputs], excluded: Mapping[str, str]
) -> list[Remedy]:
    """The methods of compensation; whoever gained from the corruption keeps it."""
    users = frozenset(users_of(recorded))
    gains = sum(max(0, -effect.difference_e8) for effect in effects if effect.account in users)
    fund = recorded.accounts.get(recorded.liquidator)
    payable = 0
    if fund is not None:
        value = worth_of(fund, recorded, recorded).value_e8
        payable = payable_now(fund.balance_e8, value, initial_margin_e8(fund))
    remedies = []
    for method in METHODS:
        lines = [line for line in lines_of(inputs, method, excluded) if line.amount_e8]
        total = sum(line.amount_e8 for line in lines)
        remedies.append(
            Remedy(
                f"{COMPENSATION} {method}",
                TITLES[method],
                len(lines),
                0,
                0,
                total,
                "Liquidator Vault",
                max(0, total - payable),
                gains,
                2 * len(lines),
            )
        )
    return remedies
