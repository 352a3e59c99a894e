"""Projectors on a real broker: killed, restarted, and given a log that is not what it was.

After each of these the views have the digests of a clean replay, or they stopped with a message that
says where and why, and go on serving what they had.
"""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from benchmarks.faults.waiting import until
from ledger.core.messages import AnyCommand
from ledger.errors import TopicChanged
from ledger.log.codec import encode_command
from ledger.log.kafka.config import Connection, command_producer, common
from ledger.log.kafka.log import KafkaLog
from ledger.log.kafka.reader import CHECK_S, KafkaReader
from ledger.log.kafka.topics import Topics
from ledger.log.port import LogReader
from ledger.settings import Settings, load_settings
from ledger.writer.writer import Writer
from projectors.bootstrap import open_log, open_states, views_dir
from projectors.folding.runner import Runner
from projectors.folding.state import ViewState
from projectors.marks.keeper import Keeper
from projectors.reading.answers import open_answers
from projectors.service.follow import Person, follow
from projectors.stores.memory import MemoryStore
from projectors.views import VIEWS
from tests.integration.kafka.cluster import Cluster, free_port
from tests.integration.kafka.conftest import PARTITIONS
from tests.integration.kafka.waiting import eventually
from tests.playing import START_US
from tests.strategies import seeded_history

pytestmark = pytest.mark.kafka

VIEWS_ALL: Final = list(VIEWS.values())
SEED: Final = 20_260_119
BLOCK: Final = 7
WITHIN_S: Final = 60.0

Digests = dict[tuple[str, str], str]


class Ledger:
    """A ledger on a cluster, and a directory for its views."""

    def __init__(self, connection: Connection, log: KafkaLog, data: Path) -> None:
        self.connection = connection
        self.log = log
        self.settings: Settings = load_settings(
            data=data, brokers=connection.brokers, topic_prefix=connection.prefix
        )
        self.root = views_dir(data)
        self._writer = Writer(log, block_size=BLOCK)
        self._left: Iterator[AnyCommand] = iter(list(seeded_history(SEED, 400)))

    def open(self) -> None:
        """Write block 1."""
        self._writer.open_ledger(START_US)

    def write(self, count: int) -> None:
        """Take some commands of the history."""
        for _, command in zip(range(count), self._left, strict=False):
            self.log.append_commands([encode_command(command)], START_US)
        while self._writer.run_block(BLOCK):
            pass

    @property
    def height(self) -> int:
        """Height of the newest block."""
        head = self.log.head()
        return 0 if head is None else head.height

    @contextmanager
    def reader(self, *, live: bool = False) -> Iterator[LogReader]:
        """The log as projectors open it, once it shows everything that was committed."""
        with open_log(self.settings, live=live) as reader:
            eventually(lambda: (head := reader.head()) is not None and head.height >= self.height)
            yield reader

    def run(self, root: Path | None = None) -> Runner:
        """Bring the stored views to the head; ``root`` is for others than those of ``stored``."""
        place = self.root if root is None else root
        with self.reader() as log, open_states(place, VIEWS_ALL, log, writable=True) as states:
            runner = Runner(log, states)
            runner.run_to_head()
            return runner

    def stored(self) -> Digests:
        """Digests of what is served."""
        with open_log(self.settings) as log, open_states(self.root, VIEWS_ALL, log, writable=False) as states:
            return digests_of(states)

    def clean(self, until_height: int | None = None) -> Digests:
        """Digests of views that nothing has disturbed."""
        with self.reader() as log:
            states = [
                ViewState(view, {number: MemoryStore() for number in range(PARTITIONS)}, PARTITIONS)
                for view in VIEWS_ALL
            ]
            Runner(log, states, until=until_height).run_to_head()
            return digests_of(states)

    def program(self, *arguments: str) -> list[str]:
        """The command line of ``projectors`` for this ledger."""
        main = [sys.executable, "-c", "from projectors.cli import main; main()"]
        where = ["--data", str(self.settings.data), "--brokers", self.connection.brokers]
        return [*main, *arguments, *where, "--topic-prefix", self.connection.prefix]


def digests_of(states: list[ViewState]) -> Digests:
    return {
        (state.view.name, table): state.digest(table).hexdigest()
        for state in states
        for table in state.view.plan.shown()
    }


@pytest.fixture
def unopened(connection: Connection, log: KafkaLog, tmp_path: Path) -> Ledger:
    """A ledger without a block."""
    return Ledger(connection, log, tmp_path / "data")


@pytest.fixture
def ledger(unopened: Ledger) -> Ledger:
    """A ledger with some blocks and no views yet."""
    unopened.open()
    unopened.write(100)
    return unopened


class Service:
    """``projectors run --follow`` in a process of its own."""

    def __init__(self, ledger: Ledger) -> None:
        self._address = f"127.0.0.1:{free_port()}"
        self._lines = ledger.settings.data.parent / f"{self._address}.log"
        with self._lines.open("wb") as lines:
            self._process = subprocess.Popen(
                ledger.program("run", "--follow", "--listen", self._address), stderr=lines
            )

    def said(self) -> str:
        """Its log lines so far."""
        return self._lines.read_text(encoding="utf-8")

    def get(self, path: str) -> str:
        """What it answers; nothing while it does not."""
        try:
            with urlopen(f"http://{self._address}{path}", timeout=5) as answer:
                text: bytes = answer.read()
        except (URLError, OSError):
            return ""
        return text.decode()

    def height(self) -> int:
        """The lowest block that all views show."""
        found = re.findall(r'^ledger_view_height\{view="\w+"\} (\S+)$', self.get("/metrics"), re.MULTILINE)
        return min((int(float(height)) for height in found), default=0)

    def kill(self) -> None:
        """Kill -9."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(WITHIN_S)


@pytest.fixture
def start(unopened: Ledger) -> Iterator[Callable[[], Service]]:
    """Starts services, and kills what is left of them."""
    started: list[Service] = []

    def begin() -> Service:
        started.append(Service(unopened))
        return started[-1]

    yield begin
    for service in started:
        service.kill()


def test_a_service_follows_a_writer_is_killed_comes_back_and_stops_in_order(
    ledger: Ledger, start: Callable[[], Service]
) -> None:
    service = start()
    until(lambda: service.height() >= ledger.height, WITHIN_S, "the first views")
    ledger.write(20)
    until(lambda: service.height() >= ledger.height, WITHIN_S, "the views of what came")
    assert '"ready": true' in service.get("/readyz")
    assert '"role": "following"' in service.get("/healthz")
    service.kill()
    ledger.write(50)
    again = start()
    ledger.write(20)
    until(lambda: again.height() >= ledger.height, WITHIN_S, "the views of what came meanwhile")
    assert again.stop() == 0
    assert all(line.startswith("{") for line in again.said().splitlines()), again.said()
    assert ledger.stored() == ledger.clean()


def told(ledger: Ledger, *arguments: str) -> tuple[int, str]:
    """Exit code and everything printed of one command."""
    done = subprocess.run(
        ledger.program(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    return done.returncode, done.stdout


def test_every_command_reads_the_log_of_the_cluster(ledger: Ledger) -> None:
    assert told(ledger, "run", "--processes", "2")[0] == 0
    assert ledger.stored() == ledger.clean()
    code, said = told(ledger, "rebuild", "account", "--processes", "2")
    assert (code, "account: the same rows" in said, "served from gen-2 now" in said) == (0, True, True)
    assert told(ledger, "verify")[0] == 0
    code, said = told(ledger, "show", "trial-balance", "--as-of", "block:5")
    assert (code, "at block 5," in said) == (0, True)
    code, said = told(ledger, "diff", "--a", "block:3", "--b", "head", "--views", "account")
    assert (code, "fields differ" in said) == (1, True)


def test_a_service_waits_for_the_first_block_of_a_ledger(
    unopened: Ledger, start: Callable[[], Service]
) -> None:
    service = start()
    until(lambda: "the log has no blocks yet" in service.said(), WITHIN_S, "a word about the empty log")
    assert '"ready": false' in service.get("/healthz")
    unopened.open()
    unopened.write(5)
    until(lambda: service.height() >= unopened.height, WITHIN_S, "the first views")
    assert service.stop() == 0


def test_a_service_waits_aloud_for_a_broker_that_does_not_answer(
    ledger: Ledger, start: Callable[[], Service], one_broker: Cluster
) -> None:
    service = start()
    until(lambda: service.height() >= ledger.height, WITHIN_S, "the first views")
    one_broker.members[0].pause()
    try:
        until(lambda: '"role": "waiting"' in service.get("/healthz"), WITHIN_S, "a word about the broker")
        assert 'ledger_faults_total{fault="LogUnavailable"}' in service.get("/metrics")
    finally:
        one_broker.members[0].unpause()
    ledger.write(10)
    until(lambda: service.height() >= ledger.height, WITHIN_S, "the views of what came")
    until(lambda: '"ready": true' in service.get("/readyz"), WITHIN_S, "the service being ready again")


def test_bytes_of_a_foreign_producer_stop_the_views_before_their_block(ledger: Ledger) -> None:
    assert ledger.run().stops == {}
    before, height = ledger.stored(), ledger.height
    stranger = Producer(command_producer(ledger.connection))
    stranger.produce(ledger.connection.events, b"garbage", partition=1)
    stranger.flush()
    ledger.write(5)
    stops = ledger.run().stops
    assert stops.keys() == VIEWS.keys()
    assert {stop.height for stop in stops.values()} == {height + 1}
    assert all(f"block {height + 1}, partition 1" in str(stop.fault) for stop in stops.values())
    assert ledger.stored() == before
    shown = subprocess.run(
        ledger.program("show", "trial-balance"), capture_output=True, text=True, timeout=WITHIN_S, check=True
    )
    assert f"at block {height}," in shown.stderr
    assert f"STALE: the view stopped (block {height + 1}, partition 1" in shown.stderr
    assert "custody" in shown.stdout


def recreated(topics: Topics, connection: Connection) -> None:
    """Delete the events topic and make it again."""
    admin = AdminClient(common(connection))
    admin.delete_topics([connection.events])[connection.events].result(30)
    eventually(lambda: connection.events not in topics.ids())
    topics.create(PARTITIONS, replicas=1)


def test_a_topic_made_again_stops_a_follower_that_names_both(ledger: Ledger, topics: Topics) -> None:
    said: list[str] = []
    with (
        ledger.reader(live=True) as log,
        open_states(ledger.root, VIEWS_ALL, log, writable=True) as states,
    ):
        runner = Runner(log, states)
        runner.run_to_head()
        old = log.identity
        recreated(topics, ledger.connection)
        follow(Keeper(runner, {}), Waiting().wait, Person(said.append))
    assert runner.stops.keys() == VIEWS.keys()
    new = topics.ids()[ledger.connection.events]
    for stop in runner.stops.values():
        assert isinstance(stop.fault, TopicChanged)
        assert f"was {old.partition('@')[2]}, is {new}" in str(stop.fault)


class Waiting:
    """Waits between steps, for some looks at the topics at the longest."""

    def __init__(self) -> None:
        self._left_s = CHECK_S * 6
        self._ending = threading.Event()

    def wait(self, pause_s: float) -> bool:
        self._left_s -= pause_s
        return self._ending.wait(pause_s) or self._left_s < 0


def test_a_topic_made_again_while_nobody_looked_stops_views_that_go_on_serving(
    ledger: Ledger, topics: Topics
) -> None:
    assert ledger.run().stops == {}
    before, height = ledger.stored(), ledger.height
    old = KafkaReader(ledger.connection).identity
    recreated(topics, ledger.connection)
    with open_log(ledger.settings) as log, open_states(ledger.root, VIEWS_ALL, log, writable=True) as states:
        runner = Runner(log, states)
        runner.run_to_head()
        new = log.identity
    assert runner.stops.keys() == VIEWS.keys()
    for stop in runner.stops.values():
        assert isinstance(stop.fault, TopicChanged)
        assert str(stop.fault).startswith(f"{new}: the view is at block {height}, seq ")
        assert f"of {old}; this is another log, at no block" in str(stop.fault)
    assert ledger.stored() == before
    with open_log(ledger.settings) as log, open_answers(ledger.root, VIEWS_ALL, log) as answers:
        assert answers.moment().height == height
        assert "this is another log" in answers.moment().stopped
        assert answers.rows("audit", "counter_accounts")


def test_a_view_that_begins_below_the_start_of_the_log_stops_and_names_both_offsets(ledger: Ledger) -> None:
    assert ledger.run().stops == {}
    place = TopicPartition(ledger.connection.events, 1, 5)
    admin = AdminClient(common(ledger.connection))
    admin.delete_records([place])[place].result(30)
    stops = ledger.run(ledger.root.parent / "late").stops
    assert stops.keys() == VIEWS.keys()
    expected = f"{ledger.connection.events}[1]: offset 0 was asked for and the partition begins at 5"
    assert all(str(stop.fault).startswith(expected) for stop in stops.values())
    ledger.write(10)
    assert ledger.run().stops == {}


def test_views_go_on_serving_while_their_topic_is_gone(ledger: Ledger, topics: Topics) -> None:
    assert ledger.run().stops == {}
    admin = AdminClient(common(ledger.connection))
    admin.delete_topics([ledger.connection.events])[ledger.connection.events].result(30)
    eventually(lambda: ledger.connection.events not in topics.ids())
    shown = subprocess.run(
        ledger.program("show", "trial-balance"), capture_output=True, text=True, timeout=WITHIN_S, check=True
    )
    assert "custody" in shown.stdout
    assert f"at block {ledger.height}," in shown.stderr
    assert f"the log was not read ({ledger.connection.events}: there is no such topic" in shown.stderr


def test_views_of_another_ledger_are_refused_by_name(ledger: Ledger) -> None:
    told = subprocess.run(
        [*ledger.program("run"), "--ledger-id", "another"],
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        env=dict(os.environ),
        check=False,
    )
    assert told.returncode == 3
    assert "the topics are of ledger 'test-ledger', not of 'another'" in told.stderr
