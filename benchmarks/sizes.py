"""What one event takes, in bytes: ``python -m benchmarks.sizes [--kafka]``, printed as JSON.

The mix of ``benchmarks.load`` is written once, then everything that is kept of it is weighed: the messages,
the log, the views, the account history. ``--kafka`` sends the same commands to a
broker in a container and weighs its topics on the broker's disk.
"""

import argparse
import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.faults.waiting import until
from benchmarks.load import START_US, Load, load_of_now
from benchmarks.measures import OPENING_BLOCK, Figures, filled_writer, settings_in
from benchmarks.on_kafka import ACCOUNTS, WITHIN_S, new_ledger, store, taken, writing
from ledger.log.blobs import iterate
from ledger.log.codec import encode_command, event_name
from ledger.log.kafka.reader import KafkaReader
from ledger.log.port import LogReader
from projectors.bootstrap import history_dir, open_log, open_states, views_dir
from projectors.cli.screen import folding_bar
from projectors.folding.runner import Runner
from projectors.history.build import add_blocks
from projectors.views import VIEWS
from tests.integration.kafka.cluster import running_cluster

COMMANDS: Final = 60_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sizes")
    parser.add_argument("--kafka", action="store_true", help="weigh the topics of a broker too")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        figures: dict[str, Any] = embedded(Path(folder))
        if options.kafka:
            figures |= on_kafka(Path(folder))
    print(json.dumps(figures, indent=2))


def embedded(folder: Path) -> dict[str, Any]:
    """The embedded log and everything that is derived from it."""
    load = Load(ACCOUNTS)
    writer = filled_writer(folder, load)
    for _ in range(COMMANDS // OPENING_BLOCK):
        writer.submit([encode_command(command) for command in load.commands(OPENING_BLOCK)], START_US)
    writer.close()
    settings = settings_in(folder)
    with open_log(settings) as log:
        create_views(settings.data, log)
        with folding_bar() as progress:
            add_blocks(history_dir(settings.data), log, progress)
        head = log.head()
        events = head.last_seq if head else 0
        figures = messages(log)
    figures["events"] = events
    for name, place in {
        "log": settings.log_dir,
        "views": views_dir(settings.data),
        "history": history_dir(settings.data),
    }.items():
        figures[f"{name}_bytes_per_event"] = round(weight(place) / events)
    return figures


def create_views(data: Path, log: LogReader) -> None:
    """Fold every view up to the head."""
    with open_states(views_dir(data), list(VIEWS.values()), log, writable=True) as states:
        Runner(log, states).run_to_head()


def messages(log: LogReader) -> dict[str, Any]:
    """Mean bytes of a message by event, framing included, each as often as it is stored."""
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    head = log.head()
    for partition in range(log.partitions):
        for block in log.read_partition(partition, 1, head.height if head else 0):
            for _, value in iterate(block.blob):
                name = event_name(value)
                counts[name] += 1
                sizes[name] += len(value)
    largest = {name: round(sizes[name] / count) for name, count in counts.most_common(8)}
    return {"message_bytes": largest, "message_bytes_mean": round(sizes.total() / counts.total())}


def on_kafka(folder: Path) -> Figures:
    """Topics of one broker, of the same mix."""
    with running_cluster(1) as cluster, new_ledger(cluster) as connection:
        load = load_of_now(ACCOUNTS)
        commands = [encode_command(command) for command in (*load.opening(), *load.commands(COMMANDS))]
        store(connection, commands)
        with writing(folder / "kafka", connection), closing(KafkaReader(connection)) as reader:
            until(lambda: taken(reader) >= len(commands), WITHIN_S, "the end of the commands")
            head = reader.head()
        events = head.last_seq if head else 0
        container = cluster.members[0].container.get_wrapped_container()
        figures: Figures = {"kafka_events": events}
        for topic, per in (("events", events), ("commands", len(commands)), ("outcomes", len(commands))):
            script = f"cat /var/lib/kafka/data/{connection.prefix}.{topic}-*/*.log | wc -c"
            _, printed = container.exec_run(["sh", "-c", script])
            figures[f"kafka_{topic}_bytes_each"] = round(int(printed) / per)
        return figures


def weight(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
