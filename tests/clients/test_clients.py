"""Clients that were written for the exchange read the ledger as they are: ccxt and paradex-py."""

import json
import os
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from projectors.api.app import create_app
from projectors.api.tokens import Scope
from tests.patient import patient
from tests.serving import running
from tests.unit.projectors.api.conftest import UNLIMITED, Caller, Site

pytestmark = pytest.mark.clients

ROOT = Path(__file__).parent.parent.parent
MORE = 120
"""Blocks after the rollback, so that there are positions and funding again."""

PYTHON = Path(os.environ.get("LEDGER_CLIENTS", ROOT / "build" / "clients")) / "bin" / "python"


class Read:
    """What the clients found, and what the service says itself."""

    def __init__(self, found: dict[str, Any], own: Caller, market: str) -> None:
        self.market = market
        self.ccxt: dict[str, Any] = found["ccxt"]
        self.paradex: dict[str, Any] = found["paradex"]
        self.own = own

    def results(self, path: str, **parameters: object) -> list[dict[str, Any]]:
        """All results of a page."""
        found: list[dict[str, Any]] = self.own.json(path, **parameters)["results"]
        return found


def busy(site: Site, operator: Caller) -> tuple[str, str]:
    """An account that has positions, and was paid funding in a market; and the market."""
    for name in site.accounts():
        held, paid = (
            operator.json(path, account=name)["results"] for path in ("/positions", "/funding/payments")
        )
        if held and paid:
            return name, paid[0]["market"]
    raise AssertionError("no account has positions and funding")


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    site = Site(tmp_path_factory.mktemp("clients"))
    site.ledger.write(MORE)
    assert site.reader.run().stops == {}
    app = create_app(patient(site.settings), site.tokens, UNLIMITED)
    with (
        TestClient(create_app(patient(site.settings), site.tokens, UNLIMITED)) as client,
        running(app) as address,
    ):
        operator = Caller(client, site.operator)
        busiest, market = busy(site, operator)
        token = site.tokens.issue("client", Scope.ACCOUNT, busiest, 3_600)
        script = ROOT / "tests" / "clients" / "reader.py"
        done = subprocess.run(
            [str(PYTHON), str(script), address, token, market],
            env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr.decode()
        yield Read(json.loads(done.stdout), Caller(client, token), market)
    site.log.close()


def test_balances_are_read(read: Read) -> None:
    sizes = {one["token"]: one["size"] for one in read.results("/balance")}
    assert {one["token"]: one["size"] for one in read.paradex["balances"]} == sizes
    assert {token: Decimal(str(total)) for token, total in read.ccxt["balance"].items()} == {
        token: pytest.approx(Decimal(size)) for token, size in sizes.items()
    }
    assert read.paradex["account_value"] == read.own.json("/account")["account_value"]


def test_positions_are_read(read: Read) -> None:
    held = {one["id"]: one for one in read.results("/positions")}
    assert held
    assert {one["id"] for one in read.paradex["positions"]} == held.keys()
    for one in read.ccxt["positions"]:
        same = held[one["id"]]
        assert one["side"] == same["side"].lower()
        assert one["contracts"] == pytest.approx(abs(float(same["size"])))
        assert one["entryPrice"] == pytest.approx(float(same["average_entry_price"]))
    assert len(read.ccxt["positions"]) == len(held)


def test_fills_are_read_in_pages_too(read: Read) -> None:
    fills = read.results("/fills", page_size=1_000)
    assert [one["id"] for one in read.paradex["fills"]] == [one["id"] for one in fills]
    amounts = {one["id"]: pytest.approx(float(one["size"])) for one in fills}
    assert {one["id"]: one["amount"] for one in read.ccxt["fills"]} == amounts
    assert {one["id"] for one in read.ccxt["paged_fills"]} == amounts.keys()


def test_funding_is_read(read: Read) -> None:
    paid = read.results("/funding/payments", page_size=1_000)
    assert [one["payment"] for one in read.paradex["funding"]] == [one["payment"] for one in paid]
    own = [one for one in paid if one["market"] == read.market]
    assert sorted(one["id"] for one in read.ccxt["funding"]) == sorted(one["id"] for one in own)
    steps = read.results("/funding/data", market=read.market, page_size=1_000)
    assert len(read.ccxt["funding_rates"]) == len([one for one in steps if one["created_at"]])


def test_orders_markets_and_the_system_are_read(read: Read) -> None:
    orders = read.results("/orders-history", page_size=1_000)
    assert [one["id"] for one in read.paradex["orders"]] == [one["id"] for one in orders]
    assert {one["id"] for one in read.ccxt["orders"]} == {one["id"] for one in orders}
    symbols = [one["symbol"] for one in read.results("/markets")]
    assert read.paradex["markets"] == symbols
    assert read.ccxt["markets"] == sorted(symbols)
    state = read.own.json("/system/state")["status"]
    assert read.paradex["status"] == state
    assert read.ccxt["status"] == ("ok" if state == "ok" else "maintenance")
    assert read.paradex["decimals"] == 8
