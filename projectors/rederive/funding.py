"""Funding, event by event: every index step computed again, and what accounts paid and received."""

from ledger.core.messages import (
    AnyEvent,
    FillSettled,
    FundingIndexAdvanced,
    FundingIndexRestated,
    FundingSettled,
    MarketListed,
    TradeBusted,
)
from ledger.core.values import E8
from projectors.rederive.book import Book, Row, Table
from projectors.rederive.inputs import AllInputs

_STEP_COLUMNS = (
    "tick_id",
    "observed_at_ms",
    "elapsed_applied_ms",
    "gap",
    "paused",
    "rate_e12",
    "spot_e8",
    "premium_e8",
    "premium_applied_e8",
    "step_e8",
    "index_before_e8",
    "index_after_e8",
    "index_source",
)


class FundingBook(Book):
    """The view ``funding``."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__(whole=whole)
        self.index = Table()
        self.funding_index = Table(("index_e8", "remainder", "rate_e12", "premium_e8"))
        self.steps = Table()
        self.settlements = Table()
        self._inputs = AllInputs()
        self._tick: dict[int, list[FundingIndexAdvanced]] = {}

    @property
    def tables(self) -> dict[str, Table]:
        """See ``Book``."""
        return {
            "index": self.index,
            "funding_index": self.funding_index,
            "steps": self.steps,
            "settlements": self.settlements,
            "inputs": self._inputs.table,
        }

    def _take(self, event: AnyEvent) -> None:
        self._inputs.take(event)
        match event:
            case MarketListed():
                start = {"index_e8": event.index_start_e8, "remainder": 0, "rate_e12": 0, "premium_e8": 0}
                self.index.put(event, (event.market,), {**start, "observed_at_ms": 0})
            case FundingIndexAdvanced():
                self._advanced(event)
            case FundingIndexRestated():
                self._restated(event)
            case FillSettled():
                self._owed(event, event.size_before_e8)
                self._settled(event, event.realized_funding_e8)
            case TradeBusted():
                self._settled(event, event.realized_funding_e8 + event.funding_returned_e8)
            case FundingSettled():
                if event.settle_kind != "CORRECTION":
                    self._owed(event, event.size_e8)
                self._settled(event, event.realized_funding_e8)
            case _:
                pass

    def sealed(self, seq: int) -> None:  # noqa: ARG002
        """Every tick of the block has the markets that it says it has."""
        for steps in self._tick.values():
            markets = {step.market for step in steps}
            self.expect(steps[0], len(markets), steps[0].tick_markets, "number of markets", "a tick")
        self._tick = {}

    def _advanced(self, event: FundingIndexAdvanced) -> None:
        held = self.index.row(event.market)
        period_ms = event.period_s * 1000
        accrued = event.premium_applied_e8 * event.elapsed_applied_ms + event.remainder_before
        computed = event.index_before_e8 + accrued // period_ms
        elapsed = event.observed_at_ms - event.observed_before_ms if event.observed_before_ms else 0
        applied = 0 if event.gap or event.paused else elapsed
        taken = event.index_computed_e8 if event.index_source == "COMPUTED" else event.index_claimed_e8
        for what, said, expected in (
            ("index before", event.index_before_e8, held.get("index_e8", 0)),
            ("remainder before", event.remainder_before, held.get("remainder", 0)),
            ("premium applied", event.premium_applied_e8, held.get("premium_e8", 0)),
            ("time of the step before", event.observed_before_ms, held.get("observed_at_ms", 0)),
            ("elapsed", event.elapsed_ms, elapsed),
            ("elapsed applied", event.elapsed_applied_ms, applied),
            ("step", event.step_e8, accrued // period_ms),
            ("remainder after", event.remainder_after, accrued % period_ms),
            ("computed index", event.index_computed_e8, computed),
            ("index after", event.index_after_e8, taken),
            ("premium", event.premium_e8, event.rate_e12 * event.spot_e8 // 10**12),
        ):
            self.expect(event, said, expected, what, event.market)
        values = {
            "index_e8": event.index_after_e8,
            "remainder": event.remainder_after,
            "rate_e12": event.rate_e12,
            "premium_e8": event.premium_e8,
        }
        ticked = {"observed_at_ms": event.observed_at_ms, "tick_id": event.tick_id, "tick_seq": event.seq}
        self.index.put(event, (event.market,), values | ticked)
        self.funding_index.put(event, (event.market,), values)
        self.steps.put(
            event, (event.market, event.seq), {name: getattr(event, name) for name in _STEP_COLUMNS}
        )
        self._tick.setdefault(event.tick_id, []).append(event)

    def _restated(self, event: FundingIndexRestated) -> None:
        """The index was set to that of another path; the rate stays."""
        held = self.index.row(event.market)
        self.expect(event, event.index_before_e8, held.get("index_e8", 0), "index before", event.market)
        self.expect(event, event.remainder_before, held.get("remainder", 0), "remainder before", event.market)
        values = {"index_e8": event.index_after_e8, "remainder": event.remainder_after}
        self.index.put(event, (event.market,), {**values, "restated_seq": event.seq})
        if held.get("tick_seq", 0):
            self.funding_index.put(event, (event.market,), values)
        line: Row = dict.fromkeys(_STEP_COLUMNS, 0)
        line |= {"index_before_e8": event.index_before_e8, "index_after_e8": event.index_after_e8}
        self.steps.put(event, (event.market, event.seq), line | {"index_source": "RESTATED"})

    def _owed(self, event: FillSettled | FundingSettled, size_e8: int) -> None:
        """What a position owes: ``-size * (index - cached index)``, the cut-off part in the dust."""
        owed = -size_e8 * (event.funding_index_e8 - event.cached_index_before_e8)
        paid = event.realized_funding_e8 * E8 + event.dust_e16
        self.expect(event, paid, owed, "funding", event.account, event.market)

    def _settled(self, event: FillSettled | TradeBusted | FundingSettled, amount_e8: int) -> None:
        amounts = {
            "received_e8": max(amount_e8, 0),
            "paid_e8": max(-amount_e8, 0),
            "dust_e16": event.dust_e16,
            "settlements": int(amount_e8 != 0),
        }
        self.settlements.add(event, (event.account, event.market), amounts)
