"""What a new version of a message may be, and that a ledger goes on under one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas import Schema, SchemaFault, parse
from schemas.generate.lock import Lock
from schemas.generate.versions import check_versions

ROOT = Path(__file__).parents[3]
COPIED = ("ledger", "projectors", "scenarios", "schemas", "services", "tests/golden", "tests/messages.py")
FIELDS = [{"name": "account", "type": "string", "doc": ""}, {"name": "amount_e8", "type": "long", "doc": ""}]
NEW = {"name": "channel", "type": "string", "doc": "", "default": "bank"}


def version(number: int, *fields: dict[str, Any], folder: str = "events", routing: str = "keyed") -> Schema:
    source = {
        "type": "record",
        "name": "Paid",
        "namespace": f"ledger.v{number}",
        "doc": "",
        "routing": routing,
        "fields": [*fields],
    }
    path = f"{folder}/ledger.v{number}.Paid.avsc"
    return parse(path, json.dumps(source).encode(), f"{number:016x}")


def lock_of(*schemas: Schema, released: bool = True) -> Lock:
    return {schema.path: {"released": released} for schema in schemas}


def test_a_version_may_add_fields_that_say_what_older_messages_have() -> None:
    found = [version(1, *FIELDS), version(2, *FIELDS, NEW), version(3, NEW, *FIELDS)]
    check_versions(found, lock_of(*found))


@pytest.mark.parametrize(
    ("newer", "told"),
    [
        (version(3, *FIELDS, NEW), "count from 1 without a gap"),
        (version(2, FIELDS[0]), "field amount_e8 of .* must stay a long"),
        (version(2, {**FIELDS[0], "type": "long"}, FIELDS[1]), "field account of .* must stay a string"),
        (version(2, *FIELDS, {**NEW, "default": None}), "field channel is new: .* with a default"),
        (version(2, *FIELDS, {**NEW, "default": 7}), "field channel is new"),
        (version(2, *FIELDS, routing="broadcast"), "must stay event, keyed"),
        (version(2, *FIELDS, folder="commands"), "must stay event, keyed"),
    ],
)
def test_a_version_that_older_messages_cannot_be_read_into_is_refused(newer: Schema, told: str) -> None:
    older = version(1, *FIELDS)
    with pytest.raises(SchemaFault, match=told):
        check_versions([older, newer], lock_of(older, newer))


def test_records_in_arrays_stay_as_they_are() -> None:
    def items(*fields: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": "lines",
            "type": {
                "type": "array",
                "items": {"type": "record", "name": "L", "doc": "", "fields": [*fields]},
            },
            "doc": "",
        }

    older, newer = version(1, *FIELDS, items(FIELDS[0])), version(2, *FIELDS, items(*FIELDS))
    with pytest.raises(SchemaFault, match="records in arrays must stay"):
        check_versions([older, newer], lock_of(older, newer))


def test_a_record_of_the_log_has_one_version() -> None:
    found = [version(1, *FIELDS, folder="records"), version(2, *FIELDS, NEW, folder="records")]
    with pytest.raises(SchemaFault, match="has one version"):
        check_versions(found, lock_of(*found))


def test_a_version_of_what_was_not_released_is_refused() -> None:
    found = [version(1, *FIELDS), version(2, *FIELDS, NEW)]
    with pytest.raises(SchemaFault, match="is not released"):
        check_versions(found, lock_of(*found, released=False))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program whose schemas are released and whose deposits have a second version."""
    copy = tmp_path_factory.mktemp("upgraded")
    for name in COPIED:
        source = ROOT / name
        if source.is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy / name)
        else:
            shutil.copytree(
                source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.so", "*.csv")
            )
    run(copy, copy, "-m", "schemas.generate", "--release")
    old = copy / "schemas" / "events" / "ledger.v1.DepositCredited.avsc"
    source = json.loads(old.read_text(encoding="utf-8"))
    source["namespace"] = "ledger.v2"
    source["fields"].append({"name": "channel", "type": "string", "doc": "How it came.", "default": "bank"})
    new = old.with_name("ledger.v2.DepositCredited.avsc")
    new.write_text(json.dumps(source), encoding="utf-8")
    for name in ("core/rules/money.py", "core/rollback/rebuilt.py"):
        rule = copy / "ledger" / name
        text = rule.read_text(encoding="utf-8")
        assert text.count("DepositCredited(\n") == 1
        rule.write_text(
            text.replace("DepositCredited(\n", 'DepositCredited(channel="card",\n'), encoding="utf-8"
        )
    run(copy, copy, "-m", "schemas.generate")
    return copy


def run(code: Path, folder: Path, *arguments: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=kept | {"PYTHONPATH": str(code), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def programs(tmp_path: Path) -> Callable[..., str]:
    """Runs commands of ``ledger`` and ``projectors``, of the tree that is named, in one folder."""

    def ran(code: Path, *lines: str) -> str:
        folder = tmp_path / "data"
        folder.mkdir(exist_ok=True)
        program = "import sys, io, contextlib, json\n"
        program += "from ledger.cli import main as ledger\nfrom projectors.cli import main as projectors\n"
        program += "for line in json.loads(sys.argv[1]):\n    sys.argv = line.split()\n"
        program += "    try: {'ledger': ledger, 'projectors': projectors}[sys.argv[0]]()\n"
        program += "    except SystemExit as end: assert not end.code, line\n"
        return run(code, folder, "-c", program, json.dumps(lines))

    return ran


def deposit(number: int) -> str:
    command = {"command": "CreditDeposit", "producer": "bridge", "number": number, "account": "alice"}
    rest = {"asset": "USDC", "amount": "10", "external_ref": f"0x{number}", "bridge": "main"}
    return json.dumps(command | rest | {"external_chain": "ethereum"}) + "\n"


def test_a_ledger_goes_on_under_a_new_version_of_an_event(
    tree: Path, programs: Callable[..., str], tmp_path: Path
) -> None:
    opening = (ROOT / "docs" / "first.ndjson").read_text(encoding="utf-8").splitlines(keepends=True)[:3]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "old.ndjson").write_text("".join(opening) + deposit(1))
    (tmp_path / "data" / "new.ndjson").write_text(deposit(2))
    programs(ROOT, "ledger submit old.ndjson --partitions 1", "projectors run --views account")
    told = programs(
        tree,
        "ledger log verify",
        "ledger submit new.ndjson",
        "ledger submit old.ndjson",
        "projectors run --views account",
        "projectors verify --views account",
        "ledger restart check",
        "ledger log tail -n 2 --json",
        "projectors show table account balances --json",
    )
    assert '"channel":"bank"' in told
    assert '"channel":"card"' in told
    assert '"balance": "20"' in told
    assert told.count('"duplicate":true') == 4


def test_both_forms_of_the_codec_read_an_old_message_alike(tree: Path) -> None:
    program = "import json\nfrom ledger.log import plain, wire\n"
    program += "golden = json.load(open('tests/golden/ledger.v1.DepositCredited.json'))\n"
    program += "read = [form.decode_event(bytes.fromhex(golden['framed'])) for form in (plain, wire)]\n"
    program += "assert read[0] == read[1] and read[0].channel == 'bank', read\n"
    program += "again = [form.encode_event(read[0]) for form in (plain, wire)]\n"
    program += "assert again[0] == again[1] != bytes.fromhex(golden['framed'])\n"
    run(tree, tree, "-c", program)
