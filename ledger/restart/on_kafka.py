"""The place of the one writer on a cluster, taken for a restart by hand.

A writer's service is chosen by the group of writers and keeps its place as long as it runs. So a restart
joins the group like any writer and begins when it is chosen: after the services were stopped.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from ledger.errors import LogLocked
from ledger.log.kafka.config import SESSION_TIMEOUT_MS, Connection
from ledger.log.kafka.leadership import Candidate
from ledger.log.kafka.log import KafkaLog
from ledger.log.port import EventLog

CHOSEN_WITHIN_S: Final = 20.0
"""Longer than the session of a writer that was killed (10 s) and a rebalance together."""
POLL_S: Final = 0.2


@contextmanager
def place_of_the_writer(
    connection: Connection, ledger_id: str, within_s: float = CHOSEN_WITHIN_S
) -> Iterator[Callable[[], EventLog]]:
    """Be the member that the group of writers has chosen, and probed; gives what takes over the log.

    Raises ``LogLocked`` when another writer keeps the place. The place is kept while this is open,
    however long verifying takes, and free for a service afterwards.
    """
    candidate = Candidate(connection, ledger_id, SESSION_TIMEOUT_MS)
    ended = threading.Event()
    keeping = threading.Thread(target=_keep, args=(candidate, ended), name="membership", daemon=True)
    try:
        if not _is_chosen(candidate, within_s):
            raise LogLocked(
                f"another writer has the place of the leader, and keeps it for {within_s:g} s",
                where=connection.brokers,
                remedy="Stop every `ledger writer` of this ledger first, the standbys too",
            )
        keeping.start()
        yield partial(KafkaLog.open, connection, ledger_id)
    finally:
        ended.set()
        if keeping.is_alive():
            keeping.join()
        candidate.close()


def _is_chosen(candidate: Candidate, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if candidate.poll(POLL_S) and candidate.probe():
            return True
    return False


def _keep(candidate: Candidate, ended: threading.Event) -> None:
    while not ended.is_set():
        candidate.poll(POLL_S)
