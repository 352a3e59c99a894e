"""``ledger log``: look at the log, and check it. Nothing here changes anything."""

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import Progress

from ledger.cli.exits import Exit, say
from ledger.cli.options import BrokersOption, DataOption, JsonOption, PrefixOption
from ledger.cli.output import print_fields, print_json, print_json_lines, print_table
from ledger.core.messages import AnyEvent, BlockSealed
from ledger.edge.records import event_object, outcome_record
from ledger.errors import LedgerMissing, LogCorrupt
from ledger.log.blobs import split_outcomes
from ledger.log.blocks import check_outcomes, check_partition
from ledger.log.codec import decode_outcome
from ledger.log.opening import open_reader
from ledger.log.port import LogReader
from ledger.log.verify import ExpectedHead, Finding, verify_log
from ledger.settings import load_settings
from ledger.writer.apply import block_events

DIGEST_CHARACTERS: Final = 64
DETAILS: Final = 60
"""Longest text of one cell of a table of events, in characters."""

log_app = typer.Typer(no_args_is_help=True, help="Look at the log and check it.")


@log_app.command("head")
def head(
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Print the seal of the newest block. Keep its digest elsewhere: it vouches for all history."""
    with closing(open_reader(load_settings(data=data, brokers=brokers, topic_prefix=prefix))) as log:
        fields = event_object(_head(log))
        if as_json:
            print_json(fields)
        else:
            print_fields(f"head of {log.ledger_id}", fields)


@log_app.command("tail")
def tail(
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="How many events.")] = 20,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Print the newest events, oldest first."""
    with closing(open_reader(load_settings(data=data, brokers=brokers, topic_prefix=prefix))) as log:
        newest: list[AnyEvent] = []
        height = _head(log).height
        while height > 0 and len(newest) < count:
            newest = _events(log, height) + newest
            height -= 1
        _print_events(newest[-count:], as_json=as_json)


@log_app.command("show")
def show(
    height: Annotated[int, typer.Argument(min=1, help="Height of the block.")],
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    outcomes: Annotated[bool, typer.Option("--outcomes", help="Print outcomes, not events.")] = False,  # noqa: FBT002
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Print the events of one block, or the outcomes of its commands, once they were checked."""
    with closing(open_reader(load_settings(data=data, brokers=brokers, topic_prefix=prefix))) as log:
        seal = _seal(log, height)
        if outcomes:
            records = list(_outcomes(log, seal))
            if as_json:
                print_json_lines(records)
            else:
                print_table(f"outcomes of block {height}", records)
        else:
            _print_events(_events(log, height), as_json=as_json)


@log_app.command("event")
def event(
    seqs: Annotated[list[int], typer.Argument(min=1, metavar="SEQ...", help="Numbers of events.")],
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Print single events by their seq, void ones too. Exit code 1 says that one is beyond the head."""
    with closing(open_reader(load_settings(data=data, brokers=brokers, topic_prefix=prefix))) as log:
        last = _head(log).last_seq
        found = [
            one for seq in seqs if seq <= last for one in _events(log, _block_of(log, seq)) if one.seq == seq
        ]
        _print_events(found, as_json=as_json)
        beyond = [seq for seq in seqs if seq > last]
    if beyond:
        say(f"there is no event {beyond[0]}: the head is event {last}")
        raise typer.Exit(Exit.FINDINGS)


@log_app.command("verify")
def verify(
    data: DataOption = None,
    brokers: BrokersOption = None,
    prefix: PrefixOption = None,
    expect_head: Annotated[
        str | None,
        typer.Option("--expect-head", metavar="HEIGHT:DIGEST", help="A seal that was kept elsewhere."),
    ] = None,
    as_json: JsonOption = False,  # noqa: FBT002
) -> None:
    """Check every block, partition and byte of the log against its seals; change nothing.

    Goes on after a finding, so that one run names everything. The digests vouch for all history up to
    the head; --expect-head vouches for the head itself. Exit code 1 says that something is wrong.
    """
    expected = None if expect_head is None else _expected(expect_head)
    with closing(open_reader(load_settings(data=data, brokers=brokers, topic_prefix=prefix))) as log:
        head = _head(log)
        findings = list(_verify(log, expected, head.height))
        if as_json:
            details = [{name: getattr(finding, name) for name in finding.__slots__} for finding in findings]
            print_json(
                {"blocks": head.height, "events": head.last_seq, "head": head.digest, "findings": details}
            )
        else:
            for finding in findings:
                typer.echo(str(finding))
        verdict = f"{len(findings)} findings" if findings else "clean"
        say(f"{log.ledger_id}: {head.height} blocks, {head.last_seq} events, head {head.digest}: {verdict}")
    raise typer.Exit(Exit.FINDINGS if findings else Exit.CLEAN)


def _verify(log: LogReader, expected: ExpectedHead | None, blocks: int) -> Iterator[Finding]:
    """``verify_log`` with a progress bar on stderr, where there is a terminal to show it on."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("verifying blocks", total=blocks)
        yield from verify_log(log, expected, lambda height: progress.update(task, completed=height))


def _expected(text: str) -> ExpectedHead:
    height, _, digest = text.partition(":")
    if not (height.isascii() and height.isdigit() and len(digest) == DIGEST_CHARACTERS):
        raise typer.BadParameter(f"{text!r} is not HEIGHT:DIGEST, as `ledger log head` prints them")
    return ExpectedHead(int(height), digest)


def _print_events(events: list[AnyEvent], *, as_json: bool) -> None:
    if as_json:
        print_json_lines(event_object(event) for event in events)
    else:
        print_table("events", [_row(event) for event in events])


def _row(event: AnyEvent) -> dict[str, Any]:
    """What a table shows of an event: its header, and the rest as one text."""
    fields = event_object(event)
    row = {name: fields.pop(name) for name in ("seq", "event", "command_id", "recorded_at_us")}
    del fields["occurred_at_us"], fields["cause_seq"]
    row["account"] = fields.pop("account", "*")
    row["details"] = ", ".join(
        f"{name}={str(value)[:DETAILS]}" for name, value in fields.items() if value != ""
    )
    return row


def _head(log: LogReader) -> BlockSealed:
    seal = log.head()
    if seal is None:
        raise LedgerMissing("the log has no blocks yet")
    return seal


def _seal(log: LogReader, height: int) -> BlockSealed:
    newest = _head(log).height
    if height > newest:
        say(f"there is no block {height}: the head is block {newest}")
        raise typer.Exit(Exit.FINDINGS)
    return log.seal(height)


def _block_of(log: LogReader, seq: int) -> int:
    """Height of the block that an event is in."""
    return bisect_left(range(1, _head(log).height + 1), seq, key=lambda height: log.seal(height).last_seq) + 1


def _events(log: LogReader, height: int) -> list[AnyEvent]:
    previous = log.seal(height - 1) if height > 1 else None
    blobs: list[bytes] = []
    for partition in range(log.partitions):
        found = log.read_partition(partition, height, 1)
        if not found:
            raise LogCorrupt("the block is missing", where=f"block {height}, partition {partition}")
        check_partition(previous, found[0])
        blobs.append(found[0].blob)
    return block_events(blobs)


def _outcomes(log: LogReader, seal: BlockSealed) -> Iterator[dict[str, Any]]:
    for block in log.read_outcomes(seal.height, 1):
        check_outcomes(seal, block.data)
        for value in split_outcomes(block.data):
            yield outcome_record(decode_outcome(value))
