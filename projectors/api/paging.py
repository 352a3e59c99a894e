"""Pages of lists that are in order of seq: newest first, with cursors that name a seq.

Short lists are cut into pages (``page_of``), long ones are read from the cursor on (``page_of_lines``).

A cursor stays good while the list grows, and across a rollback: it says where to go on, and not how far the
list was.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Query

from projectors.api.faults import bad_request
from projectors.api.models.base import At, Page
from projectors.api.resources.values import US_PER_MS, ms
from projectors.reading.lines import NEWEST, Lined, Row, seq_of

PAGE_SIZE: Final = 100
PAGE_SIZE_MAX: Final = 1_000
LOOKED_MAX: Final = 20_000
"""Lines that one page looks at: those that it leaves out cost time too."""

RANGE_MS_MAX: Final = 366 * 86_400_000
TIME_MS_MAX: Final = 253_402_300_799_999
"""The end of the year 9999."""

_CURSOR: Final = re.compile(r"([<>])([0-9]{1,18})")
_CURSOR_MAX: Final = 40

Item = TypeVar("Item")
Sent = TypeVar("Sent")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of a list: results older (``<``) or newer (``>``) than a seq, in a range of time."""

    size: int
    older: int | None
    newer: int | None
    start_at: int | None
    end_at: int | None


async def wanted_page(
    page_size: Annotated[
        int, Query(ge=1, le=PAGE_SIZE_MAX, description="Most results of a page.")
    ] = PAGE_SIZE,
    cursor: Annotated[
        str | None, Query(max_length=_CURSOR_MAX, description="`next` or `prev` of another page.")
    ] = None,
    start_at: Annotated[
        int | None, Query(ge=0, le=TIME_MS_MAX, description="Oldest time, Unix milliseconds.")
    ] = None,
    end_at: Annotated[
        int | None, Query(ge=0, le=TIME_MS_MAX, description="Newest time, Unix milliseconds.")
    ] = None,
) -> Wanted:
    """What a request says about pages. Raises ``ApiFault`` for what cannot be."""
    if start_at is not None and end_at is not None:
        if start_at > end_at:
            raise bad_request("INVALID_PARAMETER", "start_at lies after end_at")
        if end_at - start_at > RANGE_MS_MAX:
            raise bad_request("RANGE_TOO_LONG", f"a range has at most {RANGE_MS_MAX} ms")
    older, newer = _read_cursor(cursor) if cursor else (None, None)
    return Wanted(page_size, older, newer, start_at, end_at)


WantedPage = Annotated[Wanted, Depends(wanted_page)]


def page_of(
    items: Sequence[Item],
    wanted: Wanted,
    at: At,
    *,
    seq: Callable[[Item], int],
    time_ms: Callable[[Item], int],
    sent: Callable[[Item], Sent],
) -> Page[Sent]:
    """A page of ``items``, which are in order of seq, oldest first."""
    start = wanted.start_at or 0
    end = TIME_MS_MAX if wanted.end_at is None else wanted.end_at
    listed = [item for item in items if start <= time_ms(item) <= end]
    if wanted.newer is not None:
        picked = [item for item in listed if seq(item) > wanted.newer][: wanted.size]
    elif wanted.older is not None:
        picked = [item for item in listed if seq(item) < wanted.older][-wanted.size :]
    else:
        picked = listed[-wanted.size :]
    more_old = bool(picked) and seq(listed[0]) < seq(picked[0])
    more_new = bool(picked) and seq(listed[-1]) > seq(picked[-1])
    return Page(
        at=at,
        next=cursor_of("<", seq(picked[0])) if more_old else None,
        prev=cursor_of(">", seq(picked[-1])) if more_new else None,
        results=[sent(item) for item in reversed(picked)],
    )


def page_of_lines(
    lines: Lined,
    wanted: Wanted,
    at: At,
    *,
    sent: Callable[[Row], Sent],
    keep: Callable[[Row], bool] = lambda _row: True,
    time_ms: Callable[[Row], int] | None = None,
) -> Page[Sent]:
    """A page of lines for which ``keep`` holds, of which no more are read than it needs.

    ``time_ms`` is the time of a line where that is not when it was recorded. A page that has looked at
    ``LOOKED_MAX`` lines ends, whether it is full or not, and the cursor goes on from there.
    """
    look = _Look(wanted, keep, time_ms or _recorded_ms)
    if wanted.newer is not None:
        found, more = look.through(lines.on(wanted.newer), newer=True)
        beyond = look.any(lines.back(seq_of(found[0]))) if found else False
        newest_first = found[::-1]
        older = cursor_of("<", seq_of(found[0])) if beyond else None
        newer = None if more is None else cursor_of(">", more)
    else:
        below = NEWEST if wanted.older is None else wanted.older
        if wanted.end_at is not None and time_ms is None:
            below = min(below, lines.after(wanted.end_at * US_PER_MS + US_PER_MS - 1))
        newest_first, more = look.through(lines.back(below), newer=False)
        beyond = look.any(lines.on(seq_of(newest_first[0]))) if newest_first else False
        older = None if more is None else cursor_of("<", more)
        newer = cursor_of(">", seq_of(newest_first[0])) if beyond else None
    return Page(at=at, next=older, prev=newer, results=[sent(row) for row in newest_first])


class _Look:
    """Looking through lines for a page."""

    def __init__(self, wanted: Wanted, keep: Callable[[Row], bool], time_ms: Callable[[Row], int]) -> None:
        self._size = wanted.size
        self._start = wanted.start_at or 0
        self._end = TIME_MS_MAX if wanted.end_at is None else wanted.end_at
        self._keep = keep
        self._time_ms = time_ms

    def through(self, rows: Iterator[Row], *, newer: bool) -> tuple[list[Row], int | None]:
        """What the page has, as it comes, and the seq to go on from; ``None`` where nothing is left."""
        found: list[Row] = []
        seen = 0
        for looked, row in enumerate(rows):
            time_ms = self._time_ms(row)
            if self._is_over(time_ms, newer=newer):
                return found, None
            wanted = self._start <= time_ms <= self._end and self._keep(row)
            if looked == LOOKED_MAX or (wanted and len(found) == self._size):
                return found, seen
            seen = seq_of(row)
            if wanted:
                found.append(row)
        return found, None

    def any(self, rows: Iterator[Row]) -> bool:
        """Whether there is a line of the list, or may be."""
        for looked, row in enumerate(rows):
            if looked == LOOKED_MAX or (self._start <= self._time_ms(row) <= self._end and self._keep(row)):
                return True
        return False

    def _is_over(self, time_ms: int, *, newer: bool) -> bool:
        """Whether lines from here on lie outside the range of time; a line without a time says nothing."""
        return time_ms > self._end if newer else 0 < time_ms < self._start


def paged(page: Page[Item], results: list[Sent]) -> Page[Sent]:
    """A page with other results in place of its own."""
    return Page(at=page.at, next=page.next, prev=page.prev, results=results)


def whole(results: list[Sent], at: At) -> Page[Sent]:
    """A list that is sent as one page."""
    return Page(at=at, next=None, prev=None, results=results)


def _recorded_ms(row: Row) -> int:
    return ms(row, "recorded_at_us")


def cursor_of(direction: str, seq: int) -> str:
    """A cursor as it is sent."""
    return base64.urlsafe_b64encode(f"{direction}{seq}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int | None, int | None]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raise bad_request("BAD_CURSOR", "the cursor is none of a page") from None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise bad_request("BAD_CURSOR", "the cursor is none of a page")
    number = int(found[2])
    return (number, None) if found[1] == "<" else (None, number)
