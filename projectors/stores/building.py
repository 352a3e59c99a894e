"""How far generations are that do not serve yet, for whoever watches: ``progress.json`` beside each.

It is for eyes only: nothing is built on it, so it is neither durable nor checked, and it is there only as
long as the generation that it tells of.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

FILE: Final = "progress.json"
EVERY_S: Final = 0.25
"""Time between two writes at least."""

_PLACES: Final = {"rebuild": "rebuild", "rollback": "new"}
"""What builds a generation -> how its place beside the view is named."""


class Building(NamedTuple):
    """A generation that is being built: seqs ``done`` ``of`` all, when it began and was last heard of."""

    view: str
    kind: str
    done: int
    of: int
    began_at_ms: int
    told_at_ms: int


def told(
    generations: Sequence[Path], progress: Callable[[int, int], None] | None = None
) -> Callable[[int, int], None]:
    """A progress that is written beside generations, and told to ``progress``."""
    began_at_ms = time.time_ns() // 1_000_000
    written = 0.0

    def tell(done: int, of: int) -> None:
        nonlocal written
        if progress is not None:
            progress(done, of)
        now = time.monotonic()
        if now - written < EVERY_S and done < of:
            return
        written = now
        record = {
            "done": done,
            "of": of,
            "began_at_ms": began_at_ms,
            "told_at_ms": time.time_ns() // 1_000_000,
        }
        for generation in generations:
            _write(generation.parent / FILE, json.dumps(record))

    return tell


def building(root: Path, views: Sequence[str]) -> list[Building]:
    """What is being built under ``root``, the directory of all views."""
    found = []
    for view in views:
        for kind, suffix in _PLACES.items():
            place = root / f"{view}.{suffix}"
            if not (place / "generation").is_dir():
                continue
            with suppress(OSError, ValueError, KeyError, TypeError):  # it is written, or ends, right now
                record = json.loads((place / FILE).read_bytes())
                numbers = [int(record[name]) for name in ("done", "of", "began_at_ms", "told_at_ms")]
                found.append(Building(view, kind, *numbers))
    return found


def _write(path: Path, text: str) -> None:
    with suppress(OSError):  # no room, or its generation serves by now: nobody depends on it
        fresh = path.with_suffix(".writing")
        fresh.write_text(text, encoding="ascii")
        fresh.replace(path)
