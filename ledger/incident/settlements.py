"""What every settlement at a corrupted index should have realised (incident specification, 2 step 3).

Per settlement ``k`` of (account, market) in order: ``c*_0`` is the cached index before the first,
``new_k = floor(-S_k * (I*(t_k) - c*_k) / 1e8)``, ``correction_k = new_k - recorded_k``,
``c*_(k+1) = I*(t_k)``. Positions that were not settled in the window need nothing: their cached index is
from before. Over all accounts of a market the corrections and the change of dust add up to zero.
"""

from collections.abc import Mapping
from typing import final

from ledger.core.messages import AnyEvent, FillSettled, FundingIndexAdvanced, FundingSettled, TradeBusted
from ledger.core.values import E8


@final
class Settlement:
    """The corrections of one (account, market): their sum, the change of dust, the last ``c*``, the seqs."""

    __slots__ = ("cached_e8", "correction_e8", "dust_e16", "seqs", "size_e8")

    def __init__(self, cached_e8: int) -> None:
        self.cached_e8 = cached_e8
        self.correction_e8 = 0
        self.dust_e16 = 0
        self.seqs: list[int] = []
        self.size_e8 = 0


@final
class Settlements:
    """Folds recorded events, given the corrected index of every corrected tick by market."""

    def __init__(self, path: Mapping[str, Mapping[int, int]]) -> None:
        self._path = path
        self._index: dict[str, int] = {}
        self.by_position: dict[tuple[str, str], Settlement] = {}

    def index_e8(self, market: str, recorded_e8: int) -> int:
        """``I*`` now, of a market whose recorded index is known."""
        return self._index.get(market, recorded_e8)

    def take(self, event: AnyEvent) -> None:
        """Fold one recorded event in; they come in order of seq."""
        match event:
            case FundingIndexAdvanced():
                corrected = self._path.get(event.market)
                if corrected is not None and event.tick_id in corrected:
                    self._index[event.market] = corrected[event.tick_id]
                else:
                    self._index.pop(event.market, None)
            case FillSettled() | TradeBusted():
                if event.market in self._index:
                    self._settle(
                        event,
                        event.size_before_e8,
                        event.cached_index_before_e8,
                        event.size_after_e8,
                    )
            case FundingSettled():
                if event.market in self._index:
                    self._settle(event, event.size_e8, event.cached_index_before_e8, event.size_e8)
            case _:
                pass

    def _settle(
        self,
        event: FillSettled | TradeBusted | FundingSettled,
        size_e8: int,
        cached_e8: int,
        size_after_e8: int,
    ) -> None:
        key = (event.account, event.market)
        settlement = self.by_position.get(key)
        if settlement is None:
            settlement = self.by_position[key] = Settlement(cached_e8)
        index = self._index[event.market]
        accrued = -size_e8 * (index - settlement.cached_e8)
        recorded = -size_e8 * (event.funding_index_e8 - cached_e8)
        settlement.correction_e8 += accrued // E8 - event.realized_funding_e8
        settlement.dust_e16 += accrued % E8 - recorded % E8
        settlement.cached_e8 = index
        settlement.size_e8 = size_after_e8
        settlement.seqs.append(event.seq)

    def correction_of(self, account: str) -> int:
        """Sum of the corrections of an account over its markets."""
        return sum(one.correction_e8 for (name, _), one in self.by_position.items() if name == account)
