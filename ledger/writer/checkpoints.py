"""Writer checkpoints: the state after a block, in a file, so that recovery reads only a tail.

A checkpoint is a copy of what the log says, never more. One that is damaged, that was written by
another version, or whose seal is not on the chain is passed over and left where it is; the worst
that can happen is a longer recovery. Layout of ``checkpoint-<height>``::

    LEDGERCP                    8 bytes
    length, header              u32 big-endian, JSON object (see ``Header``)
    length, row                 the same for every row: header.state_rows of the state, then duplicates
    digest                      blake2b-256 of everything before it

It is written beside its name, synced, renamed, and the directory is synced: a name is either the
whole file or nothing.
"""

import errno
import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b, sha256
from importlib.resources import files
from itertools import islice
from pathlib import Path
from struct import Struct
from typing import Final, final

from ledger.core.image import load_state, state_rows
from ledger.core.state import State
from ledger.errors import CheckpointCorrupt, CodecFault, DiskFull, InvariantError
from ledger.files import sync_folder
from ledger.rows import decode_row, encode_row
from ledger.writer.duplicates import Duplicates

FORMAT: Final = 1
MAGIC: Final = b"LEDGERCP"
DIGEST_BYTES: Final = 32
KEPT_NEWEST: Final = 2
"""Newest checkpoints always kept; of older ones the oldest of every doubling of age in blocks, so a
log of a million blocks has some twenty. (Keeping the newest would let none grow old.)"""

_LENGTH: Final = Struct(">I")
_logger: Final = logging.getLogger("ledger.writer")

Row = list[int | str]


@dataclass(frozen=True, slots=True)
class Header:
    """Which ledger, block and program a checkpoint belongs to.

    ``seal_digest`` is the digest of the block's seal in hexadecimal; ``schema_lock`` the SHA-256
    of the schema lock; ``state_rows`` how many rows are the state's.
    """

    format: int
    ledger_id: str
    height: int
    seal_digest: str
    schema_lock: str
    state_rows: int


@final
class Checkpoint:
    """A checkpoint that was read back and is sound."""

    __slots__ = ("duplicates", "header", "state")

    def __init__(self, header: Header, state: State, duplicates: Duplicates) -> None:
        self.header = header
        self.state = state
        self.duplicates = duplicates


@final
class Checkpoints:
    """The checkpoints of one ledger in one directory, which ``save`` creates; up to a block, if asked."""

    def __init__(self, directory: Path, at_most: int | None = None) -> None:
        self.directory = directory
        self._at_most = at_most
        self.schema_lock = sha256((files("schemas") / "lock.json").read_bytes()).hexdigest()

    def heights(self) -> list[int]:
        """Blocks that have a checkpoint file, newest first; nothing is said about their contents."""
        names = (path.name.removeprefix("checkpoint-") for path in self.directory.glob("checkpoint-*"))
        heights = [int(name) for name in names if name.isascii() and name.isdigit()]
        if self._at_most is not None:
            heights = [height for height in heights if height <= self._at_most]
        return sorted(heights, reverse=True)

    def path(self, height: int) -> Path:
        """File of the checkpoint at ``height``."""
        return self.directory / f"checkpoint-{height:012d}"

    def save(
        self, ledger_id: str, height: int, seal_digest: str, state: State, duplicates: Duplicates
    ) -> Path:
        """Write the checkpoint of the block at ``height``, durable on return.

        Raises ``DiskFull``; other trouble of the file system is an ``OSError``.
        """
        rows = [encode_row(row) for row in state_rows(state)]
        header = Header(FORMAT, ledger_id, height, seal_digest, self.schema_lock, len(rows))
        parts = [json.dumps(asdict(header), sort_keys=True).encode(), *rows]
        parts.extend(encode_row(row) for row in duplicates.rows())
        target = self.path(height)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            _write(target, parts)
        except OSError as fault:
            if fault.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise DiskFull("no room for a writer checkpoint", where=str(target)) from fault
        return target

    def newest(
        self, ledger_id: str, is_on_chain: Callable[[int, str], bool], at_most: int
    ) -> Checkpoint | None:
        """The newest sound checkpoint up to a height whose ``(height, seal_digest)`` is on the chain, if any.

        Every one that is passed over is reported to the logger with its reason.
        """
        for height in self.heights():
            if height > at_most:
                continue
            try:
                return self._read(height, ledger_id, is_on_chain)
            except CheckpointCorrupt as fault:
                _logger.warning("%s", fault)
        return None

    def thin(self) -> None:
        """Delete checkpoints that age has made superfluous, and what a killed writer left half written."""
        for unfinished in self.directory.glob(".checkpoint-*.writing"):
            unfinished.unlink(missing_ok=True)
        heights = self.heights()
        ages_seen: set[int] = set()
        for height in reversed(heights[KEPT_NEWEST:]):
            age = (heights[0] - height).bit_length()
            if age in ages_seen:
                self.path(height).unlink(missing_ok=True)
            ages_seen.add(age)

    def _read(self, height: int, ledger_id: str, is_on_chain: Callable[[int, str], bool]) -> Checkpoint:
        header, rows = self._open(height, ledger_id)
        if not is_on_chain(header.height, header.seal_digest):
            raise CheckpointCorrupt("its block is not on the chain of this log", where=str(self.path(height)))
        return _load(header, rows, self.path(height))

    def _open(self, height: int, ledger_id: str) -> tuple[Header, Iterator[Row]]:
        path = self.path(height)
        try:
            data = path.read_bytes()
        except OSError as fault:
            raise CheckpointCorrupt(f"cannot be read: {fault}", where=str(path)) from fault
        body = data[:-DIGEST_BYTES]
        if (
            not data.startswith(MAGIC)
            or blake2b(body, digest_size=DIGEST_BYTES).digest() != data[len(body) :]
        ):
            raise CheckpointCorrupt("the file is damaged: its digest does not match", where=str(path))
        parts = _parts(memoryview(body), path)
        header = _header(next(parts, b""), path)
        expected = (FORMAT, ledger_id, height, self.schema_lock)
        if (header.format, header.ledger_id, header.height, header.schema_lock) != expected:
            raise CheckpointCorrupt(
                "it was written by another version or for another ledger", where=str(path)
            )
        return header, (decode_row(part) for part in parts)


def _write(target: Path, parts: list[bytes]) -> None:
    temporary = target.with_name(f".{target.name}.writing")
    digest = blake2b(MAGIC, digest_size=DIGEST_BYTES)
    try:
        with temporary.open("wb") as file:
            file.write(MAGIC)
            for part in parts:
                framed = _LENGTH.pack(len(part)) + part
                digest.update(framed)
                file.write(framed)
            file.write(digest.digest())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(target.parent)


def _parts(body: memoryview, path: Path) -> Iterator[bytes]:
    place = len(MAGIC)
    while place < len(body):
        if place + _LENGTH.size > len(body):
            raise CheckpointCorrupt("the file ends in the middle of a row", where=str(path))
        (length,) = _LENGTH.unpack_from(body, place)
        place += _LENGTH.size
        yield bytes(body[place : place + length])
        place += length


def _header(data: bytes, path: Path) -> Header:
    try:
        return Header(**json.loads(data))
    except (ValueError, TypeError) as fault:
        raise CheckpointCorrupt(f"its header cannot be read: {fault}", where=str(path)) from fault


def _load(header: Header, rows: Iterator[Row], path: Path) -> Checkpoint:
    duplicates = Duplicates()
    try:
        state = load_state(islice(rows, header.state_rows))
        duplicates.load(rows)
    except (CodecFault, InvariantError, ValueError, IndexError, KeyError) as fault:
        # The digest matched, so these are the rows of a program with other ideas of a state.
        raise CheckpointCorrupt(f"its rows are not a state: {fault}", where=str(path)) from fault
    return Checkpoint(header, state, duplicates)
