"""The dashboard's files, and what it asks for besides the resources."""

import re

import pytest
from fastapi.testclient import TestClient

from projectors.api.dashboard import read_files
from tests.unit.projectors.api.conftest import ACCOUNTS, Caller, Site


def test_the_page_is_served_with_a_policy_and_is_asked_for_anew(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_everything_the_page_loads_is_there_and_may_be_kept_for_ever(client: TestClient) -> None:
    page = client.get("/").text
    named = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page))
    assert any(one.endswith("/app.js") for one in named)
    (root,) = {"/".join(one.split("/")[:3]) for one in named}
    for path in read_files():
        if path == "index.html":
            continue
        answer = client.get(f"{root}/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
        assert answer.headers["content-type"].startswith(kinds.get(path.rpartition(".")[2], "text/plain"))


def test_every_module_imports_only_what_is_there() -> None:
    found = read_files()
    for path, body in found.items():
        if not path.endswith(".js") or path.startswith("vendor/"):
            continue
        text = body.decode()
        assert not re.search(r"https?://(?!www\.w3\.org)", text), path
        for imported in re.findall(r'from "([^"]+)"', text):
            parts = path.split("/")[:-1]
            for step in imported.split("/"):
                parts = parts[:-1] if step == ".." else parts if step == "." else [*parts, step]
            assert "/".join(parts) in found, (path, imported)


@pytest.mark.parametrize("path", ["/assets/0/app.js", "/assets/x/../app.js", "/assets/0/index.html"])
def test_files_of_another_version_are_not_there(path: str, client: TestClient) -> None:
    assert client.get(path).status_code == 404


def test_a_caller_learns_what_its_token_opens(site: Site, client: TestClient, operator: Caller) -> None:
    assert Caller(client).json("/caller") == {"scope": "public", "account": ""}
    assert operator.json("/caller") == {"scope": "operator", "account": ""}
    own = Caller(client, site.own["trader-1"])
    assert own.json("/caller") == {"scope": "account", "account": "trader-1"}


def test_accounts_are_found_by_a_part_of_their_name(site: Site, operator: Caller) -> None:
    every = [one["account"] for one in operator.json("/accounts", page_size=1_000)["results"]]
    assert every == site.accounts()
    found = [one["account"] for one in operator.json("/accounts", search="RADER-1")["results"]]
    assert found == [name for name in every if "rader-1" in name]
    first = operator.json("/accounts", search="t", page_size=1)["results"]
    assert [one["account"][0] for one in first] == ["t"]


def test_the_timeline_has_the_rollback_with_what_it_made_void(operator: Caller, anybody: Caller) -> None:
    listed = anybody.json("/timeline", page_size=1_000)["results"]
    (rollback,) = [one for one in listed if one["kind"] == "rollback"]
    (known,) = operator.json("/rollbacks")["results"]
    assert rollback["seq"] == known["seq"]
    assert (rollback["void_from_seq"], rollback["void_to_seq"]) == (
        known["void_from_seq"],
        known["void_to_seq"],
    )
    assert [one["seq"] for one in listed] == sorted((one["seq"] for one in listed), reverse=True)


def test_an_event_is_for_whom_it_concerns(site: Site, client: TestClient, operator: Caller) -> None:
    void = operator.json("/rollbacks")["results"][0]
    callers = {name: Caller(client, site.own[name]) for name in ACCOUNTS} | {"": Caller(client)}
    seen = set()
    for seq in range(1, operator.json("/chain/head")["block"]["last_seq"] + 1, 7):
        event = operator.json(f"/events/{seq}")["event"]
        assert event["seq"] == seq
        assert event["void"] == (void["void_from_seq"] <= seq <= void["void_to_seq"])
        for name, caller in callers.items():
            answer = caller.get(f"/events/{seq}")
            if answer.status_code == 200:
                assert answer.json()["event"]["account"] in {"", name}
                seen.add(name)
            else:
                assert answer.status_code == 404
                assert event["account"] != name or not name
    assert seen == set(callers)
