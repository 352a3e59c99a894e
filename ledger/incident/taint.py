"""Taint by data flow and cause: which recorded events have the corrupted input in them, and how.

``cause_seq`` names one parent and a liquidation has several inputs, so the direct events are found by what
they were computed from: settlements at an index of a corrupted tick, takeovers and accepted orders of
accounts that held such a market, triggers at a corrupted mark, the events of a command with a corrected
field. Derived is what follows from them by ``cause_seq``, and what the Liquidator Vault did to get rid of
what it took over so. Touched are the later events of accounts that have either.
"""

from typing import Final, final

from ledger.core.messages import (
    AnyEvent,
    FillSettled,
    FundingIndexAdvanced,
    FundingSettled,
    LiquidationStarted,
    OrderPlaced,
    OrderTriggered,
    PricesUpdated,
    TradeBusted,
)
from ledger.core.rules.positions import reduces
from ledger.core.rules.words import FILL
from ledger.core.values import BUY
from ledger.incident.books import Books
from ledger.incident.counterfactual.corrections import COMPUTED, FAIR, Corrections

DIRECT: Final = "direct"
DERIVED: Final = "derived"
TOUCHED: Final = "touched"


@final
class Taint:
    """Looks at recorded events in order of seq; ``books`` are somebody else's, before each event.

    ``direct`` and ``derived`` are seqs. ``touched`` counts the other later events of an account.
    ``kinds`` counts the direct and derived events by kind.
    """

    def __init__(self, books: Books, liquidator: str, corrections: Corrections) -> None:
        self.direct: list[int] = []
        self.derived: list[int] = []
        self.touched: dict[str, int] = {}
        self.accounts: dict[str, int] = {}
        """Account -> its first direct or derived event."""
        self.kinds: dict[str, dict[str, int]] = {DIRECT: {}, DERIVED: {}}
        self._books = books
        self._liquidator = liquidator
        self._corrections = corrections
        self._tainted: set[int] = set()
        self._indices: set[str] = set()
        self._marks: set[str] = set()
        self._taken: set[str] = set()
        """Markets in which the Liquidator Vault holds something by a tainted takeover."""

    def take(self, event: AnyEvent) -> None:
        """Look at one event, which the books do not have yet."""
        account: str = getattr(event, "account", "")
        if self._is_direct(event, account):
            self._note(event, account, DIRECT, self.direct)
        elif event.cause_seq in self._tainted or self._unwinds(event, account):
            self._note(event, account, DERIVED, self.derived)
        elif account in self.accounts:
            self.touched[account] = self.touched.get(account, 0) + 1

    def _note(self, event: AnyEvent, account: str, kind: str, seqs: list[int]) -> None:
        seqs.append(event.seq)
        self._tainted.add(event.seq)
        name = type(event).__name__
        counts = self.kinds[kind]
        counts[name] = counts.get(name, 0) + 1
        if account:
            self.accounts.setdefault(account, event.seq)
        if isinstance(event, FillSettled) and event.liquidation_id and account == self._liquidator:
            self._taken.add(event.market)

    def _is_direct(self, event: AnyEvent, account: str) -> bool:
        """Whether the event was computed from a corrupted input; ticks also say what is corrupt from now."""
        match event:
            case FundingIndexAdvanced():
                return self._tick(self._indices, COMPUTED, event.market, event.tick_id)
            case PricesUpdated():
                return self._tick(self._marks, FAIR, event.market, event.tick_id)
            case FillSettled() | TradeBusted() | FundingSettled() if event.market in self._indices:
                return not (isinstance(event, FillSettled) and event.cause_seq in self._tainted)
            case LiquidationStarted() | OrderPlaced():
                bad = self._indices | self._marks
                return bool(bad) and any(market in bad for market in self._books.holds(account))
            case OrderTriggered():
                return event.market in self._marks
            case _:
                return event.command_id in self._corrections.fields

    def _tick(self, corrupt: set[str], kind: str, market: str, tick_id: int) -> bool:
        if self._corrections.covers(kind, market, tick_id):
            corrupt.add(market)
            return True
        corrupt.discard(market)
        return False

    def _unwinds(self, event: AnyEvent, account: str) -> bool:
        """Whether the Liquidator Vault gets rid of what a tainted takeover gave it."""
        if account != self._liquidator or not account:
            return False
        if isinstance(event, OrderPlaced):
            return bool(event.reduce_only) and event.market in self._taken
        if isinstance(event, FillSettled) and event.fill_type == FILL and event.market in self._taken:
            quantity = event.fill_size_e8 if event.side == BUY else -event.fill_size_e8
            return reduces(event.size_before_e8, quantity)
        return False
