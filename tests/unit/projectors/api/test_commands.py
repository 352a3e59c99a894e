"""Commands over HTTP: the durable outcome, to who may send them."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from ledger.core.messages import AnyCommand, Outcome, SignedCommand
from ledger.core.refusals import RefusalCode
from ledger.errors import LogUnavailable
from projectors.api.app import create_app
from projectors.api.sending import Sent
from tests.patient import patient
from tests.unit.projectors.api.conftest import UNLIMITED, Site

ORDER: dict[str, Any] = {
    "command": "PlaceOrder",
    "producer": "desk",
    "number": 7,
    "account": "trader-0",
    "market": "BTC-USD-PERP",
    "side": "BUY",
    "order_type": "LIMIT",
    "size": "0.5",
    "price": "27500",
}


class Recorded:
    """A sender that answers from what it is told."""

    def __init__(self, code: int = 0, fault: LogUnavailable | None = None) -> None:
        self.code = code
        self.fault = fault
        self.commands: list[AnyCommand] = []
        self.closed = False

    async def submit(self, command: AnyCommand, signed: SignedCommand | None) -> Sent:
        """Remember it, and answer."""
        assert signed is None
        if self.fault is not None:
            raise self.fault
        duplicate = command.number in [one.number for one in self.commands]
        self.commands.append(command)
        status = "refused" if self.code else "accepted"
        outcome = Outcome(command.producer, command.number, 3, 5_000, status, self.code, "why", 10, 11, 0)
        return Sent(outcome, duplicate)

    async def close(self) -> None:
        """Say that it was closed."""
        self.closed = True


def post(site: Site, sender: Recorded | None, token: str, body: bytes | dict[str, Any]) -> Response:
    """Send a command over a service of its own."""
    app = create_app(patient(site.settings), site.tokens, UNLIMITED, (lambda: sender) if sender else None)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with TestClient(app, raise_server_exceptions=False) as client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return client.post("/v1/commands", content=content, headers=headers)


def test_an_accepted_command_has_its_durable_outcome(site: Site) -> None:
    sender = Recorded()
    answer = post(site, sender, site.own["trader-0"], ORDER)
    assert answer.status_code == 200
    assert answer.json() == {
        "command_id": "desk/7",
        "status": "accepted",
        "duplicate": False,
        "recorded_at": 5,
        "first_seq": 10,
        "last_seq": 11,
        "voided_by": 0,
        "code": 0,
        "reason": "",
        "detail": "",
        "transient": False,
    }
    assert [type(one).__name__ for one in sender.commands] == ["PlaceOrder"]
    assert sender.closed


def test_a_refused_command_is_422_with_the_outcome(site: Site) -> None:
    answer = post(site, Recorded(RefusalCode.INSUFFICIENT_MARGIN), site.operator, ORDER)
    assert answer.status_code == 422
    body = answer.json()
    assert (body["error"], body["message"]) == ("INSUFFICIENT_MARGIN", "why")
    assert body["data"]["status"] == "refused"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        ({**ORDER, "size": "1.000000001"}, 400),
        ({**ORDER, "size": 0.5}, 400),
        ({**ORDER, "command": "DropTable"}, 400),
        (b" " * 2_000_000, 413),
    ],
)
def test_what_is_no_command_never_leaves(site: Site, body: bytes | dict[str, Any], status: int) -> None:
    sender = Recorded()
    answer = post(site, sender, site.operator, body)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "message", "data"}
    assert sender.commands == []


def test_an_account_sends_for_itself_only_and_nobody_without_a_token(site: Site) -> None:
    sender = Recorded()
    assert post(site, sender, site.own["trader-1"], ORDER).status_code == 403
    deposit = {
        "command": "CreditDeposit",
        "producer": "desk",
        "number": 8,
        "account": "trader-1",
        "asset": "USDC",
        "amount": "5",
        "external_ref": "tx",
        "bridge": "STARKGATE",
        "external_chain": "ethereum",
    }
    assert post(site, sender, site.own["trader-1"], deposit).status_code == 403
    assert post(site, sender, "", ORDER).status_code == 401
    assert sender.commands == []
    assert post(site, sender, site.operator, deposit).status_code == 200


def test_a_ledger_that_does_not_answer_is_503_and_may_be_asked_again(site: Site) -> None:
    answer = post(site, Recorded(fault=LogUnavailable("no outcome within 30 s")), site.operator, ORDER)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_an_embedded_ledger_takes_no_commands_over_http_and_says_where(site: Site) -> None:
    refused = post(site, None, site.operator, ORDER)
    assert (refused.status_code, refused.json()["error"]) == (409, "COMMANDS_UNAVAILABLE")
    assert "ledger submit" in refused.json()["message"]
