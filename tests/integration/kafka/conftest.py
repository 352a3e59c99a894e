"""Topics of their own for tests that need a ledger on a cluster."""

import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from ledger.log.kafka.config import Connection
from ledger.log.kafka.log import KafkaLog
from ledger.log.kafka.reader import KafkaReader
from ledger.log.kafka.topics import Topics
from tests.integration.kafka.cluster import Cluster
from tests.sealed import LEDGER

PARTITIONS = 2

NewReader = Callable[[], KafkaReader]


@pytest.fixture
def seed() -> int:
    """``LEDGER_SEED`` repeats a run; printed, and in the row of a failure."""
    seed = int(os.environ.get("LEDGER_SEED", random.randrange(10**6)))  # noqa: S311
    print(f"seed {seed}")  # noqa: T201
    return seed


@pytest.fixture
def connection(one_broker: Cluster, request: pytest.FixtureRequest) -> Connection:
    """The topics of one test, which do not exist yet."""
    name = re.sub(r"\W+", "-", request.node.name)[:80]
    return Connection(one_broker.brokers, f"{name}-{time.monotonic_ns()}")


@pytest.fixture
def topics(connection: Connection) -> Topics:
    """The administration of its topics, which exist."""
    topics = Topics(connection)
    topics.create(PARTITIONS, replicas=1)
    return topics


@pytest.fixture
def log(connection: Connection, topics: Topics) -> Iterator[KafkaLog]:  # noqa: ARG001  they must exist
    """An empty log, taken over."""
    with closing(KafkaLog.open(connection, LEDGER)) as log:
        yield log


@pytest.fixture
def new_reader(connection: Connection, topics: Topics) -> Iterator[NewReader]:  # noqa: ARG001
    """Makes readers of the test's topics."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(KafkaReader(connection)))
