"""Small sealed ledgers for tests of the log: events that no rule checks, in blocks that are valid."""

from collections.abc import Sequence
from typing import Final

from ledger.core.messages import (
    AssetListed,
    BlockSealed,
    CheckpointMarked,
    DepositCredited,
    Event,
    LedgerOpened,
    OpenAccount,
    Outcome,
)
from ledger.log.blocks import BlockBuilder
from ledger.log.codec import encode_command
from ledger.log.port import Block, EventLog

LEDGER: Final = "test-ledger"
START_US: Final = 1_700_000_000_000_000
ACCOUNTS: Final = ("alice", "bob", "carol", "dave", "søren", "eve-7")


def opened(partitions: int) -> Event:
    """The first event of the test ledger."""
    return LedgerOpened(LEDGER, partitions, "1", "")


def deposit(account: str, amount_e8: int = 5) -> Event:
    """A keyed event."""
    return DepositCredited(account, "USDC", amount_e8, 0, amount_e8, "ref", "bridge", "chain", 0)


def listed(asset: str = "USDC") -> Event:
    """A broadcast event."""
    return AssetListed(asset, 6, 1, "active", 1)


def marked(height: int) -> Event:
    """A broadcast event that is copied to the control stream."""
    return CheckpointMarked(height, "00", "balances=00", "", 1, 0, 0)


def command(number: int, producer: str = "tester") -> bytes:
    """A framed command."""
    return encode_command(OpenAccount(producer, number, START_US, f"account-{number}", "user", "", "", 0, ""))


class Scribe:
    """Builds one block after the other, each command with the events it is given."""

    def __init__(self, partitions: int, head: BlockSealed | None = None) -> None:
        self.partitions = partitions
        self.builder = BlockBuilder(partitions, head)
        self.head = head
        self.cursor = 0 if head is None else head.command_cursor
        self._number = self.cursor

    def stamped(self, *events: Event) -> list[Event]:
        """The events with the next seqs and times."""
        for place, event in enumerate(events):
            event.seq = self.builder.next_seq + place
            event.recorded_at_us = START_US + event.seq
            event.occurred_at_us = START_US
            event.command_id = f"tester/{self._number}"
        return list(events)

    def take(self, *events: Event) -> None:
        """Add one command with its events: accepted, or refused when there are none."""
        self._number += 1
        stamped = self.stamped(*events)
        first, last = (stamped[0].seq, stamped[-1].seq) if stamped else (0, 0)
        status, code = ("accepted", 0) if stamped else ("refused", 7)
        outcome = Outcome("tester", self._number, self.cursor, START_US, status, code, "", first, last, 0)
        self.builder.add_command(stamped, outcome)
        self.cursor += 1

    def genesis(self) -> Block:
        """Block 1."""
        self.builder.add(self.stamped(opened(self.partitions))[0])
        return self.seal()

    def block(self, *commands: Sequence[Event]) -> Block:
        """The next block, with these commands."""
        for events in commands:
            self.take(*events)
        return self.seal()

    def seal(self) -> Block:
        """The next block, with what was taken; the one after it builds on it."""
        block = self.builder.seal(self.builder.recorded_at_us, self.cursor)
        self.head = block.seal
        self.builder.begin(block.seal)
        return block


def written(log: EventLog, blocks: int = 4) -> list[Block]:
    """Commit a small ledger: keyed, broadcast and control events, refusals, an empty block."""
    scribe = Scribe(log.partitions)
    done = [scribe.genesis()]
    log.commit(done[0])
    for number in range(2, blocks + 1):
        requests: list[list[Event]] = [[deposit(account, number) for account in ACCOUNTS], [], [listed()]]
        if number % 3 == 0:
            requests.append([marked(number)])
        if number % 4 == 0:
            requests = []
        log.append_commands([command(scribe.cursor + place) for place in range(len(requests))], START_US)
        done.append(scribe.block(*requests))
        log.commit(done[-1])
    return done
