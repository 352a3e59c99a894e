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
    VaultSharesBurned,
    VaultSharesMinted,
    WithdrawalReleased,
)
from ledger.core.rules.money import BANKRUPTCY_COVER, REPAYMENT
from ledger.core.rules.words import LIQUIDATION, PROTECTING
from ledger.core.state import State
from ledger.incident.counterfactual.record import RecordedBlock
from ledger.incident.settlements import Settlements, fill_indices
from ledger.log.port import Block
from ledger.writer.apply import block_events

Place = tuple[str, str]
"""Account and market."""


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
class Steps:
    """The steps of one market's index: first and last recorded step that was wrong (0: none was)."""

    wrong_from_seq: int = 0
    wrong_to_seq: int = 0


@final
class Collector:
    """Watches both histories; ``watch`` takes the blocks in order.

    Afterwards: ``settlements`` at the corrected indices, ``takeovers`` of the recorded history by id,
    ``repayments`` of the counterfactual with the recorded release, ``burns`` of both histories by
    transfer id, ``flows`` first recorded and counterfactual mint or burn by (vault, holder),
    ``placed`` the protecting orders placed in the window, ``steps`` of every market's index,
    ``restated_seq`` the newest earlier correction (0: none).
    """

    def __init__(self, state: State) -> None:
        self._path: Final[dict[str, dict[int, int]]] = {}
        self.settlements: Final = Settlements(self._path, fill_indices(state))
        self.takeovers: Final[dict[str, Takeover]] = {}
        self.repayments: Final[list[tuple[TransferSent, int]]] = []
        self.burns: Final[dict[str, VaultSharesBurned]] = {}
        self.counterfactual_burns: Final[dict[str, VaultSharesBurned]] = {}
        self.flows: Final[dict[Place, VaultSharesMinted | VaultSharesBurned]] = {}
        self.counterfactual_flows: Final[dict[Place, list[VaultSharesMinted | VaultSharesBurned]]] = {}
        self.flow_ids: Final[set[str]] = set()
        self.counterfactual_flow_ids: Final[set[str]] = set()
        self.placed: Final[dict[str, OrderPlaced]] = {}
        self.steps: Final[dict[str, Steps]] = {}
        self._started: Final[dict[int, Takeover]] = {}
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
            case VaultSharesMinted():
                self.counterfactual_flow_ids.add(event.transfer_id)
                self.counterfactual_flows.setdefault((event.vault, event.holder), []).append(event)
            case VaultSharesBurned():
                self.counterfactual_flow_ids.add(event.transfer_id)
                self.counterfactual_burns[event.transfer_id] = event
                self.counterfactual_flows.setdefault((event.vault, event.holder), []).append(event)
            case _:
                pass

    def _take(self, event: AnyEvent) -> None:
        self.settlements.take(event)
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
            case VaultSharesMinted():
                self.flow_ids.add(event.transfer_id)
                self.flows.setdefault((event.vault, event.holder), event)
            case VaultSharesBurned():
                self.flow_ids.add(event.transfer_id)
                self.burns[event.transfer_id] = event
                self.flows.setdefault((event.vault, event.holder), event)
            case _:
                self._take_over(event)

    def _take_over(self, event: AnyEvent) -> None:
        """Events of takeovers that are no fills."""
        match event:
            case LiquidationStarted():
                takeover = Takeover(event)
                self.takeovers[event.liquidation_id] = takeover
                self._started[event.seq] = takeover
            case PenaltyCharged():
                self.takeovers[event.liquidation_id].penalty = event
            case TransferReceived() if event.transfer_kind == BANKRUPTCY_COVER and event.liquidation_id:
                takeover_of = self.takeovers.get(event.liquidation_id)
                if takeover_of is not None:
                    takeover_of.cover = event
            case OrderCancelled():
                cause = self._started.get(event.cause_seq)
                if cause is not None:
                    cause.cancelled.append(event)
            case _:
                pass

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
            self.takeovers[event.liquidation_id].fills.append(fill)
        self._changed[place] = event.seq
