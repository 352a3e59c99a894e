"""The topics of a ledger: created with the settings its promises need, and checked for them.

Infinite retention keeps the only truth; no compaction, since every event counts; partitions are
fixed for the life of a ledger; replicas that must be in sync make "durable" mean what the design
says. A wrong setting is refused with the command that mends it.
"""

import time
from typing import Any, Final, final

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._metadata import ClusterMetadata
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from ledger.errors import LogUnavailable, SettingsFault
from ledger.log.kafka.config import MESSAGE_BYTES_MAX, Connection, common
from ledger.log.kafka.faults import error_of, fault_of, is_unknown

ADMIN_TIMEOUT_S: Final = 30.0
REPLICAS_SAFE: Final = 3
IN_SYNC_SAFE: Final = 2


@final
class TopicFinding:
    """One setting that is not what the ledger needs."""

    __slots__ = ("fatal", "fix", "found", "needed", "setting", "topic")

    def __init__(
        self, topic: str, setting: str, *, found: str, needed: str, fix: str, fatal: bool = True
    ) -> None:
        self.topic = topic
        self.setting = setting
        self.found = found
        self.needed = needed
        self.fix = fix
        self.fatal = fatal

    def __str__(self) -> str:
        return f"{self.topic}: {self.setting} is {self.found}, must be {self.needed}; {self.fix}"


def _settings(topic: str, connection: Connection, replicas: int, *, flush_each: bool) -> dict[str, str]:
    settings = {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "max.message.bytes": str(MESSAGE_BYTES_MAX),
        "min.insync.replicas": str(IN_SYNC_SAFE if replicas >= REPLICAS_SAFE else 1),
        "unclean.leader.election.enable": "false",
    }
    if topic == connection.commands:
        settings["message.timestamp.type"] = "LogAppendTime"
    if flush_each:
        settings["flush.messages"] = "1"
    return settings


class Topics:
    """Administration of the four topics of one ledger."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._admin = AdminClient(common(connection))

    @property
    def names(self) -> tuple[str, str, str, str]:
        """The four topics: commands, events, outcomes, control."""
        c = self._connection
        return (c.commands, c.events, c.outcomes, c.control)

    def create(self, partitions: int, replicas: int, *, flush_each: bool = False) -> list[str]:
        """Create the topics that are missing and return their names; existing ones stay as they are.

        ``flush_each`` makes a single broker write every batch to disk before it answers: about
        30 ms a block, and a power cut then loses nothing.
        """
        present = self.ids()
        wanted = [
            NewTopic(
                name,
                num_partitions=partitions if name == self._connection.events else 1,
                replication_factor=replicas,
                config=_settings(name, self._connection, replicas, flush_each=flush_each),
            )
            for name in self.names
            if name not in present
        ]
        if not wanted:
            return []
        created = []
        for name, future in self._admin.create_topics(wanted, operation_timeout=ADMIN_TIMEOUT_S).items():
            try:
                future.result(ADMIN_TIMEOUT_S)
            except KafkaException as failure:
                if error_of(failure).code() == KafkaError.TOPIC_ALREADY_EXISTS:
                    continue  # somebody else creates them too
                raise fault_of(error_of(failure), f"create topic {name}") from failure
            created.append(name)
        self._wait_until_known()
        return created

    def _wait_until_known(self) -> None:
        """A created topic is known to the brokers a little later than its creation is answered."""
        deadline = time.monotonic() + ADMIN_TIMEOUT_S
        while len(self.ids()) < len(self.names) or not self.partitions():
            if time.monotonic() > deadline:
                raise LogUnavailable("the created topics are not known to the brokers", where=str(self.names))
            time.sleep(0.05)

    def ids(self, timeout_s: float = ADMIN_TIMEOUT_S) -> dict[str, str]:
        """Identity of each topic that exists; a topic that is deleted and made again gets a new one."""
        self._admin.poll(0)  # a client that has lost every broker looks for them again only when it is polled
        described = self._admin.describe_topics(TopicCollection(list(self.names)), request_timeout=timeout_s)
        ids: dict[str, str] = {}
        for name, future in described.items():
            try:
                topic = future.result(ADMIN_TIMEOUT_S)
            except KafkaException as failure:
                if is_unknown(error_of(failure)):
                    continue
                raise fault_of(error_of(failure), f"topic {name}") from failure
            ids[name] = str(topic.topic_id)
        return ids

    def brokers(self) -> int:
        """Number of brokers of the cluster that are up."""
        return len(self._metadata().brokers)

    def partitions(self) -> int:
        """Number of partitions of the events topic; 0 when it does not exist."""
        topic = self._metadata().topics.get(self._connection.events)
        return 0 if topic is None else len(topic.partitions)

    def check(self, partitions: int | None = None) -> list[TopicFinding]:
        """Everything about the topics that the promises do not allow, each with its fix."""
        metadata = self._metadata()
        findings: list[TopicFinding] = []
        present = [name for name in self.names if name in metadata.topics]
        for name in self.names:
            if name not in metadata.topics:
                fix = "run `ledger topics create`"
                findings.append(TopicFinding(name, "topic", found="missing", needed="present", fix=fix))
        for name, settings in self._described(present).items():
            parts = metadata.topics[name].partitions
            replicas = min(len(p.replicas) for p in parts.values())
            findings += self._check_one(name, settings, len(parts), replicas, partitions)
        return findings

    def require(self, partitions: int | None = None) -> list[TopicFinding]:
        """Refuse topics that cannot keep the promises; return the warnings."""
        findings = self.check(partitions)
        fatal = [finding for finding in findings if finding.fatal]
        if fatal:
            raise SettingsFault(
                "; ".join(str(finding) for finding in fatal),
                where=f"topics of {self._connection.prefix} at {self._connection.brokers}",
                remedy="Mend them as said, then check with `ledger topics check`",
            )
        return findings

    def _metadata(self) -> ClusterMetadata:
        self._admin.poll(0)
        try:
            return self._admin.list_topics(timeout=ADMIN_TIMEOUT_S)
        except KafkaException as failure:
            raise fault_of(error_of(failure), self._connection.brokers) from failure

    def _described(self, names: list[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        asked = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        described: dict[str, dict[str, str]] = {}
        for resource, future in self._admin.describe_configs(asked, request_timeout=ADMIN_TIMEOUT_S).items():
            try:
                entries = future.result(ADMIN_TIMEOUT_S)
            except KafkaException as failure:
                raise fault_of(error_of(failure), f"settings of {resource.name}") from failure
            described[resource.name] = {key: str(entry.value) for key, entry in entries.items()}
        return described

    def _check_one(
        self, name: str, settings: dict[str, str], parts: int, replicas: int, partitions: int | None
    ) -> list[TopicFinding]:
        findings: list[TopicFinding] = []
        wanted = partitions if name == self._connection.events else 1
        if wanted is not None and parts != wanted:
            fix = "the partition count of a ledger never changes: use the topics it was created with"
            findings.append(TopicFinding(name, "partitions", found=str(parts), needed=str(wanted), fix=fix))
        for setting, needed in _settings(name, self._connection, replicas, flush_each=False).items():
            found = settings.get(setting, "unset")
            if setting in {"max.message.bytes", "min.insync.replicas"}:
                good = found.isdigit() and int(found) >= int(needed)
            else:
                good = found == needed
            if not good:
                fix = f"kafka-configs --alter --topic {name} --add-config {setting}={needed}"
                findings.append(TopicFinding(name, setting, found=found, needed=needed, fix=fix))
        if replicas == 1 and settings.get("flush.messages") != "1":
            findings.append(
                TopicFinding(
                    name,
                    "replicas",
                    found="1 without flush.messages=1",
                    needed="3 for production",
                    fix="a power cut of this broker can lose blocks that were answered",
                    fatal=False,
                )
            )
        return findings


def wait_for_cluster(connection: Connection, timeout_s: float) -> int:
    """Wait until a broker answers and return how many there are.

    A broker that refuses the user or password, or whose certificate is not trusted, is a
    ``SettingsFault`` at once: the client library would only say that nobody answers.
    """
    refusals: list[KafkaError] = []
    last: list[str] = [""]

    def heard(error: KafkaError) -> None:
        last[0] = error.str()
        untrusted = error.code() == KafkaError._SSL and "certificate" in last[0]  # noqa: SLF001
        if untrusted or error.code() == KafkaError._AUTHENTICATION:  # noqa: SLF001
            refusals.append(error)

    client: dict[str, Any] = {**common(connection), "error_cb": heard}
    admin = AdminClient(client)
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return len(admin.list_topics(timeout=min(1.0, timeout_s)).brokers)
        except KafkaException as failure:
            admin.poll(0)  # only now is ``heard`` called
            if refusals:
                raise SettingsFault(
                    f"the cluster and this program do not trust each other ({refusals[0].str()})",
                    where=connection.brokers,
                    remedy="Check LEDGER_SASL_* and LEDGER_SSL_* (docs/how-to/kafka.md#secure-it)",
                ) from failure
            if time.monotonic() > deadline:
                raise LogUnavailable(
                    f"no broker answered within {timeout_s:g} s ({last[0] or error_of(failure).str()})",
                    where=connection.brokers,
                    remedy="Start the cluster (`make up`), or name its address with --brokers",
                ) from failure
