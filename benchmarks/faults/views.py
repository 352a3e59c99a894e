"""Views that are kept at the head of a log while a fault happens, and what a clean replay makes of it."""

import threading
from collections.abc import Sequence
from contextlib import closing
from typing import Final, final

from benchmarks.faults.waiting import until
from ledger.errors import Action, LedgerFault
from ledger.log.kafka.config import Connection
from ledger.log.kafka.reader import KafkaReader
from ledger.log.port import LogReader
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.stores.memory import MemoryStore
from projectors.views import VIEWS

LOOK_EVERY_S: Final = 0.2
"""Steps of some blocks each, so that the fault and not the folding keeps the machine busy."""


@final
class LiveViews(threading.Thread):
    """Every view of a ledger on a cluster, folded as blocks come; faults that pass are waited out."""

    def __init__(self, connection: Connection, partitions: int) -> None:
        super().__init__(name="views", daemon=True)
        self._connection = connection
        self._states = _empty(partitions)
        self._stops: dict[str, str] = {}
        self._ending = threading.Event()

    def run(self) -> None:
        """Until ``end``, or until no view goes on."""
        with closing(KafkaReader(self._connection, live=True)) as reader:
            runner = Runner(reader, self._states)
            while len(runner.stops) < len(self._states) and not self._ending.is_set():
                try:
                    moved = runner.step()
                except LedgerFault as fault:
                    if fault.action is not Action.RETRY:
                        runner.halt(fault)
                    moved = 0
                self._stops = {
                    stop.view: f"block {stop.height}: {stop.fault}" for stop in runner.stops.values()
                }
                if not moved:
                    self._ending.wait(LOOK_EVERY_S)

    def end(self, within_s: float) -> None:
        """Stop following."""
        self._ending.set()
        if self.ident is not None:
            self.join(within_s)

    def wait_for_stop(self, within_s: float) -> list[str]:
        """Wait until no view goes on; why, once per view."""
        until(lambda: not self.is_alive(), within_s, "the stop of every view")
        return list(self._stops.values())

    def differences(self, log: LogReader, within_s: float) -> list[str]:
        """What is different in a clean replay of ``log`` to its head, once all views stand there."""
        head = log.head()
        height = 0 if head is None else head.height
        until(
            lambda: self._height() >= height or not self.is_alive(),
            within_s,
            f"the views at block {height}",
        )
        self.end(within_s)
        found = [f"view {name} stopped at {why}" for name, why in self._stops.items()]
        return found + differences_to_a_clean_replay(self._states, log)

    def _height(self) -> int:
        return min(part.cursor.height for state in self._states for part in state.partitions.values())


def differences_to_a_clean_replay(states: Sequence[ViewState], log: LogReader) -> list[str]:
    """Tables of all views that are not what the whole of ``log`` gives to views that nothing disturbed."""
    anew = _empty(log.partitions)
    runner = Runner(log, anew)
    runner.run_to_head()
    found = [f"a clean replay of {stop.view} stopped at {stop.fault}" for stop in runner.stops.values()]
    for kept, clean in zip(states, anew, strict=True):
        found += [
            f"{kept.view.name}.{table} is not what a clean replay gives"
            for table in kept.view.plan.shown()
            if kept.digest(table).hexdigest() != clean.digest(table).hexdigest()
        ]
    return found


def _empty(partitions: int) -> list[ViewState]:
    """Every view over stores in memory."""
    return [
        ViewState(view, {number: MemoryStore() for number in range(partitions)}, partitions)
        for view in VIEWS.values()
    ]
