"""What every settlement at a corrupted index should have realised (incident specification, 2 step 3).

Per settlement ``k`` of (account, market) in order: ``c*_0`` is the cached index before the first,
``new_k = floor(-S_k * (I*(t_k) - c*_k) / 1e8)``, ``correction_k = new_k - recorded_k``,
``c*_(k+1) = I*(t_k)``. Positions that were not settled in the window need nothing: their cached index is
from before. Over all accounts of a market the corrections and the change of dust add up to zero.
"""

from collections.abc import Mapping
from typing import final

from ledger.core.messages import (
    AnyEvent,
    FillSettled,
    FundingIndexAdvanced,
    FundingIndexRestated,
    FundingSettled,
    TradeBusted,
)
from ledger.core.rules.funding import CORRECTION
from ledger.core.rules.words import BLOCK_TRADE, FILL
from ledger.core.state import State
from ledger.core.values import BUY, E8


def fill_indices(state: State) -> dict[int, int]:
    """Index at every fill that a state remembers, by seq: what a bust of it returns funding from."""
    return {fill.seq: fill.index_e8 for trade in state.trades.values() for fill in trade.fills}


@final
class Settlement:
    """The settlements of one (account, market).

    Sum of the corrections, change of dust, the last ``c*`` beside the index that was recorded with it, and
    the seqs of those at a wrong index or from one.
    """

    __slots__ = ("cached_e8", "correction_e8", "dust_e16", "recorded_e8", "seqs")

    def __init__(self, cached_e8: int) -> None:
        self.cached_e8 = cached_e8
        self.recorded_e8 = cached_e8
        self.correction_e8 = 0
        self.dust_e16 = 0
        self.seqs: list[int] = []

    @property
    def differs(self) -> bool:
        """Whether anything is to be corrected."""
        return bool(self.correction_e8 or self.dust_e16 or self.cached_e8 != self.recorded_e8)


@final
class Settlements:
    """Folds recorded events, given the index after each tick as it should have been, by market.

    ``path`` may grow while events are folded; a tick that it does not have was right. ``fills`` are
    those before the window (``fill_indices``). What a correction settled is not folded: it is not funding.
    """

    def __init__(self, path: Mapping[str, Mapping[int, int]], fills: Mapping[int, int]) -> None:
        self._path = path
        self._index: dict[str, int] = {}
        """``I*`` of the markets that had a tick of the path."""
        self._fills = dict(fills)
        self.by_position: dict[tuple[str, str], Settlement] = {}

    def index_e8(self, market: str, recorded_e8: int) -> int:
        """``I*`` now, of a market whose recorded index is known."""
        return self._index.get(market, recorded_e8)

    def take(self, event: AnyEvent) -> None:
        """Fold one recorded event in; they come in order of seq."""
        match event:
            case FundingIndexAdvanced():
                corrected = self._path.get(event.market, {}).get(event.tick_id)
                if corrected is not None:
                    self._index[event.market] = corrected
                elif event.market in self._index:
                    self._index[event.market] = event.index_after_e8
            case FundingIndexRestated():
                if event.market in self._index:
                    self._index[event.market] = event.index_after_e8
            case FillSettled():
                if event.fill_type in (FILL, BLOCK_TRADE):
                    self._fills[event.seq] = self.index_e8(event.market, event.funding_index_e8)
                self._settle(event, event.size_before_e8)
            case FundingSettled():
                if event.settle_kind != CORRECTION:
                    self._settle(event, event.size_e8)
            case TradeBusted():
                self._settle(event, event.size_before_e8)
                self._return(event)
            case _:
                pass

    def _settle(self, event: FillSettled | FundingSettled | TradeBusted, size_e8: int) -> None:
        """One settlement again at the corrected index."""
        index = self._index.get(event.market)
        if index is None:
            return
        key = (event.account, event.market)
        settlement = self.by_position.get(key)
        if settlement is None:
            settlement = self.by_position[key] = Settlement(event.cached_index_before_e8)
        if index != event.funding_index_e8 or settlement.cached_e8 != event.cached_index_before_e8:
            settlement.seqs.append(event.seq)
        accrued = -size_e8 * (index - settlement.cached_e8)
        settlement.correction_e8 += accrued // E8 - event.realized_funding_e8
        settlement.dust_e16 += accrued % E8 - _accrued_e16(event, size_e8) % E8
        settlement.cached_e8 = index
        settlement.recorded_e8 = event.funding_index_e8

    def _return(self, event: TradeBusted) -> None:
        """What a bust returns of the funding since the fill, at the corrected index (not of takeovers)."""
        index, index_then = self._index.get(event.market), self._fills.get(event.reverses_seq)
        if index is None or index_then is None:
            return
        settlement = self.by_position[event.account, event.market]
        quantity = event.fill_size_e8 if event.side == BUY else -event.fill_size_e8
        since = quantity * (index - index_then)
        recorded_dust = event.dust_e16 - _accrued_e16(event, event.size_before_e8) % E8
        settlement.correction_e8 += since // E8 - event.funding_returned_e8
        settlement.dust_e16 += since % E8 - recorded_dust


def _accrued_e16(event: FillSettled | FundingSettled | TradeBusted, size_e8: int) -> int:
    """What the recorded settlement realised, before rounding."""
    return -size_e8 * (event.funding_index_e8 - event.cached_index_before_e8)
