"""Hypothesis profiles of the whole suite: ``default`` is small and repeatable, ``long`` searches.

``pytest --hypothesis-profile=long`` looks at many more and longer histories with fresh seeds. A
failure prints the blob that repeats it.
"""

import sys
from collections.abc import Iterator
from contextlib import closing
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
    from tests.integration.kafka.cluster import Cluster, Clusters

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
def clusters() -> Iterator["Clusters"]:
    """Kafka brokers in containers, for the tests that are marked ``kafka``."""
    from tests.integration.kafka.cluster import Clusters  # noqa: PLC0415  only they need it

    with closing(Clusters()) as clusters:
        yield clusters


@pytest.fixture
def one_broker(clusters: "Clusters") -> "Cluster":
    """A single broker."""
    return clusters.of(1)


@pytest.fixture
def three_brokers(clusters: "Clusters") -> "Cluster":
    """Three brokers, each message on at least two of them; its tests come last."""
    return clusters.of(3)
