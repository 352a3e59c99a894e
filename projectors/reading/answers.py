"""Answers from the views: plain rows, and the moment that they are true at.

Views are opened for reading at one height. The writer of a view commits one partition after the
other, so a reader that finds them at different heights looks again for a while; if they stay so,
the answer says the lowest. Rows of one account are read from its partition only.

Answers about the past are the same, from views that were folded again in memory
(``projectors.past``): ``open_past``.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, cast

from ledger.core.values import partition_of
from ledger.errors import ViewCorrupt, invariant
from ledger.log.chain import Rollbacks
from ledger.log.port import LogReader
from ledger.rows import decode_row, encode_row
from projectors.bootstrap import open_states
from projectors.columns.rowtext import cells
from projectors.define.plan import ExtractPlan, TablePlan
from projectors.define.view import View
from projectors.folding.rows import has_lines, merged_rows, plain_rows, shown_columns
from projectors.folding.state import ViewState
from projectors.past.bases import StoredBases
from projectors.past.question import Question
from projectors.past.replay import replayed
from projectors.reading.absent import AbsentLog
from projectors.reading.lines import KeyLines, Lined
from projectors.stores import generations
from projectors.values import Cell

Row = dict[str, Cell]

_ORDERED_DIGITS: Final = 8
"""Numbers in keys are in order of their bytes where they have equally many digits: minutes have 8 from 1989
to 2160."""

LOOKS_MAX: Final = 40
FAULTS_MAX: Final = 4
LOOK_AGAIN_S: Final = 0.05


class Moment(NamedTuple):
    """What an answer is true at: the lowest sealed height of the partitions, and its newest seq.

    ``even`` says that all partitions stood there; ``head`` is the log's newest block, ``stopped``
    the reason why a view goes no further, if it does not, or in a past the law that its inputs broke.
    ``void`` says that a rollback made the block void since. ``question`` is the past that was asked
    about; ``None`` for what is served.
    ``unread`` is why the log could not be looked at; then nobody knows how far it is.
    """

    height: int
    seq: int
    recorded_at_us: int
    head: int
    even: bool
    stopped: str
    void: bool = False
    question: Question | None = None
    unread: str = ""

    @property
    def stale(self) -> bool:
        """Whether what is served may differ from the head of the log; a past answer never is."""
        return self.question is None and (self.height < self.head or bool(self.stopped or self.unread))


class Answers:
    """Open views, for reading; ``question`` says that they are folded to some past."""

    def __init__(  # noqa: PLR0913
        self,
        root: Path,
        states: Sequence[ViewState],
        head: int,
        *,
        void: bool = False,
        question: Question | None = None,
        unread: str = "",
        finding: str = "",
    ) -> None:
        self._root = root
        self._states = {state.view.name: state for state in states}
        self._head = head
        self._void = void
        self._unread = unread
        self._finding = finding
        self.question = question
        self._moments: dict[tuple[str, ...], Moment] = {}
        self._plans = {
            (state.view.name, name): plan
            for state in states
            for name, plan in state.view.plan.shown().items()
            if not state.only or name in state.only or getattr(plan, "of", "") in state.only
        }
        self._shown = {place: frozenset(shown_columns(plan)) for place, plan in self._plans.items()}

    def moment(self, views: Sequence[str] = ()) -> Moment:
        """What answers from some views are true at, or from all of them."""
        found = self._moments.get(tuple(views))
        if found is None:
            found = self._moments[tuple(views)] = self._moment(views)
        return found

    def _moment(self, views: Sequence[str]) -> Moment:
        asked = self.question
        if asked is not None:
            return Moment(
                asked.height,
                asked.seq,
                asked.recorded_at_us,
                self._head,
                even=True,
                stopped=self._finding,
                question=asked,
            )
        states = [self._states[name] for name in views] or self._states.values()
        partitions = [part for state in states for part in state.partitions.values()]
        cursors = [part.cursor for part in partitions]
        lowest = min(cursors, key=lambda cursor: cursor.height)
        reasons = [stop.why for part in partitions if (stop := part.store.stopped()) is not None]
        even = all(cursor.height == lowest.height for cursor in cursors)
        return Moment(
            lowest.height,
            lowest.seq,
            lowest.recorded_at_us,
            self._head,
            even,
            reasons[0] if reasons else "",
            self._void,
            unread=self._unread,
        )

    def rows(self, view: str, table: str) -> list[Row]:
        """All rows of a table, in order of their key."""
        state = self._states[view]
        plan = self._plans[view, table]
        stored = [part.scan(table) for part in state.partitions.values()]
        rows: list[Row] = merged_rows(plan, stored).to_dicts()
        return rows

    def rows_of(self, view: str, table: str, *key: str) -> list[Row]:
        """Rows whose key begins with an account, and perhaps more."""
        state = self._states[view]
        plan = self._plans[view, table]
        part = state.partitions[partition_of(key[0], state.partition_count)]
        begin = encode_row(key)
        stored = part.scan(table, begin)
        if len(stored) == 1 and not has_lines(plan):
            ((place, row),) = stored.items()
            return [self._row(view, table, (*key, *decode_row(place[len(begin) :])), row)]
        return plain_rows(plan, stored)

    def rows_at(self, view: str, table: str, keys: Sequence[tuple[str | int, ...]]) -> list[Row | None]:
        """The rows with some keys of one account, in their order; ``None`` where there is none."""
        if not keys:
            return []
        state = self._states[view]
        part = state.partitions[partition_of(str(keys[0][0]), state.partition_count)]
        prefix = part.prefix(table)
        stored = part.get_many([prefix + encode_row(key) for key in keys])
        return [
            None if row is None else self._row(view, table, key, row)
            for key, row in zip(keys, stored, strict=True)
        ]

    def _row(self, view: str, table: str, key: Sequence[str | int], stored: bytes) -> Row:
        """A row as it is shown, with the values of its key."""
        plan, shown = self._plans[view, table], self._shown[view, table]
        row: Row = dict(zip(plan.key, key, strict=True))
        for name, value in zip(plan.columns, cells(stored, plan.columns), strict=True):
            if name in shown:
                row[name] = value
        return row

    def row_before(self, view: str, table: str, key: str, number: int) -> Row | None:
        """The newest broadcast row of a key whose number, the second part of its key, is below one."""
        state = self._states[view]
        plan = self._plans[view, table]
        if len(str(number)) != _ORDERED_DIGITS:
            before = [row for row in self.rows_of(view, table, key) if _number_of(plan, row) < number]
            return before[-1] if before else None
        part = state.partitions[partition_of(key, state.partition_count)]
        found = next(part.back(table, encode_row([key]), encode_row([key, number])), None)
        return None if found is None else plain_rows(plan, dict([found]))[0]

    def sums_at(self, view: str, table: str, keys: Sequence[tuple[str | int, ...]], column: str) -> list[int]:
        """Sums over the partitions of a column of the rows with some keys, in their order."""
        state = self._states[view]
        plan = self._plans[view, table]
        places = [encode_row(key) for key in keys]
        sums = [0] * len(places)
        for part in state.partitions.values():
            prefix = part.prefix(table)
            for place, row in enumerate(part.get_many([prefix + one for one in places])):
                if row is not None:
                    value = plain_rows(plan, {places[place]: row})[0][column]
                    sums[place] += value if isinstance(value, int) else 0
        return sums

    def lines(self, view: str, table: str, *key: str) -> Lined:
        """Lines of a key, which is an account or one of broadcast events, to be read from any place on."""
        state = self._states[view]
        plan = self._plans[view, table]
        invariant(isinstance(plan, TablePlan), f"{table} has no lines")
        part = state.partitions[partition_of(key[0], state.partition_count)]
        return KeyLines(cast(TablePlan, plan), part, encode_row(key))

    def generation(self, view: str) -> str:
        """Name of the generation that serves a view, or of the past that was folded."""
        return "past" if self.question is not None else generations.serving(self._root, view).name

    def states(self) -> list[ViewState]:
        """The views themselves."""
        return list(self._states.values())


@contextmanager
def open_answers(root: Path, views: Sequence[View], log: LogReader) -> Iterator[Answers]:
    """Views for reading, all partitions at one height where that can be had.

    A file that the view's writer replaced while it was opened is looked for again. A log that is
    not there is said, and what is stored is served.
    """
    head = log.head()
    unread = str(log.fault) if isinstance(log, AbsentLog) else ""
    for look in range(LOOKS_MAX):
        with ExitStack() as opened:
            try:
                states = opened.enter_context(open_states(root, views, log, writable=False))
            except ViewCorrupt:
                if look >= FAULTS_MAX:
                    raise
            else:
                heights = {part.cursor.height for state in states for part in state.partitions.values()}
                if len(heights) == 1 or look == LOOKS_MAX - 1:
                    at_head = 0 if head is None else head.height
                    void = _is_void(log, min(heights), at_head)
                    yield Answers(root, states, at_head, void=void, unread=unread)
                    return
        time.sleep(LOOK_AGAIN_S)


@contextmanager
def open_past(
    root: Path,
    views: Sequence[View],
    log: LogReader,
    question: Question,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Answers]:
    """Views as of a moment and with some knowledge, folded into memory from the nearest stored rows.

    What was recorded there is shown although a law was broken; the moment says which.

    Raises ``ViewStopped`` when a view cannot be folded that far.
    """
    head = log.head()
    with replayed(log, views, question, StoredBases(root, log), progress=progress) as states:
        broken = [
            f"{law}: {'; '.join(breaches)}"
            for state in states
            if question.whole
            for law, breaches in state.breaches()
        ]
        finding = broken[0] if broken else ""
        yield Answers(root, states, 0 if head is None else head.height, question=question, finding=finding)


def _is_void(log: LogReader, height: int, head: int) -> bool:
    """Whether a completed rollback made a block void by now."""
    rollbacks = Rollbacks(log)
    rollbacks.read_on()
    tip = rollbacks.served_tip(head)
    return 0 < height <= tip and not rollbacks.chain(tip).is_on_chain(height)


def _number_of(plan: TablePlan | ExtractPlan, row: Row) -> int:
    value = row[list(plan.key)[1]]
    return value if isinstance(value, int) else 0


def page(rows: Sequence[Row], limit: int) -> list[Row]:
    """The last ``limit`` rows; all of them for 0."""
    return list(rows[-limit:] if limit else rows)
