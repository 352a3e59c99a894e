"""The files of an embedded log beside its RocksDB: what it is, how far it got, who writes it.

::

    DIR/format.json   format version, ledger id, partitions, and a digest of the three
    DIR/HEAD          height and digest of the newest durable block
    DIR/lock          held by the writer while it runs; has its process id
    DIR/db/           RocksDB

``HEAD`` is what makes a shortened log visible: a write-ahead log that is cut, or gone, looks
to RocksDB like one that was never written. It is overwritten in place after every commit,
without a sync of its own, so at a power cut it may be older than the log but never newer, and
readers in other processes learn from it what is durable without a call into the database.
"""

import errno
import fcntl
import json
import os
from hashlib import blake2b
from pathlib import Path
from typing import Final, final

from ledger.errors import DiskFull, FormatUnknown, LedgerMissing, LogCorrupt, LogFault, LogLocked

FORMAT: Final = 1
"""Version of the layout in this directory; a program opens only the one it knows."""

_READS_MAX: Final = 1000
_CHECK_BYTES: Final = 16
_DIGEST_BYTES: Final = 32
_HEAD_BYTES: Final = 8 + _DIGEST_BYTES + _CHECK_BYTES


@final
class Identity:
    """Which ledger this is. ``partitions`` never changes."""

    __slots__ = ("ledger_id", "partitions")

    def __init__(self, ledger_id: str, partitions: int) -> None:
        self.ledger_id = ledger_id
        self.partitions = partitions


def write_identity(path: Path, identity: Identity) -> None:
    """Write ``format.json``, durable on return."""
    text = json.dumps(_described(identity.ledger_id, identity.partitions), indent=1) + "\n"
    with (path / "format.json").open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_identity(path: Path) -> Identity:
    """Read ``format.json``.

    Raises ``LedgerMissing`` where there is no log, ``FormatUnknown`` for another version, and
    ``LogCorrupt`` when the file is missing from a log or was changed.
    """
    file = path / "format.json"
    try:
        text = file.read_bytes()
    except FileNotFoundError:
        if path.is_dir() and any(path.iterdir()):
            raise LogCorrupt("format.json is missing from this log", where=str(path)) from None
        raise LedgerMissing("there is no log here", where=str(path)) from None
    try:
        found = json.loads(text)
    except ValueError:
        raise LogCorrupt("it is not readable as JSON", where=str(file)) from None
    version = found.get("format") if isinstance(found, dict) else None
    if isinstance(version, int) and version != FORMAT:
        raise FormatUnknown(f"the log has format {version}, this program knows {FORMAT}", where=str(path))
    ledger_id = found.get("ledger_id") if isinstance(found, dict) else None
    partitions = found.get("partitions") if isinstance(found, dict) else None
    if (
        not isinstance(ledger_id, str)
        or not isinstance(partitions, int)
        or found != _described(ledger_id, partitions)
    ):
        raise LogCorrupt("its content is not what was written at creation", where=str(file))
    return Identity(ledger_id, partitions)


@final
class HeadMark:
    """The file ``HEAD``: height (u64) and digest of the newest durable block, and a check of both."""

    __slots__ = ("_file", "_path")

    def __init__(self, path: Path, *, writable: bool) -> None:
        self._path = path / "HEAD"
        try:
            self._file = os.open(self._path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
        except FileNotFoundError:
            raise LogCorrupt("HEAD is missing from this log", where=str(path)) from None

    @staticmethod
    def create(path: Path) -> None:
        """Write the mark of an empty log, durable on return."""
        with (path / "HEAD").open("wb") as file:
            file.write(_marked(0, ""))
            file.flush()
            os.fsync(file.fileno())

    def write(self, height: int, digest: str) -> None:
        """Say that the block at ``height`` is durable. Costs 2 µs: no sync."""
        try:
            os.pwrite(self._file, _marked(height, digest), 0)
        except OSError as error:
            raise disk_fault(error, self._path) from error

    def read(self) -> tuple[int, str]:
        """Height and digest of the newest durable block; 0 and no digest before block 1.

        A read may meet a write half-way and is then repeated.
        """
        for _ in range(_READS_MAX):
            data = os.pread(self._file, _HEAD_BYTES + 1, 0)
            height = int.from_bytes(data[:8], "big")
            digest = data[8 : 8 + _DIGEST_BYTES].hex() if height else ""
            if data == _marked(height, digest):
                return height, digest
        raise LogCorrupt("it is not what a writer wrote", where=str(self._path))

    def sync(self) -> None:
        """Make the last ``write`` durable."""
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


@final
class WriterLock:
    """The lock of the one writer; freed by the operating system when its process ends, however."""

    __slots__ = ("_file",)

    def __init__(self, path: Path) -> None:
        self._file = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._file, 20, 0).decode(errors="replace").strip() or "unknown"
            self.close()
            raise LogLocked(
                f"process {holder} has this log open for writing",
                where=str(path),
                remedy=f"Stop process {holder} first, or send it the commands: a ledger has one writer",
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Let another writer in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def disk_fault(error: OSError, path: Path) -> LogFault:
    """The fault for what the operating system refused: ``DiskFull``, or one about rights and disks."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFull(f"there is no room: {error.strerror}", where=str(path))
    return LogFault(
        f"the system refuses: {error.strerror}",
        where=str(path),
        remedy="Look at the disk and at the rights of this directory, then open the log again",
    )


def _marked(height: int, digest: str) -> bytes:
    content = height.to_bytes(8, "big") + (bytes.fromhex(digest) or bytes(_DIGEST_BYTES))
    return content + blake2b(content, digest_size=_CHECK_BYTES, person=b"ledger.head").digest()


def _described(ledger_id: str, partitions: int) -> dict[str, int | str]:
    content = json.dumps([FORMAT, ledger_id, partitions]).encode()
    return {
        "format": FORMAT,
        "ledger_id": ledger_id,
        "partitions": partitions,
        "digest": blake2b(content, digest_size=_DIGEST_BYTES, person=b"ledger.format").hexdigest(),
    }
