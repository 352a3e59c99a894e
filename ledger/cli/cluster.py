"""``ledger topics`` and ``ledger writer``: a ledger on a Kafka cluster."""

import threading
from typing import Final

import typer

from ledger.cli.access import acl
from ledger.cli.exits import Exit, say
from ledger.cli.options import (
    BlockSizeOption,
    BrokersOption,
    DataOption,
    FlushOption,
    JsonOption,
    LedgerIdOption,
    ListenOption,
    PartitionsOption,
    PrefixOption,
    ReplicasOption,
)
from ledger.cli.output import print_json, print_table
from ledger.cli.signals import set_on_signals
from ledger.errors import SettingsFault
from ledger.log.kafka.topics import Topics, wait_for_cluster
from ledger.log.opening import CLUSTER_TIMEOUT_S, connection_of
from ledger.service.logging import log_to_stderr
from ledger.service.metrics import WriterMetrics
from ledger.service.watch import Pulse, Watch
from ledger.service.writer import WriterService
from ledger.settings import load_settings
from ledger.writer.checkpoints import Checkpoints

REPLICAS_SAFE: Final = 3
BLOCK_SIZE: Final = 8_000
"""A block takes what has arrived, at most this much: 80 ms of work, as long as three brokers need to
commit. With a commit of 5 ms on one broker a block has 100 commands at 20,000 a second."""
LISTEN: Final = "127.0.0.1:9464"
"""Where a writer answers when nothing is said."""

topics_app = typer.Typer(no_args_is_help=True, help="The topics of a ledger on a cluster.")
topics_app.command("acl")(acl)


@topics_app.command("create")
def create(
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    partitions: PartitionsOption = None,
    replicas: ReplicasOption = None,
    flush_each: FlushOption = False,  # noqa: FBT002
) -> None:
    """Create the topics that are missing, with the settings that the ledger's promises need."""
    settings = load_settings(brokers=brokers, topic_prefix=prefix, partitions=partitions)
    connection = connection_of(settings)
    nodes = wait_for_cluster(connection, CLUSTER_TIMEOUT_S)
    topics = Topics(connection)
    copies = min(REPLICAS_SAFE, nodes) if replicas is None else replicas
    created = topics.create(settings.partitions, copies, flush_each=flush_each)
    say(f"created {', '.join(created)}" if created else "every topic is there")
    for finding in topics.require():
        say(f"warning: {finding}")


@topics_app.command("check")
def check(brokers: BrokersOption = None, prefix: PrefixOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002
    """Compare the settings of the topics with what the promises need; change nothing."""
    settings = load_settings(brokers=brokers, topic_prefix=prefix)
    connection = connection_of(settings)
    wait_for_cluster(connection, CLUSTER_TIMEOUT_S)
    findings = Topics(connection).check()
    rows = [
        {
            "topic": finding.topic,
            "setting": finding.setting,
            "found": finding.found,
            "needed": finding.needed,
            "severity": "refused" if finding.fatal else "warning",
            "fix": finding.fix,
        }
        for finding in findings
    ]
    if as_json:
        print_json({"findings": rows})
    elif rows:
        print_table("topic settings", rows)
    fatal = any(finding.fatal for finding in findings)
    say("some settings must be mended" if fatal else "the topics keep the promises")
    raise typer.Exit(Exit.FINDINGS if fatal else Exit.CLEAN)


def writer(
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    ledger_id: LedgerIdOption = None,
    data: DataOption = None,
    block_size: BlockSizeOption = None,
    listen: ListenOption = None,
) -> None:
    """Be the writer of a ledger on a cluster, or stand by to be; SIGTERM stops gracefully.

    Start two: one leads, the other follows warm and takes over. The data directory holds
    checkpoints only; each process has its own.
    """
    settings = load_settings(
        brokers=brokers, topic_prefix=prefix, id=ledger_id, data=data, block_size=block_size, listen=listen
    )
    if not settings.id:
        raise SettingsFault("a writer must know the name of its ledger", where="--ledger-id or LEDGER_ID")
    log_to_stderr()
    stop = threading.Event()
    set_on_signals(stop)
    connection = connection_of(settings)
    wait_for_cluster(connection, CLUSTER_TIMEOUT_S)
    metrics = WriterMetrics()
    pulse = Pulse("writer")
    host, _, port = (settings.listen or LISTEN).rpartition(":")
    watch = Watch(pulse, metrics.registry, host, int(port))
    try:
        service = WriterService(
            connection,
            settings.id,
            checkpoints=Checkpoints(settings.writer_dir),
            block_size=settings.block_size if "block_size" in settings.model_fields_set else BLOCK_SIZE,
            metrics=metrics,
            pulse=pulse,
            heartbeat_s=settings.heartbeat_s,
        )
        service.run(stop)
    finally:
        watch.close()
