"""The program around ``submit``: creation, reading, checkpoints, faults and exit codes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import errors
from ledger.cli.exits import Exit, exit_code

Ledger = Callable[..., Any]

PROGRAM = [sys.executable, "-c", "from ledger.cli import main; main()"]
ASSET = {
    "command": "ListAsset",
    "producer": "operator",
    "number": 1,
    "asset": "USDC",
    "decimals": 6,
    "settlement": True,
}


@pytest.fixture
def asset_file(tmp_path: Path) -> Path:
    file = tmp_path / "asset.ndjson"
    file.write_text(json.dumps(ASSET), encoding="utf-8")
    return file


def test_a_ledger_is_created_once(ledger: Ledger, data: Path) -> None:
    assert ledger("init", "--data", data, "--partitions", "3", "--ledger-id", "main").code == Exit.CLEAN
    again = ledger("init", "--data", data)
    assert again.code == Exit.COULD_NOT_RUN
    assert "already" in again.err
    (event,) = ledger("log", "show", "1", "--data", data, "--json").lines()
    assert (event["event"], event["ledger_id"], event["partitions"]) == ("LedgerOpened", "main", 3)


def test_what_happened_can_be_read_as_tables_and_as_json(
    ledger: Ledger, data: Path, asset_file: Path
) -> None:
    ledger("submit", asset_file, "--data", data)
    assert [event["event"] for event in ledger("log", "tail", "--data", data, "--json").lines()] == [
        "LedgerOpened",
        "AssetListed",
    ]
    assert ledger("log", "tail", "-n", "1", "--data", data, "--json").lines()[0]["asset"] == "USDC"
    (outcome,) = ledger("log", "show", "2", "--outcomes", "--data", data, "--json").lines()
    assert (outcome["status"], outcome["producer"], outcome["position"]) == ("accepted", "operator", 0)
    assert "AssetListed" in ledger("log", "tail", "--data", data).out
    assert "command_cursor" in ledger("log", "head", "--data", data).out


def test_a_block_that_is_not_there_is_a_no(ledger: Ledger, data: Path) -> None:
    ledger("init", "--data", data)
    finished = ledger("log", "show", "9", "--data", data)
    assert (finished.code, finished.out) == (Exit.FINDINGS, "")


def test_a_checkpoint_is_written_and_used(ledger: Ledger, data: Path, asset_file: Path) -> None:
    ledger("submit", asset_file, "--data", data)
    assert ledger("checkpoint", "--data", data).code == Exit.CLEAN
    (file,) = (data / "writer").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    again = ledger("submit", asset_file, "--data", data)
    assert again.lines()[0]["duplicate"] is True
    assert str(file) not in again.out


@pytest.mark.parametrize("arguments", [["log", "head"], ["log", "tail"], ["checkpoint"]])
def test_without_a_ledger_nothing_is_created(ledger: Ledger, data: Path, arguments: list[str]) -> None:
    finished = ledger(*arguments, "--data", data)
    assert finished.code == Exit.COULD_NOT_RUN
    assert "ledger init" in finished.err
    assert not data.exists()


def test_a_ledger_whose_log_is_gone_is_not_started_anew(ledger: Ledger, data: Path, asset_file: Path) -> None:
    ledger("submit", asset_file, "--data", data)
    ledger("checkpoint", "--data", data)
    (data / "log").rename(data.parent / "elsewhere")
    finished = ledger("submit", asset_file, "--data", data)
    assert finished.code == Exit.COULD_NOT_RUN
    assert "writer" in finished.err
    assert not (data / "log").exists()


@pytest.mark.parametrize(
    "arguments",
    [["submit", "no-such-file"], ["submit"], ["fly"], ["submit", "-", "--block-size", "0"], ["init", "x"]],
)
def test_a_wrong_command_line_leaves_with_two(ledger: Ledger, arguments: list[str]) -> None:
    finished = ledger(*arguments)
    assert finished.code == Exit.USAGE
    assert "Traceback" not in finished.err


def test_the_environment_chooses_the_directory_and_the_command_line_overrules_it(
    ledger: Ledger, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_DATA", str(data))
    monkeypatch.setenv("LEDGER_PARTITIONS", "2")
    assert ledger("init").code == Exit.CLEAN
    assert (data / "log").is_dir()
    assert ledger("init", "--data", tmp_path / "other", "--partitions", "1").code == Exit.CLEAN
    monkeypatch.setenv("LEDGER_PARTITIONS", "many")
    finished = ledger("init", "--data", tmp_path / "third")
    assert finished.code == Exit.USAGE
    assert "LEDGER_PARTITIONS" in finished.err


def test_a_second_process_on_one_directory_is_refused_in_a_sentence(
    ledger: Ledger, data: Path, asset_file: Path
) -> None:
    with subprocess.Popen([*PROGRAM, "run", "--data", data], stdin=-1, stdout=-1, stderr=-1) as first:
        assert first.stderr is not None
        while b"ready" not in first.stderr.readline():
            pass
        second = ledger("submit", asset_file, "--data", data)
        assert second.code == Exit.COULD_NOT_RUN
        assert "one writer" in second.err
        assert ledger("log", "head", "--data", data).code == Exit.CLEAN
        first.communicate(timeout=30)
    assert ledger("submit", asset_file, "--data", data).code == Exit.CLEAN


def test_a_service_answers_what_it_has_taken_and_stops_when_asked(data: Path) -> None:
    environment = {**os.environ, "LEDGER_HEARTBEAT_S": "1"}
    with subprocess.Popen(
        [*PROGRAM, "run", "--data", data], stdin=-1, stdout=-1, stderr=-1, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(ASSET).encode() + b"\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["status"] == "accepted"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_log_verifies_against_a_head_kept_elsewhere(ledger: Ledger, data: Path, asset_file: Path) -> None:
    ledger("submit", asset_file, "--data", data)
    head = json.loads(ledger("log", "head", "--data", data, "--json").out)
    kept = f"{head['height']}:{head['digest']}"
    clean = ledger("log", "verify", "--data", data, "--expect-head", kept, "--json")
    assert clean.code == Exit.CLEAN
    assert json.loads(clean.out) == {"blocks": 2, "events": 2, "head": head["digest"], "findings": []}
    rewritten = ledger("log", "verify", "--data", data, "--expect-head", f"1:{head['digest']}")
    assert rewritten.code == Exit.FINDINGS
    assert rewritten.out.startswith("block 1: ")
    assert ledger("log", "verify", "--data", data, "--expect-head", "2:abc").code == Exit.USAGE


def test_schemas_are_printed_as_json(ledger: Ledger) -> None:
    commands = json.loads(ledger("schema", "commands").out)
    events = json.loads(ledger("schema", "events").out)
    assert "PlaceOrder" in commands["$defs"]
    assert "FillSettled" in events["$defs"]


def test_the_version_says_which_form_runs(ledger: Ledger) -> None:
    assert ledger("--version").out.startswith("ledger ")


def test_every_fault_has_an_exit_code_and_says_what_to_do() -> None:
    kinds = [errors.LedgerFault]
    for kind in kinds:
        kinds += kind.__subclasses__()
        fault = kind("it rained", where="here")
        assert exit_code(fault) in (Exit.USAGE, Exit.COULD_NOT_RUN)
        assert str(fault).startswith("here: it rained. ")
        assert kind.remedy in str(fault)
        assert kind is errors.LedgerFault or kind.__name__ in (errors.__doc__ or "")
