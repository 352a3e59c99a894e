"""Follows a log for a feed: the market-wide events of the blocks that count, each once.

They are copied to every partition, so one partition is read, and of it only what a feed folds. After a
rollback everything is folded again from the first block along the chain that counts now.
"""

import time
from collections.abc import Callable
from typing import Final, cast, final

from ledger.core.messages import AnyEvent, BlockSealed
from ledger.errors import LogUnavailable
from ledger.log.blobs import BROADCAST_KEY, iterate
from ledger.log.blocks import check_partition
from ledger.log.chain import Chain, Rollbacks, check_parent
from ledger.log.codec import decode_event
from ledger.log.port import LogReader, PartitionBlock
from schemas import framings
from services.feeds.restored import FOLDED, Restored

BLOCKS_READ: Final = 500
PARTITION: Final = 0
SHOWN_WITHIN_S: Final = 30.0
"""How long a block whose outcome was heard may take to be shown; on a cluster it takes milliseconds."""
LOOK_S: Final = 0.002

_FOLDED: Final = frozenset(framing for name in FOLDED for framing in framings(name))
_FRAMING_BYTES: Final = 10


def _nobody() -> None:
    """Nobody wants to know that a long history is being read."""


@final
class FeedFollower:
    """Keeps ``restored`` at the newest block of a log that counts.

    ``height`` is that block, ``cursor`` the position of the first command that it has not taken, and
    ``beginnings`` how often everything was folded from the start. ``wait`` is how seconds are let pass;
    ``alive`` is called at every step of a long history.
    """

    def __init__(
        self, log: LogReader, wait: Callable[[float], object], alive: Callable[[], None] = _nobody
    ) -> None:
        self._log = log
        self._wait = wait
        self._alive = alive
        self._rollbacks = Rollbacks(log)
        self.beginnings = 0
        self._begin()

    @property
    def height(self) -> int:
        """Height of the newest block that was read."""
        return 0 if self._last is None else self._last.height

    @property
    def rollbacks(self) -> int:
        """How many rollbacks the log has, as far as it was read."""
        return len(self._rollbacks.declared())

    @property
    def cursor(self) -> int:
        """Position after the last command that the blocks read have taken."""
        return 0 if self._last is None else self._last.command_cursor

    def catch_up(self) -> Restored:
        """Take in everything up to the newest block. Raises what reading the log raises."""
        head = self._log.head()
        if head is None:
            return self.restored
        self._rollbacks.read_on()
        chain = self._rollbacks.chain(self._rollbacks.served_tip(head.height))
        if 0 < self._live_height <= chain.tip and not chain.is_on_chain(self._live_height):
            self._begin()
        while self.height < chain.tip:
            first = self.height + 1
            count = min(BLOCKS_READ, chain.tip - self.height)
            blocks = self._log.read_partition(PARTITION, first, count)
            if not blocks:
                raise LogUnavailable("the block is not shown yet", where=f"block {first}")
            for block in blocks:
                self._take(block, chain)
            self._alive()
        return self.restored

    def reach(self, position: int) -> Restored:
        """Catch up until the command at ``position`` was taken; its outcome is known to be durable.

        Raises ``LogUnavailable`` if its block is not shown in time.
        """
        deadline = time.monotonic() + SHOWN_WITHIN_S
        self.catch_up()
        while self.cursor <= position:
            if time.monotonic() > deadline:
                raise LogUnavailable(
                    f"the block of command {position} is not shown within {SHOWN_WITHIN_S:g} s",
                    where=f"block {self.height}",
                )
            self._wait(LOOK_S)
            self.catch_up()
        return self.restored

    def _begin(self) -> None:
        self.restored = Restored()
        self.beginnings += 1
        self._last: BlockSealed | None = None
        self._live_height = 0

    def _take(self, block: PartitionBlock, chain: Chain) -> None:
        check_partition(self._last, block)
        live = chain.is_on_chain(block.height)
        if live:
            check_parent(block.seal, self._live_height)
        fold = self.restored.fold if live else self.restored.fold_void
        for key, value in iterate(block.blob):
            if key == BROADCAST_KEY and value[:_FRAMING_BYTES] in _FOLDED:
                fold(cast("AnyEvent", decode_event(value)))
        if live:
            self._live_height = block.height
        self._last = block.seal
