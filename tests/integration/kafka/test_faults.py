"""Every fault against a real broker (``benchmarks.faults``): nothing answered is lost or doubled."""

import os

import pytest

from benchmarks.faults.registry import FAULTS, Entry
from benchmarks.faults.soak import soak
from tests.integration.kafka.cluster import Cluster
from tests.integration.kafka.faulty import accepted

pytestmark = pytest.mark.kafka

SOAK_S = 60.0
"""``LEDGER_SOAK_S`` makes it longer; `make soak` is the same without the other tests."""


@pytest.mark.parametrize("entry", [entry for entry in FAULTS if entry.brokers == 1], ids=lambda it: it.name)
def test_every_promise_is_kept_with_one_broker(one_broker: Cluster, entry: Entry, seed: int) -> None:
    accepted(entry.fault(one_broker, seed))


def test_every_promise_is_kept_under_random_faults(one_broker: Cluster, seed: int) -> None:
    row = soak(one_broker, seed, float(os.environ.get("LEDGER_SOAK_S", SOAK_S)))
    print(row.note)  # noqa: T201
    accepted(row)
