"""Channels: states at once, lines from then on, and an account's own for nobody else."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from projectors.api.app import Limits, create_app
from projectors.api.resources.news import Channel, News, news
from projectors.api.served import When
from projectors.api.tokens import Scope
from tests.branching import head_of
from tests.patient import patient
from tests.unit.projectors.api.conftest import Caller, Growing, Site


def call(socket: WebSocketTestSession, method: str, **params: str) -> Any:  # noqa: ANN401
    """Say something; what came before the answer, and the answer."""
    socket.send_text(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
    said: list[Any] = []
    while True:
        message = json.loads(socket.receive_text())
        if message.get("id") == 1:
            return said, message
        said.append(message["params"])


def heard(socket: WebSocketTestSession, channel: str, **wanted: int) -> Any:  # noqa: ANN401
    """The first news of a channel that says what is wanted."""
    while True:
        params = json.loads(socket.receive_text())["params"]
        if params["channel"] == channel and wanted.items() <= params["data"].items():
            return params["data"]


def left_with(socket: WebSocketTestSession) -> int:
    """The code with which the service ends a connection."""
    while True:
        try:
            socket.receive_text()
        except WebSocketDisconnect as left:
            return left.code


def test_states_come_at_once_and_again_when_they_change(growing: Growing) -> None:
    head = head_of(growing.site.log)
    with growing.client.websocket_connect("/v1/ws") as socket:
        said, answer = call(socket, "subscribe", channel="blocks")
        assert answer["result"] == {"channel": "blocks"}
        assert [one["data"]["block"] for one in said] == [head.height]
        before = said[0]["data"]["rollback_seq"]
        growing.grow(1)
        assert heard(socket, "blocks", block=head.height + 1)["rollback_seq"] == before
        growing.site.ledger.roll_back(20, completed=True)
        growing.grow(0)
        assert heard(socket, "blocks", block=head.height + 2)["rollback_seq"] > before


def test_lines_come_as_they_are_recorded(growing: Growing) -> None:
    anybody = Caller(growing.client)
    with growing.client.websocket_connect("/v1/ws") as socket:
        assert call(socket, "subscribe", channel="funding_data.ALL")[0] == []
        since = anybody.json("/funding/data")["at"]["seq"]
        wanted: list[Any] = []
        for _ in range(10):
            growing.grow(4)
            steps = anybody.json("/funding/data", page_size=1_000)["results"]
            wanted = [one for one in steps[::-1] if one["seq_no"] > since]
            if wanted:
                break
        assert wanted
        found = [json.loads(socket.receive_text())["params"]["data"] for _ in wanted]
        assert found == wanted


def test_fills_are_those_after_the_last_ones_and_of_the_market(operator: Caller, site: Site) -> None:
    fills = {one: operator.json("/fills", account=one, page_size=1_000)["results"] for one in site.accounts()}
    name = max(fills, key=lambda one: len(fills[one]))
    rows = fills[name][::-1]
    served = patient(site.settings)
    served.look()
    with served.asked(When(), ()) as asked:
        every = news(asked, Channel("fills", account=name), News((), int(rows[0]["id"]), {}))
        assert list(every.data) == rows[1:]
        assert every.seq == site.head.last_seq
        market = rows[-1]["market"]
        some = news(asked, Channel("fills", market, name), News((), 0, {}))
        assert list(some.data) == [one for one in rows if one["market"] == market]
    served.close()


def test_an_accounts_channels_are_its_own(site: Site, client: TestClient) -> None:
    with client.websocket_connect("/v1/ws") as socket:
        assert call(socket, "subscribe", channel="account")[1]["error"]["error"] == "UNAUTHORIZED"
        assert call(socket, "auth", bearer="guess")[1]["error"]["error"] == "UNAUTHORIZED"
        _, answer = call(socket, "auth", bearer=site.own["trader-0"])
        assert answer["result"] == {"scope": "account", "account": "trader-0"}
        said, _ = call(socket, "subscribe", channel="account")
        assert {one["data"]["account"] for one in said} <= {"trader-0"}
        _, refused = call(socket, "subscribe", channel="account", account="trader-1")
        assert refused["error"]["error"] == "FORBIDDEN"
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/v1/ws", headers={"Authorization": "Bearer guess"}),
    ):
        pass


def test_a_revoked_token_ends_its_connection(growing: Growing) -> None:
    token = growing.site.tokens.issue("gone", Scope.ACCOUNT, "trader-0", 60)
    headers = {"Authorization": f"Bearer {token}"}
    with growing.client.websocket_connect("/v1/ws", headers=headers) as socket:
        call(socket, "subscribe", channel="system_state")
        growing.site.tokens.revoke("gone")
        growing.grow(1)
        assert left_with(socket) == 1008


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "MALFORMED_MESSAGE"),
        ("[]", "MALFORMED_MESSAGE"),
        ("[" * 4_000, "MALFORMED_MESSAGE"),
        ("x" * 5_000, "MESSAGE_TOO_LARGE"),
        ('{"method": "subscribe"}', "CHANNEL_UNKNOWN"),
        ('{"method": "subscribe", "params": {"channel": "fills."}}', "CHANNEL_UNKNOWN"),
        ('{"method": "subscribe", "params": {"channel": "blocks.x"}}', "CHANNEL_UNKNOWN"),
        ('{"method": "drop", "params": {"channel": "blocks"}}', "METHOD_UNKNOWN"),
    ],
)
def test_what_makes_no_sense_is_answered_and_the_connection_goes_on(
    client: TestClient, message: str, code: str
) -> None:
    with client.websocket_connect("/v1/ws") as socket:
        socket.send_bytes(message.encode())
        assert json.loads(socket.receive_text())["error"]["error"] == "MALFORMED_MESSAGE"
        socket.send_text(message)
        assert json.loads(socket.receive_text())["error"]["error"] == code
        assert call(socket, "subscribe", channel="markets_summary")[1]["result"]


def test_who_says_too_much_is_told_to_wait(site: Site) -> None:
    app = create_app(patient(site.settings), site.tokens, Limits(per_s=0.001, burst=3))
    with TestClient(app) as client, client.websocket_connect("/v1/ws") as socket:
        call(socket, "subscribe", channel="blocks")
        call(socket, "unsubscribe", channel="blocks")
        assert call(socket, "subscribe", channel="blocks")[1]["error"]["error"] == "RATE_LIMIT_EXCEEDED"
