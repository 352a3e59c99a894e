"""Opening the log that the settings choose, for reading: the one way for every program."""

import os
from contextlib import ExitStack
from typing import Final

from ledger.errors import FormatUnknown, SettingsFault
from ledger.log.kafka.config import Connection
from ledger.log.kafka.reader import KafkaReader
from ledger.log.kafka.security import security_of
from ledger.log.kafka.topics import wait_for_cluster
from ledger.log.patience import PatientReader
from ledger.log.port import LogReader
from ledger.log.rocks import RocksLog
from ledger.settings import Settings

CLUSTER_TIMEOUT_S: Final = 60.0
"""How long a program waits for the first broker: a cluster that starts with it is up in 6 s."""


def connection_of(settings: Settings) -> Connection:
    """The cluster that the settings name, and how the environment says to be let in.

    Raises ``SettingsFault`` when no cluster is named, or when the security settings make no sense.
    """
    if not settings.brokers:
        raise SettingsFault("no cluster is named", where="--brokers or LEDGER_BROKERS")
    return Connection(settings.brokers, settings.topic_prefix, security_of(os.environ))


def open_reader(settings: Settings, *, live: bool = False, within_s: float = CLUSTER_TIMEOUT_S) -> LogReader:
    """The log for reading, beside a writer that may be running; ``live`` is for who follows it.

    Who follows it on a cluster meets a fail-over as ``LogUnavailable`` and goes on; anybody else's reads
    wait for it to pass (``ledger.log.patience``).

    Raises ``FormatUnknown`` when the settings name another ledger than the log's; on a cluster
    also ``LogUnavailable`` when no broker answers, and ``TopicChanged`` when a topic is not there.
    """
    if not settings.brokers:
        return RocksLog.open_reader(settings.log_dir, settings.id)
    connection = connection_of(settings)
    wait_for_cluster(connection, within_s)
    with ExitStack() as opened:
        reader = KafkaReader(connection, live=live)
        opened.callback(reader.close)
        log: LogReader = reader if live else PatientReader(reader, within_s)
        if settings.id and log.ledger_id not in ("", settings.id):
            raise FormatUnknown(
                f"the topics are of ledger {log.ledger_id!r}, not of {settings.id!r}",
                where=connection.events,
                remedy="Name the ledger's own topics with --topic-prefix, or leave --ledger-id out",
            )
        opened.pop_all()
    return log
