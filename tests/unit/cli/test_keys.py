"""``ledger keys`` and ``ledger sign``: an operator's way from a key to a signed command."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Ledger = Callable[..., Any]

STATUS = {"command": "ChangeStatus", "producer": "operator", "number": 2, "status": "cancel_only"}


@pytest.fixture
def desk(ledger: Ledger, data: Path, tmp_path: Path) -> Path:
    """A ledger called main with one operator key, and the key's file."""
    key = tmp_path / "ada.key"
    public = ledger("keys", "new", key).out.strip()
    assert ledger("keys", "public", key).out.strip() == public
    ledger("init", "--data", data, "--ledger-id", "main")
    registration = {
        "command": "RegisterKey",
        "producer": "operator",
        "number": 1,
        "key_id": "ada",
        "public_key": public,
        "role": "operator",
        "operator": "Ada",
    }
    file = tmp_path / "register.ndjson"
    file.write_text(json.dumps(registration))
    assert ledger("submit", file, "--data", data).code == 0
    return key


def lines(tmp_path: Path, *objects: dict[str, object]) -> Path:
    file = tmp_path / "commands.ndjson"
    file.write_text("".join(json.dumps(each) + "\n" for each in objects))
    return file


def test_a_command_is_signed_and_then_taken(ledger: Ledger, data: Path, desk: Path, tmp_path: Path) -> None:
    wanted = {**STATUS, "withdrawals": "held", "reason": "drill"}
    file = lines(tmp_path, wanted)
    (refused,) = ledger("submit", file, "--data", data).lines()
    assert refused["reason"] == "SIGNATURE_REQUIRED"
    file = lines(tmp_path, {**wanted, "number": 3})
    signed = ledger("sign", file, "--key", desk, "--key-id", "ada", "--ledger-id", "main")
    assert signed.code == 0
    file.write_text(signed.out)
    (accepted,) = ledger("submit", file, "--data", data).lines()
    assert accepted["status"] == "accepted"


def test_a_second_operator_adds_a_signature(ledger: Ledger, desk: Path, tmp_path: Path) -> None:
    file = lines(tmp_path, {**STATUS, "withdrawals": "", "reason": ""})
    once = ledger("sign", file, "--key", desk, "--ledger-id", "main")
    file.write_text(once.out)
    (twice,) = ledger("sign", file, "--key", desk, "--key-id", "b", "--ledger-id", "main").lines()
    assert [len(each["signature"]) for each in twice["signatures"]] == [128, 128]
    assert twice["signatures"][1]["key"] == "b"


def test_a_key_is_never_written_over(ledger: Ledger, desk: Path) -> None:
    before = desk.read_text()
    again = ledger("keys", "new", desk)
    assert (again.code, desk.read_text()) == (2, before)
    assert desk.stat().st_mode & 0o077 == 0


def test_a_line_that_is_no_command_is_named(ledger: Ledger, desk: Path, tmp_path: Path) -> None:
    file = lines(tmp_path, {"command": "Nonsense"})
    finished = ledger("sign", file, "--key", desk, "--ledger-id", "main")
    assert (finished.code, "line 1" in finished.err) == (1, True)
    assert ledger("sign", file, "--key", tmp_path / "none", "--ledger-id", "main").code == 2
