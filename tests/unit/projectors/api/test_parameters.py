"""Whatever a request says, the answer is an answer or says what is wrong; never an error of the service."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import example, given, settings
from hypothesis import strategies as st

from projectors.api.paging import cursor_of
from tests.unit.projectors.api.conftest import Caller, Site
from tests.unit.projectors.api.routes import asked_with, document, paths

ODD = (
    "",
    " ",
    "-1",
    "0",
    "1e9",
    "NaN",
    "9" * 18,
    "9" * 40,
    "block:0",
    "block:-1",
    "block:99999999",
    "2026-01-19",
    "2026-13-40T25:61:61Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "' OR 1=1 --",
    "../../etc/passwd",
    "%00",
    "\x00",
    "\ud7ff\U0001f600é",
    "{{7*7}}",
    "<script>",
    "a" * 5_000,
    "null",
    "[]",
    cursor_of("<", 0),
    cursor_of(">", 10**18 - 1),
    "head@",
    "@head",
    "1@1@1",
)
VALUES = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.integers().map(str),
)


@settings(max_examples=250)
@given(data=st.data())
def test_no_parameter_makes_the_service_fail(operator: Caller, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(paths())))
    names = paths()[path]
    given_ = data.draw(st.dictionaries(st.sampled_from([*names, "other"]), VALUES, max_size=3))
    place = data.draw(st.sampled_from(("1", "0", "-3", "9" * 30, "x", "%00", "a/b", "%2e%2e", "a" * 300)))
    url = re.sub(r"\{[a-z_]+\}", place, path)
    answer = operator.get(url, **(asked_with(path) | given_))
    assert answer.status_code < 500, (url, given_, answer.text)
    if answer.status_code >= 400:
        assert set(answer.json()) == {"error", "message", "data"}


@example(number=10**18 - 1, direction="<", path="/events")
@settings(max_examples=20)
@given(
    number=st.integers(0, 10**18 - 1),
    direction=st.sampled_from("<>"),
    path=st.sampled_from(("/fills", "/blocks", "/statement", "/events", "/funding/data")),
)
def test_any_cursor_is_a_place_in_the_list(operator: Caller, number: int, direction: str, path: str) -> None:
    answer = operator.get(path, cursor=cursor_of(direction, number), account="trader-0")
    assert answer.status_code in (200, 400), answer.text


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"page_size": 1_001}, "INVALID_PARAMETER"),
        ({"page_size": 0}, "INVALID_PARAMETER"),
        ({"cursor": "!!"}, "BAD_CURSOR"),
        ({"start_at": 2, "end_at": 1}, "INVALID_PARAMETER"),
        ({"start_at": 0, "end_at": 10**14}, "RANGE_TOO_LONG"),
        ({"as_of": "yesterday"}, "MOMENT_UNKNOWN"),
        ({"as_of": "block:20", "known_at": "block:19"}, "MOMENT_UNKNOWN"),
        ({"as_of": "2026-01-19T04:27:54"}, "MOMENT_UNKNOWN"),
    ],
)
def test_what_is_wrong_is_named(operator: Caller, parameters: dict[str, Any], code: str) -> None:
    answer = operator.get("/fills", account="trader-0", **parameters)
    assert (answer.status_code, answer.json()["error"]) == (400, code)


def test_what_is_not_there_is_not_found(client: TestClient, operator: Caller) -> None:
    assert operator.get("/account", account="nobody").json()["error"] == "NOT_FOUND"
    assert operator.get("/blocks/99999").status_code == 404
    assert operator.get("/vaults/positions", address="none").status_code == 404
    assert client.get("/v1/nothing").json() == {"error": "NOT_FOUND", "message": "Not Found", "data": None}
    assert client.delete("/v1/account").json()["error"] == "METHOD_NOT_ALLOWED"


def test_operators_name_the_account(operator: Caller) -> None:
    assert operator.get("/balance").json()["error"] == "ACCOUNT_MISSING"


def test_every_route_says_what_it_takes_sends_and_refuses(site: Site) -> None:
    assert site.accounts()
    for path, item in document()["paths"].items():
        for operation in item.values():
            assert operation["summary"], path
            assert "$ref" in operation["responses"]["200"]["content"]["application/json"]["schema"], path
            for status in ("400", "401", "403", "404", "422", "429", "503"):
                schema = operation["responses"][status]["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, (path, status)
            for parameter in operation.get("parameters", []):
                assert parameter["schema"], (path, parameter)
