"""The demo, on four months and sixty accounts: everything in it happens, and it is sound."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ledger.cli.app import app
from ledger.core.rules.margin import account_value_e8
from ledger.errors import SettingsFault
from ledger.log.memory import MemoryLog
from ledger.market_data.series import ticks
from ledger.writer.writer import Writer
from scenarios.cli import STAGES
from scenarios.gateway import Gateway
from scenarios.history.demo import MARK, run_demo
from scenarios.history.player import Player
from scenarios.history.tables import print_report

DAYS = 120
ACCOUNTS = 60
SEED = 5


def silent(stage: str, done: int, whole: int) -> None:
    assert 0 < done <= whole, stage


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "ledger"


@pytest.fixture(scope="module")
def report(data: Path) -> dict[str, Any]:
    return run_demo(data, ACCOUNTS, SEED, DAYS, "", silent)


def test_the_verification_is_clean_and_compared_tables_at_checkpoints(report: dict[str, Any]) -> None:
    verification = report["verification"]
    assert verification["findings"] == []
    assert verification["clean"]
    assert verification["tables_equal_at_checkpoints"] >= 4 * (DAYS // 30 - 1)


def test_everything_an_exchange_sees_happens(report: dict[str, Any]) -> None:
    happened = set(report["commands"])
    assert happened >= {
        "AdvanceFunding", "CancelAllOrders", "CancelOrder", "ChangeAccount", "CreditDeposit", "ListAsset",
        "ListMarket", "MarkCheckpoint", "OpenAccount", "PlaceOrder", "ReleaseWithdrawal", "RequestWithdrawal",
        "SettleFunding", "SettleTrade", "SweepRounding", "Transfer", "TriggerOrder", "UpdatePrices",
        "CreateVault", "DepositToVault", "RedeemShares", "CompleteUnwind", "SettleVaultFees",
        "LiquidateAccount", "ChangeStatus",
    }  # fmt: skip
    assert report["commands"]["AdvanceFunding"] == DAYS * 3
    assert sum(report["refusals"].values()) < report["writing"]["commands"] // 10


def test_a_feed_that_publishes_before_it_restored_is_refused_and_the_exchange_opens_again(
    report: dict[str, Any],
) -> None:
    (tick,) = report["refused_ticks"]
    assert tick["tick"] == "funding-feed-2/1"
    assert tick["refusal"] == "INDEX_CLAIM_MISMATCH"
    assert report["commands"]["ChangeStatus"] == 2
    assert report["refusals"]["SYSTEM_CANCEL_ONLY"] > 0


def test_gamblers_are_liquidated_and_their_losses_covered(report: dict[str, Any]) -> None:
    assert len(report["liquidations"]) >= 3
    assert sum(row["penalties"] for row in report["liquidations"]) > 0
    assert {row["vault"]: row["vault_kind"] for row in report["vaults"]} == {
        "LIQUIDATOR": "protocol",
        "TREND": "user",
    }


def test_the_books_of_every_asset_sum_to_zero(report: dict[str, Any]) -> None:
    for asset in ("BTC", "USDC"):
        own = [row for row in report["trial_balance"] if row["asset"] == asset]
        assert sum(Decimal(row["amount"]) for row in own if row["account"] != "sum") == 0
        assert [row["amount"] for row in own if row["account"] == "sum"] == ["0"]


def test_funding_paid_and_received_differ_by_what_is_not_settled_yet(report: dict[str, Any]) -> None:
    for market in report["markets"]:
        open_part = Decimal(market["funding_received"]) - Decimal(market["funding_paid"])
        assert abs(open_part + Decimal(market["funding_accrued_unsettled"])) < Decimal("0.1")
        assert Decimal(market["funding_paid"]) > 0
        assert Decimal(market["open_interest"]) > 0


def test_a_statement_is_a_chain_of_balances(report: dict[str, Any]) -> None:
    by_asset: dict[str, Decimal] = {}
    for line in report["statement"]["lines"]:
        if line["event"] == "WithdrawalReleased":
            continue
        before, amount, after = (Decimal(line[name]) for name in ("before", "amount", "after"))
        assert before + amount == after
        assert by_asset.get(line["asset"], before) == before
        by_asset[line["asset"]] = after
    assert len(report["statement"]["lines"]) > 5


def test_the_report_says_what_is_real_and_what_is_generated(report: dict[str, Any]) -> None:
    assert report["about"]["market_data"].startswith("real")
    assert report["about"]["accounts"].startswith("generated")


def test_the_same_seed_gives_the_same_ledger_and_another_seed_another(
    report: dict[str, Any], tmp_path: Path
) -> None:
    again = run_demo(tmp_path / "again", ACCOUNTS, SEED, 20, "", silent)
    once_more = run_demo(tmp_path / "again", ACCOUNTS, SEED, 20, "", silent)
    other = run_demo(tmp_path / "other", ACCOUNTS, SEED + 1, 20, "", silent)
    assert again["head"] == once_more["head"]
    assert again["head"]["digest"] not in (other["head"]["digest"], report["head"]["digest"])


def test_the_tables_show_what_the_json_has(
    report: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    print_report(report)
    printed = capsys.readouterr().out
    for expected in (
        "Trial balance",
        "Largest positions",
        "TREND",
        "Liquidated accounts",
        "INDEX_CLAIM_MISMATCH",
        "Statement of trader-",
        "clean",
        report["head"]["digest"],
    ):
        assert expected in printed
    assert json.loads(json.dumps(report)) == report


def test_a_directory_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(SettingsFault, match="no demo made it"):
        run_demo(tmp_path, ACCOUNTS, SEED, 1, "", silent)
    assert (tmp_path / "precious").read_text() == "mine"
    assert not (tmp_path / MARK).exists()


def test_the_accounts_notebooks_agree_with_the_ledger() -> None:
    series = list(ticks())[: DAYS * 3]
    writer = Writer(MemoryLog("notebooks", 2))
    writer.open_ledger(series[0].observed_at_ms * 1000)
    player = Player(Gateway(writer), ACCOUNTS, SEED, len(series))
    player.play(series, lambda _: None)
    apart = {
        name: abs(believed - account_value_e8(writer.state.accounts[name]))
        for name, believed in player.believed_values_e8().items()
        if not name.startswith("maker-")  # they ignore the small fee they pay
    }
    assert len(apart) > ACCOUNTS // 2
    assert max(apart.values()) < 5 * 10**8, "five dollars, after months of trading"


def test_the_program_plays_shows_every_stage_and_prints_what_happened(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["demo", "--data", str(tmp_path / "demo"), "--days", "3", "--accounts", "20"]
    )
    assert done.exit_code == 0, done.output
    assert "verification clean" in done.output
    for stage in STAGES.values():
        assert stage in done.output
