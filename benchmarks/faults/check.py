"""Whether a log kept every promise: what must hold after any fault.

The topics are read message by message, by a way of their own that is not ``KafkaReader``'s, into a
log in memory; everything is checked there. So bytes that are known to be foreign can be left out,
and what is left must be whole.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from typing import Final, final

from confluent_kafka import OFFSET_BEGINNING, Message

from benchmarks.faults.sender import CommandId
from ledger.core.digest import writer_digest
from ledger.core.messages import AnyEvent, CheckpointMarked, LedgerOpened, Outcome
from ledger.core.postings import postings
from ledger.log.blobs import join_messages, join_outcomes, split_outcomes
from ledger.log.codec import SEAL_PREFIX, decode_outcome, decode_seal, encode_outcome
from ledger.log.kafka.config import Connection
from ledger.log.kafka.stream import PartitionStream
from ledger.log.kafka.topics import Topics
from ledger.log.memory import MemoryLog
from ledger.log.port import Block, LogReader
from ledger.log.verify import verify_log
from ledger.writer.apply import block_events
from ledger.writer.recovery import recover
from ledger.writer.writer import Writer

Place = tuple[str, int, int]
"""Topic, partition and offset of one message."""

READ_MESSAGES: Final = 10_000
BLOCKS: Final = 1_000


@final
class _Part:
    """What one partition has of one block."""

    def __init__(self, messages: list[Message], seal_bytes: bytes) -> None:
        self.keys = [message.key() or b"" for message in messages]
        self.values = [message.value() or b"" for message in messages]
        self.seal_bytes = seal_bytes


@final
class Examination:
    """What was found in a log: ``lost`` and ``duplicated`` commands, and every broken promise."""

    def __init__(self) -> None:
        self.lost = 0
        self.duplicated = 0
        self.findings: list[str] = []


def messages_of(connection: Connection, topic: str, partition: int) -> Iterator[Message]:
    """Every readable message of a partition."""
    with closing(PartitionStream(connection, topic, partition)) as stream:
        stream.seek(OFFSET_BEGINNING)
        while True:
            messages = stream.read(READ_MESSAGES, 0.0)
            yield from messages
            if not messages and stream.is_read_up():
                return


def copied(connection: Connection, ledger_id: str, foreign: Collection[Place] = ()) -> MemoryLog:
    """The log of the topics, without the messages at ``foreign`` places."""
    partitions = Topics(connection).partitions()
    log = MemoryLog(ledger_id, partitions)
    for message in messages_of(connection, connection.commands, 0):
        log.append_commands([message.value() or b""], message.timestamp()[1] * 1000)
    parts = [_parts(connection, connection.events, partition, foreign) for partition in range(partitions)]
    outcomes = _parts(connection, connection.outcomes, 0, foreign)
    control = {part.seal_bytes: part for part in _parts(connection, connection.control, 0, foreign)}
    for index, first in enumerate(parts[0]):
        seal = decode_seal(first.seal_bytes)
        copies = control.get(first.seal_bytes)
        log.commit(
            Block(
                seal.height,
                seal,
                first.seal_bytes,
                [join_messages(part[index].keys, part[index].values) for part in parts],
                join_outcomes(outcomes[index].values),
                b"" if copies is None else join_messages(copies.keys, copies.values),
            )
        )
    return log


def examine(log: LogReader, answers: Mapping[CommandId, Outcome]) -> Examination:
    """Check everything about ``log`` that senders who got ``answers`` were promised."""
    found = Examination()
    found.findings += [str(finding) for finding in verify_log(log)]
    _check_answers(log, answers, found)
    _check_events(log, found)
    _check_replay(log, found)
    return found


def _parts(connection: Connection, topic: str, partition: int, foreign: Collection[Place]) -> list[_Part]:
    parts: list[_Part] = []
    messages: list[Message] = []
    for message in messages_of(connection, topic, partition):
        if (topic, partition, message.offset() or 0) in foreign:
            continue
        value = message.value() or b""
        if value.startswith(SEAL_PREFIX):
            parts.append(_Part(messages, value))
            messages = []
        else:
            messages.append(message)
    return parts


def _outcomes(log: LogReader) -> Iterator[Outcome]:
    height = 1
    while blocks := log.read_outcomes(height, BLOCKS):
        for block in blocks:
            yield from map(decode_outcome, split_outcomes(block.data))
        height = blocks[-1].height + 1


def _events(log: LogReader) -> Iterator[AnyEvent]:
    height = 1
    while True:
        parts = [log.read_partition(partition, height, 1) for partition in range(log.partitions)]
        if not all(parts):
            return
        yield from block_events([part[0].blob for part in parts])
        height += 1


def _check_answers(log: LogReader, answers: Mapping[CommandId, Outcome], found: Examination) -> None:
    """Every answer is in the log, and no command has two outcomes."""
    recorded: dict[CommandId, set[bytes]] = defaultdict(set)
    for outcome in _outcomes(log):
        recorded[outcome.producer, outcome.number].add(encode_outcome(outcome))
    for key, answer in answers.items():
        found.lost += encode_outcome(answer) not in recorded.get(key, ())
    found.duplicated += sum(len(contents) > 1 for contents in recorded.values())


def _check_events(log: LogReader, found: Examination) -> None:
    """Every accepted command has exactly its events, no other event has a cause, and all legs net to zero."""
    seqs: dict[str, list[int]] = defaultdict(list)
    balance: dict[str, int] = defaultdict(int)
    settlement_asset = recover(log, None).state.settlement_asset
    for event in _events(log):
        if not isinstance(event, LedgerOpened):
            seqs[event.command_id].append(event.seq)
        for leg in postings(event, settlement_asset):
            balance[leg.asset] += leg.amount_e8
    for outcome in _outcomes(log):
        events = seqs.pop(f"{outcome.producer}/{outcome.number}", None)
        promised = list(range(outcome.first_seq, outcome.last_seq + 1)) if outcome.first_seq else None
        if events is not None and events != promised:
            found.findings.append(f"{outcome.producer}/{outcome.number} has the events {events}")
            found.duplicated += 1
    found.findings += [f"the events {left} of {command} have no outcome" for command, left in seqs.items()]
    found.findings += [f"{asset} does not balance: {sum_e8}" for asset, sum_e8 in balance.items() if sum_e8]


def _check_replay(log: LogReader, found: Examination) -> None:
    """A replay from zero is what the live writer said it is, and what the same commands give again."""
    replayed = recover(log, None)
    digest = writer_digest(replayed.state)
    marks = [event for event in _events(log) if isinstance(event, CheckpointMarked)]
    if marks and marks[-1].writer_digest != digest:
        found.findings.append("the live writer's state was not what the log gives")
    copy = _commands_again(log)
    again = Writer(copy)
    opened = next(_events(log), None)
    if isinstance(opened, LedgerOpened):
        again.open_ledger(opened.recorded_at_us, opened.operator_keys)
        again.catch_up()
    if writer_digest(again.state) != digest or _written(copy) != _written(log):
        found.findings.append("the same commands do not give the same log again")


def _commands_again(log: LogReader) -> MemoryLog:
    copy = MemoryLog(log.ledger_id, log.partitions)
    position = 0
    while commands := log.read_commands(position, READ_MESSAGES):
        for command in commands:
            copy.append_commands([command.data], command.arrived_at_us)
        position = commands[-1].position + 1
    return copy


def _written(log: LogReader) -> list[bytes]:
    """All events of each partition, and all outcomes: what must not depend on where blocks end."""
    written: list[bytes] = []
    for partition in range(log.partitions):
        height, blobs = 1, b""
        while blocks := log.read_partition(partition, height, BLOCKS):
            blobs += b"".join(block.blob for block in blocks)
            height = blocks[-1].height + 1
        written.append(blobs)
    return [*written, join_outcomes(list(map(encode_outcome, _outcomes(log))))]
