"""A cluster that wants TLS, users and access rules: who gets in, and who may do what.

Everything here is made as docs/how-to/kafka.md says: secrets by docker/security/make-secrets, rules
by ``ledger topics acl``.
"""

import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from testcontainers.core.container import DockerContainer

from ledger.client import Client
from ledger.core.messages import ListAsset, OpenAccount
from ledger.errors import LedgerFault, LogUnavailable, SettingsFault
from ledger.log.kafka.access import Access, Principals, Rule
from ledger.log.kafka.commands import CommandSender
from ledger.log.kafka.config import Connection, common
from ledger.log.kafka.faults import fault_of
from ledger.log.kafka.log import KafkaLog
from ledger.log.kafka.reader import KafkaReader
from ledger.log.kafka.security import security_of
from ledger.log.kafka.topics import Topics, wait_for_cluster
from ledger.service.metrics import WriterMetrics
from ledger.service.watch import Pulse
from ledger.service.writer import WriterService
from tests.integration.kafka.cluster import CLUSTER_ID, DOCKER, Cluster, broker_image, free_port

pytestmark = pytest.mark.kafka

SECURITY = DOCKER.parent / "security"
LEDGER = "guarded"
WITHIN_S = 60.0
WRONG = "not-the-password-7f3a"
USERS = ("admin", "writer", "producer", "projector")
TOPICS = ("ledger.commands", "ledger.events", "ledger.outcomes", "ledger.control")


class Guarded:
    """One secured broker: its address, and the environment in which a program of a user runs."""

    def __init__(self, address: str, secrets: Path) -> None:
        self.address = address
        self.secrets = secrets

    def environment(self, user: str) -> dict[str, str]:
        """The variables that let ``user`` in."""
        return {
            "LEDGER_BROKERS": self.address,
            "LEDGER_ID": LEDGER,
            "LEDGER_SECURITY_PROTOCOL": "SASL_SSL",
            "LEDGER_SASL_USERNAME": user,
            "LEDGER_SASL_PASSWORD_FILE": str(self.secrets / "users" / user),
            "LEDGER_SSL_CA_LOCATION": str(self.secrets / "ca.pem"),
        }

    def connection(self, user: str, **changed: str) -> Connection:
        """How a program of ``user`` connects."""
        return Connection(self.address, security=security_of({**self.environment(user), **changed}))

    def passwords(self) -> list[str]:
        """Every secret of every user."""
        return [(self.secrets / "users" / user).read_text().strip() for user in USERS]


def ledger(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the program ``ledger`` with nothing but ``environment`` about the cluster."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    main = [sys.executable, "-c", "from ledger.cli import main; main()"]
    return subprocess.run(
        [*main, *arguments],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=WITHIN_S * 2,
        check=False,
    )


@contextmanager
def secured_broker(secrets: Path) -> Iterator[Guarded]:
    """A broker with the settings of docker/security, removed at the end."""
    subprocess.run([SECURITY / "make-secrets", secrets, "broker-1"], check=True, timeout=WITHIN_S)
    port = free_port()
    advertised = f"HOST://127.0.0.1:{port},SERVICES://localhost:9094,INTERNAL://localhost:19092"
    container = (
        DockerContainer(broker_image())
        .with_kwargs(entrypoint="", user="root")
        .with_env("CLUSTER_ID", CLUSTER_ID)
        .with_env("BROKER_HEAP", "320m")
        .with_env("BROKER_OVERRIDES", f"advertised.listeners={advertised}")
        .with_env("SCRAM_USERS", "/run/users")
        .with_volume_mapping(str(DOCKER / "broker"), "/usr/local/bin/broker")
        .with_volume_mapping(str(DOCKER / "one-broker.properties"), "/etc/kafka/server.properties")
        .with_volume_mapping(str(SECURITY / "security.properties"), "/etc/kafka/security.properties")
        .with_volume_mapping(str(secrets / "broker-1.pem"), "/run/tls/broker.pem")
        .with_volume_mapping(str(secrets / "ca.pem"), "/run/tls/ca.pem")
        .with_volume_mapping(str(secrets / "users"), "/run/users")
        .with_command("/usr/local/bin/broker")
    )
    loopback: Any = ("127.0.0.1", port)
    container.ports["9092/tcp"] = loopback
    try:
        container.start()
        guarded = Guarded(f"127.0.0.1:{port}", secrets)
        wait_for_cluster(guarded.connection("admin"), WITHIN_S * 2)
        yield guarded
    finally:
        container.get_wrapped_container().remove(force=True, v=True)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A secured broker with the topics of a ledger and the rules of its three users."""
    with secured_broker(tmp_path_factory.mktemp("secrets")) as broker:
        admin = broker.environment("admin")
        assert ledger("topics", "create", environment=admin).returncode == 0
        users = ("--writer", "writer", "--producer", "producer", "--projector", "projector")
        granted = ledger("topics", "acl", *users, environment=admin)
        assert granted.returncode == 0, granted.stderr
        yield broker


@pytest.fixture(scope="module")
def written(guarded: Guarded) -> Iterator[Guarded]:
    """The same with the writer at work, as its own user."""
    stop = threading.Event()
    pulse = Pulse("writer")
    service = WriterService(
        guarded.connection("writer"),
        LEDGER,
        checkpoints=None,
        block_size=1000,
        metrics=WriterMetrics(),
        pulse=pulse,
    )
    faults: list[LedgerFault] = []

    def serve() -> None:
        try:
            service.run(stop)
        except LedgerFault as fault:
            faults.append(fault)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with Client(guarded.connection("producer"), timeout_s=WITHIN_S) as client:
            listed = client.submit(ListAsset("operator", 1, time.time_ns() // 1000, "USDC", 6, 1))
        assert (listed.outcome.code, faults) == (0, [])
        yield guarded
    finally:
        stop.set()
        thread.join(WITHIN_S)
    assert faults == []


def denied(guarded: Guarded, user: str, topic: str) -> LedgerFault:
    """What becomes of a message that ``user`` writes to ``topic`` by a client of its own."""
    errors: list[KafkaError | None] = []
    producer = Producer(common(guarded.connection(user)))
    producer.produce(topic, b"forged", partition=0, on_delivery=lambda error, _: errors.append(error))
    producer.flush(WITHIN_S)
    assert errors[0] is not None, f"{user} wrote to {topic}"
    return fault_of(errors[0], topic)


def told(fault: BaseException) -> str:
    """Everything that a traceback would print."""
    return "".join(traceback.format_exception(fault))


def test_a_producer_that_tries_to_write_events_is_denied_as_a_principal(guarded: Guarded) -> None:
    for topic in ("ledger.events", "ledger.outcomes", "ledger.control"):
        fault = denied(guarded, "producer", topic)
        assert isinstance(fault, SettingsFault)
        assert f"{topic}: the cluster refused this principal" in str(fault)


def test_a_producer_cannot_take_the_place_of_the_writer(guarded: Guarded) -> None:
    with pytest.raises(SettingsFault, match="refused this principal"):
        KafkaLog.open(guarded.connection("producer"), LEDGER)


def test_a_producer_reads_outcomes_and_nothing_else(guarded: Guarded) -> None:
    with pytest.raises(SettingsFault, match="refused this principal"):
        KafkaReader(guarded.connection("producer"))


def test_a_projector_cannot_write_anywhere(guarded: Guarded) -> None:
    for topic in TOPICS:
        assert isinstance(denied(guarded, "projector", topic), SettingsFault)
    sender = CommandSender(guarded.connection("projector"))
    with pytest.raises(SettingsFault, match="refused this principal"):
        sender.append([b"forged"])


def test_a_writer_cannot_command_itself(guarded: Guarded) -> None:
    assert isinstance(denied(guarded, "writer", "ledger.commands"), SettingsFault)


def test_a_writer_cannot_write_for_another_ledger(guarded: Guarded) -> None:
    with pytest.raises(SettingsFault, match="refused this principal"):
        KafkaLog.open(guarded.connection("writer"), "another-ledger")


def test_the_writer_answers_a_producer_and_a_projector_reads_the_block(written: Guarded) -> None:
    with Client(written.connection("producer"), timeout_s=WITHIN_S) as client:
        command = OpenAccount("operator", 2, time.time_ns() // 1000, "alice", "TRADER", "", "", 0, "")
        answer = client.submit(command)
    assert answer.outcome.code == 0
    reader = KafkaReader(written.connection("projector"), wait_s=1.0)
    try:
        reader.require_same_topics()
        assert reader.ledger_id == LEDGER
        head = reader.head()
        assert head is not None
        assert head.last_seq >= answer.outcome.last_seq
        assert reader.read_partition(0, 1, 1)[0].seal.height == 1
        assert reader.read_outcomes(1, 10)
        with pytest.raises(SettingsFault, match="refused this principal"):
            reader.read_commands(0, 1)
    finally:
        reader.close()


def test_nobody_gets_in_with_a_wrong_password_and_nothing_prints_it(
    guarded: Guarded, capfd: pytest.CaptureFixture[str]
) -> None:
    environment = {**guarded.environment("writer"), "LEDGER_SASL_PASSWORD": WRONG}
    del environment["LEDGER_SASL_PASSWORD_FILE"]
    connection = Connection(guarded.address, security=security_of(environment))
    with pytest.raises(SettingsFault, match="do not trust each other") as caught:
        wait_for_cluster(connection, WITHIN_S)
    program = ledger("topics", "check", environment=environment)
    assert program.returncode == 2
    assert "Check LEDGER_SASL_* and LEDGER_SSL_*" in program.stderr
    printed = told(caught.value) + "".join(capfd.readouterr()) + program.stdout + program.stderr
    assert WRONG not in printed


def test_a_broker_of_an_unknown_authority_is_not_trusted(guarded: Guarded, tmp_path: Path) -> None:
    subprocess.run([SECURITY / "make-secrets", tmp_path, "elsewhere"], check=True, timeout=WITHIN_S)
    stranger = guarded.connection("writer", LEDGER_SSL_CA_LOCATION=str(tmp_path / "ca.pem"))
    with pytest.raises(SettingsFault, match="certificate verify failed"):
        wait_for_cluster(stranger, WITHIN_S)


def test_without_tls_the_cluster_does_not_answer(guarded: Guarded) -> None:
    with pytest.raises(LogUnavailable, match=r"security\.protocol|no broker answered"):
        wait_for_cluster(Connection(guarded.address), 2.0)


def test_a_password_in_the_clear_is_not_taken(guarded: Guarded) -> None:
    environment = {**guarded.environment("writer"), "LEDGER_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}
    del environment["LEDGER_SSL_CA_LOCATION"]
    with pytest.raises(LogUnavailable):
        wait_for_cluster(Connection(guarded.address, security=security_of(environment)), 2.0)


def test_every_program_keeps_its_secrets_to_itself(guarded: Guarded) -> None:
    outputs = [
        ledger("topics", "check", environment=guarded.environment("admin")),
        ledger("topics", "check", environment=guarded.environment("producer")),
        ledger("submit", "-", environment=guarded.environment("projector")),
    ]
    printed = "".join(output.stdout + output.stderr for output in outputs)
    assert [password for password in guarded.passwords() if password in printed] == []


def test_granting_twice_changes_nothing_and_the_check_is_clean(guarded: Guarded) -> None:
    users = ("--writer", "writer", "--producer", "producer", "--projector", "projector")
    again = ledger("topics", "acl", *users, "--json", environment=guarded.environment("admin"))
    assert (again.returncode, again.stdout.split()) == (0, ["{", '"granted":', "[]", "}"])
    check = ledger("topics", "acl", *users, "--check", environment=guarded.environment("admin"))
    assert (check.returncode, check.stdout) == (0, "")


@pytest.fixture
def intruder(guarded: Guarded) -> Iterator[Rule]:
    """A rule that lets somebody write events, taken away again."""
    rule = Rule("User:eve", AclOperation.WRITE, ResourceType.TOPIC, "ledger.e", ResourcePatternType.PREFIXED)
    admin = AdminClient(common(guarded.connection("admin")))
    for future in admin.create_acls([rule.binding()]).values():
        future.result(WITHIN_S)
    yield rule
    everything = AclBindingFilter(
        rule.kind, rule.name, rule.pattern, rule.principal, "*", rule.operation, AclPermissionType.ALLOW
    )
    for removed in admin.delete_acls([everything]).values():
        removed.result(WITHIN_S)


def until(found: Callable[[], bool]) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + WITHIN_S
    turn = threading.Event()
    while not found():
        if time.monotonic() > deadline:
            return False
        turn.wait(0.05)
    return True


def test_the_check_finds_who_else_may_write_events_and_what_is_missing(
    guarded: Guarded, intruder: Rule
) -> None:
    access = Access(guarded.connection("admin"), LEDGER)
    principals = Principals(["writer"], ["producer", "second-producer"])
    assert until(lambda: intruder in [finding.rule for finding in access.check(principals)])
    found = [str(finding) for finding in access.check(principals)]
    assert (
        "User:eve may write topic names that begin with ledger.e: only a writer may;"
        " remove it with `kafka-acls --remove`"
    ) in found
    absent = "there is no such rule; run `ledger topics acl`"
    missing = [text for text in found if text.startswith("User:second-producer")]
    assert missing == [
        f"User:second-producer may write topic ledger.commands: {absent}",
        f"User:second-producer may read topic ledger.outcomes: {absent}",
        f"User:second-producer may describe group ledger-readers: {absent}",
    ]


def test_only_an_administrator_makes_rules_and_topics(guarded: Guarded) -> None:
    with pytest.raises(SettingsFault, match="refused this principal"):
        Access(guarded.connection("producer"), LEDGER).grant(Principals(["producer"]))
    connection = guarded.connection("producer")
    other = Connection(connection.brokers, "another", connection.security)
    with pytest.raises(SettingsFault, match="refused this principal"):
        Topics(other).create(1, 1)


def test_a_cluster_without_an_authorizer_says_so(one_broker: Cluster) -> None:
    with pytest.raises(SettingsFault, match="no authorizer: everybody may do everything"):
        Access(Connection(one_broker.brokers), LEDGER).grant(Principals(["writer"]))
