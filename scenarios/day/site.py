"""Where a run is played: a ledger with a writer in this process, on the simulated clock of the tape."""

from collections.abc import Sequence
from typing import Final, Self, final

from ledger.errors import SettingsFault
from ledger.log.kafka.log import KafkaLog
from ledger.log.kafka.topics import Topics, wait_for_cluster
from ledger.log.memory import MemoryLog
from ledger.log.opening import CLUSTER_TIMEOUT_S, connection_of
from ledger.log.port import EventLog, StoredCommand
from ledger.log.rocks import RocksLog
from ledger.settings import Settings
from ledger.writer.checkpoints import Checkpoints
from ledger.writer.writer import Writer
from scenarios.gateway import Gateway

REPLICAS_SAFE: Final = 3


class OwnLog(KafkaLog):
    """A log on a cluster whose commands all come from this process: what it did not append is not there.

    The writer looks for commands of others before each block; asking the broker takes 100 ms.
    """

    _appended = 0
    """Position after the last command that was appended here."""

    def append_commands(self, commands: Sequence[bytes], arrived_at_us: int) -> int:
        """See ``EventLog``."""
        first = super().append_commands(commands, arrived_at_us)
        self._appended = first + len(commands)
        return first

    def read_commands(self, position: int, count: int) -> list[StoredCommand]:
        """See ``EventLog``."""
        if self._appended and position >= self._appended:
            return []
        return super().read_commands(position, count)


@final
class Site:
    """A new ledger, and the gateway to its writer. ``checkpoints`` is ``None`` for a ledger in memory."""

    def __init__(
        self, log: EventLog, opened_at_us: int, checkpoints: Checkpoints | None = None, block_size: int = 1000
    ) -> None:
        self.log = log
        self.checkpoints = checkpoints
        self.writer = Writer(log, checkpoints=checkpoints, block_size=block_size)
        self.writer.open_ledger(opened_at_us)
        self.gateway = Gateway(self.writer)

    @classmethod
    def in_memory(cls, partitions: int, opened_at_us: int) -> Self:
        """For tests and for trying things out."""
        return cls(MemoryLog("tape", partitions), opened_at_us)

    @classmethod
    def embedded(cls, settings: Settings, ledger_id: str, opened_at_us: int) -> Self:
        """In the data directory of ``settings``. The faults are those of ``RocksLog.create``."""
        RocksLog.create(settings.log_dir, ledger_id, settings.partitions).close()
        log = RocksLog.open(settings.log_dir)
        return cls(log, opened_at_us, Checkpoints(settings.writer_dir), settings.block_size)

    @classmethod
    def on_cluster(cls, settings: Settings, ledger_id: str, opened_at_us: int) -> Self:
        """On the topics of ``settings``, which are made where they are missing. The ledger must be new.

        This process is the writer. Events have the times of the tape, and only the stored commands the
        broker's.
        """
        connection = connection_of(settings)
        nodes = wait_for_cluster(connection, CLUSTER_TIMEOUT_S)
        topics = Topics(connection)
        topics.create(settings.partitions, min(REPLICAS_SAFE, nodes))
        topics.require()
        log = OwnLog.open(connection, ledger_id)
        if log.head() is not None:
            log.close()
            raise SettingsFault(
                "a tape is played into a new ledger, and this one has blocks",
                where=connection.events,
                remedy="Name another prefix of topics with --prefix",
            )
        return cls(log, opened_at_us, Checkpoints(settings.writer_dir), settings.block_size)

    def export(self) -> None:
        """Write a checkpoint of the writer, where there is a place for one."""
        if self.checkpoints is not None:
            self.writer.checkpoint()

    def close(self) -> None:
        """Let go of the log."""
        self.writer.close()
