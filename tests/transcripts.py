"""Transcripts in the documentation: what they say is typed, typed, and what is printed then.

``python -m tests.transcripts`` writes what is printed into the pages, where it differs.

``ledger`` and ``projectors`` run in this process, in the form that is tested: a program of its own for every
line would take most of the time to load libraries. ``> FILE`` at the end of a line is done here. Every other
line is a shell's.
"""

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple
from unittest.mock import patch

from docs.generate.markdown import code_blocks
from ledger.cli import main as ledger
from projectors.cli import main as projectors

ROOT: Final = Path(__file__).parent.parent
PROGRAMS: Final[Mapping[str, Callable[[], None]]] = {"ledger": ledger, "projectors": projectors}
COLUMNS: Final = 120
_SHELL_LETTERS: Final = frozenset("|<&;$`*")
VARYING: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?"), "TIME"),
    (re.compile(r'"(recorded_at_us|issued_at_us)":\d+'), r'"\1":TIME'),
    (re.compile(r"\b1[789]\d{14}\b"), "TIME"),
    (re.compile(r"ledger-[0-9a-f]{12}"), "ledger-ID"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"\b[0-9a-f]{8,63}(…|\.\.\.)"), "DIGEST"),
    (re.compile(r"\d+(\.\d+)? ?(ms|s)\b"), "DURATION"),
    (re.compile(r"[\d,]+ events/s"), "SPEED"),
    (re.compile(r"[ ━─]+"), " "),
)
"""What differs from run to run, and the width of tables that follows from it."""


GROUPS: Final[tuple[tuple[str, ...], ...]] = (
    ("README.md",),
    ("docs/tutorial/first-ledger.md",),
    ("docs/explanation/blocks.md",),
    ("docs/explanation/guards.md",),
    (
        "docs/explanation/why-a-trial-balance-is-blind.md",
        "docs/explanation/rollback.md",
        "docs/explanation/two-times.md",
    ),
)
"""Pages with transcripts; those of a group tell one story, in this order."""


class Line(NamedTuple):
    """A command of a transcript with what it is said to print."""

    command: str
    printed: str


def transcript(page: Path) -> list[Line]:
    """Every command of the ``console`` blocks of a page that show what is printed, in order."""
    lines: list[Line] = []
    for language, block in code_blocks(page.read_text(encoding="utf-8")):
        if language == "console":
            parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)[1:]
            lines += [Line(*pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    return lines


def masked(text: str) -> list[str]:
    """The lines of ``text`` without what differs from run to run; a row of a table is one line."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("│ ") and lines and not line.split("│")[1].strip():
            pairs = zip(lines[-1].split("│"), line.split("│"), strict=True)
            lines[-1] = "│".join(f"{above.rstrip()} {below.strip()} " for above, below in pairs)
        else:
            lines.append(line)
    text = "\n".join(lines)
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return [line.strip() for line in text.splitlines()]


def agree(told: str, printed: str) -> bool:
    """Whether a page tells what was printed; a line of ``…`` stands for any number of lines."""
    found = masked(printed)
    begin, *parts = _parts(masked(told))
    if not parts:
        return begin == found
    at = len(begin)
    if found[:at] != begin:
        return False
    for part in parts[:-1]:
        starts = [start for start in range(at, len(found)) if found[start : start + len(part)] == part]
        if not starts:
            return False
        at = starts[0] + len(part)
    end = len(found) - len(parts[-1])
    return at <= end and found[end:] == parts[-1]


def _parts(lines: list[str]) -> list[list[str]]:
    """``lines`` cut at every ``…``."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if line == "…":
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def stage(folder: Path) -> None:
    """Put the files that the pages name where their commands are typed."""
    for path in sorted(ROOT.glob("docs/**/*.ndjson")):
        place = folder / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)


def play(group: Sequence[str], folder: Path) -> Iterator[tuple[str, Line, str]]:
    """Every line of a group of pages with what it prints, one after the other in one folder."""
    stage(folder)
    for page in group:
        for line in transcript(ROOT / page):
            yield page, line, typed(line.command, folder)


def main() -> None:
    """Write what is printed into the pages; lines of ``…`` go where it differs."""
    for group in GROUPS:
        texts = {page: (ROOT / page).read_text(encoding="utf-8") for page in group}
        at = dict.fromkeys(group, 0)
        with TemporaryDirectory() as folder:
            for page, line, printed in play(group, Path(folder)):
                told = f"$ {line.command}\n{line.printed}"
                new = told if agree(line.printed, printed) else f"$ {line.command}\n{_kept(printed)}"
                start = texts[page].index(told, at[page])
                texts[page] = texts[page][:start] + new + texts[page][start + len(told) :]
                at[page] = start + len(new)
        for page, text in texts.items():
            (ROOT / page).write_text(text, encoding="utf-8")


def _kept(printed: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in printed.splitlines())


def typed(command: str, folder: Path) -> str:
    """What a command prints in a folder, both streams together."""
    command, _, file = command.partition(" > ")
    words = shlex.split(command, comments=True)
    with patch.dict(os.environ, _environment(), clear=True):
        if words[0] not in PROGRAMS or _SHELL_LETTERS & set(command):
            done = subprocess.run(  # noqa: S602  a shell line is what is tested
                command,
                shell=True,
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            return done.stdout
        with chdir(folder):
            printed = _run(words)
            if file:
                Path(file).write_text(printed, encoding="utf-8")
            return "" if file else printed


def _run(words: list[str]) -> str:
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with (
        patch.object(sys, "argv", words),
        redirect_stdout(printed),
        redirect_stderr(printed),
        suppress(SystemExit),
    ):
        PROGRAMS[words[0]]()
    printed.seek(0)
    return printed.read()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    return kept | {"COLUMNS": str(COLUMNS)}


if __name__ == "__main__":
    main()
