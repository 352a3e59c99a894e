"""Wiring: which log, which checkpoints, which writer, from settings. Functions, no state."""

import time
from functools import partial
from secrets import token_hex

from ledger.errors import LedgerMissing
from ledger.log.rocks import DRAFT_PREFIX, RocksLog
from ledger.settings import Settings
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.writer import Writer


def arrival_us() -> int:
    """The machine's clock, Unix microseconds: the time of arrival given to commands at the edge."""
    return time.time_ns() // 1000


def generated_id() -> str:
    """A name for a new ledger that no other has."""
    return f"ledger-{token_hex(6)}"


def ledger_exists(settings: Settings) -> bool:
    """Whether there is a log in the data directory, sound or not.

    Raises ``LedgerMissing`` when the log is gone and other parts of a ledger are still there: a
    new ledger beside the checkpoints and views of a lost one would be believed to be the old one.
    """
    if settings.log_dir.exists():
        return True
    found = [path.name for path in settings.data.glob("*/")]
    leftovers = [name for name in found if name != "lost+found" and not name.startswith(DRAFT_PREFIX)]
    if leftovers:
        raise LedgerMissing(
            f"there is no log here, but there is {', '.join(sorted(leftovers))}",
            where=str(settings.data),
            remedy="Restore the log from a copy, or name an empty directory for a new ledger",
        )
    return False


def create_ledger(settings: Settings, ledger_id: str, opened_at_us: int | None = None) -> None:
    """Make the log of a new ledger and write block 1. The faults are those of ``RocksLog.create``.

    ``opened_at_us`` is for a ledger that lives on another clock than the machine's: a replayed past.
    """
    RocksLog.create(settings.log_dir, ledger_id, settings.partitions).close()
    open_writer(settings, opened_at_us).close()


def open_writer(settings: Settings, opened_at_us: int | None = None) -> Writer:
    """The writer of the ledger in the data directory, recovered and caught up.

    Commands that a process stored and did not take before it died are taken here. The faults are
    those of ``RocksLog.open`` (``LedgerMissing``, ``LogLocked``, ...) and of recovery.
    """
    log = RocksLog.open(settings.log_dir)
    try:
        writer = Writer(
            log,
            checkpoints=Checkpoints(settings.writer_dir),
            reopen=partial(RocksLog.open, settings.log_dir, log.ledger_id),
            block_size=settings.block_size,
            checkpoint_events=settings.checkpoint_events,
            checkpoint_events_at_close=settings.checkpoint_events_at_close,
        )
        writer.open_ledger(arrival_us() if opened_at_us is None else opened_at_us)
        writer.catch_up()
    except BaseException:
        log.close()
        raise
    return writer
