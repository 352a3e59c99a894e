"""``ledger submit``: a thousand lines, bad ones among them, and the same file again."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.edge.commands import LINE_BYTES_MAX

Ledger = Callable[..., Any]

PROGRAM = [sys.executable, "-c", "from ledger.cli import main; main()"]


def command(name: str, producer: str, number: int, **fields: object) -> dict[str, object]:
    return {"command": name, "producer": producer, "number": number, **fields}


def opening(accounts: int) -> list[dict[str, object]]:
    lines = [command("ListAsset", "operator", 1, asset="USDC", decimals=6, settlement=True)]
    for index in range(accounts):
        account = f"account-{index}"
        lines.append(command("OpenAccount", "operator", index + 2, account=account))
        deposit = {
            "asset": "USDC",
            "amount": "1000",
            "external_ref": f"tx-{index}",
            "external_chain": "ethereum",
        }
        lines.append(command("CreditDeposit", "bank", index + 1, account=account, bridge="main", **deposit))
    return lines


def transfer(number: int, **changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "account": "account-1",
        "counterparty": "account-2",
        "asset": "USDC",
        "amount": "0.5",
    }
    return command("Transfer", "gateway", number, **{**fields, **changes})


def thousand_lines() -> list[tuple[bytes, str]]:
    """A thousand lines, a third of them bad, each with the reason it must be refused with."""
    lines = [(json.dumps(given).encode(), "") for given in opening(10)]
    long_line = json.dumps(transfer(9_000, account="x" * LINE_BYTES_MAX)).encode()
    bad: list[tuple[bytes, str]] = [
        (b"", "MALFORMED_COMMAND"),
        (b'{"command": "Transfer"', "MALFORMED_COMMAND"),
        (json.dumps(transfer(9_001, amount=0.5)).encode(), "MALFORMED_COMMAND"),
        (json.dumps(transfer(9_002, amount="0.123456789")).encode(), "MALFORMED_COMMAND"),
        (json.dumps(transfer(9_003, colour="red")).encode(), "MALFORMED_COMMAND"),
        (json.dumps(transfer(9_004, amount="1000000001")).encode(), "OUT_OF_RANGE"),
        (json.dumps(command("Steal", "gateway", 9_005)).encode(), "UNKNOWN_COMMAND"),
        (long_line, "COMMAND_TOO_LARGE"),
        (b"\xff\xfe\x00", "MALFORMED_COMMAND"),
    ]
    number = 0
    while len(lines) < 1000:
        if len(lines) % 3 == 0:
            lines.append(bad[(len(lines) // 3 + 1) % len(bad)])
            continue
        number += 1
        refusal = "ACCOUNT_NOT_FOUND" if number % 10 == 0 else ""
        receiver = "nobody" if refusal else f"account-{number % 9}"
        sender = "account-9"
        lines.append((json.dumps(transfer(number, account=sender, counterparty=receiver)).encode(), refusal))
    return lines


@pytest.fixture
def thousand(tmp_path: Path) -> tuple[Path, list[str]]:
    """A file of a thousand lines without a last line end, and the reasons expected."""
    lines = thousand_lines()
    file = tmp_path / "thousand.ndjson"
    file.write_bytes(b"\n".join(line for line, _ in lines))
    return file, [reason for _, reason in lines]


@pytest.mark.parametrize("block_size", [1000, 7])
def test_a_thousand_lines_a_third_of_them_bad_get_the_right_thousand_outcomes_and_again_change_nothing(
    ledger: Ledger, data: Path, thousand: tuple[Path, list[str]], block_size: int
) -> None:
    file, expected = thousand
    first = ledger("submit", file, "--data", data, "--block-size", block_size)
    answers = first.lines()
    assert first.code == 1
    assert [answer["line"] for answer in answers] == list(range(1, 1001))
    assert [answer.get("reason", "") for answer in answers] == expected
    assert not any(answer["duplicate"] for answer in answers)
    head = ledger("log", "head", "--data", data, "--json").out
    again = ledger("submit", file, "--data", data, "--block-size", "100")
    assert again.lines() == [{**answer, "duplicate": "recorded_at_us" in answer} for answer in answers], (
        "every command gets its first outcome, marked duplicate"
    )
    assert ledger("log", "head", "--data", data, "--json").out == head


def test_accepted_events_are_numbered_without_a_gap(
    ledger: Ledger, data: Path, thousand: tuple[Path, list[str]]
) -> None:
    answers = ledger("submit", thousand[0], "--data", data).lines()
    expected = 2
    for answer in answers:
        if "first_seq" in answer:
            assert answer["first_seq"] == expected
            expected = answer["last_seq"] + 1
    assert json.loads(ledger("log", "head", "--data", data, "--json").out)["last_seq"] == expected - 1


def test_a_clean_file_leaves_with_zero(ledger: Ledger, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "clean.ndjson"
    file.write_text("".join(json.dumps(given) + "\n" for given in opening(3)), encoding="utf-8")
    first = ledger("submit", file, "--data", data, "--partitions", "2", "--ledger-id", "main")
    assert first.code == 0
    assert "created main with 2 partitions" in first.err
    assert "7 accepted" in first.err
    assert ledger("submit", file, "--data", data).code == 0


def test_an_empty_file_changes_nothing(ledger: Ledger, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "empty.ndjson"
    file.write_bytes(b"")
    finished = ledger("submit", file, "--data", data)
    assert (finished.code, finished.out) == (0, "")


def test_a_line_of_ten_megabytes_on_stdin_is_refused_and_the_next_one_taken(data: Path) -> None:
    lines = [b"x" * 10_000_000, json.dumps(opening(0)[0]).encode()]
    done = subprocess.run(
        [*PROGRAM, "submit", "-", "--data", data],
        input=b"\n".join(lines),
        capture_output=True,
        check=False,
        timeout=60,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer.get("reason", answer["status"]) for answer in answers] == ["COMMAND_TOO_LARGE", "accepted"]
    assert done.returncode == 1


def test_whoever_waits_for_an_answer_before_the_next_line_gets_it(data: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "submit", "-", "--data", data], stdin=-1, stdout=-1, stderr=-1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for given in opening(2):
            process.stdin.write(json.dumps(given).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["status"] == "accepted"
        process.stdin.close()
        assert process.wait(30) == 0


def test_a_reader_of_the_answers_that_goes_away_ends_the_program_without_a_traceback(
    data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "many.ndjson"
    file.write_text(
        "".join(json.dumps(transfer(number)) + "\n" for number in range(1, 5000)), encoding="utf-8"
    )
    with subprocess.Popen(
        [*PROGRAM, "submit", file, "--data", data, "--block-size", "50"], stdout=-1, stderr=-1
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 1
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
