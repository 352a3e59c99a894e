"""Blocks and events straight from the log, void ones too."""

from collections.abc import Iterator
from typing import Any, Final

from ledger.core.messages import BlockSealed
from ledger.core.values import partition_of
from ledger.edge.records import event_object
from ledger.log.blobs import iterate
from ledger.log.chain import Chain, Rollbacks
from ledger.log.codec import decode_event
from ledger.log.port import LogReader
from projectors.api.models import chain as shapes
from projectors.api.models.base import At, Page
from projectors.api.paging import TIME_MS_MAX, Wanted, cursor_of
from projectors.api.resources.values import US_PER_MS
from projectors.past.moments import Moment, MomentKind, Point, resolve
from projectors.past.question import Question

BLOCKS_MAX: Final = 500
"""Blocks that one page looks through at most; the next page goes on from there."""
_TOGETHER: Final = 50


def known_chain(log: LogReader, known_at: Point) -> Chain:
    """The blocks that count by what was known at a moment."""
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    return rollbacks.chain(known_at.height)


def block(seal: BlockSealed, chain: Chain) -> shapes.Block:
    """A sealed block."""
    return shapes.Block(
        height=seal.height,
        parent_height=seal.parent_height,
        first_seq=seal.first_seq,
        last_seq=seal.last_seq,
        recorded_at=seal.recorded_at_us // US_PER_MS,
        digest=seal.digest,
        previous_digest=seal.previous_digest,
        outcomes_digest=seal.outcomes_digest,
        control_digest=seal.control_digest,
        partition_counts=seal.partition_counts,
        partition_digests=seal.partition_digests,
        void=not chain.is_on_chain(seal.height),
    )


def blocks_page(log: LogReader, until: Point, chain: Chain, wanted: Wanted, at: At) -> Page[shapes.Block]:
    """Blocks up to a moment, newest first; cursors name heights, and times bound when blocks were sealed."""
    if wanted.newer is not None:
        first, last = wanted.newer + 1, min(until.height, wanted.newer + wanted.size)
    else:
        last = until.height if wanted.older is None else min(until.height, wanted.older - 1)
        first = max(1, last - wanted.size + 1)
    first = max(1, first)
    start, end = wanted.start_at or 0, TIME_MS_MAX if wanted.end_at is None else wanted.end_at
    found = [block(log.seal(height), chain) for height in range(last, first - 1, -1)]
    return Page(
        at=at,
        next=cursor_of("<", first) if first > 1 and last >= first else None,
        prev=cursor_of(">", last) if first <= last < until.height else None,
        results=[one for one in found if start <= one.recorded_at <= end],
    )


def seals(log: LogReader, first: int, last: int) -> list[dict[str, Any]]:
    """Every field of some seals."""
    return [event_object(log.seal(height)) for height in range(first, last + 1)]


def events_page(  # noqa: PLR0913
    log: LogReader, until: Point, chain: Chain, wanted: Wanted, at: At, account: str, event: str
) -> Page[shapes.Event]:
    """Events up to a moment, of an account or all, of one type or all; newest first.

    A page ends after so many blocks whether it is full or not: ``next`` goes on from there.
    """
    seq = until.seq + 1 if wanted.older is None else min(until.seq + 1, wanted.older)
    start, end = wanted.start_at or 0, TIME_MS_MAX if wanted.end_at is None else wanted.end_at
    results: list[shapes.Event] = []
    height = resolve(log, Moment(MomentKind.SEQ, seq - 1), log.head()).height if seq > 1 else 0
    lowest = max(1, height - BLOCKS_MAX + 1)
    while height >= lowest:
        first = max(lowest, height - _TOGETHER + 1)
        for one in _events(log, first, height, chain, account):
            if one.seq >= seq or event not in ("", one.event) or not start <= one.created_at <= end:
                continue
            results.append(one)
            if len(results) == wanted.size:
                return Page(at=at, next=cursor_of("<", one.seq), prev=None, results=results)
        height = first - 1
    going_on = cursor_of("<", log.seal(lowest).first_seq) if lowest > 1 and seq > 1 else None
    return Page(at=at, next=going_on, prev=None, results=results)


def event_at(log: LogReader, question: Question, seq: int) -> shapes.Event | None:
    """One event by its seq; ``None`` where there is none up to the moment that is asked about."""
    if seq > question.as_of.seq:
        return None
    height = resolve(log, Moment(MomentKind.SEQ, seq), log.head()).height
    chain = known_chain(log, question.known_at)
    return next((one for one in _events(log, height, height, chain, "") if one.seq == seq), None)


def _events(log: LogReader, first: int, last: int, chain: Chain, account: str) -> Iterator[shapes.Event]:
    """Events of some blocks, newest first; those of an account are in its partition."""
    partitions = [partition_of(account, log.partitions)] if account else range(log.partitions)
    found: dict[int, shapes.Event] = {}
    for partition in partitions:
        height = first
        while height <= last:
            read = log.read_partition(partition, height, last - height + 1)
            if not read:
                break
            for one in read:
                for key, value in iterate(one.blob):
                    if not account or key == account.encode():
                        event = _event(value, one.height, not chain.is_on_chain(one.height))
                        found[event.seq] = event
            height = read[-1].height + 1
    for seq in sorted(found, reverse=True):
        yield found[seq]


def _event(value: bytes, height: int, void: bool) -> shapes.Event:  # noqa: FBT001
    recorded = decode_event(value)
    fields = event_object(recorded)
    return shapes.Event(
        seq=recorded.seq,
        block=height,
        void=void,
        event=str(fields.pop("event")),
        account=str(fields.get("account", "")),
        created_at=recorded.recorded_at_us // US_PER_MS,
        fields=fields,
    )
