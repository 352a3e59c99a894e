"""Nothing of an account reaches another one, by any route, parameter, cursor or channel."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from projectors.api.tokens import Scope
from tests.unit.projectors.api.conftest import ACCOUNTS, Caller, Growing, Site
from tests.unit.projectors.api.routes import asked_with, document, paths
from tests.unit.projectors.api.test_live import call

NAMING: Final = frozenset({"counterparty", "owner_account", "operator_account", "strategies", "payer"})
"""Fields in which an account names another one that it dealt with, or everybody knows of."""


def named(value: object, field: str = "") -> Iterator[str]:
    """Every text of an answer but those of fields that name others."""
    if isinstance(value, str) and field not in NAMING:
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from named(one, field)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from named(name)
            yield from named(one, str(name))


@pytest.fixture(scope="module")
def private(site: Site, operator: Caller) -> frozenset[str]:
    """Names that only their owner may see."""
    known = {one["operator_account"] for one in operator.json("/vaults")["results"]}
    known |= {one["owner_account"] for one in operator.json("/vaults")["results"]}
    insurance = operator.get("/insurance")
    if insurance.status_code == 200:
        known.add(insurance.json()["account"])
    return frozenset(site.accounts()) - known


@pytest.fixture(scope="module")
def places(site: Site, operator: Caller) -> dict[str, list[str]]:
    """For the parameters in paths, what is there of every account."""
    orders = [
        one["id"]
        for name in site.accounts()
        for one in operator.json("/orders-history", account=name, page_size=5)["results"]
    ]
    seqs = [str(one["seq"]) for one in operator.json("/events", page_size=200)["results"]]
    return {
        "order": orders,
        "seq": seqs,
        "height": ["1", "20", "33"],
        "market": ["BTC-USD-PERP"],
        "name": list(ACCOUNTS),
        "incident": ["incident"],
    }


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_no_answer_has_anything_of_another_account(
    site: Site,
    client: TestClient,
    operator: Caller,
    private: frozenset[str],
    places: dict[str, list[str]],
    data: st.DataObject,
) -> None:
    mine, other = data.draw(st.permutations(ACCOUNTS))[:2]
    path = data.draw(st.sampled_from(sorted(paths())))
    asked: dict[str, Any] = dict(asked_with(path))
    names = paths()[path]
    if "known_at" in names and data.draw(st.booleans()):
        asked |= {"as_of": data.draw(st.sampled_from(["block:12", "block:25", "400"]))}
    if "cursor" in names and data.draw(st.booleans()):
        theirs = operator.get(path, **asked, account=other, page_size=1)
        cursor = theirs.json().get("next") if theirs.status_code == 200 else None
        asked |= {"cursor": cursor} if cursor else {}
    if data.draw(st.booleans()):
        asked["account"] = data.draw(st.sampled_from([[mine, other], [other, mine], mine, other]))
    for name, found in places.items():
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", data.draw(st.sampled_from(found or ["none"])))
    answer = Caller(client, site.own[mine]).get(path, **asked)
    assert answer.status_code < 500, answer.text
    assert not {one for one in named(answer.json()) if one in private} - {mine}, (path, asked, answer.text)


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_without_a_token_no_account_is_named(
    anybody: Caller, private: frozenset[str], places: dict[str, list[str]], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(paths())))
    asked = asked_with(path) | data.draw(st.sampled_from([{}, {"account": ACCOUNTS[0]}]))
    for name, found in places.items():
        path = path.replace(f"{{{name}}}", data.draw(st.sampled_from(found or ["none"])))
    answer = anybody.get(path, **asked)
    assert not {one for one in named(answer.json()) if one in private}, (path, asked, answer.text)


def test_every_route_with_parameters_in_its_path_is_asked(places: dict[str, list[str]]) -> None:
    inside = {
        one["name"]
        for item in document()["paths"].values()
        for operation in item.values()
        for one in operation.get("parameters", [])
        if one["in"] == "path"
    }
    assert inside <= places.keys()


def test_a_connection_hears_nothing_more_of_an_account_whose_token_it_gave_up(growing: Growing) -> None:
    tokens = growing.site.tokens
    first, second = (tokens.issue(f"hears-{name}", Scope.ACCOUNT, name, 60) for name in ACCOUNTS[:2])
    with growing.client.websocket_connect("/v1/ws", headers={"Authorization": f"Bearer {first}"}) as socket:
        for channel in ("account", "fills.ALL", "blocks"):
            call(socket, "subscribe", channel=channel)
        for other in ACCOUNTS[1:]:
            _, refused = call(socket, "subscribe", channel="account", account=other)
            assert refused["error"]["error"] == "FORBIDDEN"
        call(socket, "auth", bearer=second)
        said: list[Any] = []
        for _ in range(4):
            growing.grow(2)
            height = Caller(growing.client).json("/chain/head")["block"]["height"]
            while True:
                message = json.loads(socket.receive_text())["params"]
                said.append(message)
                if message["channel"] == "blocks" and message["data"]["block"] >= height:
                    break
    assert {one["channel"] for one in said} == {"blocks"}
