"""What a correction needs of the two histories, taken down while the counterfactual is replayed.

Everything is kept per position, takeover or flow and nothing per event, so a long window costs no
memory. Positions are followed from the state before the window: a settlement is worked out again
at the corrected index from the index that the position would have been settled at before.
"""

from dataclasses import dataclass, field
from typing import Final, final

from ledger.core.messages import (
    AnyEvent,
    FillSettled,
    FundingIndexAdvanced,
    FundingIndexRestated,
    FundingSettled,
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
from ledger.core.rules.funding import CORRECTION
from ledger.core.rules.money import BANKRUPTCY_COVER, REPAYMENT
from ledger.core.rules.words import BLOCK_TRADE, FILL, LIQUIDATION, PROTECTING
from ledger.core.state import State
from ledger.core.values import BUY, E8
from ledger.incident.counterfactual.record import RecordedBlock
from ledger.log.port import Block
from ledger.writer.apply import block_events

Place = tuple[str, str]
"""Account and market."""


@dataclass(slots=True)
class Position:
    """How one position was settled in the window, and how it should have been.

    ``cached_e8`` is the corrected cached index, ``recorded_e8`` the recorded one; ``amount_e8`` sums
    the corrections, ``dust_e16`` the change of dust, ``first_seq`` is the first settlement (0: none).
    """

    cached_e8: int
    recorded_e8: int
    changed_seq: int
    amount_e8: int = 0
    dust_e16: int = 0
    first_seq: int = 0


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

    Afterwards: ``positions`` of accounts that were settled, ``takeovers`` of the recorded history by id,
    ``repayments`` of the counterfactual with the recorded release, ``burns`` of both histories by
    transfer id, ``flows`` first recorded and counterfactual mint or burn by (vault, holder),
    ``placed`` the protecting orders placed in the window, ``steps`` of every market's index,
    ``restated_seq`` the newest earlier correction (0: none).
    """

    def __init__(self, state: State) -> None:
        self.index: Final[dict[str, int]] = {}
        self.positions: Final[dict[Place, Position]] = {}
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
        self._index_at: Final[dict[tuple[int, str], int]] = {}
        self._fills: Final[dict[int, int]] = {
            fill.seq: fill.index_e8 for trade in state.trades.values() for fill in trade.fills
        }
        self.restated_seq = 0
        for name, market in state.markets.items():
            self.index[name] = market.index_e8
            self.steps[name] = Steps()
        for account in state.accounts.values():
            for name, holding in account.holdings.items():
                self.positions[account.name, name] = Position(
                    holding.cached_index_e8, holding.cached_index_e8, holding.changed_seq
                )

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
                self._index_at[event.tick_id, event.market] = event.index_after_e8
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
        match event:
            case MarketListed():
                self.index[event.market] = event.index_start_e8
                self.steps[event.market] = Steps()
            case FillSettled():
                self._filled(event)
            case FundingSettled():
                if event.settle_kind != CORRECTION:
                    self._settled(event, event.size_e8, event.realized_funding_e8)
            case TradeBusted():
                self._busted(event)
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
        index = self._index_at.get((event.tick_id, event.market))
        self.index[event.market] = event.index_after_e8 if index is None else index
        steps = self.steps[event.market]
        if self.index[event.market] != event.index_after_e8:
            steps.wrong_from_seq = steps.wrong_from_seq or event.seq
            steps.wrong_to_seq = event.seq

    def _filled(self, event: FillSettled) -> None:
        position = self._position(event.account, event.market)
        previous_seq = position.changed_seq
        self._settled(event, event.size_before_e8, event.realized_funding_e8)
        position.changed_seq = event.seq
        index = self.index[event.market]
        if event.fill_type in (FILL, BLOCK_TRADE):
            self._fills[event.seq] = index
        elif event.fill_type == LIQUIDATION:
            self.takeovers[event.liquidation_id].fills.append(TakeoverFill(event, index, previous_seq))

    def _busted(self, event: TradeBusted) -> None:
        """A reversal settles, and returns funding since the fill: both at the corrected index."""
        position = self._position(event.account, event.market)
        self._settled(event, event.size_before_e8, event.realized_funding_e8 + event.funding_returned_e8)
        position.changed_seq = event.seq
        quantity = event.fill_size_e8 if event.side == BUY else -event.fill_size_e8
        since = quantity * (self.index[event.market] - self._fills[event.reverses_seq])
        position.amount_e8 += since // E8
        position.dust_e16 += since % E8

    def _settled(
        self, event: FillSettled | FundingSettled | TradeBusted, size_e8: int, recorded_e8: int
    ) -> None:
        """One settlement again at the corrected index; ``recorded_e8`` is what was realised in all."""
        position = self._position(event.account, event.market)
        index = self.index[event.market]
        accrued = -size_e8 * (index - position.cached_e8)
        position.amount_e8 += accrued // E8 - recorded_e8
        position.dust_e16 += accrued % E8 - event.dust_e16
        position.cached_e8 = index
        position.recorded_e8 = event.funding_index_e8
        position.first_seq = position.first_seq or event.seq

    def _position(self, account: str, market: str) -> Position:
        place = (account, market)
        position = self.positions.get(place)
        if position is None:
            index = self.index[market]
            position = Position(index, index, 0)
            self.positions[place] = position
        return position
