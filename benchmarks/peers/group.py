"""A consumer group whose members all begin together, each with the partitions it keeps.

A broker that does not wait gives all partitions to the member that comes first, and takes some away
from it when the next one comes: what it folded of them until then is lost to the other. So the group
has a member before them that does not answer when it is asked to join again: all who come wait for it,
until it leaves.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient

from ledger.errors import invariant
from ledger.log.kafka.config import Connection

JOIN_WITHIN_S: Final = 60.0
ASK_EVERY_S: Final = 0.2
POLL_S: Final = 0.1


@contextmanager
def held_group(connection: Connection, group: str, strategy: str) -> Iterator[Callable[[int], None]]:
    """Hold a new group; what is given waits for so many others and lets them begin.

    ``strategy`` is the partition assignment that all members name.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": connection.brokers,
            "group.id": group,
            "partition.assignment.strategy": strategy,
            "enable.auto.commit": False,
            "auto.offset.reset": "latest",
        }
    )
    admin = AdminClient({"bootstrap.servers": connection.brokers})
    try:
        consumer.subscribe([connection.events])
        _wait(lambda: consumer.poll(POLL_S) is None and bool(consumer.assignment()), "nobody holds the group")

        def begin(others: int) -> None:
            _wait(lambda: _members(admin, group) > others, f"{others} members did not join the group")
            consumer.close()

        yield begin
    finally:
        consumer.close()


def _members(admin: AdminClient, group: str) -> int:
    time.sleep(ASK_EVERY_S)
    return len(admin.describe_consumer_groups([group])[group].result().members or ())


def _wait(until: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + JOIN_WITHIN_S
    while not until():
        invariant(time.monotonic() < deadline, f"{otherwise} within {JOIN_WITHIN_S:g} s")
