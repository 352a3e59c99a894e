"""Commands over HTTP to the writer of a real broker, and what they did, read over HTTP."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from typer.testing import CliRunner

from benchmarks.faults.writers import start_writer
from ledger.log.kafka.config import Connection
from ledger.log.kafka.topics import Topics
from ledger.settings import load_settings
from projectors.api.app import Limits, create_app
from projectors.api.sending import ClusterSender
from projectors.api.served import Served
from projectors.api.tokens import Scope, Tokens
from projectors.cli.app import app
from tests.integration.kafka.waiting import eventually
from tests.patient import patient
from tests.sealed import LEDGER

pytestmark = pytest.mark.kafka

UNLIMITED = Limits(1e9, 1e9)
OPERATOR = "operator"


class Api:
    """A service beside a writer."""

    def __init__(self, client: TestClient, served: Served, tokens: dict[str, str], chosen: list[str]) -> None:
        self._client = client
        self._served = served
        self._tokens = tokens
        self._chosen = chosen

    def post(self, who: str, **command: object) -> Response:
        """Send a command."""
        headers = {"Authorization": f"Bearer {self._tokens[who]}"}
        return self._client.post("/v1/commands", content=json.dumps(command), headers=headers)

    def get(self, who: str, path: str, **parameters: str) -> Response:
        """Read something."""
        headers = {"Authorization": f"Bearer {self._tokens[who]}"}
        return self._client.get(f"/v1{path}", params=parameters, headers=headers)

    def fold(self) -> None:
        """Bring the views up to what was committed, and serve them."""
        assert CliRunner().invoke(app, ["run", *self._chosen], catch_exceptions=False).exit_code == 0
        self._served.look()


@pytest.fixture
def api(connection: Connection, topics: Topics, tmp_path: Path) -> Iterator[Api]:  # noqa: ARG001
    writer = start_writer("writer", tmp_path, connection, LEDGER)
    try:
        writer.wait_for("leader")
        settings = load_settings(
            data=tmp_path / "data", brokers=connection.brokers, topic_prefix=connection.prefix, id=LEDGER
        )
        tokens = Tokens(tmp_path / "tokens.json")
        issued = {
            OPERATOR: tokens.issue(OPERATOR, Scope.OPERATOR, "", 0),
            "alice": tokens.issue("alice", Scope.ACCOUNT, "alice", 60),
        }
        served = patient(settings)
        service = create_app(served, tokens, UNLIMITED, partial(ClusterSender, settings))
        chosen = ["--data", str(settings.data), "--brokers", connection.brokers]
        chosen += ["--topic-prefix", connection.prefix]
        with TestClient(service) as client:
            yield Api(client, served, issued, chosen)
    finally:
        writer.kill()


def test_commands_have_durable_outcomes_once_and_are_read_back(api: Api) -> None:
    assert api.get(OPERATOR, "/markets").json()["error"] == "VIEW_MISSING"
    operator: Any = {"producer": "operator"}
    asset = {"command": "ListAsset", "asset": "USDC", "decimals": 6, "settlement": True}
    opened: Any = {"command": "OpenAccount", "kind": "TRADER"}
    deposit: Any = {
        "command": "CreditDeposit",
        "asset": "USDC",
        "bridge": "STARKGATE",
        "external_chain": "ethereum",
    }
    sent = [
        api.post(OPERATOR, **operator, number=1, **asset),
        api.post(OPERATOR, **operator, number=2, **opened, account="alice"),
        api.post(OPERATOR, **operator, number=3, **opened, account="bob"),
        api.post(
            OPERATOR, **operator, number=4, **deposit, account="alice", amount="100", external_ref="tx-1"
        ),
    ]
    assert [one.status_code for one in sent] == [200] * len(sent), [one.text for one in sent]
    again = api.post(OPERATOR, **operator, number=2, **opened, account="alice").json()
    assert again == {**sent[1].json(), "duplicate": True}
    transfer = {"command": "Transfer", "producer": "alices-bot", "asset": "USDC"}
    moved = api.post("alice", **transfer, number=1, account="alice", counterparty="bob", amount="30.5")
    assert moved.status_code == 200, moved.text
    refused = api.post("alice", **transfer, number=2, account="alice", counterparty="bob", amount="1000")
    assert refused.status_code == 422
    assert refused.json()["data"]["code"]
    assert (
        api.post("alice", **transfer, number=3, account="bob", counterparty="alice", amount="1").status_code
        == 403
    )

    def shown() -> bool:
        api.fold()
        return bool(api.get("alice", "/balance").json()["at"]["seq"] >= moved.json()["last_seq"])

    eventually(shown)
    assert [(one["token"], one["size"]) for one in api.get("alice", "/balance").json()["results"]] == [
        ("USDC", "69.5")
    ]
    line = api.get(OPERATOR, "/statement", account="bob").json()["results"][0]
    assert (line["amount"], line["seq"]) == ("30.5", moved.json()["last_seq"])
    assert api.get("alice", "/balance", account="bob").status_code == 403
