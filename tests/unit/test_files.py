"""A file that is written whole is there whole or as it was before."""

import os
import signal
from multiprocessing import get_context
from pathlib import Path

import pytest

from ledger.errors import SettingsFault
from ledger.files import write_whole


def die_at_a_sync(path: Path) -> None:
    """Write, and be killed when the draft is to be synced."""
    setattr(os, "fsync", lambda _file: os.kill(os.getpid(), signal.SIGKILL))  # noqa: B010  not of its type
    write_whole(path, "new")


def test_a_writer_that_is_killed_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    write_whole(path, "old")
    process = get_context("forkserver").Process(target=die_at_a_sync, args=(path,))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert path.read_text() == "old"
    write_whole(path, "newest")
    assert path.read_text() == "newest"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="Name a file in a folder of yours"):
        write_whole(tmp_path / "nowhere" / "plan.json", "x")
    assert list(tmp_path.iterdir()) == []
