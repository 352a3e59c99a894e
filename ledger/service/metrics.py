"""The Prometheus metrics of a writer service; the only place that knows the client library."""

from collections import Counter as Tally
from typing import Final, final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ledger.core.refusals import RefusalCode
from ledger.log.kafka.log import DurableBlock
from ledger.writer.apply import Answer

ROLES: Final = ("connecting", "standby", "recovering", "leader")
"""``connecting`` is before a cluster answers, and after a fault that time mends."""
_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_COMMANDS: Final = (1, 10, 50, 100, 500, 1000, 2000, 4000, 8000, 16000)


@final
class WriterMetrics:
    """Counts what a writer does. One registry per service, so that tests can run several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._commands = Counter("ledger_commands", "Commands answered", ["status"], registry=self.registry)
        self._refusals = Counter(
            "ledger_refusals", "Commands refused, by code", ["code", "name"], registry=self.registry
        )
        self._block_commands = Histogram(
            "ledger_block_commands", "Commands in a block", buckets=_COMMANDS, registry=self.registry
        )
        self._block_seconds = Histogram(
            "ledger_block_seconds",
            "From the first command of a block being read to the block being durable",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._commit_seconds = Histogram(
            "ledger_commit_seconds", "Commit of a block", buckets=_SECONDS, registry=self.registry
        )
        self._height = Gauge("ledger_height", "Height of the newest block", registry=self.registry)
        self._seq = Gauge("ledger_seq", "seq of the newest event", registry=self.registry)
        self._cursor = Gauge("ledger_command_cursor", "Position of the next command", registry=self.registry)
        self._lag_seconds = Gauge(
            "ledger_command_lag_seconds",
            "Arrival of the oldest command of the newest block to its commit; 0 after a heartbeat",
            registry=self.registry,
        )
        self._lag_commands = Gauge(
            "ledger_command_lag", "Commands that arrived and are not taken", registry=self.registry
        )
        self._role = Gauge(
            "ledger_writer_role", "1 for the role this process has", ["role"], registry=self.registry
        )
        self._faults = Counter("ledger_faults", "Faults met, by class", ["fault"], registry=self.registry)
        for role in ROLES:
            self._role.labels(role).set(0)

    def role(self, role: str) -> None:
        """The service is now ``role``: one of ``ROLES``, or ``stopped``, which is none of them."""
        for each in ROLES:
            self._role.labels(each).set(1 if each == role else 0)

    def answered(self, answers: list[Answer]) -> None:
        """Commands were taken, and are answered when their block is durable."""
        refused: Tally[int] = Tally()
        duplicates = 0
        for answer in answers:
            if answer.duplicate:
                duplicates += 1
            elif answer.outcome.code:
                refused[answer.outcome.code] += 1
        self._commands.labels("duplicate").inc(duplicates)
        self._commands.labels("refused").inc(refused.total())
        self._commands.labels("accepted").inc(len(answers) - duplicates - refused.total())
        for code, count in refused.items():
            self._refusals.labels(str(code), RefusalCode(code).name).inc(count)

    def durable(self, block: DurableBlock) -> None:
        """A block is durable."""
        seal = block.seal
        self._commit_seconds.observe(block.commit_s)
        if seal.command_count:
            self._block_commands.observe(seal.command_count)
            self._block_seconds.observe(block.block_s)
        self._lag_seconds.set(block.lag_s)
        self._height.set(seal.height)
        self._seq.set(seal.last_seq)
        self._cursor.set(seal.command_cursor)

    def lag(self, commands: int) -> None:
        """``commands`` arrived and are not taken yet."""
        self._lag_commands.set(commands)

    def fault(self, name: str) -> None:
        """A fault of this class was met."""
        self._faults.labels(name).inc()
