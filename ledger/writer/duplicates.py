"""Which commands were already answered, and with what: exact for ever, in bounded memory.

A command is named by its producer and a number that rises per producer. For each producer the
ledger remembers the outcomes of a window of ``WINDOW`` numbers below the highest it has seen; a
number below the window is refused as too old, so a command can never take effect twice,
however late it comes back.

Memory, per producer: a page holds 64 numbers at 32 bytes (first seq, code and number of events,
position, recorded time), about 2.3 KB with its overhead, so 36 bytes per remembered command and
at most 158 pages = 360 KB for a full window. The text of a refusal is kept beside
it (its own length and some 120 bytes), cut at
``ledger.core.limits.DETAIL_MAX``. A producer that leaves gaps in its
numbers fills its pages thinly and pays for whole pages, never for more than a window of them.

The table is control state: it survives a rollback, is in no compared digest, and is rebuilt from
the outcomes in the log (or a writer checkpoint and the outcomes after it).
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import Final, final

from ledger.core.messages import Outcome
from ledger.errors import CheckpointCorrupt, invariant

WINDOW: Final = 10_000
"""Numbers remembered per producer: at 1,000 commands/s of one producer, ten seconds of retries;
a gateway that needs more uses several producer names. 10,000 x 36 bytes = 360 KB per producer."""

NEW: Final = 0
SEEN: Final = 1
TOO_OLD: Final = 2

ACCEPTED_STATUS: Final = "accepted"
REFUSED_STATUS: Final = "refused"

_PAGE_BITS: Final = 6
_PAGE_NUMBERS: Final = 64
_PAGE_MASK: Final = 63
_WORDS: Final = 4
_PAGE_BYTES: Final = 2048
_CODE_MASK: Final = 0xFFFF

Row = tuple[int | str, ...]


@final
class Producer:
    """The window of one producer: its highest number, its pages, the texts of its refusals."""

    __slots__ = ("details", "highest", "pages")

    def __init__(self) -> None:
        self.highest = 0
        self.pages: dict[int, array[int]] = {}
        self.details: dict[int, str] = {}

    def open_page(self, page: int) -> "array[int]":
        """Add an empty page and drop those that lie below the window."""
        words: array[int] = array("q", bytes(_PAGE_BYTES))
        self.pages[page] = words
        floor = self.highest - WINDOW
        for old in list(self.pages):
            if (old << _PAGE_BITS) + _PAGE_MASK <= floor and old != page:
                del self.pages[old]
                if self.details:
                    self._drop_details(old << _PAGE_BITS)
        return words

    def _drop_details(self, first: int) -> None:
        for number in range(first, first + _PAGE_NUMBERS):
            self.details.pop(number, None)


@final
class Duplicates:
    """The outcomes of the newest commands of every producer."""

    __slots__ = ("producers",)

    def __init__(self) -> None:
        self.producers: dict[str, Producer] = {}

    def look_up(self, producer: str, number: int) -> int:
        """``NEW``, ``SEEN`` (``first_outcome`` has it) or ``TOO_OLD`` (below the window)."""
        known = self.producers.get(producer)
        if known is None or number > known.highest:
            return NEW
        if number <= known.highest - WINDOW:
            return TOO_OLD
        words = known.pages.get(number >> _PAGE_BITS)
        if words is None or words[(number & _PAGE_MASK) * _WORDS] == 0:
            return NEW
        return SEEN

    def remember(self, outcome: Outcome) -> None:
        """Keep the first outcome of a command; its number is inside or above the window."""
        known = self.producers.get(outcome.producer)
        if known is None:
            known = Producer()
            self.producers[outcome.producer] = known
        number = outcome.number
        known.highest = max(known.highest, number)
        words = known.pages.get(number >> _PAGE_BITS)
        if words is None:
            words = known.open_page(number >> _PAGE_BITS)
        events = outcome.last_seq - outcome.first_seq + 1 if outcome.first_seq else 0
        slot = (number & _PAGE_MASK) * _WORDS
        words[slot] = (events << 17) | (outcome.code << 1) | 1
        words[slot + 1] = outcome.first_seq
        words[slot + 2] = outcome.position
        words[slot + 3] = outcome.recorded_at_us
        if outcome.detail:
            known.details[number] = outcome.detail

    def first_outcome(self, producer: str, number: int) -> Outcome:
        """The outcome that a ``SEEN`` command got the first time, field by field."""
        known = self.producers[producer]
        words = known.pages[number >> _PAGE_BITS]
        slot = (number & _PAGE_MASK) * _WORDS
        packed = words[slot]
        invariant(packed != 0, "first_outcome of a command that was never answered")
        code = (packed >> 1) & _CODE_MASK
        events = packed >> 17
        first_seq = words[slot + 1]
        return Outcome(
            producer,
            number,
            words[slot + 2],
            words[slot + 3],
            REFUSED_STATUS if code else ACCEPTED_STATUS,
            code,
            known.details.get(number, ""),
            first_seq,
            first_seq + events - 1 if events else 0,
            0,
        )

    def replayed(self, outcome: Outcome) -> None:
        """Take in an outcome read from the log; a duplicate's or an unnamed command's adds nothing."""
        if outcome.producer and self.look_up(outcome.producer, outcome.number) == NEW:
            self.remember(outcome)

    def __len__(self) -> int:
        """How many commands are remembered."""
        total = 0
        for known in self.producers.values():
            for words in known.pages.values():
                for slot in range(0, _PAGE_NUMBERS * _WORDS, _WORDS):
                    if words[slot]:
                        total += 1
        return total

    def rows(self) -> Iterator[Row]:
        """The table as rows for a writer checkpoint, in an order that is always the same."""
        result: list[Row] = []
        for producer in sorted(self.producers):
            known = self.producers[producer]
            result.append(("producer", producer, known.highest))
            result.extend([("page", page, *known.pages[page]) for page in sorted(known.pages)])
            result.extend([("detail", number, known.details[number]) for number in sorted(known.details)])
        return iter(result)

    def load(self, rows: Iterator[Sequence[int | str]]) -> None:
        """Take in what ``rows`` gave; raises CheckpointCorrupt on anything else."""
        known = Producer()
        for row in rows:
            kind = row[0]
            if kind == "producer":
                known = Producer()
                known.highest = _number(row[2])
                self.producers[str(row[1])] = known
            elif kind == "page" and len(row) == 2 + _PAGE_NUMBERS * _WORDS:
                known.pages[_number(row[1])] = array("q", [_number(word) for word in row[2:]])
            elif kind == "detail":
                known.details[_number(row[1])] = str(row[2])
            else:
                raise CheckpointCorrupt(f"a row of the duplicates table is of no known kind: {kind!r}")


def _number(value: int | str) -> int:
    if isinstance(value, str):
        raise CheckpointCorrupt(f"text {value!r} where the duplicates table has a number")
    return value
