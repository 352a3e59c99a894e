"""What the formulas ask of every account, read from the recorded events of the window."""

from collections.abc import Mapping, Sequence
from typing import Final, final

from ledger.core.messages import (
    AnyEvent,
    DepositCredited,
    FillSettled,
    PenaltyCharged,
    TransferReceived,
    TransferSent,
    WithdrawalReleased,
)
from ledger.core.state import State
from ledger.core.values import E8
from ledger.incident.books import Books
from ledger.incident.counterfactual.run import Counterfactual
from ledger.incident.effects import Effect
from ledger.incident.refunds.formulas import (
    FUNDING,
    LIQUIDATED,
    LOSS,
    Amount,
    Inputs,
    Line,
    TakenFill,
    line_of,
)
from ledger.incident.settlements import Settlements

FLOW_KINDS: Final = frozenset(("TRANSFER", "VAULT_DEPOSIT", "VAULT_WITHDRAWAL"))
NO_REFUND: Final = {
    "LIQUIDATOR": "excluded: the Liquidator Vault pays",
    "AUXILIARY": "excluded: an auxiliary account of a redemption",
    "EXTERNAL": "excluded: the other side of imports, or HOUSE",
}
"""Kinds of accounts that get nothing, and why."""


@final
class _Own:
    """What was found of one account so far."""

    __slots__ = ("covered_e8", "fills", "flow_e8", "flow_seqs", "losses", "penalties", "value_before_e8")

    def __init__(self) -> None:
        self.fills: list[TakenFill] = []
        self.penalties: list[Amount] = []
        self.losses: list[Amount] = []
        self.flow_seqs: list[int] = []
        self.flow_e8 = 0
        self.covered_e8 = 0
        self.value_before_e8 = 0


@final
class InputsReader:
    """Folds the recorded events of a window once more, and values each account at its own moment ``a``.

    ``moments`` is the seq after which an account's own story begins: everything up to it is before the
    incident. ``wrongful`` are ids of takeovers, ``orders`` of orders
    that a skewed mark triggered. ``books`` are as they were before the window.
    """

    def __init__(
        self,
        books: Books,
        settlements: Settlements,
        moments: Mapping[str, int],
        wrongful: frozenset[str],
        orders: frozenset[str] = frozenset(),
    ) -> None:
        self.books = books
        self.own: dict[str, _Own] = {name: _Own() for name in moments}
        self.settlements = settlements
        self._wrongful = wrongful
        self._orders = orders
        self.moments = moments
        self._waiting = sorted(((seq, name) for name, seq in moments.items()), reverse=True)

    def take(self, event: AnyEvent) -> None:
        """Fold one recorded event in; they come in order of seq."""
        while self._waiting and self._waiting[-1][0] < event.seq:
            self._value(self._waiting.pop()[1])
        self._collect(event)
        self.settlements.take(event)
        self.books.take(event)

    def close(self) -> None:
        """Value who is still waiting: nothing came after its moment."""
        while self._waiting:
            self._value(self._waiting.pop()[1])

    def _value(self, name: str) -> None:
        indices = {
            market: self.settlements.index_e8(market, index) for market, index in self.books.indices.items()
        }
        value = self.books.value_e16(name, self.books.fair_prices(), indices) // E8
        self.own[name].value_before_e8 = value + self.books.pending.get(name, 0)

    def value_after_e8(self, name: str) -> int:
        """Value at the end, at the external fair prices and the index in force then."""
        value = self.books.value_e16(name, self.books.fair_prices(), self.books.indices) // E8
        return value + self.books.pending.get(name, 0)

    def _collect(self, event: AnyEvent) -> None:
        account: str = getattr(event, "account", "")
        own = self.own.get(account)
        if own is None or event.seq <= self.moments[account]:
            return
        asset = self.books.asset
        match event:
            case FillSettled() if event.liquidation_id in self._wrongful or event.order_id in self._orders:
                sign = 1 if event.size_before_e8 > 0 else -1
                own.fills.append(
                    TakenFill(
                        event.seq,
                        event.fill_size_e8,
                        event.price_e8,
                        sign,
                        bool(event.has_external_fair),
                        event.external_fair_e8,
                    )
                )
            case PenaltyCharged() if event.liquidation_id in self._wrongful:
                own.penalties.append(Amount(event.seq, event.amount_e8))
            case DepositCredited() if event.asset == asset:
                _flow(own, event.seq, event.amount_e8)
            case WithdrawalReleased() if event.asset == asset:
                _flow(own, event.seq, -event.paid_e8)
                if event.loss_e8:
                    own.losses.append(Amount(event.seq, event.loss_e8))
            case TransferSent() if event.asset == asset and event.transfer_kind in FLOW_KINDS:
                _flow(own, event.seq, -event.amount_e8)
            case TransferReceived() if event.asset == asset:
                if event.transfer_kind in FLOW_KINDS:
                    _flow(own, event.seq, event.amount_e8)
                elif event.transfer_kind == "BANKRUPTCY_COVER":
                    own.covered_e8 += event.amount_e8
            case _:
                pass


def _flow(own: _Own, seq: int, amount_e8: int) -> None:
    own.flow_e8 += amount_e8
    own.flow_seqs.append(seq)


def moments_of(done: Counterfactual, effects: Sequence[Effect], wrongful: frozenset[str]) -> dict[str, int]:
    """Account -> the last seq before its part of the incident begins.

    For an account with a wrongful takeover that is before the event from which the first one followed,
    for any other before the first corrected input.
    """
    first = max(done.replay.first_corrected_seq - 1, done.window.first.last_seq)
    moments = {effect.account: first for effect in effects}
    taken: dict[str, int] = {}
    for one in done.replay.liquidations_recorded:
        if one.liquidation_id in wrongful and one.account not in taken:
            taken[one.account] = max(first, one.cause_seq - 1)
    return {**moments, **taken}


def inputs_of(reader: InputsReader, effects: Sequence[Effect]) -> list[Inputs]:
    """The inputs of every account with an effect, in order of names; the reader has seen the window."""
    by_name = {effect.account: effect for effect in effects}
    corrections: dict[str, int] = {}
    seqs: dict[str, list[int]] = {}
    for (name, _), settlement in reader.settlements.by_position.items():
        corrections[name] = corrections.get(name, 0) + settlement.correction_e8
        seqs.setdefault(name, []).extend(settlement.seqs)
    found: list[Inputs] = []
    for name in sorted(reader.own):
        own = reader.own[name]
        effect = by_name.get(name)
        correction = corrections.get(name, 0)
        reason = LIQUIDATED if own.fills else FUNDING if correction else LOSS
        found.append(
            Inputs(
                account=name,
                reason=reason,
                fills=tuple(own.fills),
                penalties=tuple(own.penalties),
                losses=tuple(own.losses),
                settlements=tuple(sorted(seqs.get(name, []))),
                before_seq=reader.moments[name],
                value_before_e8=own.value_before_e8,
                flow_e8=own.flow_e8,
                flow_seqs=tuple(own.flow_seqs),
                value_after_e8=reader.value_after_e8(name),
                difference_e8=0 if effect is None else effect.difference_e8,
                correction_e8=correction,
                covered_e8=own.covered_e8,
            )
        )
    return found


def exclusions(state: State, house: str, flagged: Mapping[str, str]) -> dict[str, str]:
    """Accounts that get nothing, and why."""
    found = {
        name: NO_REFUND[account.kind] for name, account in state.accounts.items() if account.kind in NO_REFUND
    }
    found[house] = NO_REFUND["EXTERNAL"]
    return {**found, **{name: f"excluded: {reason}" for name, reason in flagged.items()}}


def lines_of(inputs: Sequence[Inputs], method: str, excluded: Mapping[str, str]) -> list[Line]:
    """The lines of one method, zero lines included, in order of names."""
    return [line_of(one, method, excluded.get(one.account, "")) for one in inputs]
