"""Answers over a log on a real broker: the past with rollbacks, account history, verification, export."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from ledger.log.kafka.config import Connection
from ledger.log.kafka.log import KafkaLog
from projectors.cli.app import app
from tests.branching import Branching, Habits, head_of, live_chain_of

pytestmark = pytest.mark.kafka


def test_the_past_of_a_log_on_a_broker_is_answered_verified_and_exported(
    log: KafkaLog, connection: Connection, tmp_path: Path
) -> None:
    ledger = Branching(log, 51, Habits(rollbacks=10))
    ledger.write(40)
    chosen = ["--data", str(tmp_path), "--brokers", connection.brokers, "--topic-prefix", connection.prefix]

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, [*arguments, *chosen], catch_exceptions=False)
        return done.exit_code, done.stdout

    assert run("run")[0] == 0
    asked = [
        ("show", *shown, "--as-of", "block:20", "--known-at", known, "--json")
        for shown in (
            ("account", "trader-0"),
            ("statement", "trader-0"),
            ("table", "account", "balances", "trader-1"),
        )
        for known in ("block:20", "block:30", "head")
    ]
    before = [run(*arguments) for arguments in asked]
    assert run("history", "run")[0] == 0
    assert [run(*arguments) for arguments in asked] == before
    assert run("verify")[0] == 0
    out = tmp_path / "events.parquet"
    assert run("export", "events", "--out", str(out))[0] == 0
    chain = live_chain_of(log)
    live = [
        event.seq
        for height in range(1, head_of(log).height + 1)
        if chain.is_on_chain(height)
        for event in ledger.block(height)
    ]
    assert pl.read_parquet(out).get_column("seq").to_list() == live
    series = json.loads(run("show", "series", "trader-0", "--json")[1])["series"]
    assert series
