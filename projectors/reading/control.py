"""What counts from every block, void or not: statuses, rules, guards, approvals, rollbacks, as recorded.

A rollback takes accounts back and not the exchange's status, its rules or what its guards have seen. Views
are folded along the chain of parents, so they lack what was recorded in void blocks; the control copies of
the log have all of it.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from ledger.log.blobs import split_values
from ledger.log.codec import decode_event
from ledger.log.port import LogReader
from projectors.values import Cell
from schemas import catalog

KEPT: Final = ("GuardTripped", "PlanApproved", "RollbackDeclared", "RuleChanged", "SystemStatusChanged")

_BLOCKS_READ: Final = 1_000
_FRAMINGS: Final = {catalog()[name].framing: name for name in KEPT}
_FRAMING_BYTES: Final = len(next(iter(_FRAMINGS)))
_FIELDS: Final = {name: [field.name for field in catalog()[name].fields] for name in KEPT}

Row = dict[str, Cell]


class Control:
    """The control events of a log, read on as it grows."""

    def __init__(self) -> None:
        self._next_height = 1
        self._rows: dict[str, list[Row]] = {name: [] for name in KEPT}
        self._places: dict[str, list[tuple[int, int]]] = {name: [] for name in KEPT}

    def read_on(self, log: LogReader) -> None:
        """Take in what the control copies have by now."""
        while blocks := log.read_control(self._next_height, _BLOCKS_READ):
            for block in blocks:
                for value in split_values(block.data):
                    name = _FRAMINGS.get(bytes(value[:_FRAMING_BYTES]))
                    if name is not None:
                        event = decode_event(value)
                        self._rows[name].append({field: getattr(event, field) for field in _FIELDS[name]})
                        self._places[name].append((block.height, event.seq))
                self._next_height = block.height + 1

    def rows(self, event: str, height: int, seq: int) -> Sequence[Row]:
        """Events of a type up to a block and a seq, oldest first."""
        places = self._places[event]
        known = bisect_right(places, height, key=lambda place: place[0])
        return self._rows[event][: min(known, bisect_right(places, seq, key=lambda place: place[1]))]
