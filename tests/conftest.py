"""Hypothesis profiles of the whole suite: ``default`` is small and repeatable, ``long`` searches.

``pytest --hypothesis-profile=long`` looks at many more and longer histories with fresh seeds. A
failure prints the blob that repeats it.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

# The helpers of the tests are `tests.…` whichever form of the packages is tested (docs/adr/0005): the
# root of the repository comes last, so that it never hides what is installed.
ROOT = str(Path(__file__).parent.parent)
if ROOT not in sys.path:
    sys.path.append(ROOT)

if TYPE_CHECKING:
    from tests.integration.kafka.cluster import Cluster

settings.register_profile(
    "default",
    max_examples=25,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.register_profile(
    "long", parent=settings.get_profile("default"), max_examples=1_000, derandomize=False
)
settings.load_profile("default")


@pytest.fixture(scope="session")
def one_broker() -> Iterator["Cluster"]:
    """A Kafka broker in a container, for the tests that are marked ``kafka``."""
    from tests.integration.kafka.cluster import running_cluster  # noqa: PLC0415  only they need it

    with running_cluster(1) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def three_brokers() -> Iterator["Cluster"]:
    """Three Kafka brokers in containers, each message on at least two of them."""
    from tests.integration.kafka.cluster import running_cluster  # noqa: PLC0415  only they need it

    with running_cluster(3) as cluster:
        yield cluster
