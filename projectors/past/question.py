"""Two times of a question: the moment asked about, and the knowledge used.

``known_at`` names a tip: the newest block by then, and with it the rollbacks declared by then. The
history that counts is that tip's chain of parents; ``as_of`` cuts it. ``as_of`` 05:02 alone shows
what users saw at 05:02; with ``known_at`` now it shows what 05:02 is taken to have been since.
"""

from dataclasses import dataclass
from typing import Final

from ledger.errors import LogCorrupt, MomentUnknown
from ledger.log.blobs import split_values
from ledger.log.chain import Chain, Rollbacks
from ledger.log.codec import decode_event
from ledger.log.port import LogReader
from projectors.columns.avro import FRAMING_BYTES
from projectors.past.moments import Moment, Point, resolve

_SEVEN_BITS: Final = 0x7F
_MORE: Final = 0x80


@dataclass(frozen=True, slots=True)
class Question:
    """A past to fold: the blocks of ``chain``, and of its tip only the events up to ``seq``.

    ``recorded_at_us`` is ledger time there. ``whole`` says that these are all events of the tip.
    ``as_of`` and ``known_at`` are the places asked for; where ``as_of`` lies in blocks that are void by
    ``known_at``, the chain ends before.
    """

    chain: Chain
    seq: int
    recorded_at_us: int
    whole: bool
    as_of: Point
    known_at: Point

    @property
    def height(self) -> int:
        """Newest block of the history asked about."""
        return self.chain.tip

    @property
    def whole_height(self) -> int:
        """Newest block all of whose events count."""
        return self.height if self.whole else self.chain.newest_at(self.height - 1)


def ask(
    log: LogReader, as_of: Moment | None, known_at: Moment | None, rollbacks: Rollbacks | None = None
) -> Question:
    """The past that two moments name; each is the other where it is not given, the head without both.

    ``rollbacks`` are those of the log that somebody keeps, who asks often.

    Raises ``MomentUnknown`` for a moment that the log does not have, and when ``as_of`` lies after
    ``known_at``: nobody knows the future.
    """
    head = log.head()
    if head is None:
        raise MomentUnknown("there is nothing to ask about: the log is empty")
    places = [None if moment is None else resolve(log, moment, head) for moment in (as_of, known_at)]
    newest = Point(head.height, head.last_seq)
    asked = places[0] or places[1] or newest
    known = places[1] or places[0] or newest
    if asked > known:
        raise MomentUnknown(
            f"as of {as_of} (block {asked.height}) lies after what was known at {known_at}"
            f" (block {known.height})",
            remedy="Ask about an earlier moment, or with later knowledge",
        )
    rollbacks = rollbacks or Rollbacks(log)
    rollbacks.read_on()
    chain = rollbacks.chain(known.height).cut(asked.height)
    seal = log.seal(chain.tip)
    if chain.tip < asked.height or asked.seq == seal.last_seq:
        return Question(chain, seal.last_seq, seal.recorded_at_us, True, asked, known)  # noqa: FBT003
    return Question(chain, asked.seq, _time_of(log, asked), False, asked, known)  # noqa: FBT003


def _time_of(log: LogReader, point: Point) -> int:
    """When the event of a point was recorded."""
    begins = _zigzag(point.seq)
    for partition in range(log.partitions):
        for block in log.read_partition(partition, point.height, 1):
            for value in split_values(block.blob):
                if value.startswith(begins, FRAMING_BYTES):
                    return decode_event(value).recorded_at_us
    raise LogCorrupt(f"seq {point.seq} is in no partition", where=f"block {point.height}")


def _zigzag(number: int) -> bytes:
    """How an event of this seq begins behind its framing; to decode every event costs 40 times as much."""
    rest = number * 2
    found = bytearray()
    while rest > _SEVEN_BITS:
        found.append(rest & _SEVEN_BITS | _MORE)
        rest >>= 7
    return bytes([*found, rest])
