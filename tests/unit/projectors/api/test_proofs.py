"""A third party checks proofs with the code of the guide, which knows nothing of the ledger's."""

import re
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.log.codec import decode_event
from tests.unit.projectors.api.conftest import Caller, Site

GUIDE = Path(__file__).parents[4] / "docs" / "how-to" / "check-a-proof.md"
CONTROL = ("SystemStatusChanged", "RollbackDeclared", "GuardTripped", "LedgerOpened")


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    """The code of the guide, run as it stands there."""
    found = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile("\n".join(found), str(GUIDE), "exec"), names)  # noqa: S102
    return names


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_any_event_is_proved_up_to_a_block_that_is_trusted(
    site: Site, operator: Caller, recipe: dict[str, Any], data: st.DataObject
) -> None:
    seq = data.draw(st.integers(1, site.head.last_seq))
    proof = operator.json(f"/events/{seq}/proof")
    event = decode_event(recipe["event_of"](proof))
    assert (event.seq, type(event).__name__) == (seq, proof["event"])
    assert proof["void"] == (19 <= proof["block"] <= 31)
    last = data.draw(st.integers(proof["block"], site.head.height))
    chain = operator.json("/chain/proof", from_block=proof["block"], to_block=last)
    trusted = operator.json(f"/blocks/{last}")["block"]["digest"]
    recipe["check_chain"](proof["seal"], chain["seals"], trusted)
    with pytest.raises(AssertionError, match="trusted"):
        recipe["check_chain"](proof["seal"], chain["seals"], "0" * 64)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_proof_in_which_anything_was_changed_is_none(
    site: Site, operator: Caller, recipe: dict[str, Any], data: st.DataObject
) -> None:
    proof = operator.json(f"/events/{data.draw(st.integers(1, site.head.last_seq))}/proof")
    what = data.draw(st.sampled_from(["data", "offset", "length", "seal"]))
    if what == "data":
        changed = bytearray(b64decode(proof["data"]))
        place = data.draw(st.integers(0, len(changed) - 1))
        changed[place] ^= data.draw(st.integers(1, 255))
        proof["data"] = b64encode(bytes(changed)).decode()
    elif what == "seal":
        name = data.draw(st.sampled_from(sorted(recipe["FIELDS"])))
        value = proof["seal"][name]
        proof["seal"][name] = value + 1 if isinstance(value, int) else f"{value}0"
    else:
        proof[what] += data.draw(st.sampled_from([-1, 1]))
    with pytest.raises((AssertionError, IndexError)):
        recipe["event_of"](proof)


def test_control_events_are_proved_to_everybody_and_others_to_operators(
    site: Site, client: TestClient, operator: Caller, recipe: dict[str, Any]
) -> None:
    kinds: dict[str, int] = {}
    for one in operator.json("/events", page_size=1_000)["results"]:
        kinds.setdefault(one["event"], one["seq"])
    public = [kinds[name] for name in CONTROL if name in kinds]
    assert public
    for caller in (Caller(client), Caller(client, site.own["trader-0"])):
        for seq in public:
            proof = caller.json(f"/events/{seq}/proof")
            assert proof["content"] == "control"
            assert recipe["event_of"](proof)
        refused = caller.get(f"/events/{kinds['DepositCredited']}/proof")
        assert (refused.status_code, refused.json()["error"]) == (403, "FORBIDDEN")
    assert operator.get(f"/events/{site.head.last_seq + 1}/proof").status_code == 404
    assert operator.get(f"/events/{site.head.last_seq}/proof", as_of="block:3").status_code == 404


def test_a_chain_that_was_put_together_again_is_none(operator: Caller, recipe: dict[str, Any]) -> None:
    proof = operator.json("/events/1/proof")
    seals = operator.json("/chain/proof", from_block=1, to_block=9)["seals"]
    trusted = seals[-1]["digest"]
    for broken in (seals[:3] + seals[4:], seals[1:3] + seals[:1] + seals[3:], seals[:-1]):
        with pytest.raises(AssertionError):
            recipe["check_chain"](proof["seal"], broken, trusted)
