"""The tape on a small population: determinism, and what the two rule sets come to."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from ledger.cli.app import app
from ledger.core.refusals import RefusalCode
from ledger.core.values import E12
from ledger.incident.rollback.proof import find_rollback, prove
from ledger.log.port import LogReader
from ledger.market_data.series import ticks
from ledger.settings import load_settings
from scenarios.day import times
from scenarios.day.facts import Facts
from scenarios.day.player import Pace, Player
from scenarios.day.rules import AS_IT_IS, AS_IT_WAS, MARKETS
from scenarios.day.series import SHIFT_MS, at_ms
from scenarios.day.site import Site
from scenarios.day.story import story
from scenarios.day.worth import equity
from scenarios.gateway import Gateway
from scenarios.listing import market_of
from services.keeper.follower import ColumnFollower

PACE = Pace(at_ms("2025-01-05 00:00:00"), 30_000, at_ms("2026-01-19 04:15:00"), 300_000)
"""A year of funding, few ticks of the last minutes before the maintenance, and few while it is closed."""
ACCOUNTS = 200
BTC, ETH, PAXG = MARKETS


@dataclass
class Played:
    log: LogReader
    gateway: Gateway
    player: Player

    def facts(self) -> Facts:
        return Facts(self.log)


def played(rule_set: str, until_ms: int, seed: int = 1, accounts: int = ACCOUNTS) -> Played:
    site = Site.in_memory(2, PACE.from_ms * 1000)
    player = Player(site, rule_set, seed, accounts, PACE)
    player.play(lambda _: None, until_ms)
    return Played(site.log, site.gateway, player)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the run as it was lies, for the command line."""
    return tmp_path_factory.mktemp("day")


@pytest.fixture(scope="module")
def was(data: Path) -> Iterator[Played]:
    settings = load_settings(data=data, partitions=2)
    site = Site.embedded(settings, "tape", PACE.from_ms * 1000)
    player = Player(site, AS_IT_WAS, 1, ACCOUNTS, PACE)
    player.play(lambda _: None, at_ms("2026-01-19 12:16:04"))
    with closing(site):
        yield Played(site.log, site.gateway, player)


@pytest.fixture(scope="module")
def now() -> Played:
    return played(AS_IT_IS, at_ms("2026-01-19 05:04:04"))


def asked(data: Path, *words: str) -> Any:  # noqa: ANN401  whatever JSON holds
    """The JSON that a command answers with."""
    done = CliRunner().invoke(app, [*words, "--data", str(data), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    until = at_ms("2025-03-01 00:00:00")
    one, same, other = (played(AS_IT_WAS, until, seed).log.head() for seed in (5, 5, 6))
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.digest == same.digest != other.digest


def test_the_indices_before_the_race_are_those_of_the_real_rates(was: Played) -> None:
    before = {row["market"]: row["index_before_e8"] for row in was.facts().jumps()}
    assert before.keys() == {BTC, ETH}
    recorded = {BTC: 0, ETH: 0}
    for tick in ticks():
        if PACE.from_ms <= tick.observed_at_ms + SHIFT_MS < times.DAY:
            for quote in tick.quotes:
                recorded[market_of(quote.symbol)] += quote.candle.open_e8 * quote.rate_e12 // E12
    for market, index in before.items():
        assert abs(index - recorded[market]) * 1000 < recorded[market]


def test_as_it_was_the_zeroed_index_is_taken_and_the_keeper_does_the_rest(was: Played) -> None:
    assert was.player.incident
    wave = was.facts().waves()["first wave"]
    assert ACCOUNTS // 20 < wave["accounts_wrongly"] < ACCOUNTS // 3
    assert wave["accounts_wrongly"] == wave["accounts"]
    assert wave["bankrupt_at_once"] > wave["accounts"] // 3


def test_the_rollback_brings_the_state_back_and_the_thin_book_makes_a_second_wave(was: Played) -> None:
    facts = was.facts()
    (declared,) = facts.rollbacks()
    assert declared["target_height"] == was.player.undoing.candidates[1]["target_height"]
    assert prove(was.log, find_rollback(was.log))["findings"] == []
    before = {row["market"]: row["index_before_e8"] for row in facts.jumps()}
    after = was.gateway.state.markets
    assert all(abs(after[market].index_e8 - index) * 1000 < index for market, index in before.items())
    basis = facts.prices().filter((pl.col("market") == PAXG) & (pl.col("seq") > declared["seq"]))
    lowest = basis.select(
        ((pl.col("mark_e8") - pl.col("fair_e8")) * 10_000 // pl.col("fair_e8")).min()
    ).item()
    assert -720 < lowest < -300
    second = facts.waves()["second wave"]
    assert second["accounts_wrongly"] > 0
    assert was.gateway.state.control.status == "ok"


def test_the_story_says_what_moved_whom_and_in_which_order_the_threads_ran(was: Played) -> None:
    told = story(was.facts())
    assert [jump["index_after"] for jump in told["jumps"]] == ["0", "0"]
    assert all(Decimal(jump["false_gains_usd"]) > 0 for jump in told["jumps"])
    assert {trip["policy"] for trip in told["trips"]} == {"observe"}
    assert all(wave["of_them_wrongly"] > 0 for wave in told["waves"])
    assert len(told["rollbacks"]) == 1
    assert was.player.race is not None
    assert was.player.race.order[-1] == "R BTC keeps the newer row"


def test_as_it_is_the_tick_is_refused_nobody_is_harmed_and_the_exchange_opens_again(now: Played) -> None:
    assert not now.player.incident
    ((tick, code, _),) = now.gateway.refused_ticks
    assert tick == "funding-service-2/1"
    assert code == RefusalCode.INDEX_CLAIM_MISMATCH
    facts = now.facts()
    assert facts.waves()["first wave"]["accounts_wrongly"] == 0
    assert {"G6", "G1", "G2", "G7a"} <= {trip["guard"] for trip in facts.trips()}
    assert facts.jumps() == []
    after = [row["status_after"] for row in facts.statuses()]
    assert after == [
        "maintenance", "cancel_only", "post_only", "ok",  # the upgrade
        "cancel_only", "post_only", "ok",  # the guard, and the steps back
    ]  # fmt: skip
    assert now.gateway.state.control.withdrawals == "open"
    assert all(market.status == "ok" for market in now.gateway.state.markets.values())


def test_until_the_rules_part_the_two_runs_are_the_same(was: Played, now: Played) -> None:
    for log in (was.log, now.log):
        assert log.head() is not None
    rows = [
        [row for row in facts.prices().rows() if row[1] < times.CLOSES * 1000]
        for facts in (was.facts(), now.facts())
    ]
    assert [row[2:] for row in rows[0]] == [row[2:] for row in rows[1]]


def test_the_keeper_of_the_tape_finds_whom_the_product_s_keeper_finds(was: Played) -> None:
    follower = ColumnFollower(was.log)
    follower.catch_up()
    exempt = {was.gateway.state.liquidator}
    assert was.player.watch.below() == [name for name in follower.columns.below() if name not in exempt]


def test_equity_by_sums_of_changes_is_the_ledger_s_own(was: Played) -> None:
    last = equity(was.facts()).group_by("group", maintain_order=True).last()
    by_group = dict(last.select("group", "equity").rows())
    traders = sum(was.player.world.value_e8(person.name) for person in was.player.crowd.arrived) / 1e8
    # the trades after the last price tick are not in the frame of that tick
    assert abs(by_group["traders"] - traders) < abs(traders) / 100


def test_the_numbers_of_the_report_come_again_from_the_log_with_the_commands_beside_them(
    was: Played, data: Path
) -> None:
    told = story(was.facts())
    shown = told["jumps"], told["statuses"], told["rollbacks"], told["waves"]
    assert shown == tuple(asked(data, "day", table) for table in ("steps", "statuses", "rollbacks", "waves"))
    taken = asked(data, "day", "liquidations")
    for wave in told["waves"]:
        own = [row for row in taken if row["window"] == wave["window"]]
        assert wave["liquidations"] == len(own)
        assert wave["of_them_wrongly"] == len({row["account"] for row in own if row["wrongly"] == "yes"})
    given = [row for row in asked(data, "day", "given") if row["account"].startswith("trader-")]
    for step in told["jumps"]:
        gains = [Decimal(row["given"]) for row in given if row["step_seq"] == step["seq"]]
        gained = sum(gain for gain in gains if gain > 0)
        assert abs(gained - Decimal(step["false_gains_usd"])) < Decimal("0.01")
    paid = asked(data, "day", "releases")
    assert sum(Decimal(row["paid"]) for row in paid) * 10**8 == told["paid_out_e8"]
    audit = was.player.auditing.found["first wave"]
    window = audit["window"]
    blocks = ("--from-block", str(window["from_height"]), "--to-block", str(window["to_height"]))
    compared = asked(data, "incident", "compare", *blocks)
    assert (compared["digest"], compared["remedies"]) == (audit["digest"], audit["remedies"])


def test_a_number_leads_to_its_event_though_that_is_void(was: Played, data: Path) -> None:
    (step, _) = story(was.facts())["jumps"]
    done = CliRunner().invoke(app, ["log", "event", str(step["seq"]), "--data", str(data), "--json"])
    event = json.loads(done.stdout)
    assert (event["seq"], event["event"]) == (step["seq"], "FundingIndexAdvanced")
    assert (event["market"], event["index_after"]) == (step["market"], "0")
    head = was.log.head()
    assert head is not None
    beyond = CliRunner().invoke(app, ["log", "event", str(head.last_seq + 1), "--data", str(data)])
    assert beyond.exit_code == 1
