"""Bytes that must decode for ever: one fixed message per schema, as JSON and as framed bytes."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ledger.log.codec import event_name
from schemas import catalog, versions
from tests.messages import FORMS, decode, encode, message_of, values_of

GOLDEN = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.json"))}
NEWEST = [schema.full_name for schema in catalog().values()]
"""Older versions are read and no longer written."""


def load(full_name: str) -> tuple[str, bytes, dict[str, Any]]:
    golden = json.loads(GOLDEN[full_name].read_text(encoding="utf-8"))
    return full_name.rpartition(".")[2], bytes.fromhex(golden["framed"]), golden["message"]


def test_every_schema_has_golden_bytes() -> None:
    missing = {schema.full_name for found in versions().values() for schema in found} - GOLDEN.keys()
    assert not missing, "python -m tests.golden.write"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("full_name", GOLDEN)
def test_golden_bytes_still_decode_to_their_message(form: ModuleType, full_name: str) -> None:
    name, framed, message = load(full_name)
    added = {field.name: field.default for field in catalog()[name].fields if field.name not in message}
    assert values_of(decode(form, name, framed)) == message | added


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("full_name", NEWEST)
def test_the_message_still_encodes_to_its_golden_bytes(form: ModuleType, full_name: str) -> None:
    name, framed, message = load(full_name)
    assert encode(form, message_of(name, message)) == framed


@pytest.mark.parametrize("full_name", GOLDEN)
def test_the_framing_of_golden_bytes_names_the_message(full_name: str) -> None:
    name, framed, _ = load(full_name)
    assert event_name(framed) == name
