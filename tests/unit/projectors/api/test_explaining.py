"""Why an account was liquidated, steps of an index with their bounds, and what rollbacks made void."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient

from ledger.bootstrap import create_ledger, open_writer
from ledger.core.messages import LiquidateAccount
from ledger.settings import load_settings
from projectors.api.app import create_app
from projectors.api.tokens import Scope, Tokens
from projectors.bootstrap import history_dir, open_log, views_dir
from projectors.history.build import add_blocks
from projectors.views import VIEWS
from tests.branching import Branching
from tests.incidents import BTC, Town, free_market, observed
from tests.patient import patient
from tests.reading import Reader
from tests.spec import START_US, USDC, account, ask, deposit, trade
from tests.unit.projectors.api.conftest import UNLIMITED, Caller, Site


@pytest.fixture(scope="module")
def wronged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """An operator's view of a ledger on which a false index had ``long`` liquidated."""
    data: Path = tmp_path_factory.mktemp("wronged")
    settings = load_settings(data=data, brokers="", id="")
    create_ledger(settings, "town", START_US)
    writer = open_writer(settings)
    town = Town(writer=writer)
    town.take(*observed(), USDC, free_market(), account("LV", kind="LIQUIDATOR"))
    town.take(account("X", kind="EXTERNAL", margin_exempt=1), account("long"), account("rich"))
    town.take(deposit("long", "10500"), deposit("rich", "1000"), deposit("LV", "50000"))
    for _ in range(6):
        town.tick("")
    town.take(trade(BTC, "long", "X", "1", "100000"))
    town.tick("")
    town.tick("10000")
    town.take(ask(LiquidateAccount, account="long"))
    town.tick("10001")
    tokens = Tokens(data / "api" / "tokens.json")
    with open_log(settings, live=True) as log:
        Reader(views_dir(data), cast(Branching, SimpleNamespace(log=log)), list(VIEWS.values())).run()
        add_blocks(history_dir(data), log)
        with TestClient(create_app(patient(settings), tokens, UNLIMITED)) as client:
            yield Caller(client, tokens.issue("operator", Scope.OPERATOR, "", 0))
    writer.close()


def taken_over(wronged: Caller) -> int:
    """Seq of the only takeover."""
    (event,) = wronged.json("/events", event="LiquidationStarted")["results"]
    return int(event["seq"])


def test_a_takeover_by_a_false_index_is_explained(wronged: Caller) -> None:
    seq = taken_over(wronged)
    why: dict[str, Any] = wronged.json(f"/liquidations/{seq}/why", account="long")
    taken = why["liquidation"]
    (held,) = why["positions"]
    worth = Decimal(taken["balance"]) + Decimal(taken["unrealized_pnl"]) + Decimal(taken["accrued_funding"])
    assert worth == Decimal(taken["account_value"]) < Decimal(taken["maintenance_margin_requirement"])
    assert (held["market"], held["side"], held["size"]) == (BTC, "LONG", "1")
    assert Decimal(held["funding_unexplained"]) == pytest.approx(Decimal(-10_000), abs=20)
    assert Decimal(why["account_value_explained"]) == worth - Decimal(held["funding_unexplained"])
    assert why["healthy_explained"]
    assert not why["healthy_fair"]
    assert why["void_by"] == 0
    false_step = wronged.json(f"/events/{held['unexplained_seq']}")["event"]
    assert false_step["fields"]["index_source"] == "FEED"


def test_only_a_takeover_of_the_account_has_an_explanation(wronged: Caller) -> None:
    seq = taken_over(wronged)
    assert wronged.get(f"/liquidations/{seq}/why", account="rich").status_code == 404
    assert wronged.get(f"/liquidations/{seq - 1}/why", account="long").status_code == 404
    assert wronged.get("/liquidations/999999999/why", account="long").status_code == 400


def test_a_step_says_whether_it_is_within_its_bounds(wronged: Caller) -> None:
    head = wronged.json("/chain/head")["block"]["last_seq"]
    steps = wronged.json("/funding/steps", as_of=head, page_size=1_000)["results"]
    false = [one for one in steps if not one["within"]]
    assert [one["source"] for one in false] == ["FEED"]
    for one in steps:
        low, high = Decimal(one["bound_low"]), Decimal(one["bound_high"])
        assert low <= Decimal(one["index_before"]) <= high
        assert (low <= Decimal(one["index_after"]) <= high) == one["within"]


def test_the_index_over_time_ends_with_the_newest_and_begins_before_the_first_bucket(wronged: Caller) -> None:
    head = wronged.json("/chain/head")["block"]["last_seq"]
    newest = wronged.json("/funding/steps", as_of=head, page_size=1)["results"][0]["index_after"]
    series = wronged.json("/funding/history", as_of=head, market=BTC, resolution="5m")
    assert series["data"][-1] == newest
    assert series["timestamps"] == sorted(series["timestamps"])
    assert wronged.json("/funding/history", market="none")["data"] == []


def test_void_lines_are_those_that_were_there_before_the_rollback(site: Site, operator: Caller) -> None:
    (rollback,) = operator.json("/rollbacks")["results"]
    first, last = rollback["void_from_seq"], rollback["void_to_seq"]
    voided = 0
    for name in site.accounts():
        before = operator.json("/statement", account=name, as_of=last, page_size=1_000)["results"]
        listed = operator.json("/statement/void", account=name, page_size=1_000)["results"]
        assert [one["line"] for one in listed] == [line for line in before if line["seq"] >= first]
        assert {one["void_by"] for one in listed} <= {rollback["seq"]}
        assert operator.json("/statement/void", account=name, as_of=last)["results"] == []
        middle = (first + last) // 2
        known = operator.json("/statement/void", account=name, as_of=middle, known_at="head")["results"]
        assert [one["line"]["seq"] for one in known] == [
            one["line"]["seq"] for one in listed if one["line"]["seq"] <= middle
        ]
        voided += len(listed)
    assert voided


def test_void_steps_and_those_that_count_are_all_that_were_ever_taken(operator: Caller) -> None:
    (rollback,) = operator.json("/rollbacks")["results"]
    counting = operator.json("/funding/steps", page_size=1_000)["results"]
    void = operator.json("/funding/steps", void=True, page_size=1_000)["results"]
    assert {one["void_by"] for one in counting} == {0}
    assert {one["void_by"] for one in void} == {rollback["seq"]}
    recorded = operator.json("/events", event="FundingIndexAdvanced", page_size=1_000)["results"]
    assert {one["seq"] for one in counting} | {one["seq"] for one in void} == {one["seq"] for one in recorded}


def test_holders_have_all_shares_of_a_vault(operator: Caller) -> None:
    for vault in operator.json("/vaults/summary")["results"]:
        listed = operator.json("/vaults/holders", address=vault["address"])["results"]
        shares = [Decimal(one["vtoken_amount"]) for one in listed]
        assert sum(shares) == Decimal(vault["vtoken_supply"])
        assert shares == sorted(shares, reverse=True)
        assert len(listed) == vault["num_depositors"]


def test_no_window_fell_further_than_the_largest_draw_down(operator: Caller) -> None:
    for vault in operator.json("/vaults/summary")["results"]:
        windows = [Decimal(vault[f"max_drawdown_{length}"]) for length in ("24h", "7d", "30d")]
        assert Decimal(vault["max_drawdown"]) >= max(windows) >= 0
        assert windows == sorted(windows)
