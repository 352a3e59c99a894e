"""Lines of a key from any place on, in either direction, without reading the others.

Lines lie in runs under their key and the seq of the first, so a page of a list costs what the page has,
however long the list is. ``back`` goes from newer to older lines and ``on`` from older to newer; both are
read as far as somebody asks.
"""

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from typing import Protocol, cast

from projectors.define.plan import TablePlan
from projectors.folding.partition import PartitionRows, run_key
from projectors.folding.rows import run_lines
from projectors.values import Cell

Row = dict[str, Cell]

NEWEST = 2**63
"""Above every seq."""


class Lined(Protocol):
    """Lines in order of their seq."""

    def back(self, below: int = NEWEST) -> Iterator[Row]:
        """Lines below a seq, newest first."""

    def on(self, above: int) -> Iterator[Row]:
        """Lines above a seq, oldest first."""

    def after(self, time_us: int) -> int:
        """Seq of the first line that was recorded after a time; ``NEWEST`` where none was."""


class KeyLines:
    """Lines of one key of a table, in the partition that has them; ``key`` are its bytes without the seq."""

    def __init__(self, plan: TablePlan, part: PartitionRows, key: bytes) -> None:
        self._plan = plan
        self._part = part
        self._key = key
        self._names = [*plan.key, *plan.columns]

    def back(self, below: int = NEWEST) -> Iterator[Row]:
        """See ``Lined``."""
        for key, run in self._runs_back(below):
            for row in reversed(self._rows(key, run)):
                if seq_of(row) < below:
                    yield row

    def on(self, above: int) -> Iterator[Row]:
        """See ``Lined``."""
        before = next(self._runs_back(above + 1), None)
        begin = run_key(self._key, above) if before is None else before[0]
        for key, run in self._part.on(self._plan.name, self._key, begin):
            for row in self._rows(key, run):
                if seq_of(row) > above:
                    yield row

    def after(self, time_us: int) -> int:
        """See ``Lined``. The runs are searched by halves, since time never goes back with the seq."""
        newest = next(self.back(), None)
        if newest is None or _time_of(newest) <= time_us:
            return NEWEST
        low, high = 1, seq_of(newest)
        while low < high:
            middle = (low + high) // 2
            at = next(self.on(middle - 1), newest)
            if _time_of(at) > time_us:
                high = middle
            else:
                low = seq_of(at) + 1
        return seq_of(next(self.on(low - 1), newest))

    def _runs_back(self, below: int) -> Iterator[tuple[bytes, bytes]]:
        """Runs that begin below a seq, newest first."""
        return self._part.back(self._plan.name, self._key, run_key(self._key, below))

    def _rows(self, key: bytes, run: bytes) -> list[Row]:
        return [dict(zip(self._names, line, strict=True)) for line in run_lines(self._plan, key, run)]


class Merged:
    """Lines of several keys, in order of their seq together."""

    def __init__(self, parts: Sequence[Lined]) -> None:
        self._parts = parts

    def back(self, below: int = NEWEST) -> Iterator[Row]:
        """See ``Lined``."""
        return merge(*[part.back(below) for part in self._parts], key=seq_of, reverse=True)

    def on(self, above: int) -> Iterator[Row]:
        """See ``Lined``."""
        return merge(*[part.on(above) for part in self._parts], key=seq_of)

    def after(self, time_us: int) -> int:
        """See ``Lined``."""
        return min((part.after(time_us) for part in self._parts), default=NEWEST)


class Mapped:
    """Lines as something makes others of them; ``None`` leaves one out."""

    def __init__(self, lines: Lined, made: Callable[[Row], Row | None]) -> None:
        self._lines = lines
        self._made = made

    def back(self, below: int = NEWEST) -> Iterator[Row]:
        """See ``Lined``."""
        return (row for row in map(self._made, self._lines.back(below)) if row is not None)

    def on(self, above: int) -> Iterator[Row]:
        """See ``Lined``."""
        return (row for row in map(self._made, self._lines.on(above)) if row is not None)

    def after(self, time_us: int) -> int:
        """See ``Lined``."""
        return self._lines.after(time_us)


def seq_of(row: Row) -> int:
    """The seq of a line."""
    return cast(int, row["seq"])


def _time_of(row: Row) -> int:
    return cast(int, row["recorded_at_us"])
