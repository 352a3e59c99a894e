"""The embedded log: RocksDB in one directory, no service to start, fsync per block.

Committing is one ``WriteBatch`` with a synced write-ahead log. What a crash may leave behind
that batch is a torn record, which was never acknowledged: opening drops it, after a read-only
look has found that all that ``HEAD`` vouches for is there (``ledger.log.rocks_files``). A log
that lost more is refused before anything in it is touched.

One process writes. Any number of others read along through ``RocksLog.open_reader``, which
needs no lock and sees durable blocks only.

After a fault of ``append_commands`` or ``commit`` the object refuses to write: RocksDB cannot
say what landed. Close it, open the log again, and ask ``head``; after ``DiskFull`` too.
"""

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, Self, final

from rocksdict import AccessType

from ledger.core.messages import BlockSealed, LedgerOpened
from ledger.errors import CodecFault, FormatUnknown, LogCorrupt, LogFault, LogUnavailable, invariant
from ledger.files import sync_folder
from ledger.log.blobs import split_values
from ledger.log.blocks import refuse_unless_next
from ledger.log.codec import decode_event
from ledger.log.port import Block, ControlBlock, OutcomesBlock, PartitionBlock, StoredCommand
from ledger.log.rocks_database import Database
from ledger.log.rocks_files import (
    HeadMark,
    Identity,
    WriterLock,
    disk_fault,
    read_identity,
    write_identity,
)

DRAFT_PREFIX: Final = ".log-creating-"
"""Name of the folder beside a log in which a new one is prepared; one that is left over is empty."""

_PARTITIONS_MAX: Final = 1024
_CATCH_UPS_MAX: Final = 20


class RocksReader:
    """A ``LogReader`` of an embedded log, also while another process writes it.

    ``RocksLog.open_reader`` opens one.
    """

    def __init__(
        self, path: Path, identity: Identity, mark: HeadMark, database: Database, scratch: str
    ) -> None:
        self._path = path
        self._identity = identity
        self._mark = mark
        self._database = database
        self._scratch = scratch
        self._head: BlockSealed | None = None

    @property
    def ledger_id(self) -> str:
        """Identity of the ledger."""
        return self._identity.ledger_id

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        return self._identity.partitions

    @property
    def identity(self) -> str:
        """Empty: the chain of seals tells this log from any other."""
        return ""

    def head(self) -> BlockSealed | None:
        """Seal of the newest durable block; ``LogCorrupt`` when the log lost it."""
        height, digest = self._mark.read()
        if height == (0 if self._head is None else self._head.height):
            return self._head
        seal: BlockSealed | None = None
        for _ in range(_CATCH_UPS_MAX):
            with suppress(LogUnavailable):
                self._database.catch_up()
            seal = self._database.seal_at(height)
            if seal is not None:
                break
        self._head = _vouched(self._path, seal, height, digest)
        return self._head

    def seal(self, height: int) -> BlockSealed:
        """Seal of the block at ``height``, which lies in 1..head."""
        invariant(0 < height <= self._head_height(), f"there is no block {height}")
        seal = self._database.seal_at(height)
        if seal is None:
            raise LogCorrupt("the seal is missing", where=f"block {height}")
        return seal

    def read_partition(self, partition: int, from_height: int, count: int) -> list[PartitionBlock]:
        """Up to ``count`` blocks of one partition; ``LogCorrupt`` for one that is not there."""
        invariant(0 <= partition < self.partitions, f"there is no partition {partition}")
        return self._database.read_partition(partition, from_height, self._last(from_height, count))

    def read_outcomes(self, from_height: int, count: int) -> list[OutcomesBlock]:
        """Outcomes of up to ``count`` blocks; ``LogCorrupt`` for those that are not there."""
        return self._database.read_outcomes(from_height, self._last(from_height, count))

    def read_control(self, from_height: int, count: int) -> list[ControlBlock]:
        """Up to ``count`` blocks with control copies at or after ``from_height``."""
        invariant(from_height > 0, "heights begin at 1")
        return self._database.read_control(from_height, self._head_height(), count)

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:
        """Up to ``count`` commands from ``position`` on."""
        invariant(position >= 0, "positions begin at 0")
        return self._database.read_commands(position, count)

    def close(self) -> None:
        """Let go of the database and the scratch folder; calling it twice is harmless."""
        self._database.close()
        self._mark.close()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _last(self, from_height: int, count: int) -> int:
        invariant(from_height > 0, "heights begin at 1")
        return min(from_height + count - 1, self._head_height())

    def _head_height(self) -> int:
        head = self.head()
        return 0 if head is None else head.height


@final
class RocksLog(RocksReader):
    """The ``EventLog`` of one directory, held by one process."""

    def __init__(
        self, path: Path, identity: Identity, mark: HeadMark, database: Database, lock: WriterLock
    ) -> None:
        super().__init__(path, identity, mark, database, "")
        self._lock = lock
        self._failed = False
        self._head = database.newest_seal()
        self._position = database.next_position()

    @classmethod
    def create(cls, path: Path, ledger_id: str, partitions: int) -> Self:
        """Make the log of a new ledger in ``path`` and open it.

        ``path`` must not exist or be an empty folder. The log appears there whole: a process
        that dies on the way leaves a folder with another name, which nothing reads.
        """
        invariant(0 < partitions <= _PARTITIONS_MAX, f"a log has 1 to {_PARTITIONS_MAX} partitions")
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise FormatUnknown(
                "there is something here already",
                where=str(path),
                remedy="Open it if it is a ledger, or name a new directory",
            )
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=DRAFT_PREFIX, dir=path.parent))
            draft.chmod(0o755)
            Database(draft / "db", AccessType.read_write(), creating=True).close()
            HeadMark.create(draft)
            write_identity(draft, Identity(ledger_id, partitions))
            sync_folder(draft)
            draft.rename(path)
            sync_folder(path.parent)
        except OSError as error:
            raise disk_fault(error, path) from error
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, ledger_id: str = "") -> Self:
        """Open the log in ``path`` for writing; ``ledger_id``, if given, must be its own.

        Raises ``LedgerMissing``, ``LogLocked`` while another process has it, ``FormatUnknown``
        for another format or ledger, and ``LogCorrupt`` when anything that was committed is
        gone or unreadable; nothing is changed then.
        """
        identity = _identity(path, ledger_id)
        with ExitStack() as opened:
            try:
                lock = WriterLock(path)
                opened.callback(lock.close)
                mark = HeadMark(path, writable=True)
            except OSError as error:
                raise disk_fault(error, path) from error
            opened.callback(mark.close)
            _check_history(path, identity, mark)
            database = Database(path / "db", AccessType.read_write())
            opened.callback(database.close)
            log = cls(path, identity, mark, database, lock)
            if log._head is not None:
                mark.write(log._head.height, log._head.digest)
            opened.pop_all()
        return log

    @staticmethod
    def open_reader(path: Path, ledger_id: str = "") -> RocksReader:
        """Open the log in ``path`` for reading along with, or without, its writer.

        Needs no lock. Holds at most what the writer has not flushed yet in memory (96 MB) and
        a scratch folder for RocksDB's own diagnostics. Raises as ``open`` does.
        """
        identity = _identity(path, ledger_id)
        with ExitStack() as opened:
            mark = HeadMark(path, writable=False)
            opened.callback(mark.close)
            scratch = tempfile.mkdtemp(prefix="ledger-log-reader-")
            opened.callback(shutil.rmtree, scratch, ignore_errors=True)
            database = _follower(path, scratch)
            opened.callback(database.close)
            reader = RocksReader(path, identity, mark, database, scratch)
            reader.head()
            _check_origin(path, identity, database)
            opened.pop_all()
        return reader

    def head(self) -> BlockSealed | None:
        """Seal of the newest durable block."""
        return self._head

    def append_commands(self, commands: Sequence[bytes], arrived_at_us: int) -> int:
        """Store framed commands and return the position of the first."""
        self._check_usable()
        first = self._position
        if commands:
            try:
                self._database.write_commands(first, arrived_at_us, commands)
            except LogFault:
                self._failed = True
                raise
            self._position += len(commands)
        return first

    def commit(self, block: Block) -> None:
        """Append ``block``: on the disk when this returns."""
        self._check_usable()
        refuse_unless_next(self._head, block, self.partitions)
        try:
            self._database.write_block(block)
            self._mark.write(block.height, block.seal.digest)
        except LogFault:
            self._failed = True
            raise
        self._head = block.seal

    def close(self) -> None:
        """Let go of the database, then of the lock; calling it twice is harmless."""
        super().close()
        self._lock.close()

    def _check_usable(self) -> None:
        if self._failed:
            raise LogFault(
                "a write failed before, and what landed is not known",
                where=str(self._path),
                remedy="Close the log, open it again and recover",
            )


def _identity(path: Path, ledger_id: str) -> Identity:
    """Identity of the log in ``path``; ``FormatUnknown`` unless it is ``ledger_id`` (empty: any)."""
    identity = read_identity(path)
    if ledger_id not in ("", identity.ledger_id):
        raise FormatUnknown(
            f"the log is of ledger {identity.ledger_id!r}, not of {ledger_id!r}",
            where=str(path),
            remedy="Name the directory of that ledger, or leave its id out",
        )
    return identity


def _follower(path: Path, scratch: str) -> Database:
    """The database opened to read along; again while the writer is just renewing its manifest."""
    for _ in range(_CATCH_UPS_MAX):
        with suppress(LogUnavailable):
            return Database(path / "db", AccessType.secondary(scratch))
    raise LogCorrupt("RocksDB never gets to the end of its manifest", where=str(path))


def _check_history(path: Path, identity: Identity, mark: HeadMark) -> None:
    """Look at the database without changing it: is all there that ``HEAD`` vouches for?"""
    database = Database(path / "db", AccessType.read_only(error_if_log_file_exist=False))
    try:
        height, digest = mark.read()
        _vouched(path, database.seal_at(height), height, digest)
        _check_origin(path, identity, database)
    finally:
        database.close()


def _vouched(path: Path, seal: BlockSealed | None, height: int, digest: str) -> BlockSealed | None:
    """The seal that ``HEAD`` vouches for; ``LogCorrupt`` unless it is the one."""
    if height and seal is None:
        raise LogCorrupt("the block was committed and cannot be found", where=f"{path}: block {height}")
    if seal is not None and seal.digest != digest:
        raise LogCorrupt("its digest is not the one that was committed", where=f"{path}: block {height}")
    return seal


def _check_origin(path: Path, identity: Identity, database: Database) -> None:
    """Block 1 names the same ledger as the directory does."""
    first = database.read_control(1, 1, 1)
    if not first:
        return
    try:
        opening = decode_event(split_values(first[0].data)[0])
    except (CodecFault, IndexError) as broken:
        raise LogCorrupt("its first event cannot be read", where=f"{path}: block 1") from broken
    if not isinstance(opening, LedgerOpened):
        raise LogCorrupt(f"it begins with {type(opening).__name__}", where=f"{path}: block 1")
    if (opening.ledger_id, opening.partitions) != (identity.ledger_id, identity.partitions):
        raise LogCorrupt(
            f"its events are of ledger {opening.ledger_id!r} with {opening.partitions} partitions, "
            f"its directory says {identity.ledger_id!r} with {identity.partitions}",
            where=str(path),
        )
