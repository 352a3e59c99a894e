"""The risk keeper at full size: ``python -m benchmarks.keeper [--positions 1000000] [--accounts 300000]``.

A million positions of 300 thousand accounts are folded from frames, as the keeper folds them from a log;
then price ticks come, each with some fills between, and everybody below maintenance is found. One core:
polars gets one thread. Both wall-clock and CPU time are given, since other programs take from the first.
"""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")

import argparse
import json
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import polars as pl

from services.keeper.columns import Columns

ACCOUNTS: Final = 300_000
POSITIONS: Final = 1_000_000
MARKETS: Final = 40
TICKS: Final = 5
FILLS: Final = 5_000
"""Fills between two ticks."""
BELOW: Final = 100
"""Accounts that the ticks push below maintenance, about."""
FACTOR: Final = {"imf_base_ppm": 20_000, "mmf_factor_ppm": 500_000, "taker_fee_ppm": 200}
E8: Final = 10**8


class Made:
    """Frames made here instead of decoded."""

    def __init__(self, **frames: pl.DataFrame) -> None:
        self._frames = frames

    def frame(self, name: str) -> pl.DataFrame | None:
        """See ``projectors.columns.frames.Frames``."""
        return self._frames.get(name)


class Exchange:
    """Accounts with positions opened at the mark, most with four times the maintenance they need."""

    def __init__(self, accounts: int, positions: int, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  the same exchange for the same seed
        self._accounts = [f"account-{number}" for number in range(accounts)]
        self._marks = {f"M{n}-USD-PERP": self._random.randint(E8, 10**5 * E8) for n in range(MARKETS)}
        self._seq = 0
        self._positions = positions

    def opening(self) -> Made:
        """Everything up to the first tick."""
        markets = list(self._marks)
        needed = [0] * len(self._accounts)
        owners: list[str] = []
        traded: list[str] = []
        sizes: list[int] = []
        costs: list[int] = []
        for number in range(self._positions):
            owner = number % len(self._accounts)
            market = markets[(owner + number // len(self._accounts) * 7) % MARKETS]
            mark = self._marks[market]
            size = self._random.choice((1, -1)) * self._random.randint(10**9, 10**12) * E8 // mark
            owners.append(self._accounts[owner])
            traded.append(market)
            sizes.append(size)
            costs.append(size * mark // E8)
            needed[owner] += abs(size) * mark // E8 * 102 // 10_000
        spare = [4 if number >= BELOW else 1.01 for number in range(len(needed))]
        balances = [int(need * times) for need, times in zip(needed, spare, strict=True)]
        fills = pl.DataFrame(
            {"account": owners, "market": traded, "size_after_e8": sizes, "cost_after_e8": costs}
        ).with_columns(self._seqs(self._positions), pl.lit(0, dtype=pl.Int64).alias("funding_index_e8"))
        balance = pl.Series(balances).gather([n % len(balances) for n in range(self._positions)])
        return Made(
            AssetListed=pl.DataFrame({"asset": ["USDC"], "settlement": [1]}),
            MarketListed=pl.DataFrame(
                [{"seq": 1, "market": name, "index_start_e8": 0, **FACTOR} for name in markets]
            ),
            AccountOpened=pl.DataFrame({"account": self._accounts, "margin_exempt": [0] * len(needed)}),
            FillSettled=fills.with_columns(balance.alias("balance_after_e8")),
            PricesUpdated=self._prices(),
        )

    def tick(self) -> Made:
        """A price tick, and the fills since the last one: positions that change hands at the mark."""
        owners = self._random.sample(range(BELOW, len(self._accounts)), FILLS)
        market = next(iter(self._marks))
        size = 10**12 * E8 // self._marks[market]
        fills = pl.DataFrame({"account": [self._accounts[owner] for owner in owners]}).select(
            self._seqs(FILLS),
            "account",
            pl.lit(market).alias("market"),
            pl.lit(size, dtype=pl.Int64).alias("size_after_e8"),
            pl.lit(size * self._marks[market] // E8, dtype=pl.Int64).alias("cost_after_e8"),
            pl.lit(0, dtype=pl.Int64).alias("funding_index_e8"),
            pl.lit(10**13, dtype=pl.Int64).alias("balance_after_e8"),
        )
        for name, mark in self._marks.items():
            self._marks[name] = mark + mark * self._random.randint(-5, 5) // 10_000
        return Made(FillSettled=fills, PricesUpdated=self._prices())

    def _prices(self) -> pl.DataFrame:
        return pl.DataFrame({"market": list(self._marks), "mark_e8": list(self._marks.values())}).select(
            self._seqs(MARKETS), "market", "mark_e8"
        )

    def _seqs(self, rows: int) -> pl.Series:
        self._seq += rows
        return pl.Series("seq", range(self._seq - rows + 1, self._seq + 1))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds that ``work`` took: on the clock, and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def measure(accounts: int, positions: int) -> dict[str, float | int]:
    """Figures of one run; times in seconds, of the ticks the median."""
    exchange = Exchange(accounts, positions, 1)
    columns = Columns()
    opening = exchange.opening()
    figures: dict[str, float | int] = {"accounts": accounts, "positions": positions}
    figures["opening_s"], _ = timed(partial(columns.fold, opening))
    ticks = [exchange.tick() for _ in range(TICKS)]
    folds = [timed(partial(columns.fold, tick)) for tick in ticks[:-1]]
    columns.fold(ticks[-1])
    checks = [timed(columns.below) for _ in range(TICKS)]
    for name, times in (("fold", folds), ("check", checks)):
        figures[f"{name}_s"] = sorted(wall for wall, _ in times)[len(times) // 2]
        figures[f"{name}_cpu_s"] = sorted(cpu for _, cpu in times)[len(times) // 2]
    figures["below"] = len(columns.below())
    return {name: round(value, 4) for name, value in figures.items()}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks.keeper", description="Measure the risk keeper.")
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    parser.add_argument("--positions", type=int, default=POSITIONS)
    options = parser.parse_args()
    print(json.dumps(measure(options.accounts, options.positions), indent=2))


if __name__ == "__main__":
    main()
