"""Pages of lists that are in order of seq: newest first, with cursors that name a seq.

A cursor stays good while the list grows, and across a rollback: it says where to go on, and not how far the
list was.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Query

from projectors.api.faults import bad_request
from projectors.api.models.base import At, Page

PAGE_SIZE: Final = 100
PAGE_SIZE_MAX: Final = 1_000
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


def wanted_page(
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


def whole(results: list[Sent], at: At) -> Page[Sent]:
    """A list that is sent as one page."""
    return Page(at=at, next=None, prev=None, results=results)


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
