"""The demo from the log to the page: what it shows, that it is sound, and what it leaves alone."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.cli.app import app as ledger_app
from ledger.errors import SettingsFault
from projectors.cli.app import app as projectors_app
from scenarios.day.demo import FOLDERS, MARK, about, one_run, prepare
from scenarios.day.page import page
from scenarios.day.player import Pace
from scenarios.day.rules import AS_IT_IS
from scenarios.day.series import at_ms
from scenarios.day.summary import print_report

APPS = {"ledger": ledger_app, "projectors": projectors_app}
MIRRORED = 7
"""Tables of the views that are the writer's own."""
ACCOUNTS = 120
SEED = 4
UNTIL = at_ms("2026-01-19 00:01:04")
PACE = Pace(at_ms("2025-07-01 00:00:00"))
"""Half a year of funding is enough for books in which everything has happened."""


def silent(stage: str, done: int, whole: int) -> None:
    assert 0 <= done <= whole, stage


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A report whose two runs are the same one: what the rules come to is the business of ``test_day``."""
    data = tmp_path_factory.mktemp("demo") / "ledgers"
    prepare(data, ACCOUNTS, SEED)
    run = one_run(data / "as-it-is", AS_IT_IS, ACCOUNTS, SEED, "", silent, UNTIL, PACE)
    (data / "as-it-was").symlink_to(data / "as-it-is")
    runs = dict.fromkeys(FOLDERS.values(), run)
    return {
        "about": about(ACCOUNTS, SEED, data),
        "seconds": 1.0,
        "runs": runs,
        "protections": [],
        "page": "report.html",
    }


@pytest.fixture(scope="module")
def run(report: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = report["runs"]["as-it-is"]
    return found


def test_the_verification_is_clean_and_compared_tables_at_checkpoints(report: dict[str, Any]) -> None:
    for run in report["runs"].values():
        assert run["verification"]["findings"] == []
        assert run["verification"]["clean"]
        assert run["verification"]["tables_equal_at_checkpoints"] >= 4 * MIRRORED


def test_everything_an_exchange_sees_happens(run: dict[str, Any]) -> None:
    assert set(run["commands"]) >= {
        "AdvanceFunding", "CancelAllOrders", "CancelOrder", "ChangeAccount", "ChangeRule",
        "CompleteUnwind", "CreateVault", "CreditDeposit", "DepositToVault", "FailWithdrawal",
        "LiquidateAccount", "ListAsset", "ListMarket", "MarkCheckpoint", "OpenAccount", "PlaceOrder",
        "RedeemShares", "RegisterKey", "ReleaseWithdrawal", "RequestWithdrawal", "SettleFunding",
        "SettleTrade", "SettleVaultFees", "SweepRounding", "Transfer", "TriggerOrder", "UpdateMarket",
        "UpdatePrices",
    }  # fmt: skip
    assert sum(run["refusals"].values()) < run["writing"]["commands"] // 10


def test_the_books_of_every_asset_sum_to_zero(report: dict[str, Any]) -> None:
    for run in report["runs"].values():
        for asset in {row["asset"] for row in run["trial_balance"]}:
            own = [row for row in run["trial_balance"] if row["asset"] == asset]
            assert sum(Decimal(row["amount"]) for row in own if row["account"] != "sum") == 0
            assert [row["amount"] for row in own if row["account"] == "sum"] == ["0"]


def test_funding_paid_and_received_differ_by_what_is_not_settled_yet(run: dict[str, Any]) -> None:
    for market in run["markets"]:
        open_part = Decimal(market["funding_received"]) - Decimal(market["funding_paid"])
        assert abs(open_part + Decimal(market["funding_accrued_unsettled"])) < Decimal("0.1")
        assert Decimal(market["funding_paid"]) > 0
        assert Decimal(market["open_interest"]) > 0


def test_a_statement_is_a_chain_of_balances(run: dict[str, Any]) -> None:
    by_asset: dict[str, Decimal] = {}
    for line in run["statement"]["lines"]:
        if line["event"] == "WithdrawalReleased":
            continue
        before, amount, after = (Decimal(line[name]) for name in ("before", "amount", "after"))
        assert before + amount == after
        assert by_asset.get(line["asset"], before) == before
        by_asset[line["asset"]] = after
    assert len(run["statement"]["lines"]) > 5


def test_the_report_says_what_is_real_and_what_is_generated(report: dict[str, Any]) -> None:
    assert "BTC and ETH are real" in report["about"]["market_data"]
    assert "+65 days" in report["about"]["market_data"]
    assert "PAXG is generated" in report["about"]["market_data"]
    assert report["about"]["accounts"].startswith("generated")


def test_tables_and_page_show_what_the_json_has(
    report: dict[str, Any], run: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    print_report(report)
    printed = capsys.readouterr().out
    html = page(report, {"basis": ("A plot", "<svg></svg>"), "index BTC": ("A plot", "<svg></svg>")})
    for expected in (
        "Trial balance", "Largest positions", "LIQUIDATOR", "Statement of trader-", run["head"]["digest"],
        "PAXG-USD-PERP (generated)",
    ):  # fmt: skip
        assert expected in html
    for expected in ("clean", "PAXG is generated", f"{run['head']['last_seq']:,} events"):
        assert expected in " ".join(printed.split())
        assert expected in html
    assert html.count("<svg></svg>") == 1, "no second wave was played"
    assert "src=" not in html
    assert html.count("href=") == html.count("href='#")
    assert json.loads(json.dumps(report)) == report


def test_every_command_on_the_page_answers(report: dict[str, Any]) -> None:
    printed = re.findall(r"<code>(ledger|projectors) ([^<]+)</code>", page(report, {}))
    asked = {(program, words) for program, words in printed if "as-it-is" in words}
    assert {words.partition(" --")[0] for program, words in asked if program == "projectors"} == {
        "show trial-balance", "show open-interest", "show funding", "show positions", "show vault",
        "show events", f"show statement {report['runs']['as-it-is']['statement']['account']}", "verify",
    }  # fmt: skip
    assert {words.partition(" --")[0] for program, words in asked if program == "ledger"} == {
        "day waves", "log verify", "log head",
    }  # fmt: skip
    for program, words in sorted(asked):
        done = CliRunner().invoke(APPS[program], words.split())
        assert done.exit_code == 0, f"{program} {words}: {done.output}"
        assert done.output


def test_a_directory_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(SettingsFault, match="no demo made it"):
        prepare(tmp_path, ACCOUNTS, SEED)
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / MARK).exists()
