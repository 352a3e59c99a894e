"""How long an audit with counterfactual takes: ``python -m benchmarks.audit --commands 1000000``.

A ledger of the benchmark's mix is written with a price and a funding tick every so many commands. Right
after the last good block the feed claims zero for every market, and a keeper takes over the leveraged
shorts, a hundred a tick. Then the window is audited under the corrections that the log itself suggests.
Prints JSON.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from benchmarks.load import MARKETS, MARKS_E8, START_US, Load
from benchmarks.machine import describe
from ledger.bootstrap import create_ledger, open_writer
from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    ChangeRule,
    CreditDeposit,
    LiquidateAccount,
    MarketPrice,
    MarketRate,
    OpenAccount,
    SettleOffBookTrade,
    UpdatePrices,
)
from ledger.core.rulebook import GUARDS
from ledger.core.values import E8
from ledger.errors import invariant
from ledger.form import form
from ledger.incident.audit import audit, suspect
from ledger.incident.propose import corrections_of
from ledger.incident.report import report_of
from ledger.incident.report_file import DIGEST
from ledger.log.codec import encode_command
from ledger.log.rocks import RocksLog
from ledger.settings import load_settings
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.writer import Writer
from scenarios.listing import SETTLEMENT_ASSET

BLOCK: Final = 1_000
SHORTS: Final = 500
PER_TICK: Final = 100
INDICES_E8: Final = (10_000 * E8, 500 * E8)
TICK_US: Final = 5_000_000

Figures = dict[str, Any]


class Author:
    """Writes the ledger: what the benchmark's mix has none of, numbered by producer."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.now_us = START_US
        self.tick = 1
        self._numbers: dict[str, int] = {}

    def header(self, producer: str) -> tuple[str, int, int]:
        """The next header of a producer."""
        number = self._numbers[producer] = self._numbers.get(producer, 0) + 1
        return producer, number, self.now_us

    def submit(self, commands: list[AnyCommand]) -> None:
        """One block after the other."""
        for start in range(0, len(commands), BLOCK):
            part = [encode_command(command) for command in commands[start : start + BLOCK]]
            self.writer.submit(part, self.now_us)

    def guards(self) -> list[AnyCommand]:
        """Guards that only observe."""
        return [
            ChangeRule(*self.header("rules"), f"guard.{guard}", "system", "observe:604800")
            for guard in GUARDS
        ]

    def shorts(self) -> Iterator[AnyCommand]:
        """Leveraged shorts against an account that needs no margin, and a Liquidator Vault."""
        for name, kind, exempt in (("LV", "LIQUIDATOR", 1), ("X", "EXTERNAL", 1)):
            yield OpenAccount(*self.header("extra"), name, kind, "", "", exempt, "")
        for name, amount in (("LV", 10**7), *((f"short-{n:04}", 1_400) for n in range(SHORTS))):
            if name != "LV":
                yield OpenAccount(*self.header("extra"), name, "TRADER", "", "", 0, "")
            header = self.header("extra")
            yield CreditDeposit(
                *header, name, SETTLEMENT_ASSET, amount * E8, f"x{header[1]}", "b", "c", START_US
            )
        for number in range(SHORTS):
            header = self.header("extra")
            yield SettleOffBookTrade(
                *header, MARKETS[0], MARKS_E8[0], E8, "X", f"short-{number:04}", "NONE", START_US
            )

    def ticks(self, claims_e8: tuple[int, ...] | None) -> list[AnyCommand]:
        """A price and a funding tick, five seconds later; indices are claimed or left to the ledger."""
        self.now_us += TICK_US
        self.tick += 1
        at_ms = self.now_us // 1000
        prices = [
            MarketPrice(market, mark, mark, 1, mark, 0, 0, 0, 0, 0, 0, 0, 0)
            for market, mark in zip(MARKETS, MARKS_E8, strict=True)
        ]
        rates = [
            MarketRate(market, 10**8, mark, 0 if claims_e8 is None else 1, claim, 0, 0)
            for market, mark, claim in zip(MARKETS, MARKS_E8, claims_e8 or (0, 0), strict=True)
        ]
        feed, funding = self.header("prices"), self.header("funding")
        return [
            UpdatePrices(*feed, self.tick, self.tick - 1, "bench", 1, at_ms, prices),
            AdvanceFunding(*funding, self.tick - 1, self.tick - 2, "funding", 1, at_ms, rates),
        ]


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="benchmarks.audit", description="Measure an audit.")
    parser.add_argument("--commands", type=int, default=1_000_000, help="commands of the window")
    parser.add_argument("--accounts", type=int, default=10_000, help="accounts that trade")
    parser.add_argument("--every", type=int, default=1_000, help="commands between two ticks")
    parser.add_argument("--folder", help="where it is all written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ledger-audit-", dir=options.folder) as scratch:
        figures = measure(Path(scratch), options)
        print(json.dumps({"machine": describe(Path(scratch)), "form": form(), **figures}, indent=2))


def measure(folder: Path, options: argparse.Namespace) -> Figures:
    """Write the ledger, then audit it."""
    settings = load_settings(data=folder / "data", block_size=BLOCK, checkpoint_events=10**12)
    create_ledger(settings, "benchmark", START_US)
    began = time.perf_counter()
    with closing(open_writer(settings)) as writer:
        last_good = write(writer, options)
    wrote_s = time.perf_counter() - began
    with closing(RocksLog.open_reader(settings.log_dir)) as log:
        head = log.head()
        invariant(head is not None, "the log has blocks")
        last = 0 if head is None else head.height
        checkpoints = Checkpoints(settings.writer_dir)
        began = time.perf_counter()
        evidence, _ = suspect(log, last_good, last, checkpoints=checkpoints)
        proposed_s = time.perf_counter() - began
        began, cpu_began = time.perf_counter(), time.process_time()
        found = audit(log, corrections_of(evidence), last_good, last, checkpoints=checkpoints)
        audited_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
        began = time.perf_counter()
        report = report_of(found)
        reported_s = time.perf_counter() - began
    return {
        "commands": found.done.commands,
        "events": found.done.events,
        "wrote_s": round(wrote_s, 1),
        "propose_s": round(proposed_s, 1),
        "audit_s": round(audited_s, 1),
        "audit_cpu_s": round(cpu_s, 1),
        "report_s": round(reported_s, 1),
        "accounts_with_differences": len(found.effects),
        "wrongful_takeovers": len(found.wrongful),
        "orphan_trades": len(found.done.replay.orphans),
        "digest": report[DIGEST],
        "rss_max_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def write(writer: Writer, options: argparse.Namespace) -> int:
    """The whole ledger; height of its last good block."""
    load = Load(options.accounts)
    author = Author(writer)
    author.submit([*load.opening(), *author.guards()])
    author.submit(author.ticks(INDICES_E8))
    author.submit([*author.shorts(), *load.holdings()])
    writer.checkpoint()
    last_good = 0 if writer.head is None else writer.head.height
    waiting = [f"short-{number:04}" for number in range(SHORTS)]
    for place in range(options.commands // options.every):
        author.submit(author.ticks((0, 0) if place == 0 else None))
        asked, waiting = waiting[:PER_TICK], waiting[PER_TICK:]
        author.submit([LiquidateAccount(*author.header("keeper"), name) for name in asked])
        author.submit(list(load.commands(options.every)))
    return last_good


if __name__ == "__main__":
    main()
