"""What incidents left behind: the files of audits and plans, and the blocks that rollbacks made void."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from projectors.api.resources.incident_files import IncidentFiles
from projectors.api.resources.incident_timeline import VOID_NEEDS, VoidRows
from projectors.api.resources.values import number
from projectors.api.served import Served
from projectors.reading.answers import Row
from projectors.reading.void import rows_between

EVENTS_MAX: Final = 5_000_000
"""Void events of one rollback that are looked through: some seconds, once."""
RANGES_MAX: Final = 8


class Evidence:
    """Files, and rows of void blocks, which never change and stay in memory."""

    def __init__(self, root: Path) -> None:
        self.files = IncidentFiles(root)
        self._rows: OrderedDict[tuple[int, int], dict[str, list[Row]]] = OrderedDict()
        self._lock = threading.Lock()

    def void(self, served: Served, rollbacks: Sequence[Row]) -> VoidRows:
        """Liquidations and funding steps of the blocks that rollbacks made void; without those too long."""
        liquidations: list[Row] = []
        steps: list[Row] = []
        for row in rollbacks:
            if number(row, "void_to_seq") - number(row, "void_from_seq") < EVENTS_MAX:
                found = self._of(served, number(row, "void_from_height"), number(row, "void_to_height"))
                liquidations += found["LiquidationStarted"]
                steps += found["FundingIndexAdvanced"]
        return VoidRows(liquidations, steps)

    def _of(self, served: Served, first: int, last: int) -> dict[str, list[Row]]:
        with self._lock:
            found = self._rows.pop((first, last), None)
            if found is None:
                with served.log() as log:
                    found = rows_between(log, first, last, VOID_NEEDS)
            self._rows[first, last] = found
            while len(self._rows) > RANGES_MAX:
                self._rows.popitem(last=False)
            return found
