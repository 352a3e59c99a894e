"""A counterfactual of a window of a log: the state at its start twice, and the replay of its blocks."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ledger.core.image import load_state, state_rows
from ledger.core.state import State
from ledger.errors import SettingsFault, invariant
from ledger.incident.counterfactual.corrections import Corrections
from ledger.incident.counterfactual.record import HOUSE_TRADES, RecordedBlock
from ledger.incident.counterfactual.replay import Replay
from ledger.incident.counterfactual.window import Window
from ledger.log.port import Block, LogReader
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.recovery import recovered_at


@dataclass(slots=True)
class Counterfactual:
    """The replay of a window that is done.

    ``head`` is the digest of the counterfactual's last seal: that of the log if nothing differs.
    ``commands`` and ``events`` count what was recorded.
    """

    window: Window
    replay: Replay
    head: str
    commands: int
    events: int

    @property
    def recorded(self) -> State:
        """The recorded state at the end of the window."""
        return self.replay.recorded

    @property
    def state(self) -> State:
        """The counterfactual state at the end of the window."""
        return self.replay.state

    @property
    def is_history(self) -> bool:
        """Whether the counterfactual is the history itself, byte for byte."""
        return self.head == self.window.last.digest


Watcher = Callable[[RecordedBlock, Block], None]
"""Gets every recorded block and the counterfactual's, before the next is replayed."""

Prepare = Callable[[State], Watcher]
"""Makes a watcher from the state before the first block, which it must not change."""


@contextmanager
def collector_off() -> Iterator[None]:
    """No garbage collection: it would walk two states again and again, and nothing here makes cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def counterfactual(  # noqa: PLR0913
    log: LogReader,
    corrections: Corrections,
    from_height: int,
    to_height: int,
    *,
    orphan_trades: str = HOUSE_TRADES,
    grace_ticks: int | None = None,
    checkpoints: Checkpoints | None = None,
    prepare: Prepare | None = None,
) -> Counterfactual:
    """Replay the blocks after ``from_height`` up to ``to_height`` under ``corrections``.

    ``prepare`` gives who wants to see the blocks go by.

    Raises ``SettingsFault`` for a window that there is not, ``LogCorrupt`` for a log that is not what
    was sealed.
    """
    window = Window(log, from_height, to_height)
    with collector_off():
        start = recovered_at(log, from_height, checkpoints)
        copy = load_state(state_rows(start.state))
    watcher = None if prepare is None else prepare(start.state)
    replay = Replay(
        start.state,
        copy,
        start.duplicates,
        window.first,
        corrections,
        orphan_trades=orphan_trades,
        grace_ticks=grace_ticks,
    )
    done = Counterfactual(window, replay, window.first.digest, 0, 0)
    with collector_off():
        for block in window.blocks():
            sealed = replay.take_block(block)
            if watcher is not None:
                watcher(block, sealed)
            done.head = sealed.seal.digest
            done.commands += len(block.commands)
            done.events += block.seal.last_seq - block.seal.first_seq + 1
    missing = sorted(corrections.fields.keys() - corrections.used)
    if missing:
        raise SettingsFault(
            f"command {missing[0]} is to be corrected and is not in the window",
            remedy="Correct the correction file, or choose another window",
        )
    replay.lines.check(replay.recorded, replay.state)
    invariant(replay.recorded.seq == window.last.last_seq, "the recorded events end elsewhere")
    return done
