"""The sender of commands when the cluster takes against its producer."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from confluent_kafka import KafkaError, KafkaException

from ledger.errors import LedgerFault, LogUnavailable
from ledger.log.kafka import commands
from ledger.log.kafka.commands import CommandSender
from ledger.log.kafka.config import Connection

FATAL = KafkaError(KafkaError._FATAL, "out of order sequence", fatal=True)  # noqa: SLF001
PURGED = KafkaError(KafkaError._PURGE_INFLIGHT)  # noqa: SLF001


class BreakingProducer:
    """A producer that holds what it is given, and may be broken: it says so once when it is polled."""

    made: ClassVar["list[BreakingProducer]"] = []

    def __init__(self, _settings: dict[str, Any]) -> None:
        self.held: list[Callable[..., None]] = []
        self.broken = False
        self._untold = 0
        self._purged = False
        self.made.append(self)

    def __len__(self) -> int:
        return len(self.held)

    def break_down(self) -> None:
        self.broken = True
        self._untold = 1

    def produce(self, _topic: str, _value: bytes, *, on_delivery: Callable[..., None], **_place: int) -> None:
        if self.broken:
            raise KafkaException(FATAL)
        self.held.append(on_delivery)

    def purge(self) -> None:
        self._purged = True

    def poll(self, _timeout_s: float) -> None:
        if self._untold:
            self._untold -= 1
            raise KafkaException(FATAL)
        if self._purged and self.held:
            self.held.pop(0)(PURGED, None)


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> CommandSender:
    monkeypatch.setattr(BreakingProducer, "made", [])
    monkeypatch.setattr(commands, "Producer", BreakingProducer)
    return CommandSender(Connection("nowhere:1", "test"))


def test_what_a_broken_producer_held_fails_before_the_next_one_takes_over(sender: CommandSender) -> None:
    delivered: list[int] = []
    failed: list[LedgerFault] = []
    for command in (b"one", b"two", b"three"):
        sender.send(command, delivered.append, failed.append)
    BreakingProducer.made[0].break_down()
    sender.send(b"four", delivered.append, failed.append)
    assert [type(fault) for fault in failed] == [LogUnavailable] * 3
    assert len(BreakingProducer.made) == 2
    assert len(BreakingProducer.made[1]) == 1
    assert delivered == []
