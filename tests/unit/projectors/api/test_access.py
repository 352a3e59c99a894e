"""Who may see what: tokens, scopes, rates, and accounts that never see each other."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import SettingsFault
from projectors.api.access import Rates
from projectors.api.app import Limits, create_app
from projectors.api.tokens import Scope, Tokens, digest_of
from tests.patient import patient
from tests.unit.projectors.api.conftest import ACCOUNTS, Caller, Site
from tests.unit.projectors.api.routes import asked_with, paths

OWNED = sorted(path.replace("{seq}", "1") for path, names in paths().items() if "account" in names)
OPERATORS = ("/trial-balance", "/guards", "/incidents", "/views")
OF_NOBODY = (
    "/markets",
    "/markets/summary",
    "/funding/data",
    "/vaults",
    "/system/state",
    "/system/time",
    "/blocks",
)


@settings(max_examples=40)
@given(
    path=st.sampled_from(OWNED),
    pair=st.permutations(ACCOUNTS).map(lambda names: names[:2]),
    when=st.sampled_from(({}, {"as_of": "block:25"}, {"as_of": "block:25", "known_at": "head"})),
)
def test_an_account_sees_its_own_and_never_another(
    site: Site, client: TestClient, path: str, pair: list[str], when: dict[str, str]
) -> None:
    mine, other = pair
    own = Caller(client, site.own[mine])
    needed = asked_with(path) | ({} if path == "/diff" else when)
    refused = own.get(path, account=other, **needed)
    assert (refused.status_code, refused.json()["error"]) == (403, "FORBIDDEN")
    answer = own.get(path, **needed)
    assert answer.status_code in (200, 404), answer.text
    if answer.status_code == 200:
        body = answer.json()
        rows = body.get("results", [body])
        owners = {row["account"] for row in rows if "account" in row}
        owners |= {row["key"]["account"] for row in rows if "account" in row.get("key", {})}
        assert owners <= {mine} | ({""} if path == "/events" else set())


@pytest.mark.parametrize("path", OWNED)
def test_an_accounts_pages_need_a_token(path: str, anybody: Caller) -> None:
    refused = anybody.get(path, **asked_with(path))
    assert (refused.status_code, refused.json()["error"]) == (401, "UNAUTHORIZED")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", OPERATORS)
def test_operators_pages_are_for_operators(
    path: str, site: Site, client: TestClient, operator: Caller
) -> None:
    assert operator.get(path).status_code == 200
    assert Caller(client, site.own["trader-0"]).get(path).status_code == 403
    assert Caller(client).get(path).status_code == 401


@pytest.mark.parametrize("path", OF_NOBODY)
def test_what_everybody_may_know_needs_no_token(path: str, anybody: Caller) -> None:
    answer = anybody.get(path)
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "server" not in answer.headers


@pytest.mark.parametrize("token", ["x", "é", " ", "a" * 201, "a" * 9_000])
def test_a_token_that_is_none_is_refused_everywhere(token: str, client: TestClient) -> None:
    answer = client.get("/v1/markets", headers={b"authorization": f"Bearer {token}".encode()})
    assert (answer.status_code, answer.json()["error"]) == (401, "UNAUTHORIZED")
    assert client.get("/v1/markets", headers={"Authorization": "Basic YTpi"}).status_code == 401


def test_truncated_expired_and_revoked_tokens_are_refused(
    site: Site, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = site.tokens.issue("short", Scope.ACCOUNT, "trader-0", 60)
    assert Caller(client, token).get("/balance").status_code == 200
    assert Caller(client, token[:-1]).get("/balance").status_code == 401
    with monkeypatch.context() as patch:
        patch.setattr("projectors.api.access.now_ms", lambda: 2**60)
        assert Caller(client, token).get("/balance").json()["error"] == "TOKEN_EXPIRED"
    assert site.tokens.revoke("short")
    assert Caller(client, token).get("/balance").status_code == 401
    assert not site.tokens.revoke("short")


def test_only_digests_are_kept_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    token = Tokens(path).issue("one", Scope.OPERATOR, "", 0)
    kept = path.read_text()
    assert token not in kept
    assert json.loads(kept)[0]["digest"] == digest_of(token)
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "scope", "account"),
    [
        ("one", Scope.OPERATOR, ""),
        ("a b", Scope.OPERATOR, ""),
        ("two", Scope.ACCOUNT, ""),
        ("x", Scope.PUBLIC, "a"),
    ],
)
def test_tokens_that_make_no_sense_are_not_issued(
    tmp_path: Path, name: str, scope: Scope, account: str
) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    tokens.issue("one", Scope.OPERATOR, "", 0)
    with pytest.raises(SettingsFault):
        tokens.issue(name, scope, account, 0)


def test_who_asks_too_often_waits_and_others_do_not(site: Site) -> None:
    app = create_app(patient(site.settings), site.tokens, Limits(per_s=0.001, burst=3))
    with TestClient(app) as client:
        mine, other = (Caller(client, site.own[name]) for name in ACCOUNTS[:2])
        assert [mine.get("/balance").status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = mine.get("/balance")
        assert refused.json()["error"] == "RATE_LIMIT_EXCEEDED"
        assert int(refused.headers["Retry-After"]) > 0
        assert other.get("/balance").status_code == 200
        guesses = [Caller(client, "guess").get("/balance").status_code for _ in range(4)]
        assert guesses == [401, 401, 401, 429]


def test_a_rate_comes_back_with_time() -> None:
    now = [0.0]
    rates = Rates(per_s=2.0, burst=4.0, now=lambda: now[0])
    assert [rates.take("one") for _ in range(5)] == [0, 0, 0, 0, 0.5]
    now[0] = 0.5
    assert rates.take("one") == 0
    now[0] = 100.0
    assert [rates.take("one") for _ in range(5)] == [0, 0, 0, 0, 0.5]


def test_a_read_of_the_past_counts_as_several(site: Site) -> None:
    app = create_app(patient(site.settings), site.tokens, Limits(per_s=0.001, burst=8))
    with TestClient(app) as client:
        own = Caller(client, site.own["trader-0"])
        assert own.get("/balance", as_of="block:25").status_code == 200
        assert own.get("/balance", as_of="block:25").status_code == 429
        assert own.get("/balance").status_code == 200
