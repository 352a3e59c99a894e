"""The replay: recorded commands in their recorded blocks, decided on the state as it should have been.

Two states run side by side: ``recorded``, which takes the recorded events, and ``state``, the
counterfactual. What a command does here is compared with what it did there, so the difference of the two
histories is known event by event (``differences``). Pure: no log, no clock; the same blocks and the same
corrections give the same bytes.
"""

from typing import Final, final

from ledger.core.decide import decide
from ledger.core.decision import ACCEPTED, Decision, command_id
from ledger.core.evolve import evolve
from ledger.core.limits import FUTURE_MAX_US
from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    AnyEvent,
    BlockSealed,
    CancelOrder,
    ChangeAccount,
    ChangeRule,
    ChangeStatus,
    CompleteUnwind,
    CreateVault,
    CreditDeposit,
    DeleverageAccount,
    DepositToVault,
    FailWithdrawal,
    FundingIndexAdvanced,
    LiquidateAccount,
    LiquidationStarted,
    ListAsset,
    ListMarket,
    OpenAccount,
    OrderCancelled,
    OrderTriggered,
    PlaceOrder,
    PostAdjustment,
    PricesUpdated,
    RedeemShares,
    RegisterKey,
    ReleaseWithdrawal,
    RequestWithdrawal,
    RevokeKey,
    SettleOffBookTrade,
    SettleTrade,
    SettleVaultFees,
    Transfer,
    TriggerOrder,
    UpdateAsset,
    UpdateMarket,
    UpdatePrices,
    UpdateVault,
)
from ledger.core.rules.positions import trade_value_e8
from ledger.core.rules.words import (
    DELEVERAGING,
    IOC,
    LIQUIDATION,
    MARKET,
    ORDER_OPEN,
    PARENT_CANCELLED,
    POSITION_CLOSED,
)
from ledger.core.state import State
from ledger.core.values import BUY
from ledger.incident.counterfactual.corrections import Corrections
from ledger.incident.counterfactual.differences import (
    COUNTERFACTUAL,
    RECORDED,
    Lines,
    account_of,
    alike,
)
from ledger.incident.counterfactual.forced import (
    Observing,
    as_recorded,
    stamped,
    withdrawal_released,
    withdrawal_requested,
)
from ledger.incident.counterfactual.keeper import PRODUCER, KeeperWatch
from ledger.incident.counterfactual.record import (
    CASES,
    HOUSE_TRADES,
    Kept,
    Liquidation,
    Orphan,
    Recorded,
    RecordedBlock,
)
from ledger.incident.counterfactual.sides import (
    Side,
    filled_by_house,
    house_name,
    is_unwinder,
    opens_here,
    parties_of,
    settled_between,
)
from ledger.log.blocks import BlockBuilder
from ledger.log.port import Block
from ledger.writer.apply import (
    Unreadable,
    apply_requests,
    proof_of,
    signature_refused,
    take_decision,
)
from ledger.writer.duplicates import NEW, Duplicates

NO_MATCH: Final = "NO_MATCH"
"""Reason for which what is left of a market or IOC order is cancelled that no recorded trade fills."""
TAKEN_OVER: Final = frozenset((LIQUIDATION, DELEVERAGING, POSITION_CLOSED, PARENT_CANCELLED))
"""Reasons of cancellations by a takeover or deleveraging."""
MARKET_TYPES: Final = frozenset((MARKET, "STOP_MARKET", "TAKE_PROFIT_MARKET", "STOP_LOSS_MARKET"))


@final
class Replay:
    """A counterfactual in the making; ``take_block`` the recorded blocks after ``head`` one by one.

    ``recorded`` and ``state`` are two copies of the state at ``head``, ``duplicates`` what was answered by
    then. ``orphan_trades`` is ``house`` or ``drop``. ``grace_ticks`` stands for the rule
    ``keeper_grace_ticks``, ``None``: the rule in force.

    Afterwards ``lines`` has what differs per account, ``liquidations_recorded`` and ``liquidations`` the
    takeovers of both histories, ``orphans`` the trades that lost a side, ``kept`` the orders that stayed,
    ``counts`` the cases (``record.CASES``).
    """

    __slots__ = (
        "_builder",
        "_corrections",
        "_different",
        "_drops",
        "_keeper",
        "_kept_by_market",
        "_refused_orders",
        "_time_us",
        "counts",
        "duplicates",
        "first_corrected_seq",
        "house",
        "impossible",
        "index_path",
        "kept",
        "lines",
        "liquidations",
        "liquidations_recorded",
        "orphans",
        "recorded",
        "state",
    )

    def __init__(  # noqa: PLR0913
        self,
        recorded: State,
        state: State,
        duplicates: Duplicates,
        head: BlockSealed,
        corrections: Corrections,
        *,
        orphan_trades: str = HOUSE_TRADES,
        grace_ticks: int | None = None,
    ) -> None:
        self.recorded = recorded
        self.state = state
        self.duplicates = duplicates
        self.house = house_name(state)
        self.lines = Lines(state.settlement_asset)
        self.liquidations_recorded: list[Liquidation] = []
        self.liquidations: list[Liquidation] = []
        self.orphans: list[Orphan] = []
        self.kept: dict[str, Kept] = {}
        self.impossible: list[str] = []
        self.first_corrected_seq = 0
        """Seq of the first event of a corrected command, or the next one if it had none; 0: none."""
        self.index_path: dict[str, dict[int, int]] = {}
        """Market -> funding tick -> index, of the funding ticks that were corrected."""
        self.counts: dict[str, int] = dict.fromkeys(CASES, 0)
        self._builder = BlockBuilder(state.partitions, head)
        self._corrections = corrections
        self._drops = orphan_trades != HOUSE_TRADES
        self._keeper = KeeperWatch(grace_ticks)
        self._different: set[str] = set()
        self._refused_orders: set[str] = set()
        self._kept_by_market: dict[str, list[Kept]] = {}
        self._time_us = head.recorded_at_us

    def take_block(self, block: RecordedBlock) -> Block:
        """Replay a recorded block into the counterfactual's block of the same height."""
        for recorded in block.commands:
            self._take(recorded)
        sealed = self._builder.seal(block.seal.recorded_at_us, block.seal.command_cursor)
        self._time_us = block.seal.recorded_at_us
        self._builder.begin(sealed.seal)
        return sealed

    def _take(self, recorded: Recorded) -> None:
        request = recorded.request
        now_us = max(self._time_us, request.arrived_at_us)
        self._time_us = now_us
        command = request.content
        if (
            isinstance(command, Unreadable)
            or self.duplicates.look_up(command.producer, command.number) != NEW
            or command.issued_at_us > now_us + FUTURE_MAX_US
        ):
            apply_requests(self.state, self.duplicates, self._builder, [request], now_us)
            return
        decision = self._decision(recorded, command, now_us)
        outcome = take_decision(self.state, self._builder, command, request.position, now_us, decision)
        self.duplicates.remember(outcome)
        self._compare(recorded, command, decision)
        for event in recorded.events:
            evolve(self.recorded, event)
        self._afterwards(recorded, command, decision, now_us)

    def _decision(self, recorded: Recorded, command: AnyCommand, now_us: int) -> Decision:
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
                    return self._as_recorded(recorded)
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
                if corrected is not None:
                    self._note_path(decision.events)
                if (decision.code == ACCEPTED) == (code == ACCEPTED) or (corrected is not None and code):
                    return decision
                return self._forced_tick(recorded, command, decision, now_us)
            case _:
                decision = decide(self.state, command, now_us, proof)
                if (decision.code == ACCEPTED) != (code == ACCEPTED) and is_pinned(command):
                    return self._pinned(recorded, command, decision)
                return decision

    def _note_path(self, events: list[AnyEvent]) -> None:
        for event in events:
            if isinstance(event, FundingIndexAdvanced):
                self.index_path.setdefault(event.market, {})[event.tick_id] = event.index_after_e8

    def _as_recorded(self, recorded: Recorded) -> Decision:
        """The recorded refusal, or the recorded events once more on this state."""
        decision = as_recorded(self.state, recorded.events, recorded.outcome.code, recorded.outcome.detail)
        events = recorded.events
        occurred_at_us = events[0].occurred_at_us if events else 0
        command = recorded.request.content
        if isinstance(command, Unreadable):
            return decision
        return stamped(self.state, command, decision, occurred_at_us, self._time_us)

    def _pinned(self, recorded: Recorded, command: AnyCommand, decision: Decision) -> Decision:
        """A pinned command that would end otherwise here: as it was recorded, if that can be."""
        account: str = getattr(command, "account", "")
        if recorded.outcome.code == ACCEPTED and not isinstance(command, OpenAccount):
            gone = account and account not in self.state.accounts
            if isinstance(command, FailWithdrawal):
                gone = command.withdrawal_id not in self.state.withdrawals
            if gone:
                return self._is_impossible(command, decision)
        self.counts["pinned_by_force"] += 1
        return self._as_recorded(recorded)

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
            return self._as_recorded(recorded)
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
            return self._as_recorded(recorded)
        if command.account not in self.state.accounts:
            return self._is_impossible(command, decision)
        return stamped(self.state, command, withdrawal_requested(self.state, command), 0, now_us)

    def _release(
        self, recorded: Recorded, command: ReleaseWithdrawal, decision: Decision, now_us: int
    ) -> Decision:
        """A release pays what was really paid, whatever loss is socialised here."""
        if recorded.outcome.code:
            return decision if decision.code else self._as_recorded(recorded)
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
        parties = parties_of(self.state, self.recorded, command, self._refused_orders)
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
        settled = settled_between(self.state, parties, self.house)
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

    def _compare(self, recorded: Recorded, command: AnyCommand, decision: Decision) -> None:
        """Take in what differs, and remember whose books may differ from now on."""
        for event in recorded.events:
            if isinstance(event, LiquidationStarted):
                self.liquidations_recorded.append(Liquidation(event))
        for event in decision.events:
            if isinstance(event, LiquidationStarted):
                self.liquidations.append(Liquidation(event))
        if recorded.outcome.code != decision.code:
            self._count(recorded.outcome.code, command, decision.code)
        elif alike(recorded.events, decision.events, self.state.settlement_asset):
            return
        for event in recorded.events:
            self._differs(event, RECORDED)
        for event in decision.events:
            self._differs(event, COUNTERFACTUAL)

    def _differs(self, event: AnyEvent, history: int) -> None:
        account = account_of(event)
        if account:
            self._different.add(account)
            self.lines.add(event, history)
        counterparty: str = getattr(event, "counterparty", "")
        if counterparty:
            self._different.add(counterparty)

    def _count(self, was: int, command: AnyCommand, now: int) -> None:
        """Count the case of a command that was accepted in one history alone."""
        if was and now:
            return
        match command:
            case LiquidateAccount() | DeleverageAccount():
                if now:
                    self.counts["liquidations_not_repeated"] += 1
            case PlaceOrder():
                self.counts["orders_refused" if now else "orders_accepted"] += 1
                if now:
                    self._refused_orders.add(command_id(command))
            case TriggerOrder():
                self.counts["triggers_refused" if now else "triggers_injected"] += 1
            case Transfer() | DepositToVault() | RedeemShares() | SettleVaultFees() | CompleteUnwind():
                self.counts["money_refused" if now else "money_accepted"] += 1
            case _:
                pass

    def _afterwards(self, recorded: Recorded, command: AnyCommand, decision: Decision, now_us: int) -> None:
        """What follows a command here and not in reality."""
        code = recorded.outcome.code
        match command:
            case UpdatePrices():
                if self.kept:
                    self._pass_kept(decision.events)
                self._inject_due(now_us)
            case LiquidateAccount():
                self._keeper.answered(command.account)
                self._keep_orders(recorded.events)
            case DeleverageAccount():
                self._keeper.deleverages = True
                self._keeper.answered(command.account)
                self._keep_orders(recorded.events)
            case TriggerOrder():
                self._keeper.answered(command.order_id)
                if code and decision.code == ACCEPTED:
                    self._fill_triggered(decision.events, now_us)
            case PlaceOrder() if code and decision.code == ACCEPTED:
                if command.order_type == MARKET or command.instruction == IOC:
                    self._cancel_unmatched(command.account, command_id(command), now_us)
            case _:
                pass

    def _inject_due(self, now_us: int) -> None:
        """Give the commands that the keeper owes by now."""
        for command in self._keeper.due(self.state, self.recorded, self._different, now_us):
            decision = decide(self.state, command, now_us)
            if decision.code:
                continue
            self._inject(decision, now_us)
            if isinstance(command, TriggerOrder):
                self._keeper.answered(command.order_id)
                self.counts["triggers_injected"] += 1
                self._fill_triggered(decision.events, now_us)
            else:
                self._keeper.answered(command.account)
                if isinstance(command, LiquidateAccount):
                    self.counts["liquidations_injected"] += 1

    def _inject(self, decision: Decision, now_us: int) -> None:
        """Events of no recorded command. They have no outcome, so the cursor stays the recorded one."""
        for event in decision.events:
            self._builder.add(event)
            evolve(self.state, event)
            self._differs(event, COUNTERFACTUAL)
            if isinstance(event, LiquidationStarted):
                self.liquidations.append(Liquidation(event))
        self._time_us = now_us

    def _fill_triggered(self, events: list[AnyEvent], now_us: int) -> None:
        """A triggered market order that no recorded trade fills: HOUSE fills it at the mark."""
        for event in events:
            if not isinstance(event, OrderTriggered):
                continue
            account = self.state.accounts[event.account]
            order = account.orders.get(event.order_id)
            if order is None or order.order_type not in MARKET_TYPES:
                continue
            market = self.state.markets[order.market]
            decision = filled_by_house(self.state, market, account, order, market.mark_e8, now_us, self.house)
            if decision is None or self._drops:
                self._cancel_unmatched(event.account, event.order_id, now_us)
                continue
            self.counts["trades_with_house"] += 1
            source = TriggerOrder(PRODUCER, self._keeper.number, now_us, event.account, event.order_id)
            self.orphans.append(
                Orphan(
                    "house/" + event.order_id,
                    order.market,
                    event.account if order.sign > 0 else self.house,
                    self.house if order.sign > 0 else event.account,
                    event.account,
                    order.remaining_e8,
                    market.mark_e8,
                    trade_value_e8(order.remaining_e8, market.mark_e8),
                    0,
                    self.state.seq + 1,
                )
            )
            self._inject(stamped(self.state, source, decision, 0, now_us), now_us)

    def _cancel_unmatched(self, account: str, order_id: str, now_us: int) -> None:
        """Cancel what no recorded trade can fill."""
        self._keeper.number += 1
        command = CancelOrder(PRODUCER, self._keeper.number, now_us, account, order_id, NO_MATCH)
        decision = decide(self.state, command, now_us)
        if decision.code == ACCEPTED:
            self._inject(decision, now_us)

    def _keep_orders(self, recorded: list[AnyEvent]) -> None:
        """Note the orders that reality's takeover cancelled and that stay open here."""
        for event in recorded:
            if not isinstance(event, OrderCancelled) or event.cancel_reason not in TAKEN_OVER:
                continue
            account = self.state.accounts.get(event.account)
            order = None if account is None else account.orders.get(event.order_id)
            if order is None or event.order_id in self.kept:
                continue
            self.counts["orders_kept"] += 1
            sign = 1 if event.side == BUY else -1
            kept = Kept(event.order_id, event.account, event.market, sign, order.price_e8, event.seq)
            self.kept[event.order_id] = kept
            self._kept_by_market.setdefault(event.market, []).append(kept)

    def _pass_kept(self, events: list[AnyEvent]) -> None:
        """Note the kept orders through which a mark passed: they might have filled."""
        for event in events:
            if not isinstance(event, PricesUpdated):
                continue
            for kept in self._kept_by_market.get(event.market, ()):
                if kept.passed_seq == 0 and (kept.price_e8 - event.mark_e8) * kept.sign >= 0:
                    order = self.state.accounts[kept.account].orders.get(kept.order_id)
                    if order is not None and order.status == ORDER_OPEN:
                        kept.passed_seq = event.seq


def is_pinned(command: AnyCommand) -> bool:
    """Whether a command of no class above is applied as it happened: outside money and operators' deeds."""
    match command:
        case CreditDeposit() | FailWithdrawal() | PostAdjustment() | OpenAccount():
            return True
        case ChangeStatus() | ChangeRule() | RegisterKey() | RevokeKey():
            return True
        case ListAsset() | UpdateAsset() | ListMarket() | UpdateMarket() | CreateVault() | UpdateVault():
            return True
        case ChangeAccount():
            return command.field != "leverage"
        case _:
            return False
