"""When the moments of a series are due."""

import time
from typing import final


@final
class PacedClock:
    """The machine's clock, and a series played ``speed`` times as fast as it happened (0: without waiting).

    The moments of a ``live`` series are due at their own time. Of any other the first is due at once, or at
    its time if that is still to come.
    """

    def __init__(self, speed: int, *, live: bool) -> None:
        self._speed = speed
        self._live = live
        self._began: tuple[int, int] | None = None
        """When the first moment was due, and its own time."""

    def now_ms(self) -> int:
        """Unix milliseconds now."""
        return time.time_ns() // 1_000_000

    def due_ms(self, observed_at_ms: int) -> int:
        """Unix milliseconds at which a moment is due; 0: at once."""
        if self._live:
            return observed_at_ms
        if not self._speed:
            return 0
        if self._began is None:
            self._began = (max(self.now_ms(), observed_at_ms), observed_at_ms)
        due_ms, first_ms = self._began
        return due_ms + (observed_at_ms - first_ms) // self._speed
