"""Every fault against real brokers (``benchmarks.faults``): nothing answered is lost or doubled."""

import os
import random

import pytest

from benchmarks.faults.registry import FAULTS, Entry
from benchmarks.faults.soak import soak
from tests.integration.kafka.cluster import Cluster

pytestmark = pytest.mark.kafka

SOAK_SECONDS = 60.0


@pytest.fixture
def seed() -> int:
    """``LEDGER_SEED`` repeats a run; printed, and in the row of a failure."""
    seed = int(os.environ.get("LEDGER_SEED", random.randrange(10**6)))  # noqa: S311
    print(f"seed {seed}")  # noqa: T201
    return seed


def of(brokers: int) -> list[Entry]:
    return [entry for entry in FAULTS if entry.brokers == brokers]


def name_of(entry: Entry) -> str:
    return entry.name


@pytest.mark.parametrize("entry", of(1), ids=name_of)
def test_every_promise_is_kept_with_one_broker(one_broker: Cluster, entry: Entry, seed: int) -> None:
    row = entry.fault(one_broker, seed)
    assert row.kept, row


@pytest.mark.parametrize("entry", of(3), ids=name_of)
def test_every_promise_is_kept_with_three_brokers(three_brokers: Cluster, entry: Entry, seed: int) -> None:
    row = entry.fault(three_brokers, seed)
    assert row.kept, row


def test_every_promise_is_kept_under_random_faults(one_broker: Cluster, seed: int) -> None:
    row = soak(one_broker, seed, SOAK_SECONDS)
    print(row.note)  # noqa: T201
    assert row.kept, row
