"""Where views lie: ``DATA/views/<view>/gen-<N>/<partition>``, and which generation serves.

``CURRENT`` names the serving generation. A view's first generation is made under another name
and renamed into place, and ``CURRENT`` is replaced by renaming, so that a kill leaves either the
old state or the new one. Whoever switches holds a lock meanwhile. Nothing that served is deleted but
by ``drop``.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.errors import SettingsFault, ViewCorrupt, ViewLocked, ViewMissing

CURRENT: Final = "CURRENT"

_GENERATION: Final = re.compile(r"gen-([1-9][0-9]*)")


def rebuild_command(view: str) -> str:
    """What to type to build a view again."""
    return f"projectors rebuild {view}"


def repair(view: str) -> str:
    """The remedy that faults of a view's files name."""
    return f"Build it again from the log with `{rebuild_command(view)}`; nothing is deleted by itself"


def exists(root: Path, view: str) -> bool:
    """Whether the view was ever built under ``root``, the directory of all views."""
    return (root / view).exists()


def serving(root: Path, view: str) -> Path:
    """Directory of the serving generation.

    Raises ``ViewMissing`` when there is none, ``ViewCorrupt`` when ``CURRENT`` names nothing.
    """
    if not exists(root, view):
        raise ViewMissing("the view was never built here", where=str(root / view))
    path = root / view / CURRENT
    if not path.is_file():
        raise ViewMissing("no file says which generation serves", where=str(path), remedy=repair(view))
    name = path.read_text(encoding="utf-8").strip()
    if not _GENERATION.fullmatch(name):
        raise ViewCorrupt(
            f"{name[:40]!r} is not the name of a generation", where=str(path), remedy=repair(view)
        )
    if not (root / view / name).is_dir():
        raise ViewMissing(f"generation {name} is gone", where=str(root / view), remedy=repair(view))
    return root / view / name


def serving_number(root: Path, view: str) -> int:
    """Number of the serving generation; the faults are those of ``serving``."""
    return int(serving(root, view).name.removeprefix("gen-"))


def numbers(root: Path, view: str) -> list[int]:
    """Numbers of all generations that are there, serving or not, in order."""
    found = (root / view).iterdir() if exists(root, view) else ()
    return sorted(int(match[1]) for path in found if (match := _GENERATION.fullmatch(path.name)))


def name_of(number: int) -> str:
    """Name of the generation with this number."""
    return f"gen-{number}"


def begin(root: Path, view: str) -> Path:
    """An empty directory for the next generation, which does not serve until ``serve``.

    What an earlier attempt left under this name was never served and is removed. For the one process
    that has the view's serving generation open for writing; a rebuild has a place of its own.
    """
    generation = root / f"{view}.new" / "generation"
    shutil.rmtree(generation.parent, ignore_errors=True)
    generation.mkdir(parents=True)
    return generation


def serve(root: Path, view: str, generation: Path, *, instead_of: Path | None = None) -> Path | None:
    """Make a finished generation the serving one, in one step; returns where it lies now.

    With ``instead_of`` only if that one serves still: else somebody else switched, nothing is done and
    ``None`` is returned.
    """
    with locked(root, f"{view}.switch", wait=True):
        if not exists(root, view):
            return _serve_first(root, view, generation)
        if instead_of is not None and serving(root, view) != instead_of:
            return None
        name = name_of(max(numbers(root, view), default=0) + 1)
        place = root / view / name
        generation.rename(place)
        _sync(root / view)
        _write(root / view / CURRENT, name)
        return place


def drop(root: Path, view: str, name: str) -> None:
    """Delete a generation that does not serve, with its checkpoints.

    Raises ``SettingsFault`` for the serving one and for one that is not there.
    """
    with locked(root, f"{view}.switch", wait=True):
        there = [name_of(number) for number in numbers(root, view)]
        if name not in there:
            listed = ", ".join(there) or "none"
            raise SettingsFault(f"{view} has no generation {name}; there are: {listed}")
        if serving(root, view).name == name:
            raise SettingsFault(
                f"{name} of {view} is the one that serves",
                remedy=f"To replace it, build another with `{rebuild_command(view)}`",
            )
        gone = root / f"{view}.dropped"
        shutil.rmtree(gone, ignore_errors=True)
        (root / view / name).rename(gone)
        _sync(root / view)
        shutil.rmtree(gone)


@contextmanager
def locked(root: Path, name: str, *, wait: bool = False) -> Iterator[None]:
    """Hold a lock of this name between processes, until the end or death of this one.

    Raises ``ViewLocked`` when another process holds it, unless it may ``wait``.
    """
    root.mkdir(parents=True, exist_ok=True)
    path = root / f".{name}.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise ViewLocked("another process does this already", where=str(path)) from held
        yield


def _serve_first(root: Path, view: str, generation: Path) -> Path:
    """Make a view's first generation and what names it appear together."""
    shell = root / f"{view}.first"
    shutil.rmtree(shell, ignore_errors=True)
    shell.mkdir()
    name = name_of(1)
    generation.rename(shell / name)
    _write(shell / CURRENT, name)
    shell.rename(root / view)
    _sync(root)
    return root / view / name


def _write(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    _sync(path.parent)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
