"""The risk keeper at full size on a broker: from a price tick being sent to the outcome of a liquidation.

300 thousand accounts with a million positions are written through the writer. Then ``ledger keeper``
reads the log and price ticks come, each of which pushes some accounts below maintenance. What is timed is
what an exchange would see: the tick goes through the writer into the log, the keeper reads it and checks
every account, and the writer decides on each that it asks for.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, final

from benchmarks.faults.waiting import until
from benchmarks.faults.writers import WriterProcess
from benchmarks.load import START_US
from benchmarks.on_kafka import Figures, new_ledger, store, taken, writing
from ledger.client import Client
from ledger.core.messages import (
    AnyCommand,
    CreditDeposit,
    MarketPrice,
    OpenAccount,
    SettleOffBookTrade,
    UpdatePrices,
)
from ledger.core.values import E8, PPM
from ledger.errors import invariant
from ledger.form import COMPILED, form
from ledger.log.codec import encode_command
from ledger.log.kafka.commands import OutcomeFollower
from ledger.log.kafka.config import Connection
from ledger.log.kafka.reader import KafkaReader
from scenarios.gateway import Header
from scenarios.listing import SETTLEMENT_ASSET, list_assets, list_markets
from tests.integration.kafka.cluster import free_port, running_cluster

SIZES: Final = {COMPILED: (300_000, 1_000_000), "pure": (30_000, 100_000)}
"""Accounts and positions. The pure form writes so many commands in minutes."""
MARKETS: Final = 40
TICKS: Final = 9
WEAK: Final = 20
"""Accounts that each tick pushes below maintenance; the keeper asks for all of them at once."""
MARK_E8: Final = 1_000 * E8
SIZE_E8: Final = E8
RICH_E8: Final = 10_000 * E8
POOR_E8: Final = 21 * E8
"""Enough for the initial margin of one position of 1,000 (2% and a fee), not for a fall of 1.2%."""
FALL_PPM: Final = 12_000
PRODUCER: Final = "keeper-bench"
READY_WITHIN_S: Final = 300.0
OUTCOMES_WITHIN_S: Final = 60.0


@final
class Crowd:
    """Commands that make the accounts and their positions.

    Accounts 2p and 2p + 1 trade with each other, in another market in each round. The first pairs are
    weak: the buyer can afford one position, in the market that the tick of its number moves.
    """

    def __init__(self, accounts: int, positions: int) -> None:
        self._pairs = accounts // 2
        self._positions = positions
        self._numbers: dict[str, int] = {}
        self.markets = [f"M{number:02d}-USD-PERP" for number in range(MARKETS)]
        self.marks_e8 = dict.fromkeys(self.markets, MARK_E8)

    def commands(self) -> Iterator[AnyCommand]:
        """Everything up to the first tick that is measured."""
        yield from list_assets(self._header)
        for market in self.markets:
            rules = list_markets(self._header)[0]
            rules.market, rules.base = market, market.partition("-")[0]
            yield rules
        yield self.tick(1)
        yield from self._account("fund", "LIQUIDATOR", 10**7 * E8)
        for pair in range(self._pairs):
            yield from self._account(f"a{2 * pair}", "TRADER", POOR_E8 if self._weak(pair) else RICH_E8)
            yield from self._account(f"a{2 * pair + 1}", "TRADER", RICH_E8)
        left, place = self._positions // 2, 0
        while left:
            turn, pair = divmod(place, self._pairs)
            if turn == 0 or not self._weak(pair):
                market = self.markets[(pair // WEAK + 7 * turn) % MARKETS]
                yield self._trade(market, pair)
                left -= 1
            place += 1

    def fall(self, number: int) -> UpdatePrices:
        """The tick that moves the market of the ``number``-th weak accounts, from 0."""
        market = self.markets[number % MARKETS]
        self.marks_e8[market] -= self.marks_e8[market] * FALL_PPM // PPM
        return self.tick(number + 2)

    def tick(self, tick_id: int) -> UpdatePrices:
        """The marks as they are, a second after the tick before."""
        prices = [
            MarketPrice(market, mark, mark, 1, mark, 0, 0, 0, 0, 0, 0, 0, 0)
            for market, mark in self.marks_e8.items()
        ]
        at_ms = time.time_ns() // 1_000_000
        return UpdatePrices(*self._header("feed"), tick_id, tick_id - 1, "bench", 1, at_ms, prices)

    def _weak(self, pair: int) -> bool:
        return pair < TICKS * WEAK

    def _header(self, producer: str) -> Header:
        self._numbers[producer] = self._numbers.get(producer, 0) + 1
        return producer, self._numbers[producer], START_US

    def _account(self, name: str, kind: str, cash_e8: int) -> Iterator[AnyCommand]:
        yield OpenAccount(*self._header("operator"), name, kind, "", "", 0, "")
        yield CreditDeposit(
            *self._header("bridge"), name, SETTLEMENT_ASSET, cash_e8, f"d-{name}", "bridge", "chain", START_US
        )

    def _trade(self, market: str, pair: int) -> SettleOffBookTrade:
        sides = (f"a{2 * pair}", f"a{2 * pair + 1}")
        return SettleOffBookTrade(*self._header("desk"), market, MARK_E8, SIZE_E8, *sides, "NONE", START_US)


def measure_risk(folder: Path) -> Figures:
    """Milliseconds from a price tick to the outcome of the first and of the last liquidation it asks for."""
    accounts, positions = SIZES[form()]
    crowd = Crowd(accounts, positions)
    commands = [encode_command(command) for command in crowd.commands()]
    figures: Figures = {"accounts": accounts, "positions": positions, "asked_per_tick": WEAK}
    with (
        running_cluster(1, heap="1g") as cluster,
        new_ledger(cluster) as connection,
        writing(folder / "writer", connection),
        closing(KafkaReader(connection)) as reader,
    ):
        store(connection, commands)
        until(lambda: taken(reader) >= len(commands), READY_WITHIN_S, "the opening")
        keeper = start_keeper(folder, connection)
        try:
            began_s = time.monotonic()
            until(lambda: is_keeping(keeper), READY_WITHIN_S, "the keeper")
            figures["keeper_ready_s"] = round(time.monotonic() - began_s, 1)
            firsts, lasts = timed_ticks(connection, crowd)
        finally:
            keeper.kill()
    figures["first_outcome_p50_ms"] = round(statistics.median(firsts))
    figures["first_outcome_max_ms"] = round(max(firsts))
    figures["last_outcome_p50_ms"] = round(statistics.median(lasts))
    figures["last_outcome_max_ms"] = round(max(lasts))
    return figures


def timed_ticks(connection: Connection, crowd: Crowd) -> tuple[list[float], list[float]]:
    """Milliseconds from each tick being sent to the first and to the last outcome of its liquidations."""
    firsts: list[float] = []
    lasts: list[float] = []
    outcomes = OutcomeFollower(connection)
    with Client(connection) as client:
        for number in range(TICKS):
            began_s = time.perf_counter()
            sent = client.send(crowd.fall(number))
            arrived: list[float] = []
            while len(arrived) < WEAK:
                invariant(time.perf_counter() - began_s < OUTCOMES_WITHIN_S, f"{len(arrived)} answers came")
                for outcome in outcomes.read(0.5):
                    if outcome.producer == PRODUCER:
                        invariant(outcome.code == 0, f"refused: {outcome.detail}")
                        arrived.append((time.perf_counter() - began_s) * 1000)
            invariant(sent.result(OUTCOMES_WITHIN_S).outcome.code == 0, "the tick was refused")
            firsts.append(arrived[0])
            lasts.append(arrived[-1])
    outcomes.close()
    return firsts, lasts


def start_keeper(folder: Path, connection: Connection) -> WriterProcess:
    """``ledger keeper``, as it is shipped."""
    arguments = ["keeper", "--producer", PRODUCER, "--listen", f"127.0.0.1:{free_port()}"]
    where = ["--brokers", connection.brokers, "--topic-prefix", connection.prefix]
    return WriterProcess("keeper", folder, "from ledger.cli import main; main()", [*arguments, *where])


def is_keeping(keeper: WriterProcess) -> bool:
    """Whether it has read the whole log."""
    invariant(keeper.alive, f"the keeper ended: {keeper.lines()[-5:]}")
    return keeper.role == "keeping"
