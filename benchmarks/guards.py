"""What guards and liquidations cost the writer: ticks of many markets, a cascade, liquidations in the mix.

Guards look at ticks alone. Two writers take the same blocks in turn, each block with one tick of both
feeds: in one every limit is set and the feed claims its index and premium, in the other no limit is
set and nothing is claimed. Times are of the processor, since a guard waits for nothing.
"""

import statistics
import time
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Final, final

from benchmarks.load import MARKETS, MARKS_E8, START_US, Load
from ledger.bootstrap import create_ledger, open_writer
from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    ChangeRule,
    CreditDeposit,
    LiquidateAccount,
    ListMarket,
    MarketPrice,
    MarketRate,
    OpenAccount,
    SettleOffBookTrade,
    UpdatePrices,
)
from ledger.core.refusals import RefusalCode
from ledger.core.values import E8, E12
from ledger.errors import invariant
from ledger.log.codec import encode_command
from ledger.settings import load_settings
from ledger.writer.writer import Writer
from scenarios.listing import SETTLEMENT_ASSET

Figures = dict[str, float | int]

LISTED: Final = 40
"""Markets beside those of the mix, every one in every tick."""
ACCOUNTS: Final = 2_000
BLOCK: Final = 1_000
ROUNDS: Final = 40
TICK_PAIRS: Final = 100
TICK_US: Final = 1_000_000
PERIOD_MS: Final = 28_800_000
CASCADE: Final = 10_000
WINDOW_ACCOUNTS: Final = 1_000
WINDOW_US: Final = 60_000_000
"""What the breaker allows when nothing was changed."""
IN_THE_MIX: Final = 50
"""Liquidations in a block of the mix: one command in twenty."""
FALLEN: Final = "FALL-USD-PERP"

LIMITS: Final = {
    "price_move_max_ppm": 50_000,
    "price_window_ms": 300_000,
    "price_window_move_max_ppm": 50_000,
    "fair_divergence_max_ppm": 15_000,
    "funding_rate_change_max_e12": 300_000_000,
    "funding_rate_tolerance_e12": 150_000_000,
}
"""Limits of a market that are 0 where nothing is guarded."""


def list_market(number: int, name: str, **rules: int) -> ListMarket:
    """A market; limits that ``rules`` do not name are off."""
    return ListMarket(
        producer="operator-2",
        number=number,
        issued_at_us=START_US,
        market=name,
        base=name.partition("-")[0],
        quote="USD",
        settlement_asset=SETTLEMENT_ASSET,
        market_kind="cross",
        status="ok",
        price_tick_e8=E8 // 10,
        size_step_e8=E8 // 100_000,
        notional_min_e8=0,
        order_size_max_e8=100_000 * E8,
        position_limit_e8=100_000 * E8,
        open_orders_max=100,
        imf_base_ppm=20_000,
        mmf_factor_ppm=500_000,
        taker_fee_ppm=0,
        maker_fee_ppm=0,
        price_band_ppm=50_000,
        maintenance_band_ppm=500,
        spread_max_ppm=10_000,
        depth_min_e8=E8,
        liquidation_fee_ppm=700_000,
        liquidation_step_ppm=200_000,
        liquidation_target_ppm=900_000,
        funding_period_s=PERIOD_MS // 1000,
        funding_gap_max_ms=30_000,
        funding_rate_max_e12=E12 // 50,
        interest_rate_e12=E12 // 10_000,
        clamp_rate_e12=E12 // 2_000,
        price_age_max_ms=0,
        oracle_ewma_ppm=200_000,
        index_start_e8=0,
        **(dict.fromkeys(LIMITS, 0) | rules),
    )


@final
class Feeds:
    """Ticks of both feeds over all markets; ``guarded``: with every limit set, and with claims."""

    def __init__(self, *, guarded: bool) -> None:
        self._claims = 1 if guarded else 0
        self._limits = LIMITS if guarded else {}
        self._listed = [f"M{number}-USD-PERP" for number in range(LISTED)]
        self._bases_e8 = dict(zip(MARKETS, MARKS_E8, strict=True))
        self._bases_e8 |= {name: (number + 1) * 1_000 * E8 for number, name in enumerate(self._listed)}
        self._index = dict.fromkeys(self._bases_e8, 0)
        self._premium = dict.fromkeys(self._bases_e8, 0)
        self._remainder = dict.fromkeys(self._bases_e8, 0)
        self._tick = 1
        self.now_us = START_US

    def listings(self) -> list[AnyCommand]:
        """The markets, and no limit on ticks that are equal where nothing is guarded."""
        commands: list[AnyCommand] = [
            list_market(number, name, **self._limits) for number, name in enumerate(self._listed, start=1)
        ]
        if not self._claims:
            commands.append(ChangeRule("rules", 1, START_US, "stale_ticks_max", "system", "0"))
        return commands

    def pair(self) -> list[bytes]:
        """The next tick of prices and of rates."""
        previous, self._tick = self._tick, self._tick + 1
        self.now_us += TICK_US
        spots = {
            name: base + base * ((self._tick * 7 + place * 3) % 11 - 5) // 100_000
            for place, (name, base) in enumerate(self._bases_e8.items())
        }
        now_ms = self.now_us // 1000
        prices = [
            MarketPrice(name, spot, spot, 1, spot, 1, spot, 1, spot, 1, spot, E8, E8)
            for name, spot in spots.items()
            if name not in MARKETS
        ]
        rates = [self._rate(name, spot) for name, spot in spots.items()]
        head = (self._tick, self.now_us)
        return [
            encode_command(UpdatePrices("prices", *head, self._tick, previous, "bench", 1, now_ms, prices)),
            encode_command(
                AdvanceFunding(
                    "funding", *head, self._tick, previous * (previous > 1), "funder", 1, now_ms, rates
                )
            ),
        ]

    def _rate(self, name: str, spot_e8: int) -> MarketRate:
        number = self._premium[name] * (TICK_US // 1000) + self._remainder[name]
        step, self._remainder[name] = divmod(number, PERIOD_MS)
        self._index[name] += step
        rate = E12 // 10_000
        self._premium[name] = rate * spot_e8 // E12
        claims = self._claims
        return MarketRate(
            name, rate, spot_e8, claims, self._index[name] * claims, claims, self._premium[name] * claims
        )


def opened(folder: Path) -> Writer:
    """A writer on a new embedded log in ``folder``, which makes no checkpoints."""
    settings = load_settings(data=folder / "data", block_size=2 * BLOCK, checkpoint_events=10**12)
    create_ledger(settings, "benchmark", START_US)
    return open_writer(settings)


def take(writer: Writer, commands: Iterable[AnyCommand]) -> None:
    """Submit commands that must be accepted."""
    encoded = [encode_command(command) for command in commands]
    for start in range(0, len(encoded), BLOCK):
        accepted_s(writer, encoded[start : start + BLOCK], START_US)


def accepted_s(writer: Writer, block: Sequence[bytes], now_us: int) -> float:
    """Processor seconds of a block of which nothing is refused."""
    began = time.process_time()
    answers = writer.submit(block, now_us)
    seconds = time.process_time() - began
    refused = [answer.outcome.detail for answer in answers if answer.outcome.code]
    invariant(not refused, f"refused: {refused[:1]}")
    return seconds


def measure_guards(folder: Path) -> Figures:
    """Blocks with a tick of both feeds, and ticks alone, with guards and without."""
    sides = []
    for guarded in (True, False):
        writer, load, feeds = opened(folder / str(guarded)), Load(ACCOUNTS), Feeds(guarded=guarded)
        take(writer, load.opening())
        take(writer, feeds.listings())
        sides.append((writer, load, feeds))
    blocks: list[list[float]] = [[], []]
    pairs: list[list[float]] = [[], []]
    for number in range(ROUNDS):
        for side in (0, 1) if number % 2 else (1, 0):
            writer, load, feeds = sides[side]
            block = [*feeds.pair(), *(encode_command(command) for command in load.commands(BLOCK))]
            blocks[side].append(accepted_s(writer, block, feeds.now_us))
    for number in range(TICK_PAIRS):
        for side in (0, 1) if number % 2 else (1, 0):
            writer, _, feeds = sides[side]
            pair = feeds.pair()
            pairs[side].append(accepted_s(writer, pair, feeds.now_us))
    for writer, _, _ in sides:
        writer.close()
    on, off = (statistics.median(times) * 1e6 for times in blocks)
    pair_on, pair_off = (statistics.median(times) * 1e6 for times in pairs)
    return {
        "guarded_cpu_us_per_block": round(on),
        "unguarded_cpu_us_per_block": round(off),
        "guarded_cpu_us_per_tick_pair": round(pair_on),
        "unguarded_cpu_us_per_tick_pair": round(pair_off),
        "guards_percent_at_a_tick_pair_per_block": round(100 * (pair_on - pair_off) / off, 2),
        "guards_percent_at_a_tick_pair_per_second": round((pair_on - pair_off) / 1e4, 3),
    }


@final
class Falling:
    """Accounts that are long of a market with little more than the initial margin, and its mark."""

    def __init__(self, accounts: int) -> None:
        self.names = [f"falling-{number:05}" for number in range(accounts)]
        self._numbers = count(1)

    def head(self) -> tuple[str, int, int]:
        """Header of the next command."""
        return "falling", next(self._numbers), START_US

    def opening(self) -> Iterable[AnyCommand]:
        """A fund, a maker without margin, and everybody long 0.01 to 0.05 at 60,000."""
        yield list_market(LISTED + 1, FALLEN)
        yield self.mark(60_000, 1)
        yield OpenAccount(*self.head(), "fund", "LIQUIDATOR", "", "", 1, "")
        yield self._deposit("fund", 10**6 * E8)
        yield OpenAccount(*self.head(), "maker", "TRADER", "", "", 1, "")
        for number, name in enumerate(self.names):
            size = 1 + number % 5
            yield OpenAccount(*self.head(), name, "TRADER", "", "", 0, "")
            yield self._deposit(name, size * 12 * E8 + number % 3 * E8)
            yield SettleOffBookTrade(
                *self.head(), FALLEN, 60_000 * E8, size * E8 // 100, name, "maker", "NONE", START_US
            )

    def mark(self, price: int, tick: int) -> UpdatePrices:
        """The next price tick, of this market alone."""
        mark = price * E8
        prices = [MarketPrice(FALLEN, mark, mark, 1, mark, 0, 0, 0, 0, 0, 0, 0, 0)]
        at_ms = START_US // 1000 + tick
        return UpdatePrices(*self.head(), tick + 1, tick, "bench", 1, at_ms, prices)

    def _deposit(self, name: str, amount_e8: int) -> CreditDeposit:
        return CreditDeposit(
            *self.head(), name, SETTLEMENT_ASSET, amount_e8, name, "bridge", "chain", START_US
        )

    def asked(self, names: Sequence[str]) -> list[bytes]:
        """Commands that ask for the liquidation of accounts."""
        return [encode_command(LiquidateAccount(*self.head(), name)) for name in names]


def measure_liquidations(folder: Path) -> Figures:
    """A cascade within the breaker, and the mix with one liquidation in twenty commands."""
    writer, load = opened(folder / "liquidations"), Load(ACCOUNTS)
    falling = Falling(CASCADE + ROUNDS * IN_THE_MIX)
    take(writer, load.opening())
    take(writer, falling.opening())
    alone = [_mix(writer, load, []) for _ in range(ROUNDS)]
    worth = whole_worth(writer)
    take(writer, [falling.mark(59_100, 2)])
    figures = cascade(writer, falling)
    invariant(whole_worth(writer) == worth, "the books do not balance after the cascade")
    rest = falling.names[CASCADE:]
    take(writer, [ChangeRule(*falling.head(), "liquidation_accounts_max", "system", "0")])
    among = [
        _mix(writer, load, falling.asked(rest[start : start + IN_THE_MIX]))
        for start in range(0, len(rest), IN_THE_MIX)
    ]
    writer.close()
    figures["mix_cpu_us_per_command"] = round(statistics.median(alone) * 1e6 / BLOCK, 1)
    figures["mix_with_liquidations_cpu_us_per_command"] = round(statistics.median(among) * 1e6 / BLOCK, 1)
    return figures


def _mix(writer: Writer, load: Load, asked: list[bytes]) -> float:
    """Processor seconds of a block of the mix, some of its commands replaced by ``asked``."""
    commands = [encode_command(command) for command in load.commands(BLOCK - len(asked))]
    return accepted_s(writer, [*commands, *asked], START_US)


def cascade(writer: Writer, falling: Falling) -> Figures:
    """Everybody is asked for in order, some more in every window than the breaker allows."""
    seconds: list[float] = []
    now_us = START_US
    for start in range(0, CASCADE, WINDOW_ACCOUNTS):
        names = falling.names[start : start + WINDOW_ACCOUNTS + IN_THE_MIX]
        asked = falling.asked(names)
        began = time.perf_counter()
        answers = writer.submit(asked, now_us)
        seconds.append(time.perf_counter() - began)
        codes = [answer.outcome.code for answer in answers]
        beyond = [int(RefusalCode.LIQUIDATION_BREAKER)] * IN_THE_MIX
        invariant(codes == [0] * WINDOW_ACCOUNTS + beyond, f"a window of the cascade answered {set(codes)}")
        now_us += WINDOW_US
    asked_for = CASCADE + len(seconds) * IN_THE_MIX
    return {
        "cascade_accounts": CASCADE,
        "cascade_s": round(sum(seconds), 2),
        "cascade_commands_per_s": round(asked_for / sum(seconds)),
    }


def whole_worth(writer: Writer) -> int:
    """What all accounts have and have paid for their positions; no liquidation changes it by a unit."""
    worth = 0
    for account in writer.state.accounts.values():
        worth += account.balance_e8
        for holding in account.holdings.values():
            worth -= holding.cost_e8
    return worth


def measure_guards_and_liquidations(folder: Path) -> Figures:
    """Both, one after the other."""
    return measure_guards(folder) | measure_liquidations(folder)
