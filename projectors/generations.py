"""Where views lie: ``DATA/views/<view>/gen-<N>/<partition>``, and which generation serves.

``CURRENT`` names the serving generation. A view's first generation is made under another name
and renamed into place, and ``CURRENT`` is replaced by renaming, so that a kill leaves either the
old state or the new one. Nothing that served is deleted here.
"""

import os
import re
import shutil
from pathlib import Path
from typing import Final

from ledger.errors import ViewCorrupt, ViewMissing

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


def begin(root: Path, view: str) -> Path:
    """An empty directory for the next generation, which does not serve until ``serve``.

    What an earlier attempt left under this name was never served and is removed.
    """
    path = root / f"{view}.new"
    shutil.rmtree(path, ignore_errors=True)
    generation = path / f"gen-{max(numbers(root, view), default=0) + 1}"
    generation.mkdir(parents=True)
    return generation


def serve(root: Path, view: str, generation: Path) -> Path:
    """Make a generation from ``begin`` the serving one, in one step; returns where it lies now."""
    if not exists(root, view):
        _write(generation.parent / CURRENT, generation.name)
        generation.parent.rename(root / view)
        _sync(root)
        return root / view / generation.name
    place = root / view / generation.name
    generation.rename(place)
    _write(root / view / CURRENT, generation.name)
    shutil.rmtree(generation.parent, ignore_errors=True)
    return place


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
