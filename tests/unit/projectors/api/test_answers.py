"""What the API answers: the writer's figures, now and at any moment, in pages that lose nothing."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ledger.core.rules.margin import account_value_e8, initial_margin_e8, maintenance_margin_e8
from ledger.edge.decimals import format_decimal
from ledger.writer.recovery import state_at
from projectors.api.app import create_app
from projectors.api.resources import account as pages
from projectors.api.resources import positions
from projectors.api.resources.markets import PUBLIC
from projectors.api.served import Asked, Served, When
from projectors.cli.app import app
from projectors.past.bases import NoBases
from projectors.reading.answers import Answers
from projectors.views import VIEWS
from tests.branching import head_of
from tests.past import Past
from tests.patient import patient
from tests.unit.projectors.api.conftest import UNLIMITED, Caller, Growing, Site
from tests.unit.projectors.api.routes import paths

PAGED = (
    "/fills",
    "/orders-history",
    "/transfers",
    "/statement",
    "/funding/data",
    "/markets/history",
    "/events",
    "/blocks",
)


VOID = range(19, 32)


def test_value_and_margin_of_every_account_are_the_writers(site: Site, operator: Caller) -> None:
    state = state_at(site.log, head_of(site.log).height)
    assert len(state.accounts) > 3
    for name, account in state.accounts.items():
        shown = operator.json("/account", account=name)
        assert shown["account_value"] == format_decimal(account_value_e8(account), 8)
        assert shown["initial_margin_requirement"] == format_decimal(initial_margin_e8(account), 8)
        assert shown["maintenance_margin_requirement"] == format_decimal(maintenance_margin_e8(account), 8)
        assert shown["total_collateral"] == format_decimal(account.balance_e8, 8)
        held = {row["market"]: row["size"] for row in operator.json("/positions", account=name)["results"]}
        assert held == {
            market: format_decimal(holding.size_e8, 8)
            for market, holding in account.holdings.items()
            if holding.size_e8
        }


def test_an_answer_says_where_it_is_true(site: Site, anybody: Caller) -> None:
    answer = anybody.get("/markets/summary")
    at = answer.json()["at"]
    assert (at["block"], at["seq"], at["head"]) == (site.head.height, site.head.last_seq, site.head.height)
    assert (at["stale"], at["void"], at["reason"]) == (False, False, "")
    assert answer.headers["Ledger-Block"] == str(site.head.height)
    assert answer.headers["Ledger-Seq"] == str(site.head.last_seq)
    assert answer.headers["Ledger-Stale"] == "false"


def test_then_and_now_differ_by_what_a_rollback_made_void(operator: Caller) -> None:
    then = operator.json("/views", as_of="block:25")
    now = operator.json("/views", as_of="block:25", known_at="head")
    assert (then["at"]["block"], now["at"]["block"]) == (25, 18)
    assert then["results"] != now["results"]
    assert operator.json("/views", as_of="block:18")["results"] == now["results"]
    rollback = operator.json("/rollbacks")["results"][0]
    assert (rollback["target_block"], rollback["void_to_block"]) == (18, VOID[-1])
    blocks = operator.json("/blocks", page_size=100)["results"]
    assert {one["height"] for one in blocks if one["void"]} == set(VOID)
    seen = operator.json("/blocks", page_size=100, known_at="block:25", as_of="block:25")["results"]
    assert not any(one["void"] for one in seen)


@settings(max_examples=6)
@given(data=st.data())
def test_a_past_is_what_a_clean_replay_has(site: Site, operator: Caller, data: st.DataObject) -> None:
    past = Past(site.ledger, NoBases())
    as_of = data.draw(st.integers(2, past.last_seq))
    known_at = data.draw(st.integers(as_of, past.last_seq))
    name = data.draw(st.sampled_from(site.accounts()))
    names = (*PUBLIC, *pages.OWN)
    states = [past.replayed_cleanly(VIEWS[view], as_of, known_at) for view in names]
    answers = Answers(Path(), states, site.head.height)
    clean = Asked(answers, answers, When())
    asked = {"account": name, "as_of": as_of, "known_at": known_at}

    def sent(path: str) -> Any:  # noqa: ANN401
        return operator.json(path, page_size=1_000, **asked)["results"]

    row = pages.account_row(clean, name)
    assert operator.get("/account", **asked).status_code == (404 if row is None else 200)
    assert sent("/balance") == [one.model_dump() for one in pages.balances(clean, name)]
    held = positions.positions(clean, row) if row else []
    assert sent("/positions") == [one.model_dump() for one in held]
    fills = clean.rows_of("activity", "fills", name)[::-1]
    assert sent("/fills") == [pages.fill(one, "USDC").model_dump() for one in fills]
    lines = clean.rows_of("account", "statement", name)[::-1]
    assert sent("/statement") == [pages.line(one).model_dump() for one in lines]


@pytest.mark.parametrize("path", PAGED)
def test_pages_have_every_result_once_and_lead_back(path: str, operator: Caller, site: Site) -> None:
    everybody = "account" not in paths()[path] or path == "/events"
    asked = [{}] if everybody else [{"account": name} for name in site.accounts()]
    lists = [(operator.json(path, page_size=1_000, **one)["results"], one) for one in asked]
    whole, account = max(lists, key=lambda pair: len(pair[0]))
    assert len(whole) > 1
    found: list[Any] = []
    cursor: dict[str, str] = {}
    size = max(1, len(whole) // 3)
    first = operator.json(path, page_size=size, **account)
    while True:
        page = operator.json(path, page_size=size, **account, **cursor)
        found += page["results"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == whole
    if path != "/events" and cursor:
        while page["prev"] is not None:
            page = operator.json(path, page_size=size, **account, cursor=page["prev"])
        assert page["results"][0] == first["results"][0]


def test_the_books_balance_and_the_proof_is_the_chain(site: Site, operator: Caller) -> None:
    assert operator.json("/trial-balance")["balanced"]
    proof = operator.json("/chain/proof", from_block=3, to_block=9)
    assert proof["complete"]
    assert [one["height"] for one in proof["seals"]] == list(range(3, 10))
    for before, after in zip(proof["seals"], proof["seals"][1:], strict=False):
        assert after["previous_digest"] == before["digest"]
    assert operator.json("/chain/head")["block"]["digest"] == site.head.digest


def test_a_difference_names_the_rows(operator: Caller) -> None:
    same = operator.json("/diff", a="block:18", b="block:25@head")
    assert (same["total"], same["results"]) == (0, [])
    other = operator.json("/diff", a="block:18", b="block:25")
    assert other["total"] > 0
    assert {one["view"] for one in other["results"]} == {"account"}


def test_pages_go_on_when_the_log_does_and_say_so_while_they_are_behind(growing: Growing) -> None:
    site, operator = growing.site, Caller(growing.client, growing.site.operator)
    height = head_of(site.log).height
    site.ledger.write(1)
    growing.served.look()
    at = operator.json("/markets")["at"]
    assert (at["block"], at["head"], at["stale"]) == (height, height + 1, True)
    assert not growing.served.look(), "views that stay behind are looked at less and less often"
    growing.grow(0)
    at = operator.json("/markets")["at"]
    assert (at["block"], at["head"], at["stale"]) == (height + 1, height + 1, False)
    assert growing.served.look(), "a log at rest is looked at as often as one that moves"
    site.ledger.roll_back(height - 5, completed=True)
    growing.grow(0)
    assert operator.json("/rollbacks")["results"][0]["target_block"] == height - 5


def test_an_account_history_changes_no_answer(tmp_path: Path) -> None:
    site = Site(tmp_path)
    names = [one for one in site.accounts() if one.startswith("trader")][:2]
    moments = [{"as_of": "block:25"}, {"as_of": "block:25", "known_at": "head"}]
    asked = [
        (path, {**moment, "account": name})
        for path in ("/account", "/balance", "/positions", "/fills", "/statement", "/account/history")
        for name in names
        for moment in moments
    ]

    def answers() -> list[Any]:
        with TestClient(create_app(patient(site.settings), site.tokens, UNLIMITED)) as client:
            operator = Caller(client, site.operator)
            return [operator.get(path, **given_).json() for path, given_ in asked]

    before = answers()
    done = CliRunner().invoke(app, ["history", "run", "--data", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert answers() == before
    site.log.close()


def test_a_past_that_costs_too_much_is_refused_and_says_what_helps(site: Site) -> None:
    hasty = Served(site.settings, past_s=0.0)
    with TestClient(create_app(hasty, site.tokens, UNLIMITED)) as client:
        refused = Caller(client, site.operator).get("/trial-balance", as_of="block:12")
    assert (refused.status_code, refused.json()["error"]) == (422, "PAST_TOO_COSTLY")
    assert "checkpoints" in refused.json()["message"]
