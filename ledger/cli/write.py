"""``ledger init``, ``submit``, ``run`` and ``checkpoint``: the commands that write."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from ledger.bootstrap import create_ledger, generated_id, ledger_exists, open_writer
from ledger.cli.arrivals import StopSignals, file_blocks, stream_blocks
from ledger.cli.conversation import Conversation
from ledger.cli.exits import Exit, say
from ledger.cli.gateways import ClusterGateway, Gateway, WriterGateway
from ledger.cli.options import (
    BlockSizeOption,
    BrokersOption,
    DataOption,
    LedgerIdOption,
    PartitionsOption,
    PrefixOption,
)
from ledger.cli.output import print_json_lines
from ledger.client import Client
from ledger.log.opening import connection_of
from ledger.settings import Settings, load_settings

FileArgument = Annotated[str, typer.Argument(help="File with one JSON command per line, or - for stdin.")]


def init(
    data: DataOption = None, partitions: PartitionsOption = None, ledger_id: LedgerIdOption = None
) -> None:
    """Create an empty ledger: a log whose first block opens it."""
    settings = load_settings(data=data, partitions=partitions)
    name = ledger_id or generated_id()
    create_ledger(settings, name)
    say(f"created ledger {name} with {_partitions(settings)} in {settings.data}")


def submit(  # noqa: PLR0913
    file: FileArgument,
    data: DataOption = None,
    block_size: BlockSizeOption = None,
    partitions: PartitionsOption = None,
    ledger_id: LedgerIdOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
) -> None:
    """Submit one JSON command per line; print one JSON outcome per line, in order, once durable.

    A line that is no command is answered like the others, and nothing of it is recorded. The same
    file again changes nothing: every command gets its first outcome, marked duplicate. Without a
    ledger in the directory, one is created; with --brokers the ledger's writer on that cluster
    answers. Exit code 1 says that at least one line was refused.
    """
    settings = load_settings(
        data=data, block_size=block_size, partitions=partitions, brokers=brokers, topic_prefix=prefix
    )
    if file != "-" and not Path(file).is_file():
        raise typer.BadParameter(f"there is no file {file}")
    with closing(_gateway(settings, ledger_id)) as gateway:
        conversation = Conversation(gateway)
        if file == "-":
            blocks = stream_blocks(sys.stdin.buffer, settings.block_size, StopSignals())
        else:
            blocks = file_blocks(Path(file), settings.block_size)
        for block in blocks:
            print_json_lines(conversation.answer(block))
    say(conversation.summary())
    raise typer.Exit(Exit.FINDINGS if conversation.refused else Exit.CLEAN)


def run(
    data: DataOption = None,
    block_size: BlockSizeOption = None,
    partitions: PartitionsOption = None,
    ledger_id: LedgerIdOption = None,
) -> None:
    """Answer commands from stdin as they come, until it ends or SIGTERM asks to stop.

    What has arrived when the last block is durable makes the next block, so blocks size
    themselves to the load. An idle ledger seals an empty block every LEDGER_HEARTBEAT_S seconds.
    """
    settings = load_settings(data=data, block_size=block_size, partitions=partitions)
    _create_if_missing(settings, ledger_id)
    stop = StopSignals()
    with closing(open_writer(settings)) as writer:
        conversation = Conversation(WriterGateway(writer))
        head = writer.head
        say(f"ready at block {head.height if head else 0}")
        for block in stream_blocks(
            sys.stdin.buffer, settings.block_size, stop, writer.heartbeat, settings.heartbeat_s
        ):
            print_json_lines(conversation.answer(block))
    say(conversation.summary())


def checkpoint(data: DataOption = None) -> None:
    """Write a checkpoint of the writer's state, so that the next start reads only what follows it."""
    with closing(open_writer(load_settings(data=data))) as writer:
        path = writer.checkpoint()
        say(f"wrote {path}")


def _gateway(settings: Settings, ledger_id: str | None) -> Gateway:
    if settings.brokers:
        return ClusterGateway(Client(connection_of(settings)))
    _create_if_missing(settings, ledger_id)
    return WriterGateway(open_writer(settings))


def _create_if_missing(settings: Settings, ledger_id: str | None) -> None:
    if ledger_exists(settings):
        return
    name = ledger_id or generated_id()
    create_ledger(settings, name)
    say(f"there was no ledger in {settings.data}: created {name} with {_partitions(settings)}")


def _partitions(settings: Settings) -> str:
    return f"{settings.partitions} partition{'' if settings.partitions == 1 else 's'}"
