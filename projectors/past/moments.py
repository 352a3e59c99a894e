"""Moments: what people name when they ask about the past, and the event that it stands for.

A moment is a seq (``48213``), a block (``block:1604710``), a time (``2026-01-19T04:27:54Z``, RFC 3339,
to the microsecond), or ``head``, the newest block there is. Seqs, heights and recorded times only
ever rise together, so each of them comes down to one place in the log: everything up to some event.
A block stands for all of its events; a time for the events recorded by then, which may be a part of
a block.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final, NamedTuple

from ledger.core.messages import BlockSealed
from ledger.errors import MomentUnknown
from ledger.log.blobs import split_values
from ledger.log.codec import decode_event
from ledger.log.port import LogReader
from projectors.values import moment as readable

BLOCK_PREFIX: Final = "block:"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(?P<zone>[Zz]|[+-]\d\d:\d\d)?")
_US: Final = timedelta(microseconds=1)


class MomentKind(Enum):
    """How a moment is named."""

    HEAD = "head"
    SEQ = "seq"
    BLOCK = "block"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as it was named: ``number`` is a seq, a height, or Unix microseconds."""

    kind: MomentKind
    number: int

    def __str__(self) -> str:
        """As a person would name it."""
        match self.kind:
            case MomentKind.HEAD:
                return "the head"
            case MomentKind.SEQ:
                return f"seq {self.number}"
            case MomentKind.BLOCK:
                return f"block {self.number}"
            case MomentKind.TIME:
                return f"{readable(self.number)} UTC"


class Point(NamedTuple):
    """Everything up to the event ``seq``, which lies in block ``height`` or is the newest before it."""

    height: int
    seq: int


def parse_moment(text: str) -> Moment:
    """The moment that a text names. Raises ``MomentUnknown`` for a text that names none."""
    if text == MomentKind.HEAD.value:
        return Moment(MomentKind.HEAD, 0)
    if _NUMBER.fullmatch(text):
        return Moment(MomentKind.SEQ, int(text))
    if text.startswith(BLOCK_PREFIX) and _NUMBER.fullmatch(text.removeprefix(BLOCK_PREFIX)):
        return Moment(MomentKind.BLOCK, int(text.removeprefix(BLOCK_PREFIX)))
    found = _TIME.fullmatch(text)
    if found is None:
        raise MomentUnknown(f"{text!r} is no moment")
    if found["zone"] is None:
        raise MomentUnknown(f"{text!r} does not say its time zone; Z at the end is UTC")
    try:
        time = datetime.fromisoformat(text.upper())
    except ValueError:
        raise MomentUnknown(f"{text!r} is no moment: there is no such date or time") from None
    return Moment(MomentKind.TIME, (time - _EPOCH) // _US)


def resolve(log: LogReader, moment: Moment, head: BlockSealed | None) -> Point:
    """The place of a moment in a log that ends with ``head``.

    A time after the newest event is the head: nothing has happened since. Raises ``MomentUnknown``
    for a seq or block that is not there yet, and for a time before the ledger was opened.
    """
    if head is None:
        raise MomentUnknown(f"there is no {moment} yet: the log is empty")
    match moment.kind:
        case MomentKind.HEAD:
            return Point(head.height, head.last_seq)
        case MomentKind.BLOCK:
            if not 1 <= moment.number <= head.height:
                raise MomentUnknown(f"there is no {moment}: the log has the blocks 1 to {head.height}")
            return Point(moment.number, log.seal(moment.number).last_seq)
        case MomentKind.SEQ:
            if not 1 <= moment.number <= head.last_seq:
                raise MomentUnknown(f"there is no {moment}: the log has the seqs 1 to {head.last_seq}")
            height = _first_block(log, head, lambda seal: seal.last_seq >= moment.number)
            return Point(height, moment.number)
        case MomentKind.TIME:
            if moment.number >= head.recorded_at_us:
                return Point(head.height, head.last_seq)
            height = _first_block(log, head, lambda seal: seal.recorded_at_us > moment.number)
            return _within(log, height, moment)


def _first_block(log: LogReader, head: BlockSealed, holds: Callable[[BlockSealed], bool]) -> int:
    """The first block whose seal fulfils a condition that the head and all in between fulfil too."""
    low, high = 1, head.height
    while low < high:
        middle = (low + high) // 2
        if holds(log.seal(middle)):
            high = middle
        else:
            low = middle + 1
    return low


def _within(log: LogReader, height: int, moment: Moment) -> Point:
    """The newest event recorded by a time, in the first block that ends later, or before it."""
    seqs = [
        event.seq
        for partition in range(log.partitions)
        for block in log.read_partition(partition, height, 1)
        for event in map(decode_event, split_values(block.blob))
        if event.recorded_at_us <= moment.number
    ]
    if seqs:
        return Point(height, max(seqs))
    if height == 1:
        opened_at_us = log.seal(1).recorded_at_us
        raise MomentUnknown(f"at {moment} there was no ledger: it was opened at {readable(opened_at_us)} UTC")
    return Point(height - 1, log.seal(height - 1).last_seq)
