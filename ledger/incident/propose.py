"""A correction set proposed from the log's own evidence.

Two kinds of evidence, both recomputed from recorded events: a funding index that is not its predecessor and
the recorded step, and episodes in which a mark left its external fair price. A wrong index stays wrong, so
its range goes on to the end of the window or to where the index was restated.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from ledger.core.messages import AnyEvent, FundingIndexAdvanced
from ledger.core.state import State
from ledger.incident.counterfactual.corrections import COMPUTED, FAIR, Corrections, TickCorrection
from ledger.incident.second_wave import Episode


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a range of ticks is on the list: the event that shows it and what it should have said."""

    correction: TickCorrection
    seq: int
    why: str


@final
class Suspicion:
    """Folds recorded events and recomputes every funding step."""

    def __init__(self, start: State) -> None:
        self._index = {name: market.index_e8 for name, market in start.markets.items() if market.funding_seq}
        self._bad: dict[str, Evidence] = {}
        self.closed: list[Evidence] = []

    def take(self, event: AnyEvent) -> None:
        """Fold one event in."""
        if type(event).__name__ == "FundingIndexRestated":
            restated = self._bad.pop(getattr(event, "market", ""), None)
            if restated is not None:
                self.closed.append(restated)
            self._index[getattr(event, "market", "")] = getattr(event, "index_after_e8", 0)
        elif isinstance(event, FundingIndexAdvanced):
            self._tick(event)

    def _tick(self, event: FundingIndexAdvanced) -> None:
        market = event.market
        before = self._index.get(market, event.index_before_e8)
        period_ms = event.period_s * 1000
        step = (event.premium_applied_e8 * event.elapsed_applied_ms + event.remainder_before) // period_ms
        computed = before + step
        known = self._bad.get(market)
        if known is not None:
            known.correction.to_tick = event.tick_id
        elif event.index_after_e8 != computed:
            self._bad[market] = Evidence(
                TickCorrection(market, event.tick_id, event.tick_id, COMPUTED),
                event.seq,
                f"index {event.index_after_e8}e-8 where {before}e-8 and the recorded step give {computed}e-8",
            )
        self._index[market] = event.index_after_e8

    def found(self) -> list[Evidence]:
        """What is suspicious, in order of seq."""
        return sorted([*self.closed, *self._bad.values()], key=lambda one: one.seq)


def evidence_of(episodes: Iterable[Episode]) -> list[Evidence]:
    """The episodes of a divergence as corrections."""
    return [
        Evidence(
            TickCorrection(one.market, one.first_tick, one.last_tick, FAIR),
            one.first_seq,
            f"mark up to {one.greatest_ppm} ppm from the external fair price, bound {one.bound_ppm} ppm",
        )
        for one in episodes
    ]


def corrections_of(evidence: Iterable[Evidence]) -> Corrections:
    """The correction set that the evidence asks for."""
    return Corrections([], [one.correction for one in evidence])
