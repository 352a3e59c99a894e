"""What one recorded command does in the counterfactual, by its class: pinned, replayed or derived."""

from typing import final

from ledger.core.decide import decide
from ledger.core.decision import ACCEPTED, Decision, command_id
from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    AnyEvent,
    ApprovePlan,
    ChangeAccount,
    ChangeRule,
    ChangeStatus,
    CreateVault,
    CreditDeposit,
    FailWithdrawal,
    FundingIndexAdvanced,
    ListAsset,
    ListMarket,
    OpenAccount,
    PostAdjustment,
    RegisterKey,
    ReleaseWithdrawal,
    RequestWithdrawal,
    RevokeKey,
    SettleOffBookTrade,
    SettleTrade,
    UpdateAsset,
    UpdateMarket,
    UpdatePrices,
    UpdateVault,
)
from ledger.core.state import State
from ledger.incident.counterfactual.corrections import Corrections
from ledger.incident.counterfactual.differences import alike
from ledger.incident.counterfactual.forced import (
    Observing,
    as_recorded,
    stamped,
    withdrawal_released,
    withdrawal_requested,
)
from ledger.incident.counterfactual.record import CASES, HOUSE_TRADES, Orphan, Recorded
from ledger.incident.counterfactual.sides import (
    Side,
    is_unwinder,
    opens_here,
    parties_of,
    settled_between,
)
from ledger.writer.apply import Unreadable, proof_of, signature_refused


@final
class Deciding:
    """Decides recorded commands on ``state``, beside ``recorded``; changes neither.

    ``counts`` has the cases (``record.CASES``), ``orphans`` the trades that lost a side, ``impossible`` ids
    of pinned commands that could not be applied. ``refused_orders`` are ids of orders that reality accepted.
    """

    __slots__ = (
        "_corrections",
        "_drops",
        "_house",
        "counts",
        "first_corrected_seq",
        "impossible",
        "index_path",
        "orphans",
        "recorded",
        "refused_orders",
        "state",
    )

    def __init__(
        self, recorded: State, state: State, corrections: Corrections, orphan_trades: str, house: str
    ) -> None:
        self.recorded = recorded
        self.state = state
        self.orphans: list[Orphan] = []
        self.impossible: list[str] = []
        self.refused_orders: set[str] = set()
        self.first_corrected_seq = 0
        """Seq of the first event of a corrected command, or the next one if it had none; 0: none."""
        self.index_path: dict[str, dict[int, int]] = {}
        """Market -> funding tick -> index after it, here."""
        self.counts: dict[str, int] = dict.fromkeys(CASES, 0)
        self._corrections = corrections
        self._drops = orphan_trades != HOUSE_TRADES
        self._house = house

    def decision(self, recorded: Recorded, command: AnyCommand, now_us: int) -> Decision:
        """What a command does here, by its class."""
        proof = proof_of(self.state, recorded.request)
        if proof is None:
            return signature_refused()
        corrected = None if self._corrections.is_empty() else self._corrections.corrected(self.state, command)
        if corrected is not None:
            self.counts["corrected"] += 1
            self.first_corrected_seq = self.first_corrected_seq or self.recorded.seq + 1
            command = corrected
        code = recorded.outcome.code
        match command:
            case SettleTrade() | SettleOffBookTrade():
                if code:
                    return self._as_recorded(recorded, now_us)
                decision = decide(self.state, command, now_us, proof)
                if decision.code == ACCEPTED and not self._opens_for_unwinder(command):
                    return decision
                return self._orphaned(command, decision, now_us)
            case RequestWithdrawal():
                return self._withdrawal(recorded, command, decide(self.state, command, now_us, proof), now_us)
            case ReleaseWithdrawal():
                decision = decide(self.state, command, now_us, proof)
                return self._release(recorded, command, decision, now_us)
            case UpdatePrices() | AdvanceFunding():
                decision = decide(self.state, command, now_us, proof)
                agrees = (decision.code == ACCEPTED) == (code == ACCEPTED)
                if not agrees and not (corrected is not None and code):
                    decision = self._forced_tick(recorded, command, decision, now_us)
                self._note_path(decision.events)
                return decision
            case _:
                decision = decide(self.state, command, now_us, proof)
                if (decision.code == ACCEPTED) != (code == ACCEPTED) and is_pinned(command):
                    return self._pinned(recorded, command, decision, now_us)
                return decision

    def _note_path(self, events: list[AnyEvent]) -> None:
        for event in events:
            if isinstance(event, FundingIndexAdvanced):
                self.index_path.setdefault(event.market, {})[event.tick_id] = event.index_after_e8

    def _as_recorded(self, recorded: Recorded, now_us: int) -> Decision:
        """The recorded refusal, or the recorded events once more on this state."""
        decision = as_recorded(self.state, recorded.events, recorded.outcome.code, recorded.outcome.detail)
        events = recorded.events
        occurred_at_us = events[0].occurred_at_us if events else 0
        command = recorded.request.content
        if isinstance(command, Unreadable):
            return decision
        return stamped(self.state, command, decision, occurred_at_us, now_us)

    def _pinned(self, recorded: Recorded, command: AnyCommand, decision: Decision, now_us: int) -> Decision:
        """A pinned command that would end otherwise here: as it was recorded, if that can be."""
        account: str = getattr(command, "account", "")
        if recorded.outcome.code == ACCEPTED and not isinstance(command, OpenAccount):
            gone = account and account not in self.state.accounts
            if isinstance(command, FailWithdrawal):
                gone = command.withdrawal_id not in self.state.withdrawals
            if gone:
                return self._is_impossible(command, decision)
        self.counts["pinned_by_force"] += 1
        return self._as_recorded(recorded, now_us)

    def _is_impossible(self, command: AnyCommand, decision: Decision) -> Decision:
        self.counts["pinned_impossible"] += 1
        self.impossible.append(command_id(command))
        return decision

    def _forced_tick(
        self, recorded: Recorded, command: UpdatePrices | AdvanceFunding, decision: Decision, now_us: int
    ) -> Decision:
        """A tick that reality took though guards would refuse it here, or the other way round."""
        if recorded.outcome.code:
            self.counts["pinned_by_force"] += 1
            return self._as_recorded(recorded, now_us)
        with Observing(self.state):
            taken = decide(self.state, command, now_us)
        if taken.code:
            return self._is_impossible(command, decision)
        self.counts["pinned_by_force"] += 1
        kinds = {type(event) for event in recorded.events}
        taken.events = [event for event in taken.events if type(event) in kinds]
        return stamped(self.state, command, taken, command.observed_at_ms * 1000, now_us)

    def _withdrawal(
        self, recorded: Recorded, command: RequestWithdrawal, decision: Decision, now_us: int
    ) -> Decision:
        """Outside flows are the same: what was requested is, what was refused stays out."""
        if (decision.code == ACCEPTED) == (recorded.outcome.code == ACCEPTED):
            return decision
        self.counts["pinned_by_force"] += 1
        if recorded.outcome.code:
            return self._as_recorded(recorded, now_us)
        if command.account not in self.state.accounts:
            return self._is_impossible(command, decision)
        return stamped(self.state, command, withdrawal_requested(self.state, command), 0, now_us)

    def _release(
        self, recorded: Recorded, command: ReleaseWithdrawal, decision: Decision, now_us: int
    ) -> Decision:
        """A release pays what was really paid, whatever loss is socialised here."""
        if recorded.outcome.code:
            return decision if decision.code else self._as_recorded(recorded, now_us)
        if decision.code == ACCEPTED and alike(recorded.events, decision.events, self.state.settlement_asset):
            return decision
        withdrawal = self.state.withdrawals.get(command.withdrawal_id)
        if withdrawal is None or withdrawal.account != command.account:
            return self._is_impossible(command, decision)
        self.counts["pinned_by_force"] += 1
        released = withdrawal_released(self.state, command, recorded.events)
        return stamped(self.state, command, released, command.occurred_at_us, now_us)

    def _orphaned(
        self, command: SettleTrade | SettleOffBookTrade, decision: Decision, now_us: int
    ) -> Decision:
        """A recorded trade that cannot be as it was: of its feasible sides, or not at all."""
        parties = parties_of(self.state, self.recorded, command, self.refused_orders)
        if parties is None:
            return decision
        buy, sell = parties.buy, parties.sell
        for side in (buy, sell):
            if not side.feasible and side.account is not None and self._unwinds(side):
                self.counts["unwind_trades"] += 1
        both = buy.feasible and sell.feasible
        if not both:
            kept = buy if buy.feasible else sell
            dropped = self._drops or not kept.feasible
            self.counts["trades_dropped" if dropped else "trades_with_house"] += 1
            terms = parties.terms
            self.orphans.append(
                Orphan(
                    terms.trade_id,
                    terms.market.market,
                    buy.name,
                    sell.name,
                    "" if dropped else kept.name,
                    terms.size_e8,
                    terms.price_e8,
                    terms.value_e8,
                    self.recorded.seq + 1,
                    self.state.seq + 1,
                )
            )
            if dropped:
                return decision
        settled = settled_between(self.state, parties, self._house)
        return stamped(self.state, command, settled, command.matched_at_us, now_us)

    def _unwinds(self, side: Side) -> bool:
        return is_unwinder(self.state, side.name)

    def _opens_for_unwinder(self, command: SettleTrade | SettleOffBookTrade) -> bool:
        """Whether a trade that unwound a position in reality would open one here."""
        if isinstance(command, SettleTrade):
            names = ((command.buy_account, 1), (command.sell_account, -1))
        else:
            names = ((command.buyer, 1), (command.seller, -1))
        for name, sign in names:
            if is_unwinder(self.state, name) and opens_here(
                self.state, self.recorded, name, command.market, command.size_e8 * sign
            ):
                return True
        return False


def is_pinned(command: AnyCommand) -> bool:
    """Whether a command of no class above is applied as it happened: outside money and operators' deeds."""
    match command:
        case CreditDeposit() | FailWithdrawal() | PostAdjustment() | OpenAccount():
            return True
        case ChangeStatus() | ChangeRule() | RegisterKey() | RevokeKey() | ApprovePlan():
            return True
        case ListAsset() | UpdateAsset() | ListMarket() | UpdateMarket() | CreateVault() | UpdateVault():
            return True
        case ChangeAccount():
            return command.field != "leverage"
        case _:
            return False
