"""Correction files: a correction set as JSON, for a person to read and mend.

::

    {"ticks": [{"market": "BTC-USD-PERP", "from_tick": 4, "to_tick": 900, "take": "COMPUTED"}],
     "fields": [{"command_id": "feed/7", "field": "rates.BTC-USD-PERP.rate_e12", "replacement": 100}]}
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ledger.errors import SettingsFault
from ledger.incident.counterfactual.corrections import (
    Corrections,
    FieldCorrection,
    TickCorrection,
)

Whole = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
Tick = Annotated[int, Field(strict=True, ge=1, lt=2**63)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TickEntry(_Strict):
    """A range of ticks of one market, both ends included."""

    market: Annotated[str, Field(min_length=1)]
    from_tick: Tick
    to_tick: Tick
    take: Literal["COMPUTED", "FAIR"]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.to_tick < self.from_tick:
            raise ValueError("to_tick lies before from_tick")
        return self


class FieldEntry(_Strict):
    """A field of one command; ``rates.MARKET.NAME`` and ``prices.MARKET.NAME`` lead into ticks."""

    command_id: Annotated[str, Field(pattern=r"^.+/[0-9]+$")]
    field: Annotated[str, Field(min_length=1)]
    replacement: Whole | str


class CorrectionFile(_Strict):
    """The whole file."""

    ticks: tuple[TickEntry, ...] = ()
    fields: tuple[FieldEntry, ...] = ()

    def corrections(self) -> Corrections:
        """The correction set."""
        return Corrections(
            [FieldCorrection(one.command_id, one.field, one.replacement) for one in self.fields],
            [TickCorrection(one.market, one.from_tick, one.to_tick, one.take) for one in self.ticks],
        )


def parse_corrections(text: str | bytes, where: str = "corrections") -> CorrectionFile:
    """The correction file in ``text``. Raises ``SettingsFault`` naming the entry that is wrong."""
    try:
        return CorrectionFile.model_validate_json(text)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsFault(
            f"{place or 'the file'}: {first['msg']}", where=where, remedy="Correct the correction file"
        ) from fault


def read_corrections(path: Path) -> CorrectionFile:
    """The correction file at ``path``. Raises ``SettingsFault`` when it cannot be read or is wrong."""
    try:
        text = path.read_bytes()
    except OSError as fault:
        raise SettingsFault(f"cannot be read: {fault.strerror}", where=str(path)) from fault
    return parse_corrections(text, str(path))


def record_of(corrections: Corrections) -> dict[str, Any]:
    """A correction set as its file has it."""
    return {
        "ticks": [
            {"market": one.market, "from_tick": one.from_tick, "to_tick": one.to_tick, "take": one.kind}
            for one in corrections.ticks
        ],
        "fields": [
            {"command_id": one.command_id, "field": one.field, "replacement": one.replacement}
            for own in corrections.fields.values()
            for one in own
        ],
    }
