"""Every setting of a Kafka client that the ledger uses, with its reason.

The figures were measured against one and three brokers; where a time-out is a sum, the sum is
written down.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final, final

from ledger.log.kafka.security import Security

SESSION_TIMEOUT_MS: Final = 10_000
"""A group member that is silent this long loses its place.

A broker's fail-over keeps the coordinator away for 5.2-6.6 s (leader killed); with less, a
broker that dies would take the writer with it. A take-over therefore needs at most
10 s (session) + 1 s (rebalance) + 1 s (``init_transactions``) + the tail of the log < 15 s.
"""
SESSION_TIMEOUT_ALONE_MS: Final = 6_000
"""The same with one broker, which has nobody to fail over to: what a broker allows at least."""
HEARTBEAT_MS: Final = 600
TRANSACTION_TIMEOUT_MS: Final = 30_000
"""The broker aborts a transaction that its producer left open this long.

Longer than the longest fail-over seen (a paused broker is given up after about 15 s), so that a
living writer is never cut off; a dead writer's transaction is resolved at once by its
successor's ``init_transactions``, not by this.
"""
SOCKET_TIMEOUT_MS: Final = 6_000
LINGER_MS: Final = 3
"""How long a command waits for company. A request of its own for each costs a sender, and the broker it
shares a machine with, a third of a core at 20 thousand a second; a lone command waits 3 ms more of 7."""
METADATA_REFRESH_MS: Final = 1_000
"""How often a client asks who leads which partition. It asks by itself when a leader is lost, less and
less often until there is another; then, or when the one asked knew no better, a block would wait."""
MESSAGE_BYTES_MAX: Final = 16 * 1024 * 1024
FETCH_BYTES_MAX: Final = 64 * 1024 * 1024
PARTITION_BYTES: Final = 4 * 1024 * 1024
"""What one fetch brings of a partition, unless a single batch is larger: with 16 MB a message cost a fifth
more processor time, since it had left the cache when it was taken."""
PROBE_BYTES: Final = 128 * 1024
"""A probe looks for the next seal: some 800 messages at a time, and not megabytes behind it."""

CLIENT_LOGGER: Final = logging.getLogger("ledger.log.kafka.client")
"""Where the client library's own lines go: connections lost and found again. Silent in a program
that has not set up logging."""
CLIENT_LOGGER.addHandler(logging.NullHandler())

Settings = dict[str, Any]


@final
class Connection:
    """Where the cluster is, which ledger's topics are meant, and how to be let in.

    ``security`` holds client settings such as ``security.protocol``, ``sasl.username`` and
    ``sasl.password`` (``ledger.log.kafka.security``); they are never printed.
    """

    __slots__ = ("brokers", "prefix", "security")

    def __init__(
        self, brokers: str, prefix: str = "ledger", security: Mapping[str, str] | None = None
    ) -> None:
        self.brokers = brokers
        self.prefix = prefix
        self.security = security if isinstance(security, Security) else Security(security)

    def __repr__(self) -> str:
        return f"Connection({self.brokers!r}, prefix={self.prefix!r}, security={sorted(self.security)})"

    @property
    def commands(self) -> str:
        """Topic of what was asked, one partition: its order decides."""
        return f"{self.prefix}.commands"

    @property
    def events(self) -> str:
        """Topic of what happened, partitioned by account."""
        return f"{self.prefix}.events"

    @property
    def outcomes(self) -> str:
        """Topic of what became of each command, one partition."""
        return f"{self.prefix}.outcomes"

    @property
    def control(self) -> str:
        """Topic of system events that a reader must know before history, one partition."""
        return f"{self.prefix}.control"

    @property
    def readers_group(self) -> str:
        """Group that every reader names and none joins."""
        return f"{self.prefix}-readers"


def common(connection: Connection) -> Settings:
    """Settings of every client."""
    return {
        "bootstrap.servers": connection.brokers,
        "socket.timeout.ms": SOCKET_TIMEOUT_MS,
        "socket.connection.setup.timeout.ms": SOCKET_TIMEOUT_MS,  # 30 s for a host that drops packets
        "topic.metadata.refresh.interval.ms": METADATA_REFRESH_MS,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 1_000,
        "log.connection.close": False,
        "logger": CLIENT_LOGGER,
        **connection.security,
    }


def block_producer(connection: Connection, transactional_id: str) -> Settings:
    """The writer's producer: transactions, every replica in sync, nothing waits for company.

    ``retry.backoff.ms`` at its default of 100 would cost blocks that follow each other 100 ms
    each: the broker answers CONCURRENT_TRANSACTIONS while it finishes the last one.
    """
    return {
        **common(connection),
        "transactional.id": transactional_id,
        "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
        "acks": "all",
        "linger.ms": 0,
        "retry.backoff.ms": 1,
        "retry.backoff.max.ms": 100,
        "message.max.bytes": MESSAGE_BYTES_MAX,
        "batch.num.messages": 100_000,
        "queue.buffering.max.messages": 2_000_000,
        "queue.buffering.max.kbytes": 1_048_576,
    }


def command_producer(connection: Connection) -> Settings:
    """A producer of commands: idempotent, so that a retry inside the client stores nothing twice.

    ``delivery.timeout.ms`` is how long an undelivered command is retried: two fail-overs of
    6.6 s and some. A command given up here may still be stored; sending it again under the same
    id is safe.
    """
    return {
        **common(connection),
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": LINGER_MS,
        "retry.backoff.ms": 10,
        "retry.backoff.max.ms": 500,
        "delivery.timeout.ms": 20_000,
        "message.max.bytes": MESSAGE_BYTES_MAX,
        "queue.buffering.max.messages": 1_000_000,
    }


def block_consumer(connection: Connection, *, committed: bool = True) -> Settings:
    """A consumer that reads a partition at offsets of its own choosing, up to its end.

    It belongs to no group in effect (``assign`` only; the name is required by the library). An
    offset that does not exist is an error, never a reset. With ``committed`` false it sees open
    transactions too, which only recovery wants, to learn where the log really ends.
    """
    return {
        **common(connection),
        "group.id": connection.readers_group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
        "isolation.level": "read_committed" if committed else "read_uncommitted",
        "check.crcs": False,
        "queued.min.messages": 1_000_000,
        "queued.max.messages.kbytes": 65_536,  # 300 thousand events, and as much memory to keep them apart
        "fetch.max.bytes": FETCH_BYTES_MAX,
        "max.partition.fetch.bytes": PARTITION_BYTES,
        "fetch.queue.backoff.ms": 5,
        "fetch.wait.max.ms": 50,
        "fetch.error.backoff.ms": 50,
    }


def probe_consumer(connection: Connection, *, committed: bool = True) -> Settings:
    """A consumer that looks here and there for a seal and never follows.

    It fetches little, stops when it has something, and does not wait at the end of a partition: a
    fetch that waits would hold up the next look by as long. A look takes some 10 ms.
    """
    return {
        **block_consumer(connection, committed=committed),
        "queued.min.messages": 1,
        "max.partition.fetch.bytes": PROBE_BYTES,
        "fetch.wait.max.ms": 5,
    }


def group_member(connection: Connection, group: str, session_timeout_ms: int) -> Settings:
    """A member of the group that chooses who tries to be the writer.

    ``classic`` because a take-over under ``consumer`` took 46 s; ``cooperative-sticky`` because
    ``range`` hands leadership back to a zombie that returns.
    """
    return {
        **common(connection),
        "group.id": group,
        "group.protocol": "classic",
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": session_timeout_ms,
        "heartbeat.interval.ms": HEARTBEAT_MS,
        "max.poll.interval.ms": 60_000,
        "enable.auto.commit": False,
        "auto.offset.reset": "latest",
    }
