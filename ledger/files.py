"""Files that are there whole or not at all."""

import errno
import os
from pathlib import Path

from ledger.errors import DiskFull, SettingsFault


def write_whole(path: Path, text: str) -> None:
    """Write a file, durable on return: its name stands for all of it, or for what was there before.

    It is written beside its name, synced, renamed, and the folder is synced. A process that dies in between
    leaves a file that begins with a dot and ends in ``.writing``. Raises ``DiskFull``, and ``SettingsFault``
    when nothing can be written there.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.writing")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        if fault.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("no room for the file", where=str(path)) from fault
        raise SettingsFault(
            f"cannot be written: {fault.strerror}", where=str(path), remedy="Name a file in a folder of yours"
        ) from fault


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
