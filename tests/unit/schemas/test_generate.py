"""What is written from the schemas: fingerprints, the lock and its policy, and that nothing is stale."""

from pathlib import Path

import pytest

from schemas import SchemaFault, catalog, read_files
from schemas.generate.__main__ import main, stale_files, wanted_files
from schemas.generate.lock import Lock, fingerprint_of, lock_text, new_lock

FILE = b'{"type": "record", "name": "A", "namespace": "ledger.v1", "fields": [{"name": "x", "type": "long"}]}'
DOCUMENTED = FILE.replace(b'"long"}', b'"long", "doc": "How many."}')
CHANGED = FILE.replace(b'"long"', b'"string"')
PATH = "events/ledger.v1.A.avsc"


def locked(*, released: bool) -> Lock:
    return new_lock({PATH: FILE}, {}, release=released)


def test_the_fingerprint_is_the_crc_64_avro_of_the_specification() -> None:
    assert fingerprint_of(b'"null"') == "63dd24e7cc258f8a"
    assert fingerprint_of(b'"long"') == "d054e14493f41db7"


def test_every_fingerprint_in_the_lock_is_that_of_its_file() -> None:
    found = read_files()
    for schema in catalog().values():
        assert schema.fingerprint == fingerprint_of(found[schema.path])


def test_nothing_generated_is_stale() -> None:
    assert stale_files(wanted_files(release=False)) == [], "run `python -m schemas.generate`"


def test_check_says_that_all_is_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_file_is_stale_when_it_differs_or_is_not_there(tmp_path: Path) -> None:
    wanted = {tmp_path / name: "text\n" for name in ("same", "other", "missing")}
    (tmp_path / "same").write_text("text\n")
    (tmp_path / "other").write_text("text")
    assert stale_files(wanted) == [tmp_path / "other", tmp_path / "missing"]


def test_an_unreleased_schema_may_change_and_gets_a_new_fingerprint() -> None:
    old = locked(released=False)
    new = new_lock({PATH: CHANGED}, old, release=False)
    assert new[PATH]["sha256"] != old[PATH]["sha256"]
    assert new[PATH]["fingerprint"] != old[PATH]["fingerprint"]
    assert not new[PATH]["released"]


def test_a_released_schema_may_not_change_by_a_byte() -> None:
    for changed in (CHANGED, DOCUMENTED, FILE + b"\n"):
        with pytest.raises(SchemaFault, match="new file under the next namespace version"):
            new_lock({PATH: changed}, locked(released=True), release=False)


def test_a_released_schema_may_not_disappear() -> None:
    with pytest.raises(SchemaFault, match=r"ledger\.v1\.A\.avsc: released"):
        new_lock({}, locked(released=True), release=False)


def test_a_released_schema_stays_released_beside_a_new_one() -> None:
    other = PATH.replace("v1", "v2")
    new = new_lock({PATH: FILE, other: CHANGED.replace(b"v1", b"v2")}, locked(released=True), release=False)
    assert [new[path]["released"] for path in (PATH, other)] == [True, False]


def test_the_doc_of_a_field_changes_the_hash_and_not_the_fingerprint() -> None:
    old = locked(released=False)
    new = new_lock({PATH: DOCUMENTED}, old, release=False)
    assert new[PATH]["sha256"] != old[PATH]["sha256"]
    assert new[PATH]["fingerprint"] == old[PATH]["fingerprint"]


def test_the_lock_is_one_line_per_schema() -> None:
    assert lock_text(locked(released=True)).count("\n") == 3
