"""A log that does not answer now is waited for, and is not taken for a log that is wrong."""

import logging
from collections.abc import Callable
from typing import TypeVar

import pytest

from ledger.core.messages import BlockSealed
from ledger.errors import LogCorrupt, LogFault, LogUnavailable
from ledger.log.memory import MemoryLog
from ledger.log.patience import PatientReader
from ledger.log.port import ControlBlock, OutcomesBlock, PartitionBlock, StoredCommand
from ledger.log.verify import verify_log
from tests.sealed import LEDGER, written

PARTITIONS = 2
T = TypeVar("T")


class Hiding:
    """A sound log of 4 blocks whose reads of ``hidden`` fail the first ``times``."""

    def __init__(self, hidden: str, fault: LogFault, times: int) -> None:
        self._log = MemoryLog(LEDGER, PARTITIONS)
        written(self._log, blocks=4)
        self._hidden = hidden
        self._fault = fault
        self._times = times

    @property
    def ledger_id(self) -> str:
        return self._shown("ledger_id", lambda: self._log.ledger_id)

    @property
    def partitions(self) -> int:
        return self._shown("partitions", lambda: self._log.partitions)

    @property
    def identity(self) -> str:
        return self._shown("identity", lambda: self._log.identity)

    def head(self) -> BlockSealed | None:
        return self._shown("head", self._log.head)

    def seal(self, height: int) -> BlockSealed:
        return self._shown("seal", lambda: self._log.seal(height))

    def read_partition(self, partition: int, from_height: int, count: int) -> list[PartitionBlock]:
        return self._shown("read_partition", lambda: self._log.read_partition(partition, from_height, count))

    def read_outcomes(self, from_height: int, count: int) -> list[OutcomesBlock]:
        return self._shown("read_outcomes", lambda: self._log.read_outcomes(from_height, count))

    def read_control(self, from_height: int, count: int) -> list[ControlBlock]:
        return self._shown("read_control", lambda: self._log.read_control(from_height, count))

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:
        return self._shown("read_commands", lambda: self._log.read_commands(position, count))

    def close(self) -> None:
        self._log.close()

    def _shown(self, name: str, ask: Callable[[], T]) -> T:
        if name == self._hidden and self._times:
            self._times -= 1
            raise self._fault
        return ask()


HIDDEN = LogUnavailable("block 2 is sealed and not shown", where="outcomes[0]")
READS = [
    "head",
    "ledger_id",
    "partitions",
    "read_partition",
    "read_outcomes",
    "read_control",
    "read_commands",
]


@pytest.mark.parametrize("hidden", READS)
def test_a_verification_waits_for_what_a_stale_leader_hides(
    hidden: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        findings = list(verify_log(PatientReader(Hiding(hidden, HIDDEN, times=2))))
    assert findings == []
    assert [record.getMessage() for record in caplog.records] == [f"waiting for the log since 0 s: {HIDDEN}"]


def test_seal_and_identity_are_waited_for_too() -> None:
    assert PatientReader(Hiding("seal", HIDDEN, times=1)).seal(2).height == 2
    assert PatientReader(Hiding("identity", HIDDEN, times=1)).identity == ""


def test_patience_ends_with_the_fault_that_did_not_pass() -> None:
    reader = PatientReader(Hiding("read_outcomes", HIDDEN, times=-1), patience_s=0.2)
    with pytest.raises(LogUnavailable, match="sealed and not shown"):
        list(verify_log(reader))


@pytest.mark.parametrize("hidden", ["read_partition", "read_outcomes", "read_control", "read_commands"])
def test_what_could_not_be_looked_at_is_no_finding(hidden: str) -> None:
    with pytest.raises(LogUnavailable):
        list(verify_log(Hiding(hidden, HIDDEN, times=-1)))


def test_a_fault_that_no_time_mends_is_not_waited_for() -> None:
    damaged = LogCorrupt("half of it is gone", where="block 2")
    findings = [str(finding) for finding in verify_log(PatientReader(Hiding("read_outcomes", damaged, -1)))]
    assert len(findings) == 4
    assert all("half of it is gone" in finding for finding in findings)
