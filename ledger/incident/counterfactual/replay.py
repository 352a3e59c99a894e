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
    AnyCommand,
    AnyEvent,
    BlockSealed,
    CancelOrder,
    CompleteUnwind,
    DeleverageAccount,
    DepositToVault,
    LiquidateAccount,
    LiquidationStarted,
    OrderCancelled,
    OrderPlaced,
    OrderTriggered,
    PlaceOrder,
    PricesUpdated,
    RedeemShares,
    SettleVaultFees,
    Transfer,
    TriggerOrder,
    UpdatePrices,
)
from ledger.core.rules.positions import trade_value_e8
from ledger.core.rules.shares import settled_equity_e16
from ledger.core.rules.words import (
    DELEVERAGING,
    IOC,
    LIQUIDATION,
    MARKET,
    ORDER_OPEN,
    ORDER_UNTRIGGERED,
    PARENT_CANCELLED,
    POSITION_CLOSED,
)
from ledger.core.state import State
from ledger.core.values import BUY, E8
from ledger.incident.counterfactual.corrections import Corrections
from ledger.incident.counterfactual.deciding import Deciding
from ledger.incident.counterfactual.differences import (
    COUNTERFACTUAL,
    RECORDED,
    Lines,
    account_of,
    alike,
)
from ledger.incident.counterfactual.forced import stamped
from ledger.incident.counterfactual.keeper import PRODUCER, KeeperWatch
from ledger.incident.counterfactual.record import (
    HOUSE_TRADES,
    Kept,
    Liquidation,
    Orphan,
    Recorded,
    RecordedBlock,
)
from ledger.incident.counterfactual.sides import filled_by_house, house_name
from ledger.log.blocks import BlockBuilder
from ledger.log.port import Block
from ledger.writer.apply import Unreadable, apply_requests, take_decision
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
    ``flows_apart`` the vault flows that are refused here, ``counts`` the cases (``record.CASES``).
    """

    __slots__ = (
        "_builder",
        "_deciding",
        "_different",
        "_drops",
        "_keeper",
        "_kept_by_market",
        "_time_us",
        "counts",
        "duplicates",
        "flows_apart",
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
        self.kept: dict[str, Kept] = {}
        self.flows_apart: dict[str, tuple[int, int]] = {}
        """Id of a vault flow that only reality has -> equity and supply of the vault here, just then."""
        deciding = Deciding(recorded, state, corrections, orphan_trades, self.house)
        self.orphans: list[Orphan] = deciding.orphans
        self.impossible: list[str] = deciding.impossible
        self.index_path: dict[str, dict[int, int]] = deciding.index_path
        self.counts: dict[str, int] = deciding.counts
        self._deciding = deciding
        self._builder = BlockBuilder(state.partitions, head)
        self._drops = orphan_trades != HOUSE_TRADES
        self._keeper = KeeperWatch(grace_ticks, state)
        self._different: set[str] = set()
        self._kept_by_market: dict[str, list[Kept]] = {}
        self._time_us = head.recorded_at_us

    @property
    def first_corrected_seq(self) -> int:
        """Seq of the first event of a corrected command, or the next one if it had none; 0: none."""
        return self._deciding.first_corrected_seq

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
        decision = self._deciding.decision(recorded, command, now_us)
        outcome = take_decision(self.state, self._builder, command, request.position, now_us, decision)
        self.duplicates.remember(outcome)
        self._compare(recorded, command, decision)
        for event in recorded.events:
            evolve(self.recorded, event)
        self._afterwards(recorded, command, decision, now_us)

    def _compare(self, recorded: Recorded, command: AnyCommand, decision: Decision) -> None:
        """Take in what differs, and remember whose books may differ from now on."""
        for event in recorded.events:
            if isinstance(event, LiquidationStarted):
                self.liquidations_recorded.append(Liquidation(event, recorded.events))
        for event in decision.events:
            if isinstance(event, LiquidationStarted):
                self.liquidations.append(Liquidation(event, decision.events))
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
                    self._deciding.refused_orders.add(command_id(command))
            case TriggerOrder():
                self.counts["triggers_refused" if now else "triggers_injected"] += 1
            case DepositToVault() | RedeemShares():
                self.counts["money_refused" if now else "money_accepted"] += 1
                vault = self.state.vaults.get(command.vault)
                if now and vault is not None:
                    equity = settled_equity_e16(self.state.accounts[vault.account]) // E8
                    self.flows_apart[command_id(command)] = (equity, vault.supply_e8)
            case Transfer() | SettleVaultFees() | CompleteUnwind():
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
            case PlaceOrder() if decision.code == ACCEPTED:
                for event in decision.events:
                    if isinstance(event, OrderPlaced) and event.status_after == ORDER_UNTRIGGERED:
                        self._keeper.waits(event.account, event.order_id)
                if code == ACCEPTED:
                    return
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
                self.liquidations.append(Liquidation(event, decision.events))
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
