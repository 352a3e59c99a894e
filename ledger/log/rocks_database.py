"""RocksDB as the embedded log uses it: keys, options, values in and out, faults.

Three column families, each with keys that only grow, so that RocksDB never rewrites what it
has (its compactions are moves) and a reader in another process sees a simple history:

- ``default``: height (u64) + ``e`` and partition (u16), ``o`` or ``s``: the blob of a partition,
  the outcomes, the seal. A partition without events in a block has no value there.
- ``control``: height: the control copies of a block that has any.
- ``commands``: position of the first (u64): arrival (u64), then each command behind its length.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self, cast, final

from rocksdict import (
    AccessType,
    ColumnFamily,
    DBCompressionType,
    DBRecoveryMode,
    Options,
    Rdict,
    RdictIter,
    WriteBatch,
    WriteOptions,
)

from ledger.core.messages import BlockSealed
from ledger.errors import CodecFault, DiskFull, LogCorrupt, LogFault, LogLocked, LogUnavailable
from ledger.log.blobs import join_outcomes, split_outcomes
from ledger.log.codec import decode_seal
from ledger.log.port import READ_BYTES_MAX, Block, ControlBlock, OutcomesBlock, PartitionBlock, StoredCommand

_WRITE_BUFFER_BYTES: Final = 32 * 1024 * 1024
_WAL_BYTES_MAX: Final = 3 * _WRITE_BUFFER_BYTES
"""What opening may have to replay, at about 1 s per GB, and what a reader may hold in memory."""

_HEIGHTS_PER_READ: Final = 16
_OUTCOMES: Final = b"o"
_SEAL: Final = b"s"
_CONTROL_FAMILY: Final = "control"
_COMMANDS_FAMILY: Final = "commands"


@final
class Database:
    """An open RocksDB. Every method may raise ``LogCorrupt``, ``DiskFull`` or ``LogFault``."""

    __slots__ = ("_blocks", "_closed", "_commands", "_control", "_faults", "_handles", "_synced")

    def __init__(self, path: Path, access: AccessType, *, creating: bool = False) -> None:
        self._closed = False
        self._faults = _Faults(path)
        self._synced = WriteOptions()
        self._synced.sync = True
        with self._faults:
            self._blocks = Rdict(
                str(path),
                _options(creating=creating),
                {name: _options(creating=creating) for name in (_CONTROL_FAMILY, _COMMANDS_FAMILY)},
                access,
            )
            self._control = self._blocks.get_column_family(_CONTROL_FAMILY)
            self._commands = self._blocks.get_column_family(_COMMANDS_FAMILY)
            self._handles: dict[str, ColumnFamily] = {
                name: self._blocks.get_column_family_handle(name)
                for name in (_CONTROL_FAMILY, _COMMANDS_FAMILY)
            }

    def close(self) -> None:
        """Let go of files and RocksDB's lock; calling it twice is harmless.

        RocksDB complains here when a write failed before. Nothing is lost by that: what was
        committed had been synced.
        """
        if self._closed:
            return
        self._closed = True
        self._handles.clear()
        for family in (self._control, self._commands, self._blocks):
            with suppress(LogFault), self._faults:
                family.close()

    def catch_up(self) -> None:
        """As a reader: take in what the writer's process has written since."""
        with self._faults:
            self._blocks.try_catch_up_with_primary()

    def write_block(self, block: Block) -> None:
        """Write a block and sync it to the disk."""
        height = _u64(block.height)
        batch = WriteBatch(raw_mode=True)
        for partition, blob in enumerate(block.blobs):
            if blob:
                batch.put(height + _events(partition), blob)
        batch.put(height + _OUTCOMES, block.outcomes)
        batch.put(height + _SEAL, block.seal_bytes)
        if block.control:
            batch.put(height, block.control, self._handles[_CONTROL_FAMILY])
        with self._faults:
            self._blocks.write(batch, self._synced)

    def write_commands(self, position: int, arrived_at_us: int, commands: Sequence[bytes]) -> None:
        """Write commands that arrived together; the next synced write makes them durable."""
        value = _u64(arrived_at_us) + join_outcomes(list(commands))
        with self._faults:
            self._commands.put(_u64(position), value)

    def newest_seal(self) -> BlockSealed | None:
        """Seal of the last block that is there."""
        with self._faults:
            entries = self._blocks.iter()
            entries.seek_to_last()
            entries.status()
            if not entries.valid():
                return None
            key: bytes = entries.key()
        return self.seal_at(int.from_bytes(key[:8], "big"))

    def seal_at(self, height: int) -> BlockSealed | None:
        """Seal of a block; ``None`` when it is not there."""
        with self._faults:
            data: bytes | None = self._blocks.get(_u64(height) + _SEAL)
        return None if data is None else _decoded(height, data)

    def next_position(self) -> int:
        """Position that the next command gets."""
        with self._faults:
            entries = self._commands.iter()
            entries.seek_to_last()
            entries.status()
            if not entries.valid():
                return 0
            first: bytes = entries.key()
            value: bytes = entries.value()
        return int.from_bytes(first, "big") + len(split_outcomes(value[8:]))

    def read_partition(self, partition: int, from_height: int, to_height: int) -> list[PartitionBlock]:
        """Blocks of one partition, both heights included, up to ``READ_BYTES_MAX``."""
        found: list[PartitionBlock] = []
        room = READ_BYTES_MAX
        while from_height <= to_height and room > 0:
            heights = range(from_height, min(to_height + 1, from_height + _HEIGHTS_PER_READ))
            seals = self._values(heights, _SEAL)
            blobs = self._values(heights, _events(partition))
            for height, seal_bytes, blob in zip(heights, seals, blobs, strict=True):
                if seal_bytes is None:
                    raise _missing("the seal", height)
                seal = _decoded(height, seal_bytes)
                if blob is None and not _is_empty(seal, partition):
                    raise _missing(f"the events of partition {partition}", height)
                found.append(PartitionBlock(partition, height, seal, seal_bytes, blob or b""))
                room -= len(seal_bytes) + len(blob or b"")
                if room <= 0:
                    break
            from_height = heights.stop
        return found

    def read_outcomes(self, from_height: int, to_height: int) -> list[OutcomesBlock]:
        """Outcomes of blocks, both heights included, up to ``READ_BYTES_MAX``."""
        found: list[OutcomesBlock] = []
        room = READ_BYTES_MAX
        while from_height <= to_height and room > 0:
            heights = range(from_height, min(to_height + 1, from_height + _HEIGHTS_PER_READ))
            for height, data in zip(heights, self._values(heights, _OUTCOMES), strict=True):
                if data is None:
                    raise _missing("the outcomes", height)
                found.append(OutcomesBlock(height, data))
                room -= len(data)
                if room <= 0:
                    break
            from_height = heights.stop
        return found

    def read_control(self, from_height: int, to_height: int, count: int) -> list[ControlBlock]:
        """The next ``count`` blocks with control copies, both heights included."""
        found: list[ControlBlock] = []
        with self._faults:
            entries = self._control.iter()
            entries.seek(_u64(from_height))
            while len(found) < count and _is_at_entry(entries):
                height = int.from_bytes(entries.key(), "big")
                if height > to_height:
                    break
                found.append(ControlBlock(height, entries.value()))
                entries.next()
        return found

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:
        """Commands from ``position`` on, up to ``count`` or ``READ_BYTES_MAX``."""
        found: list[StoredCommand] = []
        room = READ_BYTES_MAX
        with self._faults:
            entries = self._commands.iter()
            entries.seek_for_prev(_u64(position))
            while len(found) < count and room > 0 and _is_at_entry(entries):
                value: bytes = entries.value()
                at = int.from_bytes(entries.key(), "big")
                arrived_at_us = int.from_bytes(value[:8], "big")
                for data in split_outcomes(value[8:]):
                    if at >= position and len(found) < count:
                        found.append(StoredCommand(at, arrived_at_us, data))
                    at += 1
                room -= len(value)
                entries.next()
        return found

    def _values(self, heights: range, kind: bytes) -> list[bytes | None]:
        with self._faults:
            values = self._blocks.get([_u64(height) + kind for height in heights])
        return cast("list[bytes | None]", values)


@final
class _Faults:
    """Turns what RocksDB raises, which is a bare ``Exception`` with a text, into faults."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is Exception:
            raise _fault(str(error), str(self._path)) from error


def _fault(text: str, where: str) -> LogFault:
    if "No space left" in text or "quota exceeded" in text or "File too large" in text:
        return DiskFull(f"RocksDB has no room: {text}", where=where)
    if text.startswith("Corruption") or "No such file" in text or "does not exist" in text:
        return LogCorrupt(f"RocksDB reports: {text}", where=where)
    if "lock" in text and "LOCK" in text:
        return LogLocked(f"RocksDB reports: {text}", where=where)
    if "Try again" in text:
        return LogUnavailable(f"RocksDB reports: {text}", where=where)
    return LogFault(
        f"RocksDB reports: {text}",
        where=where,
        remedy="Look at the disk and at the rights of this directory, then open the log again",
    )


def _options(*, creating: bool) -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(creating)
    options.create_missing_column_families(creating)
    options.set_wal_recovery_mode(DBRecoveryMode.point_in_time())
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_max_total_wal_size(_WAL_BYTES_MAX)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_keep_log_file_num(4)
    options.set_stats_dump_period_sec(0)
    return options


def _is_at_entry(entries: RdictIter) -> bool:
    """Whether the iterator stands on an entry; an unreadable one raises instead of ending it."""
    if entries.valid():
        return True
    entries.status()
    return False


def _decoded(height: int, data: bytes) -> BlockSealed:
    try:
        return decode_seal(data)
    except CodecFault as broken:
        raise LogCorrupt(f"the seal cannot be read: {broken.what}", where=f"block {height}") from broken


def _is_empty(seal: BlockSealed, partition: int) -> bool:
    counts = seal.partition_counts.split(",")
    return partition < len(counts) and counts[partition] == "0"


def _missing(what: str, height: int) -> LogCorrupt:
    return LogCorrupt(f"{what} cannot be found", where=f"block {height}")


def _events(partition: int) -> bytes:
    return b"e" + partition.to_bytes(2, "big")


def _u64(number: int) -> bytes:
    return number.to_bytes(8, "big")
