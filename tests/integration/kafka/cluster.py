"""Real brokers in containers, for tests: one or three, on loopback ports of their own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.network import Network

DOCKER = Path(__file__).resolve().parents[3] / "docker" / "kafka"
CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw"
READY_WITHIN_S = 120.0
ANSWER_WITHIN_S = 5.0
SESSION_MIN_MS = 1_000
"""The least that a group member may ask for, so that a test need not wait 6 s for a dead one."""

# The reaper is an image of its own, which cannot be pulled everywhere; fixtures stop what they start.
testcontainers_config.ryuk_disabled = True


class NoBrokers(RuntimeError):
    """No broker can be started here; says what is missing. Tests fail of it and are never skipped."""


@cache
def broker_image() -> str:
    """Image to run, made if need be; says on stderr which."""
    found = subprocess.run([DOCKER / "image"], capture_output=True, check=False, text=True, timeout=900)
    sys.stderr.write(found.stderr)
    if found.returncode:
        raise NoBrokers(found.stderr.strip())
    return found.stdout.strip().splitlines()[-1]


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Broker:
    """One broker in a container."""

    def __init__(self, container: DockerContainer, address: str) -> None:
        self.container = container
        self.address = address

    def kill(self) -> None:
        """Kill -9."""
        self.container.get_wrapped_container().kill()

    def start_again(self) -> None:
        """Start a killed or stopped broker with the data it had."""
        self.container.get_wrapped_container().start()

    def stop(self) -> None:
        """Shut down in order."""
        self.container.get_wrapped_container().stop(timeout=30)

    @property
    def runs(self) -> bool:
        """Whether its container runs."""
        wrapped = self.container.get_wrapped_container()
        wrapped.reload()
        return bool(wrapped.status == "running")

    def pause(self) -> None:
        """Freeze every process of the broker."""
        self.container.get_wrapped_container().pause()

    def unpause(self) -> None:
        """Let a frozen broker go on."""
        self.container.get_wrapped_container().unpause()


class Cluster:
    """Brokers that answer; ``brokers`` is their bootstrap address list.

    ``disk`` is the one disk of a single broker that was given one of its own.
    """

    def __init__(self, members: list[Broker], network: Network | None, disk: "Disk | None" = None) -> None:
        self.members = members
        self.network = network
        self.disk = disk

    def cut_off(self, broker: Broker) -> None:
        """Take a broker's network away, from the other brokers and from us."""
        self._own_network().disconnect(broker.container.get_wrapped_container())

    def join_again(self, broker: Broker) -> None:
        """Give it back."""
        wrapped = broker.container.get_wrapped_container()
        self._own_network().connect(wrapped, aliases=[wrapped.name])

    def wait_until_in_sync(self) -> None:
        """Wait until every broker is there, has every copy it should have, and says so itself.

        One that stood still or was cut off is the last to hear who leads now.
        """
        deadline = time.monotonic() + READY_WITHIN_S
        admins = [AdminClient({"bootstrap.servers": each.address, "log_level": 0}) for each in self.members]
        while True:
            known = [self._copies_known_to(admin) for admin in admins]
            if known[0] and all(each == known[0] for each in known):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"the brokers are not in sync within {READY_WITHIN_S:g} s")
            admins[0].poll(0.1)

    def _copies_known_to(self, admin: AdminClient) -> set[tuple[str, int, int, frozenset[int]]]:
        """Topic, partition, leader and copies in sync, as one broker has it; empty if any is missing."""
        try:
            metadata = admin.list_topics(timeout=ANSWER_WITHIN_S)
        except KafkaException:
            return set()
        parts = [(topic, part) for topic in metadata.topics.values() for part in topic.partitions.values()]
        if len(metadata.brokers) < len(self.members) or any(
            part.leader < 0 or len(part.isrs) < len(part.replicas) for _, part in parts
        ):
            return set()
        return {(topic.topic or "", part.id, part.leader, frozenset(part.isrs)) for topic, part in parts}

    def _own_network(self) -> Any:  # noqa: ANN401  the Docker client has no types
        if self.network is None:
            raise ValueError("a single broker has no network of its own")
        return self.network._network  # noqa: SLF001  its name is all that it shows

    @property
    def brokers(self) -> str:
        """Bootstrap addresses."""
        return ",".join(member.address for member in self.members)

    def wait_until_ready(self) -> None:
        """Ready means: a transaction committed."""
        deadline = time.monotonic() + READY_WITHIN_S
        probe = f"ready-{time.monotonic_ns()}"
        while True:
            try:
                admin = AdminClient({"bootstrap.servers": self.brokers, "log_level": 0})
                if len(admin.list_topics(timeout=5).brokers) == len(self.members):
                    topic = NewTopic(probe, num_partitions=1)
                    admin.create_topics([topic])[probe].result(10)
                    producer = Producer(
                        {"bootstrap.servers": self.brokers, "transactional.id": probe, "log_level": 0}
                    )
                    producer.init_transactions(10)
                    producer.begin_transaction()
                    producer.produce(probe, b"ready")
                    producer.commit_transaction(10)
                    admin.delete_topics([probe])
                    return
            except KafkaException:
                if time.monotonic() > deadline:
                    raise
            if time.monotonic() > deadline:
                raise TimeoutError(f"the cluster at {self.brokers} was not ready within {READY_WITHIN_S:g} s")


class Disk:
    """A small disk in memory for the data of one broker; its content outlives the broker's process.

    A second container keeps it mounted while the broker is down.
    """

    def __init__(self, image: str, name: str, size_mb: int) -> None:
        client = DockerClient().client
        self._volume = client.volumes.create(
            name, driver_opts={"type": "tmpfs", "device": "tmpfs", "o": f"size={size_mb}m"}
        )
        self._keeper = client.containers.run(
            image,
            ["tail", "-f", "/dev/null"],
            entrypoint="",
            user="root",
            detach=True,
            volumes={name: {"bind": "/disk"}},
        )
        self.name = name

    def fill(self) -> None:
        """Take all the room there is."""
        self._keeper.exec_run(["sh", "-c", "dd if=/dev/zero of=/disk/filler bs=64k; true"])

    def free(self) -> None:
        """Give it back."""
        self._keeper.exec_run(["rm", "-f", "/disk/filler"])

    def remove(self) -> None:
        """The end of the disk and of everything on it."""
        self._keeper.remove(force=True)
        self._volume.remove(force=True)


@contextmanager
def running_cluster(size: int, heap: str = "320m", disk_mb: int = 0) -> Iterator[Cluster]:
    """A cluster of one or three brokers, stopped and removed at the end.

    With ``disk_mb`` the data of a single broker lie on a ``Disk`` of that size.
    """
    image = broker_image()
    name = f"ledger-{time.monotonic_ns()}"
    network = Network().create() if size > 1 else None
    disk = Disk(image, name, disk_mb) if disk_mb else None
    members: list[Broker] = []
    try:
        for node in range(1, size + 1):
            port = free_port()
            container = _container(image, name, node, size, port).with_env("BROKER_HEAP", heap)
            if network is not None:
                container = container.with_network(network).with_network_aliases(f"{name}-{node}")
            if disk is not None:
                container = container.with_volume_mapping(disk.name, "/var/lib/kafka", "rw")
            members.append(Broker(container, f"127.0.0.1:{port}"))
            container.start()
        cluster = Cluster(members, network, disk)
        cluster.wait_until_ready()
        yield cluster
    finally:
        for member in members:
            if (started := member.container.get_wrapped_container()) is not None:
                started.remove(force=True, v=True)
        if disk is not None:
            disk.remove()
        if network is not None:
            network.remove()


class Clusters:
    """At most one cluster at a time, kept running until one of another size is wanted."""

    def __init__(self) -> None:
        self._running: Cluster | None = None
        self._stack = ExitStack()

    def of(self, size: int) -> Cluster:
        """A cluster of one or three brokers, all of them up."""
        if self._running is None or len(self._running.members) != size:
            self.close()
            self._running = self._stack.enter_context(running_cluster(size))
        return self._running

    def close(self) -> None:
        """Stop and remove what runs."""
        self._running = None
        self._stack.close()


def _container(image: str, name: str, node: int, size: int, port: int) -> DockerContainer:
    inside = "localhost" if size == 1 else f"{name}-{node}"
    overrides = [
        f"advertised.listeners=HOST://127.0.0.1:{port},INTERNAL://{inside}:19092",
        f"group.min.session.timeout.ms={SESSION_MIN_MS}",
    ]
    if size > 1:
        voters = ",".join(f"{voter}@{name}-{voter}:19093" for voter in range(1, size + 1))
        overrides += [f"node.id={node}", f"controller.quorum.voters={voters}"]
    settings = DOCKER / ("one-broker.properties" if size == 1 else "three-brokers.properties")
    container = (
        DockerContainer(image)
        .with_name(f"{name}-{node}")
        .with_kwargs(entrypoint="", user="root")
        .with_env("CLUSTER_ID", CLUSTER_ID)
        .with_env("BROKER_OVERRIDES", "\n".join(overrides))
        .with_volume_mapping(str(DOCKER / "broker"), "/usr/local/bin/broker")
        .with_volume_mapping(str(settings), "/etc/kafka/server.properties")
        .with_command("/usr/local/bin/broker")
    )
    loopback: Any = ("127.0.0.1", port)  # with_bind_ports would open the port to the network
    container.ports["9092/tcp"] = loopback
    return container
