"""Waiting for what must happen, with a deadline."""

import time
from collections.abc import Callable
from typing import Final

POLL_S: Final = 0.01


class TooLate(AssertionError):
    """Something did not happen in time."""


def until(happened: Callable[[], bool], within_s: float, what: str) -> float:
    """Wait until ``happened`` and return how long that took, in seconds; ``TooLate`` after ``within_s``."""
    started_s = time.monotonic()
    while not happened():
        if time.monotonic() - started_s > within_s:
            raise TooLate(f"{what} did not happen within {within_s:g} s")
        time.sleep(POLL_S)
    return time.monotonic() - started_s
