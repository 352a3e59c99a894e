"""What a correction needs of the two histories, taken down while the counterfactual is replayed.

Settlements are worked out again by ``ledger.incident.settlements``, at the indices of the counterfactual;
kept here are takeovers, flows of vaults, and what changed a position last.
"""

from dataclasses import dataclass, field
from typing import Final, final

from ledger.core.messages import (
    AnyEvent,
    FillSettled,
    FundingIndexAdvanced,
    FundingIndexRestated,
    LiquidationStarted,
    MarketListed,
    OrderCancelled,
    OrderPlaced,
    PenaltyCharged,
    TradeBusted,
    TransferReceived,
    TransferSent,
    VaultFeeSettled,
    VaultSharesBurned,
    VaultSharesMinted,
    WithdrawalReleased,
)
from ledger.core.rules.money import BANKRUPTCY_COVER, REPAYMENT
from ledger.core.rules.words import LIQUIDATION, PROTECTING, UNWIND_TRANSFER
from ledger.core.state import State
from ledger.incident.counterfactual.record import RecordedBlock
from ledger.incident.settlements import Settlements, fill_indices
from ledger.log.port import Block
from ledger.writer.apply import block_events

Place = tuple[str, str]
"""Account and market, vault and holder, or unwinding and market."""

Flow = VaultSharesMinted | VaultSharesBurned


@dataclass(slots=True)
class TakeoverFill:
    """One side of a takeover, the corrected index at it, and what changed the position before it."""

    event: FillSettled
    index_e8: int
    previous_seq: int


@dataclass(slots=True)
class Takeover:
    """One recorded liquidation: its fills in order of seq, penalty, cover, and the orders it cancelled."""

    started: LiquidationStarted
    fills: list[TakeoverFill] = field(default_factory=list)
    penalty: PenaltyCharged | None = None
    cover: TransferReceived | None = None
    cancelled: list[OrderCancelled] = field(default_factory=list)


@dataclass(slots=True)
class Takeovers:
    """The liquidations of one history by id, without their fills, which whoever collects adds."""

    by_id: dict[str, Takeover] = field(default_factory=dict)
    _started: dict[int, Takeover] = field(default_factory=dict)

    def take(self, event: AnyEvent) -> None:
        """Fold one event in."""
        match event:
            case LiquidationStarted():
                takeover = Takeover(event)
                self.by_id[event.liquidation_id] = takeover
                self._started[event.seq] = takeover
            case PenaltyCharged():
                self.by_id[event.liquidation_id].penalty = event
            case TransferReceived() if event.transfer_kind == BANKRUPTCY_COVER and event.liquidation_id:
                takeover_of = self.by_id.get(event.liquidation_id)
                if takeover_of is not None:
                    takeover_of.cover = event
            case OrderCancelled():
                cause = self._started.get(event.cause_seq)
                if cause is not None:
                    cause.cancelled.append(event)
            case _:
                pass


@dataclass(slots=True)
class Moved:
    """What a redemption moved to its auxiliary account in one market: signed size, mark, corrected index.

    The seqs are of the fills of the auxiliary account and of the vault's own.
    """

    size_e8: int = 0
    mark_e8: int = 0
    index_e8: int = 0
    aux_seq: int = 0
    operator_seq: int = 0


@dataclass(slots=True)
class Flows:
    """Flows into and out of vaults in one history.

    ``by_id`` has every mint and burn by transfer id, ``first`` the first one by (vault, holder), ``fees`` the
    shares that a redemption gave to the owner, ``moved`` what it moved by (unwinding, market).
    """

    by_id: dict[str, Flow] = field(default_factory=dict)
    first: dict[Place, Flow] = field(default_factory=dict)
    fees: dict[str, int] = field(default_factory=dict)
    moved: dict[Place, Moved] = field(default_factory=dict)

    def take(self, event: AnyEvent) -> None:
        """Fold one event in."""
        match event:
            case VaultSharesMinted() | VaultSharesBurned():
                self.by_id[event.transfer_id] = event
                self.first.setdefault((event.vault, event.holder), event)
            case VaultFeeSettled():
                self.fees[event.command_id] = self.fees.get(event.command_id, 0) + event.fee_shares_e8
            case FillSettled() if event.fill_type == UNWIND_TRANSFER:
                part = self.moved.setdefault((event.trade_id, event.market), Moved())
                if event.account == self.by_id[event.trade_id].account:
                    part.operator_seq = event.seq
                else:
                    part.aux_seq = event.seq
                    part.size_e8 = event.size_after_e8 - event.size_before_e8
                    part.mark_e8 = event.mark_price_e8
                    part.index_e8 = event.funding_index_e8
            case _:
                pass


@dataclass(slots=True)
class Steps:
    """The steps of one market's index: first and last recorded step that was wrong (0: none was)."""

    wrong_from_seq: int = 0
    wrong_to_seq: int = 0


@final
class Collector:
    """Watches both histories; ``watch`` takes the blocks in order.

    Afterwards: ``settlements`` at the corrected indices, ``takeovers`` and ``counterfactual_takeovers``,
    ``repayments`` of the counterfactual with the recorded release, ``flows`` and ``counterfactual_flows``
    of vaults, ``placed`` the protecting orders placed in the window, ``steps`` of every market's index,
    ``restated_seq`` the newest earlier correction (0: none).
    """

    def __init__(self, state: State) -> None:
        self._path: Final[dict[str, dict[int, int]]] = {}
        self.settlements: Final = Settlements(self._path, fill_indices(state))
        self.takeovers: Final = Takeovers()
        self.counterfactual_takeovers: Final = Takeovers()
        self.repayments: Final[list[tuple[TransferSent, int]]] = []
        self.flows: Final = Flows()
        self.counterfactual_flows: Final = Flows()
        self.placed: Final[dict[str, OrderPlaced]] = {}
        self.steps: Final[dict[str, Steps]] = {}
        self._released: Final[dict[str, int]] = {}
        self._changed: Final[dict[Place, int]] = {
            (account.name, name): holding.changed_seq
            for account in state.accounts.values()
            for name, holding in account.holdings.items()
        }
        """Seq of what changed a position last."""
        self.restated_seq = 0
        for name in state.markets:
            self.steps[name] = Steps()

    def watch(self, recorded: RecordedBlock, block: Block) -> None:
        """Take in a recorded block and the counterfactual's of the same height."""
        self._released.clear()
        for command in recorded.commands:
            for event in command.events:
                if isinstance(event, WithdrawalReleased):
                    self._released[event.command_id] = event.seq
        for event in block_events(block.blobs):
            self._take_counterfactual(event)
        for command in recorded.commands:
            for event in command.events:
                self._take(event)

    def _take_counterfactual(self, event: AnyEvent) -> None:
        match event:
            case FundingIndexAdvanced():
                self._path.setdefault(event.market, {})[event.tick_id] = event.index_after_e8
            case TransferSent() if event.transfer_kind == REPAYMENT:
                self.repayments.append((event, self._released.get(event.command_id, 0)))
            case FillSettled() if event.fill_type == LIQUIDATION:
                fill = TakeoverFill(event, 0, 0)
                self.counterfactual_takeovers.by_id[event.liquidation_id].fills.append(fill)
            case _:
                self.counterfactual_takeovers.take(event)
                self.counterfactual_flows.take(event)

    def _take(self, event: AnyEvent) -> None:
        self.settlements.take(event)
        self.flows.take(event)
        match event:
            case MarketListed():
                self.steps[event.market] = Steps()
            case FillSettled():
                self._filled(event)
            case TradeBusted():
                self._changed[event.account, event.market] = event.seq
            case FundingIndexAdvanced():
                self._advanced(event)
            case FundingIndexRestated():
                self.restated_seq = event.seq
            case OrderPlaced():
                if event.order_type in PROTECTING:
                    self.placed[event.order_id] = event
            case _:
                self.takeovers.take(event)

    def _advanced(self, event: FundingIndexAdvanced) -> None:
        steps = self.steps[event.market]
        if self.settlements.index_e8(event.market, event.index_after_e8) != event.index_after_e8:
            steps.wrong_from_seq = steps.wrong_from_seq or event.seq
            steps.wrong_to_seq = event.seq

    def _filled(self, event: FillSettled) -> None:
        place = (event.account, event.market)
        if event.fill_type == LIQUIDATION:
            index = self.settlements.index_e8(event.market, event.funding_index_e8)
            fill = TakeoverFill(event, index, self._changed.get(place, 0))
            self.takeovers.by_id[event.liquidation_id].fills.append(fill)
        elif event.fill_type == UNWIND_TRANSFER:
            part = self.flows.moved[event.trade_id, event.market]
            part.index_e8 = self.settlements.index_e8(event.market, event.funding_index_e8)
        self._changed[place] = event.seq
