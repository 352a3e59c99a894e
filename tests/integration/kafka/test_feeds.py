"""``ledger feed`` on a real broker: two services side by side, killed and started again."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.faults.writers import start_writer
from ledger.core.messages import FundingIndexAdvanced, PricesUpdated
from ledger.log.kafka.config import Connection
from ledger.log.kafka.reader import KafkaReader
from ledger.log.kafka.topics import Topics
from ledger.writer.apply import block_events
from ledger.writer.recovery import recover
from tests.integration.kafka.conftest import PARTITIONS
from tests.integration.kafka.programs import Program, run_ledger
from tests.integration.kafka.waiting import eventually
from tests.sealed import LEDGER

pytestmark = pytest.mark.kafka

MARKETS = 2
PRICES = 'ledger_feed_tick_id{feed="prices"}'
FUNDING = 'ledger_feed_tick_id{feed="funding"}'
EVERY = ("--every", "1")


@pytest.fixture
def processes(connection: Connection, topics: Topics, tmp_path: Path) -> Iterator[ExitStack]:  # noqa: ARG001
    """A writer that leads; what is started is killed at the end."""
    with ExitStack() as stack:
        writer = start_writer("writer", tmp_path, connection, LEDGER)
        stack.callback(writer.kill)
        writer.wait_for("leader")
        yield stack


def accepted_ticks(connection: Connection) -> dict[str, list[PricesUpdated | FundingIndexAdvanced]]:
    """The events of the first market by feed, in order."""
    found: dict[str, list[PricesUpdated | FundingIndexAdvanced]] = {"prices": [], "funding": []}
    with closing(KafkaReader(connection)) as reader:
        head = reader.head()
        assert head is not None
        for height in range(1, head.height + 1):
            blobs = [reader.read_partition(partition, height, 1)[0].blob for partition in range(PARTITIONS)]
            for event in block_events(blobs):
                if isinstance(event, PricesUpdated) and event.market == "BTC-USD-PERP":
                    found["prices"].append(event)
                elif isinstance(event, FundingIndexAdvanced) and event.market == "BTC-USD-PERP":
                    found["funding"].append(event)
        assert recover(reader, None).state.control.status == "ok"
    return found


def test_feeds_that_are_killed_go_on_without_a_tick_twice_and_without_a_gap(
    connection: Connection, tmp_path: Path, processes: ExitStack
) -> None:
    def started(feed: str, name: str) -> Program:
        program = Program(name, tmp_path, connection, LEDGER, "feed", feed, *EVERY)
        processes.callback(lambda: program.process.kill() if program.process.alive else None)
        return program

    assert run_ledger(connection, LEDGER, "submit", "docs/feeds.ndjson")[0] == 0
    prices, funding = started("prices", "prices"), started("funding", "funding")
    eventually(lambda: prices.is_ready() and funding.is_ready() and funding.metric(FUNDING) >= 2)
    funding.process.kill()
    prices.process.kill()
    before = accepted_ticks(connection)
    again, rates = started("prices", "prices-2"), started("funding", "funding-2")
    eventually(lambda: rates.metric(FUNDING) >= before["funding"][-1].tick_id + 2)
    assert again.asked("/healthz")[0] == rates.asked("/readyz")[0] == 200
    assert rates.metric('ledger_feed_ticks_total{feed="funding",status="refused"}') == 0
    assert again.process.stop() == rates.process.stop() == 0
    ticks = accepted_ticks(connection)
    for events in ticks.values():
        assert [event.tick_id for event in events] == list(range(1, len(events) + 1))
        assert [event.previous_tick_id for event in events] == list(range(len(events)))
        assert {event.source_epoch for event in events} == {1, 2}
    indices = [event for event in ticks["funding"] if isinstance(event, FundingIndexAdvanced)]
    for earlier, later in pairwise(indices):
        assert later.index_before_e8 == earlier.index_after_e8
        assert later.remainder_before == earlier.remainder_after
        assert (later.gap, later.index_source) == (0, "COMPUTED")
