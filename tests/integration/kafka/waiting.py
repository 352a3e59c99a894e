"""Waiting for what a cluster does a little later."""

from collections.abc import Callable

from benchmarks.faults.waiting import until

WITHIN_S = 60.0


def eventually(happened: Callable[[], bool]) -> None:
    """Wait until ``happened``; fail after ``WITHIN_S``."""
    until(happened, WITHIN_S, "what the test waits for")
