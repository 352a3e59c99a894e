"""The ``ledger`` program, run in this process."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ledger.cli import main


class Finished(NamedTuple):
    """What a program left: its exit code and both streams."""

    code: int
    out: str
    err: str

    def lines(self) -> list[dict[str, Any]]:
        """The JSON objects on stdout, one per line."""
        return [json.loads(line) for line in self.out.splitlines()]


Ledger = Callable[..., Finished]


def program(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ledger:
    """Runs ``ledger`` with arguments; its data directory is the one they name."""

    def run(*arguments: str | Path) -> Finished:
        monkeypatch.setattr(sys, "argv", ["ledger", *(str(argument) for argument in arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        streams = capfd.readouterr()
        code = left.value.code
        return Finished(code if isinstance(code, int) else 0, streams.out, streams.err)

    return run
