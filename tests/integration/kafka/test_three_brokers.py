"""The faults that need three brokers. The file comes last: the single broker has gone by then."""

import pytest

from benchmarks.faults.registry import FAULTS, Entry
from tests.integration.kafka.cluster import Cluster
from tests.integration.kafka.faulty import accepted

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize("entry", [entry for entry in FAULTS if entry.brokers == 3], ids=lambda it: it.name)
def test_every_promise_is_kept_with_three_brokers(three_brokers: Cluster, entry: Entry, seed: int) -> None:
    accepted(entry.fault(three_brokers, seed))
