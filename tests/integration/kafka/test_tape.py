"""A part of the tape on a broker in a container: the same seed gives the same bytes as in memory."""

from contextlib import closing

import pytest

from ledger.log.kafka.config import Connection
from ledger.log.verify import verify_log
from ledger.settings import load_settings
from scenarios.day.player import Pace, Player
from scenarios.day.rules import AS_IT_IS
from scenarios.day.series import at_ms
from scenarios.day.site import Site

pytestmark = pytest.mark.kafka

PACE = Pace(at_ms("2025-12-20 00:00:00"), 30_000)
UNTIL = at_ms("2026-01-19 05:02:04")
ACCOUNTS = 120
SEED = 3


def test_the_day_on_a_cluster_has_the_bytes_of_the_day_in_memory(connection: Connection) -> None:
    opened_us = PACE.from_ms * 1000
    settings = load_settings(brokers=connection.brokers, topic_prefix=connection.prefix, partitions=2)
    with closing(Site.on_cluster(settings, "tape", opened_us)) as site:
        player = Player(site, AS_IT_IS, SEED, ACCOUNTS, PACE)
        player.play(lambda _: None, UNTIL)
        assert not player.incident
        assert len(site.gateway.refused_ticks) == 1
        assert list(verify_log(site.log, None, lambda _: None)) == []
        on_cluster = site.writer.head
    memory = Site.in_memory(2, opened_us)
    Player(memory, AS_IT_IS, SEED, ACCOUNTS, PACE).play(lambda _: None, UNTIL)
    assert on_cluster is not None
    assert memory.writer.head is not None
    assert on_cluster.last_seq == memory.writer.head.last_seq
    assert on_cluster.digest == memory.writer.head.digest
