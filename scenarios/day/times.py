"""The clock of the tape, UTC. Ticks of the day lie at seconds 4 and 9 of each ten."""

from collections.abc import Iterator
from typing import Final

from scenarios.day.series import STEP_MS, at_ms

BUILD_UP: Final = at_ms("2026-01-16 16:00:00")
DAY: Final = at_ms("2026-01-19 00:00:00")
EXPORT: Final = at_ms("2026-01-19 04:27:54")
CLOSES: Final = at_ms("2026-01-19 04:30:00")
CANCEL_ONLY: Final = at_ms("2026-01-19 04:57:34")
POST_ONLY: Final = at_ms("2026-01-19 04:59:34")
OPENS: Final = at_ms("2026-01-19 05:01:29")
RACE: Final = at_ms("2026-01-19 05:01:34")
NOTICED: Final = at_ms("2026-01-19 05:01:44")
LAST_WISH: Final = at_ms("2026-01-19 05:33:04")
CALM_AGAIN: Final = at_ms("2026-01-19 05:10:04")
CLOSES_AGAIN: Final = at_ms("2026-01-19 05:36:04")
PLANNED: Final = at_ms("2026-01-19 07:10:04")
APPROVED: Final = at_ms("2026-01-19 07:25:04")
APPLIED: Final = at_ms("2026-01-19 07:30:04")
CANCEL_ONLY_AGAIN: Final = at_ms("2026-01-19 12:05:04")
POST_ONLY_AGAIN: Final = at_ms("2026-01-19 12:08:04")
OPENS_AGAIN: Final = at_ms("2026-01-19 12:13:04")
WINDOW_ENDS: Final = at_ms("2026-01-19 12:30:04")
REFUNDS: Final = at_ms("2026-01-20 04:00:04")
PAID: Final = REFUNDS + 60_000
END: Final = at_ms("2026-01-20 04:27:54")
HOUR_MS: Final = 3_600_000
SECOND_MS: Final = 1_000
FIRST_MS: Final = 4 * SECOND_MS
CLOSED_STEP_MS: Final = 6 * STEP_MS


def hours(from_ms: int, until_ms: int) -> Iterator[int]:
    """Every hour from the first time to before the last."""
    yield from range(from_ms, until_ms, HOUR_MS)


def before_the_race(calm_ms: int = STEP_MS, from_ms: int = DAY) -> Iterator[int]:
    """Ticks from the beginning of the day to the restart: slower in maintenance.

    ``calm_ms`` is the time between two of them until the maintenance.
    """
    yield from sorted({*range(from_ms + FIRST_MS, CLOSES, calm_ms), EXPORT})
    yield CLOSES
    yield from range(CLOSES + FIRST_MS + 5 * SECOND_MS, CANCEL_ONLY, 3 * STEP_MS)
    yield from range(CANCEL_ONLY, RACE, STEP_MS)


def of_the_incident(closed_ms: int = CLOSED_STEP_MS) -> Iterator[int]:
    """Ticks of the run in which the bad tick was taken; ``closed_ms`` lies between two while it is closed."""
    yield from range(RACE, CLOSES_AGAIN, STEP_MS)
    slow = range(CLOSES_AGAIN, CANCEL_ONLY_AGAIN, closed_ms)
    yield from sorted({*slow, PLANNED, APPROVED, APPLIED})
    yield from range(CANCEL_ONLY_AGAIN, WINDOW_ENDS, STEP_MS)
    yield from range(WINDOW_ENDS, END + 1, 3 * STEP_MS)


def without_incident() -> Iterator[int]:
    """Ticks of the run in which it was refused."""
    yield from range(RACE, CALM_AGAIN, STEP_MS)
    yield from range(CALM_AGAIN, END + 1, 3 * STEP_MS)


TICKS: Final = 2_150 + 57 + sum(1 for _ in before_the_race()) + sum(1 for _ in of_the_incident())
"""Ticks of a run, about."""
