"""Small JSON records on disk that are there whole or not at all, and say when they were changed."""

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from ledger.errors import CheckpointCorrupt, DiskFull

_CHECK: Final = "check"
_CHECK_BYTES: Final = 32
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_record(path: Path, values: Mapping[str, Any]) -> None:
    """Write a record with a digest of itself, durable on return."""
    fresh = path.with_name(f"{path.name}.writing")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({**values, _CHECK: _digest(values)}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync(path.parent)


def read_record(path: Path) -> dict[str, Any]:
    """What ``write_record`` wrote. Raises ``CheckpointCorrupt`` for anything else."""
    try:
        values: Any = json.loads(path.read_bytes())
    except (OSError, ValueError) as fault:
        raise CheckpointCorrupt(f"its record cannot be read: {fault}", where=str(path)) from fault
    if not isinstance(values, dict) or values.pop(_CHECK, None) != _digest(values):
        raise CheckpointCorrupt("its record was changed since it was written", where=str(path))
    return values


def sync(path: Path) -> None:
    """Make a file, or the names in a directory, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def room_for(what: str, path: Path) -> Iterator[None]:
    """Turn what the operating system says of a full disk into ``DiskFull``."""
    try:
        yield
    except OSError as fault:
        if fault.errno not in _NO_ROOM:
            raise
        raise DiskFull(
            f"no room for {what}: {fault.strerror}",
            where=str(path),
            remedy="Make room on the disk and start again",
        ) from fault


def _digest(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=_CHECK_BYTES).hexdigest()
