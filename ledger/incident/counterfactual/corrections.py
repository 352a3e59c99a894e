"""The correction set: which recorded inputs were wrong, and what takes their place.

Two kinds. A field of one command gets a replacement. Or, for a market and a range of ticks, the feed's
claim gives way to what the ledger can vouch for: ``COMPUTED`` takes the index that the ledger computes
itself in place of the claimed one, rates, prices and times staying as recorded; ``FAIR`` takes the
external fair price of the same row in place of the mark.
"""

from typing import Any, Final, final

from ledger.core.decision import command_id
from ledger.core.messages import AdvanceFunding, AnyCommand, MarketPrice, MarketRate, UpdatePrices
from ledger.core.rules.funding_ticks import Step
from ledger.core.state import State
from ledger.errors import SettingsFault
from schemas import catalog

COMPUTED: Final = "COMPUTED"
FAIR: Final = "FAIR"


@final
class FieldCorrection:
    """``field`` of the command ``command_id`` should have been ``replacement``."""

    __slots__ = ("command_id", "field", "replacement")

    def __init__(self, command_id: str, field: str, replacement: int | str) -> None:
        self.command_id = command_id
        self.field = field
        self.replacement = replacement


@final
class TickCorrection:
    """Ticks of ``market`` from ``from_tick`` to ``to_tick``, both included, were wrong as ``kind`` says.

    ``COMPUTED`` counts funding ticks, ``FAIR`` price ticks.
    """

    __slots__ = ("from_tick", "kind", "market", "to_tick")

    def __init__(self, market: str, from_tick: int, to_tick: int, kind: str) -> None:
        self.market = market
        self.from_tick = from_tick
        self.to_tick = to_tick
        self.kind = kind

    def covers(self, kind: str, market: str, tick_id: int) -> bool:
        """Whether the entry of ``market`` in the tick is corrected in this manner."""
        return kind == self.kind and market == self.market and self.from_tick <= tick_id <= self.to_tick


@final
class Corrections:
    """A correction set, ready to be asked for every command."""

    __slots__ = ("fields", "ticks", "used")

    def __init__(self, fields: list[FieldCorrection], ticks: list[TickCorrection]) -> None:
        self.used: set[str] = set()
        """Ids of the commands in ``fields`` that were met."""
        self.fields: dict[str, list[FieldCorrection]] = {}
        for field in fields:
            self.fields.setdefault(field.command_id, []).append(field)
        self.ticks = ticks

    def is_empty(self) -> bool:
        """Whether nothing is corrected: the counterfactual is then the history itself."""
        return not self.fields and not self.ticks

    def markets(self, kind: str) -> set[str]:
        """Markets with corrected ticks of a kind."""
        return {tick.market for tick in self.ticks if tick.kind == kind}

    def covers(self, kind: str, market: str, tick_id: int) -> bool:
        """Whether an entry of a tick is corrected in this manner."""
        for tick in self.ticks:  # noqa: SIM110
            if tick.covers(kind, market, tick_id):
                return True
        return False

    def corrected(self, state: State, command: AnyCommand) -> AnyCommand | None:
        """The command as it should have been, on the state before it; ``None`` where nothing is corrected."""
        changed: AnyCommand | None = None
        fields = self.fields.get(command_id(command)) if self.fields else None
        if fields is not None:
            self.used.add(fields[0].command_id)
            for field in fields:
                changed = with_field(changed or command, field)
        if isinstance(command, AdvanceFunding):
            return self._funding(state, command if changed is None else changed, changed is not None)
        if isinstance(command, UpdatePrices):
            return self._prices(command if changed is None else changed, changed is not None)
        return changed

    def _funding(self, state: State, command: AnyCommand, changed: bool) -> AnyCommand | None:  # noqa: FBT001
        """A funding tick whose claims in the range are what the ledger computes."""
        if not isinstance(command, AdvanceFunding):
            return command
        rates: list[MarketRate] = []
        for rate in command.rates:
            market = state.markets.get(rate.market)
            if market is not None and self.covers(COMPUTED, rate.market, command.tick_id):
                step = Step(state, market, rate, command.observed_at_ms)
                changed = True
                rates.append(
                    MarketRate(
                        rate.market,
                        rate.rate_e12,
                        rate.spot_e8,
                        rate.has_claim,
                        step.index_computed_e8 if rate.has_claim else 0,
                        rate.has_premium,
                        step.premium_e8 if rate.has_premium else 0,
                    )
                )
            else:
                rates.append(rate)
        if not changed:
            return None
        return AdvanceFunding(
            command.producer,
            command.number,
            command.issued_at_us,
            command.tick_id,
            command.previous_tick_id,
            command.source,
            command.source_epoch,
            command.observed_at_ms,
            rates,
        )

    def _prices(self, command: AnyCommand, changed: bool) -> AnyCommand | None:  # noqa: FBT001
        """A price tick whose marks in the range are the external fair prices, where there are any."""
        if not isinstance(command, UpdatePrices):
            return command
        prices: list[MarketPrice] = []
        for price in command.prices:
            if price.has_external_fair and self.covers(FAIR, price.market, command.tick_id):
                changed = True
                prices.append(_entry_with(price, {"mark_e8": price.external_fair_e8}))
            else:
                prices.append(price)
        if not changed:
            return None
        return UpdatePrices(
            command.producer,
            command.number,
            command.issued_at_us,
            command.tick_id,
            command.previous_tick_id,
            command.source,
            command.source_epoch,
            command.observed_at_ms,
            prices,
        )


def with_field(command: AnyCommand, correction: FieldCorrection) -> AnyCommand:
    """A copy of ``command`` with one field replaced.

    Raises ``SettingsFault`` when it has no such field, or the replacement is of another type.
    """
    kind: Any = type(command)
    names = [field.name for field in catalog()[kind.__name__].fields]
    values: dict[str, Any] = {name: getattr(command, name) for name in names}
    array, dot, rest = correction.field.partition(".")
    replaced = False
    if dot:
        market, _, name = rest.rpartition(".")
        entries = values.get(array)
        if isinstance(entries, list):
            changed: list[Any] = []
            for entry in entries:
                own = entry.market == market and name in _entry_names(entry)
                if own and isinstance(correction.replacement, type(getattr(entry, name))):
                    changed.append(_entry_with(entry, {name: correction.replacement}))
                    replaced = True
                else:
                    changed.append(entry)
            values[array] = changed
    elif array in values and isinstance(correction.replacement, type(values[array])):
        values[array] = correction.replacement
        replaced = True
    if not replaced:
        raise SettingsFault(
            f"{kind.__name__} has no field {correction.field!r} that could be {correction.replacement!r}",
            where=f"command {correction.command_id}",
            remedy="Correct the correction file",
        )
    result: AnyCommand = kind(**values)
    return result


def _entry_names(entry: MarketRate | MarketPrice) -> tuple[str, ...]:
    return RATE_NAMES if isinstance(entry, MarketRate) else PRICE_NAMES


def _entry_with(entry: Any, values: dict[str, Any]) -> Any:  # noqa: ANN401
    """A copy of an entry with some values replaced."""
    names = _entry_names(entry)
    kind: Any = type(entry)
    return kind(*[values.get(name, getattr(entry, name)) for name in names])


RATE_NAMES: Final = (
    "market",
    "rate_e12",
    "spot_e8",
    "has_claim",
    "index_claimed_e8",
    "has_premium",
    "premium_e8",
)
PRICE_NAMES: Final = (
    "market",
    "mark_e8",
    "spot_e8",
    "has_external_fair",
    "external_fair_e8",
    "has_bid",
    "bid_e8",
    "has_ask",
    "ask_e8",
    "has_last",
    "last_e8",
    "bid_depth_e8",
    "ask_depth_e8",
)
"""Fields of an entry of a tick in the order of its constructor."""
