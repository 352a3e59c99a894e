"""The ``ledger`` program, and a data directory for it."""

from pathlib import Path

import pytest

from tests.program import Ledger, program


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ledger:
    """Run ``ledger`` with arguments; its data directory is the one they name."""
    return program(monkeypatch, capfd)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that does not exist yet."""
    return tmp_path / "data"
