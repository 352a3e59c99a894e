"""Ledgers on which something goes wrong: commands in blocks of one tick, guards that only observe."""

from itertools import count

from ledger.core.messages import (
    AdvanceFunding,
    AnyCommand,
    BlockSealed,
    MarketPrice,
    MarketRate,
    UpdatePrices,
)
from ledger.log.codec import encode_command
from ledger.log.memory import MemoryLog
from ledger.writer.apply import Answer
from ledger.writer.writer import Writer
from tests.fields import changed
from tests.spec import START_MS, START_US, ask, e8, rule

BTC = "BTC-USD-PERP"
OBSERVED = ("G1", "G1r", "G2", "G2p", "G2r", "G4f", "G5", "G5x", "G5w", "G6", "G7a", "G7b")


def observed() -> list[AnyCommand]:
    """Rules under which no guard refuses anything, as on an exchange that has none."""
    return [rule(f"guard.{guard}", "observe:86400") for guard in OBSERVED]


class Town:
    """A ledger on a log in memory. Every command is numbered by its place; each call is a block."""

    def __init__(self, partitions: int = 2) -> None:
        self.log = MemoryLog("town", partitions)
        self.writer = Writer(self.log)
        self.writer.open_ledger(START_US)
        self.numbers = count(1)
        self.ticks: dict[str, int] = {}
        self.now_us = START_US

    def take(self, *commands: AnyCommand) -> list[str]:
        """Commands that are accepted, as one block; their ids."""
        answers = self.ask(*commands)
        for answer in answers:
            assert answer.outcome.code == 0, answer.outcome.detail
        return [f"{answer.outcome.producer}/{answer.outcome.number}" for answer in answers]

    def ask(self, *commands: AnyCommand) -> list[Answer]:
        """Commands as one block, whatever becomes of them."""
        numbered = [
            changed(command, number=command.number or next(self.numbers), issued_at_us=self.now_us)
            for command in commands
        ]
        return self.writer.submit([encode_command(command) for command in numbered], self.now_us)

    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.now_us += seconds * 1_000_000

    def prices(self, **marks: str | tuple[str, str]) -> UpdatePrices:
        """The next price tick: a mark, which is the external fair price too, or both."""
        tick = self.ticks["price"] = self.ticks.get("price", 0) + 1
        entries = []
        for base, given in marks.items():
            mark, fair = (given, given) if isinstance(given, str) else given
            entries.append(
                MarketPrice(f"{base}-USD-PERP", e8(mark), e8(fair), 1, e8(fair), 0, 0, 0, 0, 0, 0, 0, 0)
            )
        return ask(
            UpdatePrices,
            tick_id=tick,
            previous_tick_id=tick - 1,
            source="prices",
            source_epoch=1,
            observed_at_ms=self.now_us // 1000,
            prices=entries,
        )

    def funding(self, rate_e12: int, spot: str, claim: str = "") -> AdvanceFunding:
        """The next funding tick of BTC, with an index claimed or none."""
        tick = self.ticks["funding"] = self.ticks.get("funding", 0) + 1
        entry = MarketRate(BTC, rate_e12, e8(spot), 1 if claim else 0, e8(claim or "0"), 0, 0)
        return ask(
            AdvanceFunding,
            tick_id=tick,
            previous_tick_id=tick - 1,
            source="funding",
            source_epoch=1,
            observed_at_ms=self.now_us // 1000,
            rates=[entry],
        )

    @property
    def head(self) -> BlockSealed:
        """Seal of the newest block."""
        head = self.log.head()
        assert head is not None
        return head


assert START_US // 1000 == START_MS
