"""Lines in blocks: from a file as large as they may be, from a stream as they arrive."""

import os
import selectors
import signal
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from time import monotonic_ns
from typing import BinaryIO, Final, final

from ledger.edge.commands import LINE_BYTES_MAX
from ledger.edge.lines import READ_BYTES, Lines, read_lines

WAKE_S: Final = 1
"""How often an idle stream looks whether it should stop, in seconds."""

Block = list[bytes | None]


@final
class StopSignals:
    """Remembers SIGTERM and SIGINT, so that what is being answered can be finished first."""

    def __init__(self) -> None:
        self.received = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._receive)

    def _receive(self, _number: int, _frame: object) -> None:
        self.received = True


def file_blocks(path: Path, block_size: int) -> Iterator[Block]:
    """The lines of a file, ``block_size`` at a time; a line that is too long is ``None``."""
    with path.open("rb") as stream:
        lines = read_lines(stream, LINE_BYTES_MAX)
        while block := list(islice(lines, block_size)):
            yield block


def stream_blocks(
    stream: BinaryIO,
    block_size: int,
    stop: StopSignals,
    idle: Callable[[], None] | None = None,
    idle_s: int = 0,
) -> Iterator[Block]:
    """The lines that have arrived on ``stream``, at most ``block_size`` at a time.

    Ends with the stream, or when ``stop`` was received. ``idle``, if given, is called after
    every ``idle_s`` seconds without anything.
    """
    lines = Lines(LINE_BYTES_MAX)
    waiting: Block = []
    quiet_since = monotonic_ns()
    with selectors.SelectSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while not stop.received:
            arrived = selector.select(0 if waiting else WAKE_S)
            if arrived and len(waiting) < block_size:
                quiet_since = monotonic_ns()
                chunk = os.read(stream.fileno(), READ_BYTES)
                if not chunk:
                    break
                waiting += lines.feed(chunk)
            elif waiting:
                yield waiting[:block_size]
                waiting = waiting[block_size:]
            elif idle is not None and monotonic_ns() - quiet_since >= idle_s * 10**9:
                idle()
                quiet_since = monotonic_ns()
    if not stop.received:
        waiting += lines.finish()
        for start in range(0, len(waiting), block_size):
            yield waiting[start : start + block_size]
