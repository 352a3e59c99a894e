"""The transcript in the README is what the programs really print."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
VARYING = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?"), "TIME"),
    (re.compile(r'"recorded_at_us":\d+'), '"recorded_at_us":TIME'),
    (re.compile(r"ledger-[0-9a-f]{12}"), "ledger-ID"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"\d+(\.\d+)? ?(ms|s)\b"), "DURATION"),
    (re.compile(r"[\d,]+ events/s"), "SPEED"),
    (re.compile(r"[ ━─]+"), " "),
)
"""What differs from run to run, and the width of tables that follows from it."""


def masked(text: str) -> str:
    for pattern, word in VARYING:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def transcript() -> list[tuple[str, str]]:
    """Commands of the README's transcript with what it says they print."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    told = next(block for block in blocks if "ledger submit" in block)
    parts = re.split(r"^\$ (.*)\n", told, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which ``ledger`` and ``projectors`` are the form that this run tests."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, module in (("ledger", "ledger.cli"), ("projectors", "projectors.cli.app")):
        program = programs / name
        program.write_text(
            f"#!/bin/sh\nexec '{sys.executable}' -c 'from {module} import main; main()' \"$@\"\n"
        )
        program.chmod(0o755)
    path = os.pathsep.join(sys.path) if "LEDGER_FORM" not in os.environ else os.environ.get("PYTHONPATH", "")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    return kept | {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": path, "COLUMNS": "120"}


def test_the_transcript_is_what_the_programs_print(shell: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "first.ndjson", tmp_path / "docs")
    told = transcript()
    assert [command.split()[0] for command, _ in told] == ["cat", "ledger", *["projectors"] * 4]
    for command, expected in told:
        done = subprocess.run(  # noqa: S602  a shell line is what is tested
            command,
            shell=True,
            env=shell,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert masked(done.stdout) == masked(expected), command


def test_every_file_the_readme_links_to_is_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "docs" / "README.md").read_text(
        encoding="utf-8"
    )
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert [
        link for link in links if not (ROOT / link).exists() and not (ROOT / "docs" / link).exists()
    ] == []
