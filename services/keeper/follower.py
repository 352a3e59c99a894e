"""Follows a log in columns: the blocks that count, each once, and back to the start after a rollback."""

from collections.abc import Callable
from typing import Final

from ledger.log.chain import Rollbacks
from ledger.log.port import LogReader
from projectors.columns.along import read_along
from projectors.columns.events import known_events
from projectors.columns.frames import DecodedFrames, Routes
from services.keeper.columns import Columns, needed_columns

EVENTS_MAX: Final = 400_000
"""Events of one step, about: 100 MB of messages and frames."""


def _nobody() -> None:
    """Nobody wants to know that a long history is being read."""


class ColumnFollower:
    """Keeps ``columns`` at the newest block of a log; ``height`` is the block they are at.

    ``alive`` is called at every step of a long history.
    """

    def __init__(self, log: LogReader, alive: Callable[[], None] = _nobody) -> None:
        self.columns = Columns()
        self.height = 0
        self._log = log
        self._alive = alive
        self._rollbacks = Rollbacks(log)
        self._routes = Routes(known_events())
        self._needs = needed_columns()
        self._partitions = list(range(log.partitions))

    def catch_up(self) -> bool:
        """Take in everything up to the newest block; whether there was a tick, or a new beginning.

        Raises what reading the log raises; with action RETRY it may be called again.
        """
        ticked = False
        while True:
            head = self._log.head()
            if head is None:
                return False
            self._rollbacks.read_on()
            chain = self._rollbacks.chain(self._rollbacks.served_tip(head.height))
            if 0 < self.height <= chain.tip and not chain.is_on_chain(self.height):
                self.columns, self.height, ticked = Columns(), 0, True
            if not 0 < chain.after(self.height) <= chain.tip:
                return ticked
            blocks = read_along(self._log, self._partitions, chain, self.height, chain.tip, EVENTS_MAX)
            routed = self._routes.route(blocks.parts, bytes.fromhex(blocks.last.digest))
            seqs = (blocks.seals[0].first_seq, blocks.last.last_seq)
            ticked |= self.columns.fold(DecodedFrames(known_events(), self._needs, routed, seqs))
            self.height = blocks.last.height
            self._alive()
